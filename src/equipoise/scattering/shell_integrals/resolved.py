"""Amplitudes of pairs of states at all energies at which a gas meets a target, each set of pairs resolved once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from equipoise.scattering.gas import Gas
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.scattering.shell import Waves
from equipoise.scattering.shell_integrals.amplitudes import Amplitudes, resolved_amplitudes
from equipoise.scattering.target import Target

REACH = 40.0
"""The occupation is followed until it has fallen by this exponent."""


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
            interaction = self.target.interaction.parts()[part][1]
            found = _resolved(self.target, self.gas, interaction, rows, columns)
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


def _resolved(target: Target, gas: Gas, part: AbstractInteraction, rows: np.ndarray, columns: np.ndarray) -> Amplitudes:
    """Amplitudes of pairs at all energies at which the gas meets the target."""
    spectrum = target.spectrum
    level_of, levels = spectrum.level_of, spectrum.levels
    top = np.maximum(level_of[rows], level_of[columns])
    starts = np.maximum(levels[level_of[rows]] - levels[level_of[columns]], 0.0)
    found = [(int(level), reach(gas, float(starts[top == level].min()))) for level in np.unique(top)]
    return resolved_amplitudes(part, spectrum, gas.mass, rows, columns, found)


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
