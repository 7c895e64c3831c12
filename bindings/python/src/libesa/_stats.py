"""What a client counts, as the library tells it."""

from __future__ import annotations

from ctypes import byref, sizeof

from ._library import library, struct
from .stats import Stats

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from ._native import Owned


esa_stats = struct("esa_stats")


def stats_of(client: Owned) -> Stats:
    """What the client has done so far."""
    stats = esa_stats(sizeof(esa_stats))
    library.esa_client_stats(client.pointer, byref(stats))
    return Stats(**{name: getattr(stats, name) for name, _ in esa_stats._fields_[1:]})
