"""Many records that are ensured."""

from __future__ import annotations

from ._frozen import Frozen

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any, Callable

    from .errors import EsaError
    from .record import Record


class Ensured(Frozen):
    """The result for one of many records. Can't be changed; compares and pickles by its fields."""

    record_name: str
    """The record's name, as the program passed it."""
    record: Record | None
    """The record; None if it failed."""
    error: EsaError | None
    """Why it failed; None if it didn't."""

    def result(self) -> Record:
        """Returns the record, or raises the error if it failed."""
        if self.error is not None:
            raise self.error
        assert self.record is not None  # one of the two is None
        return self.record


class _Names:
    """The names that are left, and the function that ensures the next one."""

    def __init__(self, record_names: list[str], ensure: Callable[[str], Any]) -> None:
        """Made by ensure_routine_related_records(). `ensure` returns, or is awaited for, the Ensured of a name."""
        self._left = record_names[::-1]
        self._ensure = ensure

    def __len__(self) -> int:
        """How many records are left."""
        return len(self._left)


class Bulk(_Names):
    """An iterator that ensures a record for each step. Its length is the number of records that are left.

    So `for ensured in tqdm(bulk)` shows a progress bar. One thread at a time may use it.
    """

    def __iter__(self) -> Bulk:
        """Returns itself."""
        return self

    def __next__(self) -> Ensured:
        """Ensures the next record. Raises what a signal handler raises, but no EsaError."""
        if not self._left:
            raise StopIteration
        ensured: Ensured = self._ensure(self._left.pop())
        return ensured


class AsyncBulk(_Names):
    """Bulk for `async for`, with a length too. One task at a time may use it."""

    def __aiter__(self) -> AsyncBulk:
        """Returns itself."""
        return self

    async def __anext__(self) -> Ensured:
        """Ensures the next record. Raises RuntimeError after the client's close(), but no EsaError."""
        if not self._left:
            raise StopAsyncIteration
        ensured: Ensured = await self._ensure(self._left.pop())
        return ensured
