"""The report's picture: a bar for each ratio, with its spread, and a bar for each part's share of an intake."""

from collections.abc import Iterator, Sequence
from html import escape

from tests.bench.figures import Spread

_WIDTH, _LEFT, _FULL, _ROW, _TOP = 760, 300, 360, 26, 34
"""Pixels: the whole picture, where bars begin, the length of 1, a row, and the heading of a block."""

Bars = Sequence[tuple[str, Spread]]


def picture(title: str, blocks: Sequence[tuple[str, Bars]]) -> str:
    """SVG; each block is a heading with its bars, drawn from 0 to 1."""
    drawn: list[str] = []
    height = 12
    for heading, bars in blocks:
        drawn += _block(heading, bars, height)
        height += _TOP + _ROW * len(bars) + 12
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="t" '
            'font-family="system-ui, sans-serif" font-size="14">',
            f'  <title id="t">{escape(title)}</title>',
            "  <style>text{fill:#10222c}.bar{fill:#3d7f9f}.rail{fill:#e4edf1}.spread{stroke:#10222c;stroke-width:1.5}"
            ".head{font-weight:600}</style>",
            f'  <rect width="{_WIDTH}" height="{height}" fill="#fbfdfe"/>',
            *drawn,
            "</svg>",
            "",
        ]
    )


def _block(heading: str, bars: Bars, top: int) -> Iterator[str]:
    yield f'  <text class="head" x="16" y="{top + 20}">{escape(heading)}</text>'
    for number, (name, value) in enumerate(bars):
        yield from _bar(name, value, top + _TOP + number * _ROW)


def _bar(name: str, value: Spread, y: int) -> Iterator[str]:
    middle = y + 8
    yield f'  <text x="{_LEFT - 10}" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
    yield f'  <rect class="rail" x="{_LEFT}" y="{y}" width="{_FULL}" height="16" rx="3"/>'
    yield f'  <rect class="bar" x="{_LEFT}" y="{y}" width="{_length(value.middle):.1f}" height="16" rx="3"/>'
    if value.least < value.most:
        ends = f'x1="{_LEFT + _length(value.least):.1f}" x2="{_LEFT + _length(value.most):.1f}"'
        yield f'  <line class="spread" {ends} y1="{middle}" y2="{middle}"/>'
    yield f'  <text x="{_LEFT + _FULL + 10}" y="{y + 13}">{_shown(value.middle)}</text>'


def _shown(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def _length(value: float) -> float:
    return min(value, 1.0) * _FULL
