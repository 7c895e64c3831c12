"""The examples in C with an event loop: their calls go on beside the loop's own work, and end at Ctrl-C."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from libesa.emulator import Emulator
from programs import environment_of, interruptible

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "target" / "examples"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=["epoll", "libuv"])
def program(request: pytest.FixtureRequest) -> str:
    path = BUILT / f"event_loop_{request.param}_c"
    if request.param == "libuv" and subprocess.run(["pkg-config", "--exists", "libuv"], check=False).returncode:
        pytest.skip("LEFT OUT: there is no libuv for pkg-config")
    return str(path)


def run(program: str, emulator: Emulator, *arguments: str, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [program, *arguments],
        env=environment_of(emulator, HOME="", **environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def test_names_are_bound_and_those_that_fail_are_explained(program: str, emulator: Emulator) -> None:
    emulator.reset()
    names = ["a.example.com", "b.example.com", "not-ours.elsewhere.org", "c.example.com"]

    for created in (3, 0):
        status, out, err = run(program, emulator, "test-routine1", *names)

        assert (status, out) == (3, f"4 names: {created} created, {3 - created} there already, 1 failed\n")
        assert err.startswith("not-ours.elsewhere.org: ")
        assert "\n  advice: " in err
    assert run(program, emulator, "test-routine1", "a.example.com")[0] == 0


def test_the_loop_goes_on_while_a_call_waits_and_an_interrupt_ends_it(program: str, emulator: Emulator) -> None:
    emulator.reset()
    emulator.add_fault(parameters={"RecordName": "slow.example.com"}, wire={"kind": "hang"})
    command_line = [program, "test-routine1", "slow.example.com", "a.example.com"]
    with interruptible(command_line, environment_of(emulator, HOME="")) as process:
        assert process.stderr
        # The timer's line, a second apart: it comes again after the other name was bound.
        while (line := process.stderr.readline()) == "0 of 2, 0 failed\n":
            pass
        lines = [line, process.stderr.readline()]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert lines == ["1 of 2, 0 failed\n"] * 2
    assert (process.returncode, out) == (130, "")
    assert err.endswith("interrupted: 1 of 2 are tied; run it again for the rest\n")


def test_a_call_that_cannot_be_started_is_explained(program: str, emulator: Emulator) -> None:
    status, out, err = run(program, emulator, "test-routine1", "")

    assert (status, out) == (3, "1 names: 0 created, 0 there already, 1 failed\n")
    assert err.startswith(": ESA_ERR_INVALID_ARGUMENT: ")


def test_a_client_that_cannot_be_made_is_explained(program: str, emulator: Emulator) -> None:
    status, out, err = run(program, emulator, "test-routine1", "a.example.com", ESA_ENDPOINT="ftp://127.0.0.1")

    assert (status, out) == (3, "")
    assert err.startswith("error: ESA_ERR_CONFIG: ")


def test_arguments(program: str, emulator: Emulator) -> None:
    assert run(program, emulator, "test-routine1")[:2] == (2, "")
    status, out, err = run(program, emulator, "--help")
    assert (status, err) == (0, "")
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in out
