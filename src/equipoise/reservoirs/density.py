"""The interface of spectral densities: values, support, low-frequency limit, hints to quadratures."""

from __future__ import annotations

import abc
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, RealArray
from equipoise.linalg.limit_at_zero import limit_at_zero
from equipoise.reservoirs.distributions import _frequencies


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
        lower, upper = self.support
        if lower > 0 or upper <= 0:
            return 0.0
        return limit_at_zero(lambda v: self(v) / v, f"The slope J/omega of {self!r}").value

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
