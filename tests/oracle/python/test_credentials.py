"""The official package of credentials, unchanged, is asked for the same environment and files as libesa.

ESA_EMULATOR names the emulator's program, which tells whom libesa signs as; LIBESA_LIBRARY the library.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from libesa.emulator import Emulator

# They print whom they find, as JSON; null: nobody.
OFFICIAL = """
import json
from alibabacloud_credentials.client import Client
from alibabacloud_credentials.exceptions import CredentialException

try:
    found = Client().get_credential()
except CredentialException:
    print("null")
else:
    key = [found.access_key_id, found.access_key_secret, found.security_token or None]
    print(json.dumps([found.provider_name.split("/")[1], *key]))
"""
LIBESA = """
import json
import libesa

with libesa.Client() as client:
    try:
        client.get_match_site(record_name="a.example.com")
    except libesa.CredentialsError:
        print("null")
    else:
        print(json.dumps(client.credentials_source))
"""

# What each calls its providers.
PROVIDERS = {
    "env": "environment",
    "cli_profile": "cli_profile",
    "profile": "credentials_file",
    "credential_uri": "credentials_uri",
}


class Identity(NamedTuple):
    """Who was found; the secret goes with the id."""

    source: str
    access_key_id: str
    security_token: str | None = None


def secret(access_key_id: str) -> str:
    return f"secret-of-{access_key_id}"


@dataclass(frozen=True)
class Case:
    """An environment and the files below the home directory; {home} and {uri} stand for where these are."""

    official: Identity | None
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str | bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference(Case):
    """A case in which libesa finds somebody else, and why that is meant to be so."""

    libesa: Identity | None = None
    why: str = ""


def variables(access_key_id: str, security_token: str | None = None) -> dict[str, str]:
    token = {} if security_token is None else {"ALIBABA_CLOUD_SECURITY_TOKEN": security_token}
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret(access_key_id),
        **token,
    }


def key(access_key_id: str, **more: object) -> dict[str, object]:
    return {"access_key_id": access_key_id, "access_key_secret": secret(access_key_id), **more}


def cli(*profiles: dict[str, object], current: str | None = "p") -> dict[str, str]:
    config = {"current": current, "profiles": [{"name": "p", **profile} for profile in profiles], "meta_path": ""}
    return {".aliyun/config.json": json.dumps(config)}


def section(access_key_id: str, name: str = "default") -> str:
    lines = f"access_key_id = {access_key_id}\naccess_key_secret = {secret(access_key_id)}\n"
    return f"[{name}]\ntype = access_key\n{lines}"


def file(text: str | bytes, name: str = "credentials.ini") -> dict[str, str | bytes]:
    return {f".alibabacloud/{name}": text}


def command(prints: dict[str, object], line: str = "cat {home}/key.json") -> dict[str, str]:
    return {**cli({"mode": "External", "process_command": line}), "key.json": json.dumps(prints)}


AK = {"mode": "AK"}
SIGNED_IN = {"mode": "OAuth", "oauth_site_type": "CN"}
LATER = 4_000_000_000
MEANT = "what a variable names is meant: to go on would sign as somebody else, without a word"
PROFILES = cli({"name": "p", **AK, **key("p")}, {"name": "q", **AK, **key("q")})
BEHIND = file(section("behind"))
FROM_BEHIND = Identity("credentials_file", "behind")
TOKEN = "CAIS+/token="
URI = {"ALIBABA_CLOUD_CREDENTIALS_URI": "{uri}/good"}

CASES: dict[str, Case] = {
    "nothing": Case(None),
    # The environment.
    "variables": Case(Identity("environment", "e"), variables("e")),
    "variables with a token": Case(Identity("environment", "e", TOKEN), variables("e", TOKEN)),
    "variables with an empty token": Case(Identity("environment", "e"), variables("e", "")),
    "empty variables": Case(FROM_BEHIND, dict.fromkeys(variables("e", TOKEN), ""), BEHIND),
    "a role for no token": Case(FROM_BEHIND, {"ALIBABA_CLOUD_ROLE_ARN": "r"}, BEHIND),
    # The command line's profiles.
    "profile AK": Case(Identity("cli_profile", "p"), files=PROFILES),
    "profile AK with a token left over": Case(
        Identity("cli_profile", "p"), files=cli({**AK, **key("p", sts_token="t")})
    ),
    "profile StsToken": Case(
        Identity("cli_profile", "p", TOKEN), files=cli({"mode": "StsToken", **key("p", sts_token=TOKEN)})
    ),
    "profile StsToken without its token": Case(FROM_BEHIND, files={**cli({"mode": "StsToken", **key("p")}), **BEHIND}),
    "profile AK without its secret": Case(FROM_BEHIND, files={**cli({**AK, "access_key_id": "p"}), **BEHIND}),
    "profile of an unknown mode": Case(FROM_BEHIND, files={**cli({"mode": "Odd", **key("p")}), **BEHIND}),
    "profile without a mode": Case(FROM_BEHIND, files={**cli(key("p")), **BEHIND}),
    "profile that is named by the environment": Case(
        Identity("cli_profile", "q"), {"ALIBABA_CLOUD_PROFILE": "q"}, PROFILES
    ),
    "profile that isn't there": Case(None, {"ALIBABA_CLOUD_PROFILE": "r"}, {**PROFILES, **BEHIND}),
    "no current profile": Case(FROM_BEHIND, files={**cli({**AK, **key("p")}, current=None), **BEHIND}),
    "two profiles of one name": Case(
        Identity("cli_profile", "p"), files=cli({**AK, **key("p")}, {**AK, **key("second")})
    ),
    "profile OAuth with keys that are good": Case(
        Identity("cli_profile", "p", TOKEN), files=cli({**SIGNED_IN, **key("p", sts_token=TOKEN, sts_expiration=LATER)})
    ),
    "another profile with odd numbers": Case(
        Identity("cli_profile", "p"),
        files=cli({"name": "q", "expired_seconds": -1, "sts_expiration": 0.5}, {**AK, **key("p")}),
    ),
    "odd numbers that aren't used": Case(
        Identity("cli_profile", "p"), files=cli({**AK, **key("p", expired_seconds="x", sts_expiration=-1)})
    ),
    "profiles that are no JSON": Case(FROM_BEHIND, files={".aliyun/config.json": "{", **BEHIND}),
    "profiles that are switched off": Case(
        FROM_BEHIND, {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "TRUE"}, {**PROFILES, **BEHIND}
    ),
    "a command that gives a key": Case(Identity("cli_profile", "c"), files=command({**AK, **key("c")})),
    "a command that gives a token": Case(
        Identity("cli_profile", "c", TOKEN),
        files=command({"mode": "StsToken", **key("c", sts_token=TOKEN, expiration="2099-01-01T00:00:00Z")}),
    ),
    "a command with quotes": Case(
        Identity("cli_profile", "c"), files=command({**AK, **key("c")}, "sh -c 'cat \"$HOME\"/key.json'")
    ),
    "a command with a number sign": Case(
        Identity("cli_profile", "c"), files=command({**AK, **key("c")}, "sh -c 'cat \"$HOME/${0#?}\"' #key.json")
    ),
    "a command whose child keeps the output open": Case(
        Identity("cli_profile", "c"), files=command({**AK, **key("c")}, "sh -c 'sleep 2 & cat \"$HOME\"/key.json'")
    ),
    "a command that gives no date, as Go says it": Case(
        Identity("cli_profile", "c"), files=command({**AK, **key("c", expiration="0001-01-01T00:00:00Z")})
    ),
    "a command that fails": Case(FROM_BEHIND, files={**command({**AK, **key("c")}, "false"), **BEHIND}),
    "a command that gives no secret": Case(FROM_BEHIND, files={**command({**AK, "access_key_id": "c"}), **BEHIND}),
    "a command that gives no token": Case(FROM_BEHIND, files={**command({"mode": "StsToken", **key("c")}), **BEHIND}),
    # The credentials file.
    "credentials file": Case(Identity("credentials_file", "f"), files=file(section("f"))),
    "credentials file that is named by the environment": Case(
        Identity("credentials_file", "f"),
        {"ALIBABA_CLOUD_CREDENTIALS_FILE": "{home}/other"},
        {"other": section("f"), **BEHIND},
    ),
    "another section": Case(
        Identity("credentials_file", "f"), {"ALIBABA_CLOUD_PROFILE": "q"}, file(section("x") + section("f", "q"))
    ),
    "a section that isn't there": Case(None, files=file(section("f", "other"))),
    "comments, after a value too": Case(
        Identity("credentials_file", "f"),
        files=file("# c\n; c\n" + section("f").replace("\n", " # c\n") + "  # c\n"),
    ),
    "colons and capitals": Case(
        Identity("credentials_file", "f"),
        files=file(f"[default]\nTYPE: access_key\nAccess_Key_Id:f\naccess_key_secret:{secret('f')}\n"),
    ),
    "DOS lines": Case(Identity("credentials_file", "f"), files=file(section("f").replace("\n", "\r\n"))),
    "a section without a type": Case(None, files=file(section("f").replace("type", "kind"))),
    "a section of an unknown type": Case(None, files=file(section("f").replace("= access_key\n", "= odd\n"))),
    "a section without its secret": Case(None, files=file(section("f").replace("_secret", "_"))),
    "the section twice": Case(None, files=file(section("f") + section("g"))),
    "a key twice": Case(None, files=file(section("f") + "access_key_id = g\n")),
    "no section at all": Case(None, files=file("access_key_id = f\n")),
    # The URI.
    "URI": Case(Identity("credentials_uri", "u", TOKEN), URI),
    "URI with a query": Case(
        Identity("credentials_uri", "u", TOKEN), {"ALIBABA_CLOUD_CREDENTIALS_URI": "{uri}/query?a=b&c=d%20e"}
    ),
    "URI that fails": Case(None, {"ALIBABA_CLOUD_CREDENTIALS_URI": "{uri}/bad"}),
    # The order.
    "all of them": Case(Identity("environment", "e"), {**variables("e"), **URI}, {**PROFILES, **BEHIND}),
    "all but the variables": Case(Identity("cli_profile", "p"), URI, {**PROFILES, **BEHIND}),
    "the last two": Case(FROM_BEHIND, URI, BEHIND),
    # Where they differ.
    "credentials file without the ending": Difference(
        None,
        files=file(section("f"), "credentials"),
        libesa=Identity("credentials_file", "f"),
        why="the official package for Python looks for credentials.ini only, the one for Go for credentials",
    ),
    "credentials file by both names": Difference(
        Identity("credentials_file", "ini"),
        files={**file(section("f"), "credentials"), **file(section("ini"))},
        libesa=Identity("credentials_file", "f"),
        why="the name that the one for Go knows comes first",
    ),
    "profiles elsewhere": Difference(
        FROM_BEHIND,
        {"ALIBABA_CLOUD_CONFIG_FILE": "{home}/config.json"},
        {"config.json": PROFILES[".aliyun/config.json"], **BEHIND},
        libesa=Identity("cli_profile", "p"),
        why="the official package for Python doesn't know the variable, the one for Go does",
    ),
    "an empty name of a profile": Difference(
        None,
        {"ALIBABA_CLOUD_PROFILE": ""},
        file(section("f")),
        libesa=Identity("credentials_file", "f"),
        why="empty is as good as unset, as the official package has it for the command line's profiles",
    ),
    "URI that gives no code": Difference(
        None,
        {"ALIBABA_CLOUD_CREDENTIALS_URI": "{uri}/no-code"},
        libesa=Identity("credentials_uri", "u", TOKEN),
        why="the status says that it is a success, and the documented reply has no code",
    ),
    "a secret with a blank": Difference(
        Identity("environment", "e "),
        variables("e "),
        BEHIND,
        why="no such key was ever issued, it would break the request, and nobody else is meant",
    ),
    "a secret with a line end": Difference(
        Identity("environment", "e\n"),
        variables("e\n"),
        PROFILES,
        why="no such key was ever issued, it would break the request, and nobody else is meant",
    ),
    "an id without a secret": Difference(FROM_BEHIND, {"ALIBABA_CLOUD_ACCESS_KEY_ID": "e"}, BEHIND, why=MEANT),
    "an id with an empty secret": Difference(
        FROM_BEHIND, {**variables("e"), "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}, BEHIND, why=MEANT
    ),
    "a secret without an id": Difference(FROM_BEHIND, {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s"}, BEHIND, why=MEANT),
    "an empty id": Difference(FROM_BEHIND, {**variables("e"), "ALIBABA_CLOUD_ACCESS_KEY_ID": ""}, BEHIND, why=MEANT),
    "a token alone": Difference(FROM_BEHIND, {"ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN}, BEHIND, why=MEANT),
    "a token of an identity provider that isn't there": Difference(
        FROM_BEHIND,
        {
            "ALIBABA_CLOUD_ROLE_ARN": "r",
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "p",
            "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "{home}/nowhere",
        },
        BEHIND,
        why=MEANT,
    ),
    "a part of what an identity provider needs": Difference(
        FROM_BEHIND, {"ALIBABA_CLOUD_OIDC_TOKEN_FILE": "{home}/token"}, {"token": "t", **BEHIND}, why=MEANT
    ),
    "profiles elsewhere that aren't there": Difference(
        FROM_BEHIND, {"ALIBABA_CLOUD_CONFIG_FILE": "{home}/nowhere"}, BEHIND, why=MEANT
    ),
    "credentials file elsewhere that isn't there": Difference(
        Identity("credentials_uri", "u", TOKEN), {"ALIBABA_CLOUD_CREDENTIALS_FILE": "{home}/nowhere", **URI}, why=MEANT
    ),
    "a name of nothing": Difference(
        Identity("credentials_uri", "u", TOKEN),
        {"ALIBABA_CLOUD_PROFILE": "r", **URI},
        {**PROFILES, **BEHIND},
        why=MEANT,
    ),
    "a switch that is 1": Difference(
        Identity("cli_profile", "p"),
        {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "1"},
        {**PROFILES, **BEHIND},
        libesa=FROM_BEHIND,
        why="the command line's own switch is on with 1 as well, and nobody means off",
    ),
    "a command that is forbidden": Difference(
        Identity("cli_profile", "c"),
        {"ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS": "1"},
        {**command({**AK, **key("c")}), **BEHIND},
        libesa=FROM_BEHIND,
        why="the command line has this switch, for whoever forbids such commands",
    ),
    "a mode in lower case": Difference(
        FROM_BEHIND,
        files={**cli({"mode": "ak", **key("p")}), **BEHIND},
        libesa=Identity("cli_profile", "p"),
        why="the command line takes a mode in any case, and it can be nothing else",
    ),
    "profile CredentialsURI": Difference(
        FROM_BEHIND,
        files={**cli({"mode": "CredentialsURI", "credentials_uri": "{uri}/good"}), **BEHIND},
        libesa=Identity("cli_profile", "u", TOKEN),
        why="the command line has this mode",
    ),
    "another profile that is none": Difference(
        FROM_BEHIND,
        files={".aliyun/config.json": json.dumps({"current": "p", "profiles": [None, {"name": "p", **AK, **key("p")}]})}
        | BEHIND,
        libesa=Identity("cli_profile", "p"),
        why="only what is used is read",
    ),
    "a command that gives a date with an offset": Difference(
        FROM_BEHIND,
        files={**command({**AK, **key("c", expiration="2099-01-01T00:00:00+08:00")}), **BEHIND},
        libesa=Identity("cli_profile", "c"),
        why="it is a date like another; the command line doesn't mind",
    ),
    "a command that gives a date as a number": Difference(
        FROM_BEHIND,
        files={**command({**AK, **key("c", expiration=LATER)}), **BEHIND},
        libesa=Identity("cli_profile", "c"),
        why="the command line doesn't mind, and writes its own dates so",
    ),
    "a percent sign in a value": Difference(
        None,
        files=file(section("f%20")),
        libesa=Identity("credentials_file", "f%20"),
        why="Python's parser takes it for a placeholder; the file's format has none",
    ),
    "a section for all sections": Difference(
        Identity("credentials_file", "f"),
        files=file(section("f", "DEFAULT") + "[default]\n"),
        why="Python's parser lets every section inherit from [DEFAULT]; the file's format doesn't",
    ),
    "blanks inside a heading": Difference(
        None,
        files=file(section("f", " default ")),
        libesa=Identity("credentials_file", "f"),
        why="nobody means them",
    ),
    "another section twice": Difference(
        None,
        files=file(section("f") + section("x", "x") + section("y", "x")),
        libesa=Identity("credentials_file", "f"),
        why="only what is used is read",
    ),
    "a byte order mark in the credentials file": Difference(
        None,
        files=file(b"\xef\xbb\xbf" + section("f").encode()),
        libesa=Identity("credentials_file", "f"),
        why="editors of Windows write one",
    ),
    "a byte order mark in the profiles": Difference(
        FROM_BEHIND,
        files={".aliyun/config.json": b"\xef\xbb\xbf" + PROFILES[".aliyun/config.json"].encode(), **BEHIND},
        libesa=Identity("cli_profile", "p"),
        why="editors of Windows write one",
    ),
    "a command that doesn't say what it gives": Case(
        Identity("cli_profile", "c"), files={**command(key("c")), **BEHIND}
    ),
}


class Sidecar(BaseHTTPRequestHandler):
    """Gives credentials as a program beside the user's own does."""

    def do_GET(self) -> None:
        known = {"/good": "Success", "/query?a=b&c=d%20e": "Success", "/no-code": None}
        path = self.path.replace("+", "%20")
        body = json.dumps(
            {
                "Code": known.get(path),
                "AccessKeyId": "u",
                "AccessKeySecret": secret("u"),
                "SecurityToken": TOKEN,
                "Expiration": "2099-01-01T00:00:00Z",
            }
        ).encode()
        self.send_response(200 if path in known else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


@pytest.fixture(scope="module")
def uri() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sidecar) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask(program: str, case: Case, home: Path, **places: str) -> Any:
    """What the program prints, in a process with this environment and these files only."""
    places = {"home": str(home), **places}

    def placed(text: str) -> str:
        for name, place in places.items():
            text = text.replace("{" + name + "}", place)
        return text

    contents = {
        home / path: text if isinstance(text, bytes) else placed(text).encode() for path, text in case.files.items()
    }
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LIBESA_LIBRARY") if name in os.environ}
    environment |= {name: placed(value) for name, value in case.environment.items()}
    environment |= {"HOME": str(home), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
    environment |= {"ESA_ENDPOINT": places["endpoint"]} if "endpoint" in places else {}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    if program is LIBESA:
        assert {path: path.read_bytes() for path in contents} == contents, "libesa only reads"
    return json.loads(done.stdout)


def knowing(identity: Identity | None) -> Emulator:
    """An emulator that takes requests of this identity only, with the right secret and the right token."""
    _, access_key_id, token = identity or Identity("", "nobody")
    account = {
        "users": [{"name": "user", "keys": [key(access_key_id, security_token=token)]}],
        "sites": [{"site_id": 1, "site_name": "example.com"}],
        "routines": [{"name": "routine"}],
    }
    return Emulator(seed={"accounts": [account]})


@pytest.mark.parametrize("name", CASES)
def test_both_find_the_same(name: str, uri: str, tmp_path: Path) -> None:
    case = CASES[name]

    official = ask(OFFICIAL, case, tmp_path / "official", uri=uri)
    if official:
        provider, access_key_id, access_key_secret, token = official
        assert access_key_secret == secret(access_key_id)
        official = Identity(PROVIDERS[provider], access_key_id, token)
    assert official == case.official

    expected = case.official
    if isinstance(case, Difference):
        expected = case.libesa
        assert expected != case.official
        assert case.why
    with knowing(expected) as emulator:
        found = ask(LIBESA, case, tmp_path / "libesa", uri=uri, endpoint=emulator.url)
        signed = [request["access_key_id"] for request in emulator.requests()]
    assert found == (expected and expected.source)
    assert signed == ([expected.access_key_id] if expected else [])
