"""Keeps what signal handlers raise, such as KeyboardInterrupt, while the main thread is in the shared library.

Python code that the library calls back also runs the handlers of pending signals, and ctypes drops the exceptions of
such code. A handler can run before the first line of a function, where no `try` of the function catches its exception.
A generator that waits at a `yield` inside a `try` has no such gap: the C functions that resume it (`next` and `send`)
run no Python code of their own, so the handler runs inside the `try`.
"""

from __future__ import annotations

import os
from _thread import get_ident, get_native_id
from ctypes import CFUNCTYPE, c_int32, c_void_p, cast, py_object

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from collections.abc import Iterator

_asks = CFUNCTYPE(c_int32, py_object)(next)  # an esa_interrupt_fn whose data is a Python object

# The `interrupt` of the call options. `interrupt_data` is the id of what asking() returns.
ASKS = cast(_asks, c_void_p).value


def _find_main_thread() -> int | None:
    if get_native_id() == os.getpid():
        return get_ident()
    import threading  # most likely imported already, since there is another thread

    return threading.main_thread().ident


def _be_main_thread() -> None:
    global _main_thread
    _main_thread = get_ident()


_main_thread = _find_main_thread()
os.register_at_fork(after_in_child=_be_main_thread)


def handles_signals() -> bool:
    """Returns whether this is the main thread."""
    return get_ident() == _main_thread


def asking(raised: list[BaseException]) -> Iterator[int]:
    """Returns an iterator that adds what signal handlers raise to `raised`, and yields 1 if that has any, else 0."""
    answers = _answers(raised)
    next(answers)
    return answers


def _answers(raised: list[BaseException]) -> Iterator[int]:
    while True:
        try:
            while True:
                yield 1 if raised else 0
        except GeneratorExit:
            return
        except BaseException as error:
            raised.append(error)
