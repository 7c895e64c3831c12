"""Where credentials come from: the program's own provider, or what the environment and the files say."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import pickle
import signal
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from chain import chain_of
from conftest import client_of

import libesa
from libesa import AsyncClient, Client, Credentials, Outcome
from libesa.emulator import Emulator

NAME = "a.example.com"


class Vault:
    """Secrets that are kept elsewhere: gives the emulator's, or raises."""

    def __init__(self, emulator: Emulator, error: BaseException | None = None, **fields: Any) -> None:
        self.key = {"access_key_id": emulator.access_key_id, "access_key_secret": emulator.access_key_secret}
        self.fields = fields
        self.error = error
        self.timeouts: list[float] = []

    def __call__(self, timeout: float) -> Credentials:
        self.timeouts.append(timeout)
        if self.error:
            raise self.error
        return Credentials(**{**self.key, **self.fields})


def client_with(emulator: Emulator, provider: Callable[[float], Any], **settings: Any) -> Client:
    return Client(endpoint=emulator.url, credentials_provider=provider, **settings)


def failure_with(emulator: Emulator, provider: Callable[[float], Any]) -> libesa.CredentialsError:
    """Why a call with this provider finds no credentials."""
    with client_with(emulator, provider) as client, pytest.raises(libesa.CredentialsError) as caught:
        client.get_match_site(record_name=NAME)
    return caught.value


def test_threads_ask_once(esa_emulator: Emulator) -> None:
    vault = Vault(esa_emulator)

    def slowly(timeout: float) -> Credentials:
        time.sleep(0.05)
        return vault(timeout)

    with client_with(esa_emulator, slowly) as client, ThreadPoolExecutor(16) as threads:
        assert client.credentials_source == ""
        sites = list(threads.map(lambda _: client.get_match_site(record_name=NAME), range(32)))
        assert client.credentials_source == "callback"

    assert len(sites) == 32
    assert len(vault.timeouts) == 1
    assert 0 < vault.timeouts[0] <= 30


def test_the_provider_is_told_how_much_time_the_call_has(esa_emulator: Emulator) -> None:
    vault = Vault(esa_emulator)

    with client_with(esa_emulator, vault) as client:
        client.get_match_site(record_name=NAME, timeout=7)

    assert 0 < vault.timeouts[0] <= 7


def test_what_it_raises_is_the_reason_and_the_cause(esa_emulator: Emulator) -> None:
    closed = ConnectionError("the vault is closed")
    vault = Vault(esa_emulator, closed)

    with client_with(esa_emulator, vault) as client:
        for _ in range(2):
            with pytest.raises(libesa.CredentialsError) as caught:
                client.get_match_site(record_name=NAME)
            assert caught.value.message == "no credentials: callback: ConnectionError: the vault is closed"
            assert caught.value.outcome is Outcome.NOT_SENT
            assert chain_of(caught.value) == [caught.value, closed]
            assert client.credentials_source == ""
        vault.error = None
        client.get_match_site(record_name=NAME)
        with pytest.raises(libesa.InvalidArgumentError) as another:
            client.get_match_site(record_name="")
        assert another.value.__cause__ is None

    assert len(vault.timeouts) == 3
    assert len(esa_emulator.requests()) == 1


class Mute(Exception):
    def __str__(self) -> str:
        raise LookupError


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyError(), "KeyError"),
        (Mute(), "Mute"),
        (ValueError("a\0b \udc80"), "ValueError: a b ?"),
    ],
)
def test_any_exception_has_a_reason(esa_emulator: Emulator, error: Exception, reason: str) -> None:
    failure = failure_with(esa_emulator, Vault(esa_emulator, error))

    assert failure.message == f"no credentials: callback: {reason}"


