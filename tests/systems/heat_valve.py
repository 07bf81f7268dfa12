"""Heat valve: a triangle of levels, one side driven by the hot reservoir and two by the cold one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import Generator, Ohmic, Reservoir, Verdict, bose_einstein, weak_coupling
from equipoise.systems import models
from systems.formulas import bose, ohmic_rate, ring_populations


@dataclass(frozen=True)
class HeatValve:
    """Hot: 0-2; cold: 0-1 and 1-2."""

    energies: tuple[float, float, float] = (0.0, 1.0, 2.5)
    hot: float = 2.0
    cold: float = 1.0
    hot_coupling: float = 0.01
    cold_coupling: float = 0.02
    cutoff: float = 10.0
    names: tuple[str, str] = ("hot", "cold")

    def generator(self) -> Generator:
        hot = Reservoir(self.names[0], bose_einstein(temperature=self.hot), Ohmic(self.hot_coupling, self.cutoff))
        cold = Reservoir(self.names[1], bose_einstein(temperature=self.cold), Ohmic(self.cold_coupling, self.cutoff))
        return weak_coupling(models.three_level_maser(self.energies, hot, cold, load=cold), lamb_shift=False)

    @property
    def verdict(self) -> Verdict:
        return Verdict.EQUILIBRIUM if self.hot == self.cold else Verdict.NON_EQUILIBRIUM

    @property
    def sides(self) -> list[tuple[float, float]]:
        """Rates (up, down) of the sides 0-1, 1-2 and 0-2."""
        e0, e1, e2 = self.energies
        cold, hot = (self.cold_coupling, self.cold), (self.hot_coupling, self.hot)
        rates = []
        for gap, (coupling, temperature) in ((e1 - e0, cold), (e2 - e1, cold), (e2 - e0, hot)):
            gamma, n = ohmic_rate(gap, coupling, self.cutoff), bose(gap, temperature)
            rates.append((gamma * n, gamma * (1 + n)))
        return rates

    @property
    def populations(self) -> np.ndarray:
        (up01, down01), (up12, down12), (up02, down02) = self.sides
        return ring_populations([up01, up12, down02], [down01, down12, up02])

    @property
    def cycle_current(self) -> float:
        """Probability per time around 0 -> 2 -> 1 -> 0."""
        (up01, down01), (up12, down12), (up02, down02) = self.sides
        trees = (
            down01 * (down02 + down12) + up12 * down02,  # into 0
            up01 * (down02 + down12) + up02 * down12,  # into 1
            up02 * (down01 + up12) + up01 * up12,  # into 2
        )
        # The affinity (beta_c - beta_h) omega_20, not the difference of two products, which cancels.
        affinity = (1 / self.cold - 1 / self.hot) * (self.energies[2] - self.energies[0])
        return up02 * down12 * down01 * -float(np.expm1(-affinity)) / sum(trees)

    @property
    def heat(self) -> float:
        """Energy per time from hot to cold."""
        return self.cycle_current * (self.energies[2] - self.energies[0])

    @property
    def particle_currents(self) -> dict[str, float]:
        # One hot quantum becomes two cold ones.
        return {self.names[0]: self.cycle_current, self.names[1]: -2 * self.cycle_current}

    @property
    def energy_currents(self) -> dict[str, float]:
        return {self.names[0]: self.heat, self.names[1]: -self.heat}

    @property
    def entropy_production(self) -> float:
        return self.heat * (1 / self.cold - 1 / self.hot)
