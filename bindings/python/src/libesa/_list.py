"""Lists a routine's records."""

from __future__ import annotations

from ctypes import Structure, c_void_p

from ._library import struct
from ._native import read
from ._operation import Operation
from .related_records import RelatedRecord, RelatedRecordsPage

esa_related_record = struct("esa_related_record")


def _read(result: Structure) -> RelatedRecordsPage:
    pointers = (c_void_p * result.count).from_address(result.records) if result.count else ()
    natives = (esa_related_record.from_address(pointer) for pointer in pointers)
    records = tuple(read(RelatedRecord, native) for native in natives)
    return read(RelatedRecordsPage, result, records=records, has_more=bool(result.has_more))


LIST = Operation("esa_list_routine_related_records", _read, "name search_key_word? page_number? page_size?")
