"""Colours and line styles of reservoirs: told apart in print, in grey and by colour-blind readers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from equipoise.generators import Generator

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


def styles(generator: Generator) -> tuple[ReservoirStyle, ...]:
    """One style for each dissipator: hottest first in the palette, jumps of unknown origin in grey.

    Colours go by temperature, so that two reservoirs called hot and cold look it; ties keep their order.
    """
    known = [r for r, part in enumerate(generator.dissipators) if part.reservoir is not None]
    ranked = sorted(known, key=lambda r: _coldness(generator, r))
    rank = {r: position for position, r in enumerate(ranked)}
    return tuple(
        _style(rank[r]) if r in rank else ReservoirStyle(*_GREY, ()) for r in range(len(generator.dissipators))
    )


def _coldness(generator: Generator, r: int) -> float:
    """A key ascending from negative through infinite to zero temperature; what has none comes last."""
    reservoir = generator.dissipators[r].reservoir
    beta = None if reservoir is None else reservoir.inverse_temperature
    return math.inf if beta is None else math.atan(beta)


def _style(rank: int) -> ReservoirStyle:
    count = len(_COLOURS)
    # The dashes shift by one in each round of the colours: 25 pairs before one repeats.
    return ReservoirStyle(*_COLOURS[rank % count], _DASHES[(rank + rank // count) % len(_DASHES)])
