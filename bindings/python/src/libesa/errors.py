"""The exceptions: one class for each kind of failure, and one for each code that the service documents.

EsaError is the base of all. A class for a service code derives from the class of its kind, and if Python has an
exception that people catch for the same thing, from that too. `ServiceError` and `NetworkError` gather several kinds.
"""

from __future__ import annotations

from .enums import Outcome, ServiceCode, Status

# The exceptions by ("status", Status) and by ("service_code", ServiceCode).
CLASSES: dict[tuple[str, Status | ServiceCode], type[EsaError]] = {}


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

    def __init_subclass__(cls, **of: Status | ServiceCode) -> None:
        """Takes the `status` or `service_code` that the class is for."""
        for field, value in of.items():
            setattr(cls, field, value)
            CLASSES[field, value] = cls

    def __init__(self, message: str = "", **fields: object) -> None:
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
    """The call can't be made in a child of fork: an AsyncClient's, in an event loop that was made before."""


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
    """The credentials are good, but don't allow this; see `access_denied_detail`."""


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
