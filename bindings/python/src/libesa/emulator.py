"""The emulator of the service, for tests: starts, controls and stops `esa-emulator`.

    with Emulator() as emulator, Client(
        endpoint=emulator.url, access_key_id=emulator.access_key_id, access_key_secret=emulator.access_key_secret
    ) as client:
        client.create_routine_related_record(
            name=emulator.routine, site_id=emulator.site_id, record_name=f"a.{emulator.site_name}"
        )

The emulator's README is its manual. It explains seeds and fault rules.
"""

from __future__ import annotations

import json
import os
import select
import ssl
import tempfile
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired
from typing import Any
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

PROGRAM = "esa-emulator"
START_LIMIT = 10.0
STOP_LIMIT = 5.0
MISSING = "there is no such emulator; pip install 'libesa[emulator]', or name the program in ESA_EMULATOR"


class Emulator:
    """An emulator that runs on a free port of this machine. One thread at a time may use it."""

    url: str
    """The URL on which it listens: the `endpoint` of a client."""
    access_key_id: str
    access_key_secret: str
    site_id: int
    site_name: str
    routine: str
    ca_file: str | None
    """With `tls`: the certificate authority to trust."""

    def __init__(self, *, seed: str | os.PathLike[str] | Mapping[str, object] | None = None, tls: bool = False) -> None:
        """Starts the program that the environment variable ESA_EMULATOR names. If it isn't set, starts esa-emulator as
        the distribution libesa-emulator installed it; if there is none, the one on the PATH.

        seed: the state and fault rules to start with, as a file or as the value of its JSON. Default: one account.
        tls: whether to serve HTTPS, with a certificate authority created for this run.

        Raises OSError if there is no such program, and RuntimeError if it doesn't start.
        """
        command = [os.environ.get("ESA_EMULATOR") or _installed() or PROGRAM, "--exit-with-stdin"]
        if tls:
            command.append("--tls")
        with tempfile.TemporaryDirectory() as directory:
            if isinstance(seed, Mapping):
                file = Path(directory, "seed.json")
                file.write_text(json.dumps(seed), encoding="utf-8")
                seed = file
            if seed is not None:
                command += ["--seed", os.fspath(seed)]
            # In its own session, so that Ctrl-C in a terminal ends the test and not the emulator.
            try:
                self._process = Popen(command, stdin=PIPE, stdout=PIPE, start_new_session=True)
            except FileNotFoundError as error:
                raise FileNotFoundError(error.errno, MISSING, command[0]) from None
            try:
                ready = self._ready_line()
            except BaseException:
                self.stop()
                raise
        for name in Emulator.__annotations__:
            setattr(self, name, ready[name])
        tls_context = ssl.create_default_context(cafile=self.ca_file)
        # Without a proxy: it is on this machine.
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=tls_context))

    def reset(self) -> None:
        """Restores the state, rules, clock, nonces and log of the start."""
        self._admin("POST", "reset")

    def state(self) -> dict[str, Any]:
        """Returns the current accounts and rules, as a seed."""
        return dict(self._admin("GET", "state"))

    def requests(self) -> list[dict[str, Any]]:
        """Returns the log of the requests that the service received."""
        return list(self._admin("GET", "requests")["requests"])

    def add_fault(self, **rule: object) -> None:
        """Adds a fault rule, such as `add_fault(action="CreateRoutineRelatedRecord", wire={"kind": "hang"})`."""
        self._admin("POST", "faults", rule)

    def add_reply(self, **reply: object) -> None:
        """Adds a canned reply, such as `add_reply(action="PurgeCaches", body={"TaskId": "1"})`."""
        self._admin("POST", "replies", reply)

    def set_clock(self, *, offset_ms: int) -> None:
        """Sets the difference of the emulator's clock to this machine's."""
        self._admin("POST", "clock", {"offset_ms": offset_ms})

    def stop(self) -> None:
        """Stops it: closes its standard input, and kills it if it doesn't end. Can be called again."""
        with self._process as process:  # closes the pipes at its end, and waits
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(STOP_LIMIT)
            except TimeoutExpired:
                process.kill()

    def __enter__(self) -> Emulator:
        """Returns itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stops it."""
        self.stop()

    def _ready_line(self) -> dict[str, Any]:
        output = self._process.stdout
        line = output.readline() if output and select.select([output], [], [], START_LIMIT)[0] else b""
        if not line:
            raise RuntimeError(f"{self._process.args!r} did not start; its standard error says why")
        return dict(json.loads(line))

    def _admin(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_emulator/{path}", data, {"Content-Type": "application/json"}, method=method)
        with self._opener.open(request, timeout=STOP_LIMIT) as reply:
            return json.loads(reply.read() or b"null")


def _installed() -> str | None:
    """Returns the program of libesa-emulator. If its virtual environment isn't activated, it isn't on the PATH."""
    files = (file for found in distributions(name="libesa-emulator") for file in found.files or ())
    paths = (os.path.realpath(file.locate()) for file in files if file.name == PROGRAM)
    return next(filter(os.path.exists, paths), None)
