"""Signals during a call of the main thread. Each test has a process of its own, which gets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from conftest import PACKAGE_PATH, hear_ctrl_c

from libesa.emulator import Emulator

PROGRAM = """
import json, logging, os, random, signal, sys, threading, time
import libesa

times, debug = int(sys.argv[1]), sys.argv[2] == "debug"
routine, site_id = sys.argv[3], int(sys.argv[4])
lost = []
sys.unraisablehook = lambda unraisable: lost.append(repr(unraisable))
log = logging.Logger("test", logging.DEBUG)
log.addHandler(logging.NullHandler())

def interrupt_after(seconds):
    before = client.stats().attempts

    def send():
        while client.stats().attempts == before:
            time.sleep(0.001)
        time.sleep(seconds)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)
    return threading.Thread(target=send)

latencies, outcomes, statuses = [], [], []
with libesa.Client(log=log if debug else None, max_concurrent_writes=float("inf")) as client:
    for number in range(times):
        sent = []
        thread = interrupt_after(0.005 + random.random() / 50)
        try:
            thread.start()
            client.create_routine_related_record(
                name=routine, site_id=site_id, record_name=f"r{number}.example.com", timeout=20
            )
        except KeyboardInterrupt as interrupt:
            latencies.append(time.monotonic() - sent[0])
            cause = interrupt.__cause__
            outcomes.append(cause and cause.outcome.name)
            statuses.append(cause and cause.status.name)
        thread.join()
print(json.dumps({"latencies": latencies, "outcomes": outcomes, "statuses": statuses, "lost": lost}))
"""


def interrupted(emulator: Emulator, times: int, log: str) -> dict[str, Any]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(PACKAGE_PATH),
        "ESA_ENDPOINT": emulator.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
    }
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(times), log, emulator.routine, str(emulator.site_id)]
    done = subprocess.run(
        command, env=environment, preexec_fn=hear_ctrl_c, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("log", ["silent", "debug"])
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"wire": {"kind": "hang"}}, "UNKNOWN"),
        ({"reply": {"code": "UserOperationStatusIsLocked"}}, "REFUSED"),
    ],
    ids=["hanging reply", "locked account"],
)
def test_ctrl_c_ends_a_call_at_once_and_is_never_lost(
    fault: dict[str, object], outcome: str, log: str, esa_emulator: Emulator
) -> None:
    esa_emulator.add_fault(times=0, **fault)

    told = interrupted(esa_emulator, 50, log)

    assert told["lost"] == []
    assert len(told["latencies"]) == 50
    assert max(told["latencies"]) < 10  # the call's own limit is 20 seconds
    assert told["outcomes"].count(outcome) >= 25  # a loaded machine interrupts some earlier, while they send


@pytest.mark.parametrize("log", ["silent", "debug"])
def test_ctrl_c_is_not_lost_among_many_lines_of_log(log: str, esa_emulator: Emulator) -> None:
    # Failing attempts follow each other closely, so that signals come while lines are logged.
    esa_emulator.add_fault(times=0, delay_ms=1, reply={"code": "InvalidTimeStamp.Expired"})
    program = PROGRAM.replace("    for number in range(times):", MANY_CALLS)
    assert program != PROGRAM
    environment = {
        **os.environ,
        "PYTHONPATH": str(PACKAGE_PATH),
        "ESA_ENDPOINT": esa_emulator.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": esa_emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": esa_emulator.access_key_secret,
    }
    command = [sys.executable, "-c", program, "100", log, esa_emulator.routine, str(esa_emulator.site_id)]
    done = subprocess.run(
        command, env=environment, preexec_fn=hear_ctrl_c, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout) == {"interrupted": 100, "lost": []}


MANY_CALLS = """
    interrupted = 0
    for number in range(times):
        sent = []
        thread = interrupt_after(random.random() / 50)
        try:
            thread.start()
            while True:
                try:
                    client.create_routine_related_record(name=routine, site_id=site_id, record_name="a.example.com")
                except libesa.EsaError:
                    pass
                if sent and time.monotonic() - sent[0] > 2:
                    break
        except KeyboardInterrupt:
            interrupted += 1
        thread.join()
    print(json.dumps({"interrupted": interrupted, "lost": lost}))
    sys.exit()
    for number in ():
"""


def test_signals_are_asked_for_on_the_main_thread_also_after_a_fork() -> None:
    program = """
import os, threading
from libesa._interrupt import handles_signals

def fork():
    told.append(handles_signals())
    child = os.fork()
    if child == 0:
        os._exit(0 if handles_signals() else 1)
    told.append(os.waitpid(child, 0)[1])

told = [handles_signals()]
thread = threading.Thread(target=fork)
thread.start()
thread.join()
print(told)
"""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE_PATH)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout == "[True, False, 0]\n"
