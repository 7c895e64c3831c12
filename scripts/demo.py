"""Creates a record from each of the given languages, against an emulator of the service, and shows the results.

Also where an answer is lost, and where the account is busy.
"""

import json
import logging
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from libesa import Client
from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "target" / "examples"
EXAMPLES = {
    "c": [BUILT / "create_record_c"],
    "cpp": [BUILT / "create_record_cpp"],
    "python": [sys.executable, ROOT / "examples" / "python" / "create_record.py"],
    "go": [BUILT / "create_record_go"],
}
NAMES = {"c": "C", "cpp": "C++", "python": "Python", "go": "Go"}
REFUSED = 3
SOME_FAILED = 3
CREATE = "CreateRoutineRelatedRecord"
LOST = {"action": CREATE, "when": "after", "wire": {"kind": "drop"}}
BUSY = {"action": CREATE, "times": 2, "reply": {"code": "UserOperationStatusIsLocked"}}
NEXT = """\
What to try next:

    make emulate                 the emulator for yourself, with a page that shows each request, and what to export
    examples/                    the programs that have just run, in C, C++, Python and Go
    docs/recipes.md              what programs do with libesa, ready to take: many domains, tests, rotated keys
    tests/emulator/README.md     how to have the emulator fail, lag, and serve the official clients
"""


def main(languages: list[str]) -> int:
    logging.basicConfig(format="    log: %(message)s", level=logging.INFO, stream=sys.stdout)
    with Emulator() as emulator:
        print(f"The emulator of the service runs at {emulator.url} and checks every signature.\n")
        statuses = [
            create(emulator, command, emulator.routine, f"{language}.{emulator.site_name}")
            for language, command in EXAMPLES.items()
            if language in languages
        ]
        for language in sorted(EXAMPLES.keys() - languages):
            print(f"LEFT OUT: {NAMES[language]}, which isn't here\n")
        print("A refusal, explained:\n")
        refused = create(emulator, EXAMPLES["c"], "no-such-routine", f"other.{emulator.site_name}")
        print("Many names at once, of which one is there already and one is on nobody's site:\n")
        names = [f"{name}.{emulator.site_name}" for name in ("python", "blog", "shop")] + ["shop.elsewhere.org"]
        arguments = [BUILT / "bind_domains_c", "--routine", emulator.routine, "-"]
        bound = run(emulator, arguments, stdin="\n".join(names))

        print("The record is created, and the answer is lost. The call reads the record back:\n")
        found = create_with_log(emulator, LOST, f"lost.{emulator.site_name}")
        print("Another client writes to the account. The call waits until it is done:\n")
        waited = create_with_log(emulator, BUSY, f"busy.{emulator.site_name}")

        records = list(records_of(emulator.state()))
        print(f"The {len(records)} records that the service has now:\n")
        for record in records:
            print("   ", json.dumps(record))
    as_expected = [any(statuses), refused, bound, found, waited] == [
        False,
        REFUSED,
        SOME_FAILED,
        "RECOVERED",
        "CREATED",
    ]
    if not as_expected or len(records) != len(languages) + 4:
        print("\nThat is not what should have happened.", file=sys.stderr)
        return 1
    print(f"\n{NEXT}", end="")
    return 0


def create(emulator: Emulator, command: list[str | Path], routine: str, record_name: str) -> int:
    """Runs an example that creates a record. Returns its exit status."""
    return run(emulator, [*command, routine, emulator.site_id, record_name])


def create_with_log(emulator: Emulator, fault: dict[str, Any], record_name: str) -> str:
    """Creates a record while the service has a fault, and shows the library's log. Returns the record's origin."""
    emulator.add_fault(**fault)
    with Client(
        endpoint=emulator.url,
        access_key_id=emulator.access_key_id,
        access_key_secret=emulator.access_key_secret,
        log=logging.getLogger("libesa"),
    ) as client:
        record = client.create_routine_related_record(
            name=emulator.routine, site_id=emulator.site_id, record_name=record_name
        )
    print(f"{record_name}: {record.origin.name}, record {record.record_id}\n")
    return record.origin.name


def run(emulator: Emulator, command: list[Any], stdin: str = "") -> int:
    """Runs an example. Returns its exit status."""
    arguments = [str(part) for part in command]
    shown = [part.removeprefix(f"{ROOT}/") for part in arguments]
    print(f"$ {shlex.join(shown)}", flush=True)
    environment = {
        **os.environ,
        "ESA_ENDPOINT": emulator.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
    }
    status = subprocess.run(
        arguments, env=environment, input=stdin, text=True, stderr=subprocess.STDOUT, check=False
    ).returncode
    print(f"(exit status {status})\n" if status else "", flush=True)
    return status


def records_of(state: dict[str, Any]) -> list[dict[str, Any]]:
    """Every record of every routine."""
    routines = [routine for account in state["accounts"] for routine in account["routines"]]
    return [{"routine": routine["name"], **record} for routine in routines for record in routine["related_records"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
