"""Ensuring many records, a step at a time."""

from __future__ import annotations

from collections.abc import Iterable
from ctypes import addressof, byref, sizeof

from ._arguments import INT64, milliseconds, optional, text, wrong_type
from ._create import NEXT
from ._library import struct
from ._native import Owned, make
from ._operation import Call
from .record import Record


def named(record_names: Iterable[str]) -> list[str]:
    """The names that are asked for."""
    if isinstance(record_names, str):
        raise wrong_type("record_names", "an iterable of str", record_names)
    return list(record_names)


def begin(
    client: Owned, call: Call[Record], site_id: int | None, name: str, record_names: list[str], timeout: float | None
) -> Owned:
    """An esa_bulk of these records, each within the options of `call`, whose steps are calls of NEXT."""
    kind, number, routine = NEXT.request, optional("site_id", site_id, INT64), text("name", name)
    items = [kind(sizeof(kind), number, routine, text("record_name", each)) for each in record_names]
    array = (kind * len(items))(*items)
    kind = struct("esa_ensure_routine_related_records_request")
    request = byref(kind(sizeof(kind), addressof(array), len(items), milliseconds("timeout", timeout)))
    bulk = make("esa_bulk", client.pointer, request, byref(call.options))
    if client.callbacks is not None:
        bulk.calls_back(client.callbacks)
    return bulk
