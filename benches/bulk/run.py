"""A thousand names, of which nine hundred are tied already: in one bulk, and each by a call of its own.

Prints a table, and writes it to benches/results/bulk.md. The requests are what the emulator of the service counts; the
seconds are against the emulator as it is, and with replies that take as long as they do over a network.
"""

from __future__ import annotations

import datetime
import platform
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from libesa import Client, Origin
from libesa.emulator import Emulator

RESULTS = Path(__file__).resolve().parents[1] / "results" / "bulk.md"

NAMES = [f"r{number}.example.com" for number in range(1000)]
EXISTING = 900

REPLY_MS = 20
"""How long a reply takes where it does."""


def in_bulk(client: Client, emulator: Emulator, names: list[str]) -> Counter[Origin]:
    all_of_them = client.ensure_routine_related_records(
        name=emulator.routine, site_id=emulator.site_id, record_names=names
    )
    return Counter(one.record.origin for one in all_of_them if one.record)


def one_by_one(client: Client, emulator: Emulator, names: list[str]) -> Counter[Origin]:
    return Counter(
        client.ensure_routine_related_record(
            name=emulator.routine, site_id=emulator.site_id, record_name=record_name
        ).origin
        for record_name in names
    )


def measure(
    emulator: Emulator, way: Callable[[Client, Emulator, list[str]], Counter[Origin]], reply_ms: int
) -> tuple[Counter[str], float]:
    """How many requests of each operation it takes, and how many seconds."""
    emulator.reset()
    with client_of(emulator) as client:
        in_bulk(client, emulator, NAMES[:EXISTING])
    before = actions(emulator)
    if reply_ms:
        emulator.add_fault(times=0, delay_ms=reply_ms)
    with client_of(emulator) as client:
        began = time.monotonic()
        origins = way(client, emulator, NAMES)
        seconds = time.monotonic() - began
    if origins != {Origin.EXISTING: EXISTING, Origin.CREATED: len(NAMES) - EXISTING}:
        raise SystemExit(f"that is not what should have come of it: {origins}")
    return actions(emulator) - before, seconds


def client_of(emulator: Emulator) -> Client:
    return Client(
        endpoint=emulator.url, access_key_id=emulator.access_key_id, access_key_secret=emulator.access_key_secret
    )


def actions(emulator: Emulator) -> Counter[str]:
    return Counter(request["action"] for request in emulator.requests())


def main() -> None:
    lines = [
        f"# {len(NAMES)} names, {EXISTING} of which are tied already",
        "",
        f"{datetime.date.today()}, {platform.system()} {platform.machine()}, Python, the emulator of the service on the"
        " same machine. `make bench-bulk` makes it anew.",
        "",
        f"| | creates | lists | all requests | seconds | with replies of {REPLY_MS} ms |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    with Emulator() as emulator:
        for title, way in [("in bulk", in_bulk), ("one by one", one_by_one)]:
            requests, seconds = measure(emulator, way, 0)
            requests_again, slow_seconds = measure(emulator, way, REPLY_MS)
            if requests != requests_again:
                raise SystemExit(f"{title}: {requests} and then {requests_again}")
            creates, lists = requests["CreateRoutineRelatedRecord"], requests["ListRoutineRelatedRecords"]
            lines.append(
                f"| {title} | {creates} | {lists} | {sum(requests.values())} | {seconds:.2f} | {slow_seconds:.1f} |"
            )
    text = "\n".join(lines) + "\n"
    print(text, end="")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
