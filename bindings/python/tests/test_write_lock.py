"""A lock that clients share: what its functions give, what they raise, and who calls them."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import async_client_of, client_of

import libesa
from libesa import Client, Outcome
from libesa.emulator import Emulator


class Engine:
    """A lock that gives or raises what it is told to, then that it is acquired."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.leases: list[float] = []
        self.held = False
        self.acquired = self.released = 0

    def try_acquire(self, lease: float) -> Any:
        self.leases.append(lease)
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, BaseException):
            raise answer
        if answer is True:
            assert not self.held
            self.held = True
            self.acquired += 1
        return answer

    def release(self) -> None:
        assert self.held
        self.held = False
        self.released += 1

    @property
    def functions(self) -> tuple[Callable[[float], Any], Callable[[], None]]:
        return self.try_acquire, self.release


def create(client: Client, emulator: Emulator, label: str = "a") -> libesa.Record:
    name = f"{label}.{emulator.site_name}"
    return client.create_routine_related_record(name=emulator.routine, site_id=emulator.site_id, record_name=name)


def names(emulator: Emulator, count: int) -> list[str]:
    return [f"r{number}.{emulator.site_name}" for number in range(count)]


def test_a_write_holds_it(esa_emulator: Emulator) -> None:
    engine = Engine(False, 0.001)

    with client_of(esa_emulator, write_lock=engine.functions, write_lock_hold=3) as client:
        create(client, esa_emulator)
        stats = client.stats()

    assert (engine.acquired, engine.released, engine.leases) == (1, 1, [14.0] * 3)
    assert (stats.lock_waits, stats.lock_grants, stats.lock_losses) == (1, 1, 0)


def test_without_it_a_call_goes_on(esa_emulator: Emulator) -> None:
    engine = Engine(None)

    with client_of(esa_emulator, write_lock=engine.functions) as client:
        create(client, esa_emulator)

    assert engine.acquired == engine.released == 0


@pytest.mark.parametrize("wrong", [ValueError("no such table"), "yes", -1.0])
def test_what_it_raises_fails_the_call_and_is_its_cause(esa_emulator: Emulator, wrong: Any) -> None:
    engine = Engine(wrong)

    with client_of(esa_emulator, write_lock=engine.functions) as client:
        with pytest.raises(libesa.LockError) as caught:
            create(client, esa_emulator)
        create(client, esa_emulator)

    assert caught.value.outcome == Outcome.NOT_SENT
    cause = caught.value.__cause__
    assert cause is wrong if isinstance(wrong, ValueError) else isinstance(cause, (TypeError, ValueError))


def test_what_a_signal_s_handler_raises_in_it_ends_the_call(esa_emulator: Emulator) -> None:
    engine = Engine(KeyboardInterrupt())

    with client_of(esa_emulator, write_lock=engine.functions) as client, pytest.raises(KeyboardInterrupt) as caught:
        create(client, esa_emulator)

    assert isinstance(caught.value.__cause__, libesa.EsaError)
    assert caught.value.__cause__.outcome == Outcome.NOT_SENT


def test_what_release_raises_is_told_and_harms_nothing(esa_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: told.append(unraisable.exc_value))

    def release() -> None:
        raise OSError("gone")

    with client_of(esa_emulator, write_lock=(lambda lease: True, release)) as client:
        create(client, esa_emulator)
    assert [str(error) for error in told] == ["gone"]


def test_a_bulk_lets_it_go_where_it_is_left(esa_emulator: Emulator) -> None:
    engine = Engine()

    with client_of(esa_emulator, write_lock=engine.functions, write_lock_hold=60) as client:
        bulk = client.ensure_routine_related_records(
            name=esa_emulator.routine, site_id=esa_emulator.site_id, record_names=names(esa_emulator, 1000)
        )
        for _ in bulk:
            if engine.held:
                break
    assert engine.held
    del bulk
    gc.collect()
    assert not engine.held


def test_threads_hold_it_one_after_the_other(esa_emulator: Emulator) -> None:
    engine = Engine()
    threads = set()

    def try_acquire(lease: float) -> Any:
        threads.add(threading.get_ident())
        return engine.try_acquire(lease)

    with client_of(esa_emulator, write_lock=(try_acquire, engine.release)) as client, ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: create(client, esa_emulator, f"r{number}"), range(40)))

    assert len(made) == 40
    assert not engine.held
    assert engine.acquired == engine.released


def test_an_event_loop_never_waits_for_it(esa_emulator: Emulator) -> None:
    engine = Engine(*[False] * 5)

    async def main() -> None:
        async with async_client_of(esa_emulator, write_lock=engine.functions) as client:
            makes = [
                client.create_routine_related_record(
                    name=esa_emulator.routine, site_id=esa_emulator.site_id, record_name=name
                )
                for name in names(esa_emulator, 5)
            ]
            await asyncio.gather(*makes)
            # One that is given up while it holds the lock.
            esa_emulator.add_fault(wire={"kind": "hang"}, times=0)
            call = asyncio.ensure_future(
                client.create_routine_related_record(
                    name=esa_emulator.routine, site_id=esa_emulator.site_id, record_name="z.example.com"
                )
            )
            while not engine.held:
                await asyncio.sleep(0.001)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(main())
    assert not engine.held
    assert engine.acquired == engine.released


def test_clients_of_one_file_are_never_refused(esa_emulator: Emulator, tmp_path: Path) -> None:
    def bind(thread: int) -> int:
        with client_of(esa_emulator, write_lock_file=tmp_path / "lock") as client:
            for number in range(10):
                create(client, esa_emulator, f"r{thread}-{number}")
            return client.stats().busy_waits

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(bind, range(4))) == 0


def test_what_is_no_lock_is_refused(esa_emulator: Emulator) -> None:
    with pytest.raises(TypeError, match="write_lock is of type int; it must be two functions"):
        client_of(esa_emulator, write_lock=(1, print))
    with pytest.raises(libesa.InvalidArgumentError, match="can't be given together"):
        client_of(esa_emulator, write_lock=(print, print), write_lock_file="lock")
