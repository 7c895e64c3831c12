"""What docs/fleets.md shows was measured, simulated and tested: its rows are results, its code is that of the tests."""

import re
import sys
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "fleets.md"
RESULTS = ROOT / "benches" / "results" / "contention.md"

sys.path.append(str(ROOT / "benches" / "contention"))
import chart  # noqa: E402


def rows(document: Path) -> list[str]:
    return [line for line in document.read_text(encoding="utf-8").splitlines() if " × " in line and line[0] == "|"]


def test_every_row_is_a_result() -> None:
    shown = rows(DOCUMENT)

    assert len(shown) > 10
    assert set(shown) <= set(rows(RESULTS))


def test_every_recipe_is_what_the_engines_are_tested_with() -> None:
    shown = re.findall(
        r"^```(?:python|go|c)\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    sources = [path for path in (ROOT / "tests" / "engines").rglob("*") if path.suffix in (".py", ".c", ".go")]
    tested = [dedent(source.read_text(encoding="utf-8")) for source in sources]

    assert len(shown) >= 7
    assert [code for code in shown if not any(code in source for source in tested)] == []


def test_the_plot_is_of_the_results() -> None:
    _, hosts = RESULTS.read_text(encoding="utf-8").split("### By the number of hosts\n\n")

    assert RESULTS.with_suffix(".svg").read_text(encoding="utf-8") == chart.draw(hosts.strip())
