"""What looking for a record's site gives."""

from __future__ import annotations

from ._frozen import Frozen


class Site(Frozen):
    """The site that a record's name belongs to. Can't be changed; compares and pickles by its fields."""

    __slots__ = ("request_id", "site_id", "site_name")

    site_id: int
    """The site's id."""
    site_name: str
    """The site's name, such as "example.com"."""
    request_id: str
    """The service's id of the request."""

    def __init__(self, *, site_id: int, site_name: str, request_id: str) -> None:
        """Takes every field."""
        self._set(site_id=site_id, site_name=site_name, request_id=request_id)
