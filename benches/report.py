"""The results of the benchmarks: the goals and what was reached, and the tables."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measure import BUILT, ROOT, Measured

KIND_NAMES = {
    "http": "http, connection kept",
    "tls": "TLS, connection kept",
    "tls_resumed": "TLS, new connection, session resumed",
    "tls_new": "TLS, new connection and session",
}
Group = dict[str, Measured]


@dataclass
class Results:
    date: str
    machine: str
    quick: bool
    same_core: dict[str, Group] = field(default_factory=dict)
    other_core: dict[str, Group] = field(default_factory=dict)
    threads: dict[int, Group] = field(default_factory=dict)
    starts: dict[str, tuple[float, float]] = field(default_factory=dict)
    growth: tuple[float, int] = (0, 0)
    sizes: dict[str, float] = field(default_factory=dict)
    signing: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        def groups(of: dict[Any, Group]) -> dict[str, Any]:
            return {str(name): {key: numbers(group, key) for key in group} for name, group in of.items()}

        return {
            "date": self.date,
            "machine": self.machine,
            "quick": self.quick,
            "goals": [
                {"what": goal.what, "goal": goal.limit, "measured": goal.measured(self), "reached": goal.reached(self)}
                for goal in GOALS
                if goal.measured(self) is not None
            ],
            "same_core": groups(self.same_core),
            "other_core": groups(self.other_core),
            "threads": groups(self.threads),
            "start_to_first_record_ms_and_rss_mb": self.starts,
            "growth_mb_and_sockets": self.growth,
            "sizes": self.sizes,
            "signing_us": self.signing,
        }


def numbers(group: Group, key: str) -> dict[str, float]:
    measured = group[key]
    values = {"p50_us": measured.p50, "p99_us": measured.p99, "cpu_us": measured.cpu, "calls_per_second": measured.rate}
    if "raw" in group:
        values["p50_of_raw"] = measured.p50 / group["raw"].p50
        values["cpu_of_raw"] = measured.cpu / group["raw"].cpu
    if measured.allocations:
        values["allocations"] = min(measured.allocations)
    return {name: round(value, 3) for name, value in values.items()}


@dataclass(frozen=True)
class Goal:
    """A goal: `measured` gives None where the run can't tell, and less is better unless `at_least`."""

    what: str
    limit: float
    get: Callable[[Results], float]
    at_least: bool = False
    held: bool = True

    def measured(self, results: Results) -> float | None:
        try:
            return round(self.get(results), 2)
        except KeyError:
            return None

    def reached(self, results: Results) -> bool | None:
        value = self.measured(results)
        if value is None:
            return None
        return value >= self.limit if self.at_least else value <= self.limit


def p50(group: Group, one: str, other: str) -> float:
    return group[one].p50 / group[other].p50


def cpu(group: Group, one: str, other: str) -> float:
    return group[one].cpu / group[other].cpu


def rates(group: Group, one: str, other: str) -> float:
    return group[one].rate / group[other].rate


