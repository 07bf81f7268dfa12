"""Two dots in series between two leads: one electron in two eigenlevels, or two at the price U."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import Generator, Reservoir, Verdict, fermi_dirac, weak_coupling
from equipoise.reservoirs import Flat
from equipoise.systems import models
from systems.formulas import fermi, ring_populations


@dataclass(frozen=True)
class DoubleDot:
    """Levels: empty, bonding '-', antibonding '+', both; these four form a square of transitions."""

    energies: tuple[float, float] = (0.1, -0.2)
    tunnelling: complex = 0.4
    interaction: float = 5.0
    rates: tuple[float, float] = (0.02, 0.03)
    temperatures: tuple[float, float] = (0.3, 0.3)
    potentials: tuple[float, float] = (1.0, -1.0)

    def generator(self) -> Generator:
        left, right = (
            Reservoir(name, fermi_dirac(temperature=T, chemical_potential=mu), Flat(rate))
            for name, T, mu, rate in zip(("left", "right"), self.temperatures, self.potentials, self.rates, strict=True)
        )
        system = models.double_dot(self.energies, self.tunnelling, self.interaction, left, right)
        return weak_coupling(system, lamb_shift=False)

    @property
    def verdict(self) -> Verdict:
        equal = self.temperatures[0] == self.temperatures[1] and self.potentials[0] == self.potentials[1]
        if equal:
            return Verdict.EQUILIBRIUM
        # Without repulsion each orbital is a level of its own: no transition carries a net flow of both leads.
        return Verdict.NON_EQUILIBRIUM if self.interaction else Verdict.BALANCED_BETWEEN_UNEQUAL

    @property
    def orbitals(self) -> list[tuple[float, float, float]]:
        """Energy of '-' and '+', and the weight of each on the left and on the right dot."""
        mean, half = sum(self.energies) / 2, (self.energies[0] - self.energies[1]) / 2
        root = float(np.hypot(half, abs(self.tunnelling)))
        # |<left|+>|^2 = cos^2 of half the angle between the detuning and the tunnelling axis.
        on_left = 0.5 * (1 + half / root)
        return [(mean - root, 1 - on_left, on_left), (mean + root, on_left, 1 - on_left)]

    @property
    def edges(self) -> list[tuple[float, list[tuple[float, float]]]]:
        """Energy of the electron that enters, and (in, out) of each lead, for 0-'-', '-'-2, '+'-2, 0-'+'."""
        (e_minus, l_minus, r_minus), (e_plus, l_plus, r_plus) = self.orbitals
        U = self.interaction
        # The second electron goes where the first is not: next to '-' it fills the orbital '+', at e_plus + U.
        entering = [
            (e_minus, (l_minus, r_minus)),
            (e_plus + U, (l_plus, r_plus)),
            (e_minus + U, (l_minus, r_minus)),
            (e_plus, (l_plus, r_plus)),
        ]
        found = []
        for energy, weights in entering:
            both = []
            for gamma, weight, T, mu in zip(self.rates, weights, self.temperatures, self.potentials, strict=True):
                # 1 - f(E - mu) = f(mu - E), without subtraction.
                both.append((gamma * weight * fermi(energy, T, mu), gamma * weight * fermi(-energy, T, -mu)))
            found.append((energy, both))
        return found

    @property
    def square(self) -> np.ndarray:
        """Populations of empty, '-', both, '+'."""
        enter = [sum(i for i, _ in both) for _, both in self.edges]
        leave = [sum(o for _, o in both) for _, both in self.edges]
        # Around the square: 0 -> '-' -> 2 -> '+' -> 0.
        return ring_populations([enter[0], enter[1], leave[2], leave[3]], [leave[0], leave[1], enter[2], enter[3]])

    @property
    def populations(self) -> np.ndarray:
        (e_minus, *_), (e_plus, *_) = self.orbitals
        order = np.argsort([0.0, e_minus, e_minus + e_plus + self.interaction, e_plus])
        return self.square[order]

    def _flows(self) -> list[tuple[float, float, float]]:
        """(energy, from left, from right) of the net electrons that enter on each edge."""
        empty, minus, both, plus = self.square
        ends = [(empty, minus), (minus, both), (plus, both), (empty, plus)]
        return [
            (energy, *(i * before - o * after for i, o in leads))
            for (energy, leads), (before, after) in zip(self.edges, ends, strict=True)
        ]

    @property
    def particle_currents(self) -> dict[str, float]:
        return {name: sum(flow[k + 1] for flow in self._flows()) for k, name in enumerate(("left", "right"))}

    @property
    def energy_currents(self) -> dict[str, float]:
        return {name: sum(flow[0] * flow[k + 1] for flow in self._flows()) for k, name in enumerate(("left", "right"))}

    @property
    def entropy_production(self) -> float:
        J_N, J_E = self.particle_currents, self.energy_currents
        return -sum(
            (J_E[name] - mu * J_N[name]) / T
            for name, T, mu in zip(("left", "right"), self.temperatures, self.potentials, strict=True)
        )

    @property
    def free_current(self) -> float:
        """At U = 0 the two orbitals conduct independently: sum_k g_L g_R / (g_L + g_R) (f_L - f_R)."""
        total = 0.0
        for energy, *weights in self.orbitals:
            gamma_l, gamma_r = (rate * weight for rate, weight in zip(self.rates, weights, strict=True))
            f_l, f_r = (fermi(energy, T, mu) for T, mu in zip(self.temperatures, self.potentials, strict=True))
            total += gamma_l * gamma_r / (gamma_l + gamma_r) * (f_l - f_r)
        return total

    @property
    def blockade_current(self) -> float:
        """T = 0, levels in the window, U above it, no detuning: g_L g_R / (g_R + 2 g_L).

        With x = p_k / p_0 = g_L / g_R for each of the two half-and-half orbitals, p_0 = 1 / (1 + 2 x), and the
        electrons enter at the rate g_L p_0 (two orbitals, half of g_L each).
        """
        gamma_l, gamma_r = self.rates
        return gamma_l * gamma_r / (gamma_r + 2 * gamma_l)
