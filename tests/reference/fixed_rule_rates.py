r"""Transition rates of a target in a dilute gas.

.. math::
    a_{kl} = \int_{\max(0,\epsilon_k-\epsilon_l)}^\infty \frac{de}{2\pi}
             \sum_{\alpha'\alpha} |T_{k\alpha',l\alpha}(e+\epsilon_l)|^2 f_\alpha(e)

for l -> k: particles of kinetic energy e arrive in the wave alpha :math:`f\,de/2\pi` times per unit of time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray, require
from equipoise.scattering.gas import Gas
from equipoise.scattering.interaction import AbstractInteraction
from equipoise.scattering.shell import EnergyShell
from equipoise.scattering.target import Target

NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


@dataclass(frozen=True, eq=False)
class ScatteringRates:
    """Rates between the states of the energy basis, as logarithms.

    Parameters
    ----------
    target : Target
    gas : Gas
    log_rates : RealArray, shape (d, d)
        `log a_kl`, [k, l] for l -> k; -inf where there is none. The diagonal holds the rates of elastic collisions,
        which dephase.
    relative_error : RealArray, shape (d, d)
        Estimate of the relative error of each rate.
    energies : int
        Number of energies at which the T-matrix was computed.
    """

    target: Target
    gas: Gas
    log_rates: RealArray
    relative_error: RealArray
    energies: int

    @property
    def log_balance_ratio(self) -> RealArray:
        r"""`log I(k, l)`, shape (d, d): zero where detailed balance holds between k and l.

        :math:`a_{kl} e^{-\beta\epsilon_l} = a_{lk} e^{-\beta\epsilon_k} I(k,l)`; zero too where neither rate exists.

        Raises
        ------
        InputError
            If the gas is not thermal.
        """
        beta = self.gas.inverse_temperature
        require(beta is not None, "gas", "be thermal for a balance ratio", f"{self.gas.name!r} has no temperature")
        assert beta is not None
        energies = self.target.spectrum.state_energies
        absent = np.isneginf(self.log_rates) & np.isneginf(self.log_rates.T)
        with np.errstate(invalid="ignore"):
            log_ratio = self.log_rates - self.log_rates.T + beta * (energies[:, None] - energies[None, :])
        return np.asarray(np.where(absent, 0.0, log_ratio))


def scattering_rates(target: Target, gas: Gas, *, tolerance: float = 1e-12) -> ScatteringRates:
    """Rates of the collisions of one gas with a target.

    Parameters
    ----------
    target : Target
    gas : Gas
    tolerance : float
        Relative, for each rate.
    """
    spectrum = target.spectrum
    energies = spectrum.state_energies
    rates = np.zeros((spectrum.dimension,) * 2)
    count = 0
    for weight, part in target.interaction.parts():
        for state, excess, measure in _segments(spectrum.levels, energies, gas.energy_scale()):
            kinetic = excess[:, None] + (energies[state] - energies)[None, :]
            rates += weight * _sum(part, EnergyShell(spectrum, gas.mass, kinetic), gas, measure)
            count += excess.size
    with np.errstate(divide="ignore"):
        return ScatteringRates(target, gas, np.log(rates), np.zeros(rates.shape), count)


def _sum(part: AbstractInteraction, shell: EnergyShell, gas: Gas, measure: RealArray) -> RealArray:
    squared = np.abs(part.transition_matrix(shell)) ** 2
    arriving = np.exp(gas.log_occupation(np.where(shell.is_open, shell.kinetic, np.inf), part.waves))
    return np.asarray(np.einsum("n,nakbl,nlb->kl", measure / (2 * np.pi), squared, arriving, optimize=True))


def _segments(levels: RealArray, energies: RealArray, scale: float) -> list[tuple[int, RealArray, RealArray]]:
    found = []
    for m, level in enumerate(levels):
        state = int(np.argmax(energies == level))
        if m + 1 < levels.size:
            angle = 0.25 * np.pi * (NODES + 1)
            width = levels[m + 1] - level
            found.append((state, width * np.sin(angle) ** 2, 0.25 * np.pi * width * np.sin(2 * angle) * WEIGHTS))
        else:
            x = 0.5 * (NODES + 1) * np.sqrt(45 * scale)
            found.append((state, x**2, 2 * x * 0.5 * np.sqrt(45 * scale) * WEIGHTS))
    return found
