"""Creates and ensures a record."""

from __future__ import annotations

from ctypes import Structure

from ._native import read
from ._operation import Operation
from .record import Record


def _read(result: Structure) -> Record:
    return read(Record, result, record_id=result.record_id or None)


CREATE = Operation("esa_create_routine_related_record", _read, "site_id name record_name")
ENSURE = Operation("esa_ensure_routine_related_record", _read, "site_id? name record_name", of=CREATE.of)
NEXT = Operation("esa_bulk_next", _read, of=CREATE.of)
