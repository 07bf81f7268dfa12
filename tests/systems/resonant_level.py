"""One fermionic level between two leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import Generator, Reservoir, Verdict, fermi_dirac, weak_coupling
from equipoise.reservoirs import Flat
from equipoise.systems import models
from systems.formulas import fermi


@dataclass(frozen=True)
class ResonantLevel:
    """p = (g_L f_L + g_R f_R) / (g_L + g_R); current g_L g_R / (g_L + g_R) (f_L - f_R)."""

    energy: float = 0.3
    rates: tuple[float, float] = (0.02, 0.05)
    temperatures: tuple[float, float] = (0.5, 0.2)
    potentials: tuple[float, float] = (0.4, -0.1)

    def generator(self) -> Generator:
        leads = [
            (Reservoir(name, fermi_dirac(temperature=T, chemical_potential=mu), Flat(rate)), 0)
            for name, T, mu, rate in zip(("left", "right"), self.temperatures, self.potentials, self.rates, strict=True)
        ]
        return weak_coupling(models.fermionic_dots([self.energy], leads), lamb_shift=False)

    @property
    def verdict(self) -> Verdict:
        x_left, x_right = ((self.energy - mu) / T for T, mu in zip(self.temperatures, self.potentials, strict=True))
        if x_left != x_right:
            return Verdict.BALANCED_BETWEEN_UNEQUAL
        # One transition at which the leads agree: nothing flows although they differ (thermoelectric stall).
        same = self.potentials[0] == self.potentials[1]
        return Verdict.EQUILIBRIUM if same else Verdict.BALANCED_NOT_THERMAL

    @property
    def fillings(self) -> tuple[float, float]:
        left, right = (fermi(self.energy, T, mu) for T, mu in zip(self.temperatures, self.potentials, strict=True))
        return left, right

    @property
    def populations(self) -> np.ndarray:
        filled = float(np.dot(self.rates, self.fillings) / sum(self.rates))
        pair = np.array([1 - filled, filled])
        return pair if self.energy > 0 else pair[::-1]

    @property
    def particle_currents(self) -> dict[str, float]:
        (g_l, g_r), (f_l, f_r) = self.rates, self.fillings
        J = g_l * g_r / (g_l + g_r) * (f_l - f_r)
        return {"left": J, "right": -J}

    @property
    def energy_currents(self) -> dict[str, float]:
        return {name: self.energy * J for name, J in self.particle_currents.items()}

    @property
    def entropy_production(self) -> float:
        return -sum(
            (self.energy - mu) / T * self.particle_currents[name]
            for name, T, mu in zip(("left", "right"), self.temperatures, self.potentials, strict=True)
        )
