r"""Panels of total energy between the thresholds of a target.

Every amplitude is analytic in the momenta of all channels, and those have square roots at the thresholds. Between two
thresholds a < b energies are therefore :math:`E = a + (b - a)\sin^2\varphi`, above the last :math:`E = a + x^2`, and a
panel is an interval of phi, of pi/2 - phi (flipped: near b it keeps its digits), or of x. Energies above the lower
and below the upper threshold both come out of the variable, never out of a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import RealArray
from equipoise.spectrum import Spectrum

GUARD = 1e-14
"""Distance of a guard node from its threshold, as a fraction of the panel: what happens nearer is round-off."""


Split = tuple[int, bool, float]
"""Segment, whether its variable is counted from the upper threshold, and the variable where panels are to end."""


TOWARDS_THRESHOLD = 0.25
"""Where a panel that begins at a threshold is cut."""


@dataclass(frozen=True, eq=False)
class Panels:
    """Intervals of the variables of segments.

    Attributes
    ----------
    segment : ndarray of int, shape (P,)
        Level at whose threshold the segment begins.
    is_flipped : ndarray of bool, shape (P,)
        Whether the variable is counted from the upper threshold.
    start, stop : RealArray, shape (P,)
        Of the variable.
    """

    segment: np.ndarray
    is_flipped: np.ndarray
    start: RealArray
    stop: RealArray

    @property
    def size(self) -> int:
        """Number P."""
        return int(self.segment.size)

    def __getitem__(self, chosen: np.ndarray | slice) -> Panels:
        return Panels(self.segment[chosen], self.is_flipped[chosen], self.start[chosen], self.stop[chosen])

    def halves(self, last: int) -> Panels:
        """Each cut in two, first all lower parts; a whole segment into halves that count from either threshold.

        The segment `last` has no upper threshold.
        """
        # Structure of weak coupling lies close to a threshold: go there in longer steps.
        fraction = np.where((self.start == 0) & (self.stop < 0.5 * np.pi), TOWARDS_THRESHOLD, 0.5)
        middle = self.start + fraction * (self.stop - self.start)
        # The upper half of an interval that ends at pi / 2 counts from there.
        turned = ~self.is_flipped & (self.segment != last) & (self.stop == 0.5 * np.pi)
        return Panels(
            np.concatenate([self.segment, self.segment]),
            np.concatenate([self.is_flipped, self.is_flipped | turned]),
            np.concatenate([self.start, np.where(turned, 0.0, middle)]),
            np.concatenate([middle, np.where(turned, 0.5 * np.pi - middle, self.stop)]),
        )


def joined(parts: Sequence[Panels]) -> Panels:
    """All panels of several sets."""
    return Panels(
        np.concatenate([part.segment for part in parts]),
        np.concatenate([part.is_flipped for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.stop for part in parts]),
    )


def panels_between(points: RealArray, segment: int, is_flipped: bool = False) -> Panels:
    """Panels from each of ascending values of a segment's variable to the next."""
    count = points.size - 1
    return Panels(np.full(count, segment), np.full(count, is_flipped), points[:-1], points[1:])


LADDER = 6.0
"""Ratio of neighbouring distances from a resonance at which panels around it end."""

NARROW = 0.05
"""Half-width of a resonance, in the variable of its segment, below which panels are made for it."""

