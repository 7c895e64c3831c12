"""What listing a routine's records gives."""

from __future__ import annotations

from ._frozen import Frozen


class RelatedRecord(Frozen):
    """A record that is tied to a routine. Can't be changed; compares and pickles by its fields."""

    __slots__ = ("record_id", "record_name", "site_id", "site_name")

    record_id: int
    """The record's id."""
    site_id: int
    """The site's id."""
    record_name: str
    """The record's name."""
    site_name: str
    """The site's name; may be ""."""

    def __init__(self, *, record_id: int, site_id: int, record_name: str, site_name: str) -> None:
        """Takes every field."""
        self._set(record_id=record_id, site_id=site_id, record_name=record_name, site_name=site_name)


class RelatedRecordsPage(Frozen):
    """A page of a routine's records. Can't be changed; compares and pickles by its fields."""

    __slots__ = ("has_more", "records", "request_id", "total_count")

    records: tuple[RelatedRecord, ...]
    """The page's records."""
    total_count: int
    """How many records there are on all pages."""
    has_more: bool
    """Whether there are records on later pages."""
    request_id: str
    """The service's id of the request."""

    def __init__(
        self, *, records: tuple[RelatedRecord, ...], total_count: int, has_more: bool, request_id: str
    ) -> None:
        """Takes every field."""
        self._set(records=records, total_count=total_count, has_more=has_more, request_id=request_id)
