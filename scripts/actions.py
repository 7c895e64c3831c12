"""The service's actions, as data/actions.tsv lists them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / "data" / "actions.tsv"

TYPES = ("text", "int", "bool", "float", "json", "list", "any")


@dataclass(frozen=True)
class Parameter:
    """A parameter, and how it is written."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True)
class Action:
    """A line of the list."""

    name: str
    methods: tuple[str, ...]
    writes: bool
    serial: bool
    query: tuple[Parameter, ...]
    form: tuple[Parameter, ...]


def actions() -> list[Action]:
    """All actions, sorted by name."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    listed = [_action(line) for line in lines if not line.startswith("#")]
    names = [action.name for action in listed]
    if names != sorted(set(names)):
        raise ValueError(f"{FILE}: the names aren't sorted, or one is there twice")
    return listed


def write_or_check(path: Path, text: str, usage: str | None) -> None:
    """Runs the command line of a script that generates the file `path`."""
    if sys.argv[1:] == ["write"]:
        path.write_text(text, encoding="utf-8")
    elif sys.argv[1:] == ["check"]:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path.relative_to(ROOT)} isn't that of data/actions.tsv: `make actions` writes it")
    else:
        sys.exit(usage)


def _action(line: str) -> Action:
    name, methods, effect, serial, query, form = line.split("\t")
    action = Action(
        name,
        tuple(methods.split("|")),
        {"reads": False, "writes": True}[effect],
        {"-": False, "serial": True}[serial],
        _parameters(query),
        _parameters(form),
    )
    if not set(action.methods) <= {"GET", "POST"} or (action.form and action.methods[0] == "GET"):
        raise ValueError(f"{FILE}: {name} can't be sent")
    return action


def _parameters(column: str) -> tuple[Parameter, ...]:
    return tuple(map(_parameter, column.split(","))) if column != "-" else ()


def _parameter(text: str) -> Parameter:
    name, _, type_ = text.removesuffix("*").partition(":")
    if (type_ or "text") not in TYPES or not name:
        raise ValueError(f"{FILE}: {text!r} isn't a parameter")
    return Parameter(name, type_ or "text", text.endswith("*"))
