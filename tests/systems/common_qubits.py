"""Two resonant qubits that share their reservoirs: a dark singlet, and a triplet that conducts heat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import Coupling, Generator, Ohmic, OpenSystem, Reservoir, bose_einstein, weak_coupling
from systems.formulas import bose, ohmic_rate


@dataclass(frozen=True)
class CommonQubits:
    """Collective dipole sigma_x1 + sigma_x2: elements sqrt 2 on 00 - T - 11, none to the singlet."""

    frequency: float = 5.0
    coupling: float = 0.5
    hot: float = 4.0
    cold: float = 2.0
    hot_coupling: float = 0.001
    cold_coupling: float = 0.001
    cutoff: float = 50.0

    def generator(self) -> Generator:
        omega, g = self.frequency, self.coupling
        H = np.diag([0.0, omega, omega, 2 * omega])
        H[1, 2] = H[2, 1] = g
        D = np.array([[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]])
        baths = (("hot", self.hot, self.hot_coupling), ("cold", self.cold, self.cold_coupling))
        couplings = [
            Coupling(Reservoir(name, bose_einstein(temperature=T), Ohmic(c, self.cutoff)), D) for name, T, c in baths
        ]
        return weak_coupling(OpenSystem(H, tuple(couplings)), lamb_shift=False)

    @property
    def singlet(self) -> np.ndarray:
        """The projector on (10 - 01) / sqrt 2, at omega - g."""
        vector = np.array([0.0, 1.0, -1.0, 0.0]) / np.sqrt(2)
        return np.outer(vector, vector)

    def _steps(self) -> list[tuple[float, list[float], list[float]]]:
        """Gap, rates and occupations (hot, cold) of 00 - T at omega + g and T - 11 at omega - g."""
        return [
            (
                gap,
                [2 * ohmic_rate(gap, c, self.cutoff) for c in (self.hot_coupling, self.cold_coupling)],
                [bose(gap, T) for T in (self.hot, self.cold)],
            )
            for gap in (self.frequency + self.coupling, self.frequency - self.coupling)
        ]

    @property
    def triplet_populations(self) -> np.ndarray:
        """00, T, 11: each step carries no net flow, so p_up / p_down = sum g n / sum g (1 + n)."""
        weights = [1.0]
        for _, gamma, n in self._steps():
            up, down = np.dot(gamma, n), np.dot(gamma, [1 + m for m in n])
            weights.append(weights[-1] * up / down)
        return np.array(weights) / sum(weights)

    @property
    def triplet_heat(self) -> float:
        """Heat per time from hot to cold: sum over steps of gap p_down g_h g_c (n_h - n_c) / sum g (1 + n)."""
        heat = 0.0
        for lower, (gap, (g_h, g_c), (n_h, n_c)) in zip(self.triplet_populations, self._steps(), strict=False):
            heat += gap * lower * g_h * g_c * (n_h - n_c) / (g_h * (1 + n_h) + g_c * (1 + n_c))
        return float(heat)
