"""The native table, the enumerations and the callbacks agree with the C header."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from ctypes import c_char_p, c_int32, c_uint32, c_void_p, py_object
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest
from conftest import PACKAGE_PATH, REPOSITORY

from libesa import Effect, Network, Origin, Outcome, ServiceCode, Status, _callbacks, _interrupt, _log

HEADER = re.sub(r"/\*.*?\*/|//[^\n]*", "", (REPOSITORY / "include" / "esa.h").read_text("utf-8"), flags=re.DOTALL)

TYPES = {"void": None, "int32_t": c_int32, "uint32_t": c_uint32, "const char *": c_char_p}


def test_the_table_is_the_one_that_the_header_makes(tmp_path: Path) -> None:
    made = tmp_path / "_abi.py"
    subprocess.run([sys.executable, REPOSITORY / "scripts" / "ctypes_table.py", made], check=True)

    committed = PACKAGE_PATH / "libesa" / "_abi.py"
    assert committed.read_text("utf-8") == made.read_text("utf-8"), "`make header` makes it again"


def enumerators(name: str, prefix: str) -> dict[str, int]:
    body = re.search(rf"enum {name}\n.*?\n \{{(.*?)\n\}};", HEADER, re.DOTALL)
    assert body
    return {
        re.sub(f"^{prefix}", "", enumerator): int(number)
        for enumerator, number in re.findall(r"(\w+) = (\d+),", body[1])
    }


@pytest.mark.parametrize(
    ("name", "prefix", "enumeration"),
    [
        ("esa_status", "ESA_(?:ERR_)?", Status),
        ("esa_outcome", "ESA_OUTCOME_", Outcome),
        ("esa_service_code", "ESA_CODE_", ServiceCode),
        ("esa_origin", "ESA_ORIGIN_", Origin),
        ("esa_effect", "ESA_EFFECT_", Effect),
        ("esa_network", "ESA_NETWORK_", Network),
    ],
)
def test_enumerators(name: str, prefix: str, enumeration: type[IntEnum]) -> None:
    assert {member.name: member.value for member in enumeration} == enumerators(name, prefix)


def test_log_levels() -> None:
    declared = enumerators("esa_log_level", "ESA_LOG_")

    assert {number: getattr(logging, name) for name, number in declared.items()} == _log._LEVELS


def ctypes_type(declared: str) -> Any:
    """What ctypes calls a type of a callback's."""
    name = declared.strip()
    return c_void_p if name.endswith("*") and name not in TYPES else TYPES[name]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("esa_log_fn", _callbacks.log),
        ("esa_interrupt_fn", _interrupt._asks),
        ("esa_credentials_fn", _callbacks.ask),
    ],
)
def test_callbacks(name: str, function: Any) -> None:
    declaration = re.search(rf"typedef (.*?)\(\*{name}\)\((.*?)\);", HEADER)
    assert declaration

    assert function._restype_ is ctypes_type(declaration[1])
    taken = [c_void_p if kind is py_object else kind for kind in function._argtypes_]
    assert taken == [ctypes_type(re.sub(r"\w+$", "", parameter)) for parameter in declaration[2].split(",")]
