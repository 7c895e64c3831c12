"""Any action of the service: called, or signed for the program to send itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from ctypes import Structure, addressof, byref, c_void_p, sizeof

from ._arguments import INT64, integer, optional, optional_text, text, wrong_type
from ._frozen import Frozen
from ._library import library, struct
from ._native import decoded, fields_of, given
from ._operation import Call, Operation
from .credentials import key_of

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any, Callable, TypedDict

    from typing_extensions import Unpack

    from ._operation import Limits, T
    from .credentials import Credentials
    from .enums import Effect

    class Options(TypedDict, total=False):
        """What may be said of an action. Client.call() tells what it means."""

        query: Mapping[str, object] | None
        form: Mapping[str, object] | None
        method: str | None
        version: str | None
        effect: Effect | None

    class CallOptions(Options, Limits, total=False):
        """What may be said of a call of one."""


class Reply(dict[str, "Any"]):
    """The JSON object that the service answered with: a dict, with what is known of the answer besides."""

    request_id: str
    """The service's id of the request."""
    attempts: int
    """How many requests the call sent, of which the last one was answered so; 0 from read_reply()."""
    http_status: int
    """The HTTP status of the reply: 200 to 299."""


class SignedRequest(Frozen):
    """A signed request, to be sent once, as it is. Can't be changed; compares and pickles by its fields.

    What else HTTP wants, such as Content-Length, is the sender's to add. The service takes it within 15 minutes, and
    once: sign each attempt again. It needs TLS, unless the URL says http, and no redirects are to be followed. The
    headers, or the URL with signature version 1, hold the signature and the security token: keep them out of logs.
    """

    method: str
    """"GET" or "POST"."""
    url: str
    """The whole URL, such as "https://esa.cn-hangzhou.aliyuncs.com/?SiteId=7"."""
    headers: tuple[tuple[str, str], ...]
    """Names, in small letters, with their values; "host" is among them. `dict()` makes a dict of them."""
    body: bytes
    """A form; b"" where there is none. A GET may have one."""

    def __repr__(self) -> str:
        """The method only."""
        return f"SignedRequest(method={self.method!r})"


def _read_reply(result: Structure) -> Reply:
    fields = fields_of(result, Reply.__annotations__)
    try:
        reply = Reply(json.loads(result.body))
    except (ValueError, RecursionError) as reason:  # a number of too many digits, objects nested too deep
        from ._failure import unreadable

        raise unreadable(f"the reply can't be read: {reason}", **fields) from None
    vars(reply).update(fields)
    return reply


def _read_signed(request: Structure) -> SignedRequest:
    headers = (_header * request.header_count).from_address(request.headers)
    pairs = tuple((decoded(header.name), decoded(header.value)) for header in headers)
    return SignedRequest(**fields_of(request, ("method", "url")), headers=pairs, body=request.body)


_header = struct("esa_header")
_FIELDS = "action params? query? form? method? version? effect?"
CALL = Operation("esa_call_action", _read_reply, _FIELDS)
SIGN = Operation("esa_sign_action", _read_signed, _FIELDS, of="esa_call_action", gives="esa_signed_request")


def arguments_of(**options: Any) -> dict[str, Any]:
    """The arguments of a call of CALL or SIGN: CallOptions, besides the action's name and `params`."""
    for name in ("params", "query", "form"):
        value = options.get(name)
        if value is not None:
            if not isinstance(value, Mapping):
                raise wrong_type(name, "a mapping", value)
            options[name] = json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"))
    return options


def sign_with(
    credentials: Credentials,
    action: str,
    params: Mapping[str, object] | None = None,
    *,
    nonce: str,
    date: int,
    endpoint: str | None = None,
    signature_version: int | None = None,
    **options: Unpack[Options],
) -> SignedRequest:
    """Signs any action with what it is given, and nothing else: no client, no environment, no clock.

    The same arguments give the same request. `expires_at` of the credentials isn't looked at.

    nonce: 1 to 64 characters of printable ASCII that no other request has, such as `uuid.uuid4().hex`.
    date: when the request is sent, in seconds since 1970 (UTC), such as `int(time.time())`: 1 or more. The service
        takes what is off by less than 15 minutes.
    endpoint: the server: "host", "host:port" or "https://host:port". Default: that of cn-hangzhou.
    signature_version: 3 (the default), or 1 for old gateways.
    action, params, options: as with Client.call().

    Raises InvalidArgumentError if a value can't be used, ConfigError if it is the endpoint, and TypeError for a value
    of the wrong type.
    """
    request = Call(SIGN, **arguments_of(action=action, params=params, **options)).request
    kind, version = struct("esa_sign_with_options"), optional("signature_version", signature_version)
    server, once = optional_text("endpoint", endpoint), text("nonce", nonce)
    signing = kind(sizeof(kind), *key_of(credentials), server, once, integer("date", date, INT64), version)
    return _done(SIGN, library.esa_sign_with, byref(signing), byref(request))


def read_reply(
    *,
    http_status: int,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    action: str | None = None,
    effect: Effect | None = None,
) -> Reply:
    """Reads a reply that the program received itself: returns the result, or raises the error that it stands for.

    http_status: 100 to 999.
    headers: in any order and case. Without them an error lacks what they tell, such as how long to wait.
    body: without transfer and content codings.
    action: the one that it answers. Default: one that the library doesn't know.
    effect: as with Client.call().

    The EsaError is as good as that of a call. So a loop of the program's own can do what Client.call() does: make an
    action again that changes nothing; make one that changes something again only after Outcome.REFUSED if the error is
    `retryable`, after `retry_after`; and read back after Outcome.UNKNOWN. Sign each attempt again. Where no reply came,
    a request that was sent in part may have been carried out. `attempts` is 0, and the outcome that of this request
    alone: of those before it the program knows.

    Raises InvalidArgumentError and TypeError for a value that can't be used.
    """
    if not isinstance(body, bytes):
        raise wrong_type("body", "bytes", body)
    items = headers.items() if isinstance(headers, Mapping) else headers
    pairs = [_header(text("headers", name), text("headers", _readable(value))) for name, value in items]
    array = (_header * len(pairs))(*pairs)
    kind, named, kept = struct("esa_reply"), optional_text("action", action), optional("effect", effect)
    status = integer("http_status", http_status, (0, 2**31 - 1))
    reply = kind(sizeof(kind), named, kept, status, addressof(array), len(pairs), body, len(body))
    return _done(CALL, library.esa_read_reply, byref(reply))


def _readable(value: str) -> str:
    """The value of a header without the bytes that aren't UTF-8, which HTTP libraries keep as surrogates."""
    return value.encode(errors="surrogateescape").decode(errors="replace") if isinstance(value, str) else value


def _done(operation: Operation[T], function: Callable[..., int], *arguments: Any) -> T:
    """What a function gives that needs no client, read as what the operation gives."""
    result, error = c_void_p(), c_void_p()
    function(*arguments, byref(result), byref(error))
    return given(operation.answer(result, error))
