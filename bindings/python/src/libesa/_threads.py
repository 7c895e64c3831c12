"""The threads that make an asynchronous client's calls.

Only what may take long runs there: a thread holds the interpreter's lock as shortly as possible, since most of what a
call costs is to wake who waits for it. A thread that has made a call makes the next one that waits, without sleeping in
between, and the event loop is told of calls that have ended in batches, as many as there are when it comes to them.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from .cancel import Cancel

T = TypeVar("T")

_STAY = 0.02
"""How long a thread without work stays where it is woken the fastest, in seconds. A program may end so much later."""


class Call(Protocol):
    """What a thread and an event loop do for a task, in turns."""

    def make(self, cancel: Cancel) -> None:
        """The call itself, on the thread; `cancel` cancels it."""

    def result(self) -> Any:
        """What it gives or raises, once, after it was made; on the event loop's thread."""


class Job:
    """A call that a thread makes."""

    __slots__ = ("_call", "_cancels", "_context", "_error", "_given_up", "_results", "_start", "ended", "waking")

    def __init__(self, call: Call, results: Results) -> None:
        """Not made yet."""
        self._call = call
        self._results = results
        self._context = contextvars.copy_context()
        # Whoever takes what is in one of these lists has it. The start: a thread that makes the call, or the task that
        # gives it up before. The Cancel: the thread when the call has ended, or the task, which triggers it.
        self._start = [True]
        self._cancels: list[Cancel] = []
        self._given_up = False
        self._error: BaseException | None = None
        self.waking: asyncio.Future[None] = results.loop.create_future()
        """For the task that waits; cancelled with it, so that there is another one if it waits again."""
        self.ended = False

    def make(self, spare: list[Cancel]) -> None:
        """Makes the call on this thread, with a Cancel out of `spare`, unless it was given up."""
        if not _took(self._start):
            return
        try:
            cancel = _took(spare) or Cancel()
            self._cancels.append(cancel)
            if not self._given_up:
                self._context.run(self._call.make, cancel)
        except BaseException as error:
            self._error = error
        unused = _took(self._cancels)
        if unused is not None:
            spare.append(unused)
        self._results.add(self)

    def result(self) -> Any:
        """What the call gives or raises, once, after it has ended; None where it was never made."""
        error, self._error = self._error, None
        if error is None:
            return self._call.result()
        try:
            raise error
        finally:
            del error  # which holds this frame

    def give_up(self) -> None:
        """Cancels the call, which then ends soon, or keeps it from being made, which has ended it."""
        if _took(self._start):
            self.ended = True
            return
        self._given_up = True
        cancel = _took(self._cancels)
        if cancel is not None:
            cancel.trigger()

    def end(self) -> None:
        """Wakes the task that waits; on the event loop's thread."""
        self.ended = True
        if not self.waking.done():
            self.waking.set_result(None)

    async def end_of(self) -> None:
        """Waits until it has ended, however often the task is cancelled meanwhile."""
        while not self.ended:
            try:
                self.waking = self._results.loop.create_future()
                await self.waking
            except asyncio.CancelledError:
                continue


class Results:
    """The jobs of one event loop that have ended."""

    __slots__ = ("_ended", "_told", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """None yet."""
        self.loop = loop
        self._ended: deque[Job] = deque()
        self._told = False

    def add(self, job: Job) -> None:
        """Adds one, on any thread. The loop is told once until it looks."""
        self._ended.append(job)
        if not self._told:
            self._told = True
            try:
                self.loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:  # it is closed, and nobody waits any more
                self._told = False
                self._ended.clear()

    def _deliver(self) -> None:
        self._told = False
        while self._ended:
            self._ended.popleft().end()


class Threads:
    """Up to so many threads, made as they are wanted."""

    def __init__(self, most: int) -> None:
        """None yet."""
        self._executor = ThreadPoolExecutor(most, thread_name_prefix="libesa")
        self._idle = [True] * most  # one for each thread that isn't at work, whether it is made yet or not
        self._waiting: deque[Job] = deque()
        self._waking = False
        self._bells: list[threading.Lock] = []  # of the threads that stay
        self._cancels: list[Cancel] = []
        self._results: Results | None = None
        self._jobs: set[Job] = set()
        self._closing = False
        self._done = threading.Event()

    def submit(self, call: Call) -> Job:
        """Has the call made, for a task of the running event loop."""
        loop = asyncio.get_running_loop()
        results = self._results
        if results is None or results.loop is not loop:
            results = self._results = Results(loop)
        job = Job(call, results)
        self._jobs.add(job)
        self._waiting.append(job)
        try:
            self._wake()
        except RuntimeError:
            job.give_up()
            self._jobs.discard(job)
            raise
        return job

    async def close(self) -> None:
        """Waits for the calls, and ends the threads."""
        self._closing = True
        while True:
            bell = _took(self._bells)
            if bell is None:
                break
            bell.release()
        if self._jobs:
            await asyncio.get_running_loop().run_in_executor(None, self._done.wait)
        self._executor.shutdown()
        self._cancels.clear()

    def _wake(self) -> None:
        # One at a time: the one that wakes up wakes the next, if there is more to do than those at work come to.
        if self._waking:
            return
        bell = _took(self._bells)
        if bell is not None:
            self._waking = True
            bell.release()
        elif _took(self._idle):
            self._waking = True
            try:
                self._executor.submit(self._work)
            except RuntimeError:  # no more threads can be made, or Python ends
                self._waking = False
                self._idle.append(True)
                raise

    def _work(self) -> None:
        self._waking = False
        bell = threading.Lock()
        bell.acquire()
        while True:
            job = self._next(bell)
            if job is None:
                return
            if self._waiting:
                with contextlib.suppress(RuntimeError):  # then those that are at work do it
                    self._wake()
            job.make(self._cancels)
            self._jobs.discard(job)
            if self._closing and not self._jobs:
                self._done.set()
            del job

    def _next(self, bell: threading.Lock) -> Job | None:
        while True:
            try:
                return self._waiting.popleft()
            except IndexError:
                pass
            if self._stays(bell):
                continue
            self._idle.append(True)
            # One that came before this thread was idle may have found none that was.
            if not self._waiting or not _took(self._idle):
                return None

    def _stays(self, bell: threading.Lock) -> bool:
        # Whether there may be something to do after that.
        self._bells.append(bell)
        rings = not self._waiting and not self._closing and bell.acquire(timeout=_STAY)
        if not rings:
            try:
                self._bells.remove(bell)
            except ValueError:  # somebody has it, and will ring
                bell.acquire()
                rings = True
        if rings:
            self._waking = False
        return rings or bool(self._waiting)


def _took(ones: list[T]) -> T | None:
    """Takes one, which nobody else gets then; None where there is none."""
    try:
        return ones.pop()
    except IndexError:
        return None