GOALS = (
    Goal("same core, http, p50 against the raw socket", 1.35, lambda r: p50(r.same_core["http"], "c", "raw")),
    Goal("same core, TLS, p50 against the raw socket", 1.35, lambda r: p50(r.same_core["tls"], "c", "raw")),
    Goal("same core, http, p50 against libcurl", 0.72, lambda r: p50(r.same_core["http"], "c", "curl")),
    Goal("same core, TLS, p50 against libcurl", 0.72, lambda r: p50(r.same_core["tls"], "c", "curl")),
    Goal("another core, http, p50 against raw", 1.15, lambda r: p50(r.other_core["http"], "c", "raw"), held=False),
    Goal("another core, TLS, p50 against raw", 1.15, lambda r: p50(r.other_core["tls"], "c", "raw"), held=False),
    Goal("TLS resumed, p50 against raw", 1.05, lambda r: p50(r.same_core["tls_resumed"], "c", "raw")),
    Goal("8 threads, calls per second against raw", 0.72, lambda r: rates(r.threads[8], "c", "raw"), at_least=True),
    Goal(
        "64 threads, calls per second against 8",
        0.80,
        lambda r: r.threads[64]["c"].rate / r.threads[8]["c"].rate,
        at_least=True,
    ),
    Goal("V3 signature, date and nonce included, µs", 1.1, lambda r: r.signing["V3"]),
    Goal("V1 signature, date and nonce included, µs", 1.1, lambda r: r.signing["V1"]),
    Goal("Python, p50: official SDK against libesa", 16, lambda r: p50(r.same_core["http"], "official_py", "py"), True),
    Goal("Python, CPU: official SDK against libesa", 24, lambda r: cpu(r.same_core["http"], "official_py", "py"), True),
    Goal("event loop, CPU against the blocking call", 1.15, lambda r: cpu(r.same_core["http"], "multi", "c")),
    Goal("Python, AsyncClient's p50 against Client's", 2.2, lambda r: p50(r.same_core["http"], "async_py", "py")),
    Goal(
        "Python, start to first record: official SDK against libesa",
        28,
        lambda r: r.starts["official_py"][0] / r.starts["py"][0],
        at_least=True,
    ),
    Goal("Python, memory beyond Python's own, MB", 2.5, lambda r: r.starts["py"][1] - r.starts["bare_py"][1]),
    Goal("Go, p50: official core against libesa", 3, lambda r: p50(r.same_core["http"], "official_go", "go"), True),
    Goal("Go, CPU: official core against libesa", 4, lambda r: cpu(r.same_core["http"], "official_go", "go"), True),
    Goal(
        "Go, allocations: official core against libesa",
        10,
        lambda r: min(r.same_core["http"]["official_go"].allocations) / min(r.same_core["http"]["go"].allocations),
        at_least=True,
    ),
    Goal(
        "Python, 64 at once, calls per second: libesa's AsyncClient against the official one",
        13,
        lambda r: rates(r.threads[64], "async_py", "official_async_py"),
        at_least=True,
    ),
    Goal("libesa.so, stripped, MB", 1.95, lambda r: r.sizes["libesa.so, MB"]),
    Goal("crates in the release tree", 40, lambda r: r.sizes["crates"]),
    Goal("growth over all calls of 64 threads after the first 1,000, MB", 0.1, lambda r: r.growth[0]),
    Goal("connections of 64 threads after that", 64, lambda r: r.growth[1]),
)


