"""Edge-routine records on Alibaba Cloud ESA.

    with libesa.Client() as client:
        record = client.create_routine_related_record(
            name="my-routine", site_id=54362329990032, record_name="app.example.com"
        )

Importing this loads the shared library; an ImportError tells where it was looked for.
"""

from ._library import NativeInfo, native_info
from .cancel import Cancel
from .client import Client
from .created_record import CreatedRecord
from .enums import Origin, Outcome, ServiceCode, Status
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
    NetworkError,
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

__version__ = "0.1.0"

__all__ = [
    "AuthError",
    "BusyError",
    "CallCancelledError",
    "CallTimeoutError",
    "Cancel",
    "Client",
    "ConfigError",
    "ConflictError",
    "ConnectError",
    "ConnectionLostError",
    "CreatedRecord",
    "CredentialsError",
    "DependedByOthersError",
    "DnsError",
    "EsaError",
    "ForbiddenError",
    "ForkedError",
    "InternalError",
    "InternalExceptionError",
    "InternalOperationError",
    "InvalidArgumentError",
    "InvalidParameterError",
    "NativeInfo",
    "NetworkError",
    "NotActivatedError",
    "NotFoundError",
    "Origin",
    "Outcome",
    "OverdueError",
    "ParameterAlreadyExistError",
    "ProxyError",
    "QuotaError",
    "RejectedError",
    "RelatedRecordNumberExceedQuotaLimitError",
    "ResponseError",
    "RoutineNotExistError",
    "RoutineUserServiceStatusHaltError",
    "ServerError",
    "ServiceCode",
    "ServiceError",
    "SiteParameterNotMatchError",
    "Status",
    "ThrottledError",
    "TlsError",
    "UnsupportedError",
    "UserOperationStatusIsLockedError",
    "native_info",
]
