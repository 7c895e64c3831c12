"""The client for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import logging
import math
import sys
import time
import traceback
from collections.abc import Coroutine
from functools import partial
from typing import Any, Callable

import pytest
from chain import chain_of
from conftest import async_client_of

import libesa
from libesa import AsyncClient, Origin, Outcome
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]


def test_it_takes_what_client_takes() -> None:
    assert inspect.signature(AsyncClient) == inspect.signature(libesa.Client)


def run(main: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(main, 30))


async def until_requested(emulator: Emulator, times: int = 1) -> None:
    while len(emulator.requests()) < times:
        await asyncio.sleep(0.01)


def test_every_call(esa_emulator: Emulator, record: Record) -> None:
    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            created = await client.create_routine_related_record(**record())
            ensured = await client.ensure_routine_related_record(**record(site_id=None))
            page = await client.list_routine_related_records(name=esa_emulator.routine)
            records = [one async for one in client.related_records(name=esa_emulator.routine)]
            site = await client.get_match_site(record_name="a.example.com")
            deletion = await client.delete_routine_related_record(**record())

        assert (created.origin, ensured.origin) == (Origin.CREATED, Origin.EXISTING)
        assert [one.record_id for one in records] == [created.record_id]
        assert list(page.records) == records
        assert site.site_id == esa_emulator.site_id
        assert deletion.deleted

    run(main())


def names(count: int) -> list[str]:
    return [f"r{number}.example.com" for number in range(count)]


def test_ensuring_many(esa_emulator: Emulator) -> None:
    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            ensure = partial(client.ensure_routine_related_records, name=esa_emulator.routine)
            created = ensure(record_names=names(3))
            assert len(created) == 3
            assert [one.record and one.record.origin async for one in created] == [Origin.CREATED] * 3
            assert len(created) == 0
            again = [one async for one in ensure(record_names=names(4))]
            assert [one.record_name for one in again] == names(4)
            origins = [one.record.origin for one in again if one.record]
            assert origins == [Origin.EXISTING] * 3 + [Origin.CREATED]
            assert client.stats().calls == 7
            with pytest.raises(TypeError, match="record_names"):
                ensure(record_names="a.example.com")
            left = ensure(record_names=names(1))
        with pytest.raises(RuntimeError, match="this AsyncClient is closed"):
            await left.__anext__()

    run(main())


def test_cancelling_one_of_many_cancels_the_rest(esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(action="CreateRoutineRelatedRecord", times=0, wire={"kind": "hang"})

    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            bulk = client.ensure_routine_related_records(
                name=esa_emulator.routine, site_id=esa_emulator.site_id, record_names=names(3)
            )
            first = asyncio.ensure_future(bulk.__anext__())
            await until_requested(esa_emulator)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            rest = [one async for one in bulk]
            assert [one.record_name for one in rest] == names(3)[1:]
            assert all(isinstance(one.error, libesa.CallCancelledError) for one in rest)

    run(main())


def test_64_at_once(esa_emulator: Emulator, record: Record) -> None:
    esa_emulator.add_fault(times=64, wire={"kind": "hang"})

    async def main() -> None:
        async with async_client_of(esa_emulator, max_concurrent_writes=math.inf) as client:
            create = client.create_routine_related_record
            hanging = [asyncio.ensure_future(create(**record(record_name=name))) for name in names(64)]
            await until_requested(esa_emulator, 64)
            for task in hanging:
                task.cancel()
            await asyncio.wait(hanging)
            assert all(task.cancelled() for task in hanging)
            calls = [create(**record(record_name=name)) for name in names(64)]
            assert len({created.record_id for created in await asyncio.gather(*calls)}) == 64

    run(main())


def test_errors_and_time_limits(esa_emulator: Emulator, record: Record) -> None:
    esa_emulator.add_fault(times=0, wire={"kind": "hang"})

    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            with pytest.raises(libesa.CallTimeoutError):
                await client.create_routine_related_record(**record(timeout=0.2))
            with pytest.raises(TypeError, match=r"^timeout is of type str"):
                await client.create_routine_related_record(**record(timeout="1"))
            with pytest.raises(TypeError, match=r"^site_id is of type str"):
                await client.create_routine_related_record(**record(site_id="1"))

    run(main())


def test_cancelling_ends_the_call_first(esa_emulator: Emulator, record: Record) -> None:
    esa_emulator.add_fault(times=0, wire={"kind": "hang"})

    causes: list[BaseException | None] = []

    async def call(client: AsyncClient) -> None:
        try:
            await client.create_routine_related_record(**record())
        except asyncio.CancelledError as cancelled:
            causes.append(cancelled.__cause__)
            raise

    async def main() -> None:
        client = async_client_of(esa_emulator)
        task = asyncio.ensure_future(call(client))
        await until_requested(esa_emulator)
        started = time.monotonic()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()  # once more, while it waits for the call's end
        with pytest.raises(asyncio.CancelledError):
            await task
        (cause,) = causes
        assert isinstance(cause, libesa.CallCancelledError)
        assert cause.outcome is Outcome.UNKNOWN
        assert time.monotonic() - started < 10  # the call's own limit is 30 seconds
        await client.close()

    run(main())


@pytest.mark.parametrize("handling", [False, True], ids=["", "while another error is handled"])
def test_a_cancelled_call_s_errors_are_not_in_a_circle(handling: bool, esa_emulator: Emulator, record: Record) -> None:
    esa_emulator.add_fault(times=0, wire={"kind": "hang"})

    async def call(client: AsyncClient) -> None:
        if handling:
            try:
                raise KeyError(handling)
            except KeyError:
                await client.create_routine_related_record(**record())
        await client.create_routine_related_record(**record())

    async def cancelled() -> BaseException:
        async with async_client_of(esa_emulator) as client:
            task = asyncio.ensure_future(call(client))
            await until_requested(esa_emulator)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as error:
                return error
        raise AssertionError

    chain = chain_of(run(cancelled()))

    assert libesa.CallCancelledError in map(type, chain)
    assert (KeyError in map(type, chain)) is handling
    assert "CallCancelledError" in "".join(traceback.format_exception(type(chain[0]), chain[0], chain[0].__traceback__))


def test_a_cancelled_call_leaves_the_next_ones_alone(esa_emulator: Emulator, record: Record) -> None:
    esa_emulator.add_fault(times=20, delay_ms=20)

    async def main() -> None:
        async with async_client_of(esa_emulator, max_concurrent_writes=math.inf) as client:
            for name in names(20):
                task = asyncio.ensure_future(client.create_routine_related_record(**record(record_name=name)))
                await asyncio.sleep(0.021)  # about when the answer comes
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                assert (await client.get_match_site(record_name=name)).site_id == esa_emulator.site_id

    run(main())


def test_a_thousand_at_once_each_within_its_time_limit(esa_emulator: Emulator, record: Record) -> None:
    esa_emulator.add_fault(times=64, wire={"kind": "hang"})

    async def main() -> None:
        async with async_client_of(esa_emulator, max_concurrent_writes=math.inf) as client:
            hanging = [asyncio.ensure_future(client.get_match_site(record_name=name)) for name in names(64)]
            await until_requested(esa_emulator, 64)
            sites = await asyncio.gather(*(client.get_match_site(record_name=name, timeout=20) for name in names(936)))
            assert {site.site_id for site in sites} == {esa_emulator.site_id}
            assert not any(task.done() for task in hanging)
            for task in hanging:
                task.cancel()

    run(main())


def test_waiting_for_another_write_counts_for_the_time_limit(esa_emulator: Emulator, record: Record) -> None:
    esa_emulator.add_fault(times=0, wire={"kind": "hang"})

    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            first = asyncio.ensure_future(client.create_routine_related_record(**record()))
            await until_requested(esa_emulator)
            with pytest.raises(libesa.CallTimeoutError) as caught:
                await client.create_routine_related_record(**record(timeout=0.2))
            assert caught.value.outcome is Outcome.NOT_SENT
            assert not first.done()
            first.cancel()

    run(main())
    assert len(esa_emulator.requests()) == 1


def test_what_is_cancelled_while_it_waits_for_another_write_sends_nothing(
    esa_emulator: Emulator, record: Record
) -> None:
    esa_emulator.add_fault(wire={"kind": "hang"})

    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            first = asyncio.ensure_future(client.create_routine_related_record(**record()))
            await until_requested(esa_emulator)
            second = client.create_routine_related_record(**record(record_name="b.example.com"))
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(second, 0.05)
            assert not first.done()
            first.cancel()

    run(main())
    assert len(esa_emulator.requests()) == 1


def test_a_result_that_came_before_its_task_was_cancelled_is_no_cause(esa_emulator: Emulator, record: Record) -> None:
    log = logging.Logger("test", logging.DEBUG)
    log.addFilter(lambda line: "HTTP 200" in line.getMessage() and not task.cancel())
    task: asyncio.Task[libesa.Record]

    async def main() -> None:
        nonlocal task
        async with async_client_of(esa_emulator, log=log) as client:
            task = asyncio.ensure_future(client.create_routine_related_record(**record()))
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert caught.value.__cause__ is None
            found = await client.ensure_routine_related_record(**record())
            assert found.origin is Origin.EXISTING

    run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="LEFT OUT: Python before 3.11 has no TaskGroup")
def test_a_task_group_and_a_timeout_cancel_calls(esa_emulator: Emulator, record: Record) -> None:
    esa_emulator.add_fault(times=0, wire={"kind": "hang"}, action="CreateRoutineRelatedRecord")

    since_3_11: Any = asyncio
    tasks: list[asyncio.Task[libesa.Record]] = []

    async def in_time(client: AsyncClient) -> None:
        async with since_3_11.timeout(0.05):
            await client.create_routine_related_record(**record())

    async def together(client: AsyncClient) -> None:
        async with since_3_11.TaskGroup() as group:
            for name in names(3):
                tasks.append(group.create_task(client.create_routine_related_record(**record(record_name=name))))
            group.create_task(client.get_match_site(record_name=""))

    async def main() -> None:
        async with async_client_of(esa_emulator, max_concurrent_writes=math.inf) as client:
            with pytest.raises(TimeoutError):
                await in_time(client)
            with pytest.raises(Exception, match="unhandled errors in a TaskGroup") as caught:
                await together(client)
            errors: Any = caught.value
            assert [type(error) for error in errors.exceptions] == [libesa.InvalidArgumentError]
            assert all(task.cancelled() for task in tasks)

    run(main())


def test_cancelling_does_not_wait_for_the_event_loop(esa_emulator: Emulator, record: Record) -> None:
    """The call has ended when the coroutine goes on, whatever else the loop has to do."""
    esa_emulator.add_fault(times=0, wire={"kind": "hang"})

    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            task = asyncio.ensure_future(client.create_routine_related_record(**record()))
            await until_requested(esa_emulator)
            task.cancel()
            await asyncio.sleep(0)
            assert task.cancelled()

    run(main())


here: contextvars.ContextVar[str] = contextvars.ContextVar("here")


def test_a_provider_is_called_in_the_context_of_the_task_whose_call_asks(esa_emulator: Emulator) -> None:
    seen = []

    def provide(_: float) -> libesa.Credentials:
        seen.append(here.get("nowhere"))
        if len(seen) == 2:
            raise LookupError(here.get())
        return libesa.Credentials(
            access_key_id=esa_emulator.access_key_id, access_key_secret=esa_emulator.access_key_secret
        )

    async def call(client: AsyncClient, name: str) -> libesa.Site:
        here.set(name)
        return await client.get_match_site(record_name="a.example.com")

    async def main() -> None:
        async with AsyncClient(endpoint=esa_emulator.url, credentials_provider=provide) as client:
            await asyncio.ensure_future(call(client, "at the start"))
            # The service refuses the key once, so that it is asked for again, in a step.
            esa_emulator.add_fault(delay_ms=50, reply={"code": "InvalidSecurityToken.Expired"})
            asking = asyncio.ensure_future(call(client, "later"))
            await until_requested(esa_emulator, 2)
            other = asyncio.ensure_future(call(client, "another"))
            with pytest.raises(libesa.CredentialsError) as caught:
                await asking
            assert str(caught.value.__cause__) == "later"
            await other

    run(main())
    assert seen[:2] == ["at the start", "later"]


def test_lines_of_the_log_are_written_in_the_context_of_the_task_whose_call_it_is(esa_emulator: Emulator) -> None:
    seen: dict[str, set[str]] = {}
    log = logging.Logger("test", logging.DEBUG)

    def see(line: logging.LogRecord) -> bool:
        seen.setdefault(here.get("nowhere"), set()).add(line.getMessage())
        return False

    log.addFilter(see)

    async def call(client: AsyncClient, name: str) -> str:
        here.set(name)
        return (await client.get_match_site(record_name=f"{name}.example.com")).request_id

    async def main() -> None:
        async with async_client_of(esa_emulator, log=log) as client:
            ids = await asyncio.gather(*(call(client, name) for name in "abc"))
        for name, request_id in zip("abc", ids):
            assert {other for other, lines in seen.items() if request_id in str(lines)} == {name}

    run(main())
    assert seen.keys() == {*"abc"}


def test_one_client_serves_one_event_loop_after_another(esa_emulator: Emulator, record: Record) -> None:
    client = async_client_of(esa_emulator)
    for name in names(3):
        created = run(client.create_routine_related_record(**record(record_name=name)))
        assert created.origin is Origin.CREATED
    run(client.close())


def test_closing_waits_for_the_calls(esa_emulator: Emulator, record: Record) -> None:
    esa_emulator.add_fault(delay_ms=300)

    async def main() -> None:
        client = async_client_of(esa_emulator)
        task = asyncio.ensure_future(client.create_routine_related_record(**record()))
        await until_requested(esa_emulator)
        await client.close()
        await client.close()
        assert (await task).status == "OK"
        assert repr(client) == "<libesa.AsyncClient, closed>"
        with pytest.raises(RuntimeError, match="this AsyncClient is closed"):
            await client.get_match_site(record_name="a.example.com")

    run(main())


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    assert "AsyncClient" in dir(libesa)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        libesa.Nothing  # noqa: B018
