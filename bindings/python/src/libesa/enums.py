"""The enumerations of the C interface, with the same numbers, and the same names without their prefixes.

A number that this version doesn't know becomes a new member, named `UNKNOWN_<number>`.
"""

from __future__ import annotations

from enum import IntEnum


class _OpenEnum(IntEnum):
    """Accepts any number: a newer library can return one that isn't listed here."""

    @classmethod
    def _missing_(cls, value: object) -> _OpenEnum | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = f"UNKNOWN_{value}", value
        return member


class Status(_OpenEnum):
    """The kind of result. 1xx: a failure on this side; 2xx: no usable answer; 3xx: the service's answer."""

    OK = 0
    """The call succeeded."""
    INVALID_ARGUMENT = 100
    """An argument is missing, malformed or out of range; the message names it."""
    UNSUPPORTED = 101
    """The caller set a field that this version of the library doesn't know."""
    CONFIG = 102
    """The configuration can't be used: region, endpoint, CA file, ..."""
    CREDENTIALS = 103
    """No credentials were found, or they can't be used."""
    LOCK = 104
    """The lock that the client shares with others can't be used."""
    CANCELLED = 110
    """The caller cancelled the call. See `outcome`: the request may have been sent already."""
    FORKED = 111
    """The event loop was created before fork(), and this is the child. The client works in a loop of the child."""
    DESCRIPTORS = 112
    """No file descriptors are left. See `outcome`: a request may have been sent already."""
    DNS = 200
    """The endpoint's name could not be resolved."""
    CONNECT = 201
    """No connection could be made."""
    PROXY = 202
    """The proxy refused or failed."""
    TLS = 203
    """The TLS handshake failed: certificate, protocol version, ..."""
    TIMEOUT = 204
    """A time limit passed. See `outcome`: the request may have been sent already."""
    IO = 205
    """The connection failed while it was in use."""
    RESPONSE = 206
    """The answer is not one that the service gives: not HTTP, not JSON, too large, ..."""
    REJECTED = 300
    """The service refused the request as it stands."""
    AUTH = 301
    """The service doesn't accept the credentials or the signature."""
    FORBIDDEN = 302
    """The credentials are valid, but don't allow this."""
    NOT_FOUND = 303
    """What the request names doesn't exist."""
    CONFLICT = 304
    """Something in the way exists already."""
    QUOTA = 305
    """A quota is used up."""
    THROTTLED = 306
    """Too many requests in a short time."""
    BUSY = 307
    """The service is busy with another call of the same account."""
    OVERDUE = 308
    """The account has overdue payments."""
    NOT_ACTIVATED = 309
    """Edge Routine is not activated for the account."""
    SERVER = 310
    """The service failed."""
    INTERNAL = 900
    """A bug in the library. Please report it with the message."""


class Outcome(_OpenEnum):
    """What a failed call did at the service."""

    NOT_SENT = 0
    """No write of the call was sent; nothing has changed."""
    REFUSED = 1
    """The service refused each write that was sent, or a read, with a code that says that nothing has changed."""
    UNKNOWN = 2
    """A write was sent, and may have been carried out or may still be. No later refusal changes that."""


class ServiceCode(_OpenEnum):
    """The service's own code; `EsaError.code` has it verbatim."""

    NONE = 0
    """The service gave no code."""
    OTHER = 1
    """A code that this version doesn't know."""
    INTERNAL_EXCEPTION = 10
    INVALID_PARAMETER = 11
    ROUTINE_NOT_EXIST = 12
    DEPENDED_BY_OTHERS = 13
    SITE_PARAMETER_NOT_MATCH = 14
    INTERNAL_OPERATION_ERROR = 15
    PARAMETER_ALREADY_EXIST = 16
    RELATED_RECORD_NUMBER_EXCEED_QUOTA_LIMIT = 17
    ROUTINE_USER_SERVICE_STATUS_HALT = 18
    USER_OPERATION_STATUS_IS_LOCKED = 19
    LOCK_FAILED = 40
    SITE_SERVICE_BUSY = 41
    RECORD_SERVICE_BUSY = 42
    TOO_MANY_REQUESTS = 43
    SERVICE_NOT_OPEN = 44
    SITE_NOT_FOUND = 45
    PARAMETER_NOT_EXIST = 46
    ROUTINE_ALREADY_EXIST = 47
    ROUTINE_NUMBER_EXCEED_QUOTA_LIMIT = 48
    THROTTLING = 60
    THROTTLING_USER = 61
    THROTTLING_API = 62
    REJECTED_THROTTLING = 63
    SERVICE_UNAVAILABLE = 64
    INTERNAL_ERROR = 65
    UNKNOWN_ERROR = 66
    SIGNATURE_NONCE_USED = 67
    INVALID_TIME_STAMP_EXPIRED = 68
    INVALID_SECURITY_TOKEN_EXPIRED = 69
    SIGNATURE_DOES_NOT_MATCH = 70
    INCOMPLETE_SIGNATURE = 71
    INVALID_ACCESS_KEY_ID_NOT_FOUND = 72
    INVALID_ACCESS_KEY_ID_INACTIVE = 73
    FORBIDDEN_ACCESS_KEY_DISABLED = 74
    FORBIDDEN_RAM = 75
    NO_PERMISSION = 76
    FORBIDDEN_RISK_CONTROL = 77
    INVALID_ACTION_NOT_FOUND = 78
    INVALID_VERSION = 79
    INVALID_PROTOCOL_NEED_SSL = 80
    UNSUPPORTED_HTTP_METHOD = 81


class Network(_OpenEnum):
    """The network from which the client reaches the service."""

    DEFAULT = 0
    """PUBLIC."""
    PUBLIC = 1
    """From the internet."""
    VPC = 2
    """From inside a VPC in the region."""


class Effect(_OpenEnum):
    """Whether an action changes something. It decides what a call may do if its answer is lost."""

    DEFAULT = 0
    """What the library knows about the action. WRITES if it doesn't know the action."""
    READS = 1
    """It changes nothing, so it may be sent again at any time."""
    WRITES = 2
    """It changes something, so it is sent again only if the attempt before changed nothing."""


class Origin(_OpenEnum):
    """Where a record came from."""

    CREATED = 1
    """This call created it, as the service says."""
    RECOVERED = 2
    """An answer was lost or incomplete, and the list shows the record. Somebody else may have created it meanwhile."""
    EXISTING = 3
    """It was there already."""
