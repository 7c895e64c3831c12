"""Deleting a record."""

from __future__ import annotations

from ctypes import Structure

from ._arguments import INT64, integer, optional
from ._create import filled
from ._native import decoded
from ._operation import Call, Operation
from .deletion import Deletion


def _read(result: Structure) -> Deletion:
    return Deletion(deleted=bool(result.deleted), attempts=result.attempts, request_id=decoded(result.request_id))


DELETE = Operation("esa_delete_routine_related_record", _read)


def deleting(site_id: int, name: str, record_name: str, record_id: int | None) -> Call[Deletion]:
    """A call that deletes a record."""
    call = filled(Call(DELETE), integer("site_id", site_id, INT64), name, record_name)
    call.request.record_id = optional("record_id", record_id, INT64)
    return call
