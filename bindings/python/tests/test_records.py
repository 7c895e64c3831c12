"""Deleting and listing records, and finding their site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import libesa
from libesa import Client, Origin
from libesa.emulator import Emulator

Record = Callable[..., dict[str, Any]]


def test_deleting_what_is_there_and_what_is_gone(client: Client, record: Record) -> None:
    created = client.create_routine_related_record(**record())

    first = client.delete_routine_related_record(**record(record_id=created.record_id))
    again = client.delete_routine_related_record(**record())

    assert (first.deleted, first.attempts) == (True, 1)
    assert first.request_id
    assert again == libesa.Deletion(deleted=False, attempts=0, request_id="")


def test_listing_goes_through_all_pages(client: Client, record: Record, esa_emulator: Emulator) -> None:
    names = {f"r{number}.example.com" for number in range(45)}
    for name in names:
        client.create_routine_related_record(**record(record_name=name))

    page = client.list_routine_related_records(name=esa_emulator.routine, page_number=5, page_size=10)
    records = list(client.related_records(name=esa_emulator.routine))

    assert (len(page.records), page.total_count, page.has_more) == (5, 45, False)
    assert len(records) == 45
    assert {one.record_name for one in records} == names
    assert {one.site_id for one in records} == {esa_emulator.site_id}
    found = client.list_routine_related_records(name=esa_emulator.routine, search_key_word="r44")
    assert [one.record_name for one in found.records] == ["r44.example.com"]


def test_ensuring_without_a_site_id_finds_the_site(client: Client, esa_emulator: Emulator) -> None:
    site = client.get_match_site(record_name="a.example.com")
    created = client.ensure_routine_related_record(name=esa_emulator.routine, record_name="a.example.com")

    assert (site.site_id, site.site_name) == (esa_emulator.site_id, esa_emulator.site_name)
    assert (created.origin, created.site_id) == (Origin.CREATED, site.site_id)


def test_no_site_is_an_error(client: Client) -> None:
    with pytest.raises(libesa.NotFoundError):
        client.get_match_site(record_name="a.example.net")
