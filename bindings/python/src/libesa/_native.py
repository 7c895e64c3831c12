"""The shared library's functions, and the calls that this package makes.

Failures are returned, not raised: an exception keeps the frames that it passed, and theirs would keep native memory.
"""

from __future__ import annotations

from ctypes import POINTER, Structure, byref, c_char_p, c_int32, c_int64, c_uint32, c_void_p, sizeof

from . import _interrupt
from ._library import library
from ._structs import (
    BulkRequestStruct,
    CallOptionsStruct,
    CreateRequestStruct,
    CreateResultStruct,
    CredentialsFunction,
    DeleteRequestStruct,
    DeleteResultStruct,
    ErrorStruct,
    GetMatchSiteRequestStruct,
    GetMatchSiteResultStruct,
    ListRequestStruct,
    ListResultStruct,
    LogFunction,
    StatsStruct,
)
from .deletion import Deletion
from .enums import Origin, Outcome, ServiceCode, Status
from .record import Record
from .related_records import RelatedRecord, RelatedRecordsPage
from .site import Site

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any, Callable, TypeVar

    Raised = TypeVar("Raised", bound=BaseException)
    Callback = Any  # a LogFunction or a CredentialsFunction
    # What is entered for a call whose callback it serves. It adds to the first list what ends the call, to the second
    # why there are no credentials.
    Server = Callable[[list[BaseException], list[Exception]], AbstractContextManager[None]]

    Failure = dict[str, Any]  # the keyword arguments of EsaError


def _call_of(request: type[Structure], result: type[Structure]) -> tuple[Any, list[Any]]:
    pointers = [POINTER(request), POINTER(CallOptionsStruct), POINTER(POINTER(result)), POINTER(POINTER(ErrorStruct))]
    return c_int32, [c_void_p, *pointers]


# By name: what it returns, what it takes. Objects are c_void_p.
FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "esa_error_free": (None, [POINTER(ErrorStruct)]),
    "esa_config_new": (c_void_p, []),
    "esa_config_free": (None, [c_void_p]),
    "esa_config_set_credentials": (c_int32, [c_void_p, c_char_p, c_char_p, c_char_p]),
    "esa_config_set_credentials_provider": (c_int32, [c_void_p, CredentialsFunction, c_void_p]),
    "esa_config_set_region": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_endpoint": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_network": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_proxy": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_timeouts": (c_int32, [c_void_p, c_uint32, c_uint32, c_uint32]),
    "esa_config_set_signature_version": (c_int32, [c_void_p, c_uint32]),
    "esa_config_set_ca_file": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_ca_pem": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_user_agent": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_keep_alive": (c_int32, [c_void_p, c_uint32, c_uint32]),
    "esa_config_set_max_attempts": (c_int32, [c_void_p, c_uint32]),
    "esa_config_set_max_concurrent_writes": (c_int32, [c_void_p, c_uint32]),
    "esa_config_set_log": (c_int32, [c_void_p, c_int32, LogFunction, c_void_p]),
    "esa_client_new": (c_int32, [c_void_p, POINTER(c_void_p), POINTER(POINTER(ErrorStruct))]),
    "esa_client_free": (None, [c_void_p]),
    "esa_client_credentials_source": (c_char_p, [c_void_p]),
    "esa_client_stats": (c_int32, [c_void_p, POINTER(StatsStruct)]),
    "esa_credentials_set": (c_int32, [c_void_p, c_char_p, c_char_p, c_char_p, c_int64]),
    "esa_credentials_fail": (None, [c_void_p, c_char_p]),
    "esa_cancel_new": (c_void_p, []),
    "esa_cancel_trigger": (None, [c_void_p]),
    "esa_cancel_free": (None, [c_void_p]),
    "esa_create_routine_related_record": _call_of(CreateRequestStruct, CreateResultStruct),
    "esa_ensure_routine_related_record": _call_of(CreateRequestStruct, CreateResultStruct),
    "esa_bulk_new": (
        c_int32,
        [
            c_void_p,
            POINTER(BulkRequestStruct),
            POINTER(CallOptionsStruct),
            POINTER(c_void_p),
            POINTER(POINTER(ErrorStruct)),
        ],
    ),
    "esa_bulk_next": (c_int32, [c_void_p, POINTER(POINTER(CreateResultStruct)), POINTER(POINTER(ErrorStruct))]),
    "esa_bulk_free": (None, [c_void_p]),
    "esa_create_routine_related_record_result_free": (None, [POINTER(CreateResultStruct)]),
    "esa_delete_routine_related_record": _call_of(DeleteRequestStruct, DeleteResultStruct),
    "esa_delete_routine_related_record_result_free": (None, [POINTER(DeleteResultStruct)]),
    "esa_list_routine_related_records": _call_of(ListRequestStruct, ListResultStruct),
    "esa_list_routine_related_records_result_free": (None, [POINTER(ListResultStruct)]),
    "esa_get_match_site": _call_of(GetMatchSiteRequestStruct, GetMatchSiteResultStruct),
    "esa_get_match_site_result_free": (None, [POINTER(GetMatchSiteResultStruct)]),
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

    def __init__(
        self, release: Callable[[c_void_p], None], pointer: int | None = None, kept: tuple[Server, ...] = ()
    ) -> None:
        """`kept` serves the callbacks of the calls that use this."""
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

    def set_log(self, level: int, callback: Callback, receiver: Server) -> None:
        """Sends the log to `callback`, on the threads that make calls, while what `receiver` gives is entered."""
        self.kept += (receiver,)
        library.esa_config_set_log(self.pointer, level, callback, None)

    def set_credentials_provider(self, callback: Callback, asker: Server) -> None:
        """Gets credentials from `callback`, on the threads that make calls, while what `asker` gives is entered."""
        self.kept += (asker,)
        library.esa_config_set_credentials_provider(self.pointer, callback, None)


