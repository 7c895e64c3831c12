"""Cancelling calls."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import async_client_of
from waiting import until

import libesa
from libesa import CallCancelledError, Cancel, Client, Outcome, Status, _failure
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]


def test_a_call_is_cancelled_from_another_thread(client: Client, record: Record, esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(wire={"kind": "hang"})

    with Cancel() as cancel, ThreadPoolExecutor(1) as thread:
        call = thread.submit(client.create_routine_related_record, **record(cancel=cancel))
        until(esa_emulator.requests)
        cancel.trigger()
        with pytest.raises(CallCancelledError) as caught:
            call.result()

    assert (caught.value.status, caught.value.outcome) == (Status.CANCELLED, Outcome.UNKNOWN)


def test_a_call_of_an_event_loop_is_cancelled_from_another_thread(record: Record, esa_emulator: Emulator) -> None:
    async def create(cancel: Cancel) -> None:
        async with async_client_of(esa_emulator) as client:
            await client.create_routine_related_record(**record(cancel=cancel))

    esa_emulator.add_fault(wire={"kind": "hang"})
    with Cancel() as cancel, ThreadPoolExecutor(1) as thread:
        call = thread.submit(asyncio.run, create(cancel))
        until(esa_emulator.requests)
        cancel.trigger()
        with pytest.raises(CallCancelledError) as caught:
            call.result()

    assert caught.value.outcome is Outcome.UNKNOWN


def test_what_was_cancelled_before_is_not_sent(client: Client, record: Record, esa_emulator: Emulator) -> None:
    with Cancel() as cancel:
        cancel.trigger()
        cancel.trigger()
        with pytest.raises(CallCancelledError) as caught:
            client.create_routine_related_record(**record(cancel=cancel))

    assert (caught.value.status, caught.value.outcome) == (Status.CANCELLED, Outcome.NOT_SENT)
    assert esa_emulator.requests() == []


def test_a_call_that_is_not_cancelled_ends_as_ever(client: Client, record: Record) -> None:
    with Cancel() as cancel:
        assert client.create_routine_related_record(**record(cancel=cancel)).status == "OK"


def test_a_closed_cancel_says_so(client: Client, record: Record) -> None:
    cancel = Cancel()
    cancel.close()
    cancel.close()

    assert repr(cancel) == "<libesa.Cancel, closed>"
    with pytest.raises(RuntimeError, match="this Cancel is closed"):
        cancel.trigger()
    with pytest.raises(RuntimeError, match="this Cancel is closed"):
        client.create_routine_related_record(**record(cancel=cancel))


def test_closing_gives_the_file_descriptors_back() -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = open_files()
    cancels = [Cancel() for _ in range(10)]
    assert open_files() > before

    for cancel in cancels:
        cancel.close()
    assert open_files() == before


@pytest.fixture
def no_descriptors() -> Iterator[None]:
    """No file can be opened meanwhile. What an error needs is imported already."""
    assert _failure.error_class(libesa.Status.DESCRIPTORS, libesa.ServiceCode.NONE) is libesa.DescriptorsError
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_one = os.dup(0)
    os.close(next_one)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_one, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_lacks_a_descriptor_says_so(client: Client, record: Record, no_descriptors: None) -> None:
    with pytest.raises(libesa.DescriptorsError, match="no file descriptors are left") as cancel:
        Cancel()
    with pytest.raises(libesa.DescriptorsError) as call:
        client.create_routine_related_record(**record())

    for caught in (cancel, call):
        assert (caught.value.status, caught.value.retryable) == (libesa.Status.DESCRIPTORS, True)
        assert caught.value.outcome is libesa.Outcome.NOT_SENT
        assert "ulimit -n" in caught.value.advice
    assert isinstance(call.value, OSError)
