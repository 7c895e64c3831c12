"""What a client tells of its work."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from libesa import Client, Stats


def test_the_numbers_are_those_of_what_was_done(client: Client, record: Callable[..., dict[str, Any]]) -> None:
    before = client.stats()
    client.create_routine_related_record(**record())
    client.get_match_site(record_name="stats.example.com")
    after = client.stats()

    assert before == Stats(**dict.fromkeys([field.name for field in fields(Stats)], 0))
    assert (after.calls, after.attempts, after.retries) == (2, 2, 0)
    assert (after.connections_opened, after.connections_reused, after.credentials_refreshed) == (1, 1, 1)
    assert pickle.loads(pickle.dumps(after)) == after
    client.close()
    with pytest.raises(RuntimeError, match="is closed"):
        client.stats()
