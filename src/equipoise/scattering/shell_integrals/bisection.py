"""Panels halved until a function is smooth on each of them, or until what is left of it is noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from equipoise._checks import RealArray
from equipoise.scattering.shell_integrals.panels import Panels, Segments, joined

NOISE = 1e-8
"""Roughness below which coefficients that do not fall in a halved panel count as noise."""

NARROWEST = 1e-11
"""Width, relative to its distance from the edge, below which a panel is not split."""

NEAREST = 1e-30
"""Width, in the variable, below which a panel at an edge is not split, where energies keep their digits there."""

STALLS = 2
"""Bisections in a row that gain nothing, after which a panel is noise: one may fail by the signs of coefficients."""

CHUNK = 2_000_000
"""Complex numbers held at a time."""

Found = TypeVar("Found")


def bisected(
    segments: Segments,
    panels: Panels,
    look: Callable[[Panels], tuple[RealArray, Found]],
    *,
    resolution: float,
    numbers: int,
) -> Iterator[tuple[Panels, Found, np.ndarray]]:
    """Halve panels until all are smooth; yield those looked at together, the findings, and which of them are done.

    `look` tells for some panels the size of the last coefficients of a function, relative to its scale, and anything
    else that it found; it holds `numbers` complex numbers for each. Up to the size `resolution` a panel is smooth.
    """
    size = max(1, CHUNK // numbers)
    before, stalls = np.full(panels.size, np.inf), np.zeros(panels.size, dtype=int)
    while panels.size:
        left, rest, counts = [], [], []
        for chunk in (slice(first, first + size) for first in range(0, panels.size, size)):
            part = panels[chunk]
            roughness, found = look(part)
            # A smooth function gains six digits in a halved panel: what stays small but gains none is noise. So does a
            # weak coupling at a threshold, where halving brings its scale nearer.
            gains_none = (roughness < NOISE) & (roughness > 0.1 * before[chunk]) & (part.start > 0)
            count = np.where(gains_none, stalls[chunk] + 1, 0)
            done = count >= STALLS
            nearest = np.where(segments.keeps_digits(part), NEAREST, NARROWEST)
            narrowest = np.where(part.start > 0, NARROWEST * part.stop, nearest)
            done |= (roughness <= resolution) | (part.stop - part.start < narrowest)
            yield part, found, done
            left.append(part[~done])
            rest.append(roughness[~done])
            counts.append(count[~done])
        panels = joined(left).halves(segments.last)
        before, stalls = (np.tile(np.concatenate(found), 2) for found in (rest, counts))
