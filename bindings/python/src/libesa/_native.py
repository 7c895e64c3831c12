"""The shared library's objects, and what is done with them besides calls."""

from __future__ import annotations

from ctypes import byref, c_void_p

from ._library import library
from ._operation import failure_in, free_error

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any, Callable

    from ._operation import Failure, Server

    Callback = Any  # a LogFunction or a CredentialsFunction


class Owned:
    """A native object, released when the last reference to this goes.

    Whoever uses it holds a reference meanwhile, so that closing it in one thread leaves the calls of others alone
    without a lock, which a fork or a signal handler could find taken.
    """

    __slots__ = ("_release", "kept", "pointer")

    def __init__(
        self, release: Callable[[c_void_p], None], pointer: int | None = None, kept: tuple[Server, ...] = ()
    ) -> None:
        """`kept` serves the callbacks of the calls that use this."""
        self.pointer = c_void_p(pointer)
        self.kept = kept
        self._release = release

    def __del__(self) -> None:
        """Releases the object."""
        self._release(self.pointer)


class Config(Owned):
    """An esa_config."""

    __slots__ = ()

    def __init__(self) -> None:
        """All defaults."""
        super().__init__(library.esa_config_free, library.esa_config_new())
        if not self.pointer:  # which new_client() would take for all defaults
            raise RuntimeError("esa_config_new() failed, which is a bug in the library")

    def set(self, setting: str, *values: bytes | int | None) -> None:
        """Calls the setter. What it refuses, new_client() tells."""
        getattr(library, f"esa_config_set_{setting}")(self.pointer, *values)

    def set_log(self, level: int, callback: Callback, receiver: Server) -> None:
        """Sends the log to `callback`, on the threads that make calls, while what `receiver` gives is entered."""
        self.kept += (receiver,)
        library.esa_config_set_log(self.pointer, level, callback, None)

    def set_credentials_provider(self, callback: Callback, asker: Server) -> None:
        """Gets credentials from `callback`, on the threads that make calls, while what `asker` gives is entered."""
        self.kept += (asker,)
        library.esa_config_set_credentials_provider(self.pointer, callback, None)


def new_client(config: Config) -> tuple[Owned, Failure | None]:
    """An esa_client, or why there is none."""
    client = Owned(library.esa_client_free, kept=config.kept)
    error = c_void_p()
    try:
        library.esa_client_new(config.pointer, byref(client.pointer), byref(error))
        return client, failure_in(error)
    finally:
        free_error(error)


def credentials_source(client: Owned) -> str:
    """The name of the provider whose credentials are used; "" before the first."""
    name: bytes = library.esa_client_credentials_source(client.pointer)
    return name.decode()


def set_credentials(
    pointer: int, access_key_id: bytes, access_key_secret: bytes, security_token: bytes | None, expires_at: int
) -> None:
    """Answers a CredentialsFunction. What is refused is told by the call."""
    library.esa_credentials_set(pointer, access_key_id, access_key_secret, security_token, expires_at)


def fail_credentials(pointer: int, reason: bytes) -> None:
    """Answers a CredentialsFunction that there are none."""
    library.esa_credentials_fail(pointer, reason)


def new_cancel() -> Owned | None:
    """An esa_cancel; None where the process has no file descriptors left."""
    pointer = library.esa_cancel_new()
    return Owned(library.esa_cancel_free, pointer) if pointer else None


def trigger(cancel: Owned) -> None:
    """Cancels the calls that were given `cancel`."""
    library.esa_cancel_trigger(cancel.pointer)
