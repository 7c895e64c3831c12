"""The client for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from functools import partial
from types import TracebackType
from typing import Any, Callable

from ._arguments import milliseconds
from ._configured import Configured
from ._threads import Job, Threads
from .bulk import AsyncBulk, Ensured
from .cancel import Cancel
from .client import Client
from .deletion import Deletion
from .enums import Outcome
from .errors import CallTimeoutError
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
        self._timeout = 30.0 if timeout is None else timeout
        self._threads = Threads(_MAX_THREADS)
        self._blocking = Client.__new__(Client)
        self._blocking._owned = self._owned

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
        call = partial(
            self._client().create_routine_related_record, name=name, site_id=site_id, record_name=record_name
        )
        record: Record = await _result(self._submit(call, timeout, max_attempts))
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
        call = partial(
            self._client().ensure_routine_related_record, name=name, site_id=site_id, record_name=record_name
        )
        record: Record = await _result(self._submit(call, timeout, max_attempts))
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
            ensured: Ensured = await _result(self._threads.submit(lambda _: next(bulk)), cancel)
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
        call = partial(
            self._client().delete_routine_related_record,
            name=name,
            site_id=site_id,
            record_name=record_name,
            record_id=record_id,
        )
        deletion: Deletion = await _result(self._submit(call, timeout, max_attempts))
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
        call = partial(
            self._client().list_routine_related_records,
            name=name,
            search_key_word=search_key_word,
            page_number=page_number,
            page_size=page_size,
        )
        page: RelatedRecordsPage = await _result(self._submit(call, timeout, max_attempts))
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
        site: Site = await _result(
            self._submit(partial(self._client().get_match_site, record_name=record_name), timeout, max_attempts)
        )
        return site

    async def close(self) -> None:
        """Waits for the calls that run, and closes the connections. Any number of times."""
        self._owned = None
        await self._threads.close()
        self._blocking.close()

    async def __aenter__(self) -> AsyncClient:
        """Gives itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Closes the client."""
        await self.close()

    def _client(self) -> Client:
        self._open()
        return self._blocking

    def _submit(self, call: Callable[..., Any], timeout: float | None, max_attempts: int | None) -> Job:
        milliseconds("timeout", timeout)
        end = time.monotonic() + (self._timeout if timeout is None else timeout)
        return self._threads.submit(
            lambda cancel: call(timeout=_left_until(end), max_attempts=max_attempts, cancel=cancel)
        )


async def _result(job: Job, cancel: Cancel | None = None) -> Any:
    """What the call gives or raises. Cancelling the task cancels the call, and what else `cancel` does."""
    try:
        try:
            await job.waking
        except asyncio.CancelledError as cancelled:
            job.give_up()
            if cancel is not None:
                cancel.trigger()
            await job.end_of()
            cancelled.__cause__ = job.error
            raise
        if job.error is not None:
            raise job.error
        return job.result
    finally:
        del job  # whose error holds this frame


def _left_until(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        message = "time ran out while waiting for a free thread"
        advice = "Make fewer calls at once, or allow more time."
        raise CallTimeoutError(message, outcome=Outcome.NOT_SENT, retryable=True, advice=advice)
    return left
