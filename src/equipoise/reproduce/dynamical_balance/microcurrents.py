"""All microcurrents of a reservoir from those to the ground level, with the condition of that reconstruction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, RealArray, finite_real, require
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.stationary.pairwise import require_pairwise_rates
from equipoise.stationary.sectors import log_rates_of_dissipators

_CURRENTS = "Use thermodynamics.currents, which sums over the paths of a level."

_SLOWEST = -700.0
"""Logarithm of the smallest rate to the ground level by which a current can be divided without overflow."""


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """All microcurrents of a reservoir, from those between each level and the ground level.

    Parameters
    ----------
    microcurrents : RealArray, shape (d, d)
        Net current n -> m, [m, n].
    populations : RealArray, shape (d,)
        That carry these currents; negative if the given currents belong to no state.
    error_per_relative_error : RealArray, shape (d, d)
        `sum_k |dJ[m, n] / dJ_k| |J_k|`: largest error of each microcurrent per unit relative error of the given ones.
    """

    microcurrents: RealArray
    populations: RealArray
    error_per_relative_error: RealArray

    @cached_property
    def condition(self) -> float:
        """Largest relative amplification of an error, in the maximum norm; 1 at least, 0 if no current flows.

        If each given current is wrong by a fraction of at most e, the worst microcurrent is wrong by at most (and
        for some signs of the errors by exactly) `condition * e * max |J|`.
        """
        largest = float(np.abs(self.microcurrents).max(initial=0.0))
        return float(self.error_per_relative_error.max()) / largest if largest > 0 else 0.0


def reconstruct_microcurrents(
    generator: Generator, reservoir: int, currents_to_ground: ArrayLike, ground_population: float | None = None
) -> Reconstruction:
    """Every microcurrent of one reservoir from the sequence of its currents to the ground level.

    With `J_m` the net current m -> 0, each population follows, `p_m = (w[m, 0] p_0 + J_m) / w[0, m]`, and with them
    every microcurrent. The ground population is given, or fixed by `sum p = 1`.

    Parameters
    ----------
    generator, reservoir
        Secular, without degenerate levels; index of one of its dissipators.
    currents_to_ground : array_like, shape (d - 1,)
        Net currents `microcurrents[r, 0, m]` of m = 1 .. d - 1 into the ground level: positive *out* of the system.
    ground_population : float, optional
        `p_0`; by default from `sum p = 1`.

    Raises
    ------
    InputError
        If this reservoir drives no transition from some level to the ground level (names it), or a shape is wrong.

    References
    ----------
    Accardi & Imafuku (2002), (39)-(40): right for n >= 1 with all transitions to the ground level open; the ground
    population follows from the sequence only through `tr rho = 1`.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> generator = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> found = reconstruct_microcurrents(generator, 0, [-1 / 3, 1 / 3])
    >>> round(float(found.microcurrents[2, 1]), 12), np.round(found.populations, 12).tolist()
    (0.333333333333, [0.333333333333, 0.333333333333, 0.333333333333])
    """
    require_generator(generator)
    require_pairwise_rates(generator, _CURRENTS)
    d, count = generator.dimension, len(generator.dissipators)
    require(
        isinstance(reservoir, int | np.integer) and 0 <= reservoir < count,
        "reservoir",
        f"be an index from 0 to {count - 1}",
        f"got {reservoir!r}",
    )
    J = np.asarray(currents_to_ground, dtype=float)
    require(J.shape == (d - 1,), "currents_to_ground", f"have shape ({d - 1},)", f"has shape {J.shape}")
    require(bool(np.isfinite(J).all()), "currents_to_ground", "be finite", f"got {J[~np.isfinite(J)][:1]}")
    log_w = log_rates_of_dissipators(generator)[reservoir]
    _require_open_to_ground(generator, reservoir, log_w)
    # u = rate up / rate down of 0 <-> m, s = 1 / rate down.
    u = np.concatenate([[1.0], np.exp(log_w[1:, 0] - log_w[0, 1:])])
    s = np.concatenate([[0.0], np.exp(-log_w[0, 1:])])
    given = np.concatenate([[0.0], J])
    if ground_population is None:
        p_0 = (1.0 - float(s @ given)) / float(u.sum())
        slope = -s / float(u.sum())
    else:
        p_0, slope = finite_real(ground_population, "ground_population"), np.zeros(d)
    populations = u * p_0 + s * given
    w = np.exp(log_w)
    flow = w * populations[None, :]
    table = flow - flow.T
    # What is given is not computed again.
    table[0, :], table[:, 0] = given, -given
    return Reconstruction(table, populations, _error_table(w, u, s, slope, np.abs(given)))


def _error_table(w: RealArray, u: RealArray, s: RealArray, slope: RealArray, size: RealArray) -> RealArray:
    """`sum_k |dJ[m, n]/dJ_k| |J_k|`: every J_k acts through p_0, J_m and J_n also directly."""
    through = w * u[None, :] - (w * u[None, :]).T
    direct = w * s[None, :]
    everywhere = float(np.abs(slope) @ size)
    own = np.abs(slope) * size
    table = np.abs(through) * (everywhere - own[:, None] - own[None, :])
    table += np.abs(through * slope[None, :] + direct) * size[None, :]
    table += np.abs(through * slope[:, None] - direct.T) * size[:, None]
    np.fill_diagonal(table, 0.0)
    table[0, :], table[:, 0] = size, size
    return np.asarray(table)


def _require_open_to_ground(generator: Generator, reservoir: int, log_w: RealArray) -> None:
    closed = np.nonzero(log_w[0, 1:] < _SLOWEST)[0] + 1
    if closed.size:
        labels = generator.spectrum.labels
        rate = float(np.exp(log_w[0, closed[0]]))
        raise InputError(
            "Argument `reservoir` must drive every level to the ground level, but the rate of reservoir "
            f"{generator.names[reservoir]!r} on {labels[int(closed[0])]!r} -> {labels[0]!r} is {rate:.3g}: the "
            "transition is closed. Take currents(generator, state).microcurrents instead."
        )