def machine() -> str:
    """The kind of machine, in general words."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.+)", info)
    cores = info.count("processor\t")
    virtual = "virtual machine, " if "hypervisor" in info else ""
    kernel = platform.release().split("-")[0]
    return f"{virtual}{cores} cores of {model[1] if model else platform.machine()}, Linux {kernel}"


def sizes() -> dict[str, float]:
    library = ROOT / "target" / "stage" / "lib"
    packages = set(closure("alibabacloud_esa20240910"))
    python = ROOT / "bindings" / "python" / "src" / "libesa"
    return {
        "libesa.so, MB": megabytes(library / "libesa.so"),
        "libesa.a, MB": megabytes(library / "libesa.a"),
        "crates": len(crates()),
        "Go program with libesa, MB": megabytes(BUILT / "libesa_go"),
        "Go program with the official core, MB": megabytes(BUILT / "official_go"),
        "Python package of libesa with the library, MB": megabytes(library / "libesa.so")
        + sum(megabytes(file) for file in python.glob("*.py")),
        "packages of the official Python SDK": len(packages),
        "their files, MB": sum(
            megabytes(Path(str(file.locate())))
            for name in packages
            for file in importlib.metadata.distribution(name).files or ()
            if Path(str(file.locate())).is_file()
        ),
    }


def megabytes(file: Path) -> float:
    return file.stat().st_size / 1e6


def crates() -> list[str]:
    """What is linked into the library: no build tools and no procedural macros, but the library itself."""
    command = ["cargo", "tree", "--locked", "--edges=normal,no-proc-macro", "--features=capi", "--prefix=none"]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    found = {" ".join(line.split()[:2]) for line in lines}
    return sorted(found)


def closure(name: str, seen: set[str] | None = None) -> set[str]:
    """A distribution and all that it needs."""
    seen = set() if seen is None else seen
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return seen  # of another Python or system
    canonical = re.sub(r"[-_.]+", "-", distribution.name).lower()
    if canonical not in seen:
        seen.add(canonical)
        for requirement in distribution.requires or ():
            if "extra ==" not in requirement:
                found = re.match(r"[\w.-]+", requirement)
                assert found
                closure(found[0], seen)
    return seen


def write_markdown(results: Results) -> str:
    return "\n".join(lines(results)) + "\n"


def write_summary(results: Results) -> str:
    """For the README: what most people want to know."""
    kind = next(iter(results.same_core))
    title = f"A call to a server on the same core; {KIND_NAMES[kind]}"
    return "\n".join((f"**{title}.** {header(results)}", "", *table(results.same_core[kind]))) + "\n"


def header(results: Results) -> str:
    return f"Measured on {results.date}: {results.machine}.{' A quick run.' if results.quick else ''}"


def lines(results: Results) -> Iterator[str]:
    yield header(results)
    yield ""
    yield "| goal | | measured |"
    yield "| --- | --- | --- |"
    for goal in GOALS:
        measured = goal.measured(results)
        if measured is not None:
            missed = "" if goal.reached(results) else (" **missed**" if goal.held else " (not held)")
            yield f"| {goal.what} | {'≥' if goal.at_least else '≤'} {goal.limit} | {measured}{missed} |"
    for title, groups in (
        ("Server on the same core", results.same_core),
        ("Server on another core", results.other_core),
    ):
        for kind, group in groups.items():
            yield from ("", f"**{title}; {KIND_NAMES[kind]}; one thread**", "", *table(group))
    for threads, group in results.threads.items():
        yield from threads_table(
            f"{threads} thread{'s' if threads > 1 else ''} of one client on all cores; http", group
        )
    yield from ("", "**Start to first record, over http**", "", "| program | ms | RSS, MB |", "| --- | --- | --- |")
    for key, (milliseconds, resident) in results.starts.items():
        yield f"| {title_of(results, key)} | {milliseconds:.1f} | {resident:.1f} |"
    yield from ("", "**Sizes**", "", "| | |", "| --- | --- |")
    for name, size in results.sizes.items():
        yield f"| {name} | {size:.0f} |" if isinstance(size, int) else f"| {name} | {size:.2f} |"
    yield ""
    yield (
        "The official core for Go is what the generated package for this service calls; that package can't be had "
        "everywhere. The official asynchronous client sets TLS up anew for each call."
    )


def title_of(results: Results, key: str) -> str:
    group = next(iter(results.same_core.values()))
    return group[key].client.title if key in group else "Python alone"


def table(group: Group) -> Iterator[str]:
    yield "| client | p50, µs | p99, µs | CPU, µs | p50 of raw | CPU of raw |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for key, measured in group.items():
        n = numbers(group, key)
        yield (
            f"| {measured.client.title} | {n['p50_us']:.1f} | {n['p99_us']:.1f} | {n['cpu_us']:.1f} "
            f"| {n['p50_of_raw']:.2f} | {n['cpu_of_raw']:.2f} |"
        )


def threads_table(title: str, group: Group) -> Iterator[str]:
    yield from ("", f"**{title}**", "")
    yield "| client | calls per second | of raw | p50, µs | p99, µs | CPU, µs |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for key, measured in group.items():
        n = numbers(group, key)
        yield (
            f"| {measured.client.title} | {n['calls_per_second']:,.0f} | {rates(group, key, 'raw'):.2f} "
            f"| {n['p50_us']:.1f} | {n['p99_us']:.1f} | {n['cpu_us']:.1f} |"
        )
