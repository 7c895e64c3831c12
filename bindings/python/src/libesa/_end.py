"""Ends the calls of other threads before the interpreter ends.

When the interpreter finalizes, it ends each thread that asks for the GIL (from Python 3.14 on, the thread hangs). A
callback asks for the GIL first. The library's frames below it can't be unwound, so the process would abort. Therefore
calls of other threads that can call back end before that, as if a signal handler called sys.exit(), and no new one
begins. Threads that aren't daemons have ended by then.
"""

from __future__ import annotations

import atexit
import os
import time
from _thread import get_ident

LIMIT = 5.0  # for how many seconds a callback that doesn't return can delay the interpreter's end

# By the id of the list: the thread, and the list. An exception that is added to the list ends the call.
_running: dict[int, tuple[int, list[BaseException]]] = {}
_ending: int | None = None  # the thread that ends the interpreter; it can still make calls


def enter(raised: list[BaseException]) -> None:
    """Registers a call that ends when something is added to `raised`. Raises SystemExit if the interpreter ends."""
    thread = get_ident()
    _running[id(raised)] = thread, raised  # first: then either this thread sees the end, or the end sees this call
    if _ending is not None and _ending != thread:
        raise _exit()


def leave(raised: list[BaseException]) -> None:
    """Removes the call, whether it began or not."""
    _running.pop(id(raised), None)


def _exit() -> SystemExit:
    return SystemExit("Python ends")  # which ends a thread silently


def _others() -> list[list[BaseException]]:
    # A signal handler can have interrupted leave() on this thread.
    return [raised for thread, raised in _running.copy().values() if thread != _ending]


def _end() -> None:
    global _ending
    _ending = get_ident()
    for raised in _others():
        raised.append(_exit())
    limit = time.monotonic() + LIMIT
    while _others() and time.monotonic() < limit:
        time.sleep(0.001)


atexit.register(_end)
os.register_at_fork(after_in_child=_running.clear)
