"""A plot of the simulation: makespan and refusals against the number of hosts, as SVG."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from html import escape

WIDTH, HEIGHT, LEFT, TOP, GAP = 380, 210, 40, 56, 52
"""Of a panel, with what is around it."""

COLOURS = {"libesa": "#1971c2", "asked each second, in bulk": "#d9480f", "fixed 3 s": "#868e96"}
NAMES = {
    "libesa": "libesa without a lock",
    "asked each second, in bulk": "libesa with a lock that is asked for each second",
    "fixed 3 s": "a fixed wait of 3 s",
}

Curves = dict[str, list[tuple[float, float]]]
"""Points by policies."""


def draw(table: str) -> str:
    """The plot of the simulation's table by hosts: a column of panels for each time of the lock."""
    makespans: dict[str, Curves] = defaultdict(lambda: defaultdict(list))
    refusals: dict[str, Curves] = defaultdict(lambda: defaultdict(list))
    for line in table.splitlines()[2:]:
        fleet, lock, policy, makespan, refused, _ = (cell.strip() for cell in line.strip("|").split("|"))
        hosts = float(fleet.split(" × ")[0])
        makespans[lock][policy].append((hosts, float(makespan)))
        refusals[lock][policy].append((hosts, float(refused)))
    parts = list(legend())
    for column, lock in enumerate(makespans):
        x = LEFT + column * (WIDTH + GAP)
        parts += panel(x, TOP, f"makespan / lock time, lock {lock}", makespans[lock], lowest=1, highest=16)
        parts += panel(
            x, TOP + HEIGHT + GAP, f"refusals / record, lock {lock}", refusals[lock], lowest=0.01, highest=320
        )
    width, height = LEFT + len(makespans) * (WIDTH + GAP), TOP + 2 * (HEIGHT + GAP)
    body = "\n".join(parts)
    attributes = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def legend() -> Iterator[str]:
    """What the colours mean."""
    x = LEFT
    for policy, name in NAMES.items():
        yield f'<rect x="{x}" y="12" width="14" height="4" fill="{COLOURS[policy]}"/>'
        yield text(x + 20, 19, name)
        x += 40 + 7 * len(name)


def panel(x: float, y: float, title: str, curves: Curves, *, lowest: float, highest: float) -> Iterator[str]:
    """One plot, logarithmic in both directions. What is below the lowest value is drawn there."""
    largest = max(hosts for points in curves.values() for hosts, _ in points)

    def across(hosts: float) -> float:
        return x + WIDTH * math.log(hosts) / math.log(largest)

    def up(value: float) -> float:
        return y + HEIGHT - HEIGHT * math.log(max(value, lowest) / lowest) / math.log(highest / lowest)

    yield text(x, y - 8, title, bold=True)
    for hosts in (10**power for power in range(round(math.log10(largest)) + 1)):
        yield line(across(hosts), y, across(hosts), y + HEIGHT)
        yield text(across(hosts) - 4, y + HEIGHT + 16, f"{hosts:,}")
    yield text(x + WIDTH - 62, y + HEIGHT + 30, "hosts")
    for value in (1, 2, 4, 8, 16) if lowest == 1 else (0.01, 0.1, 1, 10, 100):
        yield line(x, up(value), x + WIDTH, up(value))
        yield text(x - 34, up(value) + 4, "0" if value == 0.01 else f"{value:g}")
    for policy, points in curves.items():
        path = " ".join(f"{across(hosts):.1f},{up(value):.1f}" for hosts, value in points)
        yield f'<polyline points="{path}" fill="none" stroke="{COLOURS[policy]}" stroke-width="2.5"/>'


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    """A line of the grid."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dee2e6"/>'


def text(x: float, y: float, words: str, *, bold: bool = False) -> str:
    """Words at a place."""
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{weight} fill="#212529">{escape(words)}</text>'
