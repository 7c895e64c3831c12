"""What docs/recipes.md shows is compiled and run. The programs around the snippets are in recipes/."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / "target" / "stage"
HERE = Path(__file__).parent / "recipes"
DOCUMENT = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
LINKED = [f"-L{STAGE}/lib", f"-Wl,-rpath,{STAGE}/lib", "-lesa"]

# The document has snippets in C++ only where it differs from C.
OF_CPP = ["bind", "bulk", "log"]

PYTHON_IMPORTS = """\
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import libesa
"""
GO_PACKAGES = {
    name.rsplit("/", 1)[-1]: name for name in ("context", "errors", "fmt", "log/slog", "os", "time", "testing")
} | {
    "esa": "github.com/libesa/libesa/bindings/go",
    "esatest": "github.com/libesa/libesa/bindings/go/esatest",
}

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


def snippets(language: str, *, tests: bool = False) -> str:
    """All of a language, or its tests alone, as one text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    return "\n".join(block for block in blocks if bool(re.match(r"def test_|func Test", block)) is tests)


def with_imports(go: str) -> str:
    used = [path for name, path in GO_PACKAGES.items() if re.search(rf"\b{name}\.", go)]
    return "package main\n\nimport (\n" + "".join(f'\t"{path}"\n' for path in used) + ")\n\n" + go


def checked(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def build(language: str, folder: Path) -> list[str]:
    """The command that runs a recipe of the language, but for its name."""
    if language == "python":
        (folder / "recipes.py").write_text(PYTHON_IMPORTS + "\n\n" + snippets("python"), encoding="utf-8")
        shutil.copy(HERE / "main.py", folder)
        return [sys.executable, str(folder / "main.py")]
    program = folder / "recipes"
    if language == "go":
        # Beside the examples, whose module knows where the package is.
        beside = ROOT / "examples" / "go" / "recipes_snippets"
        beside.mkdir()
        try:
            shutil.copy(HERE / "main.go", beside)
            (beside / "recipes.go").write_text(with_imports(snippets("go")), encoding="utf-8")
            (beside / "recipes_test.go").write_text(with_imports(snippets("go", tests=True)), encoding="utf-8")
            go = os.environ.get("GO", "go")
            checked([go, "build", "-o", str(program), "./recipes_snippets"], cwd=beside.parent)
            checked([go, "test", "-count=1", "./recipes_snippets"], cwd=beside.parent)
        finally:
            shutil.rmtree(beside)
        return [str(program)]
    (folder / "recipes.h").write_text(snippets(language), encoding="utf-8")
    compiler = {"c": [os.environ.get("CC", "cc"), "-std=c99"], "cpp": [os.environ.get("CXX", "c++"), "-std=c++17"]}
    include = [f"-I{STAGE}/include", f"-I{ROOT}/tests/emulator/include", f"-I{folder}"]
    checked([*compiler[language], *STRICT, *include, str(HERE / f"main.{language}"), "-o", str(program), *LINKED])
    return [str(program)]


class Recipes(NamedTuple):
    language: str
    command: list[str]


@pytest.fixture(scope="module", params=["c", "cpp", "python", "go"])
def recipes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recipes:
    return Recipes(request.param, build(request.param, tmp_path_factory.mktemp(request.param)))


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def run(recipes: Recipes, recipe: str, emulator: Emulator, **environment: str) -> subprocess.CompletedProcess[str]:
    if recipes.language == "cpp" and recipe not in OF_CPP:
        pytest.skip("C++ does it as C does")
    given = {
        "ESA_ENDPOINT": emulator.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        # No other credentials that this machine has; empty is as good as unset.
        "ALIBABA_CLOUD_SECURITY_TOKEN": "",
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    }
    return checked([*recipes.command, recipe], env={**os.environ, **given, **environment})


def names(emulator: Emulator) -> list[str]:
    routines = [routine for account in emulator.state()["accounts"] for routine in account["routines"]]
    return sorted(record["record_name"] for routine in routines for record in routine["related_records"])


def test_bind_a_domain(recipes: Recipes, emulator: Emulator) -> None:
    printed = run(recipes, "bind", emulator).stdout

    record = r"a\.example\.com: record (\d+), (?:ESA_ORIGIN_)?"
    assert re.fullmatch(record + r"CREATED\n" + record.replace(r"(\d+)", r"\1") + r"EXISTING\n", printed)


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
    checked([*build("c", tmp_path), "emulator"])


def test_the_emulator_from_pytest(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import libesa\n\n\n" + snippets("python", tests=True), encoding="utf-8")

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
        ["bash", "-euc", snippets("bash")],
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
        ["bash", options, snippets("bash")],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert done.returncode != 0
    assert not (tmp_path / "have-run").exists()
