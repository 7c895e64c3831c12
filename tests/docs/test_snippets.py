"""No snippet of a document is forgotten: each is compiled and run, or it is of a kind that isn't a program."""

import re
from collections import Counter
from pathlib import Path

import pytest
from programs import ROOT

# What a shell, a file or a screen shows.
NO_PROGRAM = {"console", "text", "json", "jsonc", "yaml"}

# Where every snippet is part of a program, whatever is added: by the test that is named.
ALL = {
    "docs/actions.md": "test_actions.py",
    "docs/fleets.md": "test_fleets.py",
    "docs/recipes.md": "test_recipes.py",
}

# Where a test names the snippets, so that one more needs another test. Of event-loops.md, nothing compiles nginx's.
COUNTED = {
    "README.md": ("test_readme.py", {"c": 1, "cpp": 1, "go": 1, "python": 1, "rust": 1}),
    "bindings/go/README.md": ("test_go_manual.py", {"go": 6}),
    "bindings/python/README.md": ("../../bindings/python/tests/test_readme.py", {"python": 11}),
    "docs/bulk.md": ("test_bulk.py", {"c": 1, "cpp": 1, "go": 1, "python": 1, "rust,no_run": 1}),
    "docs/credentials.md": ("test_credentials.py", {"c": 1, "cpp": 1}),
    "docs/emulator.md": ("test_emulator_page.py", {"bash": 1, "go": 1, "python": 1}),
    "docs/event-loops.md": ("test_event_loops.py", {"c": 8, "cpp": 1, "python": 1}),
    "docs/observability.md": ("test_observability.py", {"c": 1, "cpp": 1, "go": 1, "python": 1, "rust,no_run": 1}),
    "docs/install.md": ("test_install.py", {"cmake": 1}),
}

FOLDERS = ("docs", "bindings", "benches", "tests")
DOCUMENTS = [*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_snippet_is_compiled_and_run(document: Path) -> None:
    name = str(document.relative_to(ROOT))
    languages = re.findall(r"^```(.*)\n(?:.*\n)*?```$", document.read_text(encoding="utf-8"), re.MULTILINE)
    programs = Counter(language for language in languages if language not in NO_PROGRAM)
    if name in ALL:
        assert (Path(__file__).parent / ALL[name]).exists()
        return
    test, counted = COUNTED.get(name, (Path(__file__).name, {}))

    assert programs == counted
    assert (Path(__file__).parent / test).exists()
