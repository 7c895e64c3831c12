"""A process that binds names while it shares a lock with others.

usage: python_worker.py redis|postgresql|etcd|file PROCESS THREADS RECORDS single|bulk ADDRESS TIMEOUT-S HOLD-MS

Like the other workers it says "ready", begins when its standard input ends, and says of each record that failed its
name, outcome and status. At last it says when it was done, how many records it created, recovered and failed to, what
a call took at most in milliseconds, how often it got the lock, and how often it was refused although it had it.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import etcd3gw
import libesa
import redis
from etcd_lock import EtcdLock
from file_lock import SharedFileLock
from postgresql_lock import PostgresqlLock
from redis_lock import RedisLock

SITE_ID = 54362329990032
ROUTINE = "test-routine1"
ATTEMPT = 2
"""How long one request may take, in seconds; a lease is a second and the hold longer."""


def lock_of(engine: str, address: str) -> RedisLock | PostgresqlLock | EtcdLock | SharedFileLock:
    """The lock of this engine, whose address is what engines.py says."""
    if engine == "redis":
        return RedisLock(redis.Redis(port=int(address), socket_timeout=1, socket_connect_timeout=1))
    if engine == "postgresql":
        return PostgresqlLock(address)
    if engine == "etcd":
        host, port = address.split(":")
        return EtcdLock(etcd3gw.client(host=host, port=int(port), timeout=1))
    return SharedFileLock(address)


def main() -> None:
    engine, process, threads, records, kind, address, timeout, hold = sys.argv[1:]
    lock = lock_of(engine, address)
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
