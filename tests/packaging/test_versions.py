"""What a release's version is: in one place, repeated in others, and a heading of the changelog."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from built import ROOT

sys.path.insert(0, str(ROOT / "scripts" / "release"))

import versions


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files that have the version, with something in the changelog that isn't released."""
    for file in versions.PLACES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- News.\n\n## 0.0.9\n\n- Old.\n", "utf-8")
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    return tmp_path


def test_all_places_have_the_same_version(tree: Path) -> None:
    assert versions.differing() == []

    manifest = tree / "bindings" / "python-emulator" / "pyproject.toml"
    manifest.write_text(manifest.read_text("utf-8").replace(versions.version(), "9.9.9"), "utf-8")
    assert versions.differing() == [
        f"bindings/python-emulator/pyproject.toml has version 9.9.9, and Cargo.toml has {versions.version()}"
    ]


def test_a_release_wants_its_heading_in_the_changelog(tree: Path) -> None:
    (told,) = versions.unfinished()

    assert told.startswith(f"CHANGELOG.md has no heading `## {versions.version()}`: `make version TO=")


def test_a_version_that_is_set_has_its_heading(tree: Path) -> None:
    versions.set_version("9.8.7")

    assert (versions.version(), versions.differing(), versions.unfinished()) == ("9.8.7", [], [])
    changelog = (tree / "CHANGELOG.md").read_text("utf-8")
    assert changelog == "# Changelog\n\n## 9.8.7\n\n- News.\n\n## 0.0.9\n\n- Old.\n"


def test_a_heading_may_have_a_date_but_is_of_no_other_version(tree: Path) -> None:
    own = versions.version()

    for heading, missing in ((f"## {own} (2026-12-01)", False), (f"## {own}-rc.1", True), (f"## 1{own}", True)):
        (tree / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n", "utf-8")
        assert bool(versions.unfinished()) is missing, heading
