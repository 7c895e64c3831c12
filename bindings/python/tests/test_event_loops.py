"""AsyncClient on the event loop: what it registers there and gives back, several loops, threads, processes."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from conftest import async_client_of

import libesa
from libesa import AsyncClient
from libesa._multi import Multi
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]

HANG = {"times": 0, "wire": {"kind": "hang"}}


def descriptors() -> set[tuple[str, str]]:
    """Those that are open, with what they are."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add((descriptor.name, str(descriptor.readlink())))
    return found


@pytest.fixture(autouse=True)
def _every_descriptor_is_given_back(esa_emulator: Emulator) -> Any:
    esa_emulator.requests()
    before = descriptors()
    yield
    gc.collect()
    assert descriptors() - before == set()


try:
    uvloop: Any = import_module("uvloop")
    uvloop.new_event_loop().close()  # the first one makes descriptors that stay
except ImportError:
    uvloop = None


def new_uvloop() -> asyncio.AbstractEventLoop:
    if uvloop is None:
        pytest.skip("LEFT OUT: there is no uvloop")
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


@pytest.fixture(params=[asyncio.new_event_loop, new_uvloop], ids=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Any:
    made: asyncio.AbstractEventLoop = request.param()
    yield made
    made.close()


async def match(client: AsyncClient) -> libesa.Site:
    return await client.get_match_site(record_name="a.example.com", timeout=20)


async def until_requested(emulator: Emulator, times: int = 1) -> None:
    while len(emulator.requests()) < times:
        await asyncio.sleep(0.01)


def test_calls_take_no_threads_and_no_descriptors_but_connections(
    loop: asyncio.AbstractEventLoop, esa_emulator: Emulator
) -> None:
    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            await match(client)
            before, threads = descriptors(), threading.active_count()
            esa_emulator.add_fault(**HANG)
            tasks = [asyncio.ensure_future(match(client)) for _ in range(20)]
            await until_requested(esa_emulator, 21)
            new = [what for _, what in descriptors() - before]
            assert len(new) == 19
            assert all(what.startswith("socket:") for what in new)
            assert threading.active_count() == threads
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            assert all(task.cancelled() for task in tasks)

    loop.run_until_complete(main())


def test_every_call(loop: asyncio.AbstractEventLoop, esa_emulator: Emulator, record: Record) -> None:
    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            created = await client.create_routine_related_record(**record())
            assert [one.record_id async for one in client.related_records(name=esa_emulator.routine)] == [
                created.record_id
            ]
            names = ["a.example.com", "b.example.com"]
            bulk = client.ensure_routine_related_records(name=esa_emulator.routine, record_names=names)
            assert [one.error async for one in bulk] == [None, None]
            with pytest.raises(libesa.ParameterAlreadyExistError):
                await client.create_routine_related_record(**record())
            esa_emulator.add_fault(**HANG)
            with pytest.raises(libesa.CallTimeoutError):
                await client.delete_routine_related_record(**record(timeout=0.2))
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(match(client), 0.05)

    loop.run_until_complete(main())


def test_a_client_of_event_loops_in_many_threads(esa_emulator: Emulator) -> None:
    async def calls(together: threading.Barrier) -> None:
        together.wait(20)
        sites = await asyncio.gather(*(match(client) for _ in range(20)))
        assert {site.site_id for site in sites} == {esa_emulator.site_id}

    client = async_client_of(esa_emulator)
    for _ in range(3):
        together = threading.Barrier(4)
        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(asyncio.run, calls(together)) for _ in range(4)]:
                done.result()
    asyncio.run(client.close())


def test_a_closed_loop_s_descriptors_are_given_back_when_the_next_one_comes(esa_emulator: Emulator) -> None:
    client = async_client_of(esa_emulator)
    asyncio.run(match(client))
    before = len(descriptors())
    for _ in range(3):
        asyncio.run(match(client))
        assert len(descriptors()) == before
    asyncio.run(client.close())


def test_a_loop_that_is_closed_with_calls_pending(
    esa_emulator: Emulator, record: Record, loop: asyncio.AbstractEventLoop
) -> None:
    esa_emulator.add_fault(**HANG)
    client = async_client_of(esa_emulator, log=logging.getLogger("silent"))

    async def start() -> list[Any]:
        tasks: list[Any] = [asyncio.ensure_future(match(client)) for _ in range(3)]
        await until_requested(esa_emulator, 3)
        return tasks

    tasks = loop.run_until_complete(start())
    loop.close()
    for task in tasks:
        assert not task.done()
        task._log_destroy_pending = False  # asyncio would tell of it
    asyncio.run(client.close())


