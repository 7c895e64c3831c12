"""How a call of the library's is made.

Failures are returned, not raised: an exception keeps the frames that it passed, and theirs would keep native memory.
"""

from __future__ import annotations

from ctypes import Structure, byref, c_char_p, c_int32, c_size_t, c_uint32, c_void_p, sizeof

from . import _end, _interrupt
from ._library import library

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any, Callable, Optional, TypeVar

    from ._native import Owned

    Raised = TypeVar("Raised", bound=BaseException)

    # What is entered for a call whose callback it serves. It adds to the first list what ends the call, to the second
    # why there are no credentials.
    Server = Callable[[list[BaseException], list[Exception]], AbstractContextManager[None]]

    Failure = dict[str, Any]  # the keyword arguments of EsaError, whose enumerations' members are numbers here

    # The result, the failure, what a signal's handler raised meanwhile, which ends a call, and why the program's own
    # provider gave no credentials, where that is the failure.
    Answer = tuple[Any, Optional[Failure], Optional[BaseException], Optional[Exception]]

_CREDENTIALS = 103  # Status.CREDENTIALS
_MOST_SPARE = 64  # of an operation: there may have been thousands that waited at once


class ErrorStruct(Structure):
    """esa_error."""

    _fields_ = (
        ("status", c_int32),
        ("outcome", c_int32),
        ("service_code", c_int32),
        ("http_status", c_int32),
        ("attempts", c_uint32),
        ("retry_after_ms", c_uint32),
        ("retryable", c_int32),
        ("reserved", c_uint32),
        ("code", c_char_p),
        ("message", c_char_p),
        ("advice", c_char_p),
        ("request_id", c_char_p),
        ("recommend", c_char_p),
        ("access_denied_detail", c_char_p),
    )


