"""The fixture `esa_emulator` for pytest. pytest finds it if the package is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .emulator import Emulator


@pytest.fixture
def esa_emulator() -> Iterator[Emulator]:
    """A fresh emulator of the service for one test."""
    with Emulator() as emulator:
        yield emulator
