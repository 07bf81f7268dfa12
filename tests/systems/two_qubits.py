"""Two resonant qubits, each with its reservoir: two independent modes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import Generator, Ohmic, Reservoir, Verdict, bose_einstein, weak_coupling
from equipoise.systems import models
from systems.formulas import bose, ohmic_rate


@dataclass(frozen=True)
class TwoQubits:
    """Modes (q_1 +- q_2) / sqrt 2 at frequency +- coupling, each with half of both reservoirs' rates.

    Every transition flips one mode and leaves the other; both transitions of a mode have the same frequency and the
    same elements, so the modes are independent and the stationary state is a product.
    """

    frequency: float = 1.0
    coupling: float = 0.25
    hot: float = 2.0
    cold: float = 0.5
    hot_coupling: float = 0.01
    cold_coupling: float = 0.015
    cutoff: float = 10.0

    def generator(self) -> Generator:
        hot = Reservoir("hot", bose_einstein(temperature=self.hot), Ohmic(self.hot_coupling, self.cutoff))
        cold = Reservoir("cold", bose_einstein(temperature=self.cold), Ohmic(self.cold_coupling, self.cutoff))
        system = models.two_coupled_qubits(self.frequency, self.coupling, [hot, cold])
        return weak_coupling(system, lamb_shift=False)

    @property
    def verdict(self) -> Verdict:
        # Heat flows through each mode, and on each transition of a mode what one reservoir puts in the other takes.
        return Verdict.EQUILIBRIUM if self.hot == self.cold else Verdict.BALANCED_BETWEEN_UNEQUAL

    def _modes(self) -> list[tuple[float, list[float], list[float]]]:
        modes = []
        for omega in (self.frequency - self.coupling, self.frequency + self.coupling):
            gamma = [ohmic_rate(omega, c, self.cutoff) / 2 for c in (self.hot_coupling, self.cold_coupling)]
            modes.append((omega, gamma, [bose(omega, T) for T in (self.hot, self.cold)]))
        return modes

    @property
    def populations(self) -> np.ndarray:
        low, high = (
            np.array([sum(g * (1 + m) for g, m in zip(gamma, n, strict=True)), np.dot(gamma, n)])
            / sum(g * (1 + 2 * m) for g, m in zip(gamma, n, strict=True))
            for _, gamma, n in self._modes()
        )
        # Energies 0, omega - g, omega + g, 2 omega above the ground state.
        return np.array([low[0] * high[0], low[1] * high[0], low[0] * high[1], low[1] * high[1]])

    def _flows(self) -> list[tuple[float, float]]:
        """(frequency, quanta per time from hot to cold) of each mode."""
        return [
            (omega, g_h * g_c * (n_h - n_c) / (g_h * (1 + 2 * n_h) + g_c * (1 + 2 * n_c)))
            for omega, (g_h, g_c), (n_h, n_c) in self._modes()
        ]

    @property
    def particle_currents(self) -> dict[str, float]:
        quanta = sum(flow for _, flow in self._flows())
        return {"hot": quanta, "cold": -quanta}

    @property
    def energy_currents(self) -> dict[str, float]:
        heat = sum(omega * flow for omega, flow in self._flows())
        return {"hot": heat, "cold": -heat}

    @property
    def entropy_production(self) -> float:
        return self.energy_currents["hot"] * (1 / self.cold - 1 / self.hot)
