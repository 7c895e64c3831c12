"""Passes the shared library's log to a logging.Logger."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ctypes import CFUNCTYPE, py_object

from ._library import struct
from ._native import decoded, fields_of

esa_log_record = struct("esa_log_record")

# The attributes that a logging.LogRecord gets, with `esa_` before the name.
_EXTRA = ("call", "action", "record_name", "attempt", "http_status", "request_id", "elapsed_ms")

# The levels for each esa_log_level.
_LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG}


def level_of(logger: logging.Logger) -> int:
    """Returns the most detailed esa_log_level for which the logger is enabled now; at least warnings."""
    return max(level for level in _LEVELS if level == 2 or logger.isEnabledFor(_LEVELS[level]))


def forward_to(logger: logging.Logger) -> Callable[[int], None]:
    """Returns a function that logs an esa_log_record. An exception of the logger goes to sys.unraisablehook."""

    def forward(pointer: int) -> None:
        try:
            record = esa_log_record.from_address(pointer)
            extra = {f"esa_{name}": value for name, value in fields_of(record, _EXTRA).items()}
            logger.log(_LEVELS.get(record.level, logging.DEBUG), "%s", decoded(record.message), extra=extra)
        except Exception as error:
            drop(error)

    return forward


def _raise(error: Exception) -> None:
    raise error


# Passes an exception to sys.unraisablehook: ctypes does so with each exception of a callback.
drop = CFUNCTYPE(None, py_object)(_raise)
