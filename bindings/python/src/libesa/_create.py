"""Creates and ensures a record."""

from __future__ import annotations

from ctypes import Structure

from ._native import fields_of
from ._operation import Operation
from .record import Record


def read(result: Structure) -> Record:
    """Reads the record that a call returned."""
    fields = fields_of(result, Record.__annotations__)
    return Record(**{**fields, "record_id": result.record_id or None})


CREATE = Operation("esa_create_routine_related_record", read, "site_id name record_name")
ENSURE = Operation("esa_ensure_routine_related_record", read, "site_id? name record_name", of=CREATE.of)
NEXT = Operation("esa_bulk_next", read, of=CREATE.of)
