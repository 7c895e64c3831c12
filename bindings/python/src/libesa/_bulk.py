"""Ensuring many records, a step at a time."""

from __future__ import annotations

from ctypes import POINTER, Structure, byref, c_size_t, c_uint32, c_void_p, sizeof

from ._create import RELEASE, CreateRequestStruct, CreateResultStruct, read_record
from ._library import library
from ._native import Owned
from ._operation import Operation, failure_in, free_error

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from ._operation import Answer, Calling, Failure


class BulkRequestStruct(Structure):
    """esa_ensure_routine_related_records_request."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("items", POINTER(CreateRequestStruct)),
        ("count", c_size_t),
        ("timeout_ms", c_uint32),
        ("reserved", c_uint32),
        ("progress", c_void_p),
        ("progress_data", c_void_p),
    )


NEXT = Operation("esa_bulk_next", None, CreateResultStruct, read_record, RELEASE)


class NativeBulk(Owned):
    """An esa_bulk, with what its calls need."""

    __slots__ = ("_calling", "_cancel")

    def __init__(self, client: Owned, calling: Calling, cancel: Owned | None) -> None:
        """None yet."""
        super().__init__(library.esa_bulk_free, kept=client.kept)
        self._calling = calling
        self._cancel = cancel

    def next(self) -> Answer:
        """Ensures the next record."""
        self._calling.run(self)
        return self._calling.answer()


def new_bulk(
    client: Owned,
    items: list[CreateRequestStruct],
    calling: Calling,
    *,
    total_timeout_ms: int,
    timeout_ms: int,
    max_attempts: int,
    cancel: Owned | None,
) -> tuple[NativeBulk, Failure | None]:
    """An esa_bulk of these records, whose steps `calling` of NEXT makes, or why there is none."""
    for item in items:
        item.struct_size = sizeof(item)
    calling.limit(timeout_ms, max_attempts, cancel)
    bulk = NativeBulk(client, calling, cancel)
    array = (CreateRequestStruct * len(items))(*items)
    request = BulkRequestStruct(sizeof(BulkRequestStruct), array, len(items), total_timeout_ms)
    error = c_void_p()
    try:
        library.esa_bulk_new(client.pointer, byref(request), byref(calling.options), byref(bulk.pointer), byref(error))
        return bulk, failure_in(error)
    finally:
        free_error(error)
