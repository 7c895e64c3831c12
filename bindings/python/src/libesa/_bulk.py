"""Ensuring many records, a step at a time."""

from __future__ import annotations

from ctypes import addressof, byref, c_void_p, sizeof

from ._arguments import INT64, optional, text
from ._create import RELEASE, Request, Result, read
from ._library import library, struct
from ._native import Owned, failure_in, free_error
from ._operation import Operation

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from ctypes import Structure

    from ._native import Failure
    from ._operation import Answer, Call

BulkRequest = struct("esa_ensure_routine_related_records_request")
NEXT = Operation("esa_bulk_next", None, Result, read, RELEASE)


class NativeBulk(Owned):
    """An esa_bulk, with what its calls need."""

    __slots__ = ("_call", "_cancel")

    def __init__(self, client: Owned, call: Call, cancel: Owned | None) -> None:
        """None yet."""
        super().__init__(library.esa_bulk_free, callbacks=client.callbacks)
        self._call = call
        self._cancel = cancel

    def next(self) -> Answer:
        """Ensures the next record."""
        return self._call.run(self)


def items(site_id: int | None, name: str, record_names: list[str]) -> list[Structure]:
    """What an esa_bulk is made of."""
    number, routine = optional("site_id", site_id, INT64), text("name", name)
    return [Request(sizeof(Request), number, routine, text("record_name", each)) for each in record_names]


def new_bulk(
    client: Owned, items: list[Structure], timeout_ms: int, call: Call, cancel: Owned | None
) -> tuple[NativeBulk, Failure | None]:
    """An esa_bulk of these records, whose steps are `call` of NEXT, limited, or why there is none."""
    bulk = NativeBulk(client, call, cancel)
    array = (Request * len(items))(*items)
    request = BulkRequest(sizeof(BulkRequest), addressof(array), len(items), timeout_ms)
    error = c_void_p()
    try:
        library.esa_bulk_new(client.pointer, byref(request), byref(call.options), byref(bulk.pointer), byref(error))
        return bulk, failure_in(error)
    finally:
        free_error(error)
