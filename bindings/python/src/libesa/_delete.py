"""Deleting a record."""

from __future__ import annotations

from ctypes import Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint32

from ._operation import Operation, decoded
from .deletion import Deletion

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any


class DeleteRequestStruct(Structure):
    """esa_delete_routine_related_record_request."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("site_id", c_int64),
        ("name", c_char_p),
        ("record_name", c_char_p),
        ("record_id", c_int64),
    )


class DeleteResultStruct(Structure):
    """esa_delete_routine_related_record_result."""

    _fields_ = (("deleted", c_int32), ("attempts", c_uint32), ("request_id", c_char_p))


def _read(result: Any) -> Deletion:
    return Deletion(
        deleted=bool(result.deleted),
        attempts=result.attempts,
        request_id=decoded(result.request_id),
    )


DELETE = Operation(
    "esa_delete_routine_related_record",
    DeleteRequestStruct,
    DeleteResultStruct,
    _read,
    "esa_delete_routine_related_record_result_free",
)
