"""Functions of momentum that a user gives: called with care, and normalised to one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from scipy.integrate import IntegrationWarning, quad

from equipoise._checks import InputError, RealArray, UserCodeError, require

NORMALISED = 1e-6
"""Deviation of the integral from one beyond which a distribution is refused."""


def density_at(function: Callable[[RealArray], RealArray], momenta: RealArray) -> RealArray:
    """G at an array of momenta; refuse what is negative, not finite or of another shape, with the momentum."""
    try:
        # An exponential that overflows in a denominator is a zero.
        with np.errstate(over="ignore", under="ignore"):
            values = np.asarray(function(momenta), dtype=float)
    except Exception as error:
        raise UserCodeError(f"The momentum distribution failed at p = {momenta.flat[0]:.6g}: {error}") from error
    bad = ~(np.isfinite(values) & (values >= 0)) if values.shape == momenta.shape else np.ones(momenta.shape, bool)
    if bad.any():
        p = float(momenta[bad][0])
        came = f"got {values[bad][0]} at p = {p:.6g}" if values.shape == momenta.shape else f"has shape {values.shape}"
        raise InputError(
            f"Argument `function` must return G(p) >= 0, finite, in the shape {momenta.shape} of p, but {came}."
        )
    return values


def require_normalised(
    function: Callable[[RealArray], RealArray],
    scale: float,
    structure: Sequence[float],
    measure: Callable[[float], float],
) -> None:
    r"""Refuse G with :math:`\int G(p)\,\mathrm{measure}(p)\,dp` over both signs of p other than one."""

    def integrand(angle: float) -> float:
        p = scale * np.tan(angle)
        return float(density_at(function, np.array([p]))[0] * measure(p) * scale / np.cos(angle) ** 2)

    near = scale * np.append(0.0, 4.0 ** -np.arange(13))
    places = np.unique(np.concatenate([q + np.append(near, -near) for q in (0.0, *structure)]))
    points = np.arctan(places / scale)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IntegrationWarning)
        end = 0.5 * np.pi - 1e-9
        total, error = quad(integrand, -end, end, points=points, limit=2000, epsrel=1e-9)
    require(
        abs(total - 1.0) <= NORMALISED + error,
        "function",
        "be normalised to one",
        f"its integral is {total:.9g}",
        "Divide it by that, or name the momenta where it changes in `structure`.",
    )
