"""Runs a client's calls on an event loop. The loop watches one descriptor for all of them: that of an esa_multi."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from contextvars import Context, copy_context
from ctypes import c_void_p
from functools import partial
from typing import Any, Callable

from ._callbacks import Callbacks
from ._library import library
from ._native import Owned, given, make
from ._operation import Call, T

_next_finished = library.quick("esa_multi_next_finished")
_current = library.quick("esa_multi_current")
_step = library["esa_multi_step"]  # neither checks nor converts its argument
_FORKED = 111  # Status.FORKED


class Pending:
    """A call that a task waits for."""

    def __init__(self, call: Call[Any]) -> None:
        """Doesn't start the call."""
        self.call = call
        self.context = copy_context()
        self.pointer = c_void_p()
        self.woken: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """Wakes the task."""
        # Not an Event: a signal handler can interrupt its set(), which then does nothing when it is called again.
        if self.woken is not None and not self.woken.done():
            self.woken.set_result(None)


class Multi:
    """The calls of one client on one event loop. Only the loop's thread may use it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, callbacks: Callbacks | None) -> None:
        """Starts without calls. `callbacks`: the client's."""
        self._loop = loop
        self._callbacks = callbacks
        self._process = os.getpid()
        self._calls: dict[int | None, Pending] = {}  # by address
        self._finished: deque[int | None] = deque()
        self._is_idle: asyncio.Event | None = None  # set up when no more calls come
        self._owned = make("esa_multi")
        self._next_finished = partial(_next_finished, self._owned.pointer)
        self._descriptor = library.esa_multi_descriptor(self._owned.pointer)
        # The loop calls _turn() in the context of this call, which must not be that of the first task.
        Context().run(loop.add_reader, self._descriptor, self._turn)

    async def result(self, call: Call[T], owned: Owned) -> T:
        """Makes a call for `owned`. Returns its result or raises its failure. Cancelling the task cancels the call."""
        pending = Pending(call)
        try:
            self._start(pending, owned)
            del owned  # because an exception keeps this frame
            while pending.pointer.value in self._calls:
                try:
                    pending.woken = self._loop.create_future()  # a new one, because _wake() may have been interrupted
                    await pending.woken
                except asyncio.CancelledError as cancelled:
                    self._cancel(pending)
                    call.raised.append(cancelled)
            call.finish(pending.pointer)
            return given(call.answer())
        finally:
            self._forget(pending)

    def _start(self, pending: Pending, owned: Owned) -> None:
        pending.call.start(self._owned.pointer, owned, pending.pointer)
        if pending.pointer:
            self._calls[pending.pointer.value] = pending
            if pending.call.raised:
                self._cancel(pending)
            self._wake()

    def _cancel(self, pending: Pending) -> None:
        library.esa_pending_cancel(pending.pointer)
        self._step(pending.call.raised)

    def _turn(self) -> None:
        """Does what is due. The event loop calls it."""
        raised: list[BaseException] = []
        self._step(raised)
        if raised:
            raise raised.pop(0)

    def _step(self, raised: list[BaseException]) -> None:
        """Does what is due. Adds the exceptions of callbacks to `raised`."""
        if self._call(_step, raised) == _FORKED:
            self._finished.extend(self._calls)  # they are the parent's, which continues them
        self._wake()

    def _call(self, function: Callable[[c_void_p], object], raised: list[BaseException]) -> object:
        if self._callbacks is None:
            return function(self._owned.pointer)
        return self._callbacks.run(raised, self._make_callback, function, self._owned.pointer)

    def _wake(self) -> None:
        """Wakes the tasks whose calls have finished."""
        # No signal handler runs while the deque is extended, and none can lose what is in it by raising.
        finished = self._finished
        try:
            finished.extend(iter(self._next_finished, None))
            while finished:
                if finished[0] in self._calls:
                    self._calls[finished[0]].wake()
                    del self._calls[finished[0]]
                finished.popleft()
        except BaseException:
            self._loop.call_soon(self._wake)  # the library announces a finished call only once
            raise

    def _make_callback(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls the function of a callback for its call, in the call's context. Returns its result."""
        pending = self._calls[_current(self._owned.pointer)]
        return pending.context.run(pending.call.make_callback, function, *arguments)

    def _forget(self, pending: Pending) -> None:
        self._calls.pop(pending.pointer.value, None)
        pending.call.give_up(pending.pointer, self._callbacks)
        if self._is_idle is not None:
            self._end_soon()

    async def end(self) -> None:
        """Waits for the calls, and closes the connections. No further calls may come."""
        await self._end_soon().wait()

    def leave(self) -> None:
        """Closes the connections as soon as there are no calls. Any thread may call it."""
        if self._process == os.getpid():  # otherwise the loop is the parent's
            try:
                self._loop.call_soon_threadsafe(self._end_soon)
            except RuntimeError:  # the loop is closed
                self.close()

    def _end_soon(self) -> asyncio.Event:
        self._is_idle = self._is_idle or asyncio.Event()
        if not self._calls:
            self._is_idle.set()
            self.close()
        return self._is_idle

    def close(self) -> None:
        """Abandons the calls, and closes the connections. Can be called again."""
        pointer = self._owned.pointer
        if pointer and self._process == os.getpid():
            with contextlib.suppress(RuntimeError):  # the loop is closed, and the reader gone
                self._loop.remove_reader(self._descriptor)
        self._call(library.esa_multi_free, [])
        pointer.value = None
