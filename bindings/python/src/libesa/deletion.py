"""The result of deleting a record."""

from __future__ import annotations

from ._frozen import Frozen


class Deletion(Frozen):
    """The result of a call that deletes a record. Can't be changed; compares and pickles by its fields."""

    deleted: bool
    """Whether this call deleted it; False: it was gone. If an answer was lost, somebody else may have deleted it."""
    attempts: int
    """How many requests to delete the record the call sent."""
    request_id: str
    """The service's id of the request; "" if the record was gone already or the answer was lost."""
