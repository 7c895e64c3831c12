"""Deletes a record."""

from __future__ import annotations

from ctypes import Structure

from ._native import read
from ._operation import Operation
from .deletion import Deletion


def _read(result: Structure) -> Deletion:
    return read(Deletion, result, deleted=bool(result.deleted))


DELETE = Operation("esa_delete_routine_related_record", _read, "site_id name record_name record_id?")
