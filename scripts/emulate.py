"""Runs the emulator of the service for a person, with sample data, and prints what to export. Ctrl-C ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

FAULT = '{"action": "CreateRoutineRelatedRecord", "when": "after", "wire": {"kind": "drop"}}'
SAMPLE = Path(__file__).resolve().parent.parent / "tests" / "emulator" / "sample.json"


def main(port: str) -> int:
    command = [os.environ["ESA_EMULATOR"], "--exit-with-stdin", "--port", port, "--seed", str(SAMPLE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as emulator:
        try:
            line = emulator.stdout.readline() if emulator.stdout else ""
            if line:
                print(greeting(json.loads(line)), flush=True)
            return emulator.wait()
        except KeyboardInterrupt:  # which the emulator gets from the terminal as well, and ends
            return 0


def greeting(ready: dict[str, str]) -> str:
    return f"""\
The emulator of the service runs at {ready["url"]}, with two sites, three routines and some records.
Watch and steer it at {ready["url"]}/_emulator/ and end it with Ctrl-C. In another terminal:

export ESA_ENDPOINT={ready["url"]}
export ALIBABA_CLOUD_ACCESS_KEY_ID={ready["access_key_id"]}
export ALIBABA_CLOUD_ACCESS_KEY_SECRET={ready["access_key_secret"]}

Then any program that uses libesa asks it, such as the examples: `make examples`, and

target/examples/create_record_c {ready["routine"]} {ready["site_id"]} hello.{ready["site_name"]}

This loses the answer to the next create; docs/emulator.md has more faults:

curl {ready["url"]}/_emulator/faults --data '{FAULT}'
"""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
