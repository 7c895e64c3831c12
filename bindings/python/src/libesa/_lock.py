"""From the program's own lock, which clients share, to the shared library."""

from __future__ import annotations

from ctypes import c_uint32

from ._arguments import milliseconds, wrong_type
from ._log import drop

TYPE_CHECKING = False  # typing's, as everywhere in this package
if TYPE_CHECKING:
    from typing import Any, Callable

# Of esa_lock.
_NOT_YET, _ACQUIRED, _WITHOUT = 0, 1, 2


def trying(try_acquire: Callable[[float], Any]) -> Callable[[int, int], int | Exception]:
    """A function that asks for the lock, and gives what an esa_try_acquire_fn returns, or what kept it from asking."""

    def ask(lease_ms: int, retry_after_ms: int) -> int | Exception:
        try:
            answer = try_acquire(lease_ms / 1000)
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

    return ask


def releasing(release: Callable[[], Any]) -> Callable[[], None]:
    """A function that lets the lock go; what that raises goes to sys.unraisablehook."""

    def let_go() -> None:
        try:
            release()
        except Exception as error:
            drop(error)

    return let_go
