"""What pip installs: wheels with the native files inside, built from the repository and from a source distribution."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import REPOSITORY

from libesa import _library

PROJECT = REPOSITORY / "bindings" / "python"
EMULATOR_PROJECT = REPOSITORY / "bindings" / "python-emulator"

CREATE = """
import libesa, libesa.emulator
assert libesa.native_info().path.endswith("/libesa/libesa.so"), libesa.native_info()
with libesa.emulator.Emulator() as emulator, libesa.Client(
    endpoint=emulator.url, access_key_id=emulator.access_key_id, access_key_secret=emulator.access_key_secret
) as client:
    record = client.create_routine_related_record(
        name=emulator.routine, site_id=emulator.site_id, record_name="packaged.example.com"
    )
    print(record.origin.name, emulator._process.args[0])
"""


def environment(**given: str) -> dict[str, str]:
    """What a user's shell has: nothing of these tests'."""
    own = (
        "PYTHONPATH",
        "LIBESA_LIBRARY",
        "LIBESA_PREBUILT",
        "ESA_EMULATOR",
        "ESA_EMULATOR_PREBUILT",
        "CARGO_TARGET_DIR",
    )
    return {**{name: value for name, value in os.environ.items() if name not in own}, **given}


def run(*command: str | Path, cwd: Path | None = None, **given: str) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment(**given), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pip(*arguments: str | Path, **given: str) -> str:
    return run(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, cwd=None, **given)


def wheel(source: Path, directory: Path, **given: str) -> Path:
    pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", directory, source, **given)
    (found,) = directory.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", directory, cwd=PROJECT)
    (found,) = directory.glob("*.tar.gz")
    return found


@pytest.fixture(scope="module")
def installed(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with both packages, libesa's built by cargo from the source distribution."""
    target = str(REPOSITORY / "target")
    built = wheel(sdist, tmp_path_factory.mktemp("wheel"), CARGO_TARGET_DIR=target)
    emulator = os.environ["ESA_EMULATOR"]
    beside = wheel(EMULATOR_PROJECT, tmp_path_factory.mktemp("emulator"), ESA_EMULATOR_PREBUILT=emulator)
    directory = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", directory)
    python = directory / "bin" / "python"
    pip("--python", python, "install", "--quiet", "--no-index", built, beside)
    return python


def test_what_is_installed_works_by_itself(installed: Path, tmp_path: Path) -> None:
    origin, emulator = run(installed, "-X", "dev", "-W", "error", "-c", CREATE, cwd=tmp_path).split()

    assert origin == "CREATED"
    assert Path(emulator) == installed.parent / "esa-emulator"


def test_a_wheel_is_of_one_platform_and_any_python(tmp_path: Path) -> None:
    library = str(_library.native_info().path)
    plain = wheel(PROJECT, tmp_path / "plain", LIBESA_PREBUILT=library)
    named = wheel(PROJECT, tmp_path / "named", LIBESA_PREBUILT=library, LIBESA_WHEEL_PLATFORM="manylinux_2_31_x86_64")

    assert plain.name.split("-")[2:4] == ["py3", "none"]
    assert plain.name.endswith("linux_x86_64.whl") or "x86_64" not in os.uname().machine
    assert named.name.endswith("-py3-none-manylinux_2_31_x86_64.whl")
    with zipfile.ZipFile(plain) as content:
        names = content.namelist()
        assert content.read("libesa/libesa.so") == Path(library).read_bytes()
    assert "libesa/py.typed" in names
    assert any(name.endswith("/THIRD-PARTY-NOTICES") for name in names)


def test_a_source_distribution_has_all_that_cargo_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as content:
        names = {name.split("/", 1)[1] for name in content.getnames()}

    assert {"rust/Cargo.lock", "rust/build.rs", "rust/src/lib.rs", "rust/include/esa.h", "hatch_build.py"} <= names


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"LIBESA_PREBUILT": "/no/such/file"}, "LIBESA_PREBUILT names no file: /no/such/file"),
        (
            {"CARGO": "no-such-cargo"},
            "cargo is missing, which builds libesa: see https://rustup.rs, or set LIBESA_PREBUILT",
        ),
    ],
)
def test_why_a_wheel_cannot_be_built_is_said_in_a_line(given: dict[str, str], reason: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as failed:
        wheel(PROJECT, tmp_path, **given)

    assert reason in str(failed.value)
    assert "Traceback" not in str(failed.value)


def test_an_editable_install_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="can't be installed as editable"):
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel:editable", "-d", tmp_path, cwd=PROJECT)


def test_both_projects_are_built_by_the_same_hook_and_have_one_version() -> None:
    hook = (PROJECT / "hatch_build.py").read_bytes()

    assert (EMULATOR_PROJECT / "hatch_build.py").read_bytes() == hook
    version = f'version = "{_library.native_info().version}"'
    assert version in (EMULATOR_PROJECT / "pyproject.toml").read_text("utf-8")


LEAN = {"asyncio", "concurrent", "dataclasses", "email", "http", "inspect", "json", "logging", "pathlib", "socket"}
LEAN |= {"ssl", "subprocess", "tempfile", "threading", "typing", "unittest", "urllib"}


def test_importing_it_imports_little_else() -> None:
    library = str(_library.native_info().path)
    program = "import sys; before = set(sys.modules); import libesa; print(*sorted(set(sys.modules) - before))"
    printed = run(
        sys.executable,
        "-I",
        "-c",
        f"import sys; sys.path.insert(0, {str(PROJECT / 'src')!r}); {program}",
        LIBESA_LIBRARY=library,
    )
    names = {name.split(".")[0] for name in printed.split()}

    assert "libesa" in names
    assert not names & LEAN
