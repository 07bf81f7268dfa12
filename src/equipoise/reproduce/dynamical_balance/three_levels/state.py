r"""Three levels in one or more fields, in closed form and for millions of points at once.

Everything stationary is a ratio of spanning trees: nine products of two rates, all positive. Work is done in chunks
that fit in cache, so a sweep needs little more memory than its result.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from equipoise._checks import NumericalError, RealArray
from equipoise._printed import amount, amounts, described
from equipoise.reproduce.dynamical_balance.three_levels.rates import ThreeLevelRates, at, points
from equipoise.reproduce.dynamical_balance.three_levels.spanning_trees import solve

_CHUNK = 8192
"""Points treated at a time: the work arrays of two reservoirs stay in the second-level cache."""


@dataclass(frozen=True, eq=False)
class ThreeLevelState:
    """Stationary state of three levels with its currents, all positive into the system.

    Parameters
    ----------
    rates : ThreeLevelRates
    log_populations : RealArray, shape (..., 3)
    currents : RealArray, shape (..., R, 3)
        Net quanta per time that each reservoir gives on the transitions 21, 31, 32: the net probability current up the
        transition.
    conversion : RealArray, shape (...)
        Net rate of the cycle 1 -> 3 -> 2 -> 1: quanta `e_3 - e_1` of the fields that become two, `e_2 - e_1` and
        `e_3 - e_2`, per time; negative for two that become one.
    """

    rates: ThreeLevelRates
    log_populations: RealArray
    currents: RealArray
    conversion: RealArray

    @property
    def populations(self) -> RealArray:
        """Populations, shape (..., 3)."""
        return np.asarray(np.exp(self.log_populations))

    @property
    def particle_currents(self) -> RealArray:
        """Quanta that each reservoir gives per time, shape (..., R)."""
        return np.asarray(self.currents.sum(axis=-1))

    @property
    def energy_currents(self) -> RealArray:
        """Energy that each reservoir gives per time, shape (..., R); the heat where mu = 0."""
        gaps = self.rates.gaps[..., None, :]
        # Three terms one by one: a sum over a short last axis is many times slower.
        return np.asarray(sum(gaps[..., t] * self.currents[..., t] for t in range(3)))

    def __repr__(self) -> str:
        if self.rates.batch:
            return f"stationary state of three levels at {points(self.rates)}"
        return described(
            "stationary state of three levels",
            ("populations", amounts(self.populations)),
            ("quanta given by each reservoir", amounts(self.particle_currents)),
            ("energy given by each reservoir", amounts(self.energy_currents)),
            ("conversion, one quantum to two", amount(float(self.conversion))),
        )


def three_level_state(rates: ThreeLevelRates) -> ThreeLevelState:
    r"""Stationary populations and every microcurrent, in closed form and without a subtraction.

    .. math::
        \rho_1 &\propto \Gamma_-(21)\Gamma_-(31) + \Gamma_-(21)\Gamma_-(32) + \Gamma_-(31)\Gamma_+(32), \\
        \rho_2 &\propto \Gamma_+(21)\Gamma_-(31) + \Gamma_+(21)\Gamma_-(32) + \Gamma_+(31)\Gamma_-(32), \\
        \rho_3 &\propto \Gamma_+(31)\Gamma_-(21) + \Gamma_+(31)\Gamma_+(32) + \Gamma_+(21)\Gamma_+(32),

    with norm c, their sum. For one field the currents up 21, 31 and 32 are -J, J, -J with

    .. math::
        J = \Gamma_+(31)\Gamma_-(32)\Gamma_-(21)\,(1 - e^{-\delta})/c;

    for several, those of reservoir r are sums of terms :math:`\Gamma\Gamma\Gamma(1 - e^{-a})/c`, one for each cycle and
    each pair of reservoirs on a transition, so a current near its zero keeps the digits of its affinity a.
    Currents are positive into the system (net up the transition), the opposite of the paper's.

    Raises
    ------
    NumericalError
        If the stationary state is not unique; the message names the point.

    References
    ----------
    Accardi & Imafuku (2002), (105), (109), corrected: (109a) lacks the factor :math:`8\pi^3/c`, c of (104c).

    Examples
    --------
    A field whose quanta of 3-1 are the hottest splits them into two:

    >>> from equipoise.reproduce.dynamical_balance.three_levels.rates import three_level_rates
    >>> field = three_level_rates([0.0, 1.0, 2.5], [[0.1, 0.1, 0.1]], [[1.0, 0.5, 1.0]])
    >>> bool(field.affinity() > 0), bool(three_level_state(field).conversion > 0)
    (True, True)
    """
    batch, R = rates.batch or (1,), rates.reservoirs
    x = np.broadcast_to(rates.exponents, (*batch, R, 3))
    logs = rates.log_strengths
    same_for_all = logs.ndim == 2
    logs = np.broadcast_to(logs, (R, 3))[..., None] if same_for_all else np.broadcast_to(logs, (*batch, R, 3))
    log_p, J, C = np.empty((3, *batch)), np.empty((R, 3, *batch)), np.empty(batch)
    step = max(1, _CHUNK // max(1, prod(batch[1:])))
    for rows in (slice(start, min(start + step, batch[0])) for start in range(0, batch[0], step)):
        strengths = logs if same_for_all else _batch_last(logs[rows])
        parts = solve(strengths, _batch_last(x[rows]), rates.statistics)
        log_p[:, rows], J[:, :, rows], C[rows] = (part.reshape((*part.shape[:-1], -1, *batch[1:])) for part in parts)
        if np.isnan(log_p[0, rows]).any():
            index = np.argwhere(np.isnan(log_p[0, rows]))[0] + [rows.start, *(0 for _ in batch[1:])]
            raise NumericalError(
                f"The stationary state of the three levels is not unique{at(index.tolist() if rates.batch else ())}: "
                "too few transitions are open. Open another transition, or use stationary_states(generator)."
            )
    log_p, J, C = (a.reshape((*a.shape[: a.ndim - len(batch)], *rates.batch)) for a in (log_p, J, C))
    return ThreeLevelState(rates, np.moveaxis(log_p, 0, -1), np.moveaxis(J, (0, 1), (-2, -1)), C)


def _batch_last(table: RealArray) -> RealArray:
    moved = np.moveaxis(table, (-2, -1), (0, 1))
    return np.ascontiguousarray(moved).reshape(*moved.shape[:2], -1)
