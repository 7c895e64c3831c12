"""Many processes create records of one account, which the emulator locks while it carries out each.

Prints a table, with the simulation's beside it, and writes both to benches/results/contention.md, with a chart beside
it. `--quick` writes nothing, makes a tenth of the records, and leaves out the fixed waits, which take long even so.
`--only PATTERN` measures such rows, as with "bulk, redis", and writes them in place of the old ones.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "engines"))
import engines  # noqa: E402
from chart import draw  # noqa: E402

WORKER = ROOT / "target" / "bench" / "contention"
RESULTS = ROOT / "benches" / "results" / "contention.md"
CHART = RESULTS.with_suffix(".svg")
CARGO = os.environ.get("CARGO", "cargo")

BINDS = [str(WORKER), "{process}", "{threads}", "{records}", "{wait_ms}"]
"""The worker of the benchmark's own."""

HOLD = 0.020
"""How long the account is locked by a write, in seconds."""

LOST = 1 / 50
"""How many answers are lost."""

SEED: dict[str, Any] = {
    "accounts": [
        {
            "lock_hold_ms": round(HOLD * 1000),
            "users": [
                {
                    "name": "root",
                    "keys": [{"access_key_id": "EsaEmulatorKeyId", "access_key_secret": "EsaEmulatorKeySecret"}],
                }
            ],
            "sites": [{"site_id": 54362329990032, "site_name": "example.com"}],
            "routines": [{"name": "test-routine1"}],
        }
    ],
    "faults": [
        {
            "action": "CreateRoutineRelatedRecord",
            "times": 0,
            "probability": LOST,
            "when": "after",
            "wire": {"kind": "drop"},
        }
    ],
}

FLEETS = [(1, 1, 500), (1, 16, 1000), (8, 4, 250), (64, 1, 30)]
"""Processes, threads of each, and records of each thread. The first is alone: what this machine takes at the least."""

LOCKED_FLEETS = [("single", 8, 4, 250), ("bulk", 8, 4, 250), ("bulk", 64, 1, 30)]
"""Those that share a lock, and whether each thread makes single calls or one for all of its records."""

POLICIES = {"libesa": -1, "fixed 3 s": 3000, "fixed 5 s": 5000, "no retry": 0}
"""What the worker is told about refusals."""

WAITING = [policy for policy in POLICIES if policy != "no retry"]
"""Those that do little but wait: they are measured at the same time, each with an emulator of its own."""

HEAD = """\
| processes × threads × records | policy | makespan / lock time | refusals / record | lists / record \
| slowest / mean | not created | measured on |
| --- | --- | --- | --- | --- | --- | --- | --- |"""


@dataclass
class Worker:
    """What a process says at its end."""

    done: float
    created: int
    recovered: int
    failed: int


@dataclass(frozen=True)
class Row:
    """A row of the table: who creates the records, and what they do about the account's lock."""

    processes: int
    threads: int
    records: int
    policy: str
    kind: str = "single"
    """Whether each thread makes single calls, or one in bulk."""
    lock: str = ""
    """What they share to wait for each other: "file" or the name of an engine."""

    @property
    def total(self) -> int:
        """How many records there are in the end."""
        return self.processes * self.threads * self.records

    @property
    def title(self) -> str:
        """The cells that name it."""
        told = (
            f"{self.policy}, {self.kind}, {self.lock or 'no lock'}" if self.lock or self.kind == "bulk" else self.policy
        )
        return f"| {self.processes} × {self.threads} × {self.records} | {told} |"


ENGINES = {engine.name: engine for engine in engines.ALL}

ROWS = [
    *(Row(*fleet, policy) for fleet in FLEETS for policy in POLICIES if policy == "libesa" or fleet[:2] != (1, 1)),
    *(
        Row(*fleet, "libesa", kind, lock)
        for kind, *fleet in LOCKED_FLEETS
        for lock in ("", "file", *ENGINES)
        if lock or kind == "bulk"  # the others are above
    ),
]


def main() -> int:
    """Runs everything, and ends at once where a record was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the records, no fixed waits")
    parser.add_argument("--only", default="", metavar="PATTERN", help="such rows; the others stay as they are")
    arguments = parser.parse_args()

    rows = [row for row in ROWS if re.search(arguments.only, row.title)]
    if arguments.quick:
        rows = [replace(row, records=row.records // 10) for row in rows if not row.policy.startswith("fixed")]
    print(HEAD)
    lines = dict(in_order(rows))
    if arguments.only:
        return 0 if arguments.quick else replace_rows(lines)
    simulated, hosts = simulation("table"), simulation("hosts")
    print(f"\nSimulated:\n\n{simulated}\n\n{hosts}")
    if not arguments.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(report("\n".join([HEAD, *lines.values()]), simulated, hosts), encoding="utf-8")
        CHART.write_text(draw(hosts), encoding="utf-8")
    return 0


def in_order(rows: list[Row]) -> Iterator[tuple[str, str]]:
    """The rows' titles and lines. Those that do little but wait are measured at once, each with its emulator."""
    for _, group in itertools.groupby(rows, lambda row: row if row.lock or row.policy not in WAITING else row.total):
        with ThreadPoolExecutor() as pool:
            yield from ((row.title, line) for row, line in pool.map(lambda row: (row, measure(row)), group) if line)


