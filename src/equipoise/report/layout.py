"""Where levels and arrows of a level diagram go: heights by energy, spread until no two labels touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray
from equipoise._printed import amount
from equipoise.auditing import Audit
from equipoise.auditing.level_parts import resolved_flows
from equipoise.auditing.transitions import (
    LARGEST,
    Transition,
    balanced_transitions,
    net_transitions,
)
from equipoise.report.typeset import clipped, split

ROW = 22.0
"""Least distance of two levels, in px: a line of text with its population bar."""

WIDEST = 10.0
"""Width of the widest arrow, in px."""

MANY_LEVELS = 60
"""Above this number only the levels touched by a drawn transition are drawn."""

FEW_ARROWS = 8
"""Up to this number each arrow carries its current as a label."""

_HEAD_ROOM = 18.0
_LEAST_WIDTH = 170.0
_BAND_GAP = 22.0
_CHARACTER = 7.0
_DIGIT = 6.6
NAME_LENGTH = 18


@dataclass(frozen=True)
class Stroke:
    """A transition at its place: x in px, and the width of its arrow (0 for a balanced transition)."""

    transition: Transition
    x: float
    width: float


@dataclass(frozen=True)
class Band:
    """The columns of one reservoir, from x0 to x1."""

    reservoir: int
    x0: float
    x1: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Layout:
    """Geometry of a level diagram in px; x from the left of the plot, y downwards from its top.

    Parameters
    ----------
    levels : tuple of int
        The levels drawn, ascending in energy.
    y : dict of int to float
        Height of each drawn level, spread.
    true_y : dict of int to float
        Height to scale with the energy.
    strokes : tuple of Stroke
    bands : tuple of Band
    width, height : float
    hidden : int
        Levels that are not drawn.
    net_count, balanced_count : int
        Transitions with and without a net flow, drawn or not.
    """

    levels: tuple[int, ...]
    y: dict[int, float]
    true_y: dict[int, float]
    strokes: tuple[Stroke, ...]
    bands: tuple[Band, ...]
    width: float
    height: float
    hidden: int
    net_count: int
    balanced_count: int

    @property
    def arrows(self) -> tuple[Stroke, ...]:
        """The strokes that carry a net flow, widest first."""
        return tuple(sorted((s for s in self.strokes if s.width > 0), key=lambda s: -s.width))

    @property
    def is_to_scale(self) -> bool:
        """Whether every level is drawn at the height of its energy."""
        return all(abs(self.y[level] - self.true_y[level]) < 0.5 for level in self.levels)

    @property
    def has_labels(self) -> bool:
        """Whether there is room to write the current beside each arrow."""
        return 0 < len(self.arrows) <= FEW_ARROWS


def layout(audit: Audit) -> Layout:
    """Place the levels and the transitions of an audit with one stationary state.

    The largest net flows are arrows of a width proportional to the current; where fewer than 40 there are,
    the balanced transitions of the largest activity fill up as lines without a head. Each reservoir has a band
    of columns of its own.
    """
    resolved = resolved_flows(audit)
    flowing, net_count = net_transitions(resolved)
    balanced, balanced_count = balanced_transitions(resolved)
    drawn = [*flowing, *balanced][:LARGEST]
    levels = _drawn_levels(audit, drawn)
    energies = audit.flows.spectrum.levels[list(levels)]
    height = max(300.0, 1.12 * ROW * len(levels))
    if np.ptp(energies) == 0:
        height = max(ROW, 64.0 - 2 * len(levels)) * len(levels)
    true_y, y = _heights(energies, height)
    at = dict(zip(levels, y, strict=True))
    widest = max((t.net for t in flowing), default=0.0)
    strokes, bands, width = _columns(audit, drawn, at, widest)
    return Layout(
        levels=levels,
        y={level: float(value) for level, value in at.items()},
        true_y={level: float(value) for level, value in zip(levels, true_y, strict=True)},
        strokes=strokes,
        bands=bands,
        width=width,
        height=height,
        hidden=audit.flows.spectrum.size - len(levels),
        net_count=net_count,
        balanced_count=balanced_count,
    )


def _drawn_levels(audit: Audit, drawn: list[Transition]) -> tuple[int, ...]:
    energies = audit.flows.spectrum.levels
    kept = range(energies.size)
    if energies.size > MANY_LEVELS:
        touched = {level for transition in drawn for level in (transition.start, transition.end)}
        populous = np.argsort(-audit.state.density.log_level_populations, kind="stable")[:MANY_LEVELS]
        return tuple(sorted(touched or {int(level) for level in populous}, key=lambda m: (energies[m], m)))
    return tuple(sorted(kept, key=lambda m: (energies[m], m)))


def _heights(energies: RealArray, height: float) -> tuple[RealArray, RealArray]:
    """Heights to scale, and the nearest heights (least squares) that keep neighbours a row apart."""
    spread = float(np.ptp(energies))
    fraction = (energies - energies.min()) / spread if spread > 0 else np.full(energies.size, 0.5)
    true = fraction * height
    row = max(ROW, min(60.0, 0.45 * height / energies.size)) if spread > 0 else height / energies.size
    index = row * np.arange(energies.size)
    slack = _isotonic(true - index)
    spread_out = np.clip(slack, 0.0, height - index[-1]) + index
    return height - true, height - spread_out


def _isotonic(values: RealArray) -> RealArray:
    """Nearest non-decreasing sequence (pool adjacent violators)."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        mean, count = float(value), 1
        while blocks and blocks[-1][0] > mean:
            previous, size = blocks.pop()
            mean, count = (previous * size + mean * count) / (size + count), size + count
        blocks.append((mean, count))
    return np.concatenate([np.full(count, mean) for mean, count in blocks])


