"""A lock of the package filelock."""

from __future__ import annotations

from filelock import FileLock, Timeout


class SharedFileLock:
    """A file: try_acquire() and release() for a client's write_lock."""

    def __init__(self, path: str) -> None:
        # Another thread may release it than the one that acquired it.
        self._lock = FileLock(path, thread_local=False)

    def try_acquire(self, lease: float) -> bool | float:
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return 0.005
        return True

    def release(self) -> None:
        self._lock.release()
