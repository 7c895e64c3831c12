"""Ensuring many records."""

from __future__ import annotations

import pickle
import signal
import threading
from typing import Any

import pytest
from conftest import client_of

from libesa import Cancel, Client, Ensured, InvalidArgumentError, Origin, Outcome, SiteParameterNotMatchError, Status
from libesa.emulator import Emulator


def names(count: int) -> list[str]:
    return [f"r{number}.example.com" for number in range(count)]


def actions(emulator: Emulator) -> list[str]:
    return [request["action"] for request in emulator.requests()]


def test_what_exists_costs_a_part_of_a_call(client: Client, esa_emulator: Emulator) -> None:
    routine, site_id = esa_emulator.routine, esa_emulator.site_id
    first = list(client.ensure_routine_related_records(name=routine, site_id=site_id, record_names=names(30)))
    again = client.ensure_routine_related_records(name=routine, record_names=iter(names(40)))

    assert len(again) == 40
    ensured = list(again)

    assert len(again) == 0
    assert [one.record_name for one in ensured] == names(40)
    assert [one.record.origin for one in ensured if one.record] == [Origin.EXISTING] * 30 + [Origin.CREATED] * 10
    assert [one.record.record_id for one in first if one.record] == [
        one.record.record_id for one in ensured[:30] if one.record
    ]
    assert actions(esa_emulator).count("CreateRoutineRelatedRecord") == 40


def test_one_that_fails_does_not_keep_the_others_from_being_tried(client: Client, esa_emulator: Emulator) -> None:
    record_names = ["a.example.com", "a.elsewhere.org", "b.example.com"]

    ensured = list(
        client.ensure_routine_related_records(
            name=esa_emulator.routine, site_id=esa_emulator.site_id, record_names=record_names
        )
    )

    assert [one.error is None for one in ensured] == [True, False, True]
    assert isinstance(ensured[1].error, SiteParameterNotMatchError)
    assert ensured[1].error.__traceback__ is None
    assert ensured[0].result() is ensured[0].record
    with pytest.raises(SiteParameterNotMatchError) as raised:
        ensured[1].result()
    assert raised.value is ensured[1].error
    copy = pickle.loads(pickle.dumps(ensured[0]))
    assert copy == ensured[0]
    assert repr(copy).startswith("Ensured(")


def test_cancelled_it_ends_and_run_again_it_goes_on(client: Client, esa_emulator: Emulator) -> None:
    arguments: dict[str, Any] = {
        "name": esa_emulator.routine,
        "site_id": esa_emulator.site_id,
        "record_names": names(6),
    }
    with Cancel() as cancel:
        bulk = client.ensure_routine_related_records(**arguments, cancel=cancel)
        assert [next(bulk).error, next(bulk).error] == [None, None]
        cancel.trigger()
        rest = list(bulk)

    assert [(one.error.status, one.error.outcome) for one in rest if one.error] == [
        (Status.CANCELLED, Outcome.NOT_SENT)
    ] * 4
    origins = [one.record.origin for one in client.ensure_routine_related_records(**arguments) if one.record]
    assert origins == [Origin.EXISTING] * 2 + [Origin.CREATED] * 4


def test_the_time_limit_is_of_all_of_them(client: Client, esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(action="CreateRoutineRelatedRecord", times=0, wire={"kind": "hang"})

    ensured = list(
        client.ensure_routine_related_records(
            name=esa_emulator.routine, site_id=esa_emulator.site_id, record_names=names(3), timeout=0.3
        )
    )

    assert all(one.error and one.error.status is Status.TIMEOUT for one in ensured)
    assert actions(esa_emulator).count("CreateRoutineRelatedRecord") == 1


def test_bad_arguments_are_refused_before_anything_is_sent(client: Client, esa_emulator: Emulator) -> None:
    routine = esa_emulator.routine
    with pytest.raises(TypeError, match="record_names"):
        client.ensure_routine_related_records(name=routine, record_names="a.example.com")
    with pytest.raises(InvalidArgumentError, match="record_name"):
        client.ensure_routine_related_records(name=routine, record_names=["a.example.com", "a\0"])
    with pytest.raises(TypeError):
        client.ensure_routine_related_records(name=routine, record_names=[1])  # type: ignore[list-item]
    assert list(client.ensure_routine_related_records(name=routine, record_names=[])) == []
    assert actions(esa_emulator) == []


def test_a_signal_s_handler_ends_it_and_it_can_go_on(esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(action="CreateRoutineRelatedRecord", nth=2, wire={"kind": "hang"})

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with client_of(esa_emulator) as client:
            bulk = client.ensure_routine_related_records(
                name=esa_emulator.routine, site_id=esa_emulator.site_id, record_names=names(3)
            )
            seen: list[Ensured] = [next(bulk)]
            main = threading.get_ident()
            timer = threading.Timer(0.3, lambda: signal.pthread_kill(main, signal.SIGUSR1))
            timer.start()
            with pytest.raises(KeyboardInterrupt):
                next(bulk)
            timer.join()
            seen.append(next(bulk))
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert [one.record_name for one in seen] == ["r0.example.com", "r2.example.com"]
    assert all(one.error is None for one in seen)
