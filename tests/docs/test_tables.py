"""The tables of the documents are what the library says."""

import ctypes
import os
import re
from pathlib import Path

from programs import ROOT

HEADER = (ROOT / "include" / "esa.h").read_text(encoding="utf-8")


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def test_the_codes_of_the_service() -> None:
    library = ctypes.CDLL(os.environ["LIBESA_LIBRARY"])
    for name in ("esa_service_code_name", "esa_service_code_advice"):
        getattr(library, name).restype = ctypes.c_char_p
    documented = {
        library.esa_service_code_name(code).decode(): library.esa_service_code_advice(code).decode()
        for code in range(10, 20)
    }

    shown = dict(re.findall(r"^\| `(\w+)` \| `ESA_ERR_\w+` \| (.*) \|$", page("errors"), re.MULTILINE))

    assert shown == documented


def test_the_kinds_of_errors() -> None:
    (enum,) = re.findall(r"^enum esa_status\n(.*?)^\};", HEADER, re.DOTALL | re.MULTILINE)

    shown = re.findall(r"^\| `(ESA_\w+)` \| (\d+) \|", page("errors"), re.MULTILINE)

    assert shown == re.findall(r"^    (ESA_\w+) = (\d+),", enum, re.MULTILINE)


def test_the_fields_of_an_error() -> None:
    assert sorted(rows("errors", "field of `esa_error`")) == sorted(
        name for name in fields("esa_error") if name != "reserved"
    )


def test_the_words_of_an_advice() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.rs"))
    words = re.sub(r"\\\n\s+", "", sources)
    (table,) = re.findall(r"^\| the advice says .*?(?=^$)", page("errors"), re.DOTALL | re.MULTILINE)
    shown = [phrase.replace("`", "") for phrase in re.findall(r'^\| "(.*?)" \|', table, re.MULTILINE)]

    assert len(shown) == len(table.splitlines()) - 2
    assert [phrase for phrase in shown if phrase not in words] == []


def test_the_statistics() -> None:
    assert rows("observability", "field of `esa_stats`") == [
        name for name in fields("esa_stats") if name != "struct_size"
    ]


def rows(name: str, heading: str) -> list[str]:
    """What the first column of a table names."""
    (table,) = re.findall(rf"^\| {heading} .*?(?=^$)", page(name), re.DOTALL | re.MULTILINE)
    return [shown for row in table.splitlines()[2:] for shown in re.findall(r"`(\w+)`", row.split("|")[1])]


def fields(struct: str) -> list[str]:
    (body,) = re.findall(rf"typedef struct {struct} \{{(.*?)\}} {struct};", HEADER, re.DOTALL)
    return re.findall(r"^    [\w ]+[ *](\w+);", body, re.MULTILINE)


def test_the_readme_counts() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    mutants = re.findall(r"^    Mutant\(", (ROOT / "tests" / "mutants" / "run.py").read_text(), re.MULTILINE)

    assert "in more than 30 places" in readme
    assert len(mutants) > 30
    assert "its nine fuzzers" in readme
    assert len(list((ROOT / "fuzz" / "fuzz_targets").glob("*.rs"))) == 9


def test_the_lines_of_what_is_written_by_hand() -> None:
    shown = re.findall(r"\(`([\w/.]+)`\) \| (\d+) \|", page("design"))

    assert len(shown) == 8
    for path, lines in shown:
        assert abs(int(lines) - code_lines(ROOT / "src" / path)) <= 15, path


def code_lines(path: Path) -> int:
    """The lines of a file, or of the files of a folder, without comments and tests."""
    sources = [path] if path.is_file() else list(path.glob("*.rs"))
    code = "\n".join(source.read_text(encoding="utf-8").split("\n#[cfg(test)]\n")[0] for source in sources)
    return len(re.findall(r"^(?! *//) *\S", code, re.MULTILINE))


def test_every_name_of_c_is_in_the_header() -> None:
    declared = set(re.findall(r"\b(?:esa|ESA)_\w+", HEADER))
    environment = ("ESA_ENDPOINT", "ESA_EMULATOR", "ESA_STS_ENDPOINT", "ESA_METADATA_ENDPOINT")
    # The fields of a line of the log, as attributes in Python.
    others = (*environment, *(f"esa_{name}" for name in fields("esa_log_record")))

    unknown = {
        f"{document.name}: {name}"
        for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
        for name in re.findall(r"`(?:enum )?((?:esa|ESA)_\w*[a-zA-Z0-9])\b", document.read_text(encoding="utf-8"))
        if name not in declared and not name.startswith(("esa_emulator", *others))
    }

    assert unknown == set()
