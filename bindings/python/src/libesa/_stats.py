"""What a client counts, as the library tells it."""

from __future__ import annotations

from ctypes import Structure, byref, c_size_t, c_uint64, sizeof

from ._library import library
from .stats import Stats

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from ._native import Owned


class StatsStruct(Structure):
    """esa_stats."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("calls", c_uint64),
        ("attempts", c_uint64),
        ("retries", c_uint64),
        ("recoveries", c_uint64),
        ("busy_waits", c_uint64),
        ("gate_waits", c_uint64),
        ("connections_opened", c_uint64),
        ("connections_reused", c_uint64),
        ("credentials_refreshed", c_uint64),
    )


def stats_of(client: Owned) -> Stats:
    """What the client has done so far."""
    struct = StatsStruct(sizeof(StatsStruct))
    library.esa_client_stats(client.pointer, byref(struct))
    return Stats(**{name: getattr(struct, name) for name, _ in StatsStruct._fields_ if name != "struct_size"})
