"""Ensures many records, one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from ctypes import addressof, byref, c_int64, sizeof

from ._arguments import milliseconds, optional, text, wrong_type
from ._create import NEXT
from ._library import struct
from ._native import Owned, make
from ._operation import Call
from .record import Record


def begin(
    client: Owned, call: Call[Record], site_id: int | None, name: str, names: Iterable[str], timeout: float | None
) -> tuple[list[str], Owned]:
    """Returns the names, and an esa_bulk for them. Each call of NEXT takes a step, limited by the options of `call`."""
    if isinstance(names, str):
        raise wrong_type("record_names", "an iterable of str", names)
    kind, number, routine, names = NEXT.request, optional("site_id", site_id, c_int64), text("name", name), list(names)
    items = [kind(sizeof(kind), number, routine, text("record_name", each)) for each in names]
    array = (kind * len(items))(*items)
    kind = struct("esa_ensure_routine_related_records_request")
    request = byref(kind(sizeof(kind), addressof(array), len(items), milliseconds("timeout", timeout)))
    bulk = make("esa_bulk", client.pointer, request, byref(call.options))
    if client.callbacks is not None:
        bulk.calls_back(client.callbacks)
    return names, bulk
