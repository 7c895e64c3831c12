"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from ._bulk import begin
from ._configured import Configured
from ._create import CREATE, ENSURE, NEXT
from ._delete import DELETE
from ._list import LIST
from ._match_site import MATCH_SITE
from ._multi import Multi
from ._operation import Call
from .bulk import AsyncBulk, Ensured
from .cancel import Cancel
from .deletion import Deletion
from .errors import EsaError
from .record import Record
from .related_records import RelatedRecord, RelatedRecordsPage
from .site import Site

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._operation import Limits, Operation, T
    from .action import CallOptions, Reply


class AsyncClient(Configured):
    """Client's calls as coroutines, with the same settings, arguments, results and errors.

    The event loop runs any number of calls at once, without threads. Any number of event loops may use a client, on any
    number of threads, also in a child of fork.

    Cancelling a task cancels its call, which ends at once: when CancelledError is raised, nothing is left running. Its
    `__cause__` is the EsaError that says what the call did. If `__cause__` is None, the call had ended already, and may
    have succeeded.

    A `credentials_provider` and a `log` are called on the event loop's thread, in the context of the
    call's task. The event loop does nothing else until they return.
    """

    def _made(self) -> None:
        self._multis: dict[asyncio.AbstractEventLoop, Multi] = {}

    async def create_routine_related_record(
        self, *, name: str, site_id: int, record_name: str, **limits: Unpack[Limits]
    ) -> Record:
        """See Client.create_routine_related_record()."""
        return await self._call(CREATE, site_id=site_id, name=name, record_name=record_name, **limits)

    async def ensure_routine_related_record(
        self, *, name: str, record_name: str, site_id: int | None = None, **limits: Unpack[Limits]
    ) -> Record:
        """See Client.ensure_routine_related_record()."""
        return await self._call(ENSURE, site_id=site_id, name=name, record_name=record_name, **limits)

    def ensure_routine_related_records(
        self,
        *,
        name: str,
        record_names: Iterable[str],
        site_id: int | None = None,
        timeout: float | None = None,
        record_timeout: float | None = None,
        max_attempts: float | None = None,
    ) -> AsyncBulk:
        """See Client.ensure_routine_related_records(). Use it with `async for`.

            async for ensured in client.ensure_routine_related_records(name="my-routine", record_names=names):
                print(ensured.record_name, ensured.error or ensured.result().origin.name)

        Cancelling a task that waits for the next record cancels all records that are left.
        """
        client, call, cancel = self._open(), Call(NEXT), Cancel()
        call.limit("record_timeout", record_timeout, max_attempts, cancel)
        names, bulk = begin(client, call, site_id, name, record_names, timeout)

        async def ensure(record_name: str) -> Ensured:
            self._open()
            try:
                record = await self._multi().result(Call(NEXT), bulk)
                return Ensured(record_name=record_name, record=record, error=None)
            except EsaError as failed:
                return Ensured(record_name=record_name, record=None, error=failed.with_traceback(None))
            except asyncio.CancelledError:
                cancel.trigger()
                raise

        return AsyncBulk(names, ensure)

    async def delete_routine_related_record(
        self, *, name: str, site_id: int, record_name: str, record_id: int | None = None, **limits: Unpack[Limits]
    ) -> Deletion:
        """See Client.delete_routine_related_record()."""
        return await self._call(
            DELETE, site_id=site_id, name=name, record_name=record_name, record_id=record_id, **limits
        )

    async def list_routine_related_records(
        self,
        *,
        name: str,
        search_key_word: str | None = None,
        page_number: int | None = None,
        page_size: int | None = None,
        **limits: Unpack[Limits],
    ) -> RelatedRecordsPage:
        """See Client.list_routine_related_records()."""
        return await self._call(
            LIST, name=name, search_key_word=search_key_word, page_number=page_number, page_size=page_size, **limits
        )

    async def related_records(
        self, *, name: str, search_key_word: str | None = None, **limits: Unpack[Limits]
    ) -> AsyncIterator[RelatedRecord]:
        """See Client.related_records()."""
        for number in count(1):
            page = await self.list_routine_related_records(
                name=name, search_key_word=search_key_word, page_number=number, **limits
            )
            for record in page.records:
                yield record
            if not page.has_more:
                return

    async def get_match_site(self, *, record_name: str, **limits: Unpack[Limits]) -> Site:
        """See Client.get_match_site()."""
        return await self._call(MATCH_SITE, record_name=record_name, **limits)

    async def call(
        self, action: str, params: Mapping[str, object] | None = None, **options: Unpack[CallOptions]
    ) -> Reply:
        """See Client.call()."""
        from .action import CALL, arguments_of

        return await self._call(CALL, **arguments_of(action=action, params=params, **options))

    async def close(self) -> None:
        """Waits for the calls of this event loop, and closes their connections. Can be called again.

        Calls of other event loops continue, and their connections close when they have ended.
        """
        self._owned = None
        here = self._multis.get(asyncio.get_running_loop())
        self._leave()
        if here is not None:
            await here.end()

    async def __aenter__(self) -> AsyncClient:
        """Returns itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes the client."""
        await self.close()

    def __del__(self) -> None:
        """Closes the connections. No call can run any more."""
        self._leave()

    def _leave(self) -> None:
        for multi in list(vars(self).get("_multis", {}).values()):  # __init__ may have failed
            multi.leave()

    def _call(self, operation: Operation[T], **arguments: object) -> Coroutine[Any, Any, T]:
        return self._multi().result(Call(operation, **arguments), self._open())

    def _multi(self) -> Multi:
        loop = asyncio.get_running_loop()
        if loop not in self._multis:
            for other in list(self._multis):
                if other.is_closed() and (multi := self._multis.pop(other, None)):
                    multi.close()
            self._multis[loop] = Multi(loop, self._open().callbacks)
        return self._multis[loop]
