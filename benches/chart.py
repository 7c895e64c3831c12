"""A chart of the results as SVG: what a call takes, as a multiple of the raw socket, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from report import KIND_NAMES, Group, Results, numbers

WIDTH, LABELS, BAR, GAP, TOP = 760, 220, 18, 6, 34
LARGEST = 100
COLOURS = {"libesa": "#d9480f", "other": "#868e96"}


def draw(results: Results) -> str:
    parts = []
    y = 16
    for kind in ("http", "tls"):
        group = results.same_core[kind]
        parts += [text(0, y, f"p50 of a call as a multiple of a raw socket's: {KIND_NAMES[kind]}, one core", bold=True)]
        parts += bars(group, y + TOP - 16)
        y += TOP + len(group) * (BAR + GAP) + 16
    parts.append(
        text(0, y, f"Measured on {results.date}: {results.machine}. Logarithmic; libesa signs, the raw socket doesn't.")
    )
    body = "\n".join(parts)
    attributes = f'viewBox="0 0 {WIDTH} {y + 10}" font-family="sans-serif" font-size="13"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def bars(group: Group, y: int) -> Iterator[str]:
    for key, measured in group.items():
        multiple = numbers(group, key)["p50_of_raw"]
        # A raw socket's bar is short, not absent.
        share = (math.log(max(multiple, 1)) + 0.05) / (math.log(LARGEST) + 0.05)
        width = min(share, 1) * (WIDTH - LABELS - 110)
        colour = COLOURS["libesa" if measured.client.title.startswith("libesa") else "other"]
        yield text(0, y + BAR - 5, measured.client.title)
        yield f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" fill="{colour}"/>'
        yield text(LABELS + width + 6, y + BAR - 5, f"{multiple:.2f} ({measured.p50:.0f} µs)")
        y += BAR + GAP


def text(x: float, y: float, words: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y}"{weight} fill="#212529">{escape(words)}</text>'
