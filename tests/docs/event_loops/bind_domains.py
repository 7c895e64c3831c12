"""Runs the snippet of docs/event-loops.md; test_event_loops.py puts it into snippets.py."""

import asyncio

from snippets import bind_domains

for record in asyncio.run(bind_domains("test-routine1", ["a.example.com", "c.example.com"])):
    print(record.origin.name)
