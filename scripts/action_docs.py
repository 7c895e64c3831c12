"""Generates docs/actions-list.md from data/actions.tsv: the known actions with their parameters.

Usage: action_docs.py write|check
"""

from __future__ import annotations

from itertools import groupby

import actions
from actions import Action, Parameter

FILE = actions.ROOT / "docs" / "actions-list.md"

BEGINNING = """\
<!-- Made of data/actions.tsv by `make actions`. -->

# Known actions

Which actions does libesa know, and how does it send them? It knows these {count} actions of ESA (version 2024-09-10).
You can [call](actions.md) any other action too: libesa sends it with POST, puts its parameters into the query, and
treats it as a write.

- **Method**: what libesa sends.
- **Effect**: if the answer of an action that *reads* is lost, libesa sends it again. If the answer of an action
  that *writes* is lost, libesa doesn't: the call fails with the outcome *unknown*. If it isn't certain that an
  action changes nothing, it counts as one that writes. A *serial* one waits for the client's other writes: the
  service carries out one at a time.
- **Parameters**: `*` marks those that are required. Those after *Form* go into the body, the others into the
  query. Without a type, a parameter is text. *JSON* is an object or an array, sent as JSON text; *list* an
  array, sent as `Name.1`, `Name.2`; *any* text, or an object, sent as `Name.Key`.
"""

TYPES = {"text": "", "json": " JSON"}


def page() -> str:
    """The whole page."""
    known = actions.actions()
    sections = [_section(letter, list(some)) for letter, some in groupby(known, lambda action: action.name[0])]
    return BEGINNING.format(count=len(known)) + "".join(sections)


def _section(letter: str, some: list[Action]) -> str:
    rows = "".join(f"{_row(action)}\n" for action in some)
    return f"\n## {letter}\n\n| Action | Method | Effect | Parameters |\n| --- | --- | --- | --- |\n{rows}"


def _row(action: Action) -> str:
    effect = ("writes" if action.writes else "reads") + (", serial" if action.serial else "")
    places = [_listed(action.query)] if action.query else []
    if action.form:
        places.append("*Form:* " + _listed(action.form))
    return f"| {action.name} | {action.methods[0]} | {effect} | {'. '.join(places) or 'none'} |"


def _listed(parameters: tuple[Parameter, ...]) -> str:
    return ", ".join(f"`{one.name}{'*' * one.required}`{TYPES.get(one.type, f' {one.type}')}" for one in parameters)


if __name__ == "__main__":
    actions.write_or_check(FILE, page(), __doc__)
