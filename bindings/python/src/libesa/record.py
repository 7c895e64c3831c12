"""The result of creating or ensuring a record."""

from __future__ import annotations

from ._frozen import Frozen

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from .enums import Origin


class Record(Frozen):
    """The record that a call created or found. Can't be changed; compares and pickles by its fields."""

    record_id: int | None
    """The record's id; None if the service didn't return it."""
    site_id: int
    """The site's id."""
    origin: Origin
    """Where the record came from."""
    attempts: int
    """How many requests to create the record the call sent."""
    status: str
    """The status in the service's reply: "OK"."""
    request_id: str
    """The service's id of the request."""


def _origin(record: object) -> Origin:
    # The number becomes an Origin when it is read: importing the enumerations adds 2 ms to the 14 until a program's
    # first record.
    from .enums import Origin

    return Origin(vars(record)["origin"])


if not TYPE_CHECKING:
    Record.origin = property(_origin)
