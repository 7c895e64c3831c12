"""An advisory lock of PostgreSQL."""

from __future__ import annotations

from contextlib import suppress

import psycopg


class PostgresqlLock:
    """An advisory lock of PostgreSQL: try_acquire() and release() for a client's write_lock."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session: psycopg.Connection | None = None

    def try_acquire(self, lease: float) -> bool | float | None:
        # The server may have ended the session since: then a new one is asked.
        for _ in range(2):
            with suppress(psycopg.OperationalError):
                return self._ask(lease) or 0.1
            self._session = None
        return None

    def _ask(self, lease: float) -> bool:
        if self._session is None:
            self._session = psycopg.connect(self._address, autocommit=True)
            # The server ends a session that is idle for longer, and the lock with it.
            self._session.execute(f"SET idle_session_timeout = {1000 * lease:.0f}")
        return self._session.execute("SELECT pg_try_advisory_lock(4711)").fetchone() == (True,)

    def release(self) -> None:
        if self._session is not None:
            with suppress(psycopg.OperationalError):
                self._session.execute("SELECT pg_advisory_unlock(4711)")
