"""Passes credentials of the program's own provider to the shared library."""

from __future__ import annotations

from collections.abc import Callable

from ._arguments import wrong_type
from ._library import library
from .credentials import Credentials, key_of


def asking(provide: Callable[[float], Credentials]) -> Callable[[int, int], Exception | None]:
    """Returns a function that fills an esa_credentials, or returns the exception if that fails."""

    def ask(timeout_ms: int, pointer: int) -> Exception | None:
        try:
            _give(pointer, provide(timeout_ms / 1000))
            return None
        except Exception as error:
            library.esa_credentials_fail(pointer, _reason(error))
            return error

    return ask


def _give(pointer: int, given: Credentials) -> None:
    if not isinstance(given, Credentials):
        raise wrong_type("what the credentials provider gives", "a libesa.Credentials", given)
    expires = max(1, int(given.expires_at.timestamp())) if given.expires_at else 0  # 0 stands for never
    library.esa_credentials_set(pointer, *key_of(given), expires)


def _reason(error: Exception) -> bytes:
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:
        text = ""
    return (f"{kind}: {text}" if text else kind).replace("\0", " ").encode("utf-8", "replace")
