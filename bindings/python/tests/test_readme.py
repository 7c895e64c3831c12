"""What README.md shows is run, against an emulator that has what it names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PACKAGE_PATH

from libesa.emulator import Emulator

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)

# Of mypy: `make lint` has filled most of it.
CACHE = PACKAGE_PATH.parent / ".mypy_cache"

SEED = {
    "accounts": [
        {
            "users": [{"name": "u", "keys": [{"access_key_id": "the-id", "access_key_secret": "the-secret"}]}],
            "sites": [{"site_id": 54362329990032, "site_name": "example.com"}],
            "routines": [{"name": "my-routine"}],
        }
    ]
}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=SEED) as emulator:
        yield emulator


def run(emulator: Emulator, *arguments: str | Path, **variables: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE_PATH), "ESA_ENDPOINT": emulator.url, **variables}
    key = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "the-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "the-secret"}
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        env={**environment, **key},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def snippet(part: str) -> str:
    (found,) = [snippet for snippet in SNIPPETS if part in snippet]
    return str(found)


def test_one_record(emulator: Emulator) -> None:
    assert re.fullmatch(r"\d+ CREATED\n", run(emulator, "-c", snippet("print(record.record_id")))


def test_many_records(emulator: Emulator) -> None:
    printed = run(emulator, "-c", "import libesa\n" + snippet("in range(3)"))

    assert printed == "".join(f"app{number}.example.com CREATED\n" for number in range(3))


def test_a_page(emulator: Emulator) -> None:
    assert re.fullmatch(r"\d+ False\n", run(emulator, "-c", "import libesa\n" + snippet("page_size")))


def test_cancelling(emulator: Emulator) -> None:
    emulator.add_fault(parameters={"RecordName": "busy.example.com"}, wire={"kind": "hang"})

    assert run(emulator, "-c", "import libesa\n" + snippet("cancel.trigger")) == "cancelled, NOT_SENT\n"


def test_signing_without_a_client(emulator: Emulator) -> None:
    signed = run(emulator, "-c", "import libesa\n" + snippet("sign_with("))

    assert signed == "GET https://esa.cn-hangzhou.aliyuncs.com/?SiteId=7\n"


def test_which_library(emulator: Emulator) -> None:
    assert "libesa" in run(emulator, "-c", "import libesa\n" + snippet("native_info()"))


def test_any_action(emulator: Emulator) -> None:
    assert run(emulator, "-c", "import libesa\n" + snippet("client.call(")) == "['my-routine', 'shop'] 1\n"


def test_an_http_library_of_one_s_own(emulator: Emulator) -> None:
    assert run(emulator, "-c", "import libesa\n" + snippet("read_reply(")) == "my-routine.er.aliyun-esa.net\n"


def test_asyncio(emulator: Emulator) -> None:
    program = f"import asyncio, libesa\n{snippet('AsyncClient')}\nasyncio.run(ensure(['b.example.com']))"

    printed = run(emulator, "-c", program)

    assert printed.startswith("b.example.com CREATED\n")
    assert re.search(r"^b\.example\.com \d+$", printed, re.MULTILINE)


@pytest.mark.parametrize(
    "part",
    ["in range(3)", "page_size", "client.call(", "read_reply(", "cancel.trigger", "sign_with(", "AsyncClient"],
)
def test_a_type_checker_accepts_it(part: str, tmp_path: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", CACHE, "-c", f"import libesa\n{snippet(part)}"],
        env={**os.environ, "MYPYPATH": str(PACKAGE_PATH)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_pytest(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(snippet("def test_"), "utf-8")

    printed = run(emulator, "-m", "pytest", "-p", "libesa.pytest_plugin", "-p", "no:cacheprovider", tmp_path)

    assert "1 passed" in printed


def test_no_snippet_is_forgotten() -> None:
    # The one with a vault is run by the repository's tests of documents, beside those of the other languages.
    assert len(SNIPPETS) == 11
