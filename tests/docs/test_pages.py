"""The pages of docs/ are found by their names, and say first which question they answer."""

import re
from pathlib import Path

import pytest
from programs import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))
INDEX = ROOT / "docs" / "README.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_which_question_it_answers(page: Path) -> None:
    text = re.sub(r"^<!--.*-->\n\n", "", page.read_text(encoding="utf-8"))
    _, question, *_ = text.split("\n\n")

    assert "? " in f"{question} "


def test_the_index_has_every_page() -> None:
    index = INDEX.read_text(encoding="utf-8")

    assert [page.name for page in PAGES if page != INDEX and f"]({page.name})" not in index] == []
