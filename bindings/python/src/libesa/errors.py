"""The exceptions: one class for each kind of failure, and one for each code that the service documents.

EsaError is the base of all. A class for a service code derives from the class of its kind, and where Python has an
exception that people catch for the same thing, from that too. `ServiceError` and `NetworkError` gather several kinds.
"""

from __future__ import annotations

from .enums import Outcome, ServiceCode, Status


class EsaError(Exception):
    """Why a call failed, what it did, and what to do about it.

    Holds no secret; can be pickled and copied. `str()` gives code, message, HTTP status and request id.
    """

    status: Status = Status.INTERNAL
    """The kind of failure."""
    outcome: Outcome
    """What the call did at the service: nothing was sent, it was refused, or unknown."""
    service_code: ServiceCode = ServiceCode.NONE
    """The service's code, typed."""
    http_status: int | None
    """The HTTP status of the reply, where there was one."""
    attempts: int
    """How many requests the call sent, or tried to send."""
    retry_after: float | None
    """How long the service asks to wait before the next try, in seconds, where it does."""
    retryable: bool
    """Whether the same call may succeed later. After Outcome.UNKNOWN, read back first whether the record is there."""
    code: str
    """The service's code, verbatim, such as "Throttling.User"; "" where it gave none."""
    message: str
    """The service's words, or the library's."""
    advice: str
    """What to do about it, in a sentence."""
    request_id: str
    """The service's id of the request, for its support; "" where there is none."""
    recommend: str
    """A link to the service's own help; may be ""."""
    access_denied_detail: str
    """Which permission was missing, in the service's JSON; may be ""."""

    def __init__(
        self,
        message: str = "",
        *,
        status: Status | None = None,
        outcome: Outcome = Outcome.NOT_SENT,
        service_code: ServiceCode | None = None,
        http_status: int | None = None,
        attempts: int = 0,
        retry_after: float | None = None,
        retryable: bool = False,
        code: str = "",
        advice: str = "",
        request_id: str = "",
        recommend: str = "",
        access_denied_detail: str = "",
    ) -> None:
        """Takes every field; status and service_code are the class's where they aren't given."""
        # Only the message goes to the base, so that unpickling, which gives back the fields, can call this with it.
        super().__init__(message)
        self.status = self.status if status is None else status
        self.service_code = self.service_code if service_code is None else service_code
        self.message, self.code, self.advice, self.recommend = message, code, advice, recommend
        self.outcome, self.retryable, self.retry_after = outcome, retryable, retry_after
        self.http_status, self.attempts, self.request_id = http_status, attempts, request_id
        self.access_denied_detail = access_denied_detail

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
    """Base of what the service answers; `code` has its word."""


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
