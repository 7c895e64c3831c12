"""Makes calls of the library.

Returns failures instead of raising them: an exception keeps the frames that it passed, and these keep native memory.
"""

from __future__ import annotations

from ctypes import byref, c_void_p, sizeof

from . import _end, _interrupt
from ._arguments import converted, count, milliseconds, wrong_type
from ._library import library, struct
from ._native import error_in, free_error

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any, Callable, Generic, Optional, TypedDict, TypeVar

    from ._callbacks import Callbacks
    from ._native import Owned
    from .cancel import Cancel

    T = TypeVar("T")

    # The result, and the exception that takes its place.
    Answer = tuple[T, Optional[BaseException]]

    class Limits(TypedDict, total=False):
        """The limits of a call. Client.create_routine_related_record() explains them."""

        timeout: float | None
        max_attempts: float | None
        cancel: Cancel | None

else:
    T, Generic = None, {None: object}

esa_call_options = struct("esa_call_options")
_ASKED_FOR = (103, 104)  # Status.CREDENTIALS, Status.LOCK


class Operation(Generic[T]):
    """A function of the C interface that sends requests: its request, and how to read and release its result."""

    def __init__(
        self, function: str, read: Callable[[Any], T], fields: str = "", *, of: str = "", gives: str = ""
    ) -> None:
        """Looks up the functions and structs.

        `read`: reads the result's struct.
        `fields`: the fields of the request that arguments of the same names set. "?" marks those that can be None. If
            there are no fields, the function takes neither a request nor options.
        `of`: the name that the structs begin with. Default: the function's.
        `gives`: the result's struct, if its name is another one. An esa_multi can't start the function then.
        """
        self.of = of or function
        result = gives or f"{self.of}_result"
        # Not as attributes: functions from [] neither check nor convert their arguments.
        self.function = library[function]
        if not gives:
            self.start, self.finish = library[f"{function}_start"], library[f"{function}_finish"]
        self.request = struct(f"{self.of}_request")
        kinds = dict(self.request._fields_)
        self.fields = [(name.rstrip("?"), kinds[name.rstrip("?")], name[-1] == "?") for name in fields.split()]
        self.result = struct(result)
        self.read = read
        self.release = library.quick(f"{result}_free")

    def answer(self, result: c_void_p, error: c_void_p) -> Answer[T]:
        """Reads and releases what the function wrote there."""
        address = result.value
        try:
            read: Any = self.read(self.result.from_address(address)) if address else None
            return read, error_in(error) if error.value else None
        finally:
            if address:
                self.release(result)
                result.value = None
            if error.value:
                free_error(error)
                error.value = None


class Call(Generic[T]):
    """A call: the memory that the library reads and writes, and the exceptions of callbacks."""

    def __init__(self, operation: Operation[T], **arguments: Any) -> None:
        """Takes the request's fields and limit()'s arguments. Call allow_interrupts() to make it interruptible."""
        self._operation = operation
        self._cancel: Owned | None = None
        self._interruptible = False
        self.raised: list[BaseException] = []  # each ends the call; the first is raised in place of its failure
        self._failed: Exception | None = None  # why the program's function gave no credentials, or no lock
        self._result, self._error = c_void_p(), c_void_p()
        self._outputs = byref(self._result), byref(self._error)
        self.options: Any = esa_call_options(sizeof(esa_call_options))
        self.request: Any = operation.request(sizeof(operation.request))
        self._inputs: tuple[Any, ...] = (byref(self.request), byref(self.options)) if operation.fields else ()
        for name, kind, is_optional in operation.fields:
            value = arguments.pop(name, None)
            if value is not None or not is_optional:
                setattr(self.request, name, converted(name, value, kind))
        self.limit("timeout", **arguments)

    def make(self, owned: Owned) -> Answer[T]:
        """Makes the call."""
        self.allow_interrupts(owned)
        self.run(owned)
        return self.answer()

    def limit(
        self, arg: str, /, timeout: float | None = None, max_attempts: float | None = None, cancel: Cancel | None = None
    ) -> None:
        """Sets the options. `arg` is the name of the timeout."""
        self.options.timeout_ms = milliseconds(arg, timeout)
        self.options.max_attempts = count("max_attempts", max_attempts)
        if cancel is not None:
            self._cancel = _opened(cancel)  # kept as long as the library uses it
            self.options.cancel = self._cancel.pointer

    def allow_interrupts(self, owned: Owned) -> None:
        """Makes run() end when a signal handler raises, or the interpreter ends."""
        # Signal handlers run on the main thread only. The interpreter's end ends any call with callbacks.
        self._interruptible = _interrupt.handles_signals() or owned.callbacks is not None
        if self._interruptible:
            self._asking = _interrupt.asking(self.raised)  # kept as long as the library uses it
            self.options.interrupt, self.options.interrupt_data = _interrupt.ASKS, id(self._asking)

    def run(self, owned: Owned) -> None:
        """Calls the function for `owned`. Other threads run meanwhile."""
        self._do(owned, self._operation.function, owned.pointer, *self._inputs, *self._outputs)

    def start(self, multi: c_void_p, owned: Owned, pending: c_void_p) -> None:
        """Starts the call on an esa_multi, for `owned`. Sets `pending`, unless that fails."""
        outputs = byref(pending), byref(self._error)
        self._do(owned, self._operation.start, multi, owned.pointer, *self._inputs, None, *outputs)

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
        except BaseException as interrupt:  # of a signal handler, after the library asked last
            self.raised.append(interrupt.with_traceback(None))  # this frame holds native memory

    def finish(self, pending: c_void_p) -> None:
        """Takes the result from `pending`, which has finished, and releases it. NULL: the call wasn't started."""
        if pending:
            self._operation.finish(pending, *self._outputs)
            pending.value = None

    def give_up(self, pending: c_void_p, callbacks: Callbacks | None) -> None:
        """Releases what finish() hasn't taken, or answer() hasn't returned."""
        if self._result or self._error:
            self.answer()
        elif pending:
            free = library.esa_pending_free
            (callbacks.releasing(free) if callbacks else free)(pending)

    def make_callback(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls the function of a callback, and returns its result."""
        given = function(*arguments)
        if isinstance(given, Exception):
            self._failed = given
        return given

    def answer(self) -> Answer[T]:
        """Returns the answer, once. Any thread may call it.

        If a signal handler raised, its exception takes the failure's place, and the failure is its cause. If the
        program's function gave no credentials or no lock, its exception is the cause of the failure.
        """
        result, failure = self._operation.answer(self._result, self._error)
        raised = self.raised.pop(0) if self.raised else None
        self.raised.clear()  # the exceptions' frames hold the list
        failed, self._failed = self._failed, None  # each step of a bulk has its own
        if failure is not None:
            if raised is not None:
                raised.__cause__ = failure
            elif failed is not None and getattr(failure, "status", None) in _ASKED_FOR:
                failure.__cause__ = failed
        return result, failure if raised is None else raised


def _opened(cancel: Cancel) -> Owned:
    from .cancel import Cancel

    if not isinstance(cancel, Cancel):
        raise wrong_type("cancel", "a Cancel", cancel)
    return cancel._open()
