"""Any action of the service: called, signed for the program to send, and read."""

from __future__ import annotations

import asyncio
import base64
import copy
import itertools
import json
import pickle
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from conftest import REPOSITORY, async_client_of, client_of

import libesa
from libesa import Client, Credentials, Effect, Outcome, Reply, SignedRequest, read_reply, sign_with
from libesa.emulator import Emulator

VECTORS = json.loads((REPOSITORY / "tests" / "vectors" / "actions.json").read_text("utf-8"))["vectors"]
CREDENTIALS = Credentials(access_key_id="id", access_key_secret="secret")
CODE = "export default { fetch() { return new Response('ü') } }\n".encode()

Answer = tuple[int, list[tuple[str, str]], bytes]


def send(method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
    """With Python's own HTTP."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, url.partition(parts.netloc)[2], body, headers)
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()
    finally:
        connection.close()


def sent(request: SignedRequest) -> Answer:
    return send(request.method, request.url, dict(request.headers), request.body)


def upload(form: dict[str, str], code: bytes) -> int:
    """Uploads a routine's code with the form that the service gave for it; the HTTP status."""
    boundary = uuid.uuid4().hex
    names = {"XOssSecurityToken": "x-oss-security-token"}
    parts = [f'name="{names.get(name, name)}"\r\n\r\n{value}' for name, value in form.items() if name != "Url"]
    parts.append(f'name="file"; filename="code.js"\r\n\r\n{code.decode()}')
    body = "".join(f"--{boundary}\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return send("POST", form["Url"], headers, f"{body}--{boundary}--\r\n".encode())[0]


@pytest.fixture(params=[client_of, async_client_of], ids=["Client", "AsyncClient"])
def call(request: pytest.FixtureRequest, esa_emulator: Emulator) -> Iterator[Callable[..., Reply]]:
    """`call` of either client."""
    client = request.param(esa_emulator, timeout=20)
    if isinstance(client, Client):
        yield client.call
        client.close()
    else:
        loop = asyncio.new_event_loop()
        yield lambda *arguments, **options: loop.run_until_complete(client.call(*arguments, **options))
        loop.run_until_complete(client.close())
        loop.close()


def test_the_life_of_a_routine(call: Callable[..., Reply], esa_emulator: Emulator) -> None:
    assert call("CreateRoutine", {"Name": "shop", "Description": "für Köln 🛒"})["Status"] == "OK"
    form = call("GetRoutineStagingCodeUploadInfo", {"Name": "shop", "CodeDescription": "first"})["OssPostConfig"]
    assert upload(form, CODE) == 200
    version = call("CommitRoutineStagingCode", {"Name": "shop", "CodeDescription": "first"})["CodeVersion"]
    call("PublishRoutineCodeVersion", {"Name": "shop", "Env": "production", "CodeVersion": version})
    assert upload(call("GetRoutineStagingCodeUploadInfo", {"Name": "shop"})["OssPostConfig"], CODE * 2) == 200
    second = call("CommitRoutineStagingCode", {"Name": "shop"})["CodeVersion"]
    shares = [{"CodeVersion": version, "Percentage": 90}, {"CodeVersion": second, "Percentage": 10}]
    deployment = {"Name": "shop", "Env": "production", "Strategy": "percentage", "CodeVersions": shares}
    call("CreateRoutineCodeDeployment", deployment)

    routine = call("GetRoutine", {"Name": "shop"})
    assert routine["Description"] == "für Köln 🛒"
    assert routine["HasAssets"] is False
    (production,) = [each for each in routine["Envs"] if each["Env"] == "production"]
    assert [{name: each[name] for name in shares[0]} for each in production["CodeDeploy"]["CodeVersions"]] == shares
    stored = esa_emulator.state()["accounts"][0]["routines"][-1]["code_versions"]
    assert [base64.b64decode(each["code_base64"]) for each in stored] == [CODE, CODE * 2]

    names = []
    for page in itertools.count(1):
        listed = call("ListUserRoutines", {"PageNumber": page, "PageSize": 2})
        names += [each["RoutineName"] for each in listed["Routines"]]
        if page * 2 >= listed["TotalCount"]:
            break
    assert (page, names) == (2, ["test-routine1", "test-routine2", "shop"])

    record = {"Name": "shop", "SiteId": esa_emulator.site_id, "RecordName": "shop.example.com"}
    record_id = call("CreateRoutineRelatedRecord", record)["RecordId"]
    (related,) = call("ListRoutineRelatedRecords", {"Name": "shop"})["RelatedRecords"]
    assert related["RecordId"] == record_id
    assert call("DeleteRoutineRelatedRecord", {**record, "RecordId": record_id})["Status"] == "OK"
    assert call("ListRoutineRelatedRecords", {"Name": "shop"})["RelatedRecords"] == []

    assert call("DeleteRoutine", {"Name": "shop"})["Status"] == "OK"
    with pytest.raises(libesa.RoutineNotExistError) as caught:
        call("GetRoutine", {"Name": "shop"})
    assert caught.value.outcome is Outcome.REFUSED


def test_sites(call: Callable[..., Reply]) -> None:
    new = {"SiteName": "new.example", "Coverage": "overseas", "AccessType": "NS", "InstanceId": "sp-1"}
    site_id = call("CreateSite", new)["SiteId"]

    assert {site["SiteName"] for site in call("ListSites")["Sites"]} == {"example.com", "new.example"}
    assert call("GetSite", {"SiteId": site_id})["SiteModel"]["SiteName"] == "new.example"


def test_a_reply_is_a_dict_that_knows_its_request(client: Client) -> None:
    reply = client.call("GetRoutine", {"Name": "test-routine1"})

    assert isinstance(reply, dict)
    assert reply.request_id == reply["RequestId"]
    assert (reply.attempts, reply.http_status) == (1, 200)
    for twin in (pickle.loads(pickle.dumps(reply)), copy.copy(reply)):
        assert (twin, twin.request_id, twin.attempts) == (reply, reply.request_id, 1)
    assert json.loads(json.dumps(reply)) == reply


def canned(emulator: Emulator, **reply: object) -> None:
    emulator._admin("POST", "replies", reply)


def last_parameters(emulator: Emulator) -> dict[str, str]:
    parameters: dict[str, str] = emulator.requests()[-1]["parameters"]
    return {name: value for name, value in parameters.items() if name not in ("Action", "Version")}


def test_values_pass_unchanged_in_both_directions(call: Callable[..., Reply], esa_emulator: Emulator) -> None:
    answer = {"Big": 2**63 - 1, "Small": -(2**63), "Yes": True, "None": None, "Deep": {"Ü": ["🛒", {"a": []}]}, "": ""}
    canned(esa_emulator, action="SomethingNew", body=json.dumps(answer))
    given = {
        "Big": 2**53 + 1,
        "Huge": 10**30,
        "Yes": True,
        "No": False,
        "Half": 0.5,
        "Text": 'ü 🛒 & = % + "',
        "Empty": "",
    }
    nested = {"Deep": {"Ü": ["🛒", {"a": []}]}, "List": (1, "2")}

    reply = call("SomethingNew", {**given, **nested, "Left": None})

    assert reply == answer
    assert type(reply["Big"]) is int
    assert last_parameters(esa_emulator) == {
        **{"Big": "9007199254740993", "Huge": "1" + "0" * 30, "Yes": "true", "No": "false", "Half": "0.5"},
        **{"Text": 'ü 🛒 & = % + "', "Empty": "", "Deep": '{"Ü":["🛒",{"a":[]}]}', "List": '[1,"2"]'},
    }


def test_what_the_library_does_not_know_can_be_said(call: Callable[..., Reply], esa_emulator: Emulator) -> None:
    canned(esa_emulator, action="SomethingNew")

    call("SomethingNew", {"A": 1}, query={"B": 2}, form={"C": 3}, method="POST", version="2024-09-10")
    request = esa_emulator.requests()[-1]
    assert request["method"] == "POST"
    assert last_parameters(esa_emulator) == {"A": "1", "B": "2", "C": "3"}
    call("GetRoutine", MappingProxyType({"Name": "test-routine1"}), method="GET")
    assert esa_emulator.requests()[-1]["method"] == "GET"
    with pytest.raises(libesa.EsaError, match="InvalidVersion"):
        call("SomethingNew", version="2000-01-01")


LOST: dict[str, Any] = {"when": "after", "times": 1, "wire": {"kind": "drop"}}


def test_a_lost_write_is_made_once_and_its_outcome_is_unknown(
    call: Callable[..., Reply], esa_emulator: Emulator
) -> None:
    esa_emulator.add_fault(action="CreateRoutine", **LOST)

    with pytest.raises(libesa.ConnectionLostError) as caught:
        call("CreateRoutine", {"Name": "shop"})
    assert caught.value.outcome is Outcome.UNKNOWN
    assert "read back" in caught.value.advice
    assert len(esa_emulator.requests()) == 1


def test_a_lost_read_is_made_again(call: Callable[..., Reply], esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(action="GetRoutine", **LOST)

    assert call("GetRoutine", {"Name": "test-routine1"}).attempts == 2


def test_the_effect_that_is_given_decides(call: Callable[..., Reply], esa_emulator: Emulator) -> None:
    canned(esa_emulator, action="SomethingNew")
    esa_emulator.add_fault(action="SomethingNew", **{**LOST, "times": 2})

    with pytest.raises(libesa.EsaError) as caught:
        call("SomethingNew")
    assert caught.value.outcome is Outcome.UNKNOWN
    assert call("SomethingNew", effect=Effect.READS).attempts == 2


def test_errors_have_their_types(call: Callable[..., Reply], esa_emulator: Emulator) -> None:
    with pytest.raises(libesa.RejectedError, match="MissingName") as caught:
        call("CreateRoutine")
    assert (caught.value.outcome, caught.value.attempts) == (Outcome.REFUSED, 1)
    with pytest.raises(libesa.RoutineNotExistError):
        call("DeleteRoutine", {"Name": "shop"})
    with pytest.raises(libesa.RejectedError, match="InvalidAction"):
        call("ListCertificates", {"SiteId": 1})
    esa_emulator.add_fault(action="GetRoutine", times=0, wire={"kind": "hang"})
    with pytest.raises(libesa.CallTimeoutError):
        call("GetRoutine", {"Name": "test-routine1"}, timeout=0.2, max_attempts=1)


def test_a_call_can_be_cancelled(call: Callable[..., Reply], esa_emulator: Emulator) -> None:
    with libesa.Cancel() as cancel:
        cancel.trigger()
        with pytest.raises(libesa.CallCancelledError):
            call("GetRoutine", {"Name": "test-routine1"}, cancel=cancel)
    assert esa_emulator.requests() == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"action": 1}, "action is of type int; it must be a str"),
        ({"params": [("Name", "a")]}, "params is of type list; it must be a mapping"),
        ({"query": "Name"}, "query is of type str; it must be a mapping"),
        ({"form": 1}, "form is of type int; it must be a mapping"),
        ({"params": {"Name": {1}}}, "Object of type set is not JSON serializable"),
        ({"method": b"GET"}, "method is of type bytes; it must be a str"),
        ({"version": 2024}, "version is of type int; it must be a str"),
        ({"effect": "reads"}, "effect is of type str; it must be an int"),
        ({"timeout": "1"}, "timeout is of type str; it must be a number of seconds"),
        ({"cancel": 1}, "cancel is of type int; it must be a Cancel"),
        ({"parameters": {}}, "unexpected keyword argument 'parameters'"),
    ],
    ids=repr,
)
def test_what_is_of_the_wrong_type(
    wrong: dict[str, Any], message: str, call: Callable[..., Reply], esa_emulator: Emulator
) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        call(**{"action": "GetRoutine", **wrong})
    assert esa_emulator.requests() == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"action": "Get Routine"}, "action"),
        ({"action": ""}, "action"),
        ({"params": {"Name": "a\ud800"}}, "params has a lone surrogate"),
        ({"params": {"Name": float("nan")}}, "params"),
        ({"params": {"Name": "a"}, "query": {"Name": "a"}}, "Name"),
        ({"method": "PUT"}, "method"),
        ({"effect": 7}, "effect"),
        ({"effect": -1}, "effect is -1"),
        ({"max_attempts": 0}, "max_attempts is out of range"),
    ],
    ids=repr,
)
def test_what_cannot_be_used(
    bad: dict[str, Any], message: str, call: Callable[..., Reply], esa_emulator: Emulator
) -> None:
    with pytest.raises(libesa.InvalidArgumentError, match=message):
        call(**{"action": "GetRoutine", **bad})
    assert esa_emulator.requests() == []


