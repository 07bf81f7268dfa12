"""Elimination over ordinary numbers: fast, and exact in relative terms while nothing leaves double range."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dasum, dger, dtrsv
from scipy.linalg.lapack import dtrtri

from equipoise._checks import RealArray
from equipoise.linalg._blocked_elimination import eliminate

PANEL_WIDTH = 64
"""States per panel: the best of 16 to 96 at d = 256 and 1024 (the optimum is flat)."""

TINY = 1e-280
"""Smallest factor that is trusted: an underflow (below 1e-307) added to it is lost in its round-off."""


def linear_factors(scaled_rates: RealArray) -> tuple[RealArray, RealArray] | None:
    """Eliminate rates whose columns have maximum about one; None when some number leaves double range.

    Column sums only decrease during the elimination, so no overflow of an entry is possible, but entries,
    or products that should create an entry, may underflow. Such an underflow is harmless where the entry it
    adds to ends above `TINY`. Hence the factors are accepted if all of them are at least `TINY`; if some are
    zero (no transition, or an underflow: one cannot tell), then only if no product could underflow and no
    rate was lost on the way in, which the caller tests. Factors and exits are those of the module
    :mod:`equipoise.linalg._blocked_elimination`, shapes (d, d) and (d,); diagonal and ``exits[0]`` are one.
    """
    factors, exits = scaled_rates.copy(), np.ones(len(scaled_rates))
    try:
        with np.errstate(all="ignore"):
            eliminate(factors, exits, panel=_panel, add_product=_add_product, width=PANEL_WIDTH)
    except ZeroDivisionError:  # every exit of some state underflowed
        return None
    np.fill_diagonal(factors, 1.0)
    return (factors, exits) if _stayed_in_range(factors, exits) else None


def linear_weights(factors: RealArray, exits: RealArray) -> RealArray | None:
    """Solve p_n = sum_{j<n} W[n, j] p_j / S_n with p_0 = 1; None when a population leaves double range."""
    triangle = factors.copy()
    # With -S_n on the diagonal the triangular solver only ever adds positive numbers.
    np.fill_diagonal(triangle, -exits)
    start = np.zeros(len(exits))
    start[0] = -1.0
    with np.errstate(all="ignore"):
        # BLAS reads the transpose of a C array.
        weights: RealArray = dtrsv(triangle.T, start, lower=0, trans=1)
        in_range = float((weights * exits).min()) >= TINY and float(weights.max()) <= 1 / TINY
    return weights if in_range else None


def _stayed_in_range(factors: RealArray, exits: RealArray) -> bool:
    if not np.isfinite(factors.sum()) or float(exits.min()) < TINY:
        return False
    if float(factors.min()) * float(exits.min()) >= TINY:
        return True
    above = np.triu(np.ones(factors.shape, dtype=bool), 1)
    least_in_row = np.where(above.T & (factors > 0), factors, np.inf).min(axis=1)
    least_in_column = np.where(above & (factors > 0), factors, np.inf).min(axis=0)
    # Column n times row n is what the elimination of n adds to the remaining rates. (State 0 has neither.)
    return bool(
        (least_in_row[1:] >= TINY).all()
        and (least_in_column[1:] * exits[1:] >= TINY).all()
        and (least_in_column[1:] * np.minimum(least_in_row[1:], 1.0) >= TINY).all()
    )


def _add_product(target: RealArray, left: RealArray, right: RealArray) -> None:
    target += left @ right


def _panel(rates: RealArray, exits: RealArray, lo: int, hi: int) -> None:
    """Eliminate lo <= n < hi inside the diagonal block, then apply the two triangles to the rest.

    What leaves the block for the states below `lo` enters S_n only through its sum: one extra row.
    """
    width = hi - lo
    block = np.empty((width + 1, width), order="F")
    block[0] = rates[:lo, lo:hi].sum(axis=0)
    block[1:] = rates[lo:hi, lo:hi]
    rows = np.zeros((width, width))
    for n in range(width - 1, -1 if lo else 0, -1):
        column = block[:, n]
        exit_rate = dasum(column, n + 1)
        exits[lo + n] = exit_rate
        row = rows[n, :n]
        row[:] = block[n + 1, :n]
        if n:
            # dger(alpha, x, y, incx, incy, a, overwrite_x, overwrite_y, overwrite_a), in place on the Fortran
            # block; by position, because keywords cost as much as the update. Rows n and later, already
            # saved, are overwritten with numbers that nobody reads.
            dger(1.0 / exit_rate, column, row, 1, 1, block[:, :n], 1, 1, 1)
    scale = exits[lo:hi]
    columns = np.where(_above_diagonal(width), block[1:], 0.0) / scale
    rates[lo:hi, lo:hi] = rows + columns
    if lo:
        # Columns divided by their sums, C S = C_0 + C rows: solve with the M-matrix S - rows, whose inverse
        # is a sum of products of non-negative numbers; likewise rows, R = R_0 + columns R.
        np.fill_diagonal(rows, -scale)
        rates[:lo, lo:hi] = rates[:lo, lo:hi] @ _inverse_lower(rows)
        np.fill_diagonal(columns, -1.0)
        rates[lo:hi, :lo] = _inverse_lower(columns.T).T @ rates[lo:hi, :lo]


def _inverse_lower(triangle: RealArray) -> RealArray:
    """Return minus the inverse of a lower triangular array (whose diagonal is negative): non-negative."""
    inverse, _ = dtrtri(triangle, lower=1)  # no zero on the diagonal: `_panel` has divided by it
    return np.asarray(np.negative(inverse))


@lru_cache(maxsize=8)
def _above_diagonal(width: int) -> NDArray[np.bool_]:
    return np.triu(np.ones((width, width), dtype=bool), 1)
