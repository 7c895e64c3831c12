"""What docs/actions.md shows is compiled and run. The programs around the snippets are in actions/."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from libesa.emulator import Emulator
from programs import PYTHON_IMPORTS, Document, checked, environment_of

DOCUMENT = Document("actions")
SITE_ID = "54362329990032"


@pytest.fixture(scope="module")
def programs() -> dict[str, list[str]]:
    """The commands that have been built."""
    return {}


class Example:
    """The examples of one language against an emulator."""

    def __init__(self, command: list[str], emulator: Emulator) -> None:
        self.command, self.emulator = command, emulator

    def run(self, *arguments: str) -> str:
        return checked([*self.command, *arguments], env=environment_of(self.emulator)).stdout.strip()

    def sent(self) -> list[str]:
        """The actions of the requests, in their order."""
        return [request["action"] for request in self.emulator.requests()]

    def parameters(self) -> dict[str, Any]:
        """Those of the last request."""
        return dict(self.emulator.requests()[-1]["parameters"])


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def example(
    request: pytest.FixtureRequest,
    emulator: Emulator,
    programs: dict[str, list[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Example:
    language = request.param
    if language not in programs:
        folder = tmp_path_factory.mktemp(language)
        programs[language] = build_curl(folder) if language == "curl" else DOCUMENT.build(language, folder)
    return Example(programs[language], emulator)


def build_curl(folder: Path) -> list[str]:
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "libcurl >= 7.83"], capture_output=True, text=True, check=False
    )
    if flags.returncode != 0:
        pytest.skip("LEFT OUT: there is no libcurl 7.83 for pkg-config")
    (folder / "curl_snippets.h").write_text(DOCUMENT.snippets("c", curl=True), encoding="utf-8")
    return DOCUMENT.compile("c", "curl.c", folder, *flags.stdout.split())


def of(*languages: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", languages, indirect=True)


@of("c", "cpp", "python", "go")
def test_a_call(example: Example) -> None:
    assert "OK" in example.run("create")

    assert example.sent() == ["CreateRoutine"]
    assert example.parameters() == {"Name": "hello", "Description": "Says hello."}


@of("python")
def test_create_and_publish_a_routine(example: Example) -> None:
    version = example.run("publish")

    assert re.fullmatch(r"\d+", version)
    routine = example.emulator.state()["accounts"][0]["routines"][0]
    assert example.parameters()["CodeVersion"] == version
    assert version in json.dumps(routine)


@of("go")
def test_add_a_site(example: Example) -> None:
    site_id, name_servers = example.run("site").split()

    sites = {str(site["site_id"]): site["site_name"] for site in example.emulator.state()["accounts"][0]["sites"]}
    assert sites[site_id] == "example.org"
    assert "," in name_servers


@of("python")
def test_purge_a_cache(example: Example) -> None:
    task = {"TaskId": "15940956620", "Status": "Complete"}
    example.emulator.add_reply(action="PurgeCaches", body={"TaskId": "15940956620"})
    example.emulator.add_reply(action="DescribePurgeTasks", body={"Tasks": [task]})

    assert example.run("purge") == "15940956620 True False"
    purge = example.emulator.requests()[0]["parameters"]
    assert json.loads(purge["Content"]) == {"Files": ["https://example.com/a.css"]}


@of("c")
def test_quota(example: Example) -> None:
    example.emulator.add_reply(action="GetPurgeQuota", body={"Quota": "1000", "Usage": "10"})

    assert json.loads(example.run("quota", SITE_ID))["Quota"] == "1000"
    assert example.parameters() == {"SiteId": SITE_ID, "Type": "file"}


@of("cpp")
def test_certificate(example: Example) -> None:
    example.emulator.add_reply(action="ApplyCertificate", body={"Result": [{"Domain": "example.com", "Id": "7"}]})

    assert json.loads(example.run("certificate", SITE_ID))["Result"][0]["Id"] == "7"
    assert example.parameters()["Domains"] == "example.com,www.example.com"


@of("python")
def test_nested_parameters(example: Example) -> None:
    example.emulator.add_reply(action="CreateRecord", body={"RecordId": 9007199254740993})
    example.emulator.add_reply(action="TagResources")

    assert example.run("record") == "9007199254740993"
    record, tags = (request["parameters"] for request in example.emulator.requests())
    assert (record["Proxied"], record["Ttl"]) == ("true", "1")
    assert json.loads(record["Data"]) == {"Value": "203.0.113.7"}
    assert tags["ResourceId.1"] == "9007199254740993"
    assert (tags["Tag.1.Key"], tags["Tag.1.Value"]) == ("team", "web")


@of("python")
def test_what_the_library_does_not_know(example: Example) -> None:
    example.emulator.add_reply(action="DescribeSomethingNew", body={"Found": 1})

    assert "'Found': 1" in example.run("new")
    assert json.loads(example.parameters()["Filter"]) == {"Name": "a"}


@of("python")
@pytest.mark.parametrize("when", ["before", "after"])
def test_after_an_unknown_outcome(example: Example, when: str) -> None:
    example.emulator.add_fault(action="CreateRoutine", when=when, wire={"kind": "drop"})
    if when == "before":
        example.emulator.add_reply(action="GetRoutine", times=2, status=400, body={"Code": "RoutineNotExist"})
        example.emulator.add_reply(action="GetRoutine")

    example.run("surely")

    assert example.sent() == ["CreateRoutine"] + ["GetRoutine"] * (3 if when == "before" else 1)


STACKS = of("curl", "python", "go")


@STACKS
def test_a_stack_of_ones_own_makes_a_lost_read_again(example: Example) -> None:
    for fault in ({"wire": {"kind": "drop"}}, {"reply": {"status": 502, "body": "bad gateway"}}):
        example.emulator.add_fault(action="GetRoutine", **fault)
        assert "RequestId" in example.run("http", "GetRoutine", "test-routine1", "READS")

    assert example.sent() == ["GetRoutine"] * 4


@STACKS
def test_a_stack_of_ones_own_sends_an_action_with_get(example: Example) -> None:
    example.run("http", "ListSites", "x", "READS")

    sent = example.emulator.requests()
    assert [(each["method"], each["verdict"]) for each in sent] == [("GET", "OK")]


@STACKS
def test_a_stack_of_ones_own_waits_as_long_as_a_refused_write_asks_for(example: Example) -> None:
    throttled = {"code": "Throttling.User", "headers": {"x-acs-retry-after": "10"}}
    example.emulator.add_fault(action="CreateRoutine", reply=throttled)

    assert "OK" in example.run("http", "CreateRoutine", "hello", "WRITES")
    assert example.sent() == ["CreateRoutine"] * 2


@STACKS
def test_a_stack_of_ones_own_makes_no_lost_write_again(example: Example) -> None:
    example.emulator.add_fault(action="CreateRoutine", when="after", wire={"kind": "drop"})
    assert example.run("http", "CreateRoutine", "hello", "WRITES") == "no reply"
    example.emulator.add_fault(action="CreateRoutine", reply={"status": 502, "body": "bad gateway"})
    assert "unknown" in example.run("http", "CreateRoutine", "hello2", "WRITES").lower()

    assert example.sent() == ["CreateRoutine"] * 2


def test_the_test(tmp_path: Path) -> None:
    snippets = [PYTHON_IMPORTS, DOCUMENT.snippets("python"), DOCUMENT.snippets("python", tests=True)]
    (tmp_path / "test_it.py").write_text("\n\n".join(snippets), encoding="utf-8")

    done = checked([sys.executable, "-m", "pytest", "-q", "-p", "libesa.pytest_plugin", str(tmp_path)], cwd=tmp_path)

    assert "1 passed" in done.stdout