def test_a_closed_client_says_so(client: Client, esa_emulator: Emulator) -> None:
    client.close()

    for method in (client.call, client.sign):
        with pytest.raises(RuntimeError, match="this Client is closed"):
            method("GetRoutine", {"Name": "test-routine1"})
    with pytest.raises(RuntimeError, match="this AsyncClient is closed"):
        asyncio.run(call_when_closed(esa_emulator))


async def call_when_closed(emulator: Emulator) -> Reply:
    client = async_client_of(emulator)
    await client.close()
    return await client.call("GetRoutine", {"Name": "test-routine1"})


def test_calls_of_one_event_loop_run_at_once(esa_emulator: Emulator) -> None:
    async def get() -> list[Reply]:
        async with async_client_of(esa_emulator) as client:
            return await asyncio.gather(*(client.call("GetRoutine", {"Name": f"test-routine{n}"}) for n in (1, 2)))

    esa_emulator.add_fault(action="GetRoutine", times=2, delay_ms=300)
    assert len(asyncio.run(get())) == 2
    first, second = esa_emulator.requests()
    assert first["connection"] != second["connection"]


# --- signed requests and replies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [3, 1])
@pytest.mark.parametrize("make", [client_of, async_client_of])
def test_pythons_own_http_sends_what_a_client_signs(
    version: int, make: Callable[..., Client], esa_emulator: Emulator
) -> None:
    client = make(esa_emulator, signature_version=version)
    signed = client.sign("CreateRoutine", {"Name": "shop", "Description": "für Köln"})
    status, headers, body = sent(signed)
    reply = read_reply(action="CreateRoutine", http_status=status, headers=headers, body=body)

    assert (reply["Status"], reply.http_status, reply.attempts) == ("OK", 200, 0)
    assert reply.request_id == reply["RequestId"]
    assert client.stats().attempts == 0
    status, headers, body = sent(client.sign("DeleteRoutine", {"Name": "other"}))
    with pytest.raises(libesa.RoutineNotExistError) as caught:
        read_reply(action="DeleteRoutine", http_status=status, headers=dict(headers), body=body)
    assert (caught.value.outcome, caught.value.http_status, caught.value.attempts) == (Outcome.REFUSED, 400, 0)
    status, headers, body = sent(signed)
    with pytest.raises(libesa.EsaError, match="SignatureNonceUsed"):
        read_reply(http_status=status, headers=headers, body=body)


