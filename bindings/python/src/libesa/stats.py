"""What a client has done so far."""

from __future__ import annotations

from ._frozen import Frozen


class Stats(Frozen):
    """What a client has done since it was made, by all threads together. Can't be changed; compares by its fields.

    In a child of fork, what its parent had done before is part of it.
    """

    calls: int
    """Calls of the program."""
    attempts: int
    """Requests to the service, read-backs included."""
    retries: int
    """Requests that were made again after one that failed."""
    recoveries: int
    """Records whose answer was lost, and that a read-back showed."""
    busy_waits: int
    """Waits because the service was busy with another call of the account."""
    write_limit_waits: int
    """Waits because another write of the client was under way."""
    connections_opened: int
    """Connections made, those to servers that give credentials included."""
    connections_reused: int
    """Requests that went over a connection that was there already."""
    credentials_refreshed: int
    """How often credentials were got from a provider."""
    lock_waits: int
    """Waits because somebody else had the lock that the client shares with others."""
    lock_grants: int
    """How often the client got that lock."""
    lock_losses: int
    """Writes that the service refused as busy although the client held the lock."""