FINEST = 1e-15
"""Distance from a resonance, relative to its variable, below which there is nothing but rounding."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Intervals between ascending edges, and one without an end above the last, each with its variable."""

    edges: RealArray
    """Thresholds, as energies, shape (L,)."""

    @property
    def last(self) -> int:
        """Index of the segment above the last edge."""
        return self.edges.size - 1

    @cached_property
    def gaps(self) -> RealArray:
        """Widths of the segments, infinite for the last, shape (L,)."""
        return np.append(np.diff(self.edges), np.inf)

    def keeps_digits(self, panels: Panels) -> np.ndarray:
        """Whether energies keep their digits at the edge from which panels count: if it is zero."""
        return np.asarray((panels.segment == 0) & ~panels.is_flipped)

    def places(self, segment: np.ndarray, above: RealArray) -> tuple[np.ndarray, RealArray]:
        r"""Whether energies are counted from the upper edge of their segment, and their variable, shape (n,) each.

        The inverse of `energies`: :math:`\varphi = \arcsin\sqrt{e/(b - a)}` of the distance e from the nearer edge of
        a < b, the root of e above the last edge.
        """
        gap = self.gaps[segment]
        is_flipped = above > 0.5 * gap
        near = np.maximum(np.where(is_flipped, gap - above, above), 0.0)
        with np.errstate(invalid="ignore"):
            return is_flipped, np.where(np.isinf(gap), np.sqrt(near), np.arcsin(np.sqrt(near / gap)))

    def energies(self, panels: Panels, at: RealArray) -> tuple[RealArray, RealArray, RealArray]:
        """Energies above the lower and below the upper threshold, and dE / d variable, shape (P, n) each.

        At positions on [-1, 1], shape (n,) or (P, n). Above the last threshold the second is infinite.
        """
        half = 0.5 * (panels.stop - panels.start)[:, None]
        # Counted from the nearer end, so that what starts at 0 keeps its digits there.
        variable = panels.start[:, None] + half * (1 + at)
        is_tail = (panels.segment == self.last)[:, None]
        gap = np.where(is_tail, 1.0, self.gaps[panels.segment][:, None])
        angle = np.where(is_tail, 0.0, variable)
        sine, cosine = np.sin(angle), np.cos(angle)
        near, far = gap * sine**2, gap * cosine**2
        flipped = panels.is_flipped[:, None]
        above = np.where(is_tail, variable**2, np.where(flipped, far, near))
        below = np.where(is_tail, np.inf, np.where(flipped, near, far))
        return above, below, np.where(is_tail, 2 * variable, 2 * gap * sine * cosine)


@dataclass(frozen=True, eq=False)
class Thresholds(Segments):
    """Segments between the levels of a target, and the kinetic energies that their energies leave to each state."""

    spectrum: Spectrum

    @classmethod
    def of(cls, spectrum: Spectrum) -> Thresholds:
        """Those of a target."""
        return cls(spectrum.levels, spectrum)

    def keeps_digits(self, panels: Panels) -> np.ndarray:
        """All do: each energy is counted from its own threshold."""
        return np.ones(panels.size, dtype=bool)

    def kinetic(self, segment: np.ndarray, above: RealArray, below: RealArray) -> RealArray:
        """`E - eps_k` for each state, shape (P, n, d), of energies in segments."""
        levels = self.edges
        upper = levels[np.minimum(segment + 1, self.last)]
        over = above[:, :, None] + (levels[segment][:, None] - levels[None, :])[:, None, :]
        under = -below[:, :, None] - (levels[None, :] - upper[:, None])[:, None, :]
        is_open = (np.arange(levels.size)[None, :] <= segment[:, None])[:, None, :]
        return np.asarray(np.where(is_open, over, under)[:, :, self.spectrum.level_of])

    def around(self, energies: RealArray, widths: RealArray) -> list[Split]:
        """Ends of panels around narrow resonances, ever wider with the distance from them."""
        found = []
        segments = np.maximum(np.searchsorted(self.edges, energies, side="right") - 1, 0)
        for m, energy, width in zip(segments, energies, widths, strict=True):
            flipped, centre = (x[0] for x in self.places(np.array([m]), np.array([energy - self.edges[m]])))
            # dE / d variable
            slope = 2 * centre if m == self.last else self.gaps[m] * np.sin(2 * centre)
            half = 0.5 * width / slope if slope > 0 else np.inf
            if half > NARROW * (1.0 if m != self.last else centre):
                continue
            end = 0.25 * np.pi if m != self.last else 2 * centre
            nearest = 2 * max(half, FINEST * centre)
            steps = int(np.ceil(np.log(end / nearest) / np.log(LADDER)))
            distances = nearest * LADDER ** np.arange(max(steps, 1))
            ends = np.concatenate([[centre], centre - distances, centre + distances])
            found += [(int(m), bool(flipped), float(place)) for place in ends if 0 < place < end]
        return found
