"""Quantum splitter: three levels in one field whose temperature depends on frequency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import Generator, Ohmic, Reservoir, Verdict, weak_coupling
from equipoise.reservoirs import LocalTemperature, Statistics
from equipoise.systems import models
from systems.formulas import bose, ohmic_rate, ring_populations


@dataclass(frozen=True)
class QuantumSplitter:
    """Cold everywhere but in a Lorentzian band of half-width `width` around the largest gap."""

    energies: tuple[float, float, float] = (0.0, 2.0, 5.0)
    cold: float = 1.0
    hot: float = 4.0
    width: float = 1.0
    coupling: float = 0.001
    cutoff: float = 50.0
    amplitudes: tuple[complex, complex, complex] = (1.0, 1.0, 1.0)
    name: str = "field"

    def beta(self, omega: float) -> float:
        detuning = (omega - (self.energies[2] - self.energies[0])) / self.width
        return 1 / self.cold - (1 / self.cold - 1 / self.hot) / (1 + detuning**2)

    def generator(self) -> Generator:
        field = Reservoir(self.name, LocalTemperature(Statistics.BOSON, self.beta), Ohmic(self.coupling, self.cutoff))
        return weak_coupling(models.three_levels(self.energies, [(field, self.amplitudes)]), lamb_shift=False)

    @property
    def verdict(self) -> Verdict:
        return Verdict.NON_EQUILIBRIUM

    @property
    def gaps(self) -> tuple[float, float, float]:
        """Of the transitions 21, 31, 32."""
        e1, e2, e3 = self.energies
        return e2 - e1, e3 - e1, e3 - e2

    @property
    def sides(self) -> list[tuple[float, float]]:
        """Rates (up, down) of the transitions 21, 31, 32."""
        rates = []
        for gap, amplitude in zip(self.gaps, self.amplitudes, strict=True):
            gamma, n = ohmic_rate(gap, self.coupling, self.cutoff) * abs(amplitude) ** 2, bose(gap, 1 / self.beta(gap))
            rates.append((gamma * n, gamma * (1 + n)))
        return rates

    @property
    def populations(self) -> np.ndarray:
        (up21, down21), (up31, down31), (up32, down32) = self.sides
        return ring_populations([up21, up32, down31], [down21, down32, up31])

    @property
    def delta(self) -> float:
        x21, x31, x32 = (self.beta(gap) * gap for gap in self.gaps)
        return x21 - x31 + x32

    @property
    def conversion(self) -> float:
        """Quanta e_3 - e_1 split into two, per time."""
        p1, _, p3 = self.populations
        up31, down31 = self.sides[1]
        # From the populations, so that the closed form of the current has a check beside it; cancels at small delta.
        return float(up31 * p1 - down31 * p3)

    @property
    def particle_currents(self) -> dict[str, float]:
        # One quantum is taken from the field, two are given to it.
        return {self.name: -self.conversion}

    @property
    def energy_currents(self) -> dict[str, float]:
        return {self.name: 0.0}

    @property
    def entropy_production(self) -> float:
        return self.conversion * self.delta