def new_client(config: Config) -> tuple[Owned, Failure | None]:
    """An esa_client, or why there is none."""
    client = Owned(library.esa_client_free, kept=config.kept)
    error = POINTER(ErrorStruct)()
    try:
        library.esa_client_new(config.pointer, byref(client.pointer), byref(error))
        return client, _failure(error)
    finally:
        library.esa_error_free(error)


def credentials_source(client: Owned) -> str:
    """The name of the provider whose credentials are used; "" before the first."""
    return _text(library.esa_client_credentials_source(client.pointer))


def stats(client: Owned) -> dict[str, int]:
    """What the client has done so far, by name."""
    struct = StatsStruct(sizeof(StatsStruct))
    library.esa_client_stats(client.pointer, byref(struct))
    return {name: getattr(struct, name) for name, _ in StatsStruct._fields_ if name != "struct_size"}


def set_credentials(
    pointer: int, access_key_id: bytes, access_key_secret: bytes, security_token: bytes | None, expires_at: int
) -> None:
    """Answers a CredentialsFunction. What is refused is told by the call."""
    library.esa_credentials_set(pointer, access_key_id, access_key_secret, security_token, expires_at)


def fail_credentials(pointer: int, reason: bytes) -> None:
    """Answers a CredentialsFunction that there are none."""
    library.esa_credentials_fail(pointer, reason)


def new_cancel() -> Owned | None:
    """An esa_cancel; None where the process has no file descriptors left."""
    pointer = library.esa_cancel_new()
    return Owned(library.esa_cancel_free, pointer) if pointer else None


def trigger(cancel: Owned) -> None:
    """Cancels the calls that were given `cancel`."""
    library.esa_cancel_trigger(cancel.pointer)


def call(
    operation: str,
    client: Owned,
    request: Structure,
    *,
    timeout_ms: int,
    max_attempts: int,
    cancel: Owned | None,
) -> tuple[Any, Failure | None, BaseException | None, Exception | None]:
    """Makes the call; the interpreter lets other threads run meanwhile.

    Gives the result, the failure, what a signal's handler raised meanwhile, which ends a call, and why the program's
    own provider gave no credentials, where that is the failure.
    """
    function = getattr(library, f"esa_{operation}")
    request.struct_size = sizeof(request)
    calling = _Calling(timeout_ms, max_attempts, cancel)

    def make(result: Any, error: Any) -> None:
        function(client.pointer, byref(request), byref(calling.options), result, error)

    return _answer(make, client.kept, calling, _RESULTS[type(request)])


class Bulk(Owned):
    """An esa_bulk, with what its calls need."""

    __slots__ = ("calling",)

    def __init__(self, client: Owned, calling: _Calling) -> None:
        super().__init__(library.esa_bulk_free, kept=client.kept)
        self.calling = calling


def new_bulk(
    client: Owned,
    items: list[CreateRequestStruct],
    *,
    total_timeout_ms: int,
    timeout_ms: int,
    max_attempts: int,
    cancel: Owned | None,
) -> tuple[Bulk, Failure | None]:
    """An esa_bulk of these records, or why there is none."""
    for item in items:
        item.struct_size = sizeof(item)
    calling = _Calling(timeout_ms, max_attempts, cancel)
    bulk = Bulk(client, calling)
    array = (CreateRequestStruct * len(items))(*items)
    request = BulkRequestStruct(sizeof(BulkRequestStruct), array, len(items), total_timeout_ms)
    error = POINTER(ErrorStruct)()
    try:
        library.esa_bulk_new(client.pointer, byref(request), byref(calling.options), byref(bulk.pointer), byref(error))
        return bulk, _failure(error)
    finally:
        library.esa_error_free(error)


