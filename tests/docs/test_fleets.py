"""What docs/fleets.md shows was measured, simulated and tested: its rows are results, its code is that of the tests."""

import re
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "fleets.md"


def rows(document: Path) -> list[str]:
    return [line for line in document.read_text(encoding="utf-8").splitlines() if " × " in line and line[0] == "|"]


def test_every_row_is_a_result() -> None:
    shown = rows(DOCUMENT)

    assert len(shown) > 10
    assert set(shown) <= set(rows(ROOT / "benches" / "results" / "contention.md"))


def test_every_recipe_is_what_the_engines_are_tested_with() -> None:
    shown = re.findall(r"^```\w+\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    sources = [path for path in (ROOT / "tests" / "engines").rglob("*") if path.suffix in (".py", ".c", ".go")]
    tested = [dedent(source.read_text(encoding="utf-8")) for source in sources]

    assert len(shown) >= 5
    assert [code for code in shown if not any(code in source for source in tested)] == []
