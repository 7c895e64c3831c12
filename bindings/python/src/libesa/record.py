"""What creating or ensuring a record gives."""

from __future__ import annotations

from ._frozen import Frozen
from .enums import Origin


class Record(Frozen):
    """The record that a call created or found. Can't be changed; compares and pickles by its fields."""

    __slots__ = ("attempts", "origin", "record_id", "request_id", "site_id", "status")

    record_id: int | None
    """The record's id; None where the service didn't tell."""
    site_id: int
    """The site's id."""
    origin: Origin
    """Where the record came from."""
    attempts: int
    """How many requests to create the record the call sent."""
    status: str
    """The service's word: "OK"."""
    request_id: str
    """The service's id of the request."""

    def __init__(
        self, *, record_id: int | None, site_id: int, origin: Origin, attempts: int, status: str, request_id: str
    ) -> None:
        """Takes every field."""
        self._set(
            record_id=record_id,
            site_id=site_id,
            origin=origin,
            attempts=attempts,
            status=status,
            request_id=request_id,
        )