def test_what_cannot_be_used_is_refused_and_not_repeated(esa_emulator: Emulator) -> None:
    past = datetime(2020, 1, 1, tzinfo=timezone.utc)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"access_key_secret": "hunter2 "}, "access_key_secret has a blank"),
        ({"access_key_id": ""}, "access_key_id is empty"),
        ({"security_token": "tökén"}, "security_token has a blank"),
        ({"access_key_secret": "a\0b"}, "InvalidArgumentError: access_key_secret has a NUL character"),
        ({"expires_at": past}, "the credentials that it gives have expired"),
        ({"expires_at": datetime(1970, 1, 1, tzinfo=timezone.utc)}, "the credentials that it gives have expired"),
        ({"expires_at": datetime(2099, 1, 1)}, "ValueError: expires_at has no time zone"),
        ({"expires_at": 4102444800}, "TypeError: expires_at is of type int; it must be a datetime"),
    ]
    for fields, reason in cases:
        failure = failure_with(esa_emulator, Vault(esa_emulator, **fields))
        assert failure.message.startswith(f"no credentials: callback: {reason}")
        assert "hunter2" not in str(failure)
    failure = failure_with(esa_emulator, lambda timeout: ("id", "hunter2"))
    assert "gives is of type tuple; it must be a libesa.Credentials" in failure.message
    assert "hunter2" not in str(failure)
    assert esa_emulator.requests() == []


def test_those_that_expire_are_renewed(esa_emulator: Emulator) -> None:
    asked = []

    def short(timeout: float) -> Credentials:
        asked.append(timeout)
        expires_at = datetime.now(timezone(timedelta(hours=-8))) + timedelta(seconds=2)
        return Vault(esa_emulator, expires_at=expires_at)(timeout)

    with client_with(esa_emulator, short) as client:
        end = time.monotonic() + 30
        while len(asked) < 2 and time.monotonic() < end:
            client.get_match_site(record_name=NAME)

    assert len(asked) == 2


def test_a_provider_may_call_with_another_client_that_has_one(esa_emulator: Emulator) -> None:
    inner = client_with(esa_emulator, Vault(esa_emulator))
    vault = Vault(esa_emulator)

    def nested(timeout: float) -> Credentials:
        inner.get_match_site(record_name=NAME)
        return vault(timeout)

    with inner, client_with(esa_emulator, nested) as client:
        client.get_match_site(record_name=NAME)

    assert len(esa_emulator.requests()) == 2


def test_what_a_signal_s_handler_raises_meanwhile_goes_on(esa_emulator: Emulator) -> None:
    class Interrupted(BaseException):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupted

    def interrupted(timeout: float) -> Credentials:
        signal.raise_signal(signal.SIGUSR1)
        raise AssertionError("not reached")

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with client_with(esa_emulator, interrupted) as client, pytest.raises(Interrupted) as caught:
            client.get_match_site(record_name=NAME)
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert isinstance(caught.value.__cause__, libesa.EsaError)
    assert caught.value.__cause__.outcome is Outcome.NOT_SENT
    assert chain_of(caught.value) == [caught.value, caught.value.__cause__]
    assert esa_emulator.requests() == []


def test_an_error_with_a_cause_is_released_without_the_collector(esa_emulator: Emulator) -> None:
    def failing() -> weakref.ref[BaseException]:
        with client_with(esa_emulator, Vault(esa_emulator, ConnectionError("closed"))) as client:
            try:
                client.get_match_site(record_name=NAME)
            except libesa.CredentialsError as error:
                return weakref.ref(error)
        raise AssertionError("it didn't fail")

    gc.disable()
    try:
        assert failing()() is None
    finally:
        gc.enable()


def test_a_provider_lives_as_long_as_its_client(esa_emulator: Emulator) -> None:
    vault = Vault(esa_emulator)
    held = weakref.ref(vault)

    client = client_with(esa_emulator, vault)
    del vault
    client.get_match_site(record_name=NAME)
    assert held() is not None
    client.close()

    assert held() is None


