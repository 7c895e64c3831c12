"""Cancelling calls from outside."""

from __future__ import annotations

import errno
import os

from ._library import library
from ._native import Handle, Owned


class Cancel(Handle):
    """Cancels the calls that are given it, once and for all. Any number of threads may use it at once.

    It holds a file descriptor until it is closed; a `with` statement closes it.
    """

    def __init__(self) -> None:
        """Raises OSError if the process has no file descriptors left."""
        pointer = library.esa_cancel_new()
        if not pointer:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        self._owned = Owned(library.esa_cancel_free, pointer)

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
