"""Cancelling calls from outside."""

from __future__ import annotations

from ._library import library
from ._native import Handle, make


class Cancel(Handle):
    """Cancels the calls that are given it, once and for all. Any number of threads may use it at once.

    It holds a file descriptor until it is closed; a `with` statement closes it.
    """

    def __init__(self) -> None:
        """Raises DescriptorsError if no file descriptors are left."""
        self._owned = make("esa_cancel")

    def trigger(self) -> None:
        """Cancels every call that was given this, those that run and those to come; they raise CallCancelledError.

        Any number of times; RuntimeError after close().
        """
        library.esa_cancel_trigger(self._open().pointer)

    def close(self) -> None:
        """Gives the file descriptor back. Calls that run with it go on, and can't be cancelled any more.

        Any number of times.
        """
        self._owned = None

    def __enter__(self) -> Cancel:
        """Gives itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()
