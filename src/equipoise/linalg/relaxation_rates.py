"""Eigenvalues of a rate matrix, the slow ones resolved however slow they are."""

from __future__ import annotations

from itertools import islice

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray
from equipoise.linalg.elimination import stationary_log_weights_from_rates
from equipoise.linalg.exponential import rate_matrix_propagators
from equipoise.linalg.graphs import closed_classes, rate_matrix

_RESOLVED = 1e-4
"""Eigenvalues above this fraction of the scale have at least eleven digits of a dense eigenvalue solver."""

_DOUBLINGS = 12
"""Doublings of the time from one look at the propagator to the next: 4096, less than 1 / _RESOLVED."""

_MOST_STAGES = 100
"""Looks at the propagator: 1e-308 is the slowest rate there is."""


def relaxation_eigenvalues(rates: ArrayLike) -> ComplexArray:
    r"""Eigenvalues of the Pauli generator ``G = W - diag(column sums of W)``, by ascending decay rate.

    One zero for each closed class, exactly. On a class with stationary weights p the matrix
    :math:`p^{-1/2} G\, p^{1/2}` is well balanced (symmetric, if the chain is reversible). Eigenvalues far below the
    largest rate drown in its round-off; they are found from the propagator over a time at which they are not small,
    :math:`\lambda = \log \mu / t`, whose elements are known to relative accuracy.

    The rate j -> i is ``W[i, j]`` >= 0. The real parts are <= 0, and eigenvalues of a reversible chain are real
    exactly. They have about eleven digits, or as many as the condition of the eigenvalue allows; slow ones among
    transient states have absolute accuracy only.

    Examples
    --------
    Two pairs of states that exchange weight at a rate far below round-off:

    >>> W = np.zeros((4, 4))
    >>> W[0, 1] = W[1, 0] = W[2, 3] = W[3, 2] = 1.0
    >>> W[1, 2] = W[2, 1] = 1e-30
    >>> [f"{abs(value):.6g}" for value in relaxation_eigenvalues(W)]
    ['0', '1e-30', '2', '2']
    """
    W = rate_matrix(rates)
    closed, transient = closed_classes(W > 0)
    found = [_of_class(W[np.ix_(states, states)]) for states in closed]
    if len(transient):
        exits = W.sum(axis=0)[transient]
        # What transient states decay into does not matter: the matrix is block triangular.
        found.append(np.linalg.eigvals(W[np.ix_(transient, transient)] - np.diag(exits)).astype(complex))
    values = np.concatenate(found)
    return np.asarray(values[np.argsort(-values.real, kind="stable")])


def _of_class(rates: RealArray) -> ComplexArray:
    """Eigenvalues of an irreducible chain, zero first."""
    d = len(rates)
    scale = float(rates.sum(axis=0).max(initial=0.0))
    if d == 1 or scale == 0.0:
        return np.zeros(d, dtype=complex)
    logs = stationary_log_weights_from_rates(rates)
    rates = rates / scale
    balanced, root, is_reversible = balanced_rates(rates, logs)
    values = np.sort_complex(nonzero_eigenvalues(balanced, rates.sum(axis=0), root, is_reversible))[::-1]
    values = _slow_ones(rates, logs, root, values, is_reversible)
    decaying = np.minimum(values.real, 0.0) + 1j * values.imag
    return np.concatenate([np.zeros(1, dtype=complex), scale * decaying])


def balanced_rates(rates: RealArray, logs: RealArray) -> tuple[RealArray, RealArray, bool]:
    """Rates `p^(-1/2) W p^(1/2)` of an irreducible chain, the unit vector `p^(1/2)`, and whether it is reversible.

    The matrix is symmetric for a reversible chain, and well balanced for any other; its diagonal is zero.
    """
    root = np.exp(0.5 * (logs - logs.max()))
    root /= np.linalg.norm(root)
    balanced = _balanced(rates, logs)
    # For a reversible chain these are geometric means, known without the round-off of log p.
    mean = np.sqrt(rates) * np.sqrt(rates.T)
    # Element by element: a slow part may be irreversible while the fast ones are not.
    error = np.abs(balanced - mean)
    is_reversible = bool(np.all(error <= 64 * ROUND_OFF * max(1.0, float(np.abs(logs).max())) * mean))
    return (mean if is_reversible else balanced), root, is_reversible


def nonzero_eigenvalues(balanced: RealArray, exits: RealArray, root: RealArray, is_reversible: bool) -> ComplexArray:
    """Eigenvalues of `balanced - diag(exits)` other than zero, for exits of at most one, in no order.

    Zero has the eigenvector `root` on both sides. It is moved to -3, beyond all others, whose real parts are at least
    -2, and left out.
    """
    values = _eigenvalues(balanced - np.diag(exits) - 3.0 * np.outer(root, root), is_reversible)
    return np.asarray(values[np.arange(len(values)) != np.argmin(values.real)])


def _slow_ones(
    rates: RealArray, logs: RealArray, root: RealArray, values: ComplexArray, is_reversible: bool
) -> ComplexArray:
    """Replace eigenvalues too small for their digits by those of the propagator over ever longer times."""
    slow = np.nonzero(np.abs(values) < _RESOLVED)[0]
    if not slow.size:
        return values
    ladder = rate_matrix_propagators(rates)
    for _ in range(_MOST_STAGES):
        time, propagator = next(islice(ladder, _DOUBLINGS - 1, None))
        symmetric = _balanced(propagator, logs) + np.diag(np.diag(propagator)) - np.outer(root, root)
        if is_reversible:
            symmetric = 0.5 * (symmetric + symmetric.T)
        mu = _eigenvalues(symmetric, is_reversible)
        mu = mu[np.argsort(-np.abs(mu), kind="stable")][: slow.size]
        with np.errstate(divide="ignore"):
            logarithms = np.log(mu.astype(complex))
        if not np.all(np.abs(logarithms) < 2.0):
            # Fast oscillations that hardly decay are mistaken for slow ones: leave the absolute accuracy.
            break
        values[slow] = logarithms / time
        slow = slow[np.abs(values[slow]) * time < _RESOLVED]
        if not slow.size:
            break
    return values


def _balanced(matrix: RealArray, logs: RealArray) -> RealArray:
    """`p^(-1/2) A p^(1/2)` off the diagonal, zero on it, by logarithms: the factors may leave double range."""
    with np.errstate(divide="ignore", under="ignore"):
        scaled = np.exp(np.log(matrix) + 0.5 * (logs[None, :] - logs[:, None]))
    np.fill_diagonal(scaled, 0.0)
    return np.asarray(scaled)


def _eigenvalues(matrix: RealArray, is_symmetric: bool) -> ComplexArray:
    values = np.linalg.eigvalsh(matrix) if is_symmetric else np.linalg.eigvals(matrix)
    return np.asarray(values, dtype=complex)
