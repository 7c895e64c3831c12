"""Makes src/operation/actions/table.rs of data/actions.tsv: what the library has to know of an action to send it.

Usage: action_table.py write|check
"""

from __future__ import annotations

import actions
from actions import Action

FILE = actions.ROOT / "src" / "operation" / "actions" / "table.rs"

BEGINNING = """\
//! What the library knows of the service's actions; made of data/actions.tsv by `make actions`.

/// A line for each action, sorted by name: the name, its flags, and its parameters, separated by spaces.
///
/// The flags are the method (`P`OST, `G`ET), the effect (`R`eads, `W`rites), and `S` if it is serial. A
/// parameter goes into the form, or, if `?` precedes it, into the query. `{}` follows it if it is JSON text,
/// and `[]` if it is a list. The parameters that go into the query as they are don't stand here: unknown ones
/// go there too.
pub(super) const TABLE: &str = "\\
"""

SUFFIXES = {"json": "{}", "list": "[]", "any": "[]"}


def table() -> str:
    """The whole file."""
    return BEGINNING + "".join(f"{_line(action)}\n" for action in actions.actions()) + '";\n'


def _line(action: Action) -> str:
    flags = action.methods[0][0] + ("W" if action.writes else "R") + ("S" if action.serial else "")
    form = [one.name + SUFFIXES.get(one.type, "") for one in action.form]
    query = ["?" + one.name + SUFFIXES[one.type] for one in action.query if one.type in SUFFIXES]
    return " ".join([action.name, flags, *form, *query])


if __name__ == "__main__":
    actions.write_or_check(FILE, table(), __doc__)
