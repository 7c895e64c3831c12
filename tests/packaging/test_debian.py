"""Debian's packages: they are made, lintian has no error, and programs are built and run with them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from built import ROOT, VERSION, makes_a_record, need, run

sys.path.append(str(ROOT / "tests" / "docs"))
from links import dead_links

PACKAGES = ROOT / "target" / "debian"


@pytest.fixture(scope="module")
def packages() -> list[Path]:
    need("dpkg-buildpackage", "dh")
    run("scripts/deb", VERSION)
    return sorted(PACKAGES.glob("*.deb"))


@pytest.fixture(scope="module")
def unpacked(packages: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    for package in packages:
        run("dpkg-deb", "-x", package, folder)
    return folder


def test_there_is_one_for_programs_and_one_for_developers(packages: list[Path]) -> None:
    assert [package.name.split("_")[:2] for package in packages] == [["libesa-dev", VERSION], ["libesa0", VERSION]]


def test_lintian_has_no_error(packages: list[Path]) -> None:
    need("lintian")
    (changes,) = PACKAGES.glob("*.changes")

    run("lintian", "--allow-root", "--fail-on", "error,warning", changes)


@pytest.mark.parametrize("linking", ["shared", "static"])
def test_a_program_is_built_and_runs(linking: str, unpacked: Path, tmp_path: Path) -> None:
    need("pkg-config")
    (libraries,) = unpacked.glob("usr/lib/*/pkgconfig")
    program = tmp_path / "program"
    static = linking == "static"
    flags = run("pkg-config", "--cflags", "--libs", *["--static"] * static, "libesa", PKG_CONFIG_PATH=str(libraries))
    if static:
        flags = flags.replace("-lesa", str(libraries.parent / "libesa.a"))

    run(os.environ.get("CC", "cc"), "tests/consumers/consumer.c", "-o", program, *flags.split())

    makes_a_record(program, LD_LIBRARY_PATH="" if static else str(libraries.parent))
    needed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    assert ("[libesa.so.0]" in needed) is not static


def test_the_documents_link_to_each_other(unpacked: Path) -> None:
    documents = unpacked / "usr" / "share" / "doc" / "libesa-dev"

    assert (documents / "docs" / "recipes.md").exists()
    assert (documents / "examples" / "c" / "create_record.c").exists()
    assert [(str(page), dead_links(page)) for page in documents.rglob("*.md") if dead_links(page)] == []


def test_the_table_of_symbols_is_the_binary_interface() -> None:
    table = (ROOT / "packaging" / "debian" / "libesa0.symbols").read_text(encoding="utf-8")
    baseline = json.loads((ROOT / "tests" / "abi" / "baseline.json").read_text(encoding="utf-8"))

    assert re.findall(r"^ (\w+)@Base ", table, re.MULTILINE) == baseline["exports"]
