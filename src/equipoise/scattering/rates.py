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
from equipoise.scattering._occupation import ThermalOccupation
from equipoise.scattering._panels import Thresholds
from equipoise.scattering._quadrature import first_panels, integrate
from equipoise.scattering.gas import Gas
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
    target.interaction.require_coverage(gas, spectrum)
    d = spectrum.dimension
    log_rates, errors, count = np.full((d, d), -np.inf), np.zeros((d, d)), 0
    for weight, part in target.interaction.parts():
        occupation = _occupation(gas, spectrum, part)
        thresholds = Thresholds(spectrum)
        panels = first_panels(thresholds, gas.energy_scale(), [])
        found = integrate(part, occupation, panels, tolerance)
        with np.errstate(divide="ignore"):
            log_rates = np.logaddexp(log_rates, np.log(weight * found.values) + occupation.log_reference)
        errors = found.errors / found.values
        count += found.energies
    return ScatteringRates(target, gas, log_rates, errors, count)


def _occupation(gas, spectrum, part):
    if gas.inverse_temperature is not None:
        return ThermalOccupation(gas, spectrum, part.waves)
