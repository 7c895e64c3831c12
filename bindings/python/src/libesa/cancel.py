"""Cancels calls."""

from __future__ import annotations

from ._library import library
from ._native import Handle, make


class Cancel(Handle):
    """Cancels the calls that it is passed to. Once triggered, it stays so. Any number of threads may use it at once.

    Holds a file descriptor until it is closed. A `with` statement closes it.
    """

    def __init__(self) -> None:
        """Raises DescriptorsError if no file descriptors are left."""
        self._owned = make("esa_cancel")

    def trigger(self) -> None:
        """Cancels every call that it is passed to, now and later. The calls raise CallCancelledError.

        Can be called again. Raises RuntimeError after close().
        """
        library.esa_cancel_trigger(self._open().pointer)

    def close(self) -> None:
        """Closes the file descriptor. Calls that run with it continue, and can't be cancelled any more.

        Can be called again.
        """
        self._owned = None

    def __enter__(self) -> Cancel:
        """Returns itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()
