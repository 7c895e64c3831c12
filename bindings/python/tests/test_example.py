"""The example program, as a person runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import PACKAGE_PATH, REPOSITORY, hear_ctrl_c
from waiting import until

from libesa.emulator import Emulator

PROGRAM = REPOSITORY / "examples" / "python" / "create_record.py"


def start(emulator: Emulator, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(PACKAGE_PATH),
        "ESA_ENDPOINT": emulator.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        **variables,
    }
    command = [sys.executable, "-W", "error", str(PROGRAM), *arguments]
    return subprocess.Popen(
        command,
        env=environment,
        preexec_fn=hear_ctrl_c,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(emulator: Emulator, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    with start(emulator, *arguments, **variables) as program:
        output, errors = program.communicate(timeout=30)
    return subprocess.CompletedProcess(program.args, program.returncode, output, errors)


def test_created(esa_emulator: Emulator) -> None:
    done = run(esa_emulator, esa_emulator.routine, str(esa_emulator.site_id), "a.example.com", "--timeout", "20")

    record = esa_emulator.state()["accounts"][0]["routines"][0]["related_records"][0]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"created record {record['record_id']} for a.example.com (request ")
    assert done.stdout.endswith(")\n")


def test_refused(esa_emulator: Emulator) -> None:
    done = run(esa_emulator, "no-such-routine", str(esa_emulator.site_id), "a.example.com")

    assert (done.returncode, done.stdout) == (3, "")
    error, advice, request_id, outcome = done.stderr.splitlines()
    assert error.startswith("error: RoutineNotExist: ")
    assert advice.startswith("  advice: Check the routine's name")
    assert request_id.startswith("  request id: ")
    assert outcome == "  outcome: the service refused"


def test_unknown(esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(times=0, wire={"kind": "hang"})

    done = run(esa_emulator, esa_emulator.routine, str(esa_emulator.site_id), "a.example.com", "--timeout", "0.3")

    assert done.returncode == 4
    assert done.stderr.startswith("error: ESA_ERR_TIMEOUT: ")
    assert "request id" not in done.stderr
    assert done.stderr.endswith("  outcome: unknown: the record may exist\n")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"wire": {"kind": "hang"}}, "unknown: the record may exist"),
        ({"reply": {"code": "UserOperationStatusIsLocked"}}, "the service refused"),
    ],
)
def test_ctrl_c(fault: dict[str, object], outcome: str, esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(times=0, **fault)
    with start(esa_emulator, esa_emulator.routine, str(esa_emulator.site_id), "a.example.com") as program:
        until(esa_emulator.requests)
        time.sleep(0.1)  # for the answer, where there is one
        program.send_signal(signal.SIGINT)
        output, errors = program.communicate(timeout=10)

    assert (program.returncode, output) == (130, "")
    assert errors.startswith("error: ESA_ERR_CANCELLED: ")
    assert errors.endswith(f"  outcome: {outcome}\n")


def test_not_sent(esa_emulator: Emulator) -> None:
    done = run(esa_emulator, esa_emulator.routine, "1", "a.example.com", ALIBABA_CLOUD_ACCESS_KEY_ID="")

    assert done.returncode == 5
    assert done.stderr.startswith("error: ESA_ERR_CREDENTIALS: ")
    assert done.stderr.endswith("  outcome: nothing was sent\n")


@pytest.mark.parametrize(
    "arguments",
    [["r", "x", "a.example.com"], ["r", "0", "a.example.com"], ["r", str(2**63), "a.example.com"], ["r", "1"]],
    ids=" ".join,
)
def test_wrong_arguments(arguments: list[str], esa_emulator: Emulator) -> None:
    done = run(esa_emulator, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "error: " in done.stderr


def test_help(esa_emulator: Emulator) -> None:
    done = run(esa_emulator, "--help")

    assert done.returncode == 0
    assert "ROUTINE SITE_ID RECORD_NAME" in done.stdout
