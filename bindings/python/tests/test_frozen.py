"""What calls give: frozen dataclasses, though the dataclasses module isn't imported."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import pprint
from datetime import datetime, timezone
from typing import Any

import pytest

import libesa
from libesa._frozen import Frozen

RECORD = libesa.RelatedRecord(record_id=1, site_id=2, record_name="a.example.com", site_name="example.com")
VALUES: list[Any] = [
    RECORD,
    libesa.RelatedRecordsPage(records=(RECORD,), total_count=1, has_more=False, request_id="R"),
    libesa.Record(record_id=1, site_id=2, origin=libesa.Origin.CREATED, attempts=1, status="OK", request_id="R"),
    libesa.Deletion(deleted=True, attempts=1, request_id="R"),
    libesa.Site(site_id=2, site_name="example.com", request_id="R"),
    libesa.Ensured(record_name="a.example.com", record=None, error=None),
    libesa.Credentials(access_key_id="id", access_key_secret="secret", expires_at=datetime.now(timezone.utc)),
    libesa.Stats(**dict.fromkeys([field.name for field in dataclasses.fields(libesa.Stats)], 7)),
    libesa.native_info(),
    libesa.SignedRequest(method="GET", url="https://host/", headers=(("host", "host"),), body=b""),
]
each = pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)


def test_the_list_is_complete() -> None:
    assert {type(value) for value in VALUES} == set(Frozen.__subclasses__())


@each
def test_no_field_can_be_changed(value: Any) -> None:
    for field in dataclasses.fields(value):
        with pytest.raises(AttributeError, match=f"{field.name} can't be changed"):
            setattr(value, field.name, None)
        with pytest.raises(AttributeError, match=f"{field.name} can't be deleted"):
            delattr(value, field.name)
    with pytest.raises(AttributeError):
        value.another = 1


def test_a_field_that_is_missing_or_unknown_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"^Site\(\): missing or unknown fields: request_id, site$"):
        libesa.Site(site_id=1, site_name="example.com", site="")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        libesa.Site(1, "example.com", "R")  # type: ignore[misc]


@each
def test_it_is_a_dataclass_of_its_fields(value: Any) -> None:
    names = [field.name for field in dataclasses.fields(value)]

    assert names == list(type(value).__annotations__)
    assert list(dataclasses.asdict(value)) == names
    assert dataclasses.replace(value) == value
    assert pprint.pformat(value).startswith(type(value).__name__)
    assert dataclasses.is_dataclass(value)


def test_replacing_and_reading_fields() -> None:
    other = dataclasses.replace(RECORD, record_id=9)

    assert dataclasses.astuple(other) == (9, 2, "a.example.com", "example.com")
    assert RECORD.__replace__(record_id=9) == other != RECORD
    assert hash(other) == hash(
        libesa.RelatedRecord(site_name="example.com", record_name="a.example.com", site_id=2, record_id=9)
    )
    assert repr(other) == (
        "RelatedRecord(record_id=9, site_id=2, record_name='a.example.com', site_name='example.com')"
    )


def test_a_class_of_the_program_s_own_has_the_fields_as_well() -> None:
    class Key(libesa.Credentials):
        pass

    class Labelled(libesa.Site):
        label: str = "none"

    assert Key(access_key_id="id", access_key_secret="secret").security_token is None
    assert repr(Labelled(site_id=1, site_name="example.com", request_id="R")).endswith("label='none')")


@each
def test_copies_and_pickles_are_equal_and_hash_alike(value: Any) -> None:
    for twin in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert type(twin) is type(value)
        assert twin == value
        assert hash(twin) == hash(value)
    assert value != object()
