"""Egress: proxies, and the endpoints inside a VPC."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from conftest import client_of

import libesa
from libesa import Client, Outcome
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]

# "me:p@ss" in Base64.
LOGIN = "Basic bWU6cEBzcw=="


class _Proxy(ThreadingHTTPServer):
    """A proxy that knows one login."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connect)
        self.asked: list[str] = []

    def url(self, login: str) -> str:
        return f"http://{login}@127.0.0.1:{self.server_port}"


class _Connect(BaseHTTPRequestHandler):
    server: _Proxy

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        if self.headers["Proxy-Authorization"] != LOGIN:
            self.send_error(407)
            return
        host, port = self.path.split(":")
        with socket.create_connection((host, int(port))) as upstream:
            self.send_response_only(200)
            self.end_headers()
            back = Thread(target=_pass_on, args=(upstream, self.connection))
            back.start()
            _pass_on(self.connection, upstream)
            back.join()

    def log_message(self, format: str, *args: object) -> None:
        pass


def _pass_on(from_: socket.socket, to: socket.socket) -> None:
    try:
        while piece := from_.recv(65536):
            to.sendall(piece)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other direction has ended


@pytest.fixture
def proxy() -> Iterator[_Proxy]:
    with _Proxy() as proxy:
        thread = Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()


def test_a_record_is_created_through_a_proxy(proxy: _Proxy, record: Record) -> None:
    with Emulator(tls=True) as emulator:
        with client_of(emulator, ca_file=emulator.ca_file, proxy=proxy.url("me:p%40ss")) as client:
            assert client.create_routine_related_record(**record()).status == "OK"
        assert proxy.asked == [emulator.url.removeprefix("https://")]


def test_a_login_that_the_proxy_refuses_is_an_error_that_does_not_tell_it(proxy: _Proxy, record: Record) -> None:
    with Emulator(tls=True) as emulator:
        through = client_of(emulator, ca_file=emulator.ca_file, proxy=proxy.url("me:hunter2"))
        with through as client, pytest.raises(libesa.ProxyError, match="credentials") as caught:
            client.create_routine_related_record(**record())

    assert caught.value.outcome is Outcome.NOT_SENT
    assert not caught.value.retryable
    assert "hunter2" not in f"{caught.value!r} {caught.value} {caught.value.advice}"


def test_a_proxy_that_cannot_be_used_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(libesa.ConfigError, match=r"^proxy is of a kind") as caught:
        Client(proxy="ftp://me:hunter2@proxy")
    assert "hunter2" not in str(caught.value)

    monkeypatch.setenv("HTTPS_PROXY", "ftp://proxy")
    with pytest.raises(libesa.ConfigError, match=r"^HTTPS_PROXY is of a kind"):
        Client()
    Client(proxy="").close()


def test_a_vpc_has_endpoints_of_its_own(esa_emulator: Emulator, record: Record) -> None:
    # The emulator's key isn't sent to another machine, and the error names that.
    elsewhere = pytest.raises(libesa.CredentialsError, match=r"https://esa-vpc\.cn-hangzhou\.aliyuncs\.com")
    key_id, secret = esa_emulator.access_key_id, esa_emulator.access_key_secret
    with Client(network=libesa.Network.VPC, access_key_id=key_id, access_key_secret=secret) as client, elsewhere:
        client.create_routine_related_record(**record())

    with pytest.raises(libesa.InvalidArgumentError, match="network is 3; it is a value of esa_network"):
        Client(network=libesa.Network(3))
