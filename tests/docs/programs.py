"""Builds programs of the snippets of the documents, and runs them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / "target" / "stage"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
SHARED = [f"-L{STAGE}/lib", f"-Wl,-rpath,{STAGE}/lib", "-lesa"]
STATIC = [f"{STAGE}/lib/libesa.a", "-lm"]

PYTHON_IMPORTS = """\
import http.client
import logging
import random
import sys
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import libesa
"""
_GO_STANDARD = "context errors fmt io log/slog math/rand/v2 net/http os time testing"
GO_PACKAGES = {name.removesuffix("/v2").rsplit("/", 1)[-1]: name for name in _GO_STANDARD.split()} | {
    "esa": "github.com/libesa/libesa/bindings/go",
    "esahttp": "github.com/libesa/libesa/bindings/go/esahttp",
    "esatest": "github.com/libesa/libesa/bindings/go/esatest",
}


def checked(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def go() -> str:
    """The command of Go, for a test that is left out if Go isn't here."""
    command = os.environ.get("GO", "go")
    if subprocess.run([ROOT / "scripts" / "need", command], capture_output=True, check=False).returncode:
        pytest.skip("LEFT OUT: Go isn't here")
    return command


def environment_of(emulator: Emulator, **others: str) -> dict[str, str]:
    return {
        **os.environ,
        "ESA_ENDPOINT": emulator.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        # No other credentials that this machine has; empty is as good as unset.
        "ALIBABA_CLOUD_SECURITY_TOKEN": "",
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        **others,
    }


def interruptible(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    """Starts a program that a test interrupts as Ctrl-C does."""
    return subprocess.Popen(
        command,
        env=environment,
        # A shell that runs the tests in the background has its children ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def snippets(document: Path, language: str) -> list[str]:
    text = document.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def part(document: Path, language: str, word: str) -> str:
    """The snippet that has a word in it."""
    (found,) = [block for block in snippets(document, language) if word in block]
    return found


def run(command: list[str], environment: dict[str, str]) -> str:
    return checked(command, env=environment).stdout


def compiled(compiler: list[str], source: Path, libraries: list[str], environment: dict[str, str]) -> str:
    program = source.with_suffix("")
    run([*compiler, str(source), f"-I{STAGE}/include", "-o", str(program), *libraries], environment)
    return str(program)


def run_program(language: str, program: str, folder: Path, environment: dict[str, str]) -> str:
    """What a whole program prints."""
    source = folder / f"program.{language}"
    source.write_text(program)
    if language == "go":
        return run_go(program, environment)
    if language == "python":
        return run([sys.executable, str(source)], environment)
    compiler = {"c": [os.environ.get("CC", "cc"), "-std=c99"], "cpp": [os.environ.get("CXX", "c++"), "-std=c++17"]}
    return run([compiled([*compiler[language], *STRICT], source, SHARED, environment)], environment)


def run_go(program: str, environment: dict[str, str]) -> str:
    command = go()
    # Beside the examples, whose module knows where the package is.
    folder = ROOT / "examples" / "go" / "snippet"
    folder.mkdir()
    try:
        (folder / "main.go").write_text(program)
        return checked([command, "run", "./snippet"], cwd=folder.parent, env=environment).stdout
    finally:
        shutil.rmtree(folder)


def go_tests(tests: str, environment: dict[str, str] | None = None) -> str:
    """What `go test` says of these."""
    command = go()
    folder = ROOT / "examples" / "go" / "snippet_tests"
    folder.mkdir()
    try:
        (folder / "snippets_test.go").write_text(with_imports(tests), encoding="utf-8")
        return checked(
            [command, "test", "-v", "-count=1", f"./{folder.name}"], cwd=folder.parent, env=environment
        ).stdout
    finally:
        shutil.rmtree(folder)


class Document:
    """A document in docs/ and the programs made of it. The folder of its name has the code around its snippets."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.here = Path(__file__).parent / name
        self.path = ROOT / "docs" / f"{name}.md"

    def snippets(self, language: str, *, tests: bool = False, curl: bool = False) -> str:
        """All of a language, its tests alone, or what needs libcurl alone, as one text."""
        chosen = [
            block for block in snippets(self.path, language) if bool(re.match(r"def test_|func Test", block)) is tests
        ]
        return "\n".join(block for block in chosen if ("CURL" in block) is curl)

    def build(self, language: str, folder: Path) -> list[str]:
        """The command that runs a snippet of the language, but for its name."""
        if language == "python":
            (folder / f"{self.name}.py").write_text(PYTHON_IMPORTS + "\n\n" + self.snippets("python"), encoding="utf-8")
            shutil.copy(self.here / "main.py", folder)
            return [sys.executable, str(folder / "main.py")]
        if language == "go":
            return self._build_go(folder)
        (folder / f"{self.name}.h").write_text(self.snippets(language), encoding="utf-8")
        return self.compile(language, f"main.{language}", folder)

    def compile(self, language: str, source: str, folder: Path, *flags: str) -> list[str]:
        """The command that runs a program in C or C++, but for its arguments."""
        program = str(folder / self.name)
        compilers = {"c": [os.environ.get("CC", "cc"), "-std=c99"], "cpp": [os.environ.get("CXX", "c++"), "-std=c++17"]}
        include = [f"-I{STAGE}/include", f"-I{ROOT}/tests/emulator/include", f"-I{folder}"]
        checked([*compilers[language], *STRICT, *include, str(self.here / source), "-o", program, *SHARED, *flags])
        return [program]

    def _build_go(self, folder: Path) -> list[str]:
        command = go()
        # Beside the examples, whose module knows where the package is.
        beside = ROOT / "examples" / "go" / f"{self.name}_snippets"
        beside.mkdir()
        try:
            shutil.copy(self.here / "main.go", beside)
            (beside / "snippets.go").write_text(with_imports(self.snippets("go")), encoding="utf-8")
            checked([command, "build", "-o", str(folder / self.name), f"./{beside.name}"], cwd=beside.parent)
            tests = self.snippets("go", tests=True)
            if tests:
                (beside / "snippets_test.go").write_text(with_imports(tests), encoding="utf-8")
                checked([command, "test", "-count=1", f"./{beside.name}"], cwd=beside.parent)
        finally:
            shutil.rmtree(beside)
        return [str(folder / self.name)]


def with_imports(code: str) -> str:
    used = [path for name, path in GO_PACKAGES.items() if re.search(rf"\b{name}\.", code)]
    return "package main\n\nimport (\n" + "".join(f'\t"{path}"\n' for path in used) + ")\n\n" + code
