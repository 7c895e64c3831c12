"""A client's calls on an event loop, which watches one descriptor for all of them: that of an esa_multi."""

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
_step = library["esa_multi_step"]  # which neither checks nor converts what it is given
_FORKED = 111  # Status.FORKED


class Pending:
    """A call that a task waits for."""

    __slots__ = ("call", "context", "pointer", "woken")

    def __init__(self, call: Call[Any]) -> None:
        """Not started yet."""
        self.call = call
        self.context = copy_context()
        self.pointer = c_void_p()
        self.woken = asyncio.Event()


class Multi:
    """The calls of one client on one event loop. It is used on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, callbacks: Callbacks | None) -> None:
        """None yet. `callbacks` are the client's."""
        self._loop = loop
        self._callbacks = callbacks
        self._process = os.getpid()
        self._calls: dict[int | None, Pending] = {}  # by their addresses
        self._finished: deque[int | None] = deque()
        self._is_idle: asyncio.Event | None = None  # where no more calls are to come
        self._owned = make("esa_multi")
        self._next_finished = partial(_next_finished, self._owned.pointer)
        self._descriptor = library.esa_multi_descriptor(self._owned.pointer)
        # The loop calls in the context in which it is told to, which isn't to be that of the first task.
        Context().run(loop.add_reader, self._descriptor, self._turn)

    async def result(self, call: Call[T], owned: Owned) -> T:
        """What a call for `owned` gives or raises. Cancelling the task cancels the call."""
        pending = Pending(call)
        try:
            self._start(pending, owned)
            del owned  # an exception keeps this frame
            while pending.pointer.value in self._calls:
                try:
                    pending.woken.clear()  # _wake() may have been interrupted
                    await pending.woken.wait()
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
        """Is called by the event loop when there is something to do."""
        raised: list[BaseException] = []
        self._step(raised)
        if raised:
            raise raised.pop(0)

    def _step(self, raised: list[BaseException]) -> None:
        """Does what is due, and adds what gets out of callbacks to `raised`."""
        if self._call(_step, raised) == _FORKED:
            self._finished.extend(self._calls)  # of the parent, which goes on with them
        self._wake()

    def _call(self, function: Callable[[c_void_p], object], raised: list[BaseException]) -> object:
        if self._callbacks is None:
            return function(self._owned.pointer)
        return self._callbacks.run(raised, self._make_callback, function, self._owned.pointer)

    def _wake(self) -> None:
        """Wakes the tasks whose calls have finished."""
        # No signal's handler runs while this is extended, nor is what it raises the loss of one that is in it.
        finished = self._finished
        finished.extend(iter(self._next_finished, None))
        while finished:
            if finished[0] in self._calls:
                self._calls[finished[0]].woken.set()
                del self._calls[finished[0]]
            finished.popleft()

    def _make_callback(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function that is called back, for the call and in the context that it belongs to; what it gives."""
        pending = self._calls[_current(self._owned.pointer)]
        return pending.context.run(pending.call.make_callback, function, *arguments)

    def _forget(self, pending: Pending) -> None:
        self._calls.pop(pending.pointer.value, None)
        pending.call.give_up(pending.pointer, self._callbacks)
        if self._is_idle is not None:
            self._end_soon()

    async def end(self) -> None:
        """Waits for the calls, and closes the connections. No further ones are to come."""
        await self._end_soon().wait()

    def leave(self) -> None:
        """Closes the connections as soon as there are no calls; on any thread."""
        if self._process == os.getpid():  # else the loop is the parent's
            try:
                self._loop.call_soon_threadsafe(self._end_soon)
            except RuntimeError:  # it is closed
                self.close()

    def _end_soon(self) -> asyncio.Event:
        self._is_idle = self._is_idle or asyncio.Event()
        if not self._calls:
            self._is_idle.set()
            self.close()
        return self._is_idle

    def close(self) -> None:
        """Gives up the calls that there are, and closes the connections. Any number of times."""
        pointer = self._owned.pointer
        if pointer and self._process == os.getpid():
            with contextlib.suppress(RuntimeError):  # the loop is closed, and has forgotten it
                self._loop.remove_reader(self._descriptor)
        self._call(library.esa_multi_free, [])
        pointer.value = None
