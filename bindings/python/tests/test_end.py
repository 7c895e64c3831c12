"""The interpreter's end, in a process of its own, while and after calls are made."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from conftest import access_to, hear_ctrl_c

from libesa.emulator import Emulator

PRELUDE = """
import atexit, logging, os, sys, threading, time
import libesa

access, routine, site_id = {access!r}, {routine!r}, {site_id!r}

credentials = libesa.Credentials(
    access_key_id=access["access_key_id"], access_key_secret=access["access_key_secret"]
)

def on_line(record):
    return True

def provide(left):
    return credentials

log = logging.Logger("test", logging.DEBUG)
log.addHandler(logging.NullHandler())
log.addFilter(lambda record: on_line(record))  # which has no lock, other than a handler

def client_that(calls_back):
    if calls_back == "provider":
        return libesa.Client(endpoint=access["endpoint"], credentials_provider=lambda left: provide(left))
    return libesa.Client(**access, log=log if calls_back == "log" else None)

def match(client):
    return client.get_match_site(record_name="a.example.com")

def in_daemons(count, work):
    for _ in range(count):
        threading.Thread(target=work, daemon=True).start()
"""


def ends(emulator: Emulator, program: str, status: int = 0) -> str:
    """Runs it, and gives what it printed; nothing goes to standard error."""
    given = PRELUDE.format(access=access_to(emulator), routine=emulator.routine, site_id=emulator.site_id)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", given + program],
        preexec_fn=hear_ctrl_c,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (status, "")
    return done.stdout


IN_CALLS = """
kind = {kind!r}
asked = threading.Event()

def provide(left):
    asked.set()
    time.sleep(0.001)
    return credentials

on_line = lambda record: asked.set()

client = client_that(kind)

def work():
    while True:
        try:
            match(client_that("provider") if kind == "provider" else client)
        except libesa.EsaError:
            pass

in_daemons(8, work)
assert kind == "nothing" or asked.wait(30)
time.sleep({seconds})
"""


@pytest.mark.parametrize("kind", ["log", "provider", "nothing"])
def test_daemon_threads_in_calls_end_with_the_program(kind: str, esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(times=0, delay_ms=1, reply={"code": "Throttling.User"})

    for number in range(10):
        ends(esa_emulator, IN_CALLS.format(kind=kind, seconds=number / 100))


def test_a_daemon_thread_in_a_bulk_of_the_main_thread_ends_with_the_program(esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(times=0, wire={"kind": "hang"})
    program = """
bulk = client_that("nothing").ensure_routine_related_records(name=routine, record_names=["a.example.com"])
in_daemons(1, lambda: next(bulk))
time.sleep({seconds})
"""
    for number in range(10):
        ends(esa_emulator, program.format(seconds=number / 100))


@pytest.mark.parametrize("kind", ["log", "provider"])
def test_a_callback_that_does_not_return_delays_the_end_and_no_more(kind: str, esa_emulator: Emulator) -> None:
    program = """
libesa._end.LIMIT = 0.1
inside = threading.Event()

def wait(_):
    inside.set()
    time.sleep(120)

on_line = provide = wait
in_daemons(1, lambda: match(client_that({kind!r})))
assert inside.wait(30)
"""
    ends(esa_emulator, program.format(kind=kind))


def test_what_the_end_of_the_program_ends_is_told_to_the_thread(esa_emulator: Emulator) -> None:
    """To one that somebody waits for after that. It begins no other call."""
    esa_emulator.add_fault(times=0, wire={"kind": "hang"})
    program = """
ends = []

def work():
    for _ in range(2):
        try:
            match(client)
        except SystemExit as end:
            ends.append(end.__cause__)

def wait():
    thread.join()
    cancelled, not_begun = ends
    print(cancelled.status.name, not_begun)

before_libesa_s(wait)
client = client_that("log")
thread = threading.Thread(target=work, daemon=True)
thread.start()
while not client.stats().attempts:
    time.sleep(0.01)
