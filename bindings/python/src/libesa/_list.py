"""Listing a routine's records."""

from __future__ import annotations

from ctypes import Structure, c_void_p

from ._arguments import UINT32, optional, text
from ._library import struct
from ._native import decoded, fields_of
from ._operation import Call, Operation
from .related_records import RelatedRecord, RelatedRecordsPage

esa_related_record = struct("esa_related_record")


def _read(result: Structure) -> RelatedRecordsPage:
    pointers = (c_void_p * result.count).from_address(result.records) if result.count else ()
    return RelatedRecordsPage(
        records=tuple(_read_record(esa_related_record.from_address(pointer)) for pointer in pointers),
        total_count=result.total_count,
        has_more=bool(result.has_more),
        request_id=decoded(result.request_id),
    )


def _read_record(record: Structure) -> RelatedRecord:
    return RelatedRecord(**fields_of(record, RelatedRecord.__annotations__))


LIST = Operation("esa_list_routine_related_records", _read)


def listing(name: str, search_key_word: str | None, page_number: int | None, page_size: int | None) -> Call:
    """A call that lists a page of records."""
    call = Call(LIST)
    request = call.request
    request.name = text("name", name)
    request.search_key_word = None if search_key_word is None else text("search_key_word", search_key_word)
    request.page_number = optional("page_number", page_number, UINT32)
    request.page_size = optional("page_size", page_size, UINT32)
    return call
