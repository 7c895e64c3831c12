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
UNRELEASED = "## Unreleased"


def version() -> str:
    """The version of this tree."""
    return _found("Cargo.toml")


def differing() -> list[str]:
    """The places whose version isn't that of Cargo.toml."""
    own = version()
    return [f"{file} has version {_found(file)}, and Cargo.toml has {own}" for file in PLACES if _found(file) != own]


def unfinished() -> list[str]:
    """That the changelog has no entry for the version."""
    own = version()
    if re.search(rf"^## {re.escape(own)}(\s|$)", _changelog().read_text("utf-8"), re.MULTILINE):
        return []
    return [
        f"CHANGELOG.md has no heading `## {own}`: `make version TO={own}` writes it in the place of `{UNRELEASED}`, "
        "and `make release DRAFT=1` makes the files without it"
    ]


def set_version(new: str) -> None:
    """Writes the version to every place. What the changelog has as unreleased becomes the entry of that version."""
    for file, pattern in PLACES.items():
        path = ROOT / file
        text = path.read_text("utf-8")
        start, end = _search(file, pattern, text).span(1)
        path.write_text(text[:start] + new + text[end:], "utf-8")
    text = _changelog().read_text("utf-8")
    _changelog().write_text(re.sub(rf"^{UNRELEASED}$", f"## {new}", text, count=1, flags=re.MULTILINE), "utf-8")


def _changelog() -> Path:
    return ROOT / "CHANGELOG.md"


def _found(file: str) -> str:
    return _search(file, PLACES[file], (ROOT / file).read_text("utf-8"))[1]


def _search(file: str, pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text, re.MULTILINE)
    if not found:
        raise SystemExit(f"{file} has no version")
    return found
