"""The exceptions: one class for each kind of failure. service_errors has one for each code that the service documents.

All derive from EsaError. A class also derives from Python's own exception for the same failure, if there is one.
`ServiceError` and `NetworkError` are the bases of several kinds.
"""

from __future__ import annotations

from .enums import Outcome, ServiceCode, Status

# The exceptions by ("status", Status) and by ("service_code", ServiceCode).
CLASSES: dict[tuple[str, Status | ServiceCode], type[EsaError]] = {}


class EsaError(Exception):
    """Why a call failed, what it did, and what to do about it.

    Contains no secret. Can be pickled and copied. `str()` returns code, message, HTTP status and request id.
    """

    status: Status = Status.INTERNAL
    """The kind of failure."""
    outcome: Outcome = Outcome.NOT_SENT
    """What the call did at the service."""
    service_code: ServiceCode = ServiceCode.NONE
    """The service's code, typed."""
    http_status: int | None = None
    """The HTTP status of the reply, if there was one."""
    attempts: int = 0
    """How many requests the call sent, or tried to send."""
    retry_after: float | None = None
    """How long to wait before the next attempt, in seconds, if the service says so."""
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
    """A link to the service's help; can be ""."""
    access_denied_detail: str = ""
    """Which permission is missing, as the service's JSON; can be ""."""

    def __init_subclass__(cls, **of: Status | ServiceCode) -> None:
        """Takes the `status` or the `service_code` of the class."""
        for field, value in of.items():
            setattr(cls, field, value)
            CLASSES[field, value] = cls

    def __init__(self, message: str = "", **fields: object) -> None:
        """Takes the fields by name. The others have the defaults of the class."""
        super().__init__(message)
        unknown = ", ".join(sorted(fields.keys() - EsaError.__annotations__.keys()))
        if unknown:
            raise TypeError(f"{type(self).__name__}(): unknown fields: {unknown}")
        vars(self).update(fields, message=message)

    def __str__(self) -> str:
        """Returns code, message, HTTP status and request id, those that are known."""
        text = f"{self.code}: {self.message}" if self.code else self.message
        reply = [f"HTTP {self.http_status}"] if self.http_status is not None else []
        reply += [f"request {self.request_id}"] if self.request_id else []
        return f"{text} ({', '.join(reply)})" if reply else text


class NetworkError(EsaError, ConnectionError):
    """Base of failures between this machine and the service. See `outcome`."""


class ServiceError(EsaError):
    """Base of errors that the service answers with. See `code`."""


class InvalidArgumentError(EsaError, ValueError, status=Status.INVALID_ARGUMENT):
    """An argument is malformed or out of range; the message names it."""


class UnsupportedError(EsaError, NotImplementedError, status=Status.UNSUPPORTED):
    """The loaded library doesn't know something that the call asks for."""


class ConfigError(EsaError, ValueError, status=Status.CONFIG):
    """The configuration can't be used: region, endpoint, CA file, ..."""


class CredentialsError(EsaError, status=Status.CREDENTIALS):
    """No credentials were found, or they can't be used."""


class LockError(EsaError, status=Status.LOCK):
    """The lock that the client shares with others can't be used."""


class CallCancelledError(EsaError, status=Status.CANCELLED):
    """The call was cancelled. See `outcome`: the request may have been sent already."""


class ForkedError(EsaError, RuntimeError, status=Status.FORKED):
    """An AsyncClient can't call in a child of fork on an event loop that was created before the fork."""


class DescriptorsError(EsaError, OSError, status=Status.DESCRIPTORS):
    """No file descriptors are left. See `outcome`: a request may have been sent already."""


class DnsError(NetworkError, status=Status.DNS):
    """The endpoint's name could not be resolved."""


class ConnectError(NetworkError, status=Status.CONNECT):
    """No connection could be made."""


class ProxyError(NetworkError, status=Status.PROXY):
    """The proxy refused or failed."""


class TlsError(NetworkError, status=Status.TLS):
    """The TLS handshake failed: certificate, protocol version, ..."""


class CallTimeoutError(EsaError, TimeoutError, status=Status.TIMEOUT):
    """A time limit passed. See `outcome`: the request may have been sent already."""


class ConnectionLostError(NetworkError, status=Status.IO):
    """The connection failed while it was in use. See `outcome`."""


class ResponseError(EsaError, status=Status.RESPONSE):
    """The answer is not one that the service gives: not HTTP, not JSON, too large, ..."""


class RejectedError(ServiceError, status=Status.REJECTED):
    """The service refused the request as it stands."""


class AuthError(ServiceError, PermissionError, status=Status.AUTH):
    """The service doesn't accept the credentials or the signature."""


class ForbiddenError(ServiceError, PermissionError, status=Status.FORBIDDEN):
    """The credentials are valid, but don't allow this; see `access_denied_detail`."""


class NotFoundError(ServiceError, LookupError, status=Status.NOT_FOUND):
    """What the request names doesn't exist."""


class ConflictError(ServiceError, status=Status.CONFLICT):
    """Something in the way exists already."""


class QuotaError(ServiceError, status=Status.QUOTA):
    """A quota is used up."""


class ThrottledError(ServiceError, status=Status.THROTTLED):
    """Too many requests in a short time; see `retry_after`."""


class BusyError(ServiceError, status=Status.BUSY):
    """The service is busy with another call of the same account."""


class OverdueError(ServiceError, status=Status.OVERDUE):
    """The account has overdue payments."""


class NotActivatedError(ServiceError, status=Status.NOT_ACTIVATED):
    """Edge Routine is not activated for the account."""


class ServerError(ServiceError, status=Status.SERVER):
    """The service failed. See `outcome`: the record may exist."""


class InternalError(EsaError, RuntimeError, status=Status.INTERNAL):
    """A bug in the library. Please report it with the message."""
