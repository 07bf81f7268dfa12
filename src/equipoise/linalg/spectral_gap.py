"""Spectral gap of a rate matrix: the slowest relaxation of the populations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, RealArray, real_array, require
from equipoise.linalg.graphs import closed_classes, rate_matrix
from equipoise.linalg.relaxation_rates import balanced_rates, nonzero_eigenvalues

LARGEST_DIMENSION = 400
"""Largest number of states for which the dense eigenvalue problem is solved: some tenths of a second."""

_RESOLUTION = 16 * ROUND_OFF
"""Gaps below this times sqrt(d) times the norm are round-off of the eigenvalue solver."""


def spectral_gap(rates: ArrayLike, log_weights: ArrayLike) -> float | None:
    """Return the least decay rate min |Re lambda| of the Pauli generator, over its non-zero eigenvalues.

    The generator is ``G = W - diag(column sums of W)``, scaled by the square roots of the stationary weights.

    The rate j -> i is ``W[i, j]`` >= 0; the logarithms of the stationary weights are ``-inf`` for transient states, as
    from :func:`~equipoise.linalg.elimination.stationary_log_weights`, and refused unless they are stationary on the
    only closed class. The gap has an error of a few round-offs of the largest exit rate. It is None where it is not
    cheap (d > 400), not resolved (of the order of those round-offs), or where there is no second state.

    Examples
    --------
    A qubit relaxes with the sum of its rates:

    >>> import numpy as np
    >>> round(spectral_gap([[0.0, 3.0], [1.0, 0.0]], np.log([0.75, 0.25])), 12)
    4.0
    """
    matrix, logs = rate_matrix(rates), real_array(log_weights, "log_weights")
    one_for_each = f"have shape ({len(matrix)},), one for each state of `rates`"
    require(logs.shape == matrix.shape[:1], "log_weights", one_for_each, f"has shape {logs.shape}")
    require(not np.any(np.isnan(logs) | (logs == np.inf)), "log_weights", "be below +inf", "has NaN or +inf")
    dimension = len(matrix)
    if dimension < 2 or dimension > LARGEST_DIMENSION:
        return None
    closed, transient = closed_classes(matrix > 0)
    states = np.flatnonzero(logs > -np.inf)
    require(
        len(closed) == 1 and np.array_equal(states, closed[0]),
        "log_weights",
        "be finite on the only closed class of `rates` and -inf elsewhere",
        f"is finite on {len(states)} states, while `rates` has {len(closed)} closed class(es)",
        "Treat each class of `stationary_classes` on its own.",
    )
    scale = 1.0 / float(matrix.sum(axis=0).max())
    matrix *= scale  # the largest exit rate is one: no overflow below
    exits = matrix.sum(axis=0)
    # The generator is block triangular: transient states decay, whatever they decay into.
    eigenvalues = [_decay_rates(matrix[np.ix_(states, states)], exits[states], logs[states])]
    if transient.size:
        leaky = matrix[np.ix_(transient, transient)] - np.diag(exits[transient])
        eigenvalues.append(np.abs(np.linalg.eigvals(leaky).real))
    rates_of_decay = np.concatenate(eigenvalues)
    gap = float(rates_of_decay.min(initial=np.inf))
    if not _RESOLUTION * np.sqrt(dimension) < gap < np.inf:
        return None
    return gap / scale


def _decay_rates(rates: RealArray, exits: RealArray, logs: RealArray) -> RealArray:
    """Return |Re lambda| of the non-zero eigenvalues of an irreducible block with exit rates up to one."""
    if len(rates) == 1:
        return np.empty(0)
    scaled, root, is_reversible = balanced_rates(rates, logs)
    defect = np.abs(scaled @ root - exits * root)
    worst = int(np.argmax(defect))
    require(
        float(defect[worst]) <= 1e-9,
        "log_weights",
        "be stationary: |(W p - exits p)_i| <= 1e-9 p_i^(1/2) of the largest exit rate",
        f"state {worst} has {defect[worst]:.2g}",
    )
    return np.abs(nonzero_eigenvalues(scaled, exits, root, is_reversible).real)
