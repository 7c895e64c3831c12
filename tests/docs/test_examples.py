"""The four examples behave alike: output, errors and exit statuses."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "target" / "examples"
EXAMPLES = {
    "c": [str(BUILT / "create_record_c")],
    "cpp": [str(BUILT / "create_record_cpp")],
    "go": [str(BUILT / "create_record_go")],
    "python": [sys.executable, str(ROOT / "examples" / "python" / "create_record.py")],
}
SITE_ID = "54362329990032"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def run(example: str, emulator: Emulator, *arguments: str, **environment: str) -> tuple[int, str, str]:
    given = {
        "ESA_ENDPOINT": emulator.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        # No other credentials that this machine has; empty is as good as unset.
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        "HOME": "",
        **environment,
    }
    done = subprocess.run(
        [*EXAMPLES[example], *arguments],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_record_is_created(example: str, emulator: Emulator) -> None:
    name = f"{example}.example.com"

    status, out, err = run(example, emulator, "test-routine1", SITE_ID, name)

    assert (status, err) == (0, "")
    assert re.fullmatch(rf"created record \d{{15,16}} for {re.escape(name)} \(request [0-9A-F-]{{36}}\)\n", out)


def test_a_refusal_is_explained(example: str, emulator: Emulator) -> None:
    status, out, err = run(example, emulator, "no-such-routine", SITE_ID, "refused.example.com")

    assert (status, out) == (3, "")
    assert re.fullmatch(
        r"error: RoutineNotExist: The routine name does not exist\. Check the routine name and try again\.\n"
        r"  advice: Check the routine's name; create the routine first, .*\n"
        r"  request id: [0-9A-F-]{36}\n"
        r"  outcome: the service refused\n",
        err,
    )


def test_an_unknown_outcome_has_its_own_status(example: str, emulator: Emulator) -> None:
    name = f"lost-{example}.example.com"
    emulator.add_fault(parameters={"RecordName": name}, when="after", times=0, wire={"kind": "drop"})
    emulator.add_fault(parameters={"SearchKeyWord": name}, times=0, wire={"kind": "drop"})

    status, out, err = run(example, emulator, "test-routine1", SITE_ID, name)

    assert (status, out) == (4, "")
    assert err.startswith("error: ESA_ERR_IO: ")
    assert "; looking for the record failed: " in err
    assert err.endswith("  outcome: unknown: the record may exist\n")


def test_nothing_is_sent_without_credentials(example: str, emulator: Emulator) -> None:
    status, out, err = run(
        example, emulator, "test-routine1", SITE_ID, "none.example.com", ALIBABA_CLOUD_ACCESS_KEY_ID=""
    )

    assert (status, out) == (5, "")
    assert err.startswith("error: ESA_ERR_CREDENTIALS: ")
    assert err.endswith("  outcome: nothing was sent\n")


@pytest.mark.parametrize("arguments", [[], ["test-routine1", "12x", "a.example.com"], ["test-routine1", SITE_ID, ""]])
def test_a_wrong_argument_has_its_own_status(example: str, emulator: Emulator, arguments: list[str]) -> None:
    status, out, err = run(example, emulator, *arguments)

    assert (status, out) == (2, "")
    assert err


def test_there_is_help(example: str, emulator: Emulator) -> None:
    status, out, err = run(example, emulator, "--help")

    assert status == 0
    assert "imeout" in out + err
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in out + err
