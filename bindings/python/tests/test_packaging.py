"""The wheels and source distributions: what is in them, and that they work where nothing else is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import REPOSITORY

import libesa

PYTHON_DIRECTORY = REPOSITORY / "bindings" / "python"
EMULATOR_DIRECTORY = REPOSITORY / "bindings" / "python-emulator"
HOME = os.environ.get("HOME", "")  # before conftest.py's own
STAGED = REPOSITORY / "target" / "stage" / "lib" / "libesa.so"

# What would lead to the repository's own package, library and emulator.
HIDDEN = ("PYTHONPATH", "LIBESA_LIBRARY", "LIBESA_PREBUILT", "ESA_EMULATOR", "ESA_EMULATOR_PREBUILT", "LD_LIBRARY_PATH")

CREATE = """
from libesa import Client, native_info
from libesa.emulator import Emulator

with Emulator() as emulator, Client(
    endpoint=emulator.url, access_key_id=emulator.access_key_id, access_key_secret=emulator.access_key_secret
) as client:
    print(emulator._process.args[0], native_info().path)
    record = client.create_routine_related_record(
        name=emulator.routine, site_id=emulator.site_id, record_name=f"a.{emulator.site_name}"
    )
    print(record.origin.name)
"""


def run(*command: str | Path, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    return subprocess.run(
        command, cwd=cwd, env={**environment, **variables}, capture_output=True, text=True, check=False, timeout=570
    )


def output(*command: str | Path, cwd: Path | None = None, **variables: str) -> str:
    done = run(*command, cwd=cwd, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(target: str, source: Path, into: Path, **variables: str) -> Path:
    """Builds it as pip does, but in no environment of its own, which would be downloaded each time."""
    into.mkdir()
    output(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", into, cwd=source, **variables)
    (built,) = into.iterdir()
    return built


def installed(directory: Path, *wheels: Path) -> Path:
    """The Python of a fresh environment with these installed, and nothing else."""
    venv.create(directory, with_pip=False)
    python = directory / "bin" / "python"
    output(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", *wheels)
    return python


def site_packages(python: Path) -> Path:
    return python.parents[1] / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", PYTHON_DIRECTORY, tmp_path_factory.mktemp("wheel") / "dist", LIBESA_PREBUILT=str(STAGED))


@pytest.fixture(scope="module")
def emulator_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("emulator_wheel")
    small = directory / "esa-emulator"
    output("strip", "-o", small, os.environ["ESA_EMULATOR"])
    return build("wheel", EMULATOR_DIRECTORY, directory / "dist", ESA_EMULATOR_PREBUILT=str(small))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", PYTHON_DIRECTORY, tmp_path_factory.mktemp("sdist") / "dist")


@pytest.fixture
def unpacked(sdist: Path, tmp_path: Path) -> Path:
    """The source distribution's directory, far from the repository."""
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / sdist.name.replace(".tar.gz", "")


@pytest.fixture(scope="module")
def python(wheel: Path, emulator_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("installed") / "venv", wheel, emulator_wheel)


def test_a_wheel_has_the_library_and_serves_every_python(wheel: Path) -> None:
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    assert wheel.name == f"libesa-{libesa.__version__}-py3-none-{platform}.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        information = f"libesa-{libesa.__version__}.dist-info"
        assert archive.read("libesa/libesa.so") == STAGED.read_bytes()
        assert b"Root-Is-Purelib: false" in archive.read(f"{information}/WHEEL")
        assert archive.read(f"{information}/licenses/LICENSE") == (REPOSITORY / "LICENSE").read_bytes()
    assert len(names) == len(set(names))
    modules = {f"libesa/{module.name}" for module in (PYTHON_DIRECTORY / "src" / "libesa").glob("*.py")}
    assert {name for name in names if not name.startswith(information)} == {
        *modules,
        "libesa/py.typed",
        "libesa/libesa.so",
    }


def test_the_emulator_s_version_is_the_package_s(wheel: Path, emulator_wheel: Path) -> None:
    assert emulator_wheel.name.startswith(f"libesa_emulator-{libesa.__version__}-py3-none-")
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"libesa-{libesa.__version__}.dist-info/METADATA").decode()
    assert f"Requires-Dist: libesa-emulator=={libesa.__version__}; extra == 'emulator'" in metadata


def test_what_is_installed_works_by_itself(python: Path) -> None:
    program, library, origin = output(python, "-X", "dev", "-W", "error", "-I", "-c", CREATE).split()

    assert program == str((python.parent / "esa-emulator").resolve())
    assert library == str(site_packages(python) / "libesa" / "libesa.so")
    assert origin == "CREATED"


