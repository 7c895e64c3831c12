"""Finding a record's site."""

from __future__ import annotations

from ctypes import Structure, c_char_p, c_int64, c_size_t

from ._operation import Operation, decoded
from .site import Site

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any


class GetMatchSiteRequestStruct(Structure):
    """esa_get_match_site_request."""

    _fields_ = (("struct_size", c_size_t), ("record_name", c_char_p))


class GetMatchSiteResultStruct(Structure):
    """esa_get_match_site_result."""

    _fields_ = (("site_id", c_int64), ("site_name", c_char_p), ("request_id", c_char_p))


def _read(result: Any) -> Site:
    return Site(
        site_id=result.site_id,
        site_name=decoded(result.site_name),
        request_id=decoded(result.request_id),
    )


MATCH_SITE = Operation(
    "esa_get_match_site",
    GetMatchSiteRequestStruct,
    GetMatchSiteResultStruct,
    _read,
    "esa_get_match_site_result_free",
)
