"""What the library calls back on the thread of a call, besides asking whether it is interrupted.

The user data of the C interface is the function to call. _interrupt says why no Python code is between the two.
"""

from __future__ import annotations

from _thread import _local
from ctypes import CFUNCTYPE, PYFUNCTYPE, c_char_p, c_int, c_int32, c_uint, c_uint32, c_void_p, py_object, pythonapi
from functools import partial

from . import _end

TYPE_CHECKING = False  # typing's, as everywhere in this package
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, Callable

LogFunction = CFUNCTYPE(None, py_object, c_int32, c_char_p)
"""esa_log_fn."""

CredentialsFunction = CFUNCTYPE(None, py_object, c_uint32, c_void_p)
"""esa_credentials_fn."""

# `log` and `ask` are those of the call on this thread: `send` of generators.
_here = _local()


def _sent_to(method: bytes, arguments: bytes, *types: Any) -> Any:
    prototype = PYFUNCTYPE(py_object, py_object, c_char_p, c_char_p, py_object, *types)
    return partial(prototype(("PyObject_CallMethod", pythonapi)), _here, method, arguments)


log = LogFunction(_sent_to(b"log", b"((Oiy))", c_int, c_char_p))
"""For esa_config_set_log(), with a function (level, message) as the user data."""

ask = CredentialsFunction(_sent_to(b"ask", b"((OIO))", c_uint, py_object))
"""For esa_config_set_credentials_provider(), with a function (timeout_ms, pointer) that returns why there are none."""


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
        self, raised: list[BaseException], make: Callable[..., None], function: Callable[..., int], *arguments: Any
    ) -> int:
        """Calls a function of the library's on this thread, and has its callbacks made until it returns.

        `make` is given each function to call, and its arguments. What a signal's handler raises meanwhile, and what
        else gets out of `make`, is added to `raised`.
        """
        before = getattr(_here, "log", None), getattr(_here, "ask", None)  # of the call in which this one is made
        log, ask = _functions(raised, make), _functions(raised, make)
        next(log), next(ask)
        try:
            _end.enter(raised)
            _here.log, _here.ask = log.send, ask.send
            return function(*arguments)
        finally:
            _here.log, _here.ask = before
            _end.leave(raised)


def _functions(raised: list[BaseException], make: Callable[..., None]) -> Generator[None, tuple[Any, ...], None]:
    while True:
        try:
            while True:
                make(*(yield))
        except GeneratorExit:
            return
        except BaseException as error:
            raised.append(error)
