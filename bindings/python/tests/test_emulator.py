"""The emulator's process and its levers."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import client_of

import libesa
from libesa import Client
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]


def records(emulator: Emulator) -> list[str]:
    routines = emulator.state()["accounts"][0]["routines"]
    return [record["record_name"] for routine in routines for record in routine["related_records"]]


def test_requests_and_state_show_what_a_client_did(esa_emulator: Emulator, client: Client, record: Record) -> None:
    client.create_routine_related_record(**record())

    assert [request["action"] for request in esa_emulator.requests()] == ["CreateRoutineRelatedRecord"]
    assert records(esa_emulator) == ["a.example.com"]


def test_reset_takes_it_back(esa_emulator: Emulator, client: Client, record: Record) -> None:
    client.create_routine_related_record(**record())

    esa_emulator.reset()

    assert (esa_emulator.requests(), records(esa_emulator)) == ([], [])


def test_a_fault_applies_to_the_next_call(esa_emulator: Emulator, client: Client, record: Record) -> None:
    esa_emulator.add_fault(action="CreateRoutineRelatedRecord", reply={"code": "UserOperationStatusIsLocked"})

    with pytest.raises(libesa.UserOperationStatusIsLockedError):
        client.create_routine_related_record(**record(timeout=0.3))


def test_a_canned_reply_answers(esa_emulator: Emulator, client: Client, record: Record) -> None:
    esa_emulator.add_reply(action="CreateRoutineRelatedRecord", body={"Status": "OK", "RecordId": 5})

    assert client.create_routine_related_record(**record()).record_id == 5
    assert records(esa_emulator) == []


def test_the_clock_can_be_moved(esa_emulator: Emulator, client: Client, record: Record) -> None:
    esa_emulator.set_clock(offset_ms=-3_600_000)

    client.create_routine_related_record(**record())

    assert [request["verdict"] for request in esa_emulator.requests()] == ["InvalidTimeStamp.Expired", "OK"]


def test_a_seed_may_be_a_mapping(record: Record) -> None:
    key = {"access_key_id": "k", "access_key_secret": "s"}
    site = {"site_id": 7, "site_name": "example.org"}
    account = {"users": [{"name": "u", "keys": [key]}], "sites": [site], "routines": [{"name": "r"}]}

    with Emulator(seed={"accounts": [account]}) as emulator, client_of(emulator) as client:
        assert (emulator.access_key_id, emulator.site_id, emulator.routine) == ("k", 7, "r")
        client.create_routine_related_record(name="r", site_id=7, record_name="a.example.org")
        assert records(emulator) == ["a.example.org"]


def test_stopping_ends_the_process() -> None:
    emulator = Emulator()

    emulator.stop()
    emulator.stop()

    assert emulator._process.returncode == 0


def test_ctrl_c_in_a_terminal_does_not_reach_it(esa_emulator: Emulator) -> None:
    assert os.getpgid(esa_emulator._process.pid) == esa_emulator._process.pid


def test_one_that_does_not_start_is_an_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        Emulator(seed=tmp_path / "missing.json")
    assert "missing.json" in capfd.readouterr().err


def test_without_its_program_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESA_EMULATOR", "/nonexistent/esa-emulator")

    with pytest.raises(
        FileNotFoundError, match=r"pip install 'libesa\[emulator\]'.* ESA_EMULATOR.*: '/nonexistent/esa-emulator'"
    ):
        Emulator()


def test_one_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stubborn = tmp_path / "stubborn"
    stubborn.write_text(
        f"""#!{sys.executable}
import json, time
keys = "url access_key_id access_key_secret site_id site_name routine ca_file".split()
print(json.dumps(dict.fromkeys(keys)), flush=True)
time.sleep(60)
""",
        "utf-8",
    )
    stubborn.chmod(0o755)
    monkeypatch.setenv("ESA_EMULATOR", str(stubborn))
    monkeypatch.setattr("libesa.emulator.STOP_LIMIT", 0.1)
    emulator = Emulator()

    emulator.stop()

    assert emulator._process.returncode == -signal.SIGKILL
