"""Finding a record's site."""

from __future__ import annotations

from ._arguments import text
from ._library import struct
from ._native import decoded
from ._operation import Operation
from .site import Site

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any

    from ._operation import Call

Request = struct("esa_get_match_site_request")
Result = struct("esa_get_match_site_result")


def _read(result: Any) -> Site:
    return Site(site_id=result.site_id, site_name=decoded(result.site_name), request_id=decoded(result.request_id))


MATCH_SITE = Operation("esa_get_match_site", Request, Result, _read)


def matching(record_name: str) -> Call:
    """A call that finds a record's site."""
    call = MATCH_SITE.begin()
    request = call.request
    request.record_name = text("record_name", record_name)
    return call
