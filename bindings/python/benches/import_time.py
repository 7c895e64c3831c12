"""What importing the package costs, beside what importing asyncio does.

    python benches/import_time.py

The package is the one that this Python finds: an installed one, or the one on PYTHONPATH. Processes with and without an
import take turns, so that what else the machine does meets all of them alike. Printed are medians, in milliseconds: on
the clock, and of the processor.
"""

import resource
import statistics
import subprocess
import sys
import time

ROUNDS = 31
PROGRAMS = ("pass", "import libesa", "import asyncio")


def cost(program: str) -> tuple[float, float]:
    """How many seconds a process that runs `program` takes, on the clock and of the processor."""
    clock, processor = time.perf_counter(), processor_time()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - clock, processor_time() - processor


def processor_time() -> float:
    """Seconds that the processes started from here have taken together."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measures, and prints."""
    for program in PROGRAMS:  # so that all is compiled, and in memory
        cost(program)
    rounds = [[cost(program) for program in PROGRAMS] for _ in range(ROUNDS)]

    bare = [costs[0] for costs in rounds]
    show("bare Python", bare)
    for index, program in enumerate(PROGRAMS[1:], 1):
        costs = [costs[index] for costs in rounds]
        show(f"+ {program}", [(clock - start[0], cpu - start[1]) for (clock, cpu), start in zip(costs, bare)])


def show(what: str, costs: list[tuple[float, float]]) -> None:
    """Prints a line."""
    clock, processor = (statistics.median(column) * 1000 for column in zip(*costs))
    print(f"{what:20} {clock:8.1f} {processor:8.1f}")


if __name__ == "__main__":
    main()
