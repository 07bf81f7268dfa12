r"""Level shifts of a reservoir: principal values that accompany its rates in the half-sided transforms.

.. math:: S_{out}(\omega) = -P\!\int \frac{J(v)\,(1 \pm n(v))}{v - \omega}\,dv, \qquad
          S_{in}(\omega) = -P\!\int \frac{J(v)\,n(v)}{v - \omega}\,dv

The Lamb shift is :math:`\sum_\omega S_{out}(\omega) D_\omega^\dagger D_\omega - S_{in}(\omega) D_\omega
D_\omega^\dagger` over Bohr frequencies of both signs. These are the imaginary parts of gamma_- and gamma_+ of
Accardi & Imafuku (2002), Eq. (20), read with :math:`\omega(k) - \omega - i0` in the denominators of both
first lines (printed with the sign reversed there; the second lines are right).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray
from equipoise.linalg.principal_value import principal_value
from equipoise.reservoirs.closed_forms import drude_bosons, lorentzian_fermions
from equipoise.reservoirs.density import AbstractSpectralDensity
from equipoise.reservoirs.distributions import (
    AbstractDistribution,
    Statistics,
    Thermal,
    require_energy_only,
)
from equipoise.reservoirs.spectral import DrudeLorentz, Lorentzian

SMALLEST_DIGAMMA_ARGUMENT = 0.1
"""beta times the scale of the band below which the digammas cancel, and the quadrature is used."""

LOW_TEMPERATURE = 1e-2
"""Thermal scale, relative to the band's, below which panels are set out for it."""

THERMAL_STEPS = (-64.0, -8.0, -1.0, 1.0, 8.0, 64.0)
"""Places of those panels, in units of T, away from mu and from the band edges; beyond 64 T, n is e^-64."""

UNDERFLOW = 750.0
"""Exponent beyond which e^-x is zero."""

REMEDY = "Only the combined shift is finite there: use `level_shift_difference`."


