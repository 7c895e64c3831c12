"""Calls any action of the service, or signs it so that the program can send it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from ctypes import Structure, addressof, byref, c_int64, c_void_p, sizeof

from ._arguments import converted, integer, optional, optional_text, text, wrong_type
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
        """The options of an action. Client.call() explains them."""

        query: Mapping[str, object] | None
        form: Mapping[str, object] | None
        method: str | None
        version: str | None
        effect: Effect | None

    class CallOptions(Options, Limits, total=False):
        """The options of a call of an action."""


class Reply(dict[str, "Any"]):
    """The JSON object that the service answered with, as a dict, and facts about the answer as attributes."""

    request_id: str
    """The service's id of the request."""
    attempts: int
    """How many requests the call sent; 0 from read_reply(). This is the answer to the last one."""
    http_status: int
    """The HTTP status of the reply: 200 to 299."""


class SignedRequest(Frozen):
    """A signed request: send it once, and don't change it. Can't be changed; compares and pickles by its fields.

    The sender adds other headers that HTTP requires, such as Content-Length. The service accepts the request for 15
    minutes, and only once: sign again for each attempt. Use TLS, unless the URL says http, and follow no redirects. The
    headers, or the URL with signature version 1, contain the signature and the security token: keep them out of logs.
    """

    method: str
    """"GET" or "POST"."""
    url: str
    """The whole URL, such as "https://esa.cn-hangzhou.aliyuncs.com/?SiteId=7"."""
    headers: tuple[tuple[str, str], ...]
    """Lower-case names with their values; "host" is among them. `dict()` turns them into a dict."""
    body: bytes
    """A form; b"" if there is none. A GET can have one."""

    def __repr__(self) -> str:
        """Shows the method only."""
        return f"SignedRequest(method={self.method!r})"


def _read_reply(result: Structure) -> Reply:
    fields = fields_of(result, Reply.__annotations__)
    try:
        reply = Reply(json.loads(result.body))
    except (ValueError, RecursionError) as reason:  # a number of too many digits, objects nested too deep
        return _unreadable(reason, fields)
    vars(reply).update(fields)
    return reply


def _unreadable(reason: Exception, fields: dict[str, Any]) -> Reply:
    """Raises the library's error for a reply that isn't JSON, with these fields. Python refuses some that are."""
    try:
        return read_reply(http_status=200)
    except Exception as error:
        error.args = (f"the reply can't be read: {reason}",)
        vars(error).update(fields, retryable=False, message=error.args[0])
        raise error from None


def _read_signed(request: Structure) -> SignedRequest:
    headers = (_header * request.header_count).from_address(request.headers)
    pairs = tuple((decoded(header.name), decoded(header.value)) for header in headers)
    return SignedRequest(**fields_of(request, ("method", "url")), headers=pairs, body=request.body)


_header = struct("esa_header")
_FIELDS = "action params? query? form? method? version? effect?"
CALL = Operation("esa_call_action", _read_reply, _FIELDS)
SIGN = Operation("esa_sign_action", _read_signed, _FIELDS, of="esa_call_action", gives="esa_signed_request")


def arguments_of(**options: Any) -> dict[str, Any]:
    """Returns the arguments for CALL or SIGN. `options`: the action, `params`, and CallOptions."""
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
    """Signs any action from its arguments alone: without a client, the environment or the clock.

    The same arguments give the same request. `expires_at` of the credentials is ignored.

    nonce: 1 to 64 characters of printable ASCII that no other request uses, such as `uuid.uuid4().hex`.
    date: when the request is sent, in seconds since 1970 (UTC), such as `int(time.time())`: 1 or more. The service
        accepts a date that is off by less than 15 minutes.
    endpoint: the server: "host", "host:port" or "https://host:port". Default: that of cn-hangzhou.
    signature_version: 3 (the default), or 1 for old gateways.
    action, params, options: as with Client.call().

    Raises ConfigError for an invalid endpoint, InvalidArgumentError for another invalid value, and TypeError for a
    value of the wrong type.
    """
    request = Call(SIGN, **arguments_of(action=action, params=params, **options)).request
    kind, version = struct("esa_sign_with_options"), optional("signature_version", signature_version)
    server, once = optional_text("endpoint", endpoint), text("nonce", nonce)
    signing = kind(sizeof(kind), *key_of(credentials), server, once, converted("date", date, c_int64), version)
    return _done(SIGN, library.esa_sign_with, byref(signing), byref(request))


def read_reply(
    *,
    http_status: int,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    action: str | None = None,
    effect: Effect | None = None,
) -> Reply:
    """Reads a reply that the program received itself. Returns the result, or raises the EsaError of the reply.

    http_status: 100 to 999.
    headers: in any order and case. Without them, an error lacks what they say, such as how long to wait.
    body: without transfer and content codings.
    action: the action that the reply answers. Default: one that the library doesn't know.
    effect: as with Client.call().

    With the EsaError, a program can retry as Client.call() does. If the action changes nothing, make it again. If it
    changes something, make it again only after Outcome.REFUSED, if the error is `retryable`, and wait for
    `retry_after`. After Outcome.UNKNOWN, read back. Sign again for each attempt. If no reply came and the request was
    sent, even in part, it may have been carried out. `attempts` is 0, and `outcome` is that of this request alone: the
    program has to know about the requests before it.

    Raises InvalidArgumentError for an invalid value, and TypeError for one of the wrong type.
    """
    if not isinstance(body, bytes):
        raise wrong_type("body", "bytes", body)
    items: Any = headers.items() if isinstance(headers, Mapping) else headers
    pairs = [_header(text("headers", name), text("headers", _readable(value))) for name, value in items]
    array = (_header * len(pairs))(*pairs)
    kind, named, kept = struct("esa_reply"), optional_text("action", action), optional("effect", effect)
    status = integer("http_status", http_status, 0, 2**31 - 1)
    reply = kind(sizeof(kind), named, kept, status, addressof(array), len(pairs), body, len(body))
    return _done(CALL, library.esa_read_reply, byref(reply))


def _readable(value: str) -> str:
    """Replaces the bytes of a header that aren't UTF-8. HTTP libraries keep them as surrogates."""
    return value.encode(errors="surrogateescape").decode(errors="replace") if isinstance(value, str) else value


def _done(operation: Operation[T], function: Callable[..., int], *arguments: Any) -> T:
    """Calls a function that needs no client, and reads its result as the operation's."""
    result, error = c_void_p(), c_void_p()
    function(*arguments, byref(result), byref(error))
    return given(operation.answer(result, error))
