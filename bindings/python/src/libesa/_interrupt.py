"""What signal handlers raise while the main thread is in the shared library, such as KeyboardInterrupt.

Python code that the library calls back runs the handlers of pending signals, and ctypes drops what gets out of it. A
handler may run before a function's first line, where no `try` of the function's covers it yet. A generator that waits
at a `yield` inside a `try` has no such gap: the C functions that resume it (`next` and `send`) run no Python code of
their own, and the handler runs where the generator goes on.
"""

from __future__ import annotations

import os
from _thread import get_ident, get_native_id
from ctypes import CFUNCTYPE, c_int32, c_void_p, cast, py_object

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from collections.abc import Iterator

_asks = CFUNCTYPE(c_int32, py_object)(next)  # an esa_interrupt_fn, whose data is an object of the interpreter's

# For `interrupt` of the call options. `interrupt_data` is the id of an asking().
ASKS = cast(_asks, c_void_p).value


def _find_main_thread() -> int | None:
    if get_native_id() == os.getpid():
        return get_ident()
    import threading  # which is there already, most likely, since there is another thread

    return threading.main_thread().ident


def _be_main_thread() -> None:
    global _main_thread
    _main_thread = get_ident()


_main_thread = _find_main_thread()
os.register_at_fork(after_in_child=_be_main_thread)


def handles_signals() -> bool:
    """Whether this is the main thread."""
    return get_ident() == _main_thread


def asking(raised: list[BaseException]) -> Iterator[int]:
    """Adds what signal handlers raise to `raised`, and gives 1 as soon as there is something, else 0."""
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
