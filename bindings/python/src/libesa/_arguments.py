"""Converts arguments for the shared library. Refuses what C would cut off or wrap around."""

from __future__ import annotations

from ctypes import c_char_p, c_int32, c_int64, c_uint32

from ._abi import NONE, UNLIMITED

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any

    from .errors import InvalidArgumentError

# The least and the most of each type.
_RANGES = {c_int64: (-(2**63), 2**63 - 1), c_uint32: (0, 2**32 - 1), c_int32: (-(2**31), 2**31 - 1)}

_MOST_SECONDS = (NONE - 1) / 1000
_INFINITY = float("inf")


def text(name: str, value: str) -> bytes:
    """Encodes a string as UTF-8."""
    if not isinstance(value, str):
        raise wrong_type(name, "a str", value)
    if "\0" in value:
        raise invalid(name, "has a NUL character")
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise invalid(name, f"has a lone surrogate at index {error.start}") from None


def optional_text(name: str, value: str | None) -> bytes | None:
    """The same. None gives None."""
    return None if value is None else text(name, value)


def integer(name: str, value: float, least: int, most: int) -> int:
    """Checks an integer's type and range."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(name, "an int", value)
    if not least <= value <= most:
        raise invalid(name, f"is out of range; it can be {least} to {most}")
    return value


def converted(name: str, value: Any, kind: Any) -> Any:
    """Converts a value for a field of this type."""
    return text(name, value) if kind is c_char_p else integer(name, value, *_RANGES[kind])


def optional(name: str, value: int | None, kind: Any = c_int32) -> Any:
    """The same for an integer. None gives 0, which stands for the default."""
    return 0 if value is None else converted(name, value, kind)


def milliseconds(name: str, seconds: float | None, least: int | None = None) -> int:
    """Converts seconds to milliseconds, rounded up. None: the default; math.inf: no limit. `least`: 0 to allow 0."""
    if seconds is None:
        return 0
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise wrong_type(name, "a number of seconds", seconds)
    if 0 < seconds <= _MOST_SECONDS:
        return int(-(-seconds * 1000 // 1))  # math.ceil(), without math
    if seconds == _INFINITY:
        return UNLIMITED
    if seconds == least:
        return NONE
    more = "more than 0" if least is None else least
    raise invalid(name, f"is out of range; it can be {more}, up to {_MOST_SECONDS} seconds, or math.inf")


def count(name: str, value: float | None, least: int = 1) -> int:
    """Converts a number of things, `least` or more. None: the default; math.inf: no limit."""
    if value is None:
        return 0
    return UNLIMITED if value == _INFINITY else integer(name, value, least, NONE - 1) or NONE


def wrong_type(name: str, wanted: str, value: object) -> TypeError:
    """Returns the error for a value of another type."""
    return TypeError(f"{name} is of type {type(value).__name__}; it must be {wanted}")


def invalid(name: str, reason: str) -> InvalidArgumentError:
    """Returns the error for an invalid value."""
    from .errors import InvalidArgumentError

    return InvalidArgumentError(f"{name} {reason}", advice="Correct the argument that the message names.")
