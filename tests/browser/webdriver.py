"""Drives a Chromium by the WebDriver protocol, which is JSON over HTTP: nothing is needed but Debian's two programs."""

from __future__ import annotations

import base64
import json
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

START_LIMIT = 30.0
PATIENCE = 15.0
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # how the protocol marks an element

FLAGS = [
    "--headless",
    "--no-sandbox",  # which root can't have
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

Found = TypeVar("Found")


class Browser:
    """A browser with a profile of its own. Elements are named by CSS selectors."""

    def __init__(self) -> None:
        programs = [shutil.which("chromium"), shutil.which("chromedriver")]
        assert all(programs), "chromium and chromedriver are not installed"
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._driver = subprocess.Popen([str(programs[1]), "--port=0"], stdout=subprocess.PIPE, text=True)
        self._opener = build_opener(ProxyHandler({}))
        self._url = ""
        try:
            self._url = f"http://127.0.0.1:{self._port()}/session"
            options = {"binary": programs[0], "args": [*FLAGS, f"--user-data-dir={self._profile.name}"]}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            self._url += "/" + self._ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def _port(self) -> str:
        output = self._driver.stdout
        assert output
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end and select.select([output], [], [], START_LIMIT)[0]:
            line = output.readline()
            if "started successfully on port" in line:
                return line.split()[-1].rstrip(".")
            assert line, "chromedriver ended"
        raise AssertionError("chromedriver did not start")

    def _ask(self, method: str, command: str, body: object = None) -> Any:
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = Request(self._url + command, data, {"Content-Type": "application/json"}, method=method)
        try:
            with self._opener.open(request, timeout=START_LIMIT) as reply:
                return json.load(reply)["value"]
        except HTTPError as problem:
            raise AssertionError(json.load(problem)["value"]["message"]) from None

    def open(self, url: str) -> None:
        self._ask("POST", "/url", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        """Runs a script in the page and gives what it returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": arguments})

    def text(self, selector: str) -> str:
        """What is to be read there; nothing where there is no such element or it can't be seen."""
        find = "const found = document.querySelector(arguments[0]);"
        text: str = self.run(f"{find} return found?.checkVisibility() ? found.innerText : ''", selector)
        return text

    def wait(self, found: Callable[[], Found]) -> Found:
        """Waits for something to be true, and gives it."""
        end = time.monotonic() + PATIENCE
        while True:
            value = found()
            if value:
                return value
            assert time.monotonic() < end, "it did not come true; the page says: " + self.text("body")
            time.sleep(0.05)

    def wait_for(self, selector: str, text: str) -> None:
        """Waits until a text is to be read there."""
        self.wait(lambda: text in self.text(selector))

    def click(self, selector: str) -> None:
        self._ask("POST", f"/element/{self._element(selector)}/click")

    def type(self, selector: str, text: str) -> None:
        """Types into a field, in the place of what is there."""
        element = self._element(selector)
        self._ask("POST", f"/element/{element}/clear")
        self._ask("POST", f"/element/{element}/value", {"text": text})

    def press(self, *keys: str) -> None:
        """Presses keys wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def accept_dialog(self) -> None:
        self._ask("POST", "/alert/accept")

    def console(self) -> list[str]:
        """What the browser complained about since it was last asked."""
        return [line["message"] for line in self._ask("POST", "/se/log", {"type": "browser"})]

    def use(self, *, color_scheme: str, width: int, height: int) -> None:
        """Takes on a colour scheme and a size of the page."""
        features = [{"name": "prefers-color-scheme", "value": color_scheme}]
        self._devtools("Emulation.setEmulatedMedia", features=features)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._devtools("Emulation.setDeviceMetricsOverride", **size)

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))

    def _devtools(self, command: str, **parameters: object) -> None:
        self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _element(self, selector: str) -> str:
        found: dict[str, str] = self._ask("POST", "/element", {"using": "css selector", "value": selector})
        return found[ELEMENT]

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if not self._url.endswith("/session"):
                self._ask("DELETE", "")  # which ends the browser
        finally:
            self._driver.terminate()
            with self._driver:  # which waits for it and closes the pipe
                pass
            self._profile.cleanup()
