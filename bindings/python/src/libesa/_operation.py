"""How a call of the library's is made.

Failures are returned, not raised: an exception keeps the frames that it passed, and theirs would keep native memory.
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

    # The result, and what is to be raised in its place.
    Answer = tuple[T, Optional[BaseException]]

    class Limits(TypedDict, total=False):
        """What limits a call: the arguments that Client.create_routine_related_record() explains."""

        timeout: float | None
        max_attempts: float | None
        cancel: Cancel | None

else:
    T, Generic = None, {None: object}

esa_call_options = struct("esa_call_options")
_ASKED_FOR = (103, 104)  # Status.CREDENTIALS and Status.LOCK


class Operation(Generic[T]):
    """A function of the C interface that sends requests: what it takes, and how its result is read and released."""

    def __init__(
        self, function: str, read: Callable[[Any], T], fields: str = "", *, of: str = "", gives: str = ""
    ) -> None:
        """Takes a function, and what reads its result.

        `fields`: those of its request that a call's arguments of the same names set. "?" marks those that None leaves
            alone. A function without any takes neither request nor options.
        `of`: what the structs, and what releases a result, are named after. Default: the function.
        `gives`: the result's struct, if it is another one; the function can't be started on an esa_multi then.
        """
        self.of = of or function
        result = gives or f"{self.of}_result"
        # Not by their attributes: these neither check nor convert what they are given.
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
        """What the function wrote there, which is released."""
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
    """A call: the memory that the library reads and writes, and what callbacks leave behind."""

    def __init__(self, operation: Operation[T], **arguments: Any) -> None:
        """Takes the fields of the request, and what limit() takes. allow_interrupts() makes it interruptible."""
        self._operation = operation
        self._cancel: Owned | None = None
        self._interruptible = False
        self.raised: list[BaseException] = []  # what ends it, and is to be raised in place of its failure
        self._failed: Exception | None = None  # why the program's own functions gave no credentials, or no lock
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
        self,
        name: str,
        /,
        timeout: float | None = None,
        max_attempts: float | None = None,
        cancel: Cancel | None = None,
    ) -> None:
        """Sets the options; `name` is the timeout's."""
        options = self.options
        options.timeout_ms = milliseconds(name, timeout)
        options.max_attempts = count("max_attempts", max_attempts)
        self._cancel = _opened(cancel)  # the reference is for as long as it is used
        options.cancel = self._cancel and self._cancel.pointer

    def allow_interrupts(self, owned: Owned) -> None:
        """Has it end when something is raised, where something may be: for run()."""
        # A call with callbacks on another thread than the main one can be ended too, for the interpreter's end.
        self._interruptible = _interrupt.handles_signals() or owned.callbacks is not None
        if self._interruptible:
            self._asking = _interrupt.asking(self.raised)  # the reference is for as long as it is used
            self.options.interrupt, self.options.interrupt_data = _interrupt.ASKS, id(self._asking)

    def run(self, owned: Owned) -> None:
        """Calls the function for `owned`. The interpreter lets other threads run meanwhile."""
        self._do(owned, self._operation.function, owned.pointer, *self._inputs, *self._outputs)

    def start(self, multi: c_void_p, owned: Owned, pending: c_void_p) -> None:
        """Starts it on an esa_multi, for `owned`: there is a `pending` then, unless it failed."""
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
        except BaseException as interrupt:  # raised by a signal's handler after the library's last question
            self.raised.append(interrupt.with_traceback(None))  # without this frame, which holds native memory

    def finish(self, pending: c_void_p) -> None:
        """Takes what came of it from `pending`, which has finished and is released; NULL: it wasn't started."""
        if pending:
            self._operation.finish(pending, *self._outputs)
            pending.value = None

    def give_up(self, pending: c_void_p, callbacks: Callbacks | None) -> None:
        """Releases what finish() hasn't taken, or nobody has asked for since."""
        if self._result or self._error:
            self.answer()
        elif pending:
            free = library.esa_pending_free
            (callbacks.releasing(free) if callbacks else free)(pending)

    def make_callback(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function that is called back; what it gives."""
        given = function(*arguments)
        if isinstance(given, Exception):
            self._failed = given
        return given

    def answer(self) -> Answer[T]:
        """What came of it, once; on any thread.

        What a signal's handler raised goes before the failure, which is its cause. The cause of a failure for want of
        credentials, or a lock, is what kept the program's own function from giving it.
        """
        result, failure = self._operation.answer(self._result, self._error)
        raised = self.raised.pop(0) if self.raised else None
        self.raised.clear()  # which the exceptions' frames hold
        failed, self._failed = self._failed, None  # the next step of a bulk has its own
        if failure is not None:
            if raised is not None:
                raised.__cause__ = failure
            elif failed is not None and getattr(failure, "status", None) in _ASKED_FOR:
                failure.__cause__ = failed
        return result, failure if raised is None else raised


def _opened(cancel: Cancel | None) -> Owned | None:
    if cancel is None:
        return None
    from .cancel import Cancel

    if not isinstance(cancel, Cancel):
        raise wrong_type("cancel", "a Cancel", cancel)
    return cancel._open()
