"""A client's counters."""

from __future__ import annotations

from ._frozen import Frozen


class Stats(Frozen):
    """What a client has done since it was created, on all threads. Can't be changed; compares by its fields.

    In a child of fork, the counters include what the parent did before the fork.
    """

    calls: int
    """Calls of the program."""
    attempts: int
    """Requests to the service, read-backs included."""
    retries: int
    """Requests that repeat a failed one."""
    recoveries: int
    """Records whose answer was lost and that a read-back found."""
    busy_waits: int
    """Waits because the service was busy with another call of the account."""
    write_limit_waits: int
    """Waits because another write of the client ran."""
    connections_opened: int
    """Connections opened, including those to servers that issue credentials."""
    connections_reused: int
    """Requests on a connection that was open already."""
    credentials_refreshed: int
    """How often the client got credentials from a provider."""
    lock_waits: int
    """Waits because somebody else held the lock that the client shares."""
    lock_grants: int
    """How often the client acquired that lock."""
    lock_losses: int
    """Writes that the service refused as busy although the client held the lock."""
