"""The wrap for Meson: a project takes an installed library, or has the sources built."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from built import ROOT, VERSION, makes_a_record, need, run

HERE = Path(__file__).parent / "meson"
WRAP = ROOT / "packaging" / "meson"
MESON = Path(sys.executable).with_name("meson")
IDENTITY = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    if not MESON.exists():
        pytest.skip("LEFT OUT: meson isn't here")
    project = tmp_path / "project"
    shutil.copytree(HERE, project)
    for name in ("consumer.c", "consumer.cpp"):
        shutil.copy(ROOT / "tests" / "consumers" / name, project)
    return project


def meson(project: Path, *arguments: str) -> str:
    # Its ninja is beside it.
    return run(MESON, *arguments, cwd=project, PATH=f"{MESON.parent}:{run('printenv', 'PATH').strip()}")


def test_an_installed_library_is_taken(project: Path) -> None:
    need("pkg-config")
    stage = ROOT / "target" / "stage" / "lib"

    meson(project, "setup", "build", f"-Dpkg_config_path={stage}/pkgconfig")
    meson(project, "compile", "-C", "build")

    for program in ("consumer_c", "consumer_cpp"):
        makes_a_record(project / "build" / program, LD_LIBRARY_PATH=str(stage))


def test_the_wrap_builds_the_sources(project: Path, tmp_path: Path) -> None:
    need("git", "cargo")
    wrap = (WRAP / "libesa.wrap").read_text(encoding="utf-8")
    release = release_in(tmp_path / "release")
    subprojects = project / "subprojects"
    shutil.copytree(WRAP, subprojects)
    (subprojects / "libesa.wrap").write_text(re.sub(r"(?m)^url = .*", f"url = {release.as_uri()}", wrap))

    meson(project, "subprojects", "download")
    # What `make stage` builds is newer than the sources: cargo has nothing to do.
    for built in ("built", "stage"):
        shutil.copytree(release / "target" / built, subprojects / "libesa" / "target" / built, symlinks=True)
    (subprojects / "libesa" / "target" / "stage" / ".done").touch()
    meson(project, "setup", "build", "-Dpkg_config_path=", "--force-fallback-for=libesa")
    meson(project, "compile", "-C", "build")

    for program in ("consumer_c", "consumer_cpp"):
        makes_a_record(project / "build" / program)


def release_in(folder: Path) -> Path:
    """A repository that has the sources, and the tag of their version."""
    run("scripts/source-tree", folder)
    run("git", "init", "-q", folder)
    run("git", "-C", folder, "add", ".")
    run("git", *IDENTITY, "-C", folder, "commit", "-q", "-m", "Sources")
    run("git", "-C", folder, "tag", f"v{VERSION}")
    return folder
