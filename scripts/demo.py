"""Creates a record from each of four languages, against an emulator of the service, and shows what came of it."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "target" / "examples"
EXAMPLES = {
    "C": [BUILT / "create_record_c"],
    "C++": [BUILT / "create_record_cpp"],
    "Python": [sys.executable, ROOT / "examples" / "python" / "create_record.py"],
    "Go": [BUILT / "create_record_go"],
}
REFUSED = 3
SOME_FAILED = 3


def main() -> int:
    with Emulator() as emulator:
        print(f"The emulator of the service runs at {emulator.url} and checks every signature.\n")
        statuses = [
            create(emulator, command, emulator.routine, f"{language.lower().replace('+', 'p')}.{emulator.site_name}")
            for language, command in EXAMPLES.items()
        ]
        print("A refusal, explained:\n")
        refused = create(emulator, EXAMPLES["C"], "no-such-routine", f"other.{emulator.site_name}")
        print("Many names at once, of which one is there already and one is on nobody's site:\n")
        names = [f"{name}.{emulator.site_name}" for name in ("python", "blog", "shop")] + ["shop.elsewhere.org"]
        arguments = [BUILT / "bind_domains_c", "--routine", emulator.routine, "-"]
        bound = run(emulator, arguments, stdin="\n".join(names))

        records = list(records_of(emulator.state()))
        print(f"The {len(records)} records that the service has now:\n")
        for record in records:
            print("   ", json.dumps(record))
    if any(statuses) or refused != REFUSED or bound != SOME_FAILED or len(records) != len(EXAMPLES) + 2:
        print("\nThat is not what should have happened.", file=sys.stderr)
        return 1
    return 0


def create(emulator: Emulator, command: list[str | Path], routine: str, record_name: str) -> int:
    """Runs an example that creates a record; its exit status."""
    return run(emulator, [*command, routine, emulator.site_id, record_name])


def run(emulator: Emulator, command: list[Any], stdin: str = "") -> int:
    """Runs an example; its exit status."""
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
    sys.exit(main())
