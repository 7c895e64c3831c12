"""The exception for a failure that the shared library tells."""

from __future__ import annotations

from .enums import Outcome, ServiceCode, Status
from .errors import (
    AuthError,
    BusyError,
    CallCancelledError,
    CallTimeoutError,
    ConfigError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    CredentialsError,
    DnsError,
    EsaError,
    ForbiddenError,
    ForkedError,
    InternalError,
    InvalidArgumentError,
    NotActivatedError,
    NotFoundError,
    OverdueError,
    ProxyError,
    QuotaError,
    RejectedError,
    ResponseError,
    ServerError,
    ServiceError,
    ThrottledError,
    TlsError,
    UnsupportedError,
)
from .service_errors import (
    DependedByOthersError,
    InternalExceptionError,
    InternalOperationError,
    InvalidParameterError,
    ParameterAlreadyExistError,
    RelatedRecordNumberExceedQuotaLimitError,
    RoutineNotExistError,
    RoutineUserServiceStatusHaltError,
    SiteParameterNotMatchError,
    UserOperationStatusIsLockedError,
)

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any

_BY_STATUS: dict[Status, type[EsaError]] = {
    kind.status: kind
    for kind in (
        InvalidArgumentError,
        UnsupportedError,
        ConfigError,
        CredentialsError,
        CallCancelledError,
        ForkedError,
        DnsError,
        ConnectError,
        ProxyError,
        TlsError,
        CallTimeoutError,
        ConnectionLostError,
        ResponseError,
        RejectedError,
        AuthError,
        ForbiddenError,
        NotFoundError,
        ConflictError,
        QuotaError,
        ThrottledError,
        BusyError,
        OverdueError,
        NotActivatedError,
        ServerError,
        InternalError,
    )
}

_BY_SERVICE_CODE: dict[ServiceCode, type[EsaError]] = {
    kind.service_code: kind
    for kind in (
        InternalExceptionError,
        InvalidParameterError,
        RoutineNotExistError,
        DependedByOthersError,
        SiteParameterNotMatchError,
        InternalOperationError,
        ParameterAlreadyExistError,
        RelatedRecordNumberExceedQuotaLimitError,
        RoutineUserServiceStatusHaltError,
        UserOperationStatusIsLockedError,
    )
}


def error_class(status: Status, service_code: ServiceCode) -> type[EsaError]:
    """The most particular class; one for the code only where it is of the status's kind, which the status decides."""
    by_status = _BY_STATUS.get(status)
    if by_status is None:
        return ServiceError if 300 <= status <= 399 else EsaError
    by_service_code = _BY_SERVICE_CODE.get(service_code, by_status)
    return by_service_code if issubclass(by_service_code, by_status) else by_status


def error(failure: dict[str, Any]) -> EsaError:
    """The exception with the fields of `failure`, which are named as EsaError's; for members it has their numbers."""
    status, service_code = Status(failure["status"]), ServiceCode(failure["service_code"])
    members = {"status": status, "service_code": service_code, "outcome": Outcome(failure["outcome"])}
    return error_class(status, service_code)(**{**failure, **members})
