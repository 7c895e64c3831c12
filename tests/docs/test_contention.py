"""What docs/contention.md shows was measured, and simulated: the rows are those of the results."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rows(document: Path) -> list[str]:
    return [line for line in document.read_text(encoding="utf-8").splitlines() if " × " in line and line[0] == "|"]


def test_every_row_is_a_result() -> None:
    shown = rows(ROOT / "docs" / "contention.md")

    assert len(shown) > 10
    assert set(shown) <= set(rows(ROOT / "benches" / "results" / "contention.md"))