def test_the_environment_s_library_and_emulator_go_first(python: Path) -> None:
    program, library, _ = output(
        python, "-c", CREATE, LIBESA_LIBRARY=str(STAGED), ESA_EMULATOR=os.environ["ESA_EMULATOR"]
    ).split()
    assert (program, library) == (os.environ["ESA_EMULATOR"], str(STAGED))

    refused = run(python, "-c", "import libesa", LIBESA_LIBRARY="/nonexistent/libesa.so")
    assert refused.returncode == 1
    assert "ImportError: libesa: can't load the shared library" in refused.stderr


def test_pytest_finds_the_fixture(python: Path, tmp_path: Path) -> None:
    # This pytest, for an environment that has none.
    (site_packages(python) / "pytest.pth").write_text(str(Path(pytest.__file__).parents[1]), "utf-8")
    (tmp_path / "test_it.py").write_text("def test_it(esa_emulator):\n    assert esa_emulator.state()\n", "utf-8")

    told = output(python, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "test_it.py", cwd=tmp_path)

    assert "1 passed" in told


def test_a_source_distribution_builds_elsewhere(unpacked: Path, emulator_wheel: Path, tmp_path: Path) -> None:
    # With this machine's cargo, and what it has compiled of other crates already.
    target = REPOSITORY / "target" / "packaging"
    if not target.exists():
        shutil.copytree(REPOSITORY / "target" / "release", target / "release")
    # Older than what cargo has compiled of the repository's own, it would be taken for compiled.
    (unpacked / "rust" / "src" / "lib.rs").touch()
    variables = {"HOME": HOME, "CARGO_TARGET_DIR": str(target), "CARGO_NET_OFFLINE": "true"}
    python = installed(tmp_path / "venv", build("wheel", unpacked, tmp_path / "dist", **variables), emulator_wheel)

    assert output(python, "-I", "-c", CREATE).split()[2] == "CREATED"
    library = site_packages(python) / "libesa" / "libesa.so"
    assert properties(library) == properties(STAGED)


def properties(library: Path) -> tuple[list[str], list[str]]:
    """What a shared library offers, and what it tells the loader: its name, what it needs, its flags."""
    symbols = [line.split()[-1] for line in output("nm", "-D", "--defined-only", library).splitlines()]
    tags = ("(SONAME)", "(NEEDED)", "(FLAGS)", "(FLAGS_1)")
    dynamic = [line.split(maxsplit=1)[1] for line in output("readelf", "-dW", library).splitlines() if "0x" in line]
    return sorted(symbols), [line for line in dynamic if line.startswith(tags)]


def test_a_source_distribution_makes_the_same_one(sdist: Path, unpacked: Path, tmp_path: Path) -> None:
    again = build("sdist", unpacked, tmp_path / "again")

    assert again.read_bytes() == sdist.read_bytes()


def test_it_can_be_installed_for_editing(unpacked: Path, tmp_path: Path) -> None:
    editable = build("wheel:editable", unpacked, tmp_path / "dist", LIBESA_PREBUILT=str(STAGED))
    python = installed(tmp_path / "venv", editable)

    program = "import libesa; print(libesa.__file__, libesa.native_info().path)"
    package = unpacked / "src" / "libesa"
    assert output(python, "-c", program).split() == [str(package / "__init__.py"), str(package / "libesa.so")]
    # It is no part of what is built there.
    with tarfile.open(build("sdist", unpacked, tmp_path / "again")) as archive:
        assert not [name for name in archive.getnames() if name.endswith(".so")]


def test_a_wheel_for_another_target_says_so(tmp_path: Path) -> None:
    variables = {"LIBESA_PREBUILT": str(STAGED), "CARGO_BUILD_TARGET": "aarch64-unknown-linux-musl"}

    wheel = build("wheel", PYTHON_DIRECTORY, tmp_path / "dist", **variables)

    assert wheel.name.endswith("-py3-none-musllinux_1_2_aarch64.whl")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"LIBESA_PREBUILT": str(STAGED), "CARGO_BUILD_TARGET": "mips-unknown-linux-gnu"},
            "CARGO_BUILD_TARGET is mips-unknown-linux-gnu; wheels are for",
        ),
        (
            {"CARGO": "/nonexistent/cargo"},
            "there is no /nonexistent/cargo, which builds it: install Rust 1.85 or newer",
        ),
        ({"LIBESA_PREBUILT": "/nonexistent.so"}, "LIBESA_PREBUILT names /nonexistent.so, which is no file"),
        ({"CARGO": "false"}, "cargo failed, see above"),
    ],
)
def test_what_keeps_it_from_being_built_is_told_in_a_line(
    variables: dict[str, str], reason: str, tmp_path: Path
) -> None:
    done = run(
        sys.executable, "-m", "hatchling", "build", "-d", tmp_path, "-t", "wheel", cwd=PYTHON_DIRECTORY, **variables
    )

    assert done.returncode == 1
    (line,) = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("[wheel]")]
    assert line.startswith(f"libesa: {reason}")