def next_in(bulk: Bulk) -> tuple[Any, Failure | None, BaseException | None, Exception | None]:
    """Ensures the next record; gives what call() gives."""

    def make(result: Any, error: Any) -> None:
        library.esa_bulk_next(bulk.pointer, result, error)

    return _answer(make, bulk.kept, bulk.calling, _RESULTS[CreateRequestStruct])


class _Calling:
    """A call's options, and what its callbacks leave behind."""

    __slots__ = ("asking", "cancel", "failed", "options", "raised")

    def __init__(self, timeout_ms: int, max_attempts: int, cancel: Owned | None) -> None:
        self.raised: list[BaseException] = []
        self.failed: list[Exception] = []
        self.cancel = cancel
        self.options = CallOptionsStruct(
            sizeof(CallOptionsStruct), cancel.pointer if cancel else None, timeout_ms, max_attempts
        )
        self.asking = _interrupt.asking(self.raised) if _interrupt.handles_signals() else None
        if self.asking:
            self.options.interrupt, self.options.interrupt_data = _interrupt.asks, id(self.asking)


def _answer(
    make: Callable[[Any, Any], None],
    servers: tuple[Server, ...],
    calling: _Calling,
    result_type: tuple[type[Structure], Callable[[Any], None], Callable[[Any], Any]],
) -> tuple[Any, Failure | None, BaseException | None, Exception | None]:
    result_struct, release, read = result_type
    raised, failed = calling.raised, calling.failed
    served = _Served(tuple(serve(raised, failed) for serve in servers))
    result = POINTER(result_struct)()
    error = POINTER(ErrorStruct)()
    try:
        with served:
            try:
                make(byref(result), byref(error))
            except BaseException as interrupt:  # raised by a signal's handler after the library's last question
                raised.append(interrupt.with_traceback(None))  # without this frame, which holds native memory
        failure = _failure(error)
        cause = _taken(failed) if failure and failure["status"] is Status.CREDENTIALS else None
        return read(result.contents) if result else None, failure, _taken(raised), cause
    finally:
        failed.clear()
        release(result)
        library.esa_error_free(error)


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


def _record(result: Any) -> Record:
    return Record(
        record_id=result.record_id or None,
        site_id=result.site_id,
        origin=Origin(result.origin),
        attempts=result.attempts,
        status=_text(result.status),
        request_id=_text(result.request_id),
    )


def _deletion(result: Any) -> Deletion:
    return Deletion(deleted=bool(result.deleted), attempts=result.attempts, request_id=_text(result.request_id))


def _page(result: Any) -> RelatedRecordsPage:
    return RelatedRecordsPage(
        records=tuple(_related_record(result.records[index].contents) for index in range(result.count)),
        total_count=result.total_count,
        has_more=bool(result.has_more),
        request_id=_text(result.request_id),
    )


def _related_record(record: Any) -> RelatedRecord:
    return RelatedRecord(
        record_id=record.record_id,
        site_id=record.site_id,
        record_name=_text(record.record_name),
        site_name=_text(record.site_name),
    )


def _site(result: Any) -> Site:
    return Site(site_id=result.site_id, site_name=_text(result.site_name), request_id=_text(result.request_id))


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


# By request: the result's struct, what releases it, what reads it. Looked up by name, late, so that tests can watch.
_RESULTS: dict[type[Structure], tuple[type[Structure], Callable[[Any], None], Callable[[Any], Any]]] = {
    CreateRequestStruct: (
        CreateResultStruct,
        lambda result: library.esa_create_routine_related_record_result_free(result),
        lambda result: _record(result),
    ),
    DeleteRequestStruct: (
        DeleteResultStruct,
        lambda result: library.esa_delete_routine_related_record_result_free(result),
        lambda result: _deletion(result),
    ),
    ListRequestStruct: (
        ListResultStruct,
        lambda result: library.esa_list_routine_related_records_result_free(result),
        lambda result: _page(result),
    ),
    GetMatchSiteRequestStruct: (
        GetMatchSiteResultStruct,
        lambda result: library.esa_get_match_site_result_free(result),
        lambda result: _site(result),
    ),
}
