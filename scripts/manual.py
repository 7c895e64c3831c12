"""Makes the manual pages below DIRECTORY/man3: one a function and a type, of the C header's comments, and libesa(3).

Usage: manual.py DIRECTORY VERSION
"""

from __future__ import annotations

import os
import re
import sys
import time
from datetime import date
from pathlib import Path

import header
from header import Declaration

WIDTH = 80
EXAMPLE = header.ROOT / "examples" / "c" / "create_record.c"
# A builder that wants the same bytes each time says when it is, by the convention of reproducible builds.
DATE = date.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())).isoformat()
RULES = """Objects are released by the _free function that their page names, once; it takes NULL. What a call hands out,
result or error, is the caller's and is released by its own function. An esa_client and an esa_cancel serve any number
of threads at once, everything else one thread at a time; an error can be read on another thread than the one that made
the call."""


def escaped(text: str) -> str:
    """Text that roff takes as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def prose(text: str) -> str:
    """Paragraphs, in which the header's `names` are bold."""
    paragraphs = [escaped(paragraph) for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()]
    marked = [re.sub(r"`([^`\n]+)`", r"\\fB\1\\fR", paragraph) for paragraph in paragraphs]
    return "\n.PP\n".join(marked) + "\n"


def code(text: str) -> str:
    """A text that is shown as it is."""
    return ".EX\n" + escaped(text.rstrip("\n")) + "\n.EE\n"


def summary(declaration: Declaration) -> str:
    """The first sentence of the comment, in one line."""
    text = " ".join((declaration.doc or declaration.name).split()).replace("`", "")
    return re.split(r"(?<=[.:])\s", text)[0].rstrip(".:")


class Page:
    """A page while it is written."""

    def __init__(self, name: str, about: str, version: str) -> None:
        """Begins with the name and what it is about."""
        title = f'.TH {name} 3 "{DATE}" "libesa {version}" "Library Functions Manual"\n'
        self.text = f"{title}.SH NAME\n{escaped(name)} \\- {escaped(about)}\n"

    def section(self, title: str, body: str) -> None:
        """Adds a section."""
        self.text += f".SH {title}\n{body}"


def members_of(declaration: Declaration) -> str:
    """The fields of a struct, or the values of an enumeration."""
    parts = (f".TP\n\\fB{escaped(part.declaration)}\\fR\n{prose(part.doc)}" for part in declaration.members)
    return "".join(parts)


def synopsis(declaration: Declaration) -> str:
    prototype = declaration.text.replace("struct esa_", "esa_")
    if len(prototype) > WIDTH:
        prototype = prototype.replace("(", "(\n    ", 1 if declaration.kind == "function" else 0).replace(
            ", ", ",\n    "
        )
    text = "#include <esa.h>\n\n" + prototype
    if declaration.kind == "struct":
        fields = "".join(f"    {part.declaration.replace('struct esa_', 'esa_')};\n" for part in declaration.members)
        text = f"#include <esa.h>\n\ntypedef struct {declaration.name} {{\n{fields}}} {declaration.name};"
    return code(text)


def related(declaration: Declaration, names: set[str]) -> str:
    """The other pages that the text names, and the overview."""
    text = declaration.text + declaration.doc + "".join(part.declaration + part.doc for part in declaration.members)
    others = sorted((set(re.findall(r"esa_\w+", text)) & names) - {declaration.name})
    references = [f"\\fB{name}\\fR(3)" for name in [*others, "libesa"]]
    return ",\n".join(references) + "\n"


def page_of(declaration: Declaration, names: set[str], version: str) -> str:
    page = Page(declaration.name, summary(declaration), version)
    page.section("LIBRARY", "Edge\\-routine records on Alibaba Cloud ESA (\\fIlibesa\\fR, \\fI\\-lesa\\fR)\n")
    page.section("SYNOPSIS", synopsis(declaration))
    paragraphs = re.split(r"\n\s*\n", declaration.doc)
    returned = [paragraph for paragraph in paragraphs if paragraph.startswith("Returns ")]
    described = [paragraph for paragraph in paragraphs if paragraph not in returned]
    if described:
        page.section("DESCRIPTION", prose("\n\n".join(described)))
    if declaration.members:
        page.section("FIELDS" if declaration.kind == "struct" else "VALUES", members_of(declaration))
    if returned:
        page.section("RETURN VALUE", prose("\n\n".join(returned)))
    if declaration.kind == "function":
        page.section("OWNERSHIP AND THREADS", prose(RULES))
        page.section("EXAMPLES", "\\fBlibesa\\fR(3) has a whole program.\n")
    page.section("SEE ALSO", related(declaration, names))
    return page.text


def overview(declarations: list[Declaration], version: str) -> str:
    page = Page("libesa", "edge-routine records on Alibaba Cloud ESA", version)
    page.section("SYNOPSIS", code("#include <esa.h>\n\ncc program.c $(pkg-config --cflags --libs libesa)"))
    rules = "\n\n".join(re.split(r"\n\s*\n", header.introduction())[2:])
    page.section("DESCRIPTION", prose(rules))
    for title, kinds in [("FUNCTIONS", ["function"]), ("TYPES", ["object", "struct", "enum", "callback"])]:
        listed = [one for one in declarations if one.kind in kinds]
        page.section(title, "".join(f".TP\n\\fB{one.name}\\fR(3)\n{escaped(summary(one))}\n" for one in listed))
    page.section("EXAMPLES", code(EXAMPLE.read_text()))
    return page.text


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    directory, version = Path(sys.argv[1]) / "man3", sys.argv[2]
    directory.mkdir(parents=True, exist_ok=True)
    declarations = [one for one in header.declarations() if one.kind != "macro"]
    names = {one.name for one in declarations}
    for declaration in declarations:
        (directory / f"{declaration.name}.3").write_text(page_of(declaration, names, version))
    (directory / "libesa.3").write_text(overview(declarations, version))


if __name__ == "__main__":
    main()
