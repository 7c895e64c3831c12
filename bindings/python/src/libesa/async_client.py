"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from types import TracebackType
from typing import Any

from ._configured import Configured
from ._prepared import PreparedCalls, Step
from ._threads import Job, Threads
from .bulk import AsyncBulk, Ensured
from .cancel import Cancel
from .deletion import Deletion
from .record import Record
from .related_records import RelatedRecord, RelatedRecordsPage
from .site import Site

_MAX_THREADS = 64


class AsyncClient(Configured):
    """Client's calls as coroutines: same arguments, results and errors, and the same settings.

    Each call runs on one of up to 64 threads, which are made as they are wanted; further calls wait for a free one,
    within their time limit. Cancelling a task cancels its call and waits for the call's end, which comes at once: when
    CancelledError is raised, nothing is left running. Its `__cause__` is the EsaError that tells what the call did.
    """

    def _made(self, timeout: float | None) -> None:
        self._threads = Threads(_MAX_THREADS)
        self._prepared = PreparedCalls(self._open(), 30.0 if timeout is None else timeout)

    async def create_routine_related_record(
        self,
        *,
        name: str,
        site_id: int,
        record_name: str,
        timeout: float | None = None,
        max_attempts: int | None = None,
    ) -> Record:
        """See Client.create_routine_related_record()."""
        call = self._client().create_routine_related_record(
            name=name, site_id=site_id, record_name=record_name, timeout=timeout, max_attempts=max_attempts
        )
        record: Record = await self._result(call)
        return record

    async def ensure_routine_related_record(
        self,
        *,
        name: str,
        record_name: str,
        site_id: int | None = None,
        timeout: float | None = None,
        max_attempts: int | None = None,
    ) -> Record:
        """See Client.ensure_routine_related_record()."""
        call = self._client().ensure_routine_related_record(
            name=name, site_id=site_id, record_name=record_name, timeout=timeout, max_attempts=max_attempts
        )
        record: Record = await self._result(call)
        return record

    def ensure_routine_related_records(
        self,
        *,
        name: str,
        record_names: Iterable[str],
        site_id: int | None = None,
        timeout: float | None = None,
        record_timeout: float | None = None,
        max_attempts: int | None = None,
    ) -> AsyncBulk:
        """See Client.ensure_routine_related_records(). To go through with `async for`.

            async for ensured in client.ensure_routine_related_records(name="my-routine", record_names=names):
                print(ensured.record_name, ensured.error or ensured.record.origin.name)

        Cancelling a task that waits for the next record cancels all that are left.
        """
        cancel = Cancel()
        bulk = self._client().ensure_routine_related_records(
            name=name,
            record_names=record_names,
            site_id=site_id,
            timeout=timeout,
            record_timeout=record_timeout,
            max_attempts=max_attempts,
            cancel=cancel,
        )

        async def ensure() -> Ensured:
            self._open()
            ensured: Ensured = await _result(self._threads.submit(Step(bulk)), cancel)
            return ensured

        return AsyncBulk(bulk, ensure)

    async def delete_routine_related_record(
        self,
        *,
        name: str,
        site_id: int,
        record_name: str,
        record_id: int | None = None,
        timeout: float | None = None,
        max_attempts: int | None = None,
    ) -> Deletion:
        """See Client.delete_routine_related_record()."""
        call = self._client().delete_routine_related_record(
            name=name,
            site_id=site_id,
            record_name=record_name,
            record_id=record_id,
            timeout=timeout,
            max_attempts=max_attempts,
        )
        deletion: Deletion = await self._result(call)
        return deletion

    async def list_routine_related_records(
        self,
        *,
        name: str,
        search_key_word: str | None = None,
        page_number: int | None = None,
        page_size: int | None = None,
        timeout: float | None = None,
        max_attempts: int | None = None,
    ) -> RelatedRecordsPage:
        """See Client.list_routine_related_records()."""
        call = self._client().list_routine_related_records(
            name=name,
            search_key_word=search_key_word,
            page_number=page_number,
            page_size=page_size,
            timeout=timeout,
            max_attempts=max_attempts,
        )
        page: RelatedRecordsPage = await self._result(call)
        return page

    async def related_records(
        self,
        *,
        name: str,
        search_key_word: str | None = None,
        timeout: float | None = None,
        max_attempts: int | None = None,
    ) -> AsyncIterator[RelatedRecord]:
        """See Client.related_records()."""
        number = 1
        while True:
            page = await self.list_routine_related_records(
                name=name,
                search_key_word=search_key_word,
                page_number=number,
                timeout=timeout,
                max_attempts=max_attempts,
            )
            for record in page.records:
                yield record
            if not page.has_more:
                return
            number += 1

    async def get_match_site(
        self, *, record_name: str, timeout: float | None = None, max_attempts: int | None = None
    ) -> Site:
        """See Client.get_match_site()."""
        call = self._client().get_match_site(record_name=record_name, timeout=timeout, max_attempts=max_attempts)
        site: Site = await self._result(call)
        return site

    async def close(self) -> None:
        """Waits for the calls that run, and closes the connections. Any number of times."""
        self._owned = None
        await self._threads.close()
        self._prepared.close()

    async def __aenter__(self) -> AsyncClient:
        """Gives itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Closes the client."""
        await self.close()

    def _client(self) -> PreparedCalls:
        self._open()
        return self._prepared

    def _result(self, call: Any) -> Coroutine[Any, Any, Any]:
        return _result(self._threads.submit(call))


async def _result(job: Job, cancel: Cancel | None = None) -> Any:
    """What the call gives or raises. Cancelling the task cancels the call, and what else `cancel` does."""
    cancelled = None
    try:
        try:
            await job.waking
        except asyncio.CancelledError as error:
            cancelled = error
        if cancelled is None:
            return job.result()
        job.give_up()
        if cancel is not None:
            cancel.trigger()
        await job.end_of()
        try:
            job.result()  # not while `cancelled` is handled, which would be the context of its own cause
        except BaseException as error:
            cancelled.__cause__ = error
        raise cancelled
    finally:
        del job, cancelled  # whose errors hold this frame
