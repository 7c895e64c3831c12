"""Checks what the binaries define and need: test_exports.py INCLUDE/esa.h LIB/"""

import re
import subprocess
import sys
from pathlib import Path

# In bytes, stripped: what the library may come to.
LARGEST = 2_045_000
SYSTEM_LIBRARIES = {"libc.so.6", "libgcc_s.so.1", "libm.so.6"}


def declared(header):
    without_comments = re.sub(r"/\*.*?\*/|//[^\n]*", "", header.read_text(), flags=re.DOTALL)
    return set(re.findall(r"\b(esa_\w+)\s*\(", without_comments))


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def defined(*command):
    """The names that nm lists, without their versions."""
    lines = (line.split() for line in output("nm", *command).splitlines())
    return {fields[-1].split("@")[0] for fields in lines if len(fields) == 3}


def dynamic_entries(library, tag):
    return set(re.findall(rf"\({tag}\).*\[(.*)\]", output("readelf", "-d", "-W", library)))


def undefined_elsewhere(library):
    """Undefined symbols that neither libc nor libgcc_s has to have; weak ones may stay undefined."""
    lines = output("nm", "-D", "--undefined-only", library).splitlines()
    symbols = [line.split()[-1] for line in lines if line.split()[0] == "U"]
    return {symbol for symbol in symbols if not re.search(r"@(GLIBC|GCC)_", symbol)}


def check(name, actual, expected):
    if actual == expected:
        print(f"ok {name}")
        return 0
    missing, surplus = sorted(expected - actual), sorted(actual - expected)
    print(f"FAILED {name}: {__file__}: missing {missing}, surplus {surplus}")
    return 1


def main(header, directory):
    functions = declared(Path(header))
    library, archive = f"{directory}/libesa.so", f"{directory}/libesa.a"
    needed = {name for name in dynamic_entries(library, "NEEDED") if not name.startswith("ld-linux")}
    return (
        check("the library exports what the header declares", defined("-D", "--defined-only", library), functions)
        + check("the archive defines what the header declares", defined("-g", "--defined-only", archive), functions)
        + check("the shared library's SONAME", dynamic_entries(library, "SONAME"), {"libesa.so.0"})
        + check("the shared library needs the system's own libraries only", needed - SYSTEM_LIBRARIES, set())
        + check("the shared library leaves nothing else undefined", undefined_elsewhere(library), set())
        + check(
            "the shared library is small", {size for size in [Path(library).stat().st_size] if size > LARGEST}, set()
        )
    )


sys.exit(main(*sys.argv[1:]) != 0)
