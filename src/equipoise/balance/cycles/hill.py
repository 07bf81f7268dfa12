r"""Hill's cycle fluxes: how often per unit time a system in its stationary state completes a cycle of levels.

.. math::
    J_{c\pm} = \pi_\pm\, \frac{\Sigma_c}{\Sigma},

:math:`\pi_\pm` the products of the rates around the cycle, in its direction and back, :math:`\Sigma_c` the sum over
the forests that lead every other level to it, :math:`\Sigma` the sum over all spanning trees (Hill 1966).
"""

from __future__ import annotations

import numpy as np

from equipoise._checks import RealArray

_BATCH_ELEMENTS = 1 << 18
"""Rates in one batch of eliminations: 2 MB."""


def log_cycle_fluxes(log_rates: RealArray, log_p: RealArray, cycles: np.ndarray) -> tuple[RealArray, RealArray]:
    """Logarithms of Hill's fluxes of cycles of K levels each, in the direction given and in the other one.

    Parameters
    ----------
    log_rates : RealArray, shape (L, L)
        `log w[m, n]` of n -> m; -inf where there is none.
    log_p : RealArray, shape (L,)
        Logarithms of the stationary populations.
    cycles : ndarray of int, shape (T, K)
        Levels in the order in which they are visited.

    Returns
    -------
    forward, backward : RealArray, shape (T,)
        -inf for a cycle that is never completed.
    """
    forward, backward = np.empty(len(cycles)), np.empty(len(cycles))
    step = max(1, _BATCH_ELEMENTS // log_rates.size)
    for start in range(0, len(cycles), step):
        batch = slice(start, start + step)
        chunk = cycles[batch]
        # From the most populated level: the smallest rate out of it is the best known.
        first = np.argmax(log_p[chunk], axis=1)
        chunk = np.take_along_axis(chunk, (first[:, None] + np.arange(chunk.shape[1])) % chunk.shape[1], axis=1)
        following = np.roll(chunk, -1, axis=1)
        # Sigma_c / Sigma = p_first / (trees that lead the other levels of the cycle to its first one).
        per_product = log_p[chunk[:, 0]] - _log_trees_into_first(log_rates, chunk)
        # A cycle of empty levels does not turn.
        per_product = np.where(np.isfinite(per_product), per_product, -np.inf)
        forward[batch] = log_rates[following, chunk].sum(axis=1) + per_product
        backward[batch] = log_rates[chunk, following].sum(axis=1) + per_product
    return forward, backward


def _log_trees_into_first(log_rates: RealArray, cycles: np.ndarray) -> RealArray:
    """Log of the trees of a cycle's levels into its first one, all other levels eliminated, shape (T,)."""
    d, (count, K) = len(log_rates), cycles.shape
    rest = np.ones((count, d), dtype=bool)
    np.put_along_axis(rest, cycles, False, axis=1)
    order = np.concatenate([cycles, np.nonzero(rest)[1].reshape(count, d - K)], axis=1)
    W = np.ascontiguousarray(np.moveaxis(log_rates[order[:, :, None], order[:, None, :]], 0, -1))
    total = np.zeros(count)
    with np.errstate(invalid="ignore"):
        for n in range(d - 1, 0, -1):
            exit_ = np.logaddexp.reduce(W[:n, n], axis=0)
            if n < K:
                total += exit_
            share = np.where(exit_ == -np.inf, -np.inf, W[:n, n] - exit_)
            W[:n, :n] = np.logaddexp(W[:n, :n], share[:, None] + W[n, :n])
    return total
