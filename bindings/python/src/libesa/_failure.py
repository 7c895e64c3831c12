"""The exception for a failure that the shared library tells."""

from __future__ import annotations

from . import errors, service_errors
from .enums import Outcome, ServiceCode, Status
from .errors import EsaError, ServiceError

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any

_CLASSES: list[type[EsaError]] = [
    kind
    for module in (errors, service_errors)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, EsaError)
]
_BY_STATUS = {kind.status: kind for kind in _CLASSES if "status" in vars(kind)}
_BY_SERVICE_CODE = {kind.service_code: kind for kind in _CLASSES if "service_code" in vars(kind)}


def error_class(status: Status, service_code: ServiceCode) -> type[EsaError]:
    """The most particular class; one for the code only where it is of the status's kind, which the status decides."""
    by_status = _BY_STATUS.get(status, ServiceError if 300 <= status <= 399 else EsaError)
    by_service_code = _BY_SERVICE_CODE.get(service_code, by_status)
    return by_service_code if issubclass(by_service_code, by_status) else by_status


def error(failure: dict[str, Any]) -> EsaError:
    """The exception with the fields of `failure`, which are named as EsaError's; for members it has their numbers."""
    status, service_code = Status(failure["status"]), ServiceCode(failure["service_code"])
    members = {"status": status, "service_code": service_code, "outcome": Outcome(failure["outcome"])}
    return error_class(status, service_code)(**{**failure, **members})
