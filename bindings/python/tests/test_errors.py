"""The exceptions."""

from __future__ import annotations

import builtins
import copy
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest

import libesa
from libesa import EsaError, Outcome, ServiceCode, Status, errors, service_errors
from libesa._failure import error_class

CLASSES = [
    value
    for module in (errors, service_errors)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, EsaError)
]

FIELDS: dict[str, Any] = {
    "status": Status.BUSY,
    "outcome": Outcome.REFUSED,
    "service_code": ServiceCode.OTHER,
    "http_status": 400,
    "attempts": 2,
    "retry_after": 1.5,
    "retryable": True,
    "code": "Brand.New",
    "advice": "Wait.",
    "request_id": "R-1",
    "recommend": "https://example.com/help",
    "access_denied_detail": "{}",
}


def test_every_status_but_ok_has_a_class_of_its_own() -> None:
    classes = {error_class(status, ServiceCode.NONE) for status in Status if status is not Status.OK}

    assert len(classes) == len(Status) - 1
    assert EsaError not in classes


@pytest.mark.parametrize("service_code", [code for code in ServiceCode if 10 <= code < 40])
def test_every_documented_code_has_a_class_of_its_own(service_code: ServiceCode) -> None:
    classes = [value for value in CLASSES if vars(value).get("service_code") is service_code]

    assert len(classes) == 1
    assert error_class(classes[0].status, service_code) is classes[0]


def test_the_status_goes_before_the_code() -> None:
    assert error_class(Status.TIMEOUT, ServiceCode.ROUTINE_NOT_EXIST) is libesa.CallTimeoutError


def test_unknown_numbers_are_kept() -> None:
    status, service_code = Status(399), ServiceCode(12345)

    assert (status, status.name) == (399, "UNKNOWN_399")
    assert error_class(status, service_code) is libesa.ServiceError
    assert error_class(Status(150), service_code) is EsaError
    assert copy.deepcopy(pickle.loads(pickle.dumps(status))) == 399


def test_what_is_no_number_is_no_status() -> None:
    with pytest.raises(ValueError, match="'BUSY' is not a valid Status"):
        Status("BUSY")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raised", "caught"),
    [
        (libesa.InvalidArgumentError, ValueError),
        (libesa.ConfigError, ValueError),
        (libesa.CallTimeoutError, TimeoutError),
        (libesa.DnsError, ConnectionError),
        (libesa.ConnectError, ConnectionError),
        (libesa.ProxyError, ConnectionError),
        (libesa.TlsError, ConnectionError),
        (libesa.ConnectionLostError, ConnectionError),
        (libesa.ForbiddenError, PermissionError),
        (libesa.AuthError, PermissionError),
        (libesa.InvalidParameterError, ValueError),
        (libesa.SiteParameterNotMatchError, ValueError),
        (libesa.UnsupportedError, NotImplementedError),
        (libesa.NotFoundError, LookupError),
        (libesa.RoutineNotExistError, LookupError),
        (libesa.ForkedError, RuntimeError),
        (libesa.InternalError, RuntimeError),
    ],
)
def test_what_people_catch_catches_it(raised: type[EsaError], caught: type[Exception]) -> None:
    with pytest.raises(caught):
        raise raised("message")


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_pickles_and_copies_with_every_field(kind: type[EsaError]) -> None:
    error = kind("message", **FIELDS)

    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is kind
        assert vars(twin) == {"message": "message", **FIELDS}
        assert str(twin) == str(error)


def test_fields_that_are_not_given_are_the_class_s() -> None:
    error = libesa.RoutineNotExistError("message")

    assert (error.status, error.service_code) == (Status.NOT_FOUND, ServiceCode.ROUTINE_NOT_EXIST)
    assert (error.outcome, error.http_status, error.attempts, error.retry_after) == (Outcome.NOT_SENT, None, 0, None)
    assert (error.retryable, error.code, error.message) == (False, "", "message")


def test_an_unknown_field_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"^BusyError\(\): unknown fields: retry_afer$"):
        libesa.BusyError("message", retry_afer=1.5)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_is_public_and_shadows_nothing(kind: type[EsaError]) -> None:
    assert getattr(libesa, kind.__name__) is kind
    assert kind.__name__ in libesa.__all__
    assert not hasattr(builtins, kind.__name__)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (EsaError("message"), "message"),
        (EsaError("message", code="Code"), "Code: message"),
        (EsaError("message", http_status=502), "message (HTTP 502)"),
        (
            libesa.ForbiddenError("no", code="Code", http_status=403, request_id="R-1"),
            "Code: no (HTTP 403, request R-1)",
        ),
    ],
)
def test_str(error: EsaError, text: str) -> None:
    assert str(error) == text


def test_without_its_exceptions_a_failure_is_told_all_the_same(
    client: libesa.Client, record: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "libesa._failure", None)  # as where there are no file descriptors left

    with pytest.raises(RuntimeError, match=r"can't be loaded .*: status 303, outcome 1, .*, code RoutineNotExist"):
        client.create_routine_related_record(**record(name="no-such-routine"))
