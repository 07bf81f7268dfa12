r"""Elements of the T-matrix as piecewise polynomials of the energy.

Coherences join amplitudes at one kinetic energy and different total energies. Between thresholds a < b the functions
:math:`t_{kl} = T_{kl}\sqrt{p_k p_l}` are analytic in the angle of :math:`E = a + (b - a)\sin^2\phi`, both ends
included, and above the last in :math:`x = \sqrt{E - a}`: each is resolved once, and read at any energy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray
from equipoise.scattering.interaction import AbstractInteraction
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

NARROWEST = 1e-11
"""Width, in the angle, below which a panel is not split."""

CHUNK = 2_000_000
"""Complex numbers held at a time."""


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """`t = T sqrt(p_k p_l)` of some pairs of states, on an interval of energies.

    Parameters
    ----------
    spectrum : Spectrum
    segment : ndarray of int, shape (K,)
        Level above which each panel lies, below the next level; ascending with `start`.
    start, end : RealArray, shape (K,)
        Limits of each panel in the angle (above the last level: in the root of the excess).
    coefficients : ComplexArray, shape (P, K, DEGREE, A, A)
        Chebyshev coefficients, [pair, panel, order, wave out, wave in].
    """

    spectrum: Spectrum
    segment: np.ndarray
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
        above = excess - (levels[segment] - levels[top])
        angle = _angle_of(levels, segment, above)
        # Panels ascend by segment and then by angle: one search over both.
        reach = 1.0 + float(self.end.max(initial=0.0))
        at = np.searchsorted(self.segment * reach + self.start, segment * reach + angle, side="right") - 1
        at = np.clip(at, 0, self.segment.size - 1)
        half = 0.5 * (self.end - self.start)[at]
        s = np.clip((angle - self.start[at]) / half - 1.0, -1.0, 1.0)
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
    kept: list[tuple[np.ndarray, ComplexArray]] = []
    while len(pending):
        found = [_on_panels(interaction, spectrum, mass, rows, columns, part) for part in _chunks(pending, spectrum)]
        coefficients = np.concatenate([c for c, _ in found], axis=1)
        done = np.concatenate([ok for _, ok in found]) | (pending[:, 2] - pending[:, 1] < NARROWEST)
        kept.append((pending[done], coefficients[:, done]))
        pending = _halved(pending[~done])
    panels = np.concatenate([p for p, _ in kept])
    coefficients = np.concatenate([c for _, c in kept], axis=1)
    order = np.lexsort((panels[:, 1], panels[:, 0]))
    panels = panels[order]
    return Amplitudes(spectrum, panels[:, 0].astype(int), panels[:, 1], panels[:, 2], coefficients[:, order])


def _angle_of(levels: RealArray, segment: np.ndarray, above: RealArray) -> RealArray:
    width = np.append(np.diff(levels), np.inf)[segment]
    root = np.sqrt(np.maximum(above, 0.0))
    return np.asarray(np.where(np.isinf(width), root, np.arcsin(np.minimum(root / np.sqrt(width), 1.0))))


def _first_panels(
    interaction: AbstractInteraction, spectrum: Spectrum, mass: float, intervals: Sequence[tuple[int, float]]
) -> np.ndarray:
    """Rows (segment, start, end) that cover the intervals, split at their ends and at resonances."""
    levels = spectrum.levels
    rows = []
    for segment in range(levels.size):
        width = levels[segment + 1] - levels[segment] if segment + 1 < levels.size else np.inf
        covered = []
        for level, excess in intervals:
            below = levels[segment] - levels[level]
            lower, upper = max(0.0, -below), min(excess - below, width)
            # An interval begins at a level, so within a segment at its start or not at all.
            if below >= 0 and upper > lower:
                covered.append(upper)
        if not covered:
            continue
        top = max(covered)
        at, _ = interaction.resonances(spectrum, mass, float(levels[segment]), float(levels[segment] + top))
        inner = np.asarray(at, dtype=float) - levels[segment]
        cuts = np.unique(np.concatenate([[0.0, top], covered, inner[(inner > 0) & (inner < top)]]))
        angles = _angle_of(levels, np.full(cuts.size, segment), cuts)
        rows += [(segment, a, b) for a, b in pairwise(angles) if b > a]
    return np.array(rows, dtype=float).reshape(-1, 3)


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
    segment = panels[:, 0].astype(int)
    half, middle = 0.5 * (panels[:, 2] - panels[:, 1]), 0.5 * (panels[:, 2] + panels[:, 1])
    angle = middle[:, None] + half[:, None] * _NODES[None, :]
    width = np.append(np.diff(levels), np.inf)[segment][:, None]
    with np.errstate(invalid="ignore"):
        excess = np.where(np.isinf(width), angle**2, width * np.sin(angle) ** 2)
    offset = levels[segment][:, None] - spectrum.state_energies[None, :]
    kinetic = (excess[:, :, None] + offset[:, None, :]).reshape(-1, spectrum.dimension)
    shell = EnergyShell(spectrum, mass, kinetic)
    T = interaction.transition_matrix(shell)[:, :, rows, :, columns]
    p = np.where(shell.is_open, shell.momenta.real, 0.0)
    t = T * np.sqrt(p[:, rows] * p[:, columns]).T[:, :, None, None]
    t = t.reshape(rows.size, len(panels), DEGREE, *T.shape[2:])
    coefficients = np.einsum("jn,pknab->pkjab", _TO_COEFFICIENTS, t, optimize=True)
    size = np.abs(t).max(axis=(2, 3, 4))
    tail = np.abs(coefficients[:, :, -2:]).max(axis=(2, 3, 4))
    noise = 64 * ROUND_OFF * size.max(axis=0, keepdims=True)
    return coefficients, np.all(tail <= RESOLUTION * size + noise, axis=0)
