"""Spectral densities that a user brings: a table, or any function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, RealArray, finite_real, require
from equipoise.reservoirs._callables import evaluate, finite_vector, require_callable
from equipoise.reservoirs.density import AbstractSpectralDensity


@dataclass(frozen=True, eq=False)
class Tabulated(AbstractSpectralDensity):
    """Density given by a table, interpolated by monotone piecewise cubics (PCHIP), zero outside.

    The interpolant has no extremum that the table lacks, so it is never negative (Fritsch & Carlson, 1980).

    Parameters
    ----------
    frequencies : array_like, shape (n,)
        Strictly increasing, n >= 2.
    values : array_like, shape (n,)
        J there, >= 0.

    Examples
    --------
    >>> float(Tabulated([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])(1.0))
    1.0
    """

    frequencies: ArrayLike
    values: ArrayLike
    has_known_scales = True

    def __post_init__(self) -> None:
        frequencies = finite_vector(self.frequencies, "frequencies")
        values = finite_vector(self.values, "values")
        require(frequencies.size >= 2, "frequencies", "have at least two entries", f"has {frequencies.size}")
        n = frequencies.size
        require(values.size == n, "values", f"have one entry per frequency, {n}", f"has {values.size}")
        step = np.diff(frequencies)
        if np.any(step <= 0):
            i = int(np.argmax(step <= 0))
            raise InputError(
                f"Argument `frequencies` must be strictly increasing, but frequencies[{i + 1}] = "
                f"{frequencies[i + 1]:.6g} follows {frequencies[i]:.6g}. Sort the table, drop repeated rows."
            )
        if np.any(values < 0):
            i = int(np.argmax(values < 0))
            raise InputError(
                f"Argument `values` must be >= 0, but values[{i}] = {values[i]:.6g}: "
                f"spectral density negative at omega = {frequencies[i]:.6g}."
            )
        object.__setattr__(self, "frequencies", frequencies)
        object.__setattr__(self, "values", values)

    @property
    def support(self) -> tuple[float, float]:
        """First and last frequency of the table."""
        frequencies = np.asarray(self.frequencies)
        return float(frequencies[0]), float(frequencies[-1])

    @cached_property
    def _interpolant(self) -> Any:
        from scipy.interpolate import PchipInterpolator

        return PchipInterpolator(np.asarray(self.frequencies), np.asarray(self.values), extrapolate=False)

    def _evaluate(self, omega: RealArray) -> RealArray:
        # A monotone cubic stays between its table values on paper; its evaluation may undershoot 0.
        values = np.asarray(self._interpolant(omega))
        return np.where((values < 0) & (values > -1e-14 * np.max(np.asarray(self.values))), 0.0, values)

    def low_frequency_slope(self) -> float:
        """Return the interpolant's slope at 0+ where J(0) = 0, inf where J(0) > 0, 0 outside the table."""
        lower, upper = self.support
        if not lower <= 0 < upper:
            return 0.0
        if float(self._interpolant(0.0)) > 0:
            return np.inf
        return max(float(self._interpolant.derivative()(0.0)), 0.0)

    def structure_points(self) -> tuple[float, ...]:
        """Return the inner frequencies of the table, where the pieces of the interpolant meet."""
        return tuple(float(point) for point in np.asarray(self.frequencies)[1:-1])


@dataclass(frozen=True)
class CallableDensity(AbstractSpectralDensity):
    """Density given by a function of frequency.

    Parameters
    ----------
    function : callable
        ``J(omega) >= 0``, for an array of frequencies or for one.
    support : (float, float)
        Band edges (lower, upper), possibly infinite: the function is asked only between them.
    structure : sequence of float
        Frequencies near which J has structure, for the quadrature of level shifts. It finds one peak, and
        kinks, by itself, but may miss further peaks that are narrow on the scale of their distance.

    Raises
    ------
    UserCodeError
        If the function raises; the message names the frequency.
    InputError
        If it returns a negative, infinite, NaN or complex value; the message names the frequency.

    Examples
    --------
    >>> float(CallableDensity(lambda omega: omega**2, support=(0.0, 2.0))(1.5))
    2.25
    """

    function: Callable[..., Any]
    support: tuple[float, float] = (0.0, np.inf)
    structure: Sequence[float] = ()

    def __post_init__(self) -> None:
        require_callable(self.function, "function", "J(omega)")
        lower = finite_real(self.support[0], "support[0]", allow_infinite=True)
        upper = finite_real(self.support[1], "support[1]", allow_infinite=True)
        require(lower < upper, "support", "be (lower, upper) with lower < upper", f"got ({lower}, {upper})")
        object.__setattr__(self, "support", (lower, upper))
        points = tuple(finite_real(point, f"structure[{i}]") for i, point in enumerate(self.structure))
        object.__setattr__(self, "structure", points)

    def _evaluate(self, omega: RealArray) -> RealArray:
        return evaluate(self.function, omega, "CallableDensity.function")

    def structure_points(self) -> tuple[float, ...]:
        """Return `structure`."""
        return tuple(self.structure)
