"""What the library calls back on the thread of a call, besides asking whether it is interrupted.

The user data of the C interface is the function to call. _interrupt says why no Python code is between the two.
"""

from __future__ import annotations

from _thread import _local
from ctypes import CFUNCTYPE, PYFUNCTYPE, c_char_p, c_int32, c_uint, c_uint32, c_void_p, py_object, pythonapi
from functools import partial

from . import _end

TYPE_CHECKING = False  # typing's, as everywhere in this package
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, Callable

LogFunction = CFUNCTYPE(None, py_object, c_void_p)
"""esa_log_fn."""

CredentialsFunction = CFUNCTYPE(None, py_object, c_uint32, c_void_p)
"""esa_credentials_fn."""

TryAcquireFunction = CFUNCTYPE(c_int32, py_object, c_uint32, c_void_p)
"""esa_try_acquire_fn."""

ReleaseFunction = CFUNCTYPE(None, py_object)
"""esa_release_fn."""

_LOCK_FAILED = 3  # ESA_LOCK_FAILED

# `log`, `ask` and `lock` are those of the call on this thread: `send` of generators.
_here = _local()


def _sent_to(method: bytes, arguments: bytes, *types: Any) -> Any:
    prototype = PYFUNCTYPE(py_object, py_object, c_char_p, c_char_p, py_object, *types)
    return partial(prototype(("PyObject_CallMethod", pythonapi)), _here, method, arguments)


log = LogFunction(_sent_to(b"log", b"((OO))", py_object))
"""For esa_config_set_log(), with a function (pointer) as the user data."""

ask = CredentialsFunction(_sent_to(b"ask", b"((OIO))", c_uint, py_object))
"""For esa_config_set_credentials_provider(), with a function (timeout_ms, pointer) that returns why there are none."""


try_acquire = TryAcquireFunction(_sent_to(b"lock", b"((OIO))", c_uint, py_object))
"""For esa_config_set_write_lock(), with the user data of lock_data()."""

release = ReleaseFunction(_sent_to(b"lock", b"((O))"))
"""For the same."""


class Lock:
    """What try_acquire and release call, which share their user data."""

    def __init__(self, ask: Callable[[int, int], int | Exception], let_go: Callable[[], None]) -> None:
        """`ask` gets lease and pointer, and gives an esa_lock or an exception."""
        self._ask = ask
        self._let_go = let_go

    def __call__(self, *arguments: Any) -> int | Exception | None:
        """Asks, where it is given something, else lets the lock go."""
        if arguments:
            return self._ask(*arguments)
        self._let_go()
        return None


class Callbacks:
    """The functions that the callbacks of a client call. It lives as long as its calls."""

    def __init__(self) -> None:
        """None yet."""
        self._functions: list[Callable[..., Any]] = []

    def user_data(self, function: Callable[..., Any]) -> int:
        """The user data for a function of the client's."""
        self._functions.append(function)
        return id(function)

    def run(
        self, raised: list[BaseException], make: Callable[..., Any], function: Callable[..., int], *arguments: Any
    ) -> int:
        """Calls a function of the library's on this thread, and has its callbacks made until it returns.

        `make` is given each function to call, and its arguments. What a signal's handler raises meanwhile, and what
        else gets out of `make`, is added to `raised`.
        """
        # Of the call in which this one is made.
        before = getattr(_here, "log", None), getattr(_here, "ask", None), getattr(_here, "lock", None)
        log, ask, lock = _functions(raised, make), _functions(raised, make), _functions(raised, make)
        next(log), next(ask), next(lock)
        try:
            _end.enter(raised)
            _here.log, _here.ask, _here.lock = log.send, ask.send, lock.send
            return function(*arguments)
        finally:
            _here.log, _here.ask, _here.lock = before
            _end.leave(raised)

    def releasing(self, release: Callable[[c_void_p], Any]) -> Callable[[c_void_p], Any]:
        """`release`, which may call back that a lock is let go, outside of a call."""
        return lambda pointer: self.run([], _make, release, pointer)


def _make(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


def _functions(raised: list[BaseException], make: Callable[..., Any]) -> Generator[int, tuple[Any, ...], None]:
    answer: Any = None
    while True:
        try:
            while True:
                # What isn't asked for an answer gives one that nobody looks at.
                answer = make(*(yield answer if isinstance(answer, int) else _LOCK_FAILED))
        except GeneratorExit:
            return
        except BaseException as error:
            answer = None
            raised.append(error)
