"""How a call of the library's is made.

Failures are returned, not raised: an exception keeps the frames that it passed, and theirs would keep native memory.
"""

from __future__ import annotations

from ctypes import byref, c_void_p, sizeof

from . import _end, _interrupt
from ._library import library, struct
from ._native import error_in, free_error

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    from ._callbacks import Callbacks
    from ._native import Owned

    # The result, the failure, what a signal's handler raised meanwhile, which ends a call, and why the program's own
    # provider gave no credentials, or its function no lock, where that is the failure.
    Answer = tuple[Any, Optional[Exception], Optional[BaseException], Optional[Exception]]

esa_call_options = struct("esa_call_options")
_ASKED_FOR = (103, 104)  # Status.CREDENTIALS and Status.LOCK


class Operation:
    """A function of the C interface that sends requests: what it takes, and how its result is read and released."""

    def __init__(self, function: str, read: Callable[[Any], Any], of: str | None = None, *, asks: bool = True) -> None:
        """The structs and what releases a result are named after `of`; default: the function.

        `asks`: whether it takes a request and options, besides the object that it is called for.
        """
        named = of or function
        # Not by their attributes: these neither check nor convert what they are given.
        self.function = library[function]
        self.start = library[f"{function}_start"]
        self.finish = library[f"{function}_finish"]
        self.asks = asks
        self.request = struct(f"{named}_request")
        self.result = struct(f"{named}_result")
        self.read = read
        self.release = library.quick(f"{named}_result_free")
        self.spare: list[Call] = []

    def begin(self) -> Call:
        """For a call whose request and options are then to be filled in."""
        try:
            return self.spare.pop()
        except IndexError:
            return Call(self)

    def answer(self, result: c_void_p, error: c_void_p) -> tuple[Any, Exception | None]:
        """What the function wrote there, which is released."""
        address = result.value
        try:
            read = self.read(self.result.from_address(address)) if address else None
            return read, error_in(error) if error.value else None
        finally:
            if address:
                self.release(result)
                result.value = None
            if error.value:
                free_error(error)
                error.value = None


class Call:
    """A call: the memory that the library reads and writes, and what callbacks leave behind.

    It serves many calls, one after the other: to make it takes 5 µs, a fifth of a call.
    """

    def __init__(self, operation: Operation) -> None:
        """Without limits, and not interruptible."""
        self._operation = operation
        self._cancel: Owned | None = None
        self._interruptible = False
        self.raised: list[BaseException] = []
        """What ends it, and is to be raised in place of its failure."""
        self._failed: list[Exception] = []
        self._asking = _interrupt.asking(self.raised)
        self._result, self._error = c_void_p(), c_void_p()
        self._told = byref(self._result), byref(self._error)
        self.options: Any = esa_call_options(sizeof(esa_call_options), interrupt_data=id(self._asking))
        self.request: Any = operation.request(sizeof(operation.request))
        self._asked: tuple[Any, ...] = (byref(self.request), byref(self.options)) if operation.asks else ()

    def make(self, owned: Owned) -> Answer:
        """Makes the call, and keeps this for the next one."""
        self.allow_interrupts(owned)
        self.run(owned)
        return self.last_answer()

    def limit(self, timeout_ms: int, max_attempts: int, cancel: Owned | None = None) -> None:
        """Sets the options."""
        self._cancel, options = cancel, self.options  # the reference is for as long as it is used
        options.timeout_ms = timeout_ms
        options.max_attempts = max_attempts
        options.cancel = cancel.pointer if cancel else None
        options.interrupt, self._interruptible = None, False

    def allow_interrupts(self, owned: Owned) -> None:
        """Has it end when something is raised, where something may be: for run()."""
        # A call with callbacks on another thread than the main one can be ended too, for the interpreter's end.
        self._interruptible = _interrupt.handles_signals() or owned.callbacks is not None
        self.options.interrupt = _interrupt.ASKS if self._interruptible else None

    def run(self, owned: Owned) -> None:
        """Calls the function for `owned`. The interpreter lets other threads run meanwhile."""
        self._do(owned, self._operation.function, owned.pointer, *self._asked, *self._told)

    def start(self, multi: c_void_p, owned: Owned, pending: c_void_p) -> None:
        """Starts it on an esa_multi, for `owned`: there is a `pending` then, unless it failed."""
        told = byref(pending), byref(self._error)
        self._do(owned, self._operation.start, multi, owned.pointer, *self._asked, None, *told)

    def _do(self, owned: Owned, function: Callable[..., int], *arguments: Any) -> None:
        try:
            if owned.callbacks:
                owned.callbacks.run(self.raised, self.make_callback, function, *arguments)
            elif not self._interruptible:
                function(*arguments)
            else:
                try:
                    _end.enter(self.raised)
                    function(*arguments)
                finally:
                    _end.leave(self.raised)
        except BaseException as interrupt:  # raised by a signal's handler after the library's last question
            self.raised.append(interrupt.with_traceback(None))  # without this frame, which holds native memory

    def finish(self, pending: c_void_p) -> None:
        """Takes what came of it from `pending`, which has finished and is released; NULL: it wasn't started."""
        if pending:
            self._operation.finish(pending, *self._told)
            pending.value = None

    def give_up(self, pending: c_void_p, callbacks: Callbacks | None) -> None:
        """Releases what finish() hasn't taken, or nobody has asked for since, and leaves this for the next call."""
        if self._result or self._error:
            self.answer()
        elif pending:
            free = library.esa_pending_free
            (callbacks.releasing(free) if callbacks else free)(pending)
        self.leave()

    def make_callback(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function that is called back; what it gives."""
        given = function(*arguments)
        if isinstance(given, Exception):
            self._failed[:] = [given]  # why there are no credentials, or no lock
        return given

    def last_answer(self) -> Answer:
        """What came of it, on any thread, and leaves this for the next call."""
        answer = self.answer()
        self.leave()
        return answer

    def leave(self) -> None:
        """Leaves this for the next call, on any thread: nothing here uses it any more."""
        self._cancel = None
        self._operation.spare.append(self)

    def answer(self) -> Answer:
        """What came of it, once; on any thread."""
        raised, failed = self.raised, self._failed
        result, failure = self._operation.answer(self._result, self._error)
        if not raised and not failed:
            return result, failure, None, None
        cause = _taken(failed)
        told = getattr(failure, "status", None) in _ASKED_FOR
        return result, failure, _taken(raised), cause if told else None


def _taken(raised: list[Any]) -> Any:
    # Emptied, because the exceptions' frames hold the list.
    try:
        return raised.pop(0) if raised else None
    finally:
        raised.clear()


def given(answer: Answer) -> Any:
    """The result of a call, or what it raises."""
    result, failure, raised, cause = answer
    del answer  # which holds the exceptions
    if raised is None:
        raised = failure
    elif failure is not None:
        cause = failure
    if raised is None:
        return result
    try:
        if cause is not None:
            raised.__cause__ = cause
        raise raised
    finally:
        del failure, raised, cause  # whose frames may hold this one
