"""Generates bindings/python/src/libesa/_abi.py from the C header: its structs and functions for ctypes.

Usage: ctypes_table.py [FILE]

Each type is a letter, which the layer's _library.py knows; most are the struct module's. Pointers to anything but text
are of one type: there are fewer to make when Python starts. Functions that start and finish calls are left out: they
are called as they are.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import header
from header import Declaration

FILE = header.ROOT / "bindings" / "python" / "src" / "libesa" / "_abi.py"

BEGINNING = '''\
"""What include/esa.h declares, which this is made of by `make header`."""

# fmt: off

'''

UNTYPED = ("_start", "_finish")

TYPES = {
    "void": "v",
    "char *": "z",
    "esa_status": "i",
    "int32_t": "i",
    "uint32_t": "I",
    "int64_t": "q",
    "uint64_t": "Q",
    "size_t": "N",
}


def table() -> str:
    """The whole file."""
    declarations = {declaration.name: declaration for declaration in header.declarations()}
    callbacks = {name for name, declaration in declarations.items() if declaration.kind == "callback"}

    def type_of(declared: str) -> str:
        name = " ".join(word for word in declared.replace("*", " * ").split() if word not in ("const", "struct"))
        return TYPES.get(name) or ("P" if name.endswith("*") or name in callbacks else _unknown(declared))

    def struct(declared: Declaration) -> str:
        return " ".join(f"{one.name}:{type_of(one.declaration.removesuffix(one.name))}" for one in declared.members)

    def function(declared: Declaration) -> str:
        taken = "".join(type_of(parameter.declaration) for parameter in declared.parameters)
        return f"{declared.name}:{type_of(declared.returns)}{taken}"

    structs = [declared for declared in declarations.values() if declared.kind == "struct"]
    lines = [_quoted(f'    "{declared.name}": ', struct(declared), ",") for declared in structs]
    typed = [one for one in declarations.values() if one.kind == "function" and not one.name.endswith(UNTYPED)]

    def value(name: str) -> str:
        return declarations[name].text.split(maxsplit=2)[2].strip("()")

    return (
        f"{BEGINNING}ABI_VERSION = {value('ESA_ABI_VERSION')}\n"
        f"UINT32_MAX = 2**32 - 1\nUNLIMITED = {value('ESA_UNLIMITED')}\nNONE = {value('ESA_NONE')}\n\n"
        "# Of each struct, the fields.\nSTRUCTS = {\n" + "".join(lines) + "}\n\n"
        "# Of each function, what it returns and takes.\nFUNCTIONS = (\n"
        f"{_quoted('    ', ' '.join(function(one) for one in typed), '')})\n"
    )


def _unknown(declared: str) -> str:
    raise ValueError(f"{header.HEADER}: ctypes_table.py doesn't know the type {declared!r}")


def _quoted(before: str, text: str, after: str) -> str:
    """A text as literals on as many lines as it needs."""
    rest = " " * len('    " "')  # of each line: what isn't the text
    lines = textwrap.wrap(text, 120, initial_indent=f'{before}" "', subsequent_indent=rest, break_on_hyphens=False)
    lines[0] = lines[0].removeprefix(f'{before}" "')
    return before + ' "\n    '.join(f'"{line.strip()}' for line in lines) + f'"{after}\n'


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else FILE).write_text(table(), encoding="utf-8")
