"""Makes bindings/python/src/libesa/_abi.py of the C header: its structs and functions as ctypes takes them.

Usage: ctypes_table.py [FILE]

Pointers to anything but text are c_void_p: there are fewer types to make when Python starts. Functions that start and
finish calls are left out: they are called as they are.
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

from ctypes import c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

'''

UNTYPED = ("_start", "_finish")

TYPES = {
    "void": "None",
    "char *": "c_char_p",
    "esa_status": "c_int32",
    **{name: f"c_{name.removesuffix('_t')}" for name in ("int32_t", "int64_t", "uint32_t", "uint64_t")},
    "size_t": "c_size_t",
}


def table() -> str:
    """The whole file."""
    declarations = {declaration.name: declaration for declaration in header.declarations()}
    callbacks = {name for name, declaration in declarations.items() if declaration.kind == "callback"}

    def type_of(declared: str) -> str:
        name = " ".join(word for word in declared.replace("*", " * ").split() if word not in ("const", "struct"))
        return TYPES.get(name) or ("c_void_p" if name.endswith("*") or name in callbacks else _unknown(declared))

    def struct(declared: Declaration) -> str:
        fields = [f'("{one.name}", {type_of(one.declaration.removesuffix(one.name))}),' for one in declared.members]
        fields[0], fields[-1] = f'"{declared.name}": [{fields[0]}', f"{fields[-1].removesuffix(',')}],"
        return _filled(fields, subsequent_indent=" " * 8)

    def function(declared: Declaration) -> str:
        types = [type_of(parameter.declaration) for parameter in declared.parameters]
        taken = f"[{types[0]}] * {len(types)}" if len(types) > 1 and len({*types}) == 1 else f"[{', '.join(types)}]"
        return f'"{declared.name}": ({type_of(declared.returns)}, {taken}),'

    structs = [struct(declared) for declared in declarations.values() if declared.kind == "struct"]
    typed = [one for one in declarations.values() if one.kind == "function" and not one.name.endswith(UNTYPED)]
    functions = [function(declared) for declared in typed]
    lines = "\n".join(structs)
    version = declarations["ESA_ABI_VERSION"].text.split()[-1]
    return (
        f"{BEGINNING}ABI_VERSION = {version}\n\n"
        f"STRUCTS = {{\n{lines}\n}}\n\n"
        f"FUNCTIONS = {{\n{_filled(functions, subsequent_indent=' ' * 4)}\n}}\n"
    )


def _unknown(declared: str) -> str:
    raise ValueError(f"{header.HEADER}: ctypes_table.py doesn't know the type {declared!r}")


def _filled(items: list[str], subsequent_indent: str) -> str:
    return textwrap.fill(
        " ".join(items), 120, initial_indent=" " * 4, subsequent_indent=subsequent_indent, break_on_hyphens=False
    )


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else FILE).write_text(table(), encoding="utf-8")
