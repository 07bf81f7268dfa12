"""Potentials on a Markov chain: the group inverse of its generator applied to sources, by elimination."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from equipoise._checks import RealArray
from equipoise.linalg._linear_elimination import linear_factors


class Potentials:
    """Solver of `phi_i - sum_j steps[j, i] phi_j = source_i`, phi grounded at state 0.

    One Grassmann-Taksar-Heyman factorisation, in which nothing is subtracted, serves every source: differences of
    phi keep their digits on chains that nearly fall apart.

    Parameters
    ----------
    steps : RealArray, shape (d, d)
        `steps[j, i]` >= 0 the probability to step from i to j; columns sum to one (a diagonal is not used), the chain
        is irreducible. States are eliminated from the last to the first: put the most visited first.

    Examples
    --------
    >>> solver = Potentials(np.array([[0.0, 1.0], [1.0, 0.0]]))
    >>> solver.solve(np.array([[-1.0, 1.0]]))
    array([[0., 1.]])
    """

    def __init__(self, steps: RealArray) -> None:
        self._steps = steps
        self._factors = linear_factors(np.ascontiguousarray(steps))

    def solve(self, sources: RealArray) -> RealArray:
        """`phi`, shape (k, d), for sources (k, d) that are orthogonal to the stationary weights."""
        b = sources.T.copy()
        d = b.shape[0]
        if self._factors is None:
            # Steps beyond double range: the grounded equations, whose rows sum to one, are well scaled.
            b[1:] = np.linalg.solve(np.eye(d - 1) - self._steps.T[1:, 1:], b[1:])
            b[0] = 0.0
            return np.ascontiguousarray(b.T)
        factors, exits = self._factors
        # The generator is (1 - C)(S - R), C above the diagonal, R below; its transpose is solved.
        upper = -factors.T
        upper[np.diag_indices(d)] = exits
        # The equation of state 0 follows from the others.
        if d > 1:
            b[1:] = solve_triangular(upper[1:, 1:], b[1:], lower=False)
        b[0] = 0.0
        lower = -factors.T
        options: dict[str, Any] = {"lower": True, "unit_diagonal": True}
        return np.ascontiguousarray(solve_triangular(lower, b, **options).T)
