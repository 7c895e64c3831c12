"""What docs/emulator.md shows is run."""

import sys

from programs import ROOT, checked, go_tests, snippets

PAGE = ROOT / "docs" / "emulator.md"


def test_in_python() -> None:
    (snippet,) = snippets(PAGE, "python")

    printed = checked([sys.executable, "-c", f"import libesa\n{snippet}"]).stdout

    create = "CreateRoutineRelatedRecord"
    assert printed == f"{create} InvalidTimeStamp.Expired\n{create} OK\nlate.example.com\n"


def test_in_go() -> None:
    (snippet,) = snippets(PAGE, "go")

    assert go_tests(snippet).count("--- PASS") == 1
