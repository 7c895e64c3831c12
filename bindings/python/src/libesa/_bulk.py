"""Ensuring many records, a step at a time."""

from __future__ import annotations

from ctypes import Structure, addressof, byref, c_void_p, sizeof

from ._arguments import INT64, optional, text
from ._create import CREATE, read
from ._library import library, struct
from ._native import Owned, error_in, free_error
from ._operation import Operation

NEXT = Operation("esa_bulk_next", read, of="esa_create_routine_related_record", asks=False)


def items(site_id: int | None, name: str, record_names: list[str]) -> list[Structure]:
    """What an esa_bulk is made of."""
    kind, number, routine = CREATE.request, optional("site_id", site_id, INT64), text("name", name)
    return [kind(sizeof(kind), number, routine, text("record_name", each)) for each in record_names]


def new_bulk(
    client: Owned, items: list[Structure], timeout_ms: int, options: Structure
) -> tuple[Owned, Exception | None]:
    """An esa_bulk of these records, whose steps are calls of NEXT, or why there is none."""
    bulk = Owned(library.esa_bulk_free, callbacks=client.callbacks)
    array = (CREATE.request * len(items))(*items)
    kind = struct("esa_ensure_routine_related_records_request")
    request = kind(sizeof(kind), addressof(array), len(items), timeout_ms)
    error = c_void_p()
    try:
        library.esa_bulk_new(client.pointer, byref(request), byref(options), byref(bulk.pointer), byref(error))
        return bulk, error_in(error)
    finally:
        free_error(error)