def test_pythons_own_http_sends_what_is_signed_without_a_client(esa_emulator: Emulator) -> None:
    key = Credentials(access_key_id=esa_emulator.access_key_id, access_key_secret=esa_emulator.access_key_secret)
    once: dict[str, Any] = {"nonce": uuid.uuid4().hex, "date": int(time.time()), "endpoint": esa_emulator.url}
    status, headers, body = sent(sign_with(key, "GetRoutine", {"Name": "test-routine1"}, **once))

    assert read_reply(http_status=status, headers=headers, body=body)["Description"] == ""


def test_the_same_arguments_give_the_same_request() -> None:
    def sign(**other: Any) -> SignedRequest:
        given: dict[str, Any] = {"nonce": "n", "date": 1700000000, **other}
        return sign_with(CREDENTIALS, "DeleteRoutineRelatedRecord", {"Name": "a b", "SiteId": 7}, **given)

    signed = sign()
    assert signed == sign()
    assert (signed.method, signed.body) == ("POST", b"Name=a%20b")
    assert signed.url == "https://esa.cn-hangzhou.aliyuncs.com/?SiteId=7"
    headers = dict(signed.headers)
    assert headers["host"] == "esa.cn-hangzhou.aliyuncs.com"
    assert headers["x-acs-date"] == "2023-11-14T22:13:20Z"
    assert headers["x-acs-signature-nonce"] == "n"
    assert headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=id,")
    for other in (
        {"nonce": "m"},
        {"date": 1},
        {"signature_version": 1},
        {"endpoint": "h:1"},
        {"version": "2000-01-01"},
    ):
        assert sign(**other) != signed
    assert "secret" not in repr(signed)
    assert repr(signed) == "SignedRequest(method='POST')"
    token = Credentials(access_key_id="id", access_key_secret="secret", security_token="token")
    with_token = sign_with(token, "GetRoutine", nonce="n", date=1)
    assert dict(with_token.headers)["x-acs-security-token"] == "token"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["action"])
