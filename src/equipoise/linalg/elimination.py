"""Stationary weights of a rate matrix without a single subtraction.

Convention: ``W[i, j]`` is the rate of the transition j -> i, the diagonal is ignored, and the stationary
weights p solve

    sum_j W[i, j] p_j = (sum_k W[k, i]) p_i,    sum_i p_i = 1.

Grassmann-Taksar-Heyman elimination solves this with additions, multiplications and divisions of
non-negative numbers only, so every p_i is right to round-off relative to itself: for populations of 1e-300 as
for chains that nearly fall apart. Two implementations share one recursion: over ordinary numbers at the
speed of an LU factorisation, and over logarithms for rates and populations beyond double range. The functions
below choose: ordinary numbers first, logarithms if a number that matters came near the end of the range.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import InputError, RealArray, real_array, require
from equipoise.linalg._linear_elimination import TINY, linear_factors, linear_weights
from equipoise.linalg._log_elimination import log_factors, log_weights
from equipoise.linalg.graphs import Indices, adjacency_of, closed_classes, is_irreducible, rate_matrix

_LOG_2 = float(np.log(2.0))


class StationaryClass(NamedTuple):
    """The states of one closed class, ascending, and the logarithms of the populations of all d states."""

    indices: Indices
    log_weights: RealArray


def stationary_log_weights(log_rates: ArrayLike) -> RealArray:
    """Return the logarithms of the stationary populations of an irreducible rate matrix.

    Parameters
    ----------
    log_rates : array_like, shape (d, d)
        ``log W[i, j]``, the logarithm of the rate j -> i; ``-inf`` where there is none. Diagonal ignored.

    Returns
    -------
    array, shape (d,)
        log p, normalised: sum exp(log p) = 1. Its absolute error is a few round-offs of the largest
        logarithm involved, which is the relative error of p.

    Raises
    ------
    InputError
        Not a square matrix of floats below ``+inf``, or not irreducible (see :func:`stationary_classes`).

    References
    ----------
    W. K. Grassmann, M. I. Taksar and D. P. Heyman, "Regenerative analysis and steady state distributions for
    Markov chains" (1985); C. A. O'Cinneide, "Entrywise perturbation theory and error analysis for Markov
    chains" (1993), for the bound on the relative error of each population.

    Examples
    --------
    Two levels a gap of 2000 k_B T apart: the upper population, exp(-2000), is no double.

    >>> import numpy as np
    >>> float(stationary_log_weights([[0.0, 0.0], [-2000.0, 0.0]])[1])
    -2000.0
    """
    logs = _log_rates(log_rates, "log_rates")
    _refuse_reducible(logs > -np.inf, "log_rates")
    return _from_log_rates(logs)


def stationary_log_weights_from_rates(rates: ArrayLike) -> RealArray:
    """Return the logarithms of the stationary populations for rates given as ordinary numbers.

    The round-off of a logarithm, which :func:`stationary_log_weights` of ``log(rates)`` would bring in, is spared: a
    rate of 1e-100 keeps all its digits.

    Examples
    --------
    >>> import numpy as np
    >>> np.exp(stationary_log_weights_from_rates([[0.0, 3.0], [1.0, 0.0]])).round(12)
    array([0.75, 0.25])
    """
    matrix = rate_matrix(rates)
    _refuse_reducible(matrix > 0, "rates")
    return _from_rates(matrix)


def stationary_classes(log_rates: ArrayLike) -> list[StationaryClass]:
    """Return every closed class of a rate matrix with the stationary distribution it carries.

    A rate matrix that is not irreducible has one stationary distribution per closed class, and their
    mixtures; transient states have population zero in all of them.

    Parameters
    ----------
    log_rates : array_like, shape (d, d)
        ``log W[i, j]`` for the rate j -> i, ``-inf`` where there is none. The diagonal is ignored.

    Returns
    -------
    list of StationaryClass
        By their first state. A single entry means that the stationary distribution is unique.

    Raises
    ------
    InputError
        Not a square matrix of floats below ``+inf``.

    Examples
    --------
    >>> import numpy as np
    >>> decay = np.full((3, 3), -np.inf)
    >>> decay[0, 2] = decay[1, 2] = 0.0
    >>> for states, log_p in stationary_classes(decay):
    ...     print(states, np.exp(log_p))
    [0] [1. 0. 0.]
    [1] [0. 1. 0.]
    """
    logs = _log_rates(log_rates, "log_rates")
    return _by_class(logs, logs > -np.inf, _from_log_rates)


def stationary_classes_from_rates(rates: ArrayLike) -> list[StationaryClass]:
    """Return every closed class of a rate matrix given as ordinary numbers: see :func:`stationary_classes`.

    Examples
    --------
    >>> import numpy as np
    >>> [(states, np.exp(log_p)) for states, log_p in stationary_classes_from_rates([[0, 2], [0, 0]])]
    [(array([0]), array([1., 0.]))]
    """
    matrix = rate_matrix(rates)
    return _by_class(matrix, matrix > 0, _from_rates)


def _by_class(
    matrix: RealArray, present: NDArray[np.bool_], solve: Callable[[RealArray], RealArray]
) -> list[StationaryClass]:
    result = []
    for states in closed_classes(present)[0]:
        full = np.full(len(matrix), -np.inf)
        full[states] = solve(matrix[np.ix_(states, states)])
        result.append(StationaryClass(states, full))
    return result


def _from_rates(matrix: RealArray) -> RealArray:
    if len(matrix) == 1:
        return np.zeros(1)
    # Powers of two scale without rounding.
    _, exponents = np.frexp(matrix.max(axis=0))
    solution = _linear_solution(np.ldexp(matrix, -exponents), matrix > 0)
    if solution is None:
        with np.errstate(divide="ignore"):
            return normalised(_log_solution(np.log(matrix)))
    log_mantissas, binary = solution
    return normalised(log_mantissas, binary - exponents)


def _from_log_rates(logs: RealArray) -> RealArray:
    if len(logs) == 1:
        return np.zeros(1)
    top = logs.max(axis=0)
    solution = _linear_solution(np.exp(logs - top), logs > -np.inf)
    if solution is None:
        return normalised(_log_solution(logs))
    log_mantissas, exponents = solution
    return normalised(log_mantissas + _LOG_2 * exponents - top)


def _linear_solution(scaled: RealArray, present: NDArray[np.bool_]) -> tuple[RealArray, NDArray[Any]] | None:
    """Return logarithms l and integers k, weights exp(l) 2^k, of rates with column maxima near one.

    None when ordinary numbers do not suffice. If only the weights leave the range, the factors are kept and
    the weights are accumulated as logarithms (and k is zero).
    """
    result = linear_factors(scaled)
    if result is None:
        return None
    factors, exits = result
    if float(factors.min()) == 0.0 and bool(np.any(present & (scaled < TINY))):
        return None
    weights = linear_weights(factors, exits)
    if weights is None:
        with np.errstate(divide="ignore"):
            return log_weights(np.log(factors), np.log(exits)), np.zeros(len(exits), dtype=np.intp)
    mantissas, exponents = np.frexp(weights)
    return np.log(mantissas), exponents


def _log_solution(logs: RealArray) -> RealArray:
    """Eliminate in logarithms, the states that look least populated first.

    For rates in thermal equilibrium the mean over j of log W[i, j] - log W[j, i] is a constant minus E_i. In
    that order the large terms of a product meet and few entries must be summed again (8 times faster at
    d = 1024 for shuffled levels over 1e4 k_B T); for other rates the order does no harm.
    """
    with np.errstate(invalid="ignore"):
        bias = logs - logs.T
    both = np.isfinite(bias)
    mean = np.where(both, bias, 0.0).sum(axis=1) / np.maximum(both.sum(axis=1), 1)
    order = np.argsort(-mean, kind="stable")
    result = np.empty(len(logs))
    result[order] = log_weights(*log_factors(logs[np.ix_(order, order)]))
    return result


def normalised(logs: RealArray, exponents: NDArray[Any] | None = None) -> RealArray:
    """Return log p for weights exp(logs) 2^exponents, shape (d, ...); integers are subtracted before rounding."""
    if exponents is not None:
        logs = logs + _LOG_2 * (exponents - exponents[np.argmax(logs + _LOG_2 * exponents)])
    shifted = logs - logs.max(axis=0)
    # The sum without its largest term: a population exp(-40) still shows in the logarithm of the largest.
    others = np.exp(shifted)
    np.put_along_axis(others, logs.argmax(axis=0)[None], 0.0, axis=0)
    return np.asarray(shifted - np.log1p(others.sum(axis=0)))


def _log_rates(value: ArrayLike, name: str) -> RealArray:
    """Return checked logarithms of rates with ``-inf`` on the diagonal, as a new array."""
    matrix = real_array(value, name)
    adjacency_of(matrix, name)
    require(len(matrix) > 0, name, "have at least one state", "is empty")
    np.fill_diagonal(matrix, -np.inf)
    return matrix


def _refuse_reducible(present: NDArray[np.bool_], name: str) -> None:
    if is_irreducible(present):
        return
    closed, transient = closed_classes(present)
    raise InputError(
        f"Argument `{name}` must be irreducible (every state leads to every other one), but has "
        f"{len(closed)} closed class{'es' if len(closed) > 1 else ''} and {len(transient)} transient "
        f"state{'' if len(transient) == 1 else 's'}. Use `stationary_classes`, which treats each class."
    )
