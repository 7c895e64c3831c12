"""A process that binds names while it shares a lock of Redis with others.

usage: redis_worker.py PROCESS THREADS RECORDS single|bulk REDIS-PORT TIMEOUT-S HOLD-MS

Like the other workers it says "ready", begins when its standard input ends, and says of each record that failed its
name, outcome and status. At last it says when it was done, how many records it created, recovered and failed to, what
a call took at most in milliseconds, how often it got the lock, and how often it was refused although it had it.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import libesa
import redis
from redis.exceptions import ConnectionError, LockError, TimeoutError

SITE_ID = 54362329990032
ROUTINE = "test-routine1"
ATTEMPT = 2
"""How long one request may take, in seconds; a lease is a second and the hold longer."""


class RedisLock:
    """A lock of Redis: try_acquire() and release() for a client's write_lock."""

    def __init__(self, server: redis.Redis) -> None:
        self._server = server
        self._held: redis.lock.Lock | None = None

    def try_acquire(self, lease: float) -> bool | float | None:
        # It is let go on another thread than it is acquired on.
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
            # Where it can't, it ends with its lease, or has ended.
            with suppress(ConnectionError, TimeoutError, LockError):
                self._held.release()


def main() -> None:
    process, threads, records, kind, port, timeout, hold = sys.argv[1:]
    server = redis.Redis(port=int(port), socket_timeout=1, socket_connect_timeout=1)
    lock = RedisLock(server)
    client = libesa.Client(
        write_lock=(lock.try_acquire, lock.release),
        write_lock_hold=int(hold) / 1000,
        attempt_timeout=ATTEMPT,
        timeout=float(timeout),
    )
    counts = {libesa.Origin.CREATED: 0, libesa.Origin.RECOVERED: 0, None: 0}
    took = [0.0]

    def ended(name: str, began: float, record: libesa.Record | None, error: libesa.EsaError | None) -> None:
        took.append(time.monotonic() - began)
        # In bulk, what was lost and read back is one that exists.
        origin = None if record is None else record.origin
        counts[libesa.Origin.RECOVERED if origin == libesa.Origin.EXISTING else origin] += 1
        if error is not None:
            print(f"failed {name} {int(error.outcome)} {error.status.name}", flush=True)

    def bind(thread: int) -> None:
        names = [f"p{process}-t{thread}-r{record}.example.com" for record in range(int(records))]
        if kind == "bulk":
            began = time.monotonic()
            for each in client.ensure_routine_related_records(name=ROUTINE, site_id=SITE_ID, record_names=names):
                ended(each.record_name, began, each.record, each.error)
                began = time.monotonic()
            return
        for name in names:
            began = time.monotonic()
            try:
                made = client.create_routine_related_record(name=ROUTINE, site_id=SITE_ID, record_name=name)
                ended(name, began, made, None)
            except libesa.EsaError as error:
                ended(name, began, None, error)

    print("ready", flush=True)
    sys.stdin.read()
    with ThreadPoolExecutor(int(threads)) as pool:
        list(pool.map(bind, range(int(threads))))
    stats = client.stats()
    print(
        f"{time.monotonic():.6f} {counts[libesa.Origin.CREATED]} {counts[libesa.Origin.RECOVERED]} {counts[None]}"
        f" {1000 * max(took):.0f} {stats.lock_grants} {stats.lock_losses}"
    )


if __name__ == "__main__":
    main()