def test_what_is_signed_is_what_the_official_sdk_sends(vector: dict[str, Any]) -> None:
    signed = sign_with(CREDENTIALS, vector["action"], vector["params"], nonce="n", date=1)

    def pairs(text: str) -> list[list[str]]:
        given = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
        return sorted([name, value] for name, value in given)

    headers = dict(signed.headers)
    expected, spelled = vector["sent"], {"True": "true", "False": "false"}
    booleans = {name for name, value in vector["params"].items() if isinstance(value, bool)}

    def lower(pairs: list[list[str]]) -> list[list[str]]:
        return sorted([name, spelled[value] if name in booleans else value] for name, value in pairs)

    assert signed.method == expected["method"]
    assert pairs(urlsplit(signed.url).query) == lower(expected["query"])
    assert pairs(signed.body.decode()) == lower(expected["form"])
    if not signed.body:  # which has no type
        expected["headers"].pop("content-type")
    assert {name: headers.get(name) for name in expected["headers"]} == expected["headers"]


def test_a_provider_is_asked_and_what_it_raises_is_the_cause(esa_emulator: Emulator) -> None:
    def fail(timeout: float) -> Credentials:
        raise LookupError("no vault")

    client = Client(endpoint=esa_emulator.url, credentials_provider=fail)
    with pytest.raises(libesa.CredentialsError, match="no vault") as caught:
        client.sign("GetRoutine", {"Name": "a"}, timeout=5)
    assert isinstance(caught.value.__cause__, LookupError)


