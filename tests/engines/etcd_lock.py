"""A lock of etcd, by its JSON interface."""

from __future__ import annotations

import math
from contextlib import suppress

import etcd3gw
from etcd3gw.exceptions import Etcd3Exception


class EtcdLock:
    """A lock of etcd: try_acquire() and release() for a client's write_lock."""

    def __init__(self, server: etcd3gw.Etcd3Client) -> None:
        self._server = server
        self._held: etcd3gw.Lock | None = None

    def try_acquire(self, lease: float) -> bool | float | None:
        lock = self._server.lock("esa-account", ttl=math.ceil(lease))
        try:
            # Reading is cheap; trying is a write, and leaves a lease behind.
            if self._server.get(lock.key) or not lock.acquire():
                return 0.1
        except Etcd3Exception:
            return None
        self._held = lock
        return True

    def release(self) -> None:
        if self._held is not None:
            # If this fails, the lock ends with its lease.
            with suppress(Etcd3Exception):
                self._held.release()
