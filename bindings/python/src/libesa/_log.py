"""From the shared library's log to a logging.Logger."""

from __future__ import annotations

import logging
import threading
from ctypes import CFUNCTYPE, PYFUNCTYPE, c_char_p, c_int, c_int32, c_void_p, py_object, pythonapi
from functools import partial

from .enums import LogLevel

TYPE_CHECKING = False  # typing's, as everywhere in this package
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, Callable

    Receive = Callable[[int, bytes], None]

_LEVELS = {
    LogLevel.ERROR: logging.ERROR,
    LogLevel.WARN: logging.WARNING,
    LogLevel.INFO: logging.INFO,
    LogLevel.DEBUG: logging.DEBUG,
}

LogFunction = CFUNCTYPE(None, c_void_p, c_int32, c_char_p)
"""esa_log_fn."""

# `send` is that of the generator which receives the lines of this thread's call.
_here = threading.local()

_call_method = PYFUNCTYPE(py_object, py_object, c_char_p, c_char_p, py_object, c_int, c_char_p)(
    ("PyObject_CallMethod", pythonapi)
)

callback = LogFunction(partial(_call_method, _here, b"send", b"((Oiy))"))
"""For esa_config_set_log(): `_here.send((user_data, level, message))`, without Python code; _interrupt says why."""


class Receiver:
    """Hands the lines of a call on this thread to `receive`, from the start on, as long as it is entered.

    What a signal's handler raises meanwhile is added to `raised`.
    """

    __slots__ = ("_before", "_lines")

    def __init__(self, receive: Receive, raised: list[BaseException]) -> None:
        """Gets ready."""
        self._lines = _lines(receive, raised)
        next(self._lines)

    def __enter__(self) -> None:
        """Takes the place of the call in which this one is made, where there is one."""
        self._before = getattr(_here, "send", None)
        _here.send = self._lines.send

    def __exit__(self, *_: object) -> None:
        """Gives it back."""
        _here.send = self._before


def _lines(receive: Receive, raised: list[BaseException]) -> Generator[None, tuple[Any, int, bytes], None]:
    while True:
        receiving = False
        try:
            while True:
                receiving = False
                _, level, message = yield
                receiving = True
                receive(level, message)
        except GeneratorExit:
            return
        except BaseException as error:
            if receiving and isinstance(error, Exception):
                _drop(error)
            else:
                raised.append(error)


def _raise(error: Exception) -> None:
    raise error


# Gives it to sys.unraisablehook, as ctypes does with what a callback raises.
_drop = CFUNCTYPE(None, py_object)(_raise)


def level_of(logger: logging.Logger) -> LogLevel:
    """The most that the logger wants now; warnings at least."""
    for level in (LogLevel.DEBUG, LogLevel.INFO):
        if logger.isEnabledFor(_LEVELS[level]):
            return level
    return LogLevel.WARN


def forward(logger: logging.Logger, level: int, message: bytes) -> None:
    """Logs one line."""
    logger.log(_LEVELS.get(LogLevel(level), logging.DEBUG), "%s", message.decode("utf-8", "replace"))
