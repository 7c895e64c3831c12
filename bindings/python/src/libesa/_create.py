"""Creating a record, and ensuring it."""

from __future__ import annotations

from ctypes import Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint32

from ._operation import Operation
from .record import record_of

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any

    from .record import Record


class CreateRequestStruct(Structure):
    """esa_create_routine_related_record_request."""

    _fields_ = (("struct_size", c_size_t), ("site_id", c_int64), ("name", c_char_p), ("record_name", c_char_p))


class CreateResultStruct(Structure):
    """esa_create_routine_related_record_result."""

    _fields_ = (
        ("record_id", c_int64),
        ("origin", c_int32),
        ("attempts", c_uint32),
        ("status", c_char_p),
        ("request_id", c_char_p),
        ("site_id", c_int64),
    )


def read_record(result: Any) -> Record:
    """The record that the library tells of."""
    return record_of(
        result.record_id or None,
        result.site_id,
        result.origin,
        result.attempts,
        result.status.decode("utf-8", "replace"),
        result.request_id.decode("utf-8", "replace"),
    )


RELEASE = "esa_create_routine_related_record_result_free"

CREATE = Operation("esa_create_routine_related_record", CreateRequestStruct, CreateResultStruct, read_record, RELEASE)
ENSURE = Operation("esa_ensure_routine_related_record", CreateRequestStruct, CreateResultStruct, read_record, RELEASE)
