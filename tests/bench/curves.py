"""Curves for the report: panels below one another, each with its axes, its lines and what they are called."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LEFT, _RIGHT = 760, 64, 210
_TOP, _PLOT, _BELOW = 34, 170, 46
"""Pixels: the heading, the plot itself, and what stands below it."""
_COLOURS = ("#1f6f8b", "#c2571a", "#7a4fa3", "#4c7a34", "#8a8a8a")
_DASHES = ("", "6 3", "2 3", "9 3 2 3", "1 2")
"""So that lines can be told apart without their colours."""
_TICKS = 5

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot. `log` makes the x axis logarithmic; then every x is above 0."""

    heading: str
    x: str
    y: str
    curves: Sequence[Curve]
    log: bool = False
    span: tuple[float, float] | None = None
    """From which x to which; as far as the points go unless given."""
    mark: float | None = None
    """An x at which an upright line stands."""


@dataclass(frozen=True, slots=True)
class _Axis:
    """From values to pixels."""

    least: float
    most: float
    start: float
    length: float
    log: bool = False

    def place(self, value: float) -> float:
        if self.log:
            part = math.log(value / self.least) / math.log(self.most / self.least)
        else:
            part = (value - self.least) / (self.most - self.least)
        return self.start + part * self.length

    def ticks(self) -> list[float]:
        if self.log:
            powers = range(math.floor(math.log10(self.least)), math.ceil(math.log10(self.most)) + 1)
            return [tick for power in powers if self.least <= (tick := 10.0**power) <= self.most * 1.001]
        step = _round_up((self.most - self.least) / _TICKS)
        return [self.least + step * number for number in range(_TICKS + 1) if step * number <= self.most * 1.001]


def curves(title: str, panels: Sequence[Panel]) -> str:
    """SVG."""
    height = len(panels) * (_TOP + _PLOT + _BELOW) + 12
    drawn = [line for number, panel in enumerate(panels) for line in _panel(panel, number)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="t" '
            'font-family="system-ui, sans-serif" font-size="13">',
            f'  <title id="t">{escape(title)}</title>',
            "  <style>text{fill:#10222c}.head{font-weight:600;font-size:14px}.rail{stroke:#d5e1e6}"
            ".mark{stroke:#b3261e;stroke-dasharray:3 3}.line{fill:none;stroke-width:2}</style>",
            f'  <rect width="{_WIDTH}" height="{height}" fill="#fbfdfe"/>',
            *drawn,
            "</svg>",
            "",
        ]
    )


def _panel(panel: Panel, number: int) -> Iterator[str]:
    top = number * (_TOP + _PLOT + _BELOW)
    x, y = _axes(panel, top + _TOP)
    floor, right = top + _TOP + _PLOT, _WIDTH - _RIGHT
    yield f'  <text class="head" x="16" y="{top + 22}">{escape(panel.heading)}</text>'
    for tick in y.ticks():
        at = y.place(tick)
        yield f'  <line class="rail" x1="{_LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'  <text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{_shown(tick)}</text>'
    for tick in x.ticks():
        at = x.place(tick)
        yield f'  <line class="rail" x1="{at:.1f}" x2="{at:.1f}" y1="{top + _TOP}" y2="{floor}"/>'
        yield f'  <text x="{at:.1f}" y="{floor + 16}" text-anchor="middle">{_shown(tick)}</text>'
    yield f'  <text x="{right}" y="{floor + 34}" text-anchor="end">{escape(panel.x)}</text>'
    yield f'  <text x="{_LEFT}" y="{floor + 34}">{escape(panel.y)}</text>'
    if panel.mark is not None and x.least < panel.mark < x.most:
        at = x.place(panel.mark)
        yield f'  <line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="{top + _TOP}" y2="{floor}"/>'
    for place, curve in enumerate(panel.curves):
        yield from _curve(curve, place, x, y, top + _TOP)


def _axes(panel: Panel, top: float) -> tuple[_Axis, _Axis]:
    xs = [point[0] for curve in panel.curves for point in curve.points] or [1.0]
    ys = [point[1] for curve in panel.curves for point in curve.points] or [1.0]
    least, most = panel.span or (min(xs) if panel.log else 0.0, max(xs))
    across = _Axis(least, most, _LEFT, _WIDTH - _LEFT - _RIGHT, panel.log)
    return across, _Axis(0.0, _round_up(max(*ys, 1e-9)), top + _PLOT, -_PLOT)


def _curve(curve: Curve, place: int, x: _Axis, y: _Axis, top: float) -> Iterator[str]:
    look = f'stroke="{_COLOURS[place]}" stroke-dasharray="{_DASHES[place]}"'
    points = " ".join(f"{x.place(at):.1f},{y.place(value):.1f}" for at, value in curve.points)
    yield f'  <polyline class="line" {look} points="{points}"/>'
    legend = _WIDTH - _RIGHT + 14
    middle = top + 12 + place * 20
    yield f'  <line class="line" {look} x1="{legend}" x2="{legend + 24}" y1="{middle}" y2="{middle}"/>'
    yield f'  <text x="{legend + 30}" y="{middle + 4}">{escape(curve.name)}</text>'


def _round_up(value: float) -> float:
    """To the next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(each * power for each in (1, 2, 5, 10) if each * power >= value * 0.999)


def _shown(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
