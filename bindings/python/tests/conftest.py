from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from libesa import AsyncClient, Client
from libesa.emulator import Emulator

pytest_plugins = ["libesa.pytest_plugin"]

REPOSITORY = Path(__file__).parents[3]
PACKAGE_PATH = Path(__file__).parents[1] / "src"


@pytest.fixture(autouse=True)
def _no_configuration_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for variable in list(os.environ):
        if variable.startswith("ALIBABA_CLOUD_") or (variable.startswith("ESA_") and variable.endswith("ENDPOINT")):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def client(esa_emulator: Emulator) -> Iterator[Client]:
    with client_of(esa_emulator) as client:
        yield client


@pytest.fixture
def record(esa_emulator: Emulator) -> Callable[..., dict[str, Any]]:
    """The arguments for a record that can be created, with the given ones in place."""

    def arguments(**given: object) -> dict[str, Any]:
        usual = {
            "name": esa_emulator.routine,
            "site_id": esa_emulator.site_id,
            "record_name": f"a.{esa_emulator.site_name}",
        }
        return {**usual, **given}

    return arguments


def hear_ctrl_c() -> None:
    """For a child before it begins: a shell that runs the tests in the background has its children ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def access_to(emulator: Emulator) -> dict[str, Any]:
    return {
        "endpoint": emulator.url,
        "access_key_id": emulator.access_key_id,
        "access_key_secret": emulator.access_key_secret,
    }


def client_of(emulator: Emulator, **configuration: Any) -> Client:
    return Client(**access_to(emulator), **configuration)


def async_client_of(emulator: Emulator, **configuration: Any) -> AsyncClient:
    return AsyncClient(**access_to(emulator), **configuration)
