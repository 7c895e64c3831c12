"""The result of listing a routine's records."""

from __future__ import annotations

from ._frozen import Frozen


class RelatedRecord(Frozen):
    """A record that is tied to a routine. Can't be changed; compares and pickles by its fields."""

    record_id: int
    """The record's id."""
    site_id: int
    """The site's id."""
    record_name: str
    """The record's name."""
    site_name: str
    """The site's name; can be ""."""


class RelatedRecordsPage(Frozen):
    """A page of a routine's records. Can't be changed; compares and pickles by its fields."""

    records: tuple[RelatedRecord, ...]
    """The page's records."""
    total_count: int
    """How many records there are on all pages."""
    has_more: bool
    """Whether there are records on later pages."""
    request_id: str
    """The service's id of the request."""
