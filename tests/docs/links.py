"""Finds the links of a document that lead nowhere."""

from __future__ import annotations

import re
from pathlib import Path


def dead_links(document: Path) -> list[str]:
    """The relative links that lead to no file, or to no heading of one."""
    prose = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", prose)
    return [f"{path}#{anchor}" for path, anchor in links if not _leads_somewhere(document, path, anchor)]


def _leads_somewhere(document: Path, path: str, anchor: str) -> bool:
    target = document.parent / path if path else document
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
