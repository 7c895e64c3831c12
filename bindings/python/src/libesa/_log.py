"""From the shared library's log to a logging.Logger."""

from __future__ import annotations

import logging

from .enums import LogLevel

_LEVELS = {
    LogLevel.ERROR: logging.ERROR,
    LogLevel.WARN: logging.WARNING,
    LogLevel.INFO: logging.INFO,
    LogLevel.DEBUG: logging.DEBUG,
}


def level_of(logger: logging.Logger) -> LogLevel:
    """The most that the logger wants now; warnings at least."""
    for level in (LogLevel.DEBUG, LogLevel.INFO):
        if logger.isEnabledFor(_LEVELS[level]):
            return level
    return LogLevel.WARN


def forward(logger: logging.Logger, level: int, message: bytes) -> None:
    """Logs one line."""
    logger.log(_LEVELS.get(LogLevel(level), logging.DEBUG), "%s", message.decode("utf-8", "replace"))
