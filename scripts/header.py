"""Parses the declarations of include/esa.h with their comments. cbindgen writes it in a regular form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEADER = ROOT / "include" / "esa.h"


@dataclass
class Member:
    """A field of a struct, or an enumerator."""

    name: str
    declaration: str
    doc: str


@dataclass
class Declaration:
    """A function, a struct, an enumeration, an opaque type, a callback or a macro."""

    kind: str
    name: str
    text: str
    doc: str
    members: list[Member] = field(default_factory=list)

    @property
    def returns(self) -> str:
        """What a function returns: `const char *`."""
        return self.text.partition(self.name)[0].strip()

    @property
    def parameters(self) -> list[Member]:
        """Of a function or callback; the declaration of each is its type."""
        listed = self.text.rpartition("(")[2].partition(")")[0]
        split = [re.fullmatch(r"(.*?)(\w+)", each.strip()) for each in listed.split(",") if listed != "void"]
        return [Member(each[2], each[1].strip(), "") for each in split if each]


def doc_of(comment: str | None) -> str:
    """A comment's text: paragraphs with a blank line between them."""
    lines = (comment or "").strip().removeprefix("/**").removesuffix("*/").splitlines()
    return "\n".join(re.sub(r"^\s*\* ?", "", line).rstrip() for line in lines).strip()


COMMENT = r"(?P<doc>/\*\*(?:(?!\*/).)*?\*/\s*)?"


MACRO = r"#define (?P<name>ESA_(?!H\n)\w+)(?:\(\w+\))?(?: (?P<value>(?:[^\n]*\\\n)*[^\n]*)|\n)"


def without_attributes(text: str) -> str:
    """A header's text without the attributes for compiler warnings around functions."""
    before, behind = r"^(?:ESA_NODISCARD|ESA_DEPRECATED\(.*\))[\n ]", r"(?<!#define)\s+ESA_NONNULL\(\w+\)"
    return re.sub(f"{before}|{behind}", "", text, flags=re.MULTILINE)


def introduction() -> str:
    """The comment at the header's top, after its first line."""
    comment = HEADER.read_text().split("*/")[0].removeprefix("/*")
    lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in comment.splitlines()]
    return "\n".join(lines).strip()


def members(body: str, pattern: str) -> list[Member]:
    found = re.finditer(COMMENT + pattern, body, re.DOTALL)
    return [
        Member(match["name"], " ".join(match["declaration"].split()).rstrip(","), doc_of(match["doc"]))
        for match in found
    ]


def declarations() -> list[Declaration]:
    """Returns all declarations, in the header's order. Raises ValueError if one isn't understood."""
    text = without_attributes(HEADER.read_text())
    found: list[tuple[int, Declaration]] = []

    def add(match: re.Match[str], kind: str, shown: str, parts: list[Member] | None = None) -> None:
        found.append((match.start("name"), Declaration(kind, match["name"], shown, doc_of(match["doc"]), parts or [])))

    for match in re.finditer(COMMENT + MACRO, text, re.DOTALL):
        if match["name"] not in {declaration.name for _, declaration in found}:
            add(match, "macro", f"#define {match['name']} {match['value']}")
    enum = r"enum (?P<name>esa_\w+)\n(?:#if.*?#endif[^\n]*\n)? \{(?P<body>.*?)\n\};"
    for match in re.finditer(COMMENT + enum, text, re.DOTALL):
        parts = members(match["body"], r"(?P<declaration>(?P<name>ESA_\w+) = -?\d+),?")
        add(match, "enum", f"enum {match['name']};", parts)
    for match in re.finditer(
        COMMENT + r"typedef struct (?P<name>esa_\w+) \{(?P<body>.*?)\n\} (?P=name);", text, re.DOTALL
    ):
        parts = members(match["body"], r"(?P<declaration>[^;/]*?(?P<name>\w+));")
        add(match, "struct", f"typedef struct {match['name']} {match['name']};", parts)
    for match in re.finditer(COMMENT + r"typedef struct (?P<name>esa_\w+) (?P=name);", text, re.DOTALL):
        add(match, "object", f"typedef struct {match['name']} {match['name']};")
    for match in re.finditer(
        COMMENT + r"(?P<text>typedef [^;{}]*?\(\*(?P<name>esa_\w+)\)\([^;]*?\);)", text, re.DOTALL
    ):
        add(match, "callback", " ".join(match["text"].split()))
    function = r"(?P<text>^(?:const )?\w[\w ]*?[ *](?P<name>esa_\w+)\([^;{}]*?\);)"
    for match in re.finditer(COMMENT + function, text, re.DOTALL | re.MULTILINE):
        if not match["text"].startswith("typedef"):
            add(match, "function", " ".join(match["text"].split()))
    _check_that_all_are_found(text, [declaration for _, declaration in found])
    return [declaration for _, declaration in sorted(found, key=lambda pair: pair[0])]


def _check_that_all_are_found(text: str, found: list[Declaration]) -> None:
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    names = set(re.findall(r"\besa_\w+|\bESA_\w+", code)) - {"ESA_H"}
    known = {part.name for each in found for part in [each, *each.members] if part.name.lower().startswith("esa_")}
    if names != known:
        raise ValueError(f"{HEADER}: not understood: {sorted(names ^ known)}")
