"""From the program's own provider of credentials to the shared library."""

from __future__ import annotations

import threading
from ctypes import CFUNCTYPE, PYFUNCTYPE, c_char_p, c_uint, c_uint32, c_void_p, py_object, pythonapi
from functools import partial

from . import _native
from ._arguments import wrong_type
from .credentials import Credentials

TYPE_CHECKING = False  # typing's, as everywhere in this package
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, Callable

    Provide = Callable[[float], Credentials]

CredentialsFunction = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
"""esa_credentials_fn."""

# `send` is that of the generator which asks for this thread's call.
_here = threading.local()

_call_method = PYFUNCTYPE(py_object, py_object, c_char_p, c_char_p, py_object, c_uint, py_object)(
    ("PyObject_CallMethod", pythonapi)
)

callback = CredentialsFunction(partial(_call_method, _here, b"send", b"((OIO))"))
"""For esa_config_set_credentials_provider(): `_here.send((user_data, timeout_ms, pointer))`, as _log does it."""


class Asker:
    """Asks `provide` for the call on this thread, from the start on, as long as it is entered.

    An Exception that it raises is the reason, and is added to `failed`. What a signal's handler raises meanwhile, and
    what else it raises, is added to `raised`.
    """

    __slots__ = ("_asks", "_before")

    def __init__(self, provide: Provide, raised: list[BaseException], failed: list[Exception]) -> None:
        """Gets ready."""
        self._asks = _asks(provide, raised, failed)
        next(self._asks)

    def __enter__(self) -> None:
        """Takes the place of the call in which this one is made, where there is one."""
        self._before = getattr(_here, "send", None)
        _here.send = self._asks.send

    def __exit__(self, *_: object) -> None:
        """Gives it back."""
        _here.send = self._before


def _asks(
    provide: Provide, raised: list[BaseException], failed: list[Exception]
) -> Generator[None, tuple[Any, int, int], None]:
    while True:
        try:
            while True:
                _, timeout_ms, pointer = yield
                try:
                    _give(pointer, provide(timeout_ms / 1000))
                except Exception as error:
                    failed[:] = [error]
                    _native.fail_credentials(pointer, _reason(error))
        except GeneratorExit:
            return
        except BaseException as error:
            raised.append(error)


def _give(pointer: int, given: Credentials) -> None:
    if not isinstance(given, Credentials):
        raise wrong_type("what the credentials provider gives", "a libesa.Credentials", given)
    expires_at = given.expires_at
    _native.set_credentials(
        pointer,
        given.access_key_id.encode(),
        given.access_key_secret.encode(),
        None if given.security_token is None else given.security_token.encode(),
        0 if expires_at is None else max(1, int(expires_at.timestamp())),  # 0 is for ever
    )


def _reason(error: Exception) -> bytes:
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:
        text = ""
    return (f"{kind}: {text}" if text else kind).replace("\0", " ").encode("utf-8", "replace")