def test_the_async_client_asks_on_the_event_loop_s_thread(esa_emulator: Emulator) -> None:
    threads = []
    vault = Vault(esa_emulator)

    def ask(timeout: float) -> Credentials:
        threads.append(threading.current_thread().name)
        return vault(timeout)

    async def main() -> None:
        async with AsyncClient(endpoint=esa_emulator.url, credentials_provider=ask) as client:
            assert client.credentials_source == ""
            await asyncio.gather(*(client.get_match_site(record_name=NAME) for _ in range(16)))
            assert client.credentials_source == "callback"
        vault.error = OSError("closed")
        async with AsyncClient(endpoint=esa_emulator.url, credentials_provider=ask) as client:
            with pytest.raises(libesa.CredentialsError, match="callback: OSError: closed") as caught:
                await client.get_match_site(record_name=NAME)
            assert caught.value.__cause__ is vault.error

    asyncio.run(asyncio.wait_for(main(), 30))
    assert len(threads) == 2
    assert {*threads} == {threading.current_thread().name}


def test_a_provider_beside_a_key_or_that_is_no_function_is_refused(esa_emulator: Emulator) -> None:
    with pytest.raises(libesa.InvalidArgumentError, match="can't be given together with an access key"):
        client_of(esa_emulator, credentials_provider=Vault(esa_emulator))
    with pytest.raises(TypeError, match="credentials_provider is of type str; it must be a function"):
        Client(credentials_provider="vault")  # type: ignore[arg-type]


def test_credentials_are_values_that_show_no_secret() -> None:
    expires_at = datetime(2099, 1, 1, tzinfo=timezone.utc)
    fields: dict[str, Any] = {"access_key_id": "id", "access_key_secret": "hunter2", "security_token": "t0ken"}
    credentials = Credentials(**fields, expires_at=expires_at)

    assert repr(credentials) == str(credentials) == "Credentials(access_key_id='id')"
    assert credentials.expires_at == expires_at
    for twin in (pickle.loads(pickle.dumps(credentials)), copy.copy(credentials)):
        assert twin == credentials
    assert credentials != Credentials(**fields)
    with pytest.raises(AttributeError, match="can't be changed"):
        credentials.access_key_secret = "other"  # type: ignore[misc]
    with pytest.raises(TypeError, match="access_key_secret is of type bytes"):
        Credentials(access_key_id="id", access_key_secret=b"hunter2")  # type: ignore[arg-type]


def test_the_source_of_a_given_key(client: Client) -> None:
    assert client.credentials_source == ""
    client.get_match_site(record_name=NAME)
    assert client.credentials_source == "configuration"
    client.close()
    with pytest.raises(RuntimeError, match="is closed"):
        client.credentials_source  # noqa: B018


def test_they_are_found_where_the_official_sdks_find_them(
    esa_emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = {"access_key_id": esa_emulator.access_key_id, "access_key_secret": esa_emulator.access_key_secret}

    def source() -> str:
        with Client(endpoint=esa_emulator.url) as client:
            client.get_match_site(record_name=NAME)
            return client.credentials_source

    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".alibabacloud").mkdir()
    (tmp_path / ".alibabacloud" / "credentials").write_text(
        "[default]\ntype = access_key\n" + "".join(f"{name} = {value}\n" for name, value in key.items()), "ascii"
    )
    assert source() == "credentials_file"
    (tmp_path / ".aliyun").mkdir()
    profile = {"name": "a", "mode": "AK", **key}
    (tmp_path / ".aliyun" / "config.json").write_text(json.dumps({"current": "a", "profiles": [profile]}), "ascii")
    assert source() == "cli_profile"
    for name, value in key.items():
        monkeypatch.setenv(f"ALIBABA_CLOUD_{name.upper()}", value)
    assert source() == "environment"


def test_nothing_found_is_told_of_every_place_in_order(esa_emulator: Emulator) -> None:
    with Client(endpoint=esa_emulator.url) as client, pytest.raises(libesa.CredentialsError) as caught:
        client.get_match_site(record_name=NAME)

    places = [part.split(": ")[0] for part in caught.value.message.removeprefix("no credentials: ").split("; ")]
    assert places == ["environment", "oidc", "cli_profile", "credentials_file", "ecs_ram_role", "credentials_uri"]
