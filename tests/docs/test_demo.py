"""`make demo`, from beginning to end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_shows_what_nobody_else_does_and_what_to_try_next() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "demo.py")], capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 0, done.stdout + done.stderr
    lost, busy = done.stdout.index("lost.example.com:"), done.stdout.index("busy.example.com:")
    assert "RECOVERED" in done.stdout[lost:busy].splitlines()[0]
    assert "reading back whether it was carried out" in done.stdout[:lost]
    assert "CREATED" in done.stdout[busy:].splitlines()[0]
    assert "the service is no longer busy, after" in done.stdout[lost:busy]
    last = done.stdout[done.stdout.index("What to try next") :]
    for named in ("make emulate", "docs/recipes.md", "tests/emulator/README.md", "examples"):
        assert named in last
        assert named.startswith("make ") or (ROOT / named).exists()
