"""What the library makes is released, once."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import traceback
import weakref
from collections.abc import Callable
from ctypes import c_void_p
from pathlib import Path
from typing import Any

import pytest
from conftest import async_client_of

import libesa
from libesa import Client, _native, _operation
from libesa._create import CREATE
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many errors and results the library was given back."""
    counts = {"error": 0, "result": 0}

    def counting(what: str, release: Callable[[Any], None]) -> Callable[[Any], None]:
        def count(pointer: Any) -> None:
            counts[what] += bool(pointer)
            release(pointer)

        return count

    for module in (_native, _operation):
        monkeypatch.setattr(module, "free_error", counting("error", module.free_error))
    monkeypatch.setattr(CREATE, "release", counting("result", CREATE.release))
    return counts


def test_an_object_is_released_with_its_last_reference() -> None:
    released: list[int | None] = []

    def release(pointer: c_void_p) -> None:
        released.append(pointer.value)

    owned = _native.Owned(release, 7)
    of_a_call = owned
    del owned
    assert released == []
    del of_a_call
    assert released == [7]


def test_results_and_errors_are_released_once(client: Client, record: Record, released: dict[str, int]) -> None:
    client.create_routine_related_record(**record())
    for _ in range(3):
        with pytest.raises(libesa.ParameterAlreadyExistError):
            client.create_routine_related_record(**record())
    with pytest.raises(libesa.ConfigError):
        Client(region="mars-1")

    assert released == {"error": 4, "result": 1}


def interrupt(_: object) -> None:
    raise KeyboardInterrupt


def test_an_interrupt_loses_no_result(
    client: Client, record: Record, released: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CREATE, "read", interrupt)
    with pytest.raises(KeyboardInterrupt):
        client.create_routine_related_record(**record())

    assert released == {"error": 0, "result": 1}


def test_an_interrupt_loses_no_error(
    client: Client, record: Record, released: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_operation, "error_in", interrupt)
    with pytest.raises(KeyboardInterrupt):
        client.create_routine_related_record(**record(name=""))

    assert released == {"error": 1, "result": 0}


def test_answers_to_asynchronous_calls_are_released_once(
    esa_emulator: Emulator, record: Record, released: dict[str, int]
) -> None:
    async def main() -> None:
        async with async_client_of(esa_emulator) as client:
            await client.create_routine_related_record(**record())
            for _ in range(3):
                with pytest.raises(libesa.ParameterAlreadyExistError):
                    await client.create_routine_related_record(**record())

    asyncio.run(main())
    assert released == {"error": 3, "result": 1}


def test_an_interrupt_loses_no_answer_to_an_asynchronous_call(
    esa_emulator: Emulator, record: Record, released: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = _operation.Call.answer

    def interrupted(call: _operation.Call[Any]) -> None:
        monkeypatch.setattr(_operation.Call, "answer", answer)
        interrupt(call)

    monkeypatch.setattr(_operation.Call, "answer", interrupted)
    loop, client = asyncio.new_event_loop(), async_client_of(esa_emulator)
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(client.create_routine_related_record(**record()))
    assert released == {"error": 0, "result": 1}
    loop.run_until_complete(client.close())
    loop.close()


def test_an_exception_keeps_nothing_of_the_library_s(client: Client, record: Record) -> None:
    def failing() -> tuple[weakref.ref[BaseException], list[object]]:
        try:
            client.create_routine_related_record(**record(name=""))
        except libesa.InvalidArgumentError as error:
            below = traceback.walk_tb(error.__traceback__ and error.__traceback__.tb_next)
            return weakref.ref(error), [value for frame, _ in below for value in frame.f_locals.values()]
        raise AssertionError("it didn't fail")

    gc.disable()
    try:
        error, kept = failing()
    finally:
        gc.enable()

    assert not any(isinstance(value, _native.Owned) for value in kept)
    del kept
    assert error() is None, "a reference cycle keeps the exception"


def test_many_failing_calls_leave_no_memory_behind(client: Client, record: Record) -> None:
    request = record(name="")

    def memory_after(calls: int) -> int:
        for _ in range(calls):
            with contextlib.suppress(libesa.InvalidArgumentError):
                client.create_routine_related_record(**request)
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    before = memory_after(2_000)

    # An error takes more than 200 bytes: leaked each time, it would show as 4 MB and more.
    assert memory_after(20_000) - before < 2_000_000
