"""An oscillator of L levels in one or more bosonic reservoirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import Generator, Ohmic, Reservoir, Verdict, bose_einstein, weak_coupling
from equipoise.systems import models
from systems.formulas import bose, ohmic_rate


@dataclass(frozen=True)
class ThermalLadder:
    """p_n = (1 - q) q^n / (1 - q^L), q = sum g n / sum g (1 + n): up- and downward rates share the factor n + 1."""

    levels: int = 12
    frequency: float = 0.8
    temperatures: tuple[float, ...] = (1.0,)
    couplings: tuple[float, ...] = (0.01,)
    cutoff: float = 10.0

    def generator(self) -> Generator:
        baths = [
            Reservoir(f"bath {k}", bose_einstein(temperature=T), Ohmic(c, self.cutoff))
            for k, (T, c) in enumerate(zip(self.temperatures, self.couplings, strict=True))
        ]
        return weak_coupling(models.harmonic_ladder(self.levels, self.frequency, baths), lamb_shift=False)

    @property
    def verdict(self) -> Verdict:
        one = len(set(self.temperatures)) == 1
        # A tree: between any two neighbours the sum over reservoirs vanishes.
        return Verdict.EQUILIBRIUM if one else Verdict.BALANCED_BETWEEN_UNEQUAL

    @property
    def occupations(self) -> list[tuple[float, float]]:
        """(rate g, occupation n) of each reservoir."""
        return [
            (ohmic_rate(self.frequency, c, self.cutoff), bose(self.frequency, T))
            for T, c in zip(self.temperatures, self.couplings, strict=True)
        ]

    @property
    def ratio(self) -> float:
        up = sum(g * n for g, n in self.occupations)
        return up / sum(g * (1 + n) for g, n in self.occupations)

    @property
    def populations(self) -> np.ndarray:
        q = self.ratio
        return (1 - q) * q ** np.arange(self.levels) / (1 - q**self.levels)

    @property
    def particle_currents(self) -> dict[str, float]:
        upward = float(np.arange(1, self.levels) @ self.populations[:-1])
        # n_r - (1 + n_r) q, with q inserted.
        total = sum(g * (1 + n) for g, n in self.occupations)
        return {
            f"bath {k}": gamma * upward * sum(g * (n - m) for g, m in self.occupations) / total
            for k, (gamma, n) in enumerate(self.occupations)
        }

    @property
    def energy_currents(self) -> dict[str, float]:
        return {name: self.frequency * flow for name, flow in self.particle_currents.items()}

    @property
    def entropy_production(self) -> float:
        return -sum(J / T for J, T in zip(self.energy_currents.values(), self.temperatures, strict=True))
