"""What docs/observability.md shows is compiled and run; Rust's example is a documentation test of the crate."""

import re
from pathlib import Path

import pytest
from libesa.emulator import Emulator
from programs import ROOT, environment_of, run_program, snippets

PAGE = ROOT / "docs" / "observability.md"


@pytest.mark.parametrize("language", ["c", "cpp", "python", "go"])
def test_each_line_names_its_call_and_its_record(language: str, tmp_path: Path) -> None:
    (program,) = snippets(PAGE, language)
    with Emulator() as emulator:
        emulator.add_fault(action="CreateRoutineRelatedRecord", when="before", wire={"kind": "drop"})
        printed = run_program(language, program, tmp_path, environment_of(emulator)).splitlines()

    assert any("reading back whether it was carried out" in line for line in printed)
    field = r"call=1 .*record_name=a\.example\.com" if language == "go" else r"^1 a\.example\.com: "
    for line in printed:
        assert re.search(r"\bcall 1: \w+ a\.example\.com: attempt \d: ", line)
        assert re.search(field, line)
        assert "DEBUG" not in line
        assert ": HTTP " not in line
