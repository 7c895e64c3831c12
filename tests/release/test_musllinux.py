"""The wheels for musl are what their tag says: `musllinux_1_2` is for each system with musl 1.2.

auditwheel can't tell that of the wheels as they are. It knows musl by the name that programs on Alpine have for it, and
looks for `libc.so` on this machine, where glibc has a text of that name. musl's loader takes both names for itself.
So auditwheel gets a copy with Alpine's name.
"""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from released import TOOLS, released, run

# What musl has since a later version than 1.2.0.
LATER = {"_Fork", "gettid", "preadv2", "pwritev2", "qsort_r", "statx"}
# What readelf calls the machines.
READELF = {"x86_64": "Advanced Micro Devices X86-64", "aarch64": "AArch64"}

pytestmark = pytest.mark.parametrize("machine", READELF)


def unpacked(machine: str, into: Path) -> tuple[Path, Path]:
    """The wheel, and its library."""
    wheel = released(f"libesa-*-musllinux_*_{machine}.whl")
    zipfile.ZipFile(wheel).extractall(into)
    return wheel, into / "libesa" / "libesa.so"


def test_its_tag_is_the_one_of_its_name(machine: str, tmp_path: Path) -> None:
    wheel, _ = unpacked(machine, tmp_path)

    (metadata,) = tmp_path.glob("*.dist-info/WHEEL")
    assert re.findall("^Tag: (.*)$", metadata.read_text("utf-8"), re.MULTILINE) == [f"py3-none-musllinux_1_2_{machine}"]
    assert wheel.stem.endswith(f"-py3-none-musllinux_1_2_{machine}")


def test_its_library_needs_musl_alone(machine: str, tmp_path: Path) -> None:
    _, library = unpacked(machine, tmp_path)

    assert re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-dW", library)) == ["libc.so"]
    assert re.findall(r"Machine: +(.*)", run("readelf", "-hW", library)) == [READELF[machine]]


def test_its_library_needs_no_newer_musl_and_no_glibc(machine: str, tmp_path: Path) -> None:
    _, library = unpacked(machine, tmp_path)

    fields = [line.split() for line in run("readelf", "--dyn-syms", "-W", library).splitlines()]
    needed = {(field[4], field[7]) for field in fields if field[6:7] == ["UND"] and len(field) > 7}
    assert ("GLOBAL", "pthread_create") in needed
    assert not {name for binding, name in needed if binding == "GLOBAL"} & LATER
    assert not [name for _, name in needed if "@" in name]


def test_auditwheel_agrees(machine: str, tmp_path: Path) -> None:
    wheel, library = unpacked(machine, tmp_path)
    run(TOOLS / "patchelf", "--replace-needed", "libc.so", f"libc.musl-{machine}.so.1", library)
    copy = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as original, zipfile.ZipFile(copy, "w") as changed:
        for name in original.namelist():
            changed.write(tmp_path / name, name)

    told = json.loads(run(TOOLS / "python", "-m", "auditwheel", "show", "--json", copy))

    assert told["overall_tag"] == f"musllinux_1_2_{machine}"
    assert told["external_libs"] == {}
