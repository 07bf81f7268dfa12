r"""Population inversion of three levels by a field with a temperature for each energy.

Without the transition 2-1 the levels meet their fields through the top level alone: detailed balance holds for any
temperatures, and :math:`\rho_{22}/\rho_{11}` has a closed form. It is valid for one field, whatever its strengths, or
for one reservoir on each transition. Levels have shape (..., 3) and ascend; `beta_32` and `beta_31` are the inverse
temperatures of the field at the gaps 3-2 and 3-1. All broadcast, so a map takes one call.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import RealArray
from equipoise.reproduce.dynamical_balance.three_levels.rates import ascending


def log_inversion(levels: ArrayLike, beta_32: ArrayLike, beta_31: ArrayLike) -> RealArray:
    r"""Logarithm of :math:`\rho_{22}/\rho_{11}` without the transition 2-1; positive where level 2 is inverted.

    .. math::
        \log\frac{\rho_{22}}{\rho_{11}} = \beta(e_3 - e_2)(e_3 - e_2) - \beta(e_3 - e_1)(e_3 - e_1)

    References
    ----------
    Accardi & Imafuku (2002), (107).

    Examples
    --------
    >>> log_inversion([0.0, 1.0, 3.0], [1.0, 2.0], 1.0)
    array([-1.,  1.])
    """
    e = ascending(levels)
    return np.asarray(np.asarray(beta_32) * (e[..., 2] - e[..., 1]) - np.asarray(beta_31) * (e[..., 2] - e[..., 0]))


def inversion_threshold(levels: ArrayLike, beta_31: ArrayLike) -> RealArray:
    r"""Inverse temperature at the gap 3-2 above which level 2 is inverted.

    .. math::
        \beta(e_3 - e_2) > \frac{e_3 - e_1}{e_3 - e_2}\, \beta(e_3 - e_1)

    References
    ----------
    Accardi & Imafuku (2002), (108), corrected: the numerator is :math:`e_3 - e_1`, not :math:`e_2 - e_1`.

    Examples
    --------
    >>> float(inversion_threshold([0.0, 1.0, 3.0], 1.0))
    1.5
    """
    e = ascending(levels)
    return np.asarray((e[..., 2] - e[..., 0]) / (e[..., 2] - e[..., 1]) * np.asarray(beta_31, dtype=float))
