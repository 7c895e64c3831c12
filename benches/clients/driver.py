"""What the Python clients of the benchmarks have in common: calls on request, each with its time.

`benches/run` tells what a client reads and prints.
"""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False  # typing's, whose import would count for each client's start, as would what is imported below
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

NAME = "test-routine1"
SITE_ID = 54362329990032
RECORD_NAME = "test-record-1.example.com"
RECORD_ID = 3227405728754048

URL, CA_FILE = sys.argv[1:3]
THREADS = int(sys.argv[3])


def run(call: Callable[[], int | None]) -> None:
    """Makes calls with `call`, which returns the record's id, from THREADS threads."""

    def work(count: int, latencies: list[int]) -> None:
        for _ in range(count):
            started = time.perf_counter_ns()
            record_id = call()
            latencies.append(time.perf_counter_ns() - started)
            assert record_id == RECORD_ID

    for line in sys.stdin:
        each = int(line) // THREADS
        latencies: list[int] = []
        started, cpu = time.perf_counter_ns(), time.process_time_ns()
        if THREADS == 1:
            work(each, latencies)
        else:
            import threading

            threads = [threading.Thread(target=work, args=(each, latencies)) for _ in range(THREADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        report(started, cpu, latencies)


async def run_async(call: Callable[[], Awaitable[int | None]]) -> None:
    """The same with THREADS calls at once, in one thread."""

    import asyncio

    async def work(count: int, latencies: list[int]) -> None:
        for _ in range(count):
            started = time.perf_counter_ns()
            record_id = await call()
            latencies.append(time.perf_counter_ns() - started)
            assert record_id == RECORD_ID

    for line in sys.stdin:  # which blocks the loop, and nothing is in it then
        each = int(line) // THREADS
        latencies: list[int] = []
        started, cpu = time.perf_counter_ns(), time.process_time_ns()
        await asyncio.gather(*(work(each, latencies) for _ in range(THREADS)))
        report(started, cpu, latencies)


def report(started: int, cpu: int, latencies: list[int]) -> None:
    cpu = time.process_time_ns() - cpu
    wall = time.perf_counter_ns() - started
    print(f'{{"wall": {wall}, "cpu": {cpu}, "latencies": {latencies}}}', flush=True)
