"""The shared library's functions and structs, and the calls that this package makes.

Failures are returned, not raised: an exception keeps the frames that it passed, and theirs would keep native memory.
"""

from __future__ import annotations

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_void_p,
    sizeof,
)

from ._library import library
from .created_record import CreatedRecord
from .enums import Origin, Outcome, ServiceCode, Status

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any, Callable

    Failure = dict[str, Any]  # the keyword arguments of EsaError


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


class RequestStruct(Structure):
    """esa_create_routine_related_record_request."""

    _fields_ = (("struct_size", c_size_t), ("site_id", c_int64), ("name", c_char_p), ("record_name", c_char_p))


class CallOptionsStruct(Structure):
    """esa_call_options."""

    _fields_ = (("struct_size", c_size_t), ("cancel", c_void_p), ("timeout_ms", c_uint32), ("reserved", c_uint32))


class ResultStruct(Structure):
    """esa_create_routine_related_record_result."""

    _fields_ = (
        ("record_id", c_int64),
        ("origin", c_int32),
        ("attempts", c_uint32),
        ("status", c_char_p),
        ("request_id", c_char_p),
    )


LogFunction = CFUNCTYPE(None, c_void_p, c_int32, c_char_p)

# By name: what it returns, what it takes. Objects are c_void_p.
FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "esa_error_free": (None, [POINTER(ErrorStruct)]),
    "esa_config_new": (c_void_p, []),
    "esa_config_free": (None, [c_void_p]),
    "esa_config_set_credentials": (c_int32, [c_void_p, c_char_p, c_char_p, c_char_p]),
    "esa_config_set_region": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_endpoint": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_timeouts": (c_int32, [c_void_p, c_uint32, c_uint32, c_uint32]),
    "esa_config_set_signature_version": (c_int32, [c_void_p, c_uint32]),
    "esa_config_set_ca_file": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_ca_pem": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_user_agent": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_keep_alive": (c_int32, [c_void_p, c_uint32, c_uint32]),
    "esa_config_set_log": (c_int32, [c_void_p, c_int32, LogFunction, c_void_p]),
    "esa_client_new": (c_int32, [c_void_p, POINTER(c_void_p), POINTER(POINTER(ErrorStruct))]),
    "esa_client_free": (None, [c_void_p]),
    "esa_cancel_new": (c_void_p, []),
    "esa_cancel_trigger": (None, [c_void_p]),
    "esa_cancel_free": (None, [c_void_p]),
    "esa_create_routine_related_record": (
        c_int32,
        [
            c_void_p,
            POINTER(RequestStruct),
            POINTER(CallOptionsStruct),
            POINTER(POINTER(ResultStruct)),
            POINTER(POINTER(ErrorStruct)),
        ],
    ),
    "esa_create_routine_related_record_result_free": (None, [POINTER(ResultStruct)]),
}

for _name, (_restype, _argtypes) in FUNCTIONS.items():
    _function = getattr(library, _name)
    _function.restype = _restype
    _function.argtypes = _argtypes


class Owned:
    """A native object, released when the last reference to this goes.

    Whoever uses it holds a reference meanwhile, so that closing it in one thread leaves the calls of others alone
    without a lock, which a fork or a signal handler could find taken.
    """

    __slots__ = ("_release", "kept", "pointer")

    def __init__(self, release: Callable[[c_void_p], None], pointer: int | None = None, kept: object = None) -> None:
        """`kept` is what must live as long."""
        self.pointer = c_void_p(pointer)
        self.kept = kept
        self._release = release

    def __del__(self) -> None:
        """Releases the object."""
        self._release(self.pointer)


class Config(Owned):
    """An esa_config."""

    __slots__ = ()

    def __init__(self) -> None:
        """All defaults."""
        super().__init__(library.esa_config_free, library.esa_config_new())
        if not self.pointer:  # which new_client() would take for all defaults
            raise RuntimeError("esa_config_new() failed, which is a bug in the library")

    def set(self, setting: str, *values: bytes | int | None) -> None:
        """Calls the setter. What it refuses, new_client() tells."""
        getattr(library, f"esa_config_set_{setting}")(self.pointer, *values)

    def set_log(self, level: int, receive: Callable[[int, bytes], None]) -> None:
        """Sends the log to `receive`, on the threads that make calls."""
        self.kept = LogFunction(lambda _user_data, level, message: receive(level, message))
        library.esa_config_set_log(self.pointer, level, self.kept, None)


def new_client(config: Config) -> tuple[Owned, Failure | None]:
    """An esa_client, or why there is none."""
    client = Owned(library.esa_client_free, kept=config.kept)
    error = POINTER(ErrorStruct)()
    try:
        library.esa_client_new(config.pointer, byref(client.pointer), byref(error))
        return client, _failure(error)
    finally:
        library.esa_error_free(error)


def new_cancel() -> Owned | None:
    """An esa_cancel; None where the process has no file descriptors left."""
    pointer = library.esa_cancel_new()
    return Owned(library.esa_cancel_free, pointer) if pointer else None


def trigger(cancel: Owned) -> None:
    """Cancels the calls that were given `cancel`."""
    library.esa_cancel_trigger(cancel.pointer)


def create_routine_related_record(
    client: Owned, *, name: bytes, site_id: int, record_name: bytes, timeout_ms: int, cancel: Owned | None
) -> CreatedRecord | Failure:
    """Makes the call; the interpreter lets other threads run meanwhile."""
    request = RequestStruct(sizeof(RequestStruct), site_id, name, record_name)
    options = CallOptionsStruct(sizeof(CallOptionsStruct), cancel.pointer if cancel else None, timeout_ms, 0)
    result = POINTER(ResultStruct)()
    error = POINTER(ErrorStruct)()
    try:
        library.esa_create_routine_related_record(
            client.pointer, byref(request), byref(options), byref(result), byref(error)
        )
        return _failure(error) or _created_record(result.contents)
    finally:
        library.esa_create_routine_related_record_result_free(result)
        library.esa_error_free(error)


def _created_record(result: ResultStruct) -> CreatedRecord:
    return CreatedRecord(
        record_id=result.record_id or None,
        origin=Origin(result.origin),
        attempts=result.attempts,
        status=_text(result.status),
        request_id=_text(result.request_id),
    )


def _failure(pointer: Any) -> Failure | None:
    if not pointer:
        return None
    error = pointer.contents
    return {
        "status": Status(error.status),
        "outcome": Outcome(error.outcome),
        "service_code": ServiceCode(error.service_code),
        "http_status": error.http_status or None,
        "attempts": error.attempts,
        "retry_after": error.retry_after_ms / 1000 if error.retry_after_ms else None,
        "retryable": bool(error.retryable),
        "code": _text(error.code),
        "message": _text(error.message),
        "advice": _text(error.advice),
        "request_id": _text(error.request_id),
        "recommend": _text(error.recommend),
        "access_denied_detail": _text(error.access_denied_detail),
    }


def _text(string: bytes) -> str:
    return string.decode("utf-8", "replace")
