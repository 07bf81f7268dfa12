"""Two levels in one or more bosonic reservoirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import (
    Coupling,
    Generator,
    Ohmic,
    OpenSystem,
    Reservoir,
    Verdict,
    bose_einstein,
    weak_coupling,
)
from systems.formulas import bose, ohmic_rate


@dataclass(frozen=True)
class DampedQubit:
    """Excited population sum g n / sum g (1 + 2 n)."""

    frequency: float = 1.3
    temperatures: tuple[float, ...] = (0.7,)
    couplings: tuple[float, ...] = (0.01,)
    cutoff: float = 10.0

    def generator(self) -> Generator:
        flip = [[0.0, 1.0], [1.0, 0.0]]
        couplings = [
            Coupling(Reservoir(f"bath {k}", bose_einstein(temperature=T), Ohmic(c, self.cutoff)), flip)
            for k, (T, c) in enumerate(zip(self.temperatures, self.couplings, strict=True))
        ]
        return weak_coupling(OpenSystem([0.0, self.frequency], tuple(couplings)), lamb_shift=False)

    @property
    def verdict(self) -> Verdict:
        one = len(set(self.temperatures)) == 1
        # All flow on one transition, from one reservoir to the other: the sum over reservoirs vanishes on it.
        return Verdict.EQUILIBRIUM if one else Verdict.BALANCED_BETWEEN_UNEQUAL

    @property
    def rates(self) -> list[tuple[float, float]]:
        """(up, down) of each reservoir."""
        pairs = []
        for T, c in zip(self.temperatures, self.couplings, strict=True):
            gamma, n = ohmic_rate(self.frequency, c, self.cutoff), bose(self.frequency, T)
            pairs.append((gamma * n, gamma * (1 + n)))
        return pairs

    @property
    def relaxation_rate(self) -> float:
        """1 / T1; the coherence decays at half of it."""
        return sum(up + down for up, down in self.rates)

    @property
    def populations(self) -> np.ndarray:
        up, down = (sum(column) for column in zip(*self.rates, strict=True))
        return np.array([down, up]) / (up + down)

    @property
    def particle_currents(self) -> dict[str, float]:
        total = self.relaxation_rate
        # up_k p_0 - down_k p_1 with p inserted: the reservoir's own terms cancel on paper.
        return {
            f"bath {k}": sum(up * d - down * u for u, d in self.rates) / total
            for k, (up, down) in enumerate(self.rates)
        }

    @property
    def energy_currents(self) -> dict[str, float]:
        return {name: self.frequency * flow for name, flow in self.particle_currents.items()}

    @property
    def entropy_production(self) -> float:
        flows = self.energy_currents.values()
        return -sum(J / T for J, T in zip(flows, self.temperatures, strict=True) if T > 0)
