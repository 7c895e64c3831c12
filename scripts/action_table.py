"""Generates src/operation/actions/table.txt from data/actions.tsv: what the library needs to send an action.

Usage: action_table.py write|check
"""

from __future__ import annotations

import actions
from actions import Action

FILE = actions.ROOT / "src" / "operation" / "actions" / "table.txt"

SUFFIXES = {"json": "{}", "list": "[]", "any": "[]"}


def table() -> str:
    """The whole file."""
    return "".join(f"{_line(action)}\n" for action in actions.actions())


def _line(action: Action) -> str:
    flags = action.methods[0][0] + ("W" if action.writes else "R") + ("S" if action.serial else "")
    form = [one.name + SUFFIXES.get(one.type, "") for one in action.form]
    query = ["?" + one.name + SUFFIXES[one.type] for one in action.query if one.type in SUFFIXES]
    return " ".join([action.name, flags, *form, *query])


if __name__ == "__main__":
    actions.write_or_check(FILE, table(), __doc__)
