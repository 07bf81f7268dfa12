"""Elimination over logarithms: populations of exp(-1e5) and beyond, at the price of exponentials.

The same recursion as for ordinary numbers, with logaddexp for the sum and a log-sum-exp product. The product
runs at the speed of an ordinary one: rows of the left and columns of the right factor are scaled to
maximum one, multiplied, and the few entries of which all terms became small are summed again exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise._checks import RealArray
from equipoise.linalg._blocked_elimination import eliminate

PANEL_WIDTH = 16
"""States per panel: narrower than in the linear case, because a logaddexp costs some 20 multiplications."""

_SMALL = 1e-250
"""A scaled product below this may miss terms that underflowed (each below 1e-307)."""

_NEGLIGIBLE = 45.0
"""A term exp(-45) = 3e-20 of the sum it enters is below round-off even when a thousand of them meet."""

_CHUNK = 1 << 20
"""Terms summed exactly at a time: 8 MB."""


def log_factors(log_rates: RealArray) -> tuple[RealArray, RealArray]:
    """Eliminate logarithmic rates; the factors and exits of the linear case, as logarithms.

    Each state must lead, within the states before it or through later ones, to state 0 (irreducibility).
    """
    factors, log_exits = log_rates.copy(), np.zeros(len(log_rates))
    np.fill_diagonal(factors, -np.inf)
    eliminate(factors, log_exits, panel=_panel, add_product=_add_product, width=PANEL_WIDTH)
    return factors, log_exits


def log_weights(log_rows: RealArray, log_exits: RealArray) -> RealArray:
    """Solve p_n = sum_{j<n} W[n, j] p_j / S_n with p_0 = 1 in logarithms (strictly lower triangle used)."""
    weights = np.zeros(len(log_exits))
    for n in range(1, len(weights)):
        terms = log_rows[n, :n] + weights[:n]
        top = terms.max()
        weights[n] = top + np.log(np.exp(terms - top).sum()) - log_exits[n]
    return weights


def _add_product(target: RealArray, left: RealArray, right: RealArray) -> None:
    np.logaddexp(target, log_product(left, right, target), out=target)


def log_product(left: RealArray, right: RealArray, floor: RealArray | None = None) -> RealArray:
    """Return log(exp(left) @ exp(right)), shape (m, n), each entry to relative accuracy at any range.

    An entry that is negligible next to exp(floor), to which the product will be added, need not be accurate.
    """
    row_top, column_top = left.max(axis=1), right.max(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # A row without any transition has maximum -inf; shifting it by zero keeps it at -inf.
        row_shift = np.where(np.isfinite(row_top), row_top, 0.0)
        column_shift = np.where(np.isfinite(column_top), column_top, 0.0)
        product = np.exp(left - row_shift[:, None]) @ np.exp(right - column_shift)
        shift = row_shift[:, None] + column_shift
        result = np.log(product) + shift
    doubtful = product < _SMALL
    if doubtful.any():
        bound = row_top[:, None] + column_top + np.log(_SMALL) + _NEGLIGIBLE
        doubtful &= bound > (floor if floor is not None else -np.inf)
        _sum_again(result, doubtful, left, right)
    return np.asarray(result)


def _sum_again(result: RealArray, doubtful: NDArray[np.bool_], left: RealArray, right: RealArray) -> None:
    """Overwrite the doubtful entries of the product by direct log-sum-exp, a bounded number at a time."""
    rows, columns = np.nonzero(doubtful)
    step = max(1, _CHUNK // max(1, left.shape[1]))
    across = np.ascontiguousarray(right.T)
    for start in range(0, len(rows), step):
        i, j = rows[start : start + step], columns[start : start + step]
        terms = left[i] + across[j]
        top = terms.max(axis=1)
        exists = top > -np.inf
        terms -= np.where(exists, top, 0.0)[:, None]
        with np.errstate(divide="ignore"):
            result[i, j] = np.log(np.exp(terms, out=terms).sum(axis=1)) + np.where(exists, top, 0.0)


def _panel(rates: RealArray, exits: RealArray, lo: int, hi: int) -> None:
    """Eliminate lo <= n < hi inside the diagonal block, then apply the two triangles to the rest."""
    width = hi - lo
    block = np.full((width + 1, width), -np.inf)
    if lo:
        block[0] = np.logaddexp.reduce(rates[:lo, lo:hi], axis=0)
    block[1:] = rates[lo:hi, lo:hi]
    for n in range(width - 1, -1 if lo else 0, -1):
        column = block[: n + 1, n]
        exits[lo + n] = np.logaddexp.reduce(column)
        column -= exits[lo + n]
        remaining = block[: n + 1, :n]
        np.logaddexp(remaining, column[:, None] + block[n + 1, :n], out=remaining)
        # The rate n -> n that the update leaves on the diagonal is no transition.
        block[n + 1, n] = -np.inf
    if not lo:
        block[1, 0] = -np.inf
    rates[lo:hi, lo:hi] = block[1:]
    if lo:
        _apply_triangles(rates, exits[lo:hi], block[1:], lo, hi)


def _apply_triangles(rates: RealArray, exits: RealArray, block: RealArray, lo: int, hi: int) -> None:
    # Column n receives column k > n times W[k, n] / S_k; row n receives row k > n times W[n, k] / S_k.
    below, above = np.tril(np.ones_like(block, dtype=bool), -1), np.triu(np.ones_like(block, dtype=bool), 1)
    through_rows = _sum_of_powers(np.where(below, block - exits[:, None], -np.inf))
    through_columns = _sum_of_powers(np.where(above, block, -np.inf).T).T
    rates[:lo, lo:hi] = log_product(rates[:lo, lo:hi], through_rows - exits)
    rates[lo:hi, :lo] = log_product(through_columns, rates[lo:hi, :lo])


def _sum_of_powers(strictly_lower: RealArray) -> RealArray:
    """Return log of the inverse of (1 - X) = 1 + X + X^2 + ..., X strictly lower triangular, row by row."""
    width = len(strictly_lower)
    inverse = np.full((width, width), -np.inf)
    np.fill_diagonal(inverse, 0.0)
    for i in range(1, width):
        inverse[i, :i] = np.logaddexp.reduce(strictly_lower[i, :i, None] + inverse[:i, :i], axis=0)
    return inverse