def replace_rows(lines: dict[str, str]) -> int:
    """Puts the lines into the document in place of those that it has."""
    before, rest = RESULTS.read_text(encoding="utf-8").split(HEAD)
    old, after = rest.split("\n\n", 1)
    known = {row.title: line for row in ROWS for line in old.splitlines() if line.startswith(row.title)} | lines
    table = [HEAD, *(known[row.title] for row in ROWS if row.title in known)]
    RESULTS.write_text(before + "\n".join(table) + "\n\n" + after, encoding="utf-8")
    return 0


def measure(row: Row) -> str:
    """A line of the table; none where the engine isn't here."""
    if row.lock in ENGINES:
        kind = ENGINES[row.lock]
        language, program = next(iter(kind.workers.items()))
        if missing := kind.missing_for(language):
            print(f"LEFT OUT: {row.lock}, since {missing}", file=sys.stderr)
            return ""
        with kind() as engine:
            command = [*program, "{process}", "{threads}", "{records}", row.kind, engine.address, "86400", "2000"]
            return measure_with(row, command)
    with tempfile.TemporaryDirectory() as directory:
        return measure_with(row, [*BINDS, row.kind, *([f"{directory}/lock"] if row.lock else [])])


def measure_with(row: Row, command: Sequence[str]) -> str:
    """A line of the table, of processes of this program."""
    with Emulator(seed=SEED) as emulator:
        began, workers = run(emulator, row.processes, row.threads, row.records, POLICIES[row.policy], command)
        check(emulator, workers, row.total, complete=row.policy == "libesa")
        requests = Counter((request["action"], request["verdict"]) for request in emulator.requests())
    took = [worker.done - began for worker in workers]
    makespan = max(took) / (row.total * HOLD)
    fairness = max(took) / (sum(took) / len(took))
    refusals = requests["CreateRoutineRelatedRecord", "UserOperationStatusIsLocked"] / row.total
    lists = sum(count for (action, _), count in requests.items() if action == "ListRoutineRelatedRecords") / row.total
    failed = sum(worker.failed for worker in workers)
    cells = [f"{makespan:.3f}", f"{refusals:.2f}", f"{lists:.3f}", f"{fairness:.2f}", f"{failed / row.total:.0%}"]
    if row.policy == "no retry":
        # How long it takes means nothing where most isn't done. An answer that is lost is an error there, too.
        failed += sum(worker.recovered for worker in workers)
        cells = ["", f"{refusals:.2f}", "", "", f"{failed / row.total:.1%}"]
    line = f"{row.title} {' | '.join(cells)} | {datetime.date.today():%Y-%m-%d} |"
    print(line, flush=True)
    return line


def run(
    emulator: Emulator, processes: int, threads: int, records: int, wait_ms: int, command: Sequence[str]
) -> tuple[float, list[Worker]]:
    """Lets them begin together; when that was, and what they say."""
    environment = {
        **os.environ,
        "ESA_ENDPOINT": emulator.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": "",
    }
    running = []
    for process in range(processes):
        arguments = {"process": process, "threads": threads, "records": records, "wait_ms": wait_ms}
        running.append(
            subprocess.Popen(
                [part.format(**arguments) for part in command],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    for worker in running:
        assert worker.stdout is not None
        if worker.stdout.readline() != "ready\n":
            raise SystemExit("a worker did not start")
    began = time.monotonic()
    for worker in running:
        assert worker.stdin is not None
        worker.stdin.close()
    return began, [said(worker) for worker in running]


def said(worker: subprocess.Popen[str]) -> Worker:
    """What a worker says at its end, which is waited for."""
    assert worker.stdout is not None
    with worker:
        done, *counts = worker.stdout.read().split()
    return Worker(float(done), *map(int, counts[:3]))


def check(emulator: Emulator, workers: list[Worker], total: int, *, complete: bool) -> None:
    """No name is there twice; where it has to be `complete`, every one is there."""
    (routine,) = emulator.state()["accounts"][0]["routines"]
    names = Counter(record["record_name"] for record in routine["related_records"])
    made = sum(worker.created + worker.recovered for worker in workers)
    if max(names.values()) > 1 or len(names) < made or (complete and not total == made == len(names)):
        kept = f"{sum(names.values())} records of {len(names)} names"
        raise SystemExit(f"{made} of {total} records were created, and the emulator has {kept}")


def simulation(name: str) -> str:
    """A table of the simulation's."""
    command = [CARGO, "test", "--release", "--locked", "--features", "capi", "--lib", f"simulation::{name}"]
    done = subprocess.run(
        [*command, "--", "--ignored", "--nocapture"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return "\n".join(line for line in done.stdout.splitlines() if line.startswith("|"))


def report(measured: str, simulated: str, hosts: str) -> str:
    """The document."""
    return f"""\
# Contention

Made by `make bench-contention`, on {os.cpu_count()} cores of {platform.machine()}.
[docs/fleets.md](../../docs/fleets.md) says what it means.

## Measured

An emulator on the same machine locks the account for {HOLD * 1000:.0f} ms a write, and loses one answer in \
{1 / LOST:.0f}. 1 × 1 has
nobody in its way: it shows what the machine adds. The rows without a lock, other than "no retry", were measured at the
same time, each with an emulator of its own. "No retry" counts what the official SDKs would raise an error for: refused,
or its answer lost. The workers are in C for a file and PostgreSQL, in Python for Redis, in Go for etcd.

{measured}

## Simulated

{simulated}

### By the number of hosts

{hosts}
"""


if __name__ == "__main__":
    sys.exit(main())
