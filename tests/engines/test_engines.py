"""Locks of real engines: whatever becomes of the engine, or of who has the lock, every record is there once."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from engines import ALL, IN_PYTHON, Engine
from libesa.emulator import Emulator

ACCOUNT_LOCK_MS = 10
TIMEOUT = 60
"""Of a call, in seconds."""
OVER = 5
"""What it may take longer on a loaded machine, until its program has noted it."""

SEED: dict[str, Any] = {
    "accounts": [
        {
            "lock_hold_ms": ACCOUNT_LOCK_MS,
            "users": [
                {
                    "name": "root",
                    "keys": [{"access_key_id": "EsaEmulatorKeyId", "access_key_secret": "EsaEmulatorKeySecret"}],
                }
            ],
            "sites": [{"site_id": 54362329990032, "site_name": "example.com"}],
            "routines": [{"name": "test-routine1"}],
        }
    ]
}


@pytest.fixture(
    params=[(kind, language) for kind in ALL for language in kind.workers], ids=lambda pair: f"{pair[0].name}-{pair[1]}"
)
def used(request: pytest.FixtureRequest) -> tuple[type[Engine], str]:
    """An engine, and the language that it is used in."""
    kind, language = request.param
    if missing := kind.missing_for(language):
        pytest.skip(f"LEFT OUT: {kind.name} in {language}, since {missing}")
    return kind, language


@pytest.fixture
def engine(used: tuple[type[Engine], str]) -> Iterator[Engine]:
    kind, _ = used
    with kind() as engine:
        yield engine


@pytest.fixture
def account() -> Iterator[Emulator]:
    with Emulator(seed=SEED) as emulator:
        yield emulator


class Worker:
    """A process that binds names: see python_worker.py."""

    def __init__(
        self,
        program: Sequence[str],
        address: str,
        account: Emulator,
        number: int,
        *,
        threads: int,
        records: int,
        kind: str,
        hold_ms: int,
    ) -> None:
        self.threads, self.records = threads, records
        environment = {
            **os.environ,
            "ESA_ENDPOINT": account.url,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": account.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": account.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": "",
        }
        arguments = [number, threads, records, kind, address, TIMEOUT, hold_ms]
        self.process = subprocess.Popen(
            [*program, *map(str, arguments)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def begin(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def end(self) -> tuple[int, list[str]]:
        """How many records it made, and the lines of those that failed."""
        assert self.process.stdout is not None
        *failed, last = self.process.stdout.read().splitlines()
        assert self.process.wait() == 0
        _, created, recovered, failures, longest_ms, *_ = last.split()
        assert int(failures) == len(failed), failed
        assert int(created) + int(recovered) + len(failed) == self.threads * self.records
        assert int(longest_ms) < 1000 * (TIMEOUT + OVER)
        return int(created) + int(recovered), failed


def names_of(account: Emulator) -> Counter[str]:
    """How often each name is there."""
    (routine,) = account.state()["accounts"][0]["routines"]
    return Counter(record["record_name"] for record in routine["related_records"])


def refusals(account: Emulator) -> int:
    return sum(request["verdict"] == "UserOperationStatusIsLocked" for request in account.requests())


def wait_until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + TIMEOUT
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)


@contextmanager
def starting(program: Sequence[str], address: str, account: Emulator) -> Iterator[Callable[..., list[Worker]]]:
    """A function that starts so many workers, which begin together."""
    started: list[Worker] = []

    def start(
        count: int, *, first: int = 0, threads: int = 3, records: int = 10, kind: str = "single", hold_ms: int = 500
    ) -> list[Worker]:
        size: dict[str, Any] = {"threads": threads, "records": records, "kind": kind, "hold_ms": hold_ms}
        workers = [Worker(program, address, account, first + number, **size) for number in range(count)]
        started.extend(workers)
        for worker in workers:
            worker.begin()
        return workers

    try:
        yield start
    finally:
        for worker in started:
            worker.process.kill()
            worker.process.wait()


@pytest.fixture
def start(used: tuple[type[Engine], str], engine: Engine, account: Emulator) -> Iterator[Callable[..., list[Worker]]]:
    """Starts so many workers, which begin together."""
    _, language = used
    with starting(engine.workers[language], engine.address, account) as start:
        yield start


def check_all_made(account: Emulator, workers: list[Worker]) -> None:
    """Every record is there once, and every worker says so."""
    total = sum(worker.threads * worker.records for worker in workers)
    ends = [worker.end() for worker in workers]
    assert [failed for _, failed in ends] == [[] for _ in workers]
    assert sum(made for made, _ in ends) == total
    names = names_of(account)
    assert len(names) == sum(names.values()) == total


@pytest.mark.parametrize("kind", ["single", "bulk"])
def test_nobody_is_refused(start: Callable[..., list[Worker]], account: Emulator, kind: str) -> None:
    check_all_made(account, start(4, kind=kind))

    assert refusals(account) == 0


def test_nobody_is_refused_with_a_file_of_another_package(account: Emulator, tmp_path: Path) -> None:
    with starting((*IN_PYTHON, "file"), str(tmp_path / "lock"), account) as start:
        check_all_made(account, start(4))
        assert refusals(account) == 0

        victim, *others = start(4, first=4, records=30)
        seen = len(account.requests())
        wait_until(lambda: len(account.requests()) >= seen + 30)
        victim.process.kill()

        assert all(worker.end() == (worker.threads * worker.records, []) for worker in others)


def test_an_engine_that_is_killed_and_comes_back_costs_refusals_alone(
    start: Callable[..., list[Worker]], account: Emulator, engine: Engine
) -> None:
    workers = start(4, records=30)
    wait_until(lambda: len(account.requests()) >= 60)

    engine.kill()
    without = len(account.requests()) + 20
    wait_until(lambda: len(account.requests()) >= without)
    engine.start()

    check_all_made(account, workers)


def test_one_that_is_killed_keeps_nobody_waiting(start: Callable[..., list[Worker]], account: Emulator) -> None:
    victim, *others = start(3, records=40, kind="bulk")
    wait_until(lambda: len(account.requests()) >= 30)

    victim.process.kill()

    ends = [worker.end() for worker in others]
    assert all(made == worker.threads * worker.records for worker, (made, _) in zip(others, ends))
    names = names_of(account)
    assert set(names.values()) == {1}
    assert sum(not name.startswith("p0-") for name in names) == sum(made for made, _ in ends)


def test_a_lease_ends_while_its_holder_is_stopped(start: Callable[..., list[Worker]], account: Emulator) -> None:
    (holder,) = start(1, threads=1, records=400, kind="bulk")
    wait_until(lambda: len(account.requests()) >= 20)
    holder.process.send_signal(signal.SIGSTOP)

    # They have to wait for the lease.
    others = start(2, first=1, records=5)
    ends = [worker.end() for worker in others]
    assert [failed for _, failed in ends] == [[], []]
    holder.process.send_signal(signal.SIGCONT)

    assert holder.end() == (400, [])
    names = names_of(account)
    assert len(names) == sum(names.values()) == 430
