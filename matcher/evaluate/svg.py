"""Plots as inline SVG: axes, lines with bands, dots, small interval bars; the page's style gives the colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 560, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 12, 46
_BAR_WIDTH, _BAR_HEIGHT = 220, 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis: its range, its ticks and its label; ``log`` for a logarithmic one."""

    low: float
    high: float
    ticks: tuple[float, ...]
    label: str
    log: bool = False

    def share(self, value: float) -> float:
        """Return where a value lies on the axis, 0 at its start and 1 at its end."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at - low) / (high - low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its points, a band around them (low and high at the same x), and its colour's number."""

    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float], ...] = ()
    colour: int = 0
    dots: bool = False
    dashed: bool = False


def _x(axis: Axis, value: float) -> str:
    return f"{_LEFT + axis.share(value) * (_WIDTH - _LEFT - _RIGHT):.1f}"


def _y(axis: Axis, value: float) -> str:
    return f"{_HEIGHT - _BOTTOM - axis.share(value) * (_HEIGHT - _TOP - _BOTTOM):.1f}"


def _tick(value: float) -> str:
    return f"{value:.10g}"


def _frame(x: Axis, y: Axis) -> str:
    parts = []
    for value in y.ticks:
        at = _y(y, value)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 8}" y="{at}" dy=".35em" text-anchor="end">{_tick(value)}</text>')
    for value in x.ticks:
        at = _x(x, value)
        parts.append(f'<line class="grid" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" x1="{at}" x2="{at}"/>')
        parts.append(
            f'<text class="tick" x="{at}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{_tick(value)}</text>'
        )
    middle_x, middle_y = (_LEFT + _WIDTH - _RIGHT) / 2, (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text class="label" x="{middle_x:.0f}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(x.label)}</text>'
        f'<text class="label" transform="translate(13 {middle_y:.0f}) rotate(-90)" '
        f'text-anchor="middle">{escape(y.label)}</text>'
    )
    return "".join(parts)


def plot(lines: Sequence[Line], *, x: Axis, y: Axis, title: str) -> str:
    """Return a plot of lines; ``title`` is what a screen reader says of it."""
    parts = [_frame(x, y)]
    for line in lines:
        if line.band:
            lower = [f"{_x(x, at)},{_y(y, low)}" for (at, _), (low, _) in zip(line.points, line.band, strict=True)]
            upper = [f"{_x(x, at)},{_y(y, high)}" for (at, _), (_, high) in zip(line.points, line.band, strict=True)]
            parts.append(f'<polygon class="band c{line.colour}" points="{" ".join([*lower, *reversed(upper)])}"/>')
    for line in lines:
        points = " ".join(f"{_x(x, at)},{_y(y, value)}" for at, value in line.points)
        dashed = " dashed" if line.dashed else ""
        parts.append(f'<polyline class="line c{line.colour}{dashed}" points="{points}"/>')
        if line.dots:
            parts += [f'<circle class="dot c{line.colour}" cx="{_x(x, at)}" cy="{_y(y, value)}" r="4"/>'
                      for at, value in line.points]  # fmt: skip
    head = f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
    return f"{head}{''.join(parts)}</svg>"


def interval_bar(value: float, low: float, high: float, *, axis: Axis) -> str:
    """Return a small bar: the interval as a line, the value as a dot; the number stands beside it as text."""
    inner, middle = _BAR_WIDTH - 10, _BAR_HEIGHT / 2
    at = {name: 5 + axis.share(number) * inner for name, number in (("v", value), ("l", low), ("h", high))}
    grid = "".join(
        f'<line class="grid" y1="0" y2="{_BAR_HEIGHT}" x1="{5 + axis.share(t) * inner:.1f}" '
        f'x2="{5 + axis.share(t) * inner:.1f}"/>'
        for t in axis.ticks
    )
    return (
        f'<svg class="bar" viewBox="0 0 {_BAR_WIDTH} {_BAR_HEIGHT}" aria-hidden="true">{grid}'
        f'<line class="range" x1="{at["l"]:.1f}" x2="{at["h"]:.1f}" y1="{middle}" y2="{middle}"/>'
        f'<circle class="dot c0" cx="{at["v"]:.1f}" cy="{middle}" r="4.5"/></svg>'
    )


def bar_scale(axis: Axis) -> str:
    """Return the scale that stands over a column of interval bars."""
    inner = _BAR_WIDTH - 10
    ticks = "".join(
        f'<text class="tick" x="{5 + axis.share(t) * inner:.1f}" y="12" text-anchor="middle">{_tick(t)}</text>'
        for t in axis.ticks
    )
    return f'<svg class="bar" viewBox="0 0 {_BAR_WIDTH} 16" aria-hidden="true">{ticks}</svg>'
