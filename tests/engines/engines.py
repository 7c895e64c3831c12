"""The engines whose locks clients share: servers from the distribution's packages, on loopback, with their own data."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import ClassVar

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "target" / "tests" / "engines"
PATIENCE = 30.0
"""How long a server may take to start, in seconds."""


IN_PYTHON = (sys.executable, str(ROOT / "tests" / "engines" / "python_worker.py"))
IN_GO = (str(BUILT / "go_worker"),)
IN_C = (str(BUILT / "postgresql_worker"),)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Engine:
    """A server that can be killed and started again, with the data that it had."""

    name: str
    workers: dict[str, tuple[str, ...]]
    """The programs that use it, by their languages."""

    def __init__(self) -> None:
        """Starts it."""
        self.data = Path(tempfile.mkdtemp(prefix="libesa-engine-"))
        self.port = free_port()
        self.prepare()
        self.start()

    def __enter__(self) -> Engine:
        """Gives itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it, and removes its data."""
        self.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    @classmethod
    def missing(cls) -> str:
        """What keeps it from being started here; "" where it can be."""
        raise NotImplementedError

    @classmethod
    def missing_for(cls, language: str) -> str:
        """What keeps it from being used in this language; "" where it can be."""
        program = Path(cls.workers[language][0])
        return cls.missing() or ("" if program.exists() else f"{program.name} isn't built")

    def prepare(self) -> None:
        """Makes its data."""

    def command(self) -> list[str]:
        """What starts it."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        """What the worker wants to know of it."""
        return str(self.port)

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        with (self.data / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, cwd="/")
        ends = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"{self.name} didn't start: {(self.data / 'log').read_text()}")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it takes connections."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """Ends it without a chance to end well."""
        self.process.kill()
        self.process.wait()


class Redis(Engine):
    """Redis. What it had is gone when it was killed."""

    name = "redis"
    workers: ClassVar = {"python": (*IN_PYTHON, "redis"), "go": (*IN_GO, "redis")}

    @classmethod
    def missing(cls) -> str:
        """As documented there."""
        return "" if shutil.which("redis-server") else "there is no redis-server"

    def command(self) -> list[str]:
        """As documented there."""
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.data)]


class Postgresql(Engine):
    """PostgreSQL."""

    name = "postgresql"
    workers: ClassVar = {"c": IN_C, "python": (*IN_PYTHON, "postgresql")}

    @classmethod
    def missing(cls) -> str:
        """As documented there."""
        return "" if cls.programs() else "there is no initdb of PostgreSQL"

    @staticmethod
    def programs() -> str:
        """Where they are."""
        return str(max(Path("/usr/lib/postgresql").glob("*/bin"), default=""))

    @staticmethod
    def as_user() -> list[str]:
        """It refuses to run as root."""
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []

    def prepare(self) -> None:
        """As documented there."""
        if os.geteuid() == 0:
            shutil.chown(self.data, "postgres", "postgres")
        made = [f"{self.programs()}/initdb", "-D", f"{self.data}/db", "-A", "trust", "-U", "esa", "--no-sync"]
        subprocess.run([*self.as_user(), *made], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def command(self) -> list[str]:
        """As documented there."""
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        return [*self.as_user(), f"{self.programs()}/postgres", "-D", f"{self.data}/db", *options]

    @property
    def address(self) -> str:
        """As documented there."""
        return f"host=127.0.0.1 port={self.port} user=esa dbname=postgres connect_timeout=2"

    def answers(self) -> bool:
        """As documented there."""
        ready = [f"{self.programs()}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0


class Etcd(Engine):
    """Etcd."""

    name = "etcd"
    workers: ClassVar = {"go": (*IN_GO, "etcd"), "python": (*IN_PYTHON, "etcd")}

    @classmethod
    def missing(cls) -> str:
        """As documented there."""
        return "" if shutil.which("etcd") else "there is no etcd"

    def prepare(self) -> None:
        """As documented there."""
        self.peers = free_port()

    def command(self) -> list[str]:
        """As documented there."""
        client, peer = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.peers}"
        places = ["--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer]
        cluster = ["--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"]
        return ["etcd", "--data-dir", f"{self.data}/db", "--log-level", "error", *places, *cluster]

    @property
    def address(self) -> str:
        """As documented there."""
        return f"127.0.0.1:{self.port}"


ALL: list[type[Engine]] = [Redis, Postgresql, Etcd]
