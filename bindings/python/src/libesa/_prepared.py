"""An asynchronous client's calls, in the parts that run on the event loop's thread and the one that doesn't."""

from __future__ import annotations

import time
from typing import Any

from ._arguments import attempts, milliseconds
from ._native import Owned
from ._operation import Call, given
from .bulk import Bulk, Ensured
from .cancel import Cancel
from .client import Client
from .enums import Outcome
from .errors import CallTimeoutError


class PreparedCalls(Client):
    """Client, but that its methods give a PreparedCall, which is still to be made."""

    def __init__(self, client: Owned, timeout: float) -> None:
        """`timeout` is the client's."""
        self._owned = client
        self._timeout = timeout

    def _call(self, call: Call, timeout: float | None, max_attempts: int | None, cancel: Cancel | None) -> Any:
        milliseconds("timeout", timeout)  # refuses what isn't one
        end = time.monotonic() + (self._timeout if timeout is None else timeout)
        return PreparedCall(call, attempts(max_attempts), self._open(), end)


class PreparedCall:
    """A call whose arguments are the library's already."""

    __slots__ = ("_call", "_client", "_end", "_max_attempts")

    def __init__(self, call: Call, max_attempts: int, client: Owned, end: float) -> None:
        """`end` is when it has to end, by time.monotonic()."""
        self._call: Call | None = call
        self._max_attempts = max_attempts
        self._client = client
        self._end = end

    def make(self, cancel: Cancel) -> None:
        """Makes the call, on any thread."""
        call = self._call
        assert call
        timeout_ms = milliseconds("timeout", _left_until(self._end))
        call.limit(self._client, timeout_ms, self._max_attempts, cancel._open())
        call.run(self._client)

    def result(self) -> Any:
        """What it gives or raises, once."""
        call, self._call = self._call, None
        assert call
        del self._client  # an exception keeps this
        return given(call.last_answer())

    def __del__(self) -> None:
        """Releases an answer that nobody asked for, because the task is gone."""
        if self._call:
            self._call.answer()


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
