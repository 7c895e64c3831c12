"""The library's callbacks on the thread of a call, except the one that asks whether the call is interrupted.

The user data of the C interface is the Python function to call. _interrupt explains why no Python code runs in between.
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
    """Returns a function that calls `_here.send`. `arguments` is the format for Py_BuildValue()."""
    prototype = PYFUNCTYPE(py_object, py_object, c_char_p, c_char_p, py_object, *types)
    return partial(prototype(("PyObject_CallMethod", pythonapi)), _here, b"send", arguments)


# Each callback calls the function that is its user data, with the callback's other arguments.

# An esa_log_fn. The function takes the address of the esa_log_record.
log = CFUNCTYPE(None, py_object, c_void_p)(_sending(b"((OO))", py_object))

# An esa_credentials_fn. The function takes timeout_ms and the address of the esa_credentials, and returns an exception
# if there are no credentials.
ask = CFUNCTYPE(None, py_object, c_uint32, c_void_p)(_sending(b"((OIO))", c_uint, py_object))

# An esa_try_acquire_fn. The function takes lease_ms and the address of retry_after_ms, and returns an esa_lock or an
# exception.
try_acquire = CFUNCTYPE(c_int32, py_object, c_uint32, c_void_p)(_sending(b"((OIO))", c_uint, py_object))

# An esa_release_fn. The function takes nothing.
release = CFUNCTYPE(None, py_object)(_sending(b"((O))"))


class Callbacks:
    """Keeps the functions that a client's callbacks call, as long as the client's calls run."""

    def __init__(self) -> None:
        """Starts without functions."""
        self._functions: list[Function] = []

    def user_data(self, function: Function) -> int:
        """Keeps a function, and returns its user data."""
        self._functions.append(function)
        return id(function)

    def run(self, raised: list[BaseException], make: Function, function: Function, *arguments: object) -> object:
        """Calls a function of the library on this thread, and makes its callbacks until it returns.

        `make` gets each function to call, and its arguments. Exceptions of `make`, and of signal handlers that run
        meanwhile, are added to `raised`.
        """
        outer = getattr(_here, "send", None)  # a callback can call another client
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
        """Wraps a function that releases an object outside of a call, and can call back to release the lock."""
        return lambda pointer: self.run([], _make, release, pointer)


def _make(function: Function, *arguments: object) -> object:
    return function(*arguments)


def _functions(raised: list[BaseException], make: Function) -> Generator[int, tuple[Function], None]:
    answer: object = None
    while True:
        try:
            while True:
                # The library ignores the answers of callbacks without a result.
                answer = make(*(yield answer if isinstance(answer, int) else _LOCK_FAILED))
        except GeneratorExit:
            return
        except BaseException as error:
            answer = None
            raised.append(error)
