"""What creating a record gives."""

from __future__ import annotations

from ._frozen import Frozen
from .enums import Origin


class CreatedRecord(Frozen):
    """The record that a call created. Can't be changed; compares and pickles by its fields."""

    __slots__ = ("attempts", "origin", "record_id", "request_id", "status")

    record_id: int | None
    """The record's id; None where the service didn't tell."""
    origin: Origin
    """Where the record came from."""
    attempts: int
    """How many requests the call sent."""
    status: str
    """The service's word: "OK"."""
    request_id: str
    """The service's id of the request."""

    def __init__(self, *, record_id: int | None, origin: Origin, attempts: int, status: str, request_id: str) -> None:
        """Takes every field."""
        self._set(record_id=record_id, origin=origin, attempts=attempts, status=status, request_id=request_id)
