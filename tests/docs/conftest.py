"""An emulator of the service, where the programs of the documents look for the service."""

from collections.abc import Iterator

import pytest
from libesa.emulator import Emulator
from programs import environment_of


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    with Emulator() as emulator:
        yield environment_of(emulator)
