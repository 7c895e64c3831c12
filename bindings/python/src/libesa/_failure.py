"""The exception for a failure of the shared library's."""

from __future__ import annotations

from . import service_errors  # noqa: F401 (which has more of CLASSES)
from .enums import Outcome, ServiceCode, Status
from .errors import CLASSES, EsaError, ResponseError, ServiceError


def error_class(status: Status, service_code: ServiceCode) -> type[EsaError]:
    """The class for the code if it is one of the status's kind, else the class for the status."""
    by_status = CLASSES.get(("status", status), ServiceError if 300 <= status <= 399 else EsaError)
    by_service_code = CLASSES.get(("service_code", service_code), by_status)
    return by_service_code if issubclass(by_service_code, by_status) else by_status


def error(status: int, service_code: int, outcome: int, message: str, **fields: object) -> EsaError:
    """The exception with these fields, which are named as EsaError's. Its enumerations are numbers."""
    kind, code = Status(status), ServiceCode(service_code)
    return error_class(kind, code)(message, status=kind, service_code=code, outcome=Outcome(outcome), **fields)


def unreadable(message: str, **reply: object) -> EsaError:
    """The exception for a success that Python can't read. `reply` is what is known besides."""
    advice = "The request may have been carried out: read back what it changes before you send it again."
    return ResponseError(message, outcome=Outcome.UNKNOWN, advice=advice, **reply)