"""
    assert ends(esa_emulator, BEFORE_LIBESA_S + program) == "CANCELLED None\n"


BEFORE_LIBESA_S = """
# As if registered before libesa was imported, so that it runs after libesa's own.
def before_libesa_s(function):
    atexit.unregister(libesa._end._end)
    atexit.register(function)
    atexit.register(libesa._end._end)
"""


@pytest.mark.parametrize("kind", ["log", "provider"])
def test_the_main_thread_makes_calls_until_the_end(kind: str, esa_emulator: Emulator) -> None:
    program = """
def on_line(record):
    print("called back")

def provide(left):
    print("called back")
    return credentials

def create(label, client):
    record = client.create_routine_related_record(name=routine, site_id=site_id, record_name=label + ".example.com")
    print(label, record.status)

class Late:
    client = client_that({kind!r})

    def __del__(self):
        create("late", self.client)

early = client_that({kind!r})
before_libesa_s(lambda: create("exit", early))
late = Late()
late.itself = late
"""
    printed = ends(esa_emulator, BEFORE_LIBESA_S + program.format(kind=kind)).splitlines()

    assert printed == ["called back", "exit OK", "called back", "late OK"]


@pytest.mark.parametrize("kind", ["log", "provider"])
def test_a_callback_may_exit(kind: str, esa_emulator: Emulator) -> None:
    """In a thread that is the thread's end, as everywhere in Python."""
    program = """
on_line = provide = lambda _: sys.exit(3)
client = client_that({kind!r})
thread = threading.Thread(target=lambda: (match(client), print("still there")))
thread.start()
thread.join()
print("the thread has ended")
match(client)
print("still there")
"""
    assert ends(esa_emulator, program.format(kind=kind), 3) == "the thread has ended\n"


@pytest.mark.parametrize("kind", ["log", "provider"])
def test_a_callback_may_end_the_process(kind: str, esa_emulator: Emulator) -> None:
    program = """
on_line = provide = lambda _: os._exit(3)
in_daemons(3, lambda: match(client_that({kind!r})))
time.sleep(30)
"""
    ends(esa_emulator, program.format(kind=kind), 3)


def test_the_end_gives_up_asynchronous_calls_whose_event_loop_was_closed(esa_emulator: Emulator) -> None:
    program = """
import asyncio

client = libesa.AsyncClient(**access, log=log)
tasks = []

async def main():
    create = client.create_routine_related_record(name=routine, site_id=site_id, record_name="a.example.com")
    tasks.append(asyncio.ensure_future(create))
    await asyncio.sleep(0.1)

loop = asyncio.new_event_loop()
loop.run_until_complete(main())
tasks[0]._log_destroy_pending = False  # asyncio would tell of the task that is left
loop.close()
"""
    esa_emulator.add_fault(times=0, wire={"kind": "hang"})

    started = time.monotonic()
    ends(esa_emulator, program)
    assert time.monotonic() - started < 20  # the call's own limit is 30 seconds


def test_a_daemon_thread_s_event_loop_ends_with_the_program(esa_emulator: Emulator) -> None:
    program = """
import asyncio

async def main():
    client = libesa.AsyncClient(**access, log=log)
    while True:
        await asyncio.gather(*(match(client) for _ in range(4)))

on_line = lambda record: logged.set()
logged = threading.Event()
in_daemons(2, lambda: asyncio.run(main()))
assert logged.wait(30)
time.sleep({seconds})
"""
    for number in range(10):
        # asyncio tells of the tasks that are left.
        ends(esa_emulator, "import io; sys.stderr = io.StringIO()\n" + program.format(seconds=number / 100))


def test_an_exit_handler_can_make_asynchronous_calls(esa_emulator: Emulator) -> None:
    program = """
import asyncio

async def main():
    async with libesa.AsyncClient(**access, log=log) as client:
        print((await match(client)).site_name)

atexit.register(lambda: asyncio.run(main()))
"""
    assert ends(esa_emulator, program) == "example.com\n"
