"""The exception for a failure of the shared library's."""

from __future__ import annotations

from . import errors, service_errors
from .enums import Outcome, ServiceCode, Status
from .errors import EsaError, ServiceError

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any


def _classes_by(field: str) -> dict[int, type[EsaError]]:
    """The exceptions that have a `status` or `service_code` of their own, by it."""
    classes = [*vars(errors).values(), *vars(service_errors).values()]
    return {vars(kind)[field]: kind for kind in classes if isinstance(kind, type) and field in vars(kind)}


_BY_STATUS, _BY_SERVICE_CODE = _classes_by("status"), _classes_by("service_code")


def error_class(status: Status, service_code: ServiceCode) -> type[EsaError]:
    """The class for the code if it is one of the status's kind, else the class for the status."""
    by_status = _BY_STATUS.get(status, ServiceError if 300 <= status <= 399 else EsaError)
    by_service_code = _BY_SERVICE_CODE.get(service_code, by_status)
    return by_service_code if issubclass(by_service_code, by_status) else by_status


def error(failure: dict[str, Any]) -> EsaError:
    """The exception with the fields of `failure`, which are named as EsaError's; its enumerations are numbers."""
    status, service_code = Status(failure["status"]), ServiceCode(failure["service_code"])
    fields = {**failure, "status": status, "service_code": service_code, "outcome": Outcome(failure["outcome"])}
    return error_class(status, service_code)(**fields)


def unreadable(message: str, reply: dict[str, Any]) -> EsaError:
    """The exception for a success that Python can't read, of which `reply` has what is known besides."""
    advice = "The request may have been carried out: read back what it changes before you send it again."
    return errors.ResponseError(message, outcome=Outcome.UNKNOWN, advice=advice, **reply)
