"""What the library calls back on the thread of a call, besides asking whether it is interrupted.

The user data of the C interface is the function to call. _interrupt says why no Python code is between the two.
"""

from __future__ import annotations

from _thread import _local
from collections.abc import Callable, Generator
from ctypes import CFUNCTYPE, PYFUNCTYPE, c_char_p, c_int32, c_uint, c_uint32, c_void_p, py_object, pythonapi
from functools import partial

from . import _end

Function = Callable[..., object]

_LOCK_FAILED = 3  # ESA_LOCK_FAILED

# `send` is that of the generator that makes the callbacks of this thread's call.
_here = _local()


def _sending(arguments: bytes, *types: type) -> partial[object]:
    """Calls `_here.send` with what Py_BuildValue() makes of the arguments."""
    prototype = PYFUNCTYPE(py_object, py_object, c_char_p, c_char_p, py_object, *types)
    return partial(prototype(("PyObject_CallMethod", pythonapi)), _here, b"send", arguments)


# Each calls the function that is its user data, with the arguments that follow.

# esa_log_fn: the record's address.
log = CFUNCTYPE(None, py_object, c_void_p)(_sending(b"((OO))", py_object))

# esa_credentials_fn: timeout_ms, and the address of the credentials. The function returns why there are none.
ask = CFUNCTYPE(None, py_object, c_uint32, c_void_p)(_sending(b"((OIO))", c_uint, py_object))

# esa_try_acquire_fn: lease_ms, and the address of retry_after_ms. The function returns an esa_lock or an exception.
try_acquire = CFUNCTYPE(c_int32, py_object, c_uint32, c_void_p)(_sending(b"((OIO))", c_uint, py_object))

# esa_release_fn.
release = CFUNCTYPE(None, py_object)(_sending(b"((O))"))


class Callbacks:
    """The functions that the callbacks of a client call. It lives as long as its calls."""

    def __init__(self) -> None:
        """None yet."""
        self._functions: list[Function] = []

    def user_data(self, function: Function) -> int:
        """The user data for a function of the client's."""
        self._functions.append(function)
        return id(function)

    def run(self, raised: list[BaseException], make: Function, function: Function, *arguments: object) -> object:
        """Calls a function of the library's on this thread, and has its callbacks made until it returns.

        `make` is given each function to call, and its arguments. What a signal's handler raises meanwhile, and what
        else gets out of `make`, is added to `raised`.
        """
        outer = getattr(_here, "send", None)  # a callback may make a call of another client
        functions = _functions(raised, make)
        next(functions)
        try:
            _end.enter(raised)
            _here.send = functions.send
            return function(*arguments)
        finally:
            _here.send = outer
            _end.leave(raised)

    def releasing(self, release: Callable[[c_void_p], object]) -> Callable[[c_void_p], object]:
        """`release`, which may call back that a lock is let go, outside of a call."""
        return lambda pointer: self.run([], _make, release, pointer)


def _make(function: Function, *arguments: object) -> object:
    return function(*arguments)


def _functions(raised: list[BaseException], make: Function) -> Generator[int, tuple[Function], None]:
    answer: object = None
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
