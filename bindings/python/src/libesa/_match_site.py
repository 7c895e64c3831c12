"""Finds a record's site."""

from __future__ import annotations

from ctypes import Structure

from ._native import read
from ._operation import Operation
from .site import Site


def _read(result: Structure) -> Site:
    return read(Site, result)


MATCH_SITE = Operation("esa_get_match_site", _read, "record_name")
