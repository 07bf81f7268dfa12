"""The interface of spectral densities: values, support, low-frequency limit, hints to quadratures."""

from __future__ import annotations

import abc
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, RealArray
from equipoise.reservoirs.distributions import _frequencies

SLOPE_EXPONENT_TOLERANCE = 1e-3
"""A power law |p| of J/omega below this is read as a finite limit."""


class AbstractSpectralDensity(abc.ABC):
    """Spectral density J(omega) >= 0 of a reservoir: zero outside its support, called like a function.

    A bosonic reservoir uses only omega > 0, whatever the support.
    """

    has_known_scales: ClassVar[bool] = False
    """Whether the support and the structure points tell all scales on which J changes."""

    @property
    @abc.abstractmethod
    def support(self) -> tuple[float, float]:
        """Band edges (lower, upper), possibly infinite."""

    @abc.abstractmethod
    def _evaluate(self, omega: RealArray) -> RealArray:
        """J at frequencies inside the support (one-dimensional array)."""

    def __call__(self, omega: ArrayLike) -> RealArray:
        """Return J(omega), in the shape of `omega`.

        Raises
        ------
        InputError
            If J is negative, infinite or NaN at one of the frequencies, which is named.
        """
        points = _frequencies(omega)
        lower, upper = self.support
        inside = (points >= lower) & (points <= upper)
        values = np.zeros(points.shape)
        if inside.any():
            values[inside] = self._checked(points[inside])
        return values[()]

    def low_frequency_slope(self) -> float:
        r"""Return :math:`\lim_{\omega\to 0^+} J/\omega`: 0, finite, or inf; it fixes the pure dephasing."""
        return slope_from_samples(self)

    def structure_points(self) -> tuple[float, ...]:
        """Return the frequencies near which J changes, for quadratures (band edges excluded)."""
        return ()

    def principal_value(self, omega: RealArray) -> RealArray | None:
        r"""Return :math:`P\!\int J(v)/(v - \omega)\,dv` over the support, None where no form is known."""
        return None

    def _checked(self, points: RealArray) -> RealArray:
        with np.errstate(all="ignore"):
            values = np.asarray(self._evaluate(points), dtype=float)
        bad = ~np.isfinite(values) | (values < 0)
        if bad.any():
            index = int(np.argmax(bad))
            kind = "negative" if values[index] < 0 else "NaN" if np.isnan(values[index]) else "infinite"
            raise InputError(
                f"The spectral density is {kind} at omega = {points[index]:.6g}: J = {values[index]:.6g}. "
                f"It must be finite and >= 0 at every frequency that is needed; it came from {self!r}."
            )
        return values


def slope_from_samples(density: AbstractSpectralDensity, small: float = 1e-60, ratio: float = 1e-20) -> float:
    """lim J/omega from its local power law at two frequencies far below every scale of the problem."""
    points = np.array([small, small * ratio])
    values = np.asarray(density(points))
    if values[0] == 0 or values[1] == 0:
        return 0.0
    slopes = values / points
    power = float(np.log(slopes[0] / slopes[1]) / np.log(points[0] / points[1]))
    if abs(power) <= SLOPE_EXPONENT_TOLERANCE:
        return float(slopes[1])
    return 0.0 if power > 0 else np.inf
