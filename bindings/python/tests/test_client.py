"""Making clients, calling, closing."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import client_of
from waiting import until

import libesa
from libesa import Client, Outcome, Status
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]


def test_everything_may_come_from_the_environment(
    esa_emulator: Emulator, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESA_ENDPOINT", esa_emulator.url)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", esa_emulator.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", esa_emulator.access_key_secret)

    with Client() as client:
        assert client.create_routine_related_record(**record()).status == "OK"


def test_without_credentials_nothing_is_sent(esa_emulator: Emulator, record: Record) -> None:
    with Client(endpoint=esa_emulator.url) as client, pytest.raises(libesa.CredentialsError) as caught:
        client.create_routine_related_record(**record())
    assert caught.value.outcome is Outcome.NOT_SENT
    assert esa_emulator.requests() == []


def test_every_setting_is_taken(esa_emulator: Emulator, record: Record) -> None:
    with client_of(
        esa_emulator,
        region="ap-southeast-1",
        connect_timeout=1,
        attempt_timeout=2.5,
        timeout=3,
        signature_version=1,
        user_agent="my-agent/1.2",
        max_idle_connections=0,
        idle_timeout=1,
        max_attempts=2,
        reconcile_horizon=1.5,
        max_concurrent_writes=math.inf,
    ) as client:
        for label in "ab":
            client.create_routine_related_record(**record(record_name=f"{label}.example.com"))

    first, second = esa_emulator.requests()
    assert first["signature_version"] == "V1"
    assert first["connection"] != second["connection"]


def test_the_client_s_time_limit_counts(esa_emulator: Emulator, record: Record) -> None:
    esa_emulator.add_fault(wire={"kind": "hang"})

    with client_of(esa_emulator, timeout=0.2) as client, pytest.raises(libesa.CallTimeoutError) as caught:
        client.create_routine_related_record(**record())
    assert caught.value.outcome is Outcome.UNKNOWN


def test_no_listener_is_a_connect_error(record: Record) -> None:
    client = Client(endpoint="http://127.0.0.1:1", access_key_id="id", access_key_secret="secret")

    with pytest.raises(libesa.ConnectError) as caught:
        client.create_routine_related_record(**record())
    assert caught.value.outcome is Outcome.NOT_SENT


def test_tls_with_the_authority_of_the_server(record: Record) -> None:
    with Emulator(tls=True) as emulator:
        assert emulator.ca_file
        with client_of(emulator, ca_file=Path(emulator.ca_file)) as client:
            assert client.create_routine_related_record(**record()).status == "OK"
        with client_of(emulator, ca_pem=Path(emulator.ca_file).read_text("ascii")) as client:
            assert client.create_routine_related_record(**record(record_name="b.example.com")).status == "OK"


def test_tls_with_an_unknown_authority_sends_nothing(record: Record) -> None:
    with Emulator(tls=True) as emulator, client_of(emulator) as client:
        with pytest.raises(libesa.TlsError) as caught:
            client.create_routine_related_record(**record())
        assert caught.value.outcome is Outcome.NOT_SENT
        assert emulator.requests() == []


def test_threads_share_a_client(client: Client, record: Record) -> None:
    def create(number: int) -> int | None:
        return client.create_routine_related_record(**record(record_name=f"r{number}.example.com")).record_id

    with ThreadPoolExecutor(8) as threads:
        record_ids = list(threads.map(create, range(40)))

    assert len(set(record_ids)) == 40


def test_a_closed_client_says_so(client: Client, record: Record) -> None:
    client.close()
    client.close()

    assert repr(client) == "<libesa.Client, closed>"
    with pytest.raises(RuntimeError, match="this Client is closed"):
        client.create_routine_related_record(**record())


def test_closing_lets_the_call_of_another_thread_end(client: Client, record: Record, esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(delay_ms=300)

    with ThreadPoolExecutor(1) as thread:
        call = thread.submit(client.create_routine_related_record, **record())
        until(esa_emulator.requests)
        client.close()

        assert call.result().status == "OK"


def test_repr_shows_no_secret() -> None:
    client = Client(access_key_id="the-id", access_key_secret="the-secret", security_token="the-token")

    assert repr(client) == "<libesa.Client, open>"


def test_a_record_is_a_value(client: Client, record: Record) -> None:
    created = client.create_routine_related_record(**record())

    for twin in (pickle.loads(pickle.dumps(created)), copy.copy(created), copy.deepcopy(created)):
        assert twin == created
        assert hash(twin) == hash(created)
    assert created != libesa.Record(
        record_id=None, site_id=1, origin=created.origin, attempts=1, status="OK", request_id=""
    )
    assert f"record_id={created.record_id}" in repr(created)
    with pytest.raises(AttributeError, match=r"Record\.record_id can't be changed"):
        created.record_id = 1  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"Record\.record_id can't be deleted"):
        del created.record_id


def test_status_of_an_unusable_configuration() -> None:
    with pytest.raises(libesa.ConfigError, match="mars-1") as caught:
        Client(region="mars-1")
    assert caught.value.status is Status.CONFIG
