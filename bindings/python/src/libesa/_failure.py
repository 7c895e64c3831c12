"""Makes the exception for a failed call."""

from __future__ import annotations

from . import service_errors  # noqa: F401 (importing it adds to CLASSES)
from .enums import Outcome, ServiceCode, Status
from .errors import CLASSES, EsaError, ServiceError


def error_class(status: Status, service_code: ServiceCode) -> type[EsaError]:
    """Returns the class for the code if it derives from the class for the status, else the latter."""
    by_status = CLASSES.get(("status", status), ServiceError if 300 <= status <= 399 else EsaError)
    by_service_code = CLASSES.get(("service_code", service_code), by_status)
    return by_service_code if issubclass(by_service_code, by_status) else by_status


def error(status: int, service_code: int, outcome: int, message: str, **fields: object) -> EsaError:
    """Makes the exception with these fields of EsaError. Enumerations are numbers here."""
    kind, code = Status(status), ServiceCode(service_code)
    return error_class(kind, code)(message, status=kind, service_code=code, outcome=Outcome(outcome), **fields)