@dataclass(frozen=True)
class Shifts:
    """The integrals of one pair of distribution and density; methods take one-dimensional arrays."""

    name: str
    distribution: AbstractDistribution
    density: AbstractSpectralDensity

    def outward(self, omega: RealArray) -> RealArray:
        """S_out."""
        if self._is_boson:
            # 1 + n: the occupation-free part is elementary for most densities, and the rest is S_in.
            return self.difference(omega) + self.inward(omega)
        parts = self._fermionic_parts(omega)
        return self._integral(self._emission, omega) if parts is None else -(parts[0] + parts[1]) / 2

    def inward(self, omega: RealArray) -> RealArray:
        """S_in."""
        if self._is_boson and self._is_cold:
            return np.zeros(omega.shape)
        parts = self._fermionic_parts(omega)
        return self._integral(self._absorption, omega) if parts is None else -(parts[0] - parts[1]) / 2

    def difference(self, omega: RealArray) -> RealArray:
        """S_out - S_in."""
        if self._is_boson:
            free = self._free_part(omega)
            return self._integral(self.density, omega) if free is None else -free
        parts = self._fermionic_parts(omega)
        return self._integral(self._emission_less_absorption, omega) if parts is None else -parts[1]

    def symmetric(self, omega: RealArray) -> RealArray:
        """S_out(omega) - S_in(-omega); at omega = 0 the difference."""
        closed = self._bosonic_digamma(omega)
        if closed is not None:
            return closed
        result = np.empty(omega.shape)
        zero = omega == 0
        if zero.any():
            result[zero] = self.difference(np.zeros(1))[0]
        nonzero = omega[~zero]
        if self._is_boson:
            both = self.inward(np.concatenate([nonzero, -nonzero]))
            result[~zero] = self.difference(nonzero) + both[: nonzero.size] - both[nonzero.size :]
        else:
            result[~zero] = self.outward(nonzero) - self.inward(-nonzero)
        return result

    @property
    def _is_boson(self) -> bool:
        return self.distribution.statistics is Statistics.BOSON

    @property
    def _is_cold(self) -> bool:
        return isinstance(self.distribution, Thermal) and self.distribution.inverse_temperature == np.inf

    def _absorption(self, v: RealArray) -> RealArray:
        """J n."""
        return self._times_density(self.distribution.occupation, v)

    def _emission(self, v: RealArray) -> RealArray:
        """J (1 - n)."""
        return self._times_density(lambda u: np.exp(self.distribution.log_complement(u)), v)

    def _emission_less_absorption(self, v: RealArray) -> RealArray:
        """J (1 - 2 n)."""
        return self._times_density(lambda u: np.tanh(np.asarray(self.distribution.exponent(u)) / 2), v)

    def _times_density(self, factor: Callable[[RealArray], RealArray], v: RealArray) -> RealArray:
        values = np.asarray(self.density(v))
        open_ = values > 0  # no occupation is asked where there is no mode
        require_energy_only(self.distribution, v[open_], self.name)
        with np.errstate(over="ignore"):  # an integrand that grows beyond all numbers has no finite integral
            values[open_] *= factor(v[open_])
        return values

    def _integral(self, integrand: Callable[[RealArray], RealArray], omega: RealArray) -> RealArray:
        """-P int integrand/(v - omega) over the band."""
        lower, upper = self.density.support
        lower = max(lower, 0.0) if self._is_boson else lower
        return -principal_value(
            integrand,
            omega,
            lower=lower,
            upper=upper,
            points=self._points(lower, upper),
            what=f"A level shift of reservoir {self.name!r}",
            remedy=REMEDY,
            explore=not (isinstance(self.distribution, Thermal) and self.density.has_known_scales),
        )

    def _points(self, lower: float, upper: float) -> list[float]:
        """Structure of J and n; and where n changes on a much smaller scale, that scale too."""
        levels = self.distribution.structure_points()
        edges = [edge for edge in (lower, upper) if np.isfinite(edge)]
        points = [*self.density.structure_points(), *levels]
        scale = self.distribution.thermal_scale()
        if 0 < scale < LOW_TEMPERATURE * _extent([*points, *edges]):
            # An occupation e^-x that underflows at an edge, or a filled band, has no structure there.
            tails = [edge for edge in edges if any(abs(edge - mu) < UNDERFLOW * scale for mu in levels)]
            points += [point + step * scale for point in (*levels, *tails) for step in THERMAL_STEPS]
        return points

    def _free_part(self, omega: RealArray) -> RealArray | None:
        """P int J/(v - omega) in closed form; None where unknown, or where bosons cut the support."""
        if self._is_boson and self.density.support[0] < 0:
            return None
        return self.density.principal_value(omega)

    def _fermionic_parts(self, omega: RealArray) -> tuple[RealArray, RealArray] | None:
        """P int J/(v - omega), P int J (1 - 2n)/(v - omega) for thermal fermions in a Lorentzian band."""
        thermal, band = self.distribution, self.density
        if self._is_boson or not isinstance(thermal, Thermal) or not isinstance(band, Lorentzian):
            return None
        beta, mu = thermal.inverse_temperature, thermal.chemical_potential
        scale = max(band.half_width, abs(band.centre - mu))
        if abs(beta) * scale < SMALLEST_DIGAMMA_ARGUMENT or (np.isinf(beta) and mu in omega):
            return None
        free = band.principal_value(omega)
        tanh = lorentzian_fermions(omega, band.centre, band.half_width, abs(beta), mu)
        return free, np.sign(beta) * band.rate / (2 * np.pi) * tanh

    def _bosonic_digamma(self, omega: RealArray) -> RealArray | None:
        """S_out(omega) - S_in(-omega) for thermal bosons with a Drude-Lorentz density."""
        thermal, bath = self.distribution, self.density
        if not isinstance(bath, DrudeLorentz) or not isinstance(thermal, Thermal) or not self._is_boson:
            return None
        if self._is_cold or thermal.chemical_potential != 0:
            return None
        prefactor = 2 * bath.reorganisation_energy / np.pi
        return prefactor * drude_bosons(omega, bath.cutoff, thermal.inverse_temperature)


def _extent(points: list[float]) -> float:
    """Scale of a set of frequencies: their spread, or their size."""
    return float(max(np.ptp(points), np.max(np.abs(points)))) if points else 0.0
