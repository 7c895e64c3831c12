"""Compares the binary interface with tests/abi/baseline.json: what existing programs use must not change.

Usage: abi.py check|record

A function or a type that goes, a field that moves or has another type, an enumerator with another number: check fails,
and record refuses. Something new at an end is growth: check asks for it to be recorded. Raise ESA_ABI_VERSION with the
first growth after a release.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import header

BASELINE = header.ROOT / "tests" / "abi" / "baseline.json"
STAGE = header.ROOT / "target" / "stage"
# Debian's table, with the version that added each function.
SYMBOLS = header.ROOT / "packaging" / "debian" / "libesa0.symbols"

Interface = dict[str, Any]


def measured() -> Interface:
    """The compiler's view of the header, and the library's exports."""
    declarations = header.declarations()
    lines = ['printf("ESA_ABI_VERSION %d\\n", ESA_ABI_VERSION);']
    for one in declarations:
        if one.kind == "struct":
            lines.append(f'printf("struct {one.name} %zu\\n", sizeof({one.name}));')
            for part in one.members:
                member = f"(({one.name} *)0)->{part.name}"
                place = f"offsetof({one.name}, {part.name}), sizeof {member}"
                lines.append(f'printf("field {one.name} {part.name} %zu %zu\\n", {place});')
        if one.kind == "enum":
            lines.extend(f'printf("enumerator {part.name} %d\\n", (int){part.name});' for part in one.members)
    program = "#include <esa.h>\n#include <stdio.h>\nint main(void) {\n" + "\n".join(lines) + "\nreturn 0;\n}\n"
    with tempfile.TemporaryDirectory() as directory:
        source, binary = Path(directory, "abi.c"), Path(directory, "abi")
        source.write_text(program)
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-std=c99", f"-I{STAGE}/include", str(source), "-o", str(binary)], check=True)
        output = subprocess.run([str(binary)], check=True, capture_output=True, text=True).stdout
    interface: Interface = {"version": 0, "functions": {}, "structs": {}, "enumerators": {}}
    types = {(one.name, part.name): type_of(part) for one in declarations for part in one.members}
    for kind, *rest in map(str.split, output.splitlines()):
        if kind == "ESA_ABI_VERSION":
            interface["version"] = int(rest[0])
        elif kind == "struct":
            interface["structs"][rest[0]] = {"size": int(rest[1]), "fields": {}}
        elif kind == "field":
            interface["structs"][rest[0]]["fields"][rest[1]] = [int(rest[2]), int(rest[3]), types[rest[0], rest[1]]]
        else:
            interface["enumerators"][rest[0]] = int(rest[1])
    interface["functions"] = {one.name: signature(one) for one in declarations if one.kind in ("function", "callback")}
    listed = subprocess.run(
        ["nm", "-D", "--defined-only", f"{STAGE}/lib/libesa.so"], check=True, capture_output=True, text=True
    ).stdout
    interface["exports"] = sorted(line.split()[-1] for line in listed.splitlines())
    interface["macros"] = [one.name for one in declarations if one.kind == "macro"]
    return interface


def signature(function: header.Declaration) -> str:
    """Only the types: parameters may be renamed."""
    returned = function.returns.removeprefix("typedef ").removesuffix("(*").strip()
    return f"{returned} ({', '.join(parameter.declaration for parameter in function.parameters)})"


def type_of(field: header.Member) -> str:
    """`const char *` of `const char *name`."""
    return field.declaration.removesuffix(field.name).strip()


def differences(before: Interface, now: Interface) -> tuple[list[str], list[str]]:
    """The changes that break programs, and the additions."""
    broken: list[str] = []
    grown: list[str] = []
    for kind in ("functions", "enumerators"):
        for name, value in before[kind].items():
            if name not in now[kind]:
                broken.append(f"{name} is gone")
            elif now[kind][name] != value:
                broken.append(f"{name} was {value}, and is {now[kind][name]}")
        grown.extend(f"{name} is new" for name in now[kind] if name not in before[kind])
    if now["version"] < before["version"]:
        broken.append(f"ESA_ABI_VERSION was {before['version']}, and is {now['version']}")
    elif now["version"] > before["version"]:
        grown.append(f"ESA_ABI_VERSION is {now['version']}")
    broken.extend(f"{name} is gone" for name in before["macros"] if name not in now["macros"])
    grown.extend(f"{name} is new" for name in now["macros"] if name not in before["macros"])
    broken.extend(f"{name} isn't exported any more" for name in before["exports"] if name not in now["exports"])
    grown.extend(f"{name} is exported now" for name in now["exports"] if name not in before["exports"])
    for name, struct in before["structs"].items():
        current = now["structs"].get(name)
        if current is None:
            broken.append(f"{name} is gone")
            continue
        for field, place in struct["fields"].items():
            if current["fields"].get(field) != place:
                broken.append(f"{name}.{field} was {place} (offset, size, type), and is {current['fields'].get(field)}")
        new = {field: place for field, place in current["fields"].items() if field not in struct["fields"]}
        for field, (offset, *_) in new.items():
            (grown if offset >= struct["size"] else broken).append(f"{name}.{field} is new, at {offset}")
        if not new and current["size"] != struct["size"]:
            broken.append(f"{name} had {struct['size']} bytes, and has {current['size']}")
    grown.extend(f"{name} is new" for name in now["structs"] if name not in before["structs"])
    return broken, grown


def record_symbols(exports: list[str]) -> None:
    """Writes Debian's table of these functions. New ones get the version that adds them."""
    (version,) = re.findall(r'^version = "(.*)"$', (header.ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    text = SYMBOLS.read_text()
    since = dict(re.findall(r"^ (\w+)@Base (\S+)$", text, re.MULTILINE))
    head = text[: text.index("\n ") + 1]
    SYMBOLS.write_text(head + "".join(f" {name}@Base {since.get(name, version)}\n" for name in exports))


def main() -> None:
    if sys.argv[1:] not in (["check"], ["record"]):
        sys.exit(__doc__)
    now = measured()
    broken, grown = differences(json.loads(BASELINE.read_text()), now)
    if broken:
        sys.exit("the binary interface breaks programs, see docs/abi.md:\n  " + "\n  ".join(broken))
    if sys.argv[1] == "record":
        BASELINE.write_text(json.dumps(now, indent=1) + "\n")
        record_symbols(now["exports"])
    elif grown:
        sys.exit("the binary interface has grown; `make abi-baseline` records it:\n  " + "\n  ".join(grown))
    else:
        print("the binary interface is that of tests/abi/baseline.json")


if __name__ == "__main__":
    main()
