"""Many processes create records of one account, which the emulator locks while it carries out each.

Prints a table, with the simulation's beside it, and writes both to benches/results/contention.md. `--quick` writes
nothing, makes a tenth of the records, and leaves out the fixed waits, which take their time even so.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "engines"))
import engines  # noqa: E402

WORKER = ROOT / "target" / "bench" / "contention"
RESULTS = ROOT / "benches" / "results" / "contention.md"
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
| processes × threads × records | policy | makespan / lock time | refusals / record | looks / record \
| slowest / mean | not created |
| --- | --- | --- | --- | --- | --- | --- |"""


@dataclass
class Worker:
    """What a process says at its end."""

    done: float
    created: int
    recovered: int
    failed: int


def main() -> int:
    """Runs everything, and ends at once where a record was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the records, no fixed waits")
    quick = parser.parse_args().quick

    print(HEAD)
    lines: list[str] = []
    for processes, threads, records in FLEETS:
        fleet = (processes, threads, records // 10 if quick else records)
        alone = processes * threads == 1
        with ThreadPoolExecutor() as pool:
            lines += pool.map(partial(measure, *fleet), ["libesa"] if alone or quick else WAITING)
        if not alone:
            lines.append(measure(*fleet, "no retry"))
    lines += locked_fleets(quick=quick)
    simulated = simulation()
    print(f"\nSimulated:\n\n{simulated}")
    if not quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(report("\n".join([HEAD, *lines]), simulated), encoding="utf-8")
    return 0


def locked_fleets(*, quick: bool) -> list[str]:
    """Lines of fleets that share a lock: none, a file, and those of the engines that are here."""
    lines = []
    for kind, processes, threads, records in LOCKED_FLEETS:
        fleet = (processes, threads, records // 10 if quick else records)
        lines.append(measure(*fleet, "libesa", kind))
        with tempfile.TemporaryDirectory() as directory:
            lines.append(measure(*fleet, "libesa", kind, lock="file", with_lock=[*BINDS, kind, f"{directory}/lock"]))
        for engine in engines.ALL:
            if missing := engine.missing():
                print(f"LEFT OUT: {engine.name}, since {missing}", file=sys.stderr)
                continue
            with engine() as server:
                command = [*engine.worker, "{process}", "{threads}", "{records}", kind, server.address, "86400", "2000"]
                lines.append(measure(*fleet, "libesa", kind, lock=engine.name, with_lock=command))
    return lines


def measure(
    processes: int,
    threads: int,
    records: int,
    policy: str,
    kind: str = "single",
    lock: str = "",
    with_lock: Sequence[str] = (),
) -> str:
    """A line of the table. `with_lock`: the worker that shares a lock, in place of the one for the policy."""
    command = with_lock or [*BINDS, kind]
    with Emulator(seed=SEED) as emulator:
        wait_ms = POLICIES[policy]
        began, workers = run(emulator, processes, threads, records, wait_ms, command)
        check(emulator, workers, processes * threads * records, complete=policy == "libesa")
        requests = Counter((request["action"], request["verdict"]) for request in emulator.requests())
    total = processes * threads * records
    took = [worker.done - began for worker in workers]
    makespan = max(took) / (total * HOLD)
    fairness = max(took) / (sum(took) / len(took))
    refusals = requests["CreateRoutineRelatedRecord", "UserOperationStatusIsLocked"] / total
    looks = sum(count for (action, _), count in requests.items() if action == "ListRoutineRelatedRecords") / total
    failed = sum(worker.failed for worker in workers)
    cells = [f"{makespan:.3f}", f"{refusals:.2f}", f"{looks:.3f}", f"{fairness:.2f}", f"{failed / total:.0%}"]
    if policy == "no retry":
        # How long it takes means nothing where most isn't done. An answer that is lost is an error there, too.
        failed += sum(worker.recovered for worker in workers)
        cells = ["", f"{refusals:.2f}", "", "", f"{failed / total:.1%}"]
    told = f"{policy}, {kind}, {lock or 'no lock'}" if lock or kind == "bulk" else policy
    line = f"| {processes} × {threads} × {records} | {told} | {' | '.join(cells)} |"
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


def simulation() -> str:
    """The simulation's table."""
    command = [CARGO, "test", "--release", "--locked", "--features", "capi", "--lib", "simulation::table"]
    done = subprocess.run(
        [*command, "--", "--ignored", "--nocapture"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return "\n".join(line for line in done.stdout.splitlines() if line.startswith("|"))


def report(measured: str, simulated: str) -> str:
    """The document."""
    return f"""\
# Contention

Made by `make bench-contention` on {datetime.date.today():%Y-%m-%d}, on {os.cpu_count()} cores of {platform.machine()}.
[docs/fleets.md](../../docs/fleets.md) says what it means.

## Measured

An emulator on the same machine locks the account for {HOLD * 1000:.0f} ms a write, and loses one answer in \
{1 / LOST:.0f}. 1 × 1 has
nobody in its way: it shows what the machine adds. The policies other than "no retry" were measured at the same time,
each with an emulator of its own. "No retry" counts what the official SDKs would raise an error for: refused, or its
answer lost.

{measured}

## Simulated

{simulated}
"""


if __name__ == "__main__":
    sys.exit(main())
