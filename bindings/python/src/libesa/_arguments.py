"""Arguments as the shared library takes them: what C would cut or wrap around is refused here."""

from __future__ import annotations

from ctypes import c_char_p, c_int32, c_int64, c_uint32

from ._abi import NONE, UNLIMITED

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any

    from .errors import InvalidArgumentError

# The integers of a kind: from, to.
INT64 = -(2**63), 2**63 - 1
UINT32 = 0, 2**32 - 1
INT32 = -(2**31), 2**31 - 1
_INTEGERS = {c_int64: INT64, c_uint32: UINT32, c_int32: INT32}

_MOST_SECONDS = (NONE - 1) / 1000
_INFINITY = float("inf")


def text(name: str, value: str) -> bytes:
    """A string as UTF-8."""
    if not isinstance(value, str):
        raise wrong_type(name, "a str", value)
    if "\0" in value:
        raise invalid(name, "has a NUL character")
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise invalid(name, f"has a lone surrogate at index {error.start}") from None


def optional_text(name: str, value: str | None) -> bytes | None:
    """The same; None for None."""
    return None if value is None else text(name, value)


def integer(name: str, value: float, kind: tuple[int, int]) -> int:
    """An integer of that kind."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(name, "an int", value)
    least, most = kind
    if not least <= value <= most:
        raise invalid(name, f"is out of range; it can be {least} to {most}")
    return value


def optional(name: str, value: int | None, kind: tuple[int, int] = UINT32) -> int:
    """The same; 0, which stands for the default, for None."""
    return 0 if value is None else integer(name, value, kind)


def converted(name: str, value: Any, kind: Any) -> Any:
    """The value for a field of this type."""
    return text(name, value) if kind is c_char_p else integer(name, value, _INTEGERS[kind])


def milliseconds(name: str, seconds: float | None, least: int | None = None) -> int:
    """Seconds as milliseconds, rounded up. None is the default, math.inf no limit; `least` is 0 if that is allowed."""
    if seconds is None:
        return 0
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise wrong_type(name, "a number of seconds", seconds)
    if seconds == _INFINITY:
        return UNLIMITED
    if seconds == least:
        return NONE
    if not 0 < seconds <= _MOST_SECONDS:
        more = "more than 0" if least is None else least
        raise invalid(name, f"is out of range; it can be {more}, up to {_MOST_SECONDS} seconds, or math.inf")
    return int(-(-seconds * 1000 // 1))  # math.ceil(), without math


def count(name: str, value: float | None, least: int = 1) -> int:
    """How many, from `least` on. None is the default, math.inf no limit."""
    if value is None:
        return 0
    return UNLIMITED if value == _INFINITY else integer(name, value, (least, NONE - 1)) or NONE


def wrong_type(name: str, wanted: str, value: object) -> TypeError:
    """The error for a value that isn't what is wanted."""
    return TypeError(f"{name} is of type {type(value).__name__}; it must be {wanted}")


def invalid(name: str, reason: str) -> InvalidArgumentError:
    """The error for a value that can't be used."""
    from .errors import InvalidArgumentError

    return InvalidArgumentError(f"{name} {reason}", advice="Correct the argument that the message names.")