@pytest.mark.parametrize(
    ("action", "effect", "reply", "error", "outcome"),
    [
        ("GetRoutine", None, {"http_status": 503}, libesa.ServerError, Outcome.NOT_SENT),
        ("CreateRoutine", None, {"http_status": 503}, libesa.ServerError, Outcome.UNKNOWN),
        (None, None, {"http_status": 503}, libesa.ServerError, Outcome.UNKNOWN),
        (None, Effect.READS, {"http_status": 503}, libesa.ServerError, Outcome.NOT_SENT),
        ("CreateRoutine", None, {"http_status": 200, "body": b"<html>"}, libesa.ResponseError, Outcome.UNKNOWN),
        ("CreateRoutine", None, {"http_status": 200, "body": b'{"a":"\0"}'}, libesa.ResponseError, Outcome.UNKNOWN),
    ],
)
def test_replies_that_are_no_success(
    action: str, effect: Effect, reply: dict[str, Any], error: type[libesa.EsaError], outcome: Outcome
) -> None:
    with pytest.raises(error) as caught:
        read_reply(action=action, effect=effect, **reply)
    assert caught.value.outcome is outcome


def test_a_reply_says_how_long_to_wait() -> None:
    with pytest.raises(libesa.ThrottledError) as caught:
        read_reply(http_status=429, headers={"Retry-After": "3"}, body=b'{"Code":"Throttling","Message":"slow"}')
    assert (caught.value.retry_after, caught.value.retryable, caught.value.code) == (3.0, True, "Throttling")


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"http_status": "200"}, TypeError),
        ({"http_status": 99}, libesa.InvalidArgumentError),
        ({"body": "{}"}, TypeError),
        ({"headers": {"a": 1}}, TypeError),
        ({"headers": {"a": "b\0"}}, libesa.InvalidArgumentError),
        ({"action": 1}, TypeError),
        ({"effect": 9}, libesa.InvalidArgumentError),
    ],
    ids=repr,
)
def test_what_is_no_reply(wrong: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind, match=next(iter(wrong))):
        read_reply(**{"http_status": 200, "body": b"{}", **wrong})


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"nonce": ""}, libesa.InvalidArgumentError),
        ({"date": 0}, libesa.InvalidArgumentError),
        ({"date": 1.5}, TypeError),
        ({"signature_version": 2}, libesa.InvalidArgumentError),
        ({"endpoint": "ftp://a"}, libesa.ConfigError),
    ],
    ids=repr,
)
def test_what_cannot_be_signed_with(wrong: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind, match=next(iter(wrong))):
        sign_with(CREDENTIALS, "GetRoutine", **{"nonce": "n", "date": 1, **wrong})


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python reads numbers of any length")
def test_a_success_that_python_cannot_read_is_an_error_with_an_outcome() -> None:
    body = b'{"RequestId": "r1", "N": ' + b"1" * 5000 + b"}"

    with pytest.raises(libesa.ResponseError) as caught:
        libesa.read_reply(http_status=200, body=body, action="CreateRoutine")

    assert (caught.value.outcome, caught.value.request_id) == (Outcome.UNKNOWN, "r1")
    assert "the reply can't be read: Exceeds the limit" in str(caught.value)
    assert "the reply can't be read: Exceeds the limit" in repr(caught.value)
    assert not caught.value.retryable
    assert "read back" in caught.value.advice


def test_headers_may_be_pairs_and_hold_what_is_no_text() -> None:
    headers = [("X-Acs-Request-Id", "r1"), ("X-Odd", "a\udcff"), ("X-Odd", "b")]

    assert libesa.read_reply(http_status=200, headers=headers, body=b"{}").request_id == "r1"
