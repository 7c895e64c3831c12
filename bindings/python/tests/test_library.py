"""Finding and loading the shared library."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import typing
from pathlib import Path

import pytest
from conftest import PACKAGE_PATH

import libesa
from libesa import _abi, _library
from libesa.emulator import Emulator

# What the package imports, besides what is there when Python starts, with what those import in one version of Python or
# another; atexit is inside of Python. asyncio, dataclasses, inspect, logging, pathlib and typing each cost as much as
# all of the package, or more.
WITH_CTYPES = ("atexit", "ctypes", "future", "struct", "types")


def import_with(
    library: str, *, package_path: Path = PACKAGE_PATH, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Imports the package, and prints which library it loaded."""
    environment = {**os.environ, "LIBESA_LIBRARY": library, "PYTHONPATH": str(package_path), **variables}
    program = "import libesa; print(libesa.native_info().path)"
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


def modules_after(program: str) -> set[str]:
    """What is imported then, beside what Python itself has."""
    beginning = f"import os, sys; sys.path.insert(0, {str(PACKAGE_PATH)!r}); before = {{*sys.modules}}"
    ending = "print(*{*sys.modules} - before)"
    # Without an environment's packages: what they import at the start would hide what this one does.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "\n".join((beginning, program, ending))],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0].strip("_") for name in done.stdout.split()}


def test_importing_imports_little() -> None:
    assert {"libesa"} < modules_after("import libesa") <= {"libesa", *WITH_CTYPES}


def test_a_first_record_imports_no_more(esa_emulator: Emulator) -> None:
    program = f"""
import libesa
client = libesa.Client(endpoint={esa_emulator.url!r}, access_key_id={esa_emulator.access_key_id!r},
    access_key_secret={esa_emulator.access_key_secret!r})
record = client.create_routine_related_record(
    name={esa_emulator.routine!r}, site_id={esa_emulator.site_id}, record_name="a.example.com", timeout=9.5)
assert record.record_id
"""
    assert {"libesa"} < modules_after(program) <= {"libesa", *WITH_CTYPES}
    esa_emulator.reset()
    assert "enum" in modules_after(f"{program}assert record.origin is libesa.Origin.CREATED")


def test_every_name_is_found_when_it_is_wanted() -> None:
    assert {name for name in libesa.__all__ if getattr(libesa, name).__name__ != name} == set()
    if sys.version_info >= (3, 10):  # which knows `int | None`
        assert typing.get_type_hints(libesa.Record, vars(libesa))["origin"] is libesa.Origin


def test_what_is_listed_is_the_interface_alone() -> None:
    assert dir(libesa) == sorted([*libesa.__all__, "__version__"])


def test_native_info_tells_what_was_loaded() -> None:
    info = libesa.native_info()

    assert info.path == _library.find()
    assert info.version == libesa.__version__
    assert info.abi_version >= _abi.ABI_VERSION


def test_a_wrong_path_is_an_import_error_that_names_it() -> None:
    imported = import_with("/nonexistent/libesa.so")

    assert imported.returncode == 1
    assert "ImportError" in imported.stderr
    assert "/nonexistent/libesa.so" in imported.stderr


def test_a_name_without_a_folder_is_a_path_too() -> None:
    imported = import_with("libc.so.6")

    assert imported.returncode == 1
    assert str(Path("libc.so.6").absolute()) in imported.stderr


def test_another_library_is_an_import_error() -> None:
    import _ctypes

    imported = import_with(_ctypes.__file__)

    assert imported.returncode == 1
    assert f"ImportError: libesa: {_ctypes.__file__} is another library" in imported.stderr


def test_the_chosen_library_goes_before_the_package_s_and_that_before_the_system_s(tmp_path: Path) -> None:
    chosen = Path(libesa.native_info().path)
    package_path = tmp_path / "package"
    shutil.copytree(PACKAGE_PATH, package_path, ignore=shutil.ignore_patterns("*.so"))
    packaged = package_path / "libesa" / "libesa.so"
    shutil.copy(chosen, tmp_path / "libesa.so.0")
    system = {"LD_LIBRARY_PATH": str(tmp_path)}

    def loaded(library: str) -> str:
        done = import_with(library, package_path=package_path, **system)
        return done.stdout.strip() or done.stderr.splitlines()[-1]

    assert loaded("") == "libesa.so.0"
    shutil.copy(chosen, packaged)
    assert loaded("") == str(packaged)
    assert loaded(str(chosen)) == str(chosen)
    # One that can't be used is never passed over for the next.
    assert loaded("/nonexistent.so").startswith("ImportError: libesa: can't load the shared library")
    packaged.write_text("not a library")
    assert loaded("").startswith("ImportError: libesa: can't load the shared library")


def test_an_older_library_is_refused() -> None:
    reason = r"old\.so is too old: its ABI version is 0, and 1 or later is needed"
    with pytest.raises(ImportError, match=reason):
        _library.check_abi_version(0, "old.so")


def test_a_newer_library_is_accepted() -> None:
    _library.check_abi_version(_abi.ABI_VERSION + 1, "new.so")
