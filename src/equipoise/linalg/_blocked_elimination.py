"""The recursion of blocked elimination, over ordinary numbers or over their logarithms.

Grassmann-Taksar-Heyman elimination removes the states of a rate matrix W (``W[i, j]`` the rate j -> i) from
the last to the first. Removing n reroutes what passes through it among the states before it,

    S_n = sum_{i<n} W[i, n],    W[i, j] += (W[i, n] / S_n) W[n, j]    (i, j < n),

so the remaining matrix is the rate matrix of the process watched only on the remaining states. No
subtraction occurs, and every entry keeps its relative accuracy. Here the updates are delayed: the later
half of the states is removed first, then one matrix product brings the earlier half up to date, and both
halves are treated likewise down to panels of a few dozen states.

On return the strictly lower triangle holds the rows ``W[n, :n]`` as they were when n was removed, the
strictly upper triangle the columns divided by their sum, ``W[:n, n] / S_n``.
"""

from __future__ import annotations

from collections.abc import Callable

from equipoise._checks import RealArray

Panel = Callable[[RealArray, RealArray, int, int], None]
AddProduct = Callable[[RealArray, RealArray, RealArray], None]


def eliminate(
    rates: RealArray,
    exits: RealArray,
    *,
    panel: Panel,
    add_product: AddProduct,
    width: int,
) -> None:
    """Eliminate all states but the first from `rates` in place, writing S_n to ``exits[n]``.

    Parameters
    ----------
    rates : array, shape (d, d)
        Rates (or logarithms of rates); overwritten with the factors described above. The diagonal is
        arbitrary before and after.
    exits : array, shape (d,)
        Receives S_n (or its logarithm); ``exits[0]`` is left alone.
    panel : callable
        ``panel(rates, exits, lo, hi)`` removes the states lo <= n < hi, updating rows and columns lo to hi
        over all states below hi, not the block below lo.
    add_product : callable
        ``add_product(target, left, right)`` adds the matrix product left @ right to target in place.
    width : int
        Largest number of states in a panel.

    References
    ----------
    W. K. Grassmann, M. I. Taksar and D. P. Heyman, "Regenerative analysis and steady state distributions for
    Markov chains" (1985).
    """
    _eliminate(rates, exits, 0, len(rates), panel, add_product, width)


def _eliminate(
    rates: RealArray,
    exits: RealArray,
    lo: int,
    hi: int,
    panel: Panel,
    add_product: AddProduct,
    width: int,
) -> None:
    if hi - lo <= width:
        panel(rates, exits, lo, hi)
        return
    # The cut falls on a whole number of panels, so that no sliver is left over.
    mid = lo + width * max(1, round((hi - lo) / (2 * width)))
    _eliminate(rates, exits, mid, hi, panel, add_product, width)
    left, right = rates[:mid, mid:hi], rates[mid:hi, :mid]
    add_product(rates[:mid, lo:mid], left, right[:, lo:])
    if lo:
        add_product(rates[lo:mid, :lo], left[lo:], right[:, :lo])
    _eliminate(rates, exits, lo, mid, panel, add_product, width)
