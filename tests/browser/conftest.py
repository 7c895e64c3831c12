"""One browser for all tests, since it starts slowly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from webdriver import Browser

pytest_plugins = ["libesa.pytest_plugin"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser
