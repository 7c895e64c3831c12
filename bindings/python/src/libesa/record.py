"""What creating or ensuring a record gives."""

from __future__ import annotations

from ._frozen import Frozen

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any

    from . import enums
else:

    class _Enums:
        """The module, whose import takes 7 ms: a program's first call needn't wait for it."""

        def __getattr__(self, name: str) -> Any:
            from . import enums

            return getattr(enums, name)

    enums = _Enums()


class Record(Frozen):
    """The record that a call created or found. Can't be changed; compares and pickles by its fields."""

    record_id: int | None
    """The record's id; None where the service didn't tell."""
    site_id: int
    """The site's id."""
    origin: enums.Origin
    """Where the record came from."""
    attempts: int
    """How many requests to create the record the call sent."""
    status: str
    """The service's word: "OK"."""
    request_id: str
    """The service's id of the request."""


if not TYPE_CHECKING:
    # The library's number becomes a member of the enumeration when it is asked for.
    Record.origin = property(lambda record: enums.Origin(vars(record)["origin"]))
