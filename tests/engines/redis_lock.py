"""A lock of Redis."""

from __future__ import annotations

from contextlib import suppress

import redis
from redis.exceptions import ConnectionError, LockError, TimeoutError


class RedisLock:
    """A lock of Redis: try_acquire() and release() for a client's write_lock."""

    def __init__(self, server: redis.Redis) -> None:
        self._server = server
        self._held: redis.lock.Lock | None = None

    def try_acquire(self, lease: float) -> bool | float | None:
        # Another thread may release it than the one that acquired it.
        lock = self._server.lock("esa:account", timeout=lease, thread_local=False)
        try:
            if not lock.acquire(blocking=False):
                return 0.1
        except (ConnectionError, TimeoutError):
            return None
        self._held = lock
        return True

    def release(self) -> None:
        if self._held is not None:
            # If this fails, the lock ends with its lease, or has ended.
            with suppress(ConnectionError, TimeoutError, LockError):
                self._held.release()