def test_a_client_that_nobody_has_any_more_is_given_back(
    esa_emulator: Emulator, loop: asyncio.AbstractEventLoop
) -> None:
    async def main() -> None:
        await match(async_client_of(esa_emulator))
        before = len(descriptors())
        for _ in range(3):
            await match(async_client_of(esa_emulator))
            gc.collect()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert len(descriptors()) <= before

    loop.run_until_complete(main())


def test_a_call_whose_client_and_task_nobody_has_goes_on(esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(delay_ms=100)
    sites = []

    async def forgotten() -> None:
        sites.append(await match(async_client_of(esa_emulator)))

    async def main() -> None:
        asyncio.ensure_future(forgotten())  # noqa: RUF006
        await until_requested(esa_emulator)
        gc.collect()
        while not sites:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(main(), 20))


def test_closing_leaves_the_calls_of_other_loops_alone(esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(delay_ms=300)
    client = async_client_of(esa_emulator)

    async def call() -> libesa.Site:
        site = await match(client)
        await asyncio.sleep(0)  # in which the connection is closed
        return site

    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(asyncio.run, call())
        asyncio.run(until_requested(esa_emulator))
        asyncio.run(client.close())
        assert other.result().site_id == esa_emulator.site_id


def in_child(work: Callable[[], Any]) -> int:
    """Its exit status: 0, unless it raises something."""
    child = os.fork()
    if child == 0:  # pytest must not go on in here
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_child_of_fork_has_calls_of_its_own_and_leaves_the_parent_s_alone(
    esa_emulator: Emulator, loop: asyncio.AbstractEventLoop
) -> None:
    esa_emulator.add_fault(delay_ms=500)

    async def used_and_closed(client: AsyncClient) -> None:
        assert (await match(client)).site_id == esa_emulator.site_id
        await client.close()

    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            task = asyncio.ensure_future(match(client))
            await until_requested(esa_emulator)
            child = threading.Thread(target=lambda: statuses.append(in_child(in_new_loop(used_and_closed, client))))
            child.start()
            child.join()
            assert not task.done()
            assert (await task).site_id == esa_emulator.site_id
            assert (await match(client)).site_id == esa_emulator.site_id

    statuses: list[int] = []
    loop.run_until_complete(main())
    assert statuses == [0]
    first, child, last = esa_emulator.requests()
    assert first["connection"] == last["connection"] != child["connection"]


def in_new_loop(work: Callable[[AsyncClient], Awaitable[None]], client: AsyncClient) -> Callable[[], None]:
    async def main() -> None:
        await work(client)

    return lambda: asyncio.run(main())


def test_a_loop_that_was_made_before_a_fork_has_no_calls_in_the_child(esa_emulator: Emulator) -> None:
    loop, client = asyncio.new_event_loop(), async_client_of(esa_emulator)
    esa_emulator.add_fault(delay_ms=300)

    async def start() -> asyncio.Task[libesa.Site]:
        task = asyncio.ensure_future(match(client))
        await until_requested(esa_emulator)
        return task

    task = loop.run_until_complete(start())

    def call_and_wait() -> None:
        for call in (match(client), task):
            with pytest.raises(libesa.ForkedError) as raised:
                loop.run_until_complete(call)
            assert "Python: an event loop) in the child process" in raised.value.advice
        loop.run_until_complete(client.close())

    assert in_child(call_and_wait) == 0
    assert loop.run_until_complete(task).site_id == esa_emulator.site_id
    assert loop.run_until_complete(match(client)).site_id == esa_emulator.site_id
    loop.run_until_complete(client.close())
    loop.close()


def test_an_interrupt_while_the_loop_steps_gets_out_of_it_and_loses_no_call(
    esa_emulator: Emulator, loop: asyncio.AbstractEventLoop
) -> None:
    esa_emulator.add_fault(times=2, delay_ms=50)
    interrupts = iter([KeyboardInterrupt("during a step")])
    log = logging.Logger("test", logging.DEBUG)
    client = async_client_of(esa_emulator, log=log)

    def interrupt(line: logging.LogRecord) -> bool:
        if "HTTP 200" in line.getMessage():
            for once in interrupts:
                raise once
        return False

    async def calls() -> tuple[libesa.Site, libesa.Site]:
        return await asyncio.gather(match(client), match(client))

    log.addFilter(interrupt)
    task = loop.create_task(calls())
    with pytest.raises(KeyboardInterrupt, match="during a step"):
        loop.run_until_complete(task)
    log.removeFilter(interrupt)
    assert [site.site_id for site in loop.run_until_complete(task)] == [esa_emulator.site_id] * 2
    loop.run_until_complete(client.close())


class InterruptedWaking:
    """A profiler that raises once, as a signal handler does, at a point of waking the tasks of finished calls."""

    def __init__(self, point: int) -> None:
        self.points_left = point
        self.has_raised = False

    def __call__(self, frame: FrameType | None, event: str, _: object) -> None:
        if frame is None or frame.f_code.co_name not in ("_wake", "wake", "set"):
            return  # asyncio itself loses a wake-up if its call_soon() is interrupted
        while frame is not None and frame.f_code is not Multi._wake.__code__:
            frame = frame.f_back
        if frame is None or not event.endswith("return") or not frame.f_locals["self"]._finished:
            return
        self.points_left -= 1
        if self.points_left < 0:
            self.has_raised = True
            sys.setprofile(None)
            raise KeyboardInterrupt("while waking")


def test_an_interrupt_at_any_point_of_waking_loses_no_call(
    esa_emulator: Emulator, loop: asyncio.AbstractEventLoop
) -> None:
    esa_emulator.add_fault(times=0, delay_ms=20)  # so that no call finishes while it starts
    client = async_client_of(esa_emulator)
    interrupts = 0
    for point in range(50):
        interrupt = InterruptedWaking(point)
        task = loop.create_task(match(client))
        sys.setprofile(interrupt)
        with contextlib.suppress(KeyboardInterrupt):
            loop.run_until_complete(task)
        sys.setprofile(None)
        assert loop.run_until_complete(asyncio.wait_for(task, 5)).site_id == esa_emulator.site_id, point
        interrupts += interrupt.has_raised
        if not interrupt.has_raised:
            break
    assert 2 <= interrupts < 50
    loop.run_until_complete(client.close())


def test_an_interrupt_while_a_call_starts_ends_it_and_has_its_failure_as_the_cause(esa_emulator: Emulator) -> None:
    def provide(_: float) -> libesa.Credentials:
        raise KeyboardInterrupt

    client = AsyncClient(endpoint=esa_emulator.url, credentials_provider=provide)
    loop = asyncio.new_event_loop()
    with pytest.raises(KeyboardInterrupt) as caught:
        loop.run_until_complete(match(client))
    assert isinstance(caught.value.__cause__, libesa.EsaError)
    loop.run_until_complete(client.close())
    loop.close()


def test_a_callback_may_start_a_call(esa_emulator: Emulator) -> None:
    """With eager tasks for instance, whose beginning is run where they are made."""
    log = logging.Logger("test", logging.DEBUG)
    tasks: list[Any] = []

    def begin(line: logging.LogRecord) -> bool:
        if "HTTP 200" in line.getMessage():
            log.removeFilter(begin)
            coroutine = match(client)
            tasks.append((coroutine, coroutine.send(None)))
        return False

    async def main() -> None:
        log.addFilter(begin)
        await match(client)
        ((coroutine, waiting),) = tasks
        while not waiting.done():
            await asyncio.sleep(0.01)
        with pytest.raises(StopIteration) as done:
            coroutine.send(None)
        assert done.value.value.site_id == esa_emulator.site_id
        await client.close()

    client = async_client_of(esa_emulator, log=log)
    asyncio.run(asyncio.wait_for(main(), 20))


def test_a_coroutine_that_is_closed_gives_its_call_up(esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(wire={"kind": "hang"})

    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            coroutine = match(client)
            coroutine.send(None)
            await until_requested(esa_emulator)
            coroutine.close()
            assert (await match(client)).site_id == esa_emulator.site_id

    asyncio.run(asyncio.wait_for(main(), 20))
