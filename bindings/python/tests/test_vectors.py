"""The cases that every language runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import REPOSITORY

from libesa import Client, EsaError, Record
from libesa.emulator import Emulator

VECTORS = REPOSITORY / "tests" / "vectors"
TABLE = json.loads((VECTORS / "create_routine_related_record.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def seeded_emulator() -> Iterator[Emulator]:
    with Emulator(seed=VECTORS / "seed.json") as emulator:
        yield emulator


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["case"])
def test_case(case: dict[str, Any], seeded_emulator: Emulator) -> None:
    access_key_id, access_key_secret, security_token = TABLE["credentials"][case["credentials"]]
    with Client(
        endpoint=seeded_emulator.url,
        access_key_id=access_key_id,
        access_key_secret=access_key_secret,
        security_token=security_token,
        signature_version=case.get("signature_version"),
        reconcile_horizon=TABLE["reconcile_horizon_ms"] / 1000,
    ) as client:
        timeout_ms = case.get("timeout_ms")
        timeout = None if timeout_ms is None else timeout_ms / 1000
        request, max_attempts = case["request"], case.get("max_attempts")
        if case.get("operation", "create") == "ensure":
            call: Callable[..., Record] = client.ensure_routine_related_record
            request = {**request, "site_id": request["site_id"] or None}
        else:
            call = client.create_routine_related_record
        try:
            outcome = fields_of_record(call(**request, timeout=timeout, max_attempts=max_attempts))
        except EsaError as error:
            outcome = fields_of_error(error)

    assert outcome == {name: Anything() if value == "*" else value for name, value in case["expect"].items()}, (
        f"{case['case']}: {outcome}"
    )


def fields_of_record(record: Record) -> dict[str, object]:
    assert record.site_id > 0
    return {
        "status": "ESA_OK",
        "record_id": record.record_id or 0,
        "origin": f"ESA_ORIGIN_{record.origin.name}",
        "service_status": record.status,
        "request_id": record.request_id,
        "attempts": record.attempts,
    }


def fields_of_error(error: EsaError) -> dict[str, object]:
    assert error.advice
    return {
        "status": f"ESA_ERR_{error.status.name}",
        "outcome": f"ESA_OUTCOME_{error.outcome.name}",
        "service_code": error.service_code,
        "code": error.code,
        "http_status": error.http_status or 0,
        "retryable": error.retryable,
        "attempts": error.attempts,
        "retry_after_ms": round((error.retry_after or 0) * 1000),
        "message": error.message,
        "request_id": error.request_id,
        "recommend": error.recommend,
        "access_denied_detail": error.access_denied_detail,
    }


class Anything:
    """Equal to all that isn't empty."""

    def __eq__(self, other: object) -> bool:
        return other > 0 if isinstance(other, int) else bool(other)

    def __repr__(self) -> str:
        return "*"
