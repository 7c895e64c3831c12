"""The client for asyncio."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Callable, TypeVar

from ._arguments import milliseconds
from ._configured import Configured
from .bulk import AsyncBulk
from .cancel import Cancel
from .client import Client
from .deletion import Deletion
from .enums import Outcome
from .errors import CallTimeoutError
from .record import Record
from .related_records import RelatedRecord, RelatedRecordsPage
from .site import Site

_MAX_THREADS = 64

T = TypeVar("T")


class AsyncClient(Configured):
    """Client's calls as coroutines: same arguments, results and errors, and the same settings.

    Each call runs on one of up to 64 threads, which are made as they are wanted; further calls wait for a free one,
    within their time limit. Cancelling a task cancels its call and waits for the call's end, which comes at once: when
    CancelledError is raised, nothing is left running. Its `__cause__` is the EsaError that tells what the call did.
    """

    def _made(self, timeout: float | None) -> None:
        self._timeout = 30.0 if timeout is None else timeout
        self._threads = ThreadPoolExecutor(_MAX_THREADS, thread_name_prefix="libesa")
        self._calls: set[Future[Any]] = set()

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
        return await self._run(call, timeout, max_attempts)

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
        return await self._run(call, timeout, max_attempts)

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
        return AsyncBulk(bulk, lambda: self._in_a_thread(partial(next, bulk), cancel))

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
        return await self._run(call, timeout, max_attempts)

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
        return await self._run(call, timeout, max_attempts)

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
        return await self._run(partial(self._client().get_match_site, record_name=record_name), timeout, max_attempts)

    async def close(self) -> None:
        """Waits for the calls that run, and closes the connections. Any number of times."""
        self._owned = None
        calls = [asyncio.wrap_future(call) for call in list(self._calls)]
        await asyncio.gather(*calls, return_exceptions=True)
        self._threads.shutdown()

    async def __aenter__(self) -> AsyncClient:
        """Gives itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Closes the client."""
        await self.close()

    def _client(self) -> Client:
        client = Client.__new__(Client)
        client._owned = self._open()
        return client

    async def _run(self, call: Callable[..., T], timeout: float | None, max_attempts: int | None) -> T:
        milliseconds("timeout", timeout)
        end = time.monotonic() + (self._timeout if timeout is None else timeout)
        with Cancel() as cancel:
            limited = partial(_start, partial(call, max_attempts=max_attempts, cancel=cancel), end)
            return await self._in_a_thread(limited, cancel)

    async def _in_a_thread(self, call: Callable[[], T], cancel: Cancel) -> T:
        """Makes the call, which `cancel` cancels when the task is cancelled."""
        self._open()
        running = self._threads.submit(contextvars.copy_context().run, call)
        self._calls.add(running)
        running.add_done_callback(self._calls.discard)
        future: asyncio.Future[T] = asyncio.wrap_future(running)
        try:
            await asyncio.wait([future])
            return future.result()
        except asyncio.CancelledError as cancelled:
            cancel.trigger()
            running.cancel()  # where it waits for a thread
            await _end_of(future)
            if not future.cancelled():
                cancelled.__cause__ = future.exception()
            raise
        finally:
            del future, running  # whose exception holds this frame


def _start(call: Callable[..., T], end: float) -> T:
    left = end - time.monotonic()
    if left <= 0:
        message = "time ran out while waiting for a free thread"
        advice = "Make fewer calls at once, or allow more time."
        raise CallTimeoutError(message, outcome=Outcome.NOT_SENT, retryable=True, advice=advice)
    return call(timeout=left)


async def _end_of(future: asyncio.Future[Any]) -> None:
    """Waits for it, however often the task is cancelled meanwhile."""
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            continue
