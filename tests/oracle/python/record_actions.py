"""What the official SDK sends for each action that it knows, with every parameter set: tests/vectors/actions.json.

After a new version of the SDK in requirements.txt, write it anew, from the root of the repository:

    target/venv/bin/python tests/oracle/python/record_actions.py

The parameters are those of the SDK's own models, with their types. Their values follow from their names alone, so that
an action's vector stays as it is when others come. What is sent goes to a recorder on this machine.
"""

from __future__ import annotations

import functools
import inspect
import json
import threading
import typing
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from alibabacloud_esa20240910.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.model import DaraModel
from darabonba.runtime import RuntimeOptions

VECTORS = Path(__file__).parents[2] / "vectors" / "actions.json"

ABOUT = (
    "What the official Python SDK sends for each action that it knows: made by tests/oracle/python/record_actions.py. "
    'In "params" is what a caller gives; in "sent" are the method, the pairs of query and form, decoded and sorted, '
    "and the headers that name the action and the body's type (null: not sent). A boolean outside of JSON text is "
    "spelled as Python does (True): the SDKs of other languages send true."
)

HEADERS = ("content-type", "x-acs-action", "x-acs-version")

# Sent without any parameter as well: an action that takes a query, by GET and by POST, one with a form, one with both.
ALSO_EMPTY = {
    f"{action}_with_options" for action in ("get_site", "create_site", "create_kv_namespace", "batch_create_waf_rules")
}

# A remnant in some models: the credentials of the client have a token, its parameters don't.
NOT_SET = {"security_token"}

# Text that has to be encoded, quoted or left alone, and numbers that a double can't hold.
SAMPLES: dict[Any, list[Any]] = {
    str: ["example.com", "blanks, *~+&=/%25 and ü", "", "日本語 😀", 'a "quoted" \\ and\na line', "true", "[1, 2]"],
    int: [1, 0, -1, 54362329990032, 2**53 + 1, 2**63 - 1, -(2**63)],
    bool: [True, False],
    float: [0.5, 1.0, 100.25, 1e-07, -0.001],
    # The models leave it open, the command-line client takes text.
    Any: ['{"ENAM":["12345"]}'],
}


def sample(kind: Any, name: str, within: tuple[Any, ...] = ()) -> Any:
    """A value of this type. A model inside of itself is left out, or it would never end."""
    choice = zlib.crc32(name.encode())
    if kind in SAMPLES:
        return SAMPLES[kind][choice % len(SAMPLES[kind])]
    if typing.get_origin(kind) is list:
        (item,) = typing.get_args(kind)
        values = (sample(item, f"{name}.{number}", within) for number in range(choice % 3))
        return [value for value in values if value is not None]
    if typing.get_origin(kind) is dict:
        _, item = typing.get_args(kind)
        return {key: sample(item, f"{name}.{key}", within) for key in ["b", "a", "ü"][: choice % 4]}
    return None if kind in within else filled(kind, name, (*within, kind))


def filled(model: type[DaraModel], name: str, within: tuple[Any, ...] = ()) -> DaraModel:
    """A model with a value in each of its fields."""
    fields = typing.get_type_hints(model.__init__).items()
    return model(**{field: sample(kind, f"{name}.{field}", within) for field, kind in fields if field not in NOT_SET})


class Recorder(HTTPServer):
    """Says yes to everything, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent: list[dict[str, Any]] = []

    def take(self) -> list[dict[str, Any]]:
        taken, self.sent = self.sent, []
        return taken


class Handler(BaseHTTPRequestHandler):
    server: Recorder

    def answer(self) -> None:
        form = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.server.sent.append(
            {
                "method": self.command,
                "query": pairs(urlsplit(self.path).query),
                "form": pairs(form),
                "headers": {name: self.headers[name] for name in HEADERS},
            }
        )
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"RequestId": "0"}')

    do_GET = do_POST = answer

    def log_message(self, *_: object) -> None:
        """Quiet."""


def pairs(encoded: str) -> list[tuple[str, str]]:
    """Of a query or a form, decoded."""
    return sorted(parse_qsl(encoded, keep_blank_values=True, strict_parsing=bool(encoded)))


def requests(client: Client) -> Iterator[tuple[Callable[..., Any], list[DaraModel], dict[str, Any]]]:
    """For each action, in the order of their names: the SDK's function, what it takes, and the parameters in there."""
    for name, send in inspect.getmembers(client, inspect.ismethod):
        if not name.endswith("_with_options"):
            continue
        model, *_ = typing.get_type_hints(send).values()
        if model is RuntimeOptions:  # an action without parameters
            yield send, [], {}
            continue
        request = filled(model, name)
        yield send, [request], request.to_map()
        if name in ALSO_EMPTY:
            yield send, [model()], {}


def record() -> list[dict[str, Any]]:
    """The vectors, as the SDK makes them now."""
    vectors = []
    with Recorder() as recorder:
        threading.Thread(target=recorder.serve_forever, daemon=True).start()
        endpoint = f"127.0.0.1:{recorder.server_port}"
        client = Client(Config(access_key_id="id", access_key_secret="secret", endpoint=endpoint, protocol="http"))
        for send, request, params in requests(client):
            send(*request, RuntimeOptions())
            (sent,) = recorder.take()
            vectors.append({"action": sent["headers"]["x-acs-action"], "params": params, "sent": sent})
        recorder.shutdown()
    return vectors


def written(vectors: list[dict[str, Any]]) -> str:
    """A vector a line; without blanks, as the SDK writes its JSON, so that params can be sent as they stand."""
    compact = functools.partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    lines = ",\n".join(map(compact, vectors))
    return f'{{"about":{compact(ABOUT)},\n"vectors":[\n{lines}\n]}}\n'


if __name__ == "__main__":
    VECTORS.write_text(written(record()), encoding="utf-8")
