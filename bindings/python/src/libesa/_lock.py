"""Passes the program's own lock to the shared library."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import c_uint32

from ._arguments import milliseconds, wrong_type
from ._log import drop

# Values of esa_lock.
_NOT_YET, _ACQUIRED, _WITHOUT = 0, 1, 2


class Lock:
    """The user data of both callbacks: try_acquire calls it with two arguments, release with none."""

    def __init__(self, try_acquire: Callable[[float], object], release: Callable[[], object]) -> None:
        """Takes the program's functions."""
        self._try_acquire = try_acquire
        self._release = release

    def __call__(self, *arguments: int) -> int | Exception | None:
        """Asks for the lock, or releases it. An exception of the release goes to sys.unraisablehook."""
        if arguments:
            return self._ask(*arguments)
        try:
            self._release()
        except Exception as error:
            drop(error)
        return None

    def _ask(self, lease_ms: int, retry_after_ms: int) -> int | Exception:
        """Returns an esa_lock, or the exception if the program's function raises one or its answer is invalid."""
        try:
            answer = self._try_acquire(lease_ms / 1000)
            if answer is None:
                return _WITHOUT
            if isinstance(answer, bool):
                return _ACQUIRED if answer else _NOT_YET
            if not isinstance(answer, (int, float)):
                raise wrong_type("what try_acquire gives", "a bool, a number of seconds or None", answer)
            c_uint32.from_address(retry_after_ms).value = milliseconds("what try_acquire gives", answer)
            return _NOT_YET
        except Exception as error:
            return error
