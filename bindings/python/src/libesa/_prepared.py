"""An asynchronous client's calls, in the parts that run on the event loop's thread and the one that doesn't."""

from __future__ import annotations

import time
from typing import Any

from ._arguments import attempts, milliseconds
from ._native import Owned
from ._operation import Calling, Operation
from .bulk import Bulk, Ensured
from .cancel import Cancel
from .client import Client, given
from .enums import Outcome
from .errors import CallTimeoutError


class PreparedCalls(Client):
    """Client, but that its methods give a PreparedCall, which is still to be made."""

    def __init__(self, client: Owned, timeout: float) -> None:
        """`timeout` is the client's."""
        self._owned = client
        self._timeout = timeout

    def _begin(self, operation: Operation) -> Calling:
        # What signals' handlers raise comes up in the event loop.
        return operation.begin(interruptible=bool(self._open().kept))

    def _call(self, calling: Calling, timeout: float | None, max_attempts: int | None, cancel: Cancel | None) -> Any:
        milliseconds("timeout", timeout)  # refuses what isn't one
        calling.limit(0, attempts(max_attempts), None)  # the rest is known when the call is made
        return PreparedCall(calling, self._open(), time.monotonic() + (self._timeout if timeout is None else timeout))


class PreparedCall:
    """A call whose arguments are the library's already."""

    __slots__ = ("_calling", "_client", "_end")

    def __init__(self, calling: Calling, client: Owned, end: float) -> None:
        """`end` is when it has to end, by time.monotonic()."""
        self._calling: Calling | None = calling
        self._client = client
        self._end = end

    def make(self, cancel: Cancel) -> None:
        """Makes the call, on any thread."""
        calling = self._calling
        assert calling
        calling.options.timeout_ms = milliseconds("timeout", _left_until(self._end))
        opened = cancel._open()  # held here, whoever closes it meanwhile
        calling.options.cancel = opened.pointer
        calling.run(self._client)

    def result(self) -> Any:
        """What it gives or raises, once."""
        calling, self._calling = self._calling, None
        assert calling
        del self._client  # an exception keeps this
        return given(calling.last_answer())

    def __del__(self) -> None:
        """Releases an answer that nobody asked for, because the task is gone."""
        if self._calling:
            self._calling.answer()


class Step:
    """A step of a bulk."""

    __slots__ = ("_bulk", "_ensured")

    def __init__(self, bulk: Bulk) -> None:
        """The next one."""
        self._bulk = bulk
        self._ensured: Ensured | None = None

    def make(self, _: Cancel) -> None:
        """Takes the step, on any thread."""
        self._ensured = next(self._bulk)

    def result(self) -> Ensured | None:
        """What came of it; None before."""
        return self._ensured


def _left_until(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        message = "time ran out while waiting for a free thread"
        advice = "Make fewer calls at once, or allow more time."
        raise CallTimeoutError(message, outcome=Outcome.NOT_SENT, retryable=True, advice=advice)
    return left
