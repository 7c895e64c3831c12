"""Deletes a record."""

from __future__ import annotations

from ctypes import Structure

from ._native import decoded
from ._operation import Operation
from .deletion import Deletion


def _read(result: Structure) -> Deletion:
    return Deletion(deleted=bool(result.deleted), attempts=result.attempts, request_id=decoded(result.request_id))


DELETE = Operation("esa_delete_routine_related_record", _read, "site_id name record_name record_id?")
