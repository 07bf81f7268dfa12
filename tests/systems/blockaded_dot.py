"""Two dots in series that hold one electron at most: two orbitals that the empty state connects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import Coupling, Generator, OpenSystem, Reservoir, Verdict, fermi_dirac, weak_coupling
from equipoise.reservoirs import Flat
from systems.double_dot import DoubleDot
from systems.formulas import fermi


@dataclass(frozen=True)
class BlockadedDot:
    """`DoubleDot` at infinite U: p_k / p_0 = (sum of rates in) / (sum of rates out) for each orbital k."""

    energies: tuple[float, float] = (0.10, 0.06)
    tunnelling: float = 0.05
    rates: tuple[float, float] = (0.002, 0.002)
    temperatures: tuple[float, float] = (0.1, 0.1)
    potentials: tuple[float, float] = (0.25, -0.15)
    half_band: float = 10.0

    def generator(self) -> Generator:
        H = np.zeros((3, 3))
        H[1:, 1:] = [[self.energies[0], self.tunnelling], [self.tunnelling, self.energies[1]]]
        couplings = []
        for dot, name in enumerate(("left", "right")):
            distribution = fermi_dirac(temperature=self.temperatures[dot], chemical_potential=self.potentials[dot])
            band = Flat(self.rates[dot], -self.half_band, self.half_band)
            D = np.zeros((3, 3))
            D[0, dot + 1] = 1.0
            couplings.append(Coupling(Reservoir(name, distribution, band), D))
        return weak_coupling(OpenSystem(H, tuple(couplings), np.diag([0.0, 1.0, 1.0])), lamb_shift=False)

    @property
    def verdict(self) -> Verdict:
        # A star has no cycle: what one lead brings into an orbital the other takes out.
        equal = self.temperatures[0] == self.temperatures[1] and self.potentials[0] == self.potentials[1]
        return Verdict.EQUILIBRIUM if equal else Verdict.BALANCED_BETWEEN_UNEQUAL

    def _orbitals(self) -> list[tuple[float, list[tuple[float, float]]]]:
        """Energy of '-' and '+', each with (in, out) of left and right."""
        found = []
        for energy, *weights in DoubleDot(self.energies, self.tunnelling).orbitals:
            leads = zip(self.rates, weights, self.temperatures, self.potentials, strict=True)
            pairs = [(g * w * fermi(energy, T, mu), g * w * fermi(-energy, T, -mu)) for g, w, T, mu in leads]
            found.append((energy, pairs))
        return found

    def _weights(self) -> np.ndarray:
        """Populations of empty, '-', '+'."""
        ratios = [sum(i for i, _ in pairs) / sum(o for _, o in pairs) for _, pairs in self._orbitals()]
        return np.array([1.0, *ratios]) / (1.0 + sum(ratios))

    @property
    def populations(self) -> np.ndarray:
        return self._weights()[np.argsort([0.0, *(energy for energy, _ in self._orbitals())])]

    def _flows(self) -> list[tuple[float, float]]:
        """(energy, electrons per time from left to right) of each orbital."""
        empty = self._weights()[0]
        # in_L p_0 - out_L p_k with p_k inserted: (in_L out_R - out_L in_R) p_0 / (out_L + out_R).
        return [
            (energy, empty * (in_l * out_r - out_l * in_r) / (out_l + out_r))
            for energy, ((in_l, out_l), (in_r, out_r)) in self._orbitals()
        ]

    @property
    def particle_currents(self) -> dict[str, float]:
        J = sum(flow for _, flow in self._flows())
        return {"left": J, "right": -J}

    @property
    def energy_currents(self) -> dict[str, float]:
        J = sum(energy * flow for energy, flow in self._flows())
        return {"left": J, "right": -J}

    @property
    def entropy_production(self) -> float:
        leads = zip(("left", "right"), self.temperatures, self.potentials, strict=True)
        J_N, J_E = self.particle_currents, self.energy_currents
        return -sum((J_E[name] - mu * J_N[name]) / T for name, T, mu in leads)
