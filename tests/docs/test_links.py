"""The links between the documents lead somewhere. test_install.py looks at those that are installed."""

from pathlib import Path

import pytest
from links import dead_links
from programs import ROOT

FOLDERS = ("docs", "bindings", "benches", "packaging", "tests")
DOCUMENTS = [*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(document: Path) -> None:
    assert dead_links(document) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(
        "# A page\n\n[a](page.md#a-page) [b](#a-page) [c](gone.md) [d](#gone)\n\n```cpp\n[x](int)\n```\n"
    )

    assert dead_links(document) == ["gone.md#", "#gone"]
