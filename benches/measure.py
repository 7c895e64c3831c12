"""Runs the server and the clients of the benchmarks, in turns, and sums up what they took.

A client is a program that is called with the server's URL, the file with its CA and the number of threads to call from
(of calls at once, where it is asynchronous). For each number that it reads, a line each, it makes so many calls and
prints a line of JSON: the time that passed (`wall`), the time that its process computed (`cpu`), and what each call
took (`latencies`), in nanoseconds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "target" / "bench"
PYTHON = [sys.executable]
CLIENTS = ROOT / "benches" / "clients"
CA_FILE = BUILT / "ca.pem"


@dataclass(frozen=True)
class Client:
    key: str
    title: str
    command: Sequence[str | Path]


RAW = Client("raw", "raw socket, signed beforehand", [BUILT / "raw"])
CURL = Client("curl", "libcurl, signed beforehand", [BUILT / "curl"])
UREQ = Client("ureq", "ureq, Rust, signed beforehand", [BUILT / "ureq"])
C = Client("c", "libesa, C", [BUILT / "libesa_c"])
MULTI = Client("multi", "libesa, C, event loop", [BUILT / "libesa_multi"])
CPP = Client("cpp", "libesa, C++", [BUILT / "libesa_cpp"])
GO = Client("go", "libesa, Go", [BUILT / "libesa_go"])
PY = Client("py", "libesa, Python", [*PYTHON, CLIENTS / "libesa_sync.py"])
ASYNC_PY = Client("async_py", "libesa, Python, async", [*PYTHON, CLIENTS / "libesa_async.py"])
OFFICIAL_GO = Client("official_go", "official core, Go", [BUILT / "official_go"])
OFFICIAL_PY = Client("official_py", "official SDK, Python", [*PYTHON, CLIENTS / "official_sync.py"])
OFFICIAL_ASYNC_PY = Client("official_async_py", "official SDK, Python, async", [*PYTHON, CLIENTS / "official_async.py"])
BARE_PY = Client("bare_py", "Python alone", [*PYTHON, CLIENTS / "bare.py"])


def on_core(core: int | None) -> Any:
    """What pins a child process, for Popen."""
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


class Server:
    """The server, on a core of its own or wherever the system puts it."""

    def __init__(self, core: int | None) -> None:
        self._process = subprocess.Popen(
            [BUILT / "server", CA_FILE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=on_core(core),
        )
        assert self._process.stdout
        self._ports = json.loads(self._process.stdout.readline())

    def url(self, kind: str) -> str:
        return f"{'http' if kind == 'http' else 'https'}://127.0.0.1:{self._ports[kind]}"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=10)


class ClientFailed(Exception):
    pass


class Running:
    """A client's process, which calls when it is told to."""

    def __init__(self, client: Client, url: str, threads: int = 1, core: int | None = None) -> None:
        self.client = client
        self.threads = threads
        self._process = subprocess.Popen(
            [*client.command, url, CA_FILE, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=on_core(core),
        )

    def call(self, count: int) -> dict[str, Any]:
        """Makes `count` calls, or the next number that every thread has the same part of."""
        count = -(-count // self.threads) * self.threads
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(f"{count}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise ClientFailed(self.client.title)
        report: dict[str, Any] = json.loads(line)
        return report

    def resident_kilobytes(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def sockets(self) -> int:
        descriptors = Path(f"/proc/{self._process.pid}/fd").iterdir()
        return sum(str(descriptor.readlink()).startswith("socket:") for descriptor in descriptors)

    def end(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=30)


@dataclass
class Measured:
    """What a client took, over all rounds. Times are in microseconds.

    A figure is that of its best round, but for the 99th percentile: what else the machine does can only add to it.
    """

    client: Client
    latencies: list[int] = field(default_factory=list)
    p50s: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    allocations: list[float] = field(default_factory=list)

    def add(self, report: dict[str, Any]) -> None:
        count = len(report["latencies"])
        self.latencies += report["latencies"]
        self.p50s.append(statistics.median(report["latencies"]) / 1e3)
        self.cpus.append(report["cpu"] / count / 1e3)
        self.rates.append(count / report["wall"] * 1e9)
        if "allocations" in report:
            self.allocations.append(report["allocations"] / count)

    @property
    def p50(self) -> float:
        return min(self.p50s)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[98] / 1e3

    @property
    def cpu(self) -> float:
        return min(self.cpus)

    @property
    def rate(self) -> float:
        """Calls per second."""
        return max(self.rates)


def in_turns(running: Iterable[Running], rounds: int, seconds: float) -> dict[str, Measured]:
    """Lets the clients call one after the other, `rounds` times, each for about `seconds`. By their keys."""
    counts = {}
    for client in running:
        client.call(2 * client.threads)
        started = time.monotonic()
        client.call(4 * client.threads)
        each = (time.monotonic() - started) / (4 * client.threads)
        counts[client] = max(2 * client.threads, min(int(seconds / each), 20_000))
    measured = {client.client.key: Measured(client.client) for client in counts}
    for _ in range(rounds):
        for client, count in counts.items():
            measured[client.client.key].add(client.call(count))
    return measured


def start_to_first_record(clients: Sequence[Client], url: str, repeats: int) -> dict[str, tuple[float, float]]:
    """From the start of a process to its first record in milliseconds, and its memory then in megabytes, by key."""
    taken: dict[str, list[tuple[float, float]]] = {client.key: [] for client in clients}
    for _ in range(repeats):
        for client in clients:
            started = time.monotonic()
            running = Running(client, url)
            running.call(1)
            milliseconds = (time.monotonic() - started) * 1e3
            taken[client.key].append((milliseconds, running.resident_kilobytes() / 1024))
            running.end()
    best = {key: [min(column) for column in zip(*values)] for key, values in taken.items()}
    return {key: (milliseconds, megabytes) for key, (milliseconds, megabytes) in best.items()}


def growth(client: Client, url: str, threads: int, calls: int) -> tuple[float, int]:
    """By how many megabytes a client grows over so many calls after its first 1,000, and its sockets then."""
    running = Running(client, url, threads)
    running.call(1_000)
    before = running.resident_kilobytes()
    # In one go: the client makes its threads anew for each, which takes memory as well.
    running.call(calls - 1_000)
    grown, sockets = running.resident_kilobytes() - before, running.sockets()
    running.end()
    return grown / 1024, sockets


def signing_microseconds() -> dict[str, float]:
    """What a signature takes with its date and nonce, by version: a measurement inside of the library's own tests."""
    command = [
        *("cargo", "test", "--release", "--locked", "--quiet", "--lib", "--features=capi"),
        *("--", "--ignored", "--nocapture", "--exact", "signature::tests::how_long_signing_takes"),
    ]
    best: dict[str, float] = {}
    for _ in range(5):
        output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for _, version, nanoseconds in (line.split() for line in output.splitlines() if line.startswith("signing ")):
            best[version] = min(best.get(version, float("inf")), int(nanoseconds) / 1e3)
    return best
