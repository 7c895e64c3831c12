"""The package's modules import downwards only: each may import those that stand above it in the list below."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from conftest import PACKAGE_PATH

PACKAGE = PACKAGE_PATH / "libesa"

LAYERS = {
    "the shared library": ["_abi", "_frozen", "_library"],
    "enumerations and exceptions": ["enums", "errors", "service_errors", "_failure"],
    "values": ["_arguments", "credentials", "deletion", "record", "related_records", "site", "stats", "bulk"],
    "what calls back": ["_end", "_interrupt", "_callbacks"],
    "native objects": ["_native", "cancel"],
    "what is called": ["_log", "_lock", "_provider"],
    "operations": ["_operation", "_create", "_delete", "_list", "_match_site", "_bulk", "action"],
    "clients": ["_configured", "client"],
    "the client for asyncio": ["_multi", "async_client"],
    "the emulator": ["emulator", "pytest_plugin"],
    "the package": ["__init__"],
}

ORDER = [module for modules in LAYERS.values() for module in modules]


def imported(source: str) -> set[str]:
    """The package's modules that a module imports, at its beginning, inside of a function, or for type checkers."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {named(alias.name) for alias in node.names if alias.name.split(".")[0] == "libesa"}
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] == "libesa"):
            module = named(f"libesa.{node.module or ''}" if node.level else node.module or "")
            # `from . import a` names modules, or what the package itself has.
            names = {alias.name for alias in node.names}
            found |= {name if name in ORDER else module for name in names} if module == "__init__" else {module}
    return found


def named(module: str) -> str:
    """Of a dotted name: the module's, without the package's."""
    return module.partition("libesa")[2].strip(".") or "__init__"


def test_every_module_is_in_a_layer() -> None:
    assert sorted(ORDER) == sorted(path.stem for path in PACKAGE.glob("*.py"))


@pytest.mark.parametrize("module", ORDER)
def test_a_module_imports_what_is_below_it(module: str) -> None:
    below = ORDER[: ORDER.index(module)]

    assert imported((PACKAGE / f"{module}.py").read_text("utf-8")) - {*below} == set()


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import libesa", {"__init__"}),
        ("import libesa.client, os", {"client"}),
        ("from libesa import Origin, record", {"__init__", "record"}),
        ("from libesa.errors import EsaError", {"errors"}),
        ("from . import _end, _interrupt", {"_end", "_interrupt"}),
        ("from ._native import Owned", {"_native"}),
        ("def late():\n    from .client import Client", {"client"}),
        ("from os import path\nimport libesa_other", set()),
    ],
)
def test_imports_are_seen(source: str, modules: set[str]) -> None:
    assert imported(source) == modules


def test_no_folder_is_left_out() -> None:
    assert [path for path in Path(PACKAGE).iterdir() if path.is_dir() and path.name != "__pycache__"] == []
