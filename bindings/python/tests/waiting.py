from __future__ import annotations

import time
from collections.abc import Callable


def until(condition: Callable[[], object], limit: float = 10.0) -> None:
    """Waits for it to be true."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it didn't come"
        time.sleep(0.01)
