"""What README.md shows is compiled and run, and it is short."""

import os
import shutil
from pathlib import Path

import pytest
from programs import ROOT, SHARED, STAGE, STATIC, STRICT, compiled, part, run, run_program

README = ROOT / "README.md"


def snippet(language: str) -> str:
    """The one that is a whole program."""
    return part(README, language, "created record")


@pytest.mark.parametrize("libraries", [SHARED, STATIC], ids=["shared", "static"])
def test_c(libraries: list[str], tmp_path: Path, environment: dict[str, str]) -> None:
    source = tmp_path / "program.c"
    source.write_text(snippet("c"))

    program = compiled([os.environ.get("CC", "cc"), "-std=c99", *STRICT], source, libraries, environment)

    assert run([program], environment).startswith("created record ")


@pytest.mark.parametrize("language", ["cpp", "python", "go"])
def test_the_others(language: str, tmp_path: Path, environment: dict[str, str]) -> None:
    assert run_program(language, snippet(language), tmp_path, environment).startswith("created record ")


def test_pkg_config(tmp_path: Path, environment: dict[str, str]) -> None:
    if not shutil.which("pkg-config"):
        pytest.skip("LEFT OUT: there is no pkg-config")
    source = tmp_path / "program.c"
    source.write_text(snippet("c"))
    environment["PKG_CONFIG_PATH"] = f"{STAGE}/lib/pkgconfig"
    flags = run(["pkg-config", "--cflags", "--libs", "libesa"], environment).split()

    program = compiled([os.environ.get("CC", "cc")], source, flags, environment)

    assert run([program], {**environment, "LD_LIBRARY_PATH": f"{STAGE}/lib"}).startswith("created record ")


def test_it_is_read_at_once() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 200
