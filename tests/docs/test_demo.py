"""`make demo`, from beginning to end, and what it and `make test` do on a machine that lacks a language."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE = os.environ.get("MAKE", "make")


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # The flags of the make that runs the tests are not for the one that is run here.
    given = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(
        command, cwd=ROOT, env={**given, **environment}, capture_output=True, text=True, check=False, timeout=300
    )


def says(folder: Path, name: str, text: str) -> Path:
    """A program that prints a text, and keeps its arguments in a file beside it."""
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "$@" >> {program}.called\necho "{text}"\n', encoding="utf-8")
    program.chmod(0o755)
    return program


def path_without(folder: Path, *names: str) -> str:
    """A PATH with all that is on this machine's but for some."""
    folder.mkdir()
    for directory in os.get_exec_path():
        for program in Path(directory).glob("*"):
            link = folder / program.name
            if program.name not in names and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def test_the_demo_shows_what_nobody_else_does_and_what_to_try_next() -> None:
    done = run(MAKE, "demo")

    assert done.returncode == 0, done.stdout + done.stderr
    lost, busy = done.stdout.index("\nlost.example.com:") + 1, done.stdout.index("\nbusy.example.com:") + 1
    assert "RECOVERED" in done.stdout[lost:busy].splitlines()[0]
    assert "reading back whether it was carried out" in done.stdout[:lost]
    assert "CREATED" in done.stdout[busy:].splitlines()[0]
    assert "the service is no longer busy, after" in done.stdout[lost:busy]
    last = done.stdout[done.stdout.index("What to try next") :]
    for named in ("make emulate", "docs/recipes.md", "tests/emulator/README.md", "examples"):
        assert named in last
        assert named.startswith("make ") or (ROOT / named).exists()


def test_the_demo_leaves_out_the_languages_that_are_not_here(tmp_path: Path) -> None:
    path = path_without(tmp_path / "bin", "go", "c++", "g++")

    done = run(MAKE, "demo", PATH=path, CXX="c++", GO="go")

    assert done.returncode == 0, done.stdout + done.stderr
    for language in ("C++", "Go"):
        assert f"LEFT OUT: {language}, which isn't here" in done.stdout
    for program in ("c++", "go 1.24 or newer"):
        assert f"LEFT OUT: examples; missing: {program}; install it" in done.stderr
    shown = [line for line in done.stdout.splitlines() if line.startswith("$ ") and "create_record" in line]
    assert not any("create_record_cpp" in line or "create_record_go" in line for line in shown)
    assert any("create_record_c" in line for line in shown)
    assert any("create_record.py" in line for line in shown)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_what_is_missing_is_told_before_anything_is_built(target: str, tmp_path: Path) -> None:
    cargo = says(tmp_path, "cargo", "")
    python = says(tmp_path, "python3", "Python 3.8.20")

    done = run(MAKE, target, CARGO=str(cargo), PYTHON=str(python), CC="no-such-compiler")

    assert done.returncode != 0
    assert f"missing: {python} 3.9 or newer (it is 3.8); install it" in done.stderr
    assert "missing: no-such-compiler; install it" in done.stderr
    called = Path(f"{cargo}.called")
    assert not called.exists() or not {"build", "rustc"} & set(called.read_text(encoding="utf-8").split())


def test_the_tests_go_on_without_go_and_say_so_at_the_end(tmp_path: Path) -> None:
    go = says(tmp_path, "go", "go version go1.19.8 linux/amd64")
    make = says(tmp_path, "make", "the tests")

    done = run(MAKE, "test", f"MAKE={make}", GO=str(go))

    assert done.returncode == 0, done.stdout + done.stderr
    tests = Path(f"{make}.called").read_text(encoding="utf-8").split()
    assert {"test-rust", "test-c", "test-python", "test-oracles", "test-docs"} <= set(tests)
    assert "test-go" not in tests
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"LEFT OUT: the tests of Go; missing: {go} 1.24 or newer (it is 1.19); install it")


@pytest.mark.parametrize(
    ("program", "text", "enough"),
    [
        ("go", "go version go1.23.12 linux/amd64", False),
        ("go", "go version go1.24.0 linux/amd64", True),
        ("go", "go version go1.100 linux/amd64", True),
        ("go1.25", "go version go1.25.1 linux/amd64", True),
        ("go", "", False),
        ("python3", "Python 3.8.20", False),
        ("python3.9", "Python 3.9.2", True),
        ("python3", "Python 3.13.0", True),
        ("cc", "", True),
    ],
)
def test_programs_that_are_too_old_are_missing(program: str, text: str, enough: bool, tmp_path: Path) -> None:
    done = run("scripts/need", f"{says(tmp_path, program, text)} --with an-argument")

    assert (done.returncode == 0, "missing" in done.stderr) == (enough, not enough)
