"""What docs/emulator.md shows is run."""

import json
import re
import shutil
import sys

import pytest
from libesa.emulator import Emulator
from programs import ROOT, checked, go_tests, snippets

PAGE = ROOT / "docs" / "emulator.md"


def test_a_fault_from_a_shell(environment: dict[str, str]) -> None:
    if not shutil.which("curl"):
        pytest.skip("LEFT OUT: there is no curl")
    (snippet,) = snippets(PAGE, "bash")

    printed = checked(["sh", "-euc", snippet], cwd=ROOT, env=environment).stdout

    assert '"wire":{"kind":"drop"}' in printed
    assert re.search(r"created record \d+ for lost\.example\.com", printed)
    assert '"action":"ListRoutineRelatedRecords"' in printed
    assert printed.endswith('{"status":"ok"}')


def test_the_faults_of_the_table() -> None:
    faults = [json.loads(fault) for fault in re.findall(r"^\| .* \| `(\{.*\})` \|$", PAGE.read_text(), re.MULTILINE)]

    assert len(faults) >= 6
    with Emulator() as emulator:
        for fault in faults:
            emulator.add_fault(**fault)  # which raises if the emulator refuses it


def test_in_python() -> None:
    (snippet,) = snippets(PAGE, "python")

    printed = checked([sys.executable, "-c", snippet]).stdout

    create = "CreateRoutineRelatedRecord"
    assert printed == f"{create} InvalidTimeStamp.Expired\n{create} OK\nlate.example.com\n"


def test_in_go() -> None:
    (snippet,) = snippets(PAGE, "go")

    assert go_tests(snippet).count("--- PASS") == 1
