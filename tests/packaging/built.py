"""What the tests of packages share: the repository, its version, and commands that have to succeed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
(VERSION,) = re.findall(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)


def need(*programs: str) -> None:
    """Leaves a test out where a program is missing."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"LEFT OUT: {program} isn't here")


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """What a command prints, which has to succeed."""
    # The flags of the make that runs the tests are not for the one that is run here.
    given = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        command, cwd=cwd, env={**given, **environment}, capture_output=True, text=True, check=False, timeout=170
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def makes_a_record(program: Path, **environment: str) -> None:
    """Runs a program of tests/consumers."""
    with Emulator() as emulator:
        printed = run(
            program,
            ESA_ENDPOINT=emulator.url,
            ALIBABA_CLOUD_ACCESS_KEY_ID=emulator.access_key_id,
            ALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator.access_key_secret,
            ALIBABA_CLOUD_SECURITY_TOKEN="",
            **environment,
        )
    assert printed.endswith("OK\n")
