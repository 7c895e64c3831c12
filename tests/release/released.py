"""What the tests of a release's files share: the files, the tools that made them, and commands that have to succeed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "target" / "release-files"
TOOLS = ROOT / "target" / "tools" / "release" / "bin"


def released(pattern: str) -> Path:
    """The file of that name; leaves a test out where the release was made for other targets."""
    found = sorted(FILES.glob(pattern))
    if not found:
        pytest.skip(f"LEFT OUT: {pattern} isn't among the release's files")
    (file,) = found
    return file


def need(*programs: str) -> None:
    """Leaves a test out where a program is missing."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"LEFT OUT: {program} isn't here")


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """What a command prints, which has to succeed."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
