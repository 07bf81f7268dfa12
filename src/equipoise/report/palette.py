"""Colours and line styles of reservoirs: told apart in print, in grey and by colour-blind readers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from equipoise.auditing import Audit

_COLOURS = (
    ("#b3400d", "#ff9b66"),  # vermilion
    ("#00659e", "#62b6f2"),  # blue
    ("#00705a", "#45c9a5"),  # bluish green
    ("#9c3a86", "#ec9bd3"),  # reddish purple
    ("#745800", "#e2c044"),  # ochre
)
"""(light, dark) after Okabe & Ito, shifted until each has a contrast of 4.5 with its background."""

SERIES = tuple(light for light, _ in _COLOURS)
"""Colours of curves that are no reservoirs, on a white page."""

_GREY = ("#565b63", "#a9b0ba")
_DASHES: tuple[tuple[float, ...], ...] = ((), (8.0, 3.0), (3.0, 2.5), (10.0, 3.0, 2.5, 3.0), (14.0, 4.0))


@dataclass(frozen=True)
class ReservoirStyle:
    """How a reservoir is drawn.

    Parameters
    ----------
    light, dark : str
        Colour on a light and on a dark page.
    dash : tuple of float
        Lengths of dashes and gaps in px; () for a solid line.
    """

    light: str
    dark: str
    dash: tuple[float, ...]


class Warm(Protocol):
    """Whatever has an inverse temperature, or None in its place."""

    @property
    def inverse_temperature(self) -> float | None:
        """Inverse temperature in thermal equilibrium, else None."""


def styles(reservoirs: Sequence[Warm | None]) -> tuple[ReservoirStyle, ...]:
    """One style for each reservoir: hottest first in the palette; None, jumps of unknown origin, in grey.

    Colours go by temperature, so that two reservoirs called hot and cold look it; ties keep their order.
    """
    known = {r: _coldness(reservoir) for r, reservoir in enumerate(reservoirs) if reservoir is not None}
    rank = {r: position for position, r in enumerate(sorted(known, key=lambda r: known[r]))}
    return tuple(_style(rank[r]) if r in rank else ReservoirStyle(*_GREY, ()) for r in range(len(reservoirs)))


def reservoir_styles(audit: Audit) -> tuple[ReservoirStyle, ...]:
    """The styles of the reservoirs of an audit."""
    return styles([flow if flow.is_known else None for flow in audit.reservoirs])


def _coldness(reservoir: Warm) -> float:
    """A key ascending from negative through infinite to zero temperature; what has none comes last."""
    beta = reservoir.inverse_temperature
    return math.inf if beta is None else math.atan(beta)


def _style(rank: int) -> ReservoirStyle:
    count = len(_COLOURS)
    # The dashes shift by one in each round of the colours: 25 pairs before one repeats.
    return ReservoirStyle(*_COLOURS[rank % count], _DASHES[(rank + rank // count) % len(_DASHES)])