class CallOptionsStruct(Structure):
    """esa_call_options."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("cancel", c_void_p),
        ("timeout_ms", c_uint32),
        ("max_attempts", c_uint32),
        ("interrupt", _interrupt.InterruptFunction),
        ("interrupt_data", c_void_p),
    )


free_error = library.quick("esa_error_free")


class Operation:
    """A call that the library makes: what it takes, and how its result is read and released."""

    __slots__ = ("_spare", "function", "read", "release", "request", "result")

    def __init__(
        self,
        name: str,
        request: type[Structure] | None,
        result: type[Structure],
        read: Callable[[Any], Any],
        release: str,
    ) -> None:
        """`request` is None for a function that takes only the object that it is called for."""
        self.function = library.prepared(name)
        self.request = request
        self.result = result
        self.read = read
        self.release = library.quick(release)
        self._spare: tuple[list[Calling], list[Calling]] = ([], [])

    def begin(self, *, interruptible: bool) -> Calling:
        """For a call whose request is then to be filled in; `interruptible` by what signals' handlers raise.

        One that has other callbacks has to be interruptible too, for the interpreter's end.
        """
        spare = self._spare[interruptible]
        try:
            return spare.pop()
        except IndexError:
            return Calling(self, interruptible, spare)


class Calling:
    """A call: the memory that the library reads and writes, and what callbacks leave behind.

    It serves many calls, one after the other, because to make it takes longer than all else that a call does here.
    """

    __slots__ = (
        "_arguments",
        "_asking",
        "_error",
        "_failed",
        "_interruptible",
        "_operation",
        "_raised",
        "_result",
        "_spare",
        "options",
        "request",
    )

    def __init__(self, operation: Operation, interruptible: bool, spare: list[Calling]) -> None:
        """Goes to `spare` after each call."""
        self._operation = operation
        self._spare = spare
        self._raised: list[BaseException] = []
        self._failed: list[Exception] = []
        self._result = c_void_p()
        self._error = c_void_p()
        self._arguments: tuple[Any, ...] = (byref(self._result), byref(self._error))
        self.options: Any = CallOptionsStruct(sizeof(CallOptionsStruct))
        self.request: Any = None
        if operation.request is not None:
            self.request = operation.request(sizeof(operation.request))
            self._arguments = (byref(self.request), byref(self.options), *self._arguments)
        self._interruptible = interruptible
        if interruptible:
            self._asking = _interrupt.asking(self._raised)
            self.options.interrupt, self.options.interrupt_data = _interrupt.asks, id(self._asking)

    def call(self, client: Owned, timeout_ms: int, max_attempts: int, cancel: Owned | None) -> Answer:
        """Makes the call, and leaves this for the next."""
        self.limit(timeout_ms, max_attempts, cancel)
        self.run(client)
        return self.last_answer()

    def limit(self, timeout_ms: int, max_attempts: int, cancel: Owned | None) -> None:
        """Sets the options. Whoever calls holds a reference to `cancel`."""
        options = self.options
        options.timeout_ms = timeout_ms
        options.max_attempts = max_attempts
        options.cancel = cancel.pointer if cancel else None

    def run(self, owned: Owned) -> None:
        """Calls the function for `owned`. The interpreter lets other threads run meanwhile."""
        function, raised, failed = self._operation.function, self._raised, self._failed
        try:
            if not self._interruptible:
                function(owned.pointer, *self._arguments)
                return
            try:
                _end.enter(raised)
                if owned.kept:
                    with _Served(tuple(serve(raised, failed) for serve in owned.kept)):
                        function(owned.pointer, *self._arguments)
                else:
                    function(owned.pointer, *self._arguments)
            finally:
                _end.leave(raised)
        except BaseException as interrupt:  # raised by a signal's handler after the library's last question
            raised.append(interrupt.with_traceback(None))  # without this frame, which holds native memory

    def answer(self) -> Answer:
        """What came of it, once; on any thread."""
        operation, result, error = self._operation, self._result, self._error
        raised, failed = self._raised, self._failed
        try:
            failure = failure_in(error) if error.value else None
            cause = _taken(failed) if failure and failure["status"] == _CREDENTIALS else None
            read = operation.read(operation.result.from_address(result.value)) if result.value else None
            answer = read, failure, _taken(raised) if raised else None, cause
        finally:
            failed.clear()
            if result.value:
                operation.release(result)
            if error.value:
                free_error(error)
        result.value = error.value = None
        return answer

    def last_answer(self) -> Answer:
        """The same, and leaves this for the next call."""
        answer = self.answer()
        if len(self._spare) < _MOST_SPARE:
            self._spare.append(self)
        return answer


class _Served:
    """Enters all of them."""

    __slots__ = ("_servers",)

    def __init__(self, servers: tuple[AbstractContextManager[None], ...]) -> None:
        self._servers = servers

    def __enter__(self) -> None:
        for server in self._servers:
            server.__enter__()

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.__exit__(None, None, None)


def _taken(raised: list[Raised]) -> Raised | None:
    # Emptied, because the exceptions' frames hold the list.
    try:
        return raised.pop(0) if raised else None
    finally:
        raised.clear()


def failure_in(pointer: c_void_p) -> Failure | None:
    """Why a call failed, where it did."""
    if not pointer.value:
        return None
    error: Any = ErrorStruct.from_address(pointer.value)
    return {
        "status": error.status,
        "outcome": error.outcome,
        "service_code": error.service_code,
        "http_status": error.http_status or None,
        "attempts": error.attempts,
        "retry_after": error.retry_after_ms / 1000 if error.retry_after_ms else None,
        "retryable": bool(error.retryable),
        "code": decoded(error.code),
        "message": decoded(error.message),
        "advice": decoded(error.advice),
        "request_id": decoded(error.request_id),
        "recommend": decoded(error.recommend),
        "access_denied_detail": decoded(error.access_denied_detail),
    }


def error_of(failure: Failure) -> Exception:
    """The exception for a failure. The classes are loaded for the first one, since it takes longer than a call."""
    try:
        from ._failure import error
    except (ImportError, OSError) as broken:  # there may be no file descriptors left, or no file system
        told = ", ".join(f"{name} {value}" for name, value in failure.items() if value not in (None, ""))
        return RuntimeError(f"libesa's exceptions can't be loaded ({broken}) for a call that failed: {told}")
    return error(failure)


def decoded(string: bytes) -> str:
    """A text of the library's."""
    return string.decode("utf-8", "replace")
