"""Each function and method has an example that is compiled and run: in the documents, the examples or Go's own ones.

C's are in test_manual.py: each manual page shows one.
"""

import enum
import inspect
import re
from collections.abc import Iterator

import libesa
from libesa.emulator import Emulator
from programs import ROOT, snippets

DOCUMENTS = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]


def test_python() -> None:
    shown = "".join(
        [block for page in [*DOCUMENTS, ROOT / "bindings/python/README.md"] for block in snippets(page, "python")]
        + [path.read_text(encoding="utf-8") for path in (ROOT / "examples" / "python").glob("*.py")]
    )

    missing = [name for name in names_in_python() if not re.search(rf"\.{name}\b|\b{name}\(", shown)]
    assert missing == []


def names_in_python() -> Iterator[str]:
    """Functions, the methods of classes, and classes that a program makes itself."""
    for name in libesa.__all__:
        found = getattr(libesa, name)
        if inspect.isfunction(found):
            yield name
        elif inspect.isclass(found) and not issubclass(found, (enum.Enum, Exception)):
            yield from methods(found)
    yield from ["libesa.Client", "AsyncClient", "Cancel", "Credentials", "Emulator", *methods(Emulator)]


def methods(found: type) -> list[str]:
    return [name for name, _ in inspect.getmembers(found, inspect.isfunction) if not name.startswith("_")]


def test_go() -> None:
    package = ROOT / "bindings" / "go"
    sources = [path for path in package.rglob("*.go") if not path.name.endswith("_test.go")]
    exported = r"^func (?:\(\w+ \*?([A-Z]\w*)\) )?([A-Z]\w*)\("
    names = {
        name
        for path in sources
        for _, name in re.findall(exported, path.read_text(encoding="utf-8"), re.MULTILINE)
        # Those of fmt and errors are called by them.
        if name not in ("Error", "Format", "Is", "String", "Unwrap")
    }
    examples = [
        example
        for path in package.rglob("*_test.go")
        for example in re.findall(r"^func Example.*?^\}", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    ]
    shown = "".join(
        [block for page in [*DOCUMENTS, package / "README.md"] for block in snippets(page, "go")]
        + [path.read_text(encoding="utf-8") for path in (ROOT / "examples" / "go").rglob("*.go")]
        + examples
    )

    assert sorted(name for name in names if f".{name}(" not in shown) == []
