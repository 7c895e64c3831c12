"""Creating a record, and ensuring it."""

from __future__ import annotations

from ctypes import Structure

from ._arguments import INT64, integer, optional, text
from ._native import fields_of
from ._operation import Call, Operation, T
from .record import Record


def read(result: Structure) -> Record:
    """The record that a call returned."""
    fields = fields_of(result, Record.__annotations__)
    return Record(**{**fields, "record_id": result.record_id or None})


CREATE = Operation("esa_create_routine_related_record", read)
ENSURE = Operation("esa_ensure_routine_related_record", read, of="esa_create_routine_related_record")


def creating(site_id: int, name: str, record_name: str) -> Call[Record]:
    """A call that creates a record."""
    return filled(Call(CREATE), integer("site_id", site_id, INT64), name, record_name)


def ensuring(site_id: int | None, name: str, record_name: str) -> Call[Record]:
    """A call that ensures a record."""
    return filled(Call(ENSURE), optional("site_id", site_id, INT64), name, record_name)


def filled(call: Call[T], site_id: int, name: str, record_name: str) -> Call[T]:
    """The call, with its record in the request; a site_id of 0 stands for none."""
    call.request.site_id = site_id
    call.request.name = text("name", name)
    call.request.record_name = text("record_name", record_name)
    return call
