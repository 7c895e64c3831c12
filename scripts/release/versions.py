"""That a release can be made of this tree: one version everywhere, and an entry for it in the changelog."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Cargo.toml's is the version; Python's packages repeat it, since each is built without the others.
PLACES = {
    "Cargo.toml": r'^version = "(.*)"$',
    "bindings/python/src/libesa/__init__.py": r'^__version__ = "(.*)"$',
    "bindings/python/pyproject.toml": r'"libesa-emulator==(.*)"',
    "bindings/python-emulator/pyproject.toml": r'^version = "(.*)"$',
}


def version() -> str:
    """The version of this tree."""
    return _found("Cargo.toml")


def problems() -> list[str]:
    """What keeps this tree from being released."""
    own = version()
    told = [f"{file} has version {_found(file)}, and Cargo.toml has {own}" for file in PLACES if _found(file) != own]
    if not re.search(rf"^## {re.escape(own)}\b", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        told.append(f"CHANGELOG.md has no entry for {own}: a line `## {own}`")
    return told


def set_version(new: str) -> None:
    """Writes the version to every place."""
    for file, pattern in PLACES.items():
        path = ROOT / file
        text = path.read_text("utf-8")
        start, end = _search(file, pattern, text).span(1)
        path.write_text(text[:start] + new + text[end:], "utf-8")


def _found(file: str) -> str:
    return _search(file, PLACES[file], (ROOT / file).read_text("utf-8"))[1]


def _search(file: str, pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text, re.MULTILINE)
    if not found:
        raise SystemExit(f"{file} has no version")
    return found
