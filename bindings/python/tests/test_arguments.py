"""What the binding refuses before it calls the library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from libesa import Client, InvalidArgumentError, Outcome, Status, _arguments
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": b"bytes"},
        {"name": None},
        {"record_name": 1},
        {"site_id": "1"},
        {"site_id": 1.0},
        {"site_id": True},
        {"timeout": "1"},
        {"timeout": True},
        {"max_attempts": "1"},
        {"cancel": object()},
    ],
    ids=repr,
)
def test_a_call_names_the_argument_of_the_wrong_type(
    wrong: dict[str, Any], client: Client, record: Record, esa_emulator: Emulator
) -> None:
    with pytest.raises(TypeError, match=f"^{next(iter(wrong))} is of type"):
        client.create_routine_related_record(**record(**wrong))
    assert esa_emulator.requests() == []


def test_an_argument_that_does_not_exist_is_named(client: Client, record: Record, esa_emulator: Emulator) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'tiemout'"):
        client.create_routine_related_record(**record(tiemout=1))
    assert esa_emulator.requests() == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"site_id": 2**63}, "site_id is out of range"),
        ({"site_id": -(2**63) - 1}, "site_id is out of range"),
        ({"name": "a\0b"}, "name has a NUL character"),
        ({"record_name": "\0"}, "record_name has a NUL character"),
        ({"record_name": "a\ud800"}, "record_name has a lone surrogate at index 1"),
        ({"max_attempts": 0}, "max_attempts is out of range"),
        ({"max_attempts": 2**32}, "max_attempts is out of range"),
        ({"timeout": 0}, "timeout is out of range"),
        ({"timeout": -1.5}, "timeout is out of range"),
        ({"timeout": float("nan")}, "timeout is out of range"),
        ({"timeout": float("-inf")}, "timeout is out of range"),
        ({"timeout": 4294967.296}, "timeout is out of range"),
        ({"timeout": 10**400}, "timeout is out of range"),
    ],
    ids=repr,
)
def test_a_call_names_the_argument_that_c_would_change(
    bad: dict[str, Any], message: str, client: Client, record: Record, esa_emulator: Emulator
) -> None:
    with pytest.raises(InvalidArgumentError, match=f"^{message}") as caught:
        client.create_routine_related_record(**record(**bad))
    assert (caught.value.status, caught.value.outcome) == (Status.INVALID_ARGUMENT, Outcome.NOT_SENT)
    assert caught.value.advice
    assert esa_emulator.requests() == []


@pytest.mark.parametrize(
    "name",
    [
        "access_key_id",
        "access_key_secret",
        "security_token",
        "region",
        "endpoint",
        "connect_timeout",
        "attempt_timeout",
        "timeout",
        "signature_version",
        "ca_file",
        "ca_pem",
        "user_agent",
        "max_idle_connections",
        "idle_timeout",
        "max_attempts",
        "reconcile_horizon",
        "max_concurrent_writes",
        "network",
        "log",
    ],
)
def test_a_client_names_the_argument_of_the_wrong_type(name: str) -> None:
    with pytest.raises(TypeError, match=f"^{name} is of type object;"):
        Client(**{name: object()})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [
        {"region": "a\0"},
        {"endpoint": "\ud800"},
        {"ca_file": Path("a\0")},
        {"signature_version": 2**32 + 3},
        {"max_idle_connections": -1},
        {"idle_timeout": 0},
        {"max_attempts": 0},
        {"reconcile_horizon": -1},
        {"max_concurrent_writes": 0},
        {"write_lock_hold": 4294967.294},
        {"connect_timeout": -1},
        {"attempt_timeout": 0},
        {"timeout": float("nan")},
    ],
    ids=repr,
)
def test_a_client_names_the_argument_that_c_would_change(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError, match=f"^{next(iter(bad))} "):
        Client(**bad)


def test_what_the_library_refuses_is_an_exception_too() -> None:
    with pytest.raises(InvalidArgumentError, match="is 2; it is a value of esa_signature_version"):
        Client(signature_version=2)


@pytest.mark.parametrize(
    ("seconds", "milliseconds"),
    [(None, 0), (1, 1000), (0.3, 300), (0.0001, 1), (5e-324, 1), (1.0001, 1001), (4294967.293, 2**32 - 3)],
)
def test_seconds_are_rounded_up(seconds: float | None, milliseconds: int) -> None:
    assert _arguments.milliseconds("timeout", seconds) == milliseconds
