"""Listing a routine's records."""

from __future__ import annotations

from ctypes import Structure, c_void_p

from ._arguments import optional, optional_text, text
from ._library import struct
from ._native import fields_of
from ._operation import Call, Operation
from .related_records import RelatedRecord, RelatedRecordsPage

esa_related_record = struct("esa_related_record")


def _read(result: Structure) -> RelatedRecordsPage:
    pointers = (c_void_p * result.count).from_address(result.records) if result.count else ()
    records = (fields_of(esa_related_record.from_address(each), RelatedRecord.__annotations__) for each in pointers)
    fields = fields_of(result, ("total_count", "request_id"))
    return RelatedRecordsPage(
        records=tuple(RelatedRecord(**each) for each in records), has_more=bool(result.has_more), **fields
    )


LIST = Operation("esa_list_routine_related_records", _read)


def listing(
    name: str, search_key_word: str | None, page_number: int | None, page_size: int | None
) -> Call[RelatedRecordsPage]:
    """A call that lists a page of records."""
    call = Call(LIST)
    request = call.request
    request.name = text("name", name)
    request.search_key_word = optional_text("search_key_word", search_key_word)
    request.page_number = optional("page_number", page_number)
    request.page_size = optional("page_size", page_size)
    return call
