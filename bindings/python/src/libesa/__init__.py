"""Edge-routine records on Alibaba Cloud ESA.

    with libesa.Client() as client:
        record = client.create_routine_related_record(
            name="my-routine", site_id=54362329990032, record_name="app.example.com"
        )

Importing the package loads the shared library. If that fails, the ImportError names the file and says why.
"""

from ._library import NativeInfo, native_info
from .client import Client

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from .action import *
    from .async_client import *
    from .bulk import *
    from .cancel import *
    from .credentials import *
    from .deletion import *
    from .enums import *
    from .errors import *
    from .record import *
    from .related_records import *
    from .service_errors import *
    from .site import *
    from .stats import *

__version__ = "0.1.0"

# fmt: off
__all__ = [
    "AsyncBulk", "AsyncClient", "AuthError", "Bulk", "BusyError", "CallCancelledError", "CallTimeoutError",
    "Cancel", "Client", "ConfigError", "ConflictError", "ConnectError", "ConnectionLostError", "Credentials",
    "CredentialsError", "Deletion", "DependedByOthersError", "DescriptorsError", "DnsError", "Effect", "Ensured",
    "EsaError", "ForbiddenError", "ForkedError", "InternalError", "InternalExceptionError", "InternalOperationError",
    "InvalidArgumentError", "InvalidParameterError", "LockError", "NativeInfo", "Network", "NetworkError",
    "NotActivatedError", "NotFoundError", "Origin", "Outcome", "OverdueError", "ParameterAlreadyExistError",
    "ProxyError", "QuotaError", "Record", "RejectedError", "RelatedRecord", "RelatedRecordNumberExceedQuotaLimitError",
    "RelatedRecordsPage", "Reply", "ResponseError", "RoutineNotExistError", "RoutineUserServiceStatusHaltError",
    "ServerError", "ServiceCode", "ServiceError", "SignedRequest", "Site", "SiteParameterNotMatchError",
    "Stats", "Status", "ThrottledError", "TlsError", "UnsupportedError", "UserOperationStatusIsLockedError",
    "native_info", "read_reply", "sign_with",
]
# fmt: on

# The modules with the names that a first call doesn't need. To import all of them takes much longer than to import the
# rest of the package. The cheapest come first.
_LATE = (
    "record deletion site related_records stats bulk credentials cancel enums errors service_errors action async_client"
)


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in __all__:
        for module in _LATE.split():
            found = vars(import_module(f"{__name__}.{module}")).get(name)
            if found is not None:
                globals()[name] = found
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
