"""Children of fork and spawn, threads, and Python's development mode."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest
from conftest import client_of

from libesa import Client, ParameterAlreadyExistError, RoutineNotExistError
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]


def create(settings: dict[str, Any], arguments: dict[str, Any]) -> int | None:
    """In a child."""
    with Client(**settings) as client:
        return client.create_routine_related_record(**arguments).record_id


def fail(settings: dict[str, Any], arguments: dict[str, Any]) -> None:
    """In a child, whose failure comes back pickled."""
    create(settings, {**arguments, "name": "no-such-routine"})


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_of_processes(method: str, esa_emulator: Emulator, record: Record) -> None:
    settings = {
        "endpoint": esa_emulator.url,
        "access_key_id": esa_emulator.access_key_id,
        "access_key_secret": esa_emulator.access_key_secret,
    }
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as processes:
        calls = [
            processes.submit(create, settings, record(record_name=f"r{number}.example.com")) for number in range(8)
        ]
        assert len({call.result() for call in calls}) == 8
        with pytest.raises(RoutineNotExistError) as caught:
            processes.submit(fail, settings, record()).result()

    assert (caught.value.http_status, caught.value.attempts) == (400, 1)


def test_a_client_serves_parent_and_child(client: Client, record: Record, esa_emulator: Emulator) -> None:
    client.create_routine_related_record(**record())

    child = os.fork()
    if child == 0:  # pytest must not go on in here
        try:
            client.create_routine_related_record(**record(record_name="child.example.com"))
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    client.create_routine_related_record(**record(record_name="parent.example.com"))
    first, second, third = esa_emulator.requests()
    assert first["connection"] == third["connection"] != second["connection"]


def test_threads_each_make_their_calls(esa_emulator: Emulator, record: Record) -> None:
    """That every result and error is that of the thread's own call; where there is no GIL, at the same moment."""
    together = threading.Barrier(8)

    def work(thread: int) -> None:
        together.wait()
        for number in range(10):
            request = record(record_name=f"t{thread}-{number}.example.com")
            created = client.create_routine_related_record(**request)
            with pytest.raises(ParameterAlreadyExistError):
                client.create_routine_related_record(**request)
            assert client.ensure_routine_related_record(**request).record_id == created.record_id

    with client_of(esa_emulator) as client, ThreadPoolExecutor(8) as threads:
        for _ in threads.map(work, range(8)):
            pass


def test_leaving_with_everything_open_is_quiet(esa_emulator: Emulator) -> None:
    program = f"""
import asyncio, logging, libesa

settings = dict(
    endpoint={esa_emulator.url!r}, access_key_id={esa_emulator.access_key_id!r},
    access_key_secret={esa_emulator.access_key_secret!r}, log=logging.getLogger("esa"),
)
client, cancel = libesa.Client(**settings), libesa.Cancel()
client.get_match_site(record_name="a.example.com", cancel=cancel)
bulk = client.ensure_routine_related_records(name={esa_emulator.routine!r}, record_names=["a.example.com"])

async def main():
    global left
    left = libesa.AsyncClient(**settings)
    await left.get_match_site(record_name="a.example.com")

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
