r"""Elements of the T-matrix as piecewise polynomials of the energy.

Coherences join amplitudes at one kinetic energy and different total energies. Between thresholds a < b the functions
:math:`t_{kl} = T_{kl}\sqrt{p_k p_l}` are analytic in the angle of :math:`E = a + (b - a)\sin^2\phi`, both ends
included, and above the last in :math:`x = \sqrt{E - a}`: each is resolved once, and read at any energy. The upper
half of a segment is counted from b, so that momenta which vanish there keep their digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray
from equipoise.scattering.interactions.interaction import FINER, AbstractInteraction
from equipoise.scattering.shell import EnergyShell
from equipoise.spectrum import Spectrum

DEGREE = 20
"""Number of Chebyshev coefficients on each panel."""

_ANGLES = np.pi * (np.arange(DEGREE) + 0.5) / DEGREE
_NODES = np.cos(_ANGLES)
_TO_COEFFICIENTS = 2.0 / DEGREE * np.cos(np.arange(DEGREE)[:, None] * _ANGLES[None, :])
_TO_COEFFICIENTS[0] *= 0.5

RESOLUTION = 1e-13
"""Size of the last coefficients on a panel, relative to the largest value there."""

NOISE = 1e-8
"""The same, below which coefficients that do not fall in a halved panel count as noise."""

NARROWEST = 1e-11
"""Width, relative to its distance from the threshold, below which a panel is not split."""

NEAREST = 1e-30
"""Width, in the angle, below which a panel at a threshold is not split."""

CHUNK = 2_000_000
"""Complex numbers held at a time."""


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """`t = T sqrt(p_k p_l)` of some pairs of states, on an interval of energies.

    Parameters
    ----------
    spectrum : Spectrum
    half : ndarray of int, shape (K,)
        Where each panel lies: 2 m in the lower half of the segment above level m (or all of the last), 2 m + 1 in its
        upper half. Ascending with `start`.
    start, end : RealArray, shape (K,)
        Limits of each panel in the angle, counted from the nearer threshold (above the last level: in the root of the
        excess).
    coefficients : ComplexArray, shape (P, K, DEGREE, A, A)
        Chebyshev coefficients, [pair, panel, order, wave out, wave in].
    """

    spectrum: Spectrum
    half: np.ndarray
    start: RealArray
    end: RealArray
    coefficients: ComplexArray

    @property
    def waves(self) -> int:
        """Number A of waves."""
        return int(self.coefficients.shape[-1])

    def values(self, pairs: np.ndarray, top: int, excess: RealArray) -> ComplexArray:
        """`t` of some pairs at the energies `levels[top] + excess`, shape (len(pairs), n, A, A); excess > 0."""
        levels = self.spectrum.levels
        segment = np.searchsorted(levels[top:] - levels[top], excess, side="right") - 1 + top
        half, variable = _variable(levels, segment, excess - (levels[segment] - levels[top]))
        # Panels ascend by half and then by variable: one search over both.
        reach = 1.0 + float(self.end.max(initial=0.0))
        at = np.searchsorted(self.half * reach + self.start, half * reach + variable, side="right") - 1
        at = np.clip(at, 0, self.half.size - 1)
        s = np.clip(2 * (variable - self.start[at]) / (self.end - self.start)[at] - 1.0, -1.0, 1.0)
        basis = np.cos(np.arange(DEGREE)[None, :] * np.arccos(s)[:, None])
        out = np.empty((pairs.size, excess.size, self.waves, self.waves), dtype=complex)
        for k, pair in enumerate(pairs):
            out[k] = np.einsum("njab,nj->nab", self.coefficients[pair][at], basis)
        return out


def resolved_amplitudes(
    interaction: AbstractInteraction,
    spectrum: Spectrum,
    mass: float,
    rows: np.ndarray,
    columns: np.ndarray,
    intervals: Sequence[tuple[int, float]],
) -> Amplitudes:
    """Resolve `t` of the pairs (rows, columns) on intervals of the total energy, bisecting where it is rough.

    Parameters
    ----------
    interaction : AbstractInteraction
    spectrum : Spectrum
    mass : float
    rows, columns : ndarray of int, shape (P,)
        States out and in.
    intervals : sequence of (level, excess)
        Energies between `levels[level]` and `levels[level] + excess`.
    """
    pending = _first_panels(interaction, spectrum, mass, intervals)
    before = np.full(len(pending), np.inf)
    kept: list[tuple[np.ndarray, ComplexArray]] = []
    while len(pending):
        found = [_on_panels(interaction, spectrum, mass, rows, columns, part) for part in _chunks(pending, spectrum)]
        coefficients = np.concatenate([c for c, _ in found], axis=1)
        roughness = np.concatenate([r for _, r in found])
        # A smooth function gains six digits in a halved panel: what stays small but gains none is noise of T itself.
        # So does a weak coupling at a threshold, where halving brings its scale nearer.
        is_noise = (roughness < NOISE) & (roughness > 0.1 * before) & (pending[:, 1] > 0)
        resolution = max(RESOLUTION, FINER * interaction.stated_error)
        done = (roughness <= resolution) | is_noise | is_narrowest(pending[:, 1], pending[:, 2])
        kept.append((pending[done], coefficients[:, done]))
        before = np.tile(roughness[~done], 2)
        pending = _halved(pending[~done])
    panels = np.concatenate([p for p, _ in kept])
    coefficients = np.concatenate([c for _, c in kept], axis=1)
    order = np.lexsort((panels[:, 1], panels[:, 0]))
    panels = panels[order]
    return Amplitudes(spectrum, panels[:, 0].astype(int), panels[:, 1], panels[:, 2], coefficients[:, order])


def is_narrowest(start: RealArray, end: RealArray) -> np.ndarray:
    """Whether panels, in the angle from a threshold, are too narrow to be split."""
    return np.asarray(end - start < np.where(start > 0, NARROWEST * end, NEAREST))


def _variable(levels: RealArray, segment: np.ndarray, above: RealArray) -> tuple[np.ndarray, RealArray]:
    """Half of the segment, and angle (or root) in it, of energies `above` the lower threshold."""
    width = np.append(np.diff(levels), np.inf)[segment]
    is_upper = above > 0.5 * width
    near = np.maximum(np.where(is_upper, np.where(np.isinf(width), 0.0, width) - above, above), 0.0)
    with np.errstate(invalid="ignore"):
        angle = np.where(np.isinf(width), np.sqrt(near), np.arcsin(np.sqrt(near / width)))
    return 2 * segment + is_upper, np.asarray(angle)


def _first_panels(
    interaction: AbstractInteraction, spectrum: Spectrum, mass: float, intervals: Sequence[tuple[int, float]]
) -> np.ndarray:
    """Rows (half, start, end) that cover the intervals, split at their ends and at resonances."""
    levels = spectrum.levels
    widths = np.append(np.diff(levels), np.inf)
    # An interval begins at a level, so within a segment at its start or not at all.
    covered = [
        [
            min(excess - (levels[segment] - levels[level]), width)
            for level, excess in intervals
            if level <= segment and excess > levels[segment] - levels[level]
        ]
        for segment, width in enumerate(widths)
    ]
    # Not beyond the next threshold by rounding: a segment of no width has no resonances.
    reached = [
        float(levels[segment + 1] if max(some) >= widths[segment] else levels[segment] + max(some))
        for segment, some in enumerate(covered)
        if some
    ]
    if not reached:
        return np.zeros((0, 3))
    at, _ = interaction.resonances(spectrum, mass, float(levels[0]), max(reached))
    rows = []
    for segment, width in enumerate(widths):
        if not covered[segment]:
            continue
        top = max(covered[segment])
        within = at[(at > levels[segment]) & (at < levels[segment] + top)]
        inner = np.concatenate([covered[segment], within - levels[segment]])
        lower = np.unique(np.concatenate([[0.0, min(top, 0.5 * width)], inner[(inner > 0) & (inner < 0.5 * width)]]))
        rows += _rows(2 * segment, lower, width)
        if top > 0.5 * width:
            inner = width - inner
            upper = [0.5 * width, width - top]
            rows += _rows(
                2 * segment + 1,
                np.unique(np.concatenate([upper, inner[(inner > upper[1]) & (inner < upper[0])]])),
                width,
            )
    return np.array(rows, dtype=float).reshape(-1, 3)


def _rows(half: int, cuts: RealArray, width: float) -> list[tuple[float, float, float]]:
    angles = np.sqrt(cuts) if np.isinf(width) else np.arcsin(np.sqrt(cuts / width))
    return [(half, a, b) for a, b in pairwise(angles) if b > a]


def _halved(panels: np.ndarray) -> np.ndarray:
    middle = 0.5 * (panels[:, 1] + panels[:, 2])
    left, right = panels.copy(), panels.copy()
    left[:, 2] = middle
    right[:, 1] = middle
    return np.concatenate([left, right])


def _chunks(panels: np.ndarray, spectrum: Spectrum) -> Iterator[np.ndarray]:
    size = max(1, CHUNK // (4 * DEGREE * spectrum.dimension**2))
    for first in range(0, len(panels), size):
        yield panels[first : first + size]


def _on_panels(
    interaction: AbstractInteraction,
    spectrum: Spectrum,
    mass: float,
    rows: np.ndarray,
    columns: np.ndarray,
    panels: np.ndarray,
) -> tuple[ComplexArray, np.ndarray]:
    levels = spectrum.levels
    segment, is_upper = np.divmod(panels[:, 0].astype(int), 2)
    radius, middle = 0.5 * (panels[:, 2] - panels[:, 1]), 0.5 * (panels[:, 2] + panels[:, 1])
    variable = middle[:, None] + radius[:, None] * _NODES[None, :]
    is_last = (segment == levels.size - 1)[:, None]
    width = np.append(np.diff(levels), 1.0)[segment][:, None]
    near = np.where(is_last, variable**2, width * np.sin(np.where(is_last, 0.0, variable)) ** 2)
    far = width - near
    above = np.where(is_upper[:, None] == 1, far, near)
    below = np.where(is_upper[:, None] == 1, near, far)
    # Energies above open and below closed thresholds, each counted from the threshold that it may be near to.
    following = levels[np.minimum(segment + 1, levels.size - 1)]
    energies = spectrum.state_energies
    is_open = spectrum.level_of[None, :] <= segment[:, None]
    over = above[:, :, None] + (levels[segment][:, None] - energies[None, :])[:, None, :]
    under = -below[:, :, None] - (energies[None, :] - following[:, None])[:, None, :]
    kinetic = np.where(is_open[:, None, :], over, under).reshape(-1, spectrum.dimension)
    shell = EnergyShell(spectrum, mass, kinetic)
    T = interaction.transition_matrix(shell)[:, :, rows, :, columns]
    p = np.where(shell.is_open, shell.momenta.real, 0.0)
    t = T * np.sqrt(p[:, rows] * p[:, columns]).T[:, :, None, None]
    t = t.reshape(rows.size, len(panels), DEGREE, *T.shape[2:])
    coefficients = np.einsum("jn,pknab->pkjab", _TO_COEFFICIENTS, t, optimize=True)
    size = np.abs(t).max(axis=(2, 3, 4))
    tail = np.abs(coefficients[:, :, -2:]).max(axis=(2, 3, 4))
    # Elements far below the largest have the noise of the largest.
    floor = 64 * ROUND_OFF / RESOLUTION * size.max(axis=0, keepdims=True)
    unit = size + floor
    return coefficients, np.max(np.divide(tail, unit, out=np.zeros_like(tail), where=unit > 0), axis=0)
