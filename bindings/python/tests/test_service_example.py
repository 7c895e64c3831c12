"""The example of a service, which serves while it makes calls."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest
from conftest import PACKAGE_PATH, REPOSITORY, hear_ctrl_c
from waiting import until

from libesa.emulator import Emulator

PROGRAM = REPOSITORY / "examples" / "python" / "bind_service.py"


class Service:
    def __init__(self, emulator: Emulator) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(PACKAGE_PATH),
            "ESA_ENDPOINT": emulator.url,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        }
        command = [sys.executable, "-W", "error", str(PROGRAM), "--routine", emulator.routine]
        self.process = subprocess.Popen(
            command,
            env=environment,
            preexec_fn=hear_ctrl_c,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.address = self.process.stdout.readline().strip().removeprefix("http://")

    def ask(self, method: str, path: str) -> tuple[int, str]:
        connection = HTTPConnection(self.address, timeout=30)
        connection.request(method, path)
        response = connection.getresponse()
        answer = response.status, response.read().decode().strip()
        connection.close()
        return answer


@pytest.fixture
def service(esa_emulator: Emulator) -> Iterator[Service]:
    service = Service(esa_emulator)
    yield service
    service.process.kill()
    service.process.communicate()


def test_names_are_tied(service: Service) -> None:
    names = [f"r{number}.example.com" for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda name: service.ask("PUT", f"/{name}"), names))

    assert answers == [(200, f"{name}: created") for name in names]
    assert service.ask("PUT", "/r0.example.com") == (200, "r0.example.com: existing")
    assert service.ask("GET", "/") == (200, "0 being tied, 9 tied, 0 failed")


def test_what_went_wrong_is_told(service: Service) -> None:
    status, text = service.ask("PUT", "/a.elsewhere.org")

    assert status == 502
    assert "REFUSED" in text or "NOT_SENT" in text
    assert service.ask("GET", "/nothing")[0] == 404


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_while_calls_hang_and_gives_them_up_when_it_ends(
    number: signal.Signals, service: Service, esa_emulator: Emulator
) -> None:
    esa_emulator.add_fault(times=0, wire={"kind": "hang"})
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(service.ask, "PUT", f"/{name}.example.com") for name in "ab"]
        until(lambda: len(esa_emulator.requests()) == 2)
        assert service.ask("GET", "/") == (200, "2 being tied, 0 tied, 0 failed")
        service.process.send_signal(number)
        for answer in answers:
            status, text = answer.result()
            assert (status, "cancelled" in text) == (502, True)
    output, errors = service.process.communicate(timeout=20)
    assert (service.process.returncode, output, errors) == (0, "", "")
