"""Stationary weights of a rate matrix in multiple precision, by plain null space."""

import mpmath as mp
import numpy as np


def mp_log_rates(log_rates):
    """Return the mpmath matrix of rates exp(log_rates), zero diagonal; call under mp.workdps."""
    log_rates = np.asarray(log_rates, dtype=float)
    dimension = len(log_rates)
    return mp.matrix(
        [
            [
                mp.exp(mp.mpf(float(log_rates[i, j]))) if i != j and log_rates[i, j] > -np.inf else mp.mpf(0)
                for j in range(dimension)
            ]
            for i in range(dimension)
        ]
    )


def mp_rates(rates):
    """Return the mpmath matrix of the given rates, zero diagonal; call under mp.workdps."""
    rates = np.asarray(rates, dtype=float)
    dimension = len(rates)
    return mp.matrix(
        [[mp.mpf(float(rates[i, j])) if i != j else mp.mpf(0) for j in range(dimension)] for i in range(dimension)]
    )


def mp_stationary(rates):
    """Solve G p = 0 with G = W - diag(column sums of W), the last equation replaced by sum p = 1.

    `rates` is an mpmath matrix, W[i, j] the rate j -> i; the working precision must exceed the cancellation.
    Returns a list of mpf.
    """
    dimension = rates.rows
    generator = rates.copy()
    for j in range(dimension):
        generator[j, j] = -mp.fsum(rates[i, j] for i in range(dimension) if i != j)
    for j in range(dimension):
        generator[dimension - 1, j] = mp.mpf(1)
    right = mp.matrix(dimension, 1)
    right[dimension - 1] = mp.mpf(1)
    return list(mp.lu_solve(generator, right))


def mp_stationary_log_weights(log_rates, digits=60):
    """Return log p as floats for logarithmic rates, computed with `digits` decimal digits."""
    with mp.workdps(digits):
        return np.array([float(mp.log(p)) for p in mp_stationary(mp_log_rates(log_rates))])


def mp_stationary_log_weights_from_rates(rates, digits=60):
    """Return log p as floats for rates given as doubles, computed with `digits` decimal digits."""
    with mp.workdps(digits):
        return np.array([float(mp.log(p)) for p in mp_stationary(mp_rates(rates))])


def mp_kirchhoff_weights(rates):
    """Return p by the matrix-tree theorem: p_i proportional to the principal minor of -G without state i.

    An independent check of :func:`mp_stationary`; `rates` is an mpmath matrix.
    """
    dimension = rates.rows
    minors = []
    for left_out in range(dimension):
        kept = [k for k in range(dimension) if k != left_out]
        laplacian = mp.matrix(dimension - 1, dimension - 1)
        for a, i in enumerate(kept):
            for b, j in enumerate(kept):
                if i == j:
                    laplacian[a, b] = mp.fsum(rates[k, j] for k in range(dimension) if k != j)
                else:
                    laplacian[a, b] = -rates[i, j]
        minors.append(mp.det(laplacian) if dimension > 1 else mp.mpf(1))
    total = mp.fsum(minors)
    return [minor / total for minor in minors]


def mp_elimination(rates):
    """Return p by Grassmann-Taksar-Heyman elimination in multiple precision, where the exponent has no limit.

    For ranges such as exp(-1e5), at which the null space would need 1e5 digits; checked against it below.
    """
    dimension = rates.rows
    rates, exits = rates.copy(), [mp.mpf(1)] * dimension
    for n in range(dimension - 1, 0, -1):
        exits[n] = mp.fsum(rates[i, n] for i in range(n))
        for j in range(n):
            factor = rates[n, j] / exits[n]
            for i in range(n):
                rates[i, j] += rates[i, n] * factor
    weights = [mp.mpf(1)]
    for n in range(1, dimension):
        weights.append(mp.fsum(rates[n, j] * weights[j] for j in range(n)) / exits[n])
    total = mp.fsum(weights)
    return [weight / total for weight in weights]


def mp_elimination_log_weights(log_rates, digits=40):
    """Return log p as floats for logarithmic rates, by :func:`mp_elimination`."""
    with mp.workdps(digits):
        return np.array([float(mp.log(p)) for p in mp_elimination(mp_log_rates(log_rates))])