def _columns(
    audit: Audit, drawn: list[Transition], y: dict[int, float], widest: float
) -> tuple[tuple[Stroke, ...], tuple[Band, ...], float]:
    """Columns of each reservoir's band: transitions that do not overlap in height share one."""
    few = 0 < sum(t.net > 0 for t in drawn) <= FEW_ARROWS
    strokes, bands = [], []
    x = _BAND_GAP / 2
    for r, name in enumerate(audit.flows.reservoirs):
        columns = _packed([t for t in drawn if t.reservoir == r], y)
        if not columns:
            continue
        start = x
        for column in columns:
            widths = [WIDEST * t.net / widest if t.net > 0 else 0.0 for t in column]
            room = 10.0 + 1.6 * max(widths)
            strokes += [Stroke(t, x + room / 2, w) for t, w in zip(column, widths, strict=True)]
            x += room + (_label_width(column) if few and max(widths) > 0 else 4.0)
        needed = _CHARACTER * len(clipped(name, NAME_LENGTH)) + 8
        if x - start < needed:
            shift = (needed - (x - start)) / 2
            members = {id(t) for column in columns for t in column}
            strokes = [
                Stroke(s.transition, s.x + shift, s.width) if id(s.transition) in members else s for s in strokes
            ]
            x = start + needed
        bands.append(Band(r, start, x))
        x += _BAND_GAP
    return tuple(strokes), tuple(bands), max(_LEAST_WIDTH, x - _BAND_GAP / 2)


def _label_width(column: Sequence[Transition]) -> float:
    """Width of the widest current that is written beside an arrow of a column, in px, with a space after it."""
    texts = [split(amount(t.net, 3)) for t in column if t.net > 0]
    return 8.0 + max(_DIGIT * (len(mantissa) + (3 + 0.75 * len(power) if power else 0)) for mantissa, power in texts)


def _packed(transitions: list[Transition], y: dict[int, float]) -> list[list[Transition]]:
    """First fit of intervals in height, lowest first: the fewest columns without overlap."""

    def interval(t: Transition) -> tuple[float, float]:
        return min(y[t.start], y[t.end]), max(y[t.start], y[t.end])

    columns: list[tuple[float, list[Transition]]] = []
    for transition in sorted(transitions, key=lambda t: (*interval(t), t.start, t.end)):
        top, bottom = interval(transition)
        for index, (end, members) in enumerate(columns):
            # Touching at a level is allowed: one arrow ends where the next starts.
            if end <= top:
                columns[index] = (bottom, [*members, transition])
                break
        else:
            columns.append((bottom, [transition]))
    return [members for _, members in columns]
