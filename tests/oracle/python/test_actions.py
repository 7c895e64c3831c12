"""What tests/vectors/actions.json says that the official SDK sends is what it sends."""

from __future__ import annotations

import difflib

from record_actions import VECTORS, record, written


def test_the_recording_is_what_the_sdk_sends() -> None:
    committed = VECTORS.read_text(encoding="utf-8").splitlines()

    recorded = written(record()).splitlines()

    assert list(difflib.unified_diff(committed, recorded, "committed", "recorded", n=0, lineterm="")) == []
