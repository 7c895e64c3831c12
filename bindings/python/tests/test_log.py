"""Forwarding the library's log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from conftest import client_of

from libesa import _log
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]


class Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Broken(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise LookupError("broken handler")


def logger_with(handler: logging.Handler, level: int) -> logging.Logger:
    logger = logging.Logger("test", level)
    logger.addHandler(handler)
    return logger


def test_requests_are_told_at_debug(esa_emulator: Emulator, record: Record) -> None:
    collector = Collector()

    with client_of(esa_emulator, log=logger_with(collector, logging.DEBUG)) as client:
        created = client.create_routine_related_record(**record())

    line = next(entry for entry in collector.records if created.request_id in entry.getMessage())
    assert line.levelno == logging.DEBUG
    assert "CreateRoutineRelatedRecord" in line.getMessage()
    assert not any(esa_emulator.access_key_secret in entry.getMessage() for entry in collector.records)


def test_each_level_has_its_lines(esa_emulator: Emulator, record: Record) -> None:
    collector = Collector()
    esa_emulator.set_clock(offset_ms=2 * 60 * 60 * 1000)
    esa_emulator.add_fault(action="CreateRoutineRelatedRecord", reply={"code": "LockFailed"})

    with client_of(esa_emulator, log=logger_with(collector, logging.DEBUG)) as client:
        client.create_routine_related_record(**record())

    def lines(level: int) -> str:
        return "\n".join(entry.getMessage() for entry in collector.records if entry.levelno == level)

    assert "this machine's clock is 2 h 0 min behind the service's" in lines(logging.WARNING)
    assert "the service is no longer busy" in lines(logging.INFO)
    assert "attempt 3: HTTP 200" in lines(logging.DEBUG)


def test_nothing_is_told_of_a_good_call_above_debug(esa_emulator: Emulator, record: Record) -> None:
    collector = Collector()

    with client_of(esa_emulator, log=logger_with(collector, logging.WARNING)) as client:
        client.create_routine_related_record(**record())

    assert collector.records == []


@pytest.mark.parametrize(
    ("enabled", "level"),
    [
        (logging.DEBUG, 4),
        (logging.INFO, 3),
        (logging.WARNING, 2),
        (logging.CRITICAL, 2),
    ],
)
def test_the_library_s_level_is_the_logger_s(enabled: int, level: int) -> None:
    assert _log.level_of(logging.Logger("test", enabled)) == level


@pytest.mark.parametrize(
    ("number", "level"),
    [(1, logging.ERROR), (2, logging.WARNING), (3, logging.INFO), (4, logging.DEBUG), (5, logging.DEBUG)],
)
def test_levels_are_matched(number: int, level: int) -> None:
    collector = Collector()

    _log.forward_to(logger_with(collector, logging.DEBUG))(number, b"100 %s \xff")

    assert [(entry.levelno, entry.getMessage()) for entry in collector.records] == [(level, "100 %s \ufffd")]


def test_a_broken_handler_does_not_harm_the_call(
    esa_emulator: Emulator, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: reported.append(unraisable.exc_type))

    with client_of(esa_emulator, log=logger_with(Broken(), logging.DEBUG)) as client:
        created = client.create_routine_related_record(**record())

    assert created.status == "OK"
    assert set(reported) == {LookupError}
