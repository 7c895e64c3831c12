"""data/actions.tsv against the official SDK: what each of its methods sends, with every parameter given."""

from __future__ import annotations

import inspect
import json
import sys
import typing
from pathlib import Path
from typing import Any, Union

from alibabacloud_esa20240910.client import Client
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))

import actions
from actions import Parameter

# Of every action, so that the list has none of them.
COMMON = {"OwnerId", "SecurityToken"}

# Actions that the command line's client knows, and the SDK doesn't.
UNKNOWN_TO_THE_SDK = {"GetIPv6", "GetSiteCurrentNS", "UpdateIPv6", "UpdateSiteVanityNS"}

EXAMPLES: dict[Any, Any] = {str: "text", int: 54362329990032, bool: True, float: 0.5, Any: {"Key": ["text"]}}
TEXTS = {"text": "text", "int": "54362329990032", "bool": "True", "float": "0.5"}


class Recorder(Client):
    """Notes the request in place of sending it."""

    def call_api(self, params: Params, request: OpenApiRequest, runtime: RuntimeOptions) -> dict[str, Any]:
        self.noted = params, request
        return {}


def example(of_type: Any) -> Any:
    """A value of the type, with everything given that can be."""
    arguments = typing.get_args(of_type)
    if typing.get_origin(of_type) is Union:  # Until Python 3.11, what `= None` makes of a type.
        return example(arguments[0])
    if typing.get_origin(of_type) is list:
        return [example(arguments[0])]
    if typing.get_origin(of_type) is dict:
        return {"Key": example(arguments[1])}
    return EXAMPLES[of_type] if of_type in EXAMPLES else filled(of_type)


def filled(model: type) -> Any:
    """A model of the SDK with all of its fields."""
    types = typing.get_type_hints(model.__init__)
    return model(**{name: example(of_type) for name, of_type in types.items()})


def sent() -> dict[str, tuple[str, dict[str, str], dict[str, str]]]:
    """For each action of the SDK its method, and the names and values of query and form."""
    sdk = Recorder(Config(access_key_id="id", access_key_secret="secret", endpoint="127.0.0.1"))
    requests = {}
    for name, method in inspect.getmembers(sdk, inspect.ismethod):
        if name.endswith("_with_options"):
            types = typing.get_type_hints(method)
            method(*[filled(types[name]) for name in ("request", "tmp_req") if name in types], RuntimeOptions())
            params, request = sdk.noted
            query = {name: value for name, value in (request.query or {}).items() if name not in COMMON}
            requests[params.action] = params.method, query, Utils.query(request.body)
    return requests


def assert_are(values: dict[str, str], parameters: tuple[Parameter, ...]) -> None:
    """Holds what was sent against what the list has."""
    assert {name.partition(".")[0] for name in values} == {parameter.name for parameter in parameters}
    for parameter in parameters:
        if parameter.type in ("list", "any"):
            assert parameter.name not in values
        elif parameter.type == "json":
            assert isinstance(json.loads(values[parameter.name]), (dict, list))
        else:
            assert values[parameter.name] == TEXTS[parameter.type]


def test_the_list_is_what_the_sdk_sends() -> None:
    requests = sent()
    listed = {action.name: action for action in actions.actions()}
    assert listed.keys() == requests.keys() | UNKNOWN_TO_THE_SDK
    for action, (method, query, form) in requests.items():
        assert listed[action].methods[0] == method, action
        assert_are(query, listed[action].query)
        assert_are(form, listed[action].form)
