"""The exceptions: one class for each kind of failure, and one for each code that the service documents.

EsaError is the base of all. A class for a service code derives from the class of its kind, and if Python has an
exception that people catch for the same thing, from that too. `ServiceError` and `NetworkError` gather several kinds.
"""

from __future__ import annotations

from .enums import Outcome, ServiceCode, Status

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any


class EsaError(Exception):
    """Why a call failed, what it did, and what to do about it.

    Holds no secret; can be pickled and copied. `str()` gives code, message, HTTP status and request id.
    """

    status: Status = Status.INTERNAL
    """The kind of failure."""
    outcome: Outcome = Outcome.NOT_SENT
    """What the call did at the service: nothing was sent, it was refused, or unknown."""
    service_code: ServiceCode = ServiceCode.NONE
    """The service's code, typed."""
    http_status: int | None = None
    """The HTTP status of the reply, if there was one."""
    attempts: int = 0
    """How many requests the call sent, or tried to send."""
    retry_after: float | None = None
    """How long the service asks to wait before the next attempt, in seconds, if it does."""
    retryable: bool = False
    """Whether the same call may succeed later. After Outcome.UNKNOWN, read back first whether the record exists."""
    code: str = ""
    """The service's code, verbatim, such as "Throttling.User"; "" if it gave none."""
    message: str = ""
    """The service's message, or the library's."""
    advice: str = ""
    """What to do about it, in a sentence."""
    request_id: str = ""
    """The service's id of the request, for its support; "" if there is none."""
    recommend: str = ""
    """A link to the service's own help; may be ""."""
    access_denied_detail: str = ""
    """Which permission was missing, in the service's JSON; may be ""."""

    def __init__(self, message: str = "", **fields: Any) -> None:
        """Takes every field by its name; the default of one that isn't given is the class's."""
        super().__init__(message)
        unknown = ", ".join(sorted(fields.keys() - EsaError.__annotations__.keys()))
        if unknown:
            raise TypeError(f"{type(self).__name__}(): unknown fields: {unknown}")
        vars(self).update(fields, message=message)

    def __str__(self) -> str:
        """Code, message, HTTP status and request id, as far as there are any."""
        text = f"{self.code}: {self.message}" if self.code else self.message
        reply = [f"HTTP {self.http_status}"] if self.http_status is not None else []
        if self.request_id:
            reply.append(f"request {self.request_id}")
        return f"{text} ({', '.join(reply)})" if reply else text


class NetworkError(EsaError, ConnectionError):
    """Base of what fails between this machine and the service. See `outcome`."""


class ServiceError(EsaError):
    """Base of what the service answers; see `code`."""


class InvalidArgumentError(EsaError, ValueError):
    """An argument is malformed or out of range; the message names it."""

    status = Status.INVALID_ARGUMENT


class UnsupportedError(EsaError, NotImplementedError):
    """The loaded library doesn't know something that the call asks for."""

    status = Status.UNSUPPORTED


class ConfigError(EsaError, ValueError):
    """The configuration can't be used: region, endpoint, CA file, ..."""

    status = Status.CONFIG


class CredentialsError(EsaError):
    """No credentials were found, or they can't be used."""

    status = Status.CREDENTIALS


class LockError(EsaError):
    """The lock that the client shares with others can't be used."""

    status = Status.LOCK


class CallCancelledError(EsaError):
    """The call was cancelled. See `outcome`: the request may have been sent already."""

    status = Status.CANCELLED


class ForkedError(EsaError, RuntimeError):
    """The call can't be made in a child of fork: an AsyncClient's, in an event loop that was made before."""

    status = Status.FORKED


class DescriptorsError(EsaError, OSError):
    """No file descriptors are left. See `outcome`: a request may have been sent already."""

    status = Status.DESCRIPTORS


class DnsError(NetworkError):
    """The endpoint's name could not be resolved."""

    status = Status.DNS


class ConnectError(NetworkError):
    """No connection could be made."""

    status = Status.CONNECT


class ProxyError(NetworkError):
    """The proxy refused or failed."""

    status = Status.PROXY


class TlsError(NetworkError):
    """The TLS handshake failed: certificate, protocol version, ..."""

    status = Status.TLS


class CallTimeoutError(EsaError, TimeoutError):
    """A time limit passed. See `outcome`: the request may have been sent already."""

    status = Status.TIMEOUT


class ConnectionLostError(NetworkError):
    """The connection failed while it was in use. See `outcome`."""

    status = Status.IO


class ResponseError(EsaError):
    """The answer is not one that the service gives: not HTTP, not JSON, too large, ..."""

    status = Status.RESPONSE


class RejectedError(ServiceError):
    """The service refused the request as it stands."""

    status = Status.REJECTED


class AuthError(ServiceError, PermissionError):
    """The service doesn't accept the credentials or the signature."""

    status = Status.AUTH


class ForbiddenError(ServiceError, PermissionError):
    """The credentials are good, but don't allow this; see `access_denied_detail`."""

    status = Status.FORBIDDEN


class NotFoundError(ServiceError, LookupError):
    """What the request names doesn't exist."""

    status = Status.NOT_FOUND


class ConflictError(ServiceError):
    """Something in the way exists already."""

    status = Status.CONFLICT


class QuotaError(ServiceError):
    """A quota is used up."""

    status = Status.QUOTA


class ThrottledError(ServiceError):
    """Too many requests in a short time; see `retry_after`."""

    status = Status.THROTTLED


class BusyError(ServiceError):
    """The service is busy with another call of the same account."""

    status = Status.BUSY


class OverdueError(ServiceError):
    """The account has overdue payments."""

    status = Status.OVERDUE


class NotActivatedError(ServiceError):
    """Edge Routine is not activated for the account."""

    status = Status.NOT_ACTIVATED


class ServerError(ServiceError):
    """The service failed. See `outcome`: the record may exist."""

    status = Status.SERVER


class InternalError(EsaError, RuntimeError):
    """A bug in the library. Please report it with the message."""

    status = Status.INTERNAL
