r"""Elements of the T-matrix as piecewise polynomials of the energy.

Coherences join amplitudes at one kinetic energy and different total energies. The functions
:math:`t_{kl} = T_{kl}\sqrt{p_k p_l}` are analytic in the variables of the segments between thresholds, both ends
included: each is resolved once, and read at any energy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray
from equipoise.scattering.gas import Gas
from equipoise.scattering.interactions.interaction import FINER, AbstractInteraction
from equipoise.scattering.shell import EnergyShell, Waves
from equipoise.scattering.shell_integrals.bisection import bisected
from equipoise.scattering.shell_integrals.panels import Panels, Thresholds, joined, panels_between
from equipoise.scattering.target import Target
from equipoise.spectrum import Spectrum

DEGREE = 20
"""Number of Chebyshev coefficients on each panel."""

_ANGLES = np.pi * (np.arange(DEGREE) + 0.5) / DEGREE
_NODES = np.cos(_ANGLES)
_TO_COEFFICIENTS = 2.0 / DEGREE * np.cos(np.arange(DEGREE)[:, None] * _ANGLES[None, :])
_TO_COEFFICIENTS[0] *= 0.5

RESOLUTION = 1e-13
"""Size of the last coefficients on a panel, relative to the largest value there."""

REACH = 40.0
"""The occupation is followed until it has fallen by this exponent."""


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """`t = T sqrt(p_k p_l)` of some pairs of states, on an interval of energies.

    Parameters
    ----------
    thresholds : Thresholds
    panels : Panels, P of them
        Ascending with the segment, in it those that count from the lower threshold first, then with the variable.
    coefficients : ComplexArray, shape (pairs, P, DEGREE, A, A)
        Chebyshev coefficients, [pair, panel, order, wave out, wave in].
    """

    thresholds: Thresholds
    panels: Panels
    coefficients: ComplexArray

    @property
    def waves(self) -> int:
        """Number A of waves."""
        return int(self.coefficients.shape[-1])

    def values(self, pairs: np.ndarray, top: int, excess: RealArray) -> ComplexArray:
        """`t` of some pairs at the energies `levels[top] + excess`, shape (len(pairs), n, A, A); excess > 0."""
        levels, panels = self.thresholds.edges, self.panels
        segment = np.searchsorted(levels[top:] - levels[top], excess, side="right") - 1 + top
        is_flipped, variable = self.thresholds.places(segment, excess - (levels[segment] - levels[top]))
        # Panels ascend by half of a segment and then by variable: one search over both.
        reach = 1.0 + float(panels.stop.max(initial=0.0))
        keys, wanted = _half(panels.segment, panels.is_flipped) * reach, _half(segment, is_flipped) * reach
        at = np.searchsorted(keys + panels.start, wanted + variable, side="right") - 1
        at = np.clip(at, 0, panels.size - 1)
        s = np.clip(2 * (variable - panels.start[at]) / (panels.stop - panels.start)[at] - 1.0, -1.0, 1.0)
        # t_kl(E) = sum_j c_j cos(j arccos s), with s from -1 to 1 on the panel that holds E.
        basis = np.cos(np.arange(DEGREE)[None, :] * np.arccos(s)[:, None])
        out = np.empty((pairs.size, excess.size, self.waves, self.waves), dtype=complex)
        for k, pair in enumerate(pairs):
            out[k] = np.einsum("njab,nj->nab", self.coefficients[pair][at], basis)
        return out


def _half(segment: np.ndarray, is_flipped: np.ndarray) -> np.ndarray:
    """Number of the half of a segment: the lower of segment m, or all of the last, is 2 m, the upper one 2 m + 1."""
    return np.asarray(2 * segment + is_flipped)


def resolved_amplitudes(
    interaction: AbstractInteraction,
    spectrum: Spectrum,
    mass: float,
    rows: np.ndarray,
    columns: np.ndarray,
    intervals: Sequence[tuple[int, float]],
) -> Amplitudes:
    """Resolve `t` of the pairs (rows, columns) of states, bisecting where it is rough.

    Intervals (level, excess) are of the total energy, from `levels[level]` to `levels[level] + excess`.
    """
    thresholds = Thresholds.of(spectrum)

    def look(panels: Panels) -> tuple[RealArray, ComplexArray]:
        """Roughness and Chebyshev coefficients of t, shapes (P,) and (pairs, P, DEGREE, A, A)."""
        above, below, _ = thresholds.energies(panels, _NODES)
        kinetic = thresholds.kinetic(panels.segment, above, below).reshape(-1, spectrum.dimension)
        shell = EnergyShell(spectrum, mass, kinetic)
        T = interaction.transition_matrix(shell)[:, :, rows, :, columns]
        p = np.where(shell.is_open, shell.momenta.real, 0.0)
        t = T * np.sqrt(p[:, rows] * p[:, columns]).T[:, :, None, None]
        t = t.reshape(rows.size, panels.size, DEGREE, *T.shape[2:])
        # Discrete orthogonality of the Chebyshev polynomials at their nodes: c_j = (2/n) sum_n cos(j a_n) t(cos a_n).
        coefficients = np.einsum("jn,pknab->pkjab", _TO_COEFFICIENTS, t, optimize=True)
        size = np.abs(t).max(axis=(2, 3, 4))
        tail = np.abs(coefficients[:, :, -2:]).max(axis=(2, 3, 4))
        # Elements far below the largest have the noise of the largest.
        floor = 64 * ROUND_OFF / RESOLUTION * size.max(axis=0, keepdims=True)
        unit = size + floor
        return np.max(np.divide(tail, unit, out=np.zeros_like(tail), where=unit > 0), axis=0), coefficients

    found = bisected(
        thresholds,
        _first_panels(interaction, thresholds, mass, intervals),
        look,
        resolution=max(RESOLUTION, FINER * interaction.stated_error),
        numbers=4 * DEGREE * spectrum.dimension**2,
    )
    kept = [(panels[done], coefficients[:, done]) for panels, coefficients, done in found]
    panels = joined([p for p, _ in kept])
    order = np.lexsort((panels.start, _half(panels.segment, panels.is_flipped)))
    return Amplitudes(thresholds, panels[order], np.concatenate([c for _, c in kept], axis=1)[:, order])


def _first_panels(
    interaction: AbstractInteraction, thresholds: Thresholds, mass: float, intervals: Sequence[tuple[int, float]]
) -> Panels:
    """Panels that cover the intervals, split at their ends, in the middle of segments, and at resonances."""
    levels, gaps = thresholds.edges, thresholds.gaps
    # An interval begins at a level, so within a segment at its start or not at all.
    ends = [np.clip(excess - (levels - levels[level]), 0.0, gaps) for level, excess in intervals]
    ends = [
        np.where(np.arange(levels.size) >= level, end, 0.0) for end, (level, _) in zip(ends, intervals, strict=True)
    ]
    reached = np.max(ends, axis=0, initial=0.0)
    covered = np.flatnonzero(reached)
    if not covered.size:
        return panels_between(np.zeros(1), 0)
    # Not beyond the next threshold by rounding: a segment of no width has no resonances.
    m = covered[-1]
    highest = levels[m + 1] if reached[m] >= gaps[m] else levels[m] + reached[m]
    at, _ = interaction.resonances(thresholds.spectrum, mass, float(levels[0]), float(highest))
    found = []
    for m in covered:
        cuts = np.concatenate([at - levels[m], [end[m] for end in ends], [min(reached[m], 0.5 * gaps[m])]])
        cuts = np.unique(cuts[(cuts > 0) & (cuts <= reached[m])])
        is_flipped, variable = thresholds.places(np.full(cuts.size, m), cuts)
        found.append(panels_between(np.unique([0.0, *variable[~is_flipped]]), int(m)))
        if is_flipped.any():
            upper = np.unique([*variable[is_flipped], 0.25 * np.pi])
            found.append(panels_between(upper, int(m), is_flipped=True))
    return joined(found)


@dataclass(frozen=True, eq=False)
class ResolvedAmplitudes:
    """Amplitudes of a target and a gas that have been resolved, kept for whoever needs some of them again."""

    target: Target
    gas: Gas
    _known: dict[int, tuple[np.ndarray, Amplitudes]] = field(default_factory=dict, repr=False)

    def of_pairs(self, part: int, rows: np.ndarray, columns: np.ndarray) -> tuple[Amplitudes, np.ndarray]:
        """Amplitudes of one part of the interaction that hold the pairs (rows, columns), and at which places."""
        d = self.target.dimension
        wanted = rows * d + columns
        pairs, found = self._known.get(part, (np.zeros(0, dtype=int), None))
        place = np.full(d * d, -1)
        place[pairs] = np.arange(pairs.size)
        if found is None or np.any(place[wanted] < 0):
            spectrum, (_, interaction) = self.target.spectrum, self.target.interaction.parts()[part]
            out, into = spectrum.level_of[rows], spectrum.level_of[columns]
            top = np.maximum(out, into)
            starts = np.maximum(spectrum.levels[out] - spectrum.levels[into], 0.0)
            # All energies at which the gas meets the target.
            met = [(int(level), reach(self.gas, float(starts[top == level].min()))) for level in np.unique(top)]
            found = resolved_amplitudes(interaction, spectrum, self.gas.mass, rows, columns, met)
            self._known[part] = (wanted, found)
            return found, np.arange(wanted.size)
        return found, place[wanted]

    def keep_within_levels(self) -> None:
        """Forget the pairs of different levels."""
        level_of, d = self.target.spectrum.level_of, self.target.dimension
        for part, (pairs, found) in self._known.items():
            kept = level_of[pairs // d] == level_of[pairs % d]
            self._known[part] = (pairs[kept], replace(found, coefficients=found.coefficients[kept]))

    def forget(self) -> None:
        """Give the memory back."""
        self._known.clear()


def reach(gas: Gas, start: float) -> float:
    """Kinetic energy above `start` beyond which the occupation has fallen by a factor exp(-40)."""
    marks = np.array([e - start for e in gas.structure_points() if e > start])
    last, largest, lower = float(marks.max(initial=0.0)), -np.inf, 1e-3 * gas.energy_scale()
    end = lower
    while lower < 1e6 * gas.energy_scale():
        # A factor at a time: far out, where there are no particles, a distribution need not be asked.
        upper = 1.5 * lower
        excess = np.concatenate([np.linspace(lower, upper, 24), marks[(marks >= lower) & (marks <= upper)]])
        # Particles arrive in proportion to de: the sum over a decade of energies counts.
        log_f = gas.log_occupation(start + excess, Waves.EVEN)[:, 0] + np.log(excess)
        largest = max(largest, float(log_f.max()))
        if log_f.max() > largest - REACH:
            end = upper
        elif lower > last and np.isfinite(largest):
            break
        lower = upper
    return end
