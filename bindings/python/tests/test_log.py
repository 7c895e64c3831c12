"""Forwarding the library's log."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ctypes import addressof
from typing import Any

import pytest
from conftest import async_client_of, client_of

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

    line = _log.esa_log_record(level=number, message=b"100 %s \xff", action=b"", record_name=b"", request_id=b"")
    _log.forward_to(logger_with(collector, logging.DEBUG))(addressof(line))

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


def lose_an_answer(emulator: Emulator, record_name: str) -> None:
    emulator.add_fault(
        action="CreateRoutineRelatedRecord",
        parameters={"RecordName": record_name},
        when="before",
        wire={"kind": "drop"},
    )


def of_each_call(records: list[logging.LogRecord]) -> dict[int, list[logging.LogRecord]]:
    calls: dict[int, list[logging.LogRecord]] = {}
    for entry in records:
        calls.setdefault(vars(entry)["esa_call"], []).append(entry)
    return calls


def check_lines_of_a_lost_create(lines: list[logging.LogRecord], record_name: str) -> None:
    for entry in lines:
        fields = vars(entry)
        assert fields["esa_record_name"] == record_name
        start = f"call {fields['esa_call']}: {fields['esa_action']} {record_name}: attempt {fields['esa_attempt']}: "
        assert entry.getMessage().startswith(start)
    requests = [vars(entry) for entry in lines if entry.levelno == logging.DEBUG]
    assert [(each["esa_action"][:6], each["esa_attempt"], each["esa_http_status"]) for each in requests] == [
        ("Create", 1, 0),
        ("ListRo", 1, 200),
        ("Create", 2, 200),
    ]
    assert requests[-1]["esa_request_id"] in lines[-1].getMessage()
    assert all(isinstance(each["esa_elapsed_ms"], int) for each in requests)


def test_all_lines_of_a_call_have_its_number_and_its_record(esa_emulator: Emulator, record: Record) -> None:
    collector = Collector()
    lose_an_answer(esa_emulator, "a.example.com")

    with client_of(esa_emulator, log=logger_with(collector, logging.DEBUG)) as client:
        client.create_routine_related_record(**record(record_name="a.example.com"))

    (lines,) = of_each_call(collector.records).values()
    check_lines_of_a_lost_create(lines, "a.example.com")


def test_calls_at_once_are_told_apart(esa_emulator: Emulator, record: Record) -> None:
    collector, names = Collector(), ["a.example.com", "b.example.com"]
    for name in names:
        lose_an_answer(esa_emulator, name)

    with client_of(esa_emulator, log=logger_with(collector, logging.DEBUG)) as client:

        def create(name: str) -> None:
            client.create_routine_related_record(**record(record_name=name))

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(create, names))

    calls = of_each_call(collector.records)
    assert len(calls) == 2
    for lines in calls.values():
        check_lines_of_a_lost_create(lines, vars(lines[0])["esa_record_name"])


def test_calls_at_once_of_an_event_loop_are_told_apart(esa_emulator: Emulator, record: Record) -> None:
    collector, names = Collector(), ["a.example.com", "b.example.com"]
    for name in names:
        lose_an_answer(esa_emulator, name)

    async def create_both() -> None:
        async with async_client_of(esa_emulator, log=logger_with(collector, logging.DEBUG)) as client:
            await asyncio.gather(*(client.create_routine_related_record(**record(record_name=name)) for name in names))

    asyncio.run(create_both())

    calls = of_each_call(collector.records)
    assert len(calls) == 2
    for lines in calls.values():
        check_lines_of_a_lost_create(lines, vars(lines[0])["esa_record_name"])


def test_a_bulk_is_one_call_with_a_name_for_each_record(esa_emulator: Emulator, record: Record) -> None:
    collector, names = Collector(), {"a.example.com", "b.example.com"}

    with client_of(esa_emulator, log=logger_with(collector, logging.DEBUG)) as client:
        arguments = record()
        del arguments["record_name"]
        list(client.ensure_routine_related_records(**arguments, record_names=sorted(names)))

    (lines,) = of_each_call(collector.records).values()
    assert names == {vars(entry)["esa_record_name"] for entry in lines if "Create" in entry.getMessage()}


def test_a_formatter_can_name_the_fields(esa_emulator: Emulator, record: Record) -> None:
    collector = Collector()
    formatter = logging.Formatter("%(esa_call)d %(esa_action)s %(esa_record_name)s %(esa_http_status)d")

    with client_of(esa_emulator, log=logger_with(collector, logging.DEBUG)) as client:
        client.create_routine_related_record(**record(record_name="a.example.com"))

    line = formatter.format(collector.records[0])
    assert line.endswith(" CreateRoutineRelatedRecord a.example.com 200")


def test_at_info_no_request_is_told(esa_emulator: Emulator, record: Record) -> None:
    told: list[int] = []
    logger = logging.Logger("test", logging.INFO)
    logger.log = lambda level, *_, **__: told.append(level)  # type: ignore[method-assign]
    lose_an_answer(esa_emulator, "a.example.com")

    with client_of(esa_emulator, log=logger) as client:
        client.create_routine_related_record(**record(record_name="a.example.com"))

    assert set(told) == {logging.INFO}
