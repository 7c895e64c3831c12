"""What docs/recipes.md shows is compiled and run. The programs around the snippets are in recipes/."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from libesa.emulator import Emulator
from programs import Document, checked, environment_of

# The document has snippets in C++ only where it differs from C.
OF_CPP = ["bind", "bulk", "log"]

# Two accounts, each with a key, a site and the routine.
TWO_ACCOUNTS = {
    "accounts": [
        {
            "id": str(account),
            "users": [{"name": "root", "keys": [{"access_key_id": f"id{account}", "access_key_secret": "secret"}]}],
            "sites": [{"site_id": account, "site_name": f"account{account}.example"}],
            "routines": [{"name": "test-routine1"}],
        }
        for account in (1, 2)
    ]
}


DOCUMENT = Document("recipes")


class Recipes(NamedTuple):
    language: str
    command: list[str]


@pytest.fixture(scope="module", params=["c", "cpp", "python", "go"])
def recipes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recipes:
    return Recipes(request.param, DOCUMENT.build(request.param, tmp_path_factory.mktemp(request.param)))


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def run(recipes: Recipes, recipe: str, emulator: Emulator, **environment: str) -> subprocess.CompletedProcess[str]:
    if recipes.language == "cpp" and recipe not in OF_CPP:
        pytest.skip("C++ does it as C does")
    return checked([*recipes.command, recipe], env={**environment_of(emulator), **environment})


def names(emulator: Emulator) -> list[str]:
    routines = [routine for account in emulator.state()["accounts"] for routine in account["routines"]]
    return sorted(record["record_name"] for routine in routines for record in routine["related_records"])


def test_bind_a_domain(recipes: Recipes, emulator: Emulator) -> None:
    printed = run(recipes, "bind", emulator).stdout

    record = r"a\.example\.com: record (\d+), (?:ESA_ORIGIN_)?"
    assert re.fullmatch(record + r"CREATED\n" + record.replace(r"(\d+)", r"\1") + r"EXISTING\n", printed)


@pytest.mark.parametrize(("access", "status"), [("NS", "active"), ("CNAME", "pending")])
def test_what_a_bound_name_lacks(access: str, status: str, tmp_path: Path, emulator: Emulator) -> None:
    for action, body in {
        "GetSite": {"SiteModel": {"Status": status, "AccessType": access}},
        "ListCertificatesByRecord": {"Result": [{"Status": "configured" if status == "active" else "none"}]},
        "ListEdgeRoutineRecords": {"Records": [{"RecordCname": "a.cname.test"}]},
    }.items():
        emulator.add_reply(action=action, body=body)

    printed = checked([*DOCUMENT.build("python", tmp_path), "served"], env=environment_of(emulator)).stdout

    lacks = [
        "the site is pending",
        "no certificate",
        "in your DNS, unless it is there: a.example.com CNAME a.cname.test",
    ]
    assert printed.splitlines() == ([""] if status == "active" else lacks)


def test_many_domains(recipes: Recipes, emulator: Emulator) -> None:
    done = run(recipes, "bulk", emulator)

    assert done.stdout == "1 failed\n"
    assert done.stderr.endswith("3/3")
    assert names(emulator) == ["a.example.com", "c.example.com"]


def test_clean_up(recipes: Recipes) -> None:
    records = [{"record_name": f"r{i}.example.com", "site_id": 1} for i in range(45)]
    seed: dict[str, Any] = {"accounts": [dict(TWO_ACCOUNTS["accounts"][0])]}
    seed["accounts"][0]["sites"] = [{"site_id": 1, "site_name": "example.com"}]
    seed["accounts"][0]["routines"] = [{"name": "test-routine1", "related_records": records}]
    with Emulator(seed=seed) as emulator:
        assert len(names(emulator)) == 45
        run(recipes, "clean", emulator)
        assert names(emulator) == []


def test_rotate_keys(recipes: Recipes, emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{emulator.access_key_id} {emulator.access_key_secret}\n")

    no_others = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}
    printed = run(recipes, "rotate", emulator, KEY_FILE=str(tmp_path / "key"), **no_others).stdout

    assert printed.endswith("\ncallback\n")
    assert names(emulator) == ["a.example.com"]


def test_behind_a_proxy(recipes: Recipes, emulator: Emulator) -> None:
    # Nothing listens there: what fails is the proxy, not the endpoint.
    printed = run(recipes, "proxy", emulator, ESA_ENDPOINT="https://127.0.0.1:1", PROXY="http://127.0.0.1:1").stdout

    assert printed.strip().removeprefix("ESA_ERR_") == "PROXY"


def test_several_accounts(recipes: Recipes) -> None:
    with Emulator(seed=TWO_ACCOUNTS) as emulator:
        run(recipes, "accounts", emulator)
        assert names(emulator) == ["a.account1.example", "a.account2.example"]


def test_log_and_statistics(recipes: Recipes, emulator: Emulator) -> None:
    emulator.add_fault(action="CreateRoutineRelatedRecord", when="after", wire={"kind": "drop"})

    done = run(recipes, "log", emulator)

    assert "reading back whether it was carried out" in done.stderr
    if recipes.language != "cpp":
        assert re.search(r"^1 calls, \d requests, 1 found again, 0 waits for others$", done.stdout, re.MULTILINE)


def test_an_unknown_outcome(recipes: Recipes, emulator: Emulator) -> None:
    emulator.add_fault(action="CreateRoutineRelatedRecord", when="after", wire={"kind": "drop"})
    emulator.add_fault(action="ListRoutineRelatedRecords", reply={"code": "NoPermission"})

    printed = run(recipes, "surely", emulator).stdout

    assert printed.strip().removeprefix("ESA_ORIGIN_") == "EXISTING"
    assert names(emulator) == ["a.example.com"]


def test_the_emulator_from_c(tmp_path: Path) -> None:
    checked([*DOCUMENT.build("c", tmp_path), "emulator"])


def test_the_emulator_from_pytest(tmp_path: Path) -> None:
    tests = DOCUMENT.snippets("python", tests=True)
    (tmp_path / "test_it.py").write_text(f"import libesa\n\n\n{tests}", encoding="utf-8")

    done = checked([sys.executable, "-m", "pytest", "-q", "-p", "libesa.pytest_plugin", str(tmp_path)], cwd=tmp_path)

    assert "1 passed" in done.stdout


def test_the_emulator_from_a_shell(tmp_path: Path) -> None:
    (tmp_path / "esa-emulator").symlink_to(os.environ["ESA_EMULATOR"])
    (tmp_path / "your-tests").write_text(
        f"#!{sys.executable}\nimport libesa\n"
        'libesa.Client().ensure_routine_related_record(name="test-routine1", record_name="shell.example.com")\n'
    )
    (tmp_path / "your-tests").chmod(0o755)

    done = checked(
        ["bash", "-euc", DOCUMENT.snippets("bash")],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "ALIBABA_CLOUD_SECURITY_TOKEN": ""},
    )

    assert '"record_name":"shell.example.com"' in done.stdout


@pytest.mark.parametrize("emulator", [None, "#!/bin/sh\nexit 2\n"], ids=["missing", "ends"])
@pytest.mark.parametrize("options", ["-c", "-euc"])
def test_a_shell_whose_emulator_does_not_start_runs_no_test(tmp_path: Path, options: str, emulator: str | None) -> None:
    (tmp_path / "your-tests").write_text("#!/bin/sh\ntouch have-run\n")
    (tmp_path / "your-tests").chmod(0o755)
    if emulator:
        (tmp_path / "esa-emulator").write_text(emulator)
        (tmp_path / "esa-emulator").chmod(0o755)

    done = subprocess.run(
        ["bash", options, DOCUMENT.snippets("bash")],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert done.returncode != 0
    assert not (tmp_path / "have-run").exists()
