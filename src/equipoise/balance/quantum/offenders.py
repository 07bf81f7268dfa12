"""Which part of a generator breaks a notion, and the worst pair of states in it, in words."""

from __future__ import annotations

import numpy as np

from equipoise.balance.quantum._low_rank import first_of_largest, worst_row
from equipoise.balance.quantum.symmetrised import Symmetrised
from equipoise.tolerances import EQUAL_WEIGHTS


def offender(picture: Symmetrised, causes: dict[str, float]) -> str:
    """The cause that is largest relative to its scale, and where in it the worst pair of states is."""
    largest = max(causes, key=lambda name: causes[name])
    if largest == "jump part":
        i, j = _worst_jump(picture)
    elif largest == "exchange between modular frequencies":
        i, j = _worst_exchange(picture)
    elif largest == "coherent part between unequal weights":
        D = np.where(picture.commutes, 0, np.abs(picture.antisymmetric))
        i, j = divmod(first_of_largest(D.ravel()), picture.dimension)
    else:
        return largest
    return f"{largest}, {states_in_words(picture, i, j)}"


def states_in_words(picture: Symmetrised, i: int, j: int) -> str:
    """The states that element (i, j) joins, and the difference of their log-weights."""
    if i == j:
        return f"dephasing of state {i}"
    frequency = picture.frequency[i, j]
    if abs(frequency) <= EQUAL_WEIGHTS:
        return f"states {j} -> {i} of equal weight"
    return f"states {j} -> {i}, modular frequency {frequency:.3g}"


def _worst_jump(picture: Symmetrised) -> tuple[int, int]:
    single = picture.singles
    i, j, most = 0, 0, 0.0
    if single.forward.size:
        net = 0.5 * (single.forward - single.backward)
        p = first_of_largest(net)
        i, j, most = int(single.rows[p]), int(single.columns[p]), float(net[p])
    for group in picture.groups:
        a, b, s = group.forward, group.backward, group.signs
        p, size = worst_row(0.5 * np.hstack([s * a, -s * b]), np.hstack([a, b]))
        if size > most * (1 + 1e-9):
            i, j, most = int(group.rows[p]), int(group.columns[p]), size
            # A pair and its reverse break the balance alike: named is the direction that goes too often.
            if float(np.sum(s * (np.abs(a[p]) ** 2 - np.abs(b[p]) ** 2))) < 0:
                i, j = j, i
    return i, j


def _worst_exchange(picture: Symmetrised) -> tuple[int, int]:
    # Both parts by their elements in [ad_h, Lhat]; one of Ghat stands in 2d places.
    symmetric = 0.5 * np.abs(picture.frequency * (picture.effective + picture.effective.conj().T))
    symmetric[picture.commutes] = 0.0
    i, j = divmod(first_of_largest(symmetric.ravel()), picture.dimension)
    most = float(np.sqrt(2 * picture.dimension) * symmetric[i, j])
    for group in picture.groups:
        a, twisted = group.forward, group.frequency[:, None] * group.forward
        left = np.hstack([twisted * group.signs, -a * group.signs])
        p, size = worst_row(left, np.hstack([a, twisted]))
        if size > most:
            i, j, most = int(group.rows[p]), int(group.columns[p]), size
    return i, j
