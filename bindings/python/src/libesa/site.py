"""The result of finding a record's site."""

from __future__ import annotations

from ._frozen import Frozen


class Site(Frozen):
    """The site that a record's name belongs to. Can't be changed; compares and pickles by its fields."""

    site_id: int
    """The site's id."""
    site_name: str
    """The site's name, such as "example.com"."""
    request_id: str
    """The service's id of the request."""
