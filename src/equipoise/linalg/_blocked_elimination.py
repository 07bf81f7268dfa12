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


def eliminate(rates: RealArray, exits: RealArray, *, panel: Panel, add_product: AddProduct, width: int) -> None:
    """Eliminate all states but the first from `rates` in place, writing S_n to ``exits[n]``; the diagonal is arbitrary.

    ``panel(rates, exits, lo, hi)`` removes the states lo <= n < hi, at most `width` of them, updating rows and columns
    lo to hi over all states below hi, not the block below lo. ``add_product(target, left, right)`` adds left @ right
    to target in place.

    References
    ----------
    W. K. Grassmann, M. I. Taksar and D. P. Heyman, "Regenerative analysis and steady state distributions for
    Markov chains" (1985).
    """

    def remove(lo: int, hi: int) -> None:
        if hi - lo <= width:
            panel(rates, exits, lo, hi)
            return
        # The cut falls on a whole number of panels, so that no sliver is left over.
        mid = lo + width * max(1, round((hi - lo) / (2 * width)))
        remove(mid, hi)
        left, right = rates[:mid, mid:hi], rates[mid:hi, :mid]
        add_product(rates[:mid, lo:mid], left, right[:, lo:])
        if lo:
            add_product(rates[lo:mid, :lo], left[lo:], right[:, :lo])
        remove(lo, mid)

    remove(0, len(rates))
