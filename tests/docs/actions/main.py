"""Runs one of the examples; test_actions.py makes the module of the document."""

import sys
from typing import Any

import actions  # type: ignore[import-not-found]
import libesa

SITE_ID = 54362329990032
URLS = ["https://example.com/a.css"]


def by_http(client: libesa.Client, action: str, name: str, effect: str) -> None:
    try:
        print(dict(actions.call_by_http_client(client, action, {"Name": name}, libesa.Effect[effect])))
    except libesa.EsaError as error:
        print(error.outcome.name)
    except Exception:
        print("no reply")


def main(example: str, *arguments: Any) -> None:
    client = libesa.Client()
    if example == "create":
        actions.create_routine(client)
    elif example == "publish":
        print(actions.publish(client, "test-routine1", b"export default {};\n"))
    elif example == "purge":
        task = actions.purge(client, SITE_ID, URLS)
        print(task, actions.is_purged(client, SITE_ID, task), actions.is_purged(client, SITE_ID, "another"))
    elif example == "record":
        print(actions.add_record(client, SITE_ID, "a.example.com", "203.0.113.7", {"team": "web"}))
    elif example == "new":
        print(dict(actions.call_something_new(client)))
    elif example == "surely":
        actions.create_routine_surely(client, "hello")
    elif example == "http":
        by_http(client, *arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
