"""Classes of a rate matrix: which states communicate, which sets of states are never left.

A state j leads to i when the rate j -> i is positive. The strongly connected components of this graph are
the communicating classes; a class without an exit is *closed* and carries exactly one stationary
distribution, every state outside the closed classes is *transient* and carries none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from equipoise._checks import InputError, RealArray, real_array, require

Indices = NDArray[np.intp]


def closed_classes(transitions: ArrayLike) -> tuple[list[Indices], Indices]:
    """Return the closed communicating classes of a rate matrix, and its transient states.

    The matrix holds booleans, element [i, j] true where the transition j -> i exists, or *logarithms* of rates,
    ``-inf`` where there is none; the diagonal is ignored. States are ascending, the closed classes by their first
    state; there is at least one for d > 0.

    References
    ----------
    J. R. Norris, "Markov Chains" (1997), section 1.2.

    Examples
    --------
    Level 2 decays into 0 and into 1, which do not communicate: two stationary states.

    >>> import numpy as np
    >>> closed_classes(np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]], dtype=bool))
    ([array([0]), array([1])], array([2]))
    """
    from scipy.sparse.csgraph import connected_components

    adjacency = adjacency_of(transitions, "transitions")
    dimension = len(adjacency)
    if dimension == 0:
        return [], np.empty(0, dtype=np.intp)
    if is_irreducible(adjacency):
        return [np.arange(dimension)], np.empty(0, dtype=np.intp)
    # SciPy reads element [a, b] as a -> b; components are the same for the reversed graph.
    target, origin = np.nonzero(adjacency)
    arrows = csr_array((np.ones(len(target)), (target, origin)), shape=(dimension, dimension))
    count, label = connected_components(arrows, directed=True, connection="strong")
    is_closed = np.ones(count, dtype=bool)
    is_closed[label[origin[label[target] != label[origin]]]] = False
    order = np.argsort(label, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(label, minlength=count))[:-1])
    closed = sorted((members[c] for c in np.flatnonzero(is_closed)), key=lambda states: int(states[0]))
    return closed, np.flatnonzero(~is_closed[label])


def first_spanning_tree(first: NDArray[Any], second: NDArray[Any], size: int) -> csr_array:
    """Spanning tree, or forest, that takes the edges (first[k], second[k]) in their order, where they close no loop.

    Returns
    -------
    csr_array, shape (size, size)
        One element for each edge of the tree; its value is the place of the edge in the order, from 1 on.
    """
    from scipy.sparse.csgraph import minimum_spanning_tree

    # SciPy's graphs take 32-bit indices only, before 1.13.
    edges = (np.asarray(first, dtype=np.int32), np.asarray(second, dtype=np.int32))
    return csr_array(minimum_spanning_tree(csr_array((np.arange(1.0, len(first) + 1), edges), shape=(size, size))))


def is_irreducible(adjacency: NDArray[np.bool_]) -> bool:
    """Return whether every state leads to every other one; `adjacency` as from :func:`adjacency_of`.

    Two searches from state 0, along and against the arrows: cheaper than components when the answer is yes.
    """
    dimension = len(adjacency)
    if dimension < 2 or np.count_nonzero(adjacency) == dimension * (dimension - 1):
        return dimension > 0
    return _reaches_all(adjacency) and _reaches_all(adjacency.T)


def _reaches_all(adjacency: NDArray[np.bool_]) -> bool:
    reached = adjacency[:, 0].copy()
    reached[0] = True
    frontier = np.flatnonzero(reached)
    while frontier.size and not reached.all():
        fresh = adjacency[:, frontier].any(axis=1) & ~reached
        reached |= fresh
        frontier = np.flatnonzero(fresh)
    return bool(reached.all())


def adjacency_of(transitions: ArrayLike, name: str) -> NDArray[np.bool_]:
    """Return the booleans "j -> i exists" (diagonal false) of booleans or logarithmic rates, checked."""
    matrix: NDArray[Any] = np.asarray(transitions)
    require(
        matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1],
        name,
        "be a square matrix of shape (d, d)",
        f"has shape {matrix.shape}",
    )
    if matrix.dtype == np.bool_:
        adjacency = matrix.copy()
    else:
        if matrix.dtype.kind != "f":
            raise InputError(
                f"Argument `{name}` must hold booleans or logarithms of rates as floats, but has elements of "
                f"type {matrix.dtype}. For rates pass `rates > 0`."
            )
        adjacency = matrix > -np.inf
        # NaN compares false with everything, so the two bad values are found by one comparison.
        bad = ~(matrix < np.inf)
        np.fill_diagonal(bad, False)
        if bad.any():
            i, j = np.argwhere(bad)[0]
            raise InputError(
                f"Argument `{name}` must have elements below +inf (-inf for an absent transition), "
                f"but element [{i}, {j}] is {matrix[i, j]}."
            )
    np.fill_diagonal(adjacency, False)
    return adjacency


def rate_matrix(rates: ArrayLike) -> RealArray:
    """Return checked rates with a zero diagonal, shape (d, d) with d > 0, as a new array."""
    matrix = real_array(rates, "rates")
    is_square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] and matrix.size > 0
    require(is_square, "rates", "be a square matrix of shape (d, d), d > 0", f"has shape {matrix.shape}")
    np.fill_diagonal(matrix, 0.0)
    bad = np.argwhere(~((matrix >= 0) & (matrix < np.inf)))
    if bad.size:
        i, j = bad[0]
        raise InputError(
            "Argument `rates` must have finite, non-negative off-diagonal elements, "
            f"but element [{i}, {j}] is {matrix[i, j]}."
        )
    return matrix
