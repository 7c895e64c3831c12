"""Finding a record's site."""

from __future__ import annotations

from ctypes import Structure

from ._arguments import text
from ._native import fields_of
from ._operation import Call, Operation
from .site import Site


def _read(result: Structure) -> Site:
    return Site(**fields_of(result, Site.__annotations__))


MATCH_SITE = Operation("esa_get_match_site", _read)


def matching(record_name: str) -> Call[Site]:
    """A call that finds a record's site."""
    call = Call(MATCH_SITE)
    call.request.record_name = text("record_name", record_name)
    return call
