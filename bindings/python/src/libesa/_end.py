"""The interpreter's end, while other threads are in calls that call back.

Once the interpreter has begun to end, a thread that asks for its lock is ended on the spot (from Python 3.14 on it
hangs). A callback asks for it first of all, and the library's frames below can't be unwound: the process would abort.
So before that, such calls of other threads are ended, as by sys.exit() in a signal's handler, and none begins any more.
Threads that aren't daemons have ended by then.
"""

from __future__ import annotations

import atexit
import os
import time
from _thread import get_ident

LIMIT = 5.0  # how many seconds a callback that doesn't return may keep the interpreter from ending

# By the id of the list: the thread, and what ends its call when it is added there.
_running: dict[int, tuple[int, list[BaseException]]] = {}
_ending: int | None = None  # the thread that ends the interpreter, and may still make calls


def enter(raised: list[BaseException]) -> None:
    """Before a call that calls back, and ends when something is added to `raised`. Raises SystemExit at the end."""
    thread = get_ident()
    _running[id(raised)] = thread, raised  # first, so that either this sees the end, or the end sees this
    if _ending is not None and _ending != thread:
        raise _exit()


def leave(raised: list[BaseException]) -> None:
    """After it, and where it wasn't begun."""
    _running.pop(id(raised), None)


def _exit() -> SystemExit:
    return SystemExit("Python ends")  # which ends a thread without a word


def _others() -> list[list[BaseException]]:
    # A signal's handler may have kept this thread from leaving.
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
