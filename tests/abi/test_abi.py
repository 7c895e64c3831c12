"""What scripts/abi.py takes for a break, and what for growth."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

import abi

BEFORE: dict[str, Any] = {
    "version": 1,
    "functions": {"esa_f": "void ()"},
    "exports": ["esa_f"],
    "structs": {"esa_s": {"size": 16, "fields": {"a": [0, 8, "int64_t"], "b": [8, 8, "void *"]}}},
    "enumerators": {"ESA_E": 1},
    "macros": ["ESA_M"],
}

Change = Callable[[dict[str, Any]], object]


def differences(change: Change) -> tuple[list[str], list[str]]:
    now = copy.deepcopy(BEFORE)
    change(now)
    return abi.differences(BEFORE, now)


@pytest.mark.parametrize(
    "change",
    [
        lambda now: now["functions"].clear(),
        lambda now: now["exports"].clear(),
        lambda now: now["structs"].clear(),
        lambda now: now["enumerators"].clear(),
        lambda now: now["functions"].update(esa_f="int ()"),
        lambda now: now["enumerators"].update(ESA_E=2),
        lambda now: now["structs"]["esa_s"]["fields"].update(b=[8, 4, "void *"]),
        lambda now: now["structs"]["esa_s"]["fields"].update(a=[0, 8, "uint64_t"]),
        lambda now: now["structs"]["esa_s"]["fields"].pop("a"),
        lambda now: now["structs"]["esa_s"]["fields"].update(c=[12, 4, "int32_t"]),
        lambda now: now["structs"]["esa_s"].update(size=24),
        lambda now: now["macros"].clear(),
        lambda now: now.update(version=0),
    ],
)
def test_what_breaks_programs(change: Change) -> None:
    broken, _ = differences(change)

    assert len(broken) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda now: now["functions"].update(esa_g="void ()"),
        lambda now: now["exports"].append("esa_g"),
        lambda now: now["structs"].update(esa_t={"size": 8, "fields": {}}),
        lambda now: now["enumerators"].update(ESA_F=2),
        lambda now: now["structs"]["esa_s"].update(
            size=24, fields={**now["structs"]["esa_s"]["fields"], "c": [16, 8, "int64_t"]}
        ),
        lambda now: now["macros"].append("ESA_N"),
        lambda now: now.update(version=2),
    ],
)
def test_what_is_growth(change: Change) -> None:
    broken, grown = differences(change)

    assert (broken, len(grown)) == ([], 1)


def test_the_interface_is_the_one_that_is_recorded() -> None:
    sys.argv = ["abi.py", "check"]
    abi.main()


def test_only_what_breaks_nothing_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    baseline = tmp_path / "baseline.json"
    monkeypatch.setattr(abi, "BASELINE", baseline)
    monkeypatch.setattr(sys, "argv", ["abi.py", "record"])
    now = abi.measured()
    older = {**now, "functions": dict(list(now["functions"].items())[1:])}
    baseline.write_text(json.dumps(older))
    abi.main()
    assert json.loads(baseline.read_text()) == now

    other = json.dumps({**now, "functions": {**now["functions"], "esa_gone": "void ()"}})
    baseline.write_text(other)
    with pytest.raises(SystemExit, match="esa_gone is gone"):
        abi.main()
    assert baseline.read_text() == other
