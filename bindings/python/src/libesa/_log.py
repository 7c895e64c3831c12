"""From the shared library's log to a logging.Logger."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ctypes import CFUNCTYPE, py_object

# By esa_log_level.
_LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG}


def level_of(logger: logging.Logger) -> int:
    """The esa_log_level that has all that the logger wants now; warnings at least."""
    return max(level for level in _LEVELS if level == 2 or logger.isEnabledFor(_LEVELS[level]))


def forward_to(logger: logging.Logger) -> Callable[[int, bytes], None]:
    """A function that logs a line; what gets out of the logger goes to sys.unraisablehook."""

    def forward(level: int, message: bytes) -> None:
        try:
            logger.log(_LEVELS.get(level, logging.DEBUG), "%s", message.decode("utf-8", "replace"))
        except Exception as error:
            drop(error)

    return forward


def _raise(error: Exception) -> None:
    raise error


drop = CFUNCTYPE(None, py_object)(_raise)
"""Has sys.unraisablehook told of an exception, as ctypes does with what a callback raises."""
