"""Listing a routine's records."""

from __future__ import annotations

from ctypes import POINTER, Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64

from ._operation import Operation, decoded
from .related_records import RelatedRecord, RelatedRecordsPage

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any


class ListRequestStruct(Structure):
    """esa_list_routine_related_records_request."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("name", c_char_p),
        ("search_key_word", c_char_p),
        ("page_number", c_uint32),
        ("page_size", c_uint32),
    )


class RelatedRecordStruct(Structure):
    """esa_related_record."""

    _fields_ = (("record_id", c_int64), ("site_id", c_int64), ("record_name", c_char_p), ("site_name", c_char_p))


class ListResultStruct(Structure):
    """esa_list_routine_related_records_result."""

    _fields_ = (
        ("count", c_size_t),
        ("records", POINTER(POINTER(RelatedRecordStruct))),
        ("total_count", c_uint64),
        ("has_more", c_int32),
        ("reserved", c_uint32),
        ("request_id", c_char_p),
    )


def _read(result: Any) -> RelatedRecordsPage:
    return RelatedRecordsPage(
        records=tuple(_read_record(result.records[index].contents) for index in range(result.count)),
        total_count=result.total_count,
        has_more=bool(result.has_more),
        request_id=decoded(result.request_id),
    )


def _read_record(record: Any) -> RelatedRecord:
    return RelatedRecord(
        record_id=record.record_id,
        site_id=record.site_id,
        record_name=decoded(record.record_name),
        site_name=decoded(record.site_name),
    )


LIST = Operation(
    "esa_list_routine_related_records",
    ListRequestStruct,
    ListResultStruct,
    _read,
    "esa_list_routine_related_records_result_free",
)
