"""What feeds what: the elements of a state that its populations reach, and whether all the others die out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from equipoise._checks import ROUND_OFF, ComplexArray
from equipoise.linalg.exact import rank_modulo_prime
from equipoise.linalg.null_space import null_space
from equipoise.stationary.jump_model import JumpModel, modular_arithmetic

MODULAR_UNKNOWNS = 1500
"""Largest number of unknowns whose rank is found modulo a prime: a second or so."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ClosedBlock:
    """Elements `rho[rows, columns]` of a state that evolve by themselves and hold every stationary state.

    Parameters
    ----------
    rows, columns : ndarray of int, shape (n,)
        In the basis of the model.
    matrix : ComplexArray, shape (n, n)
        `d rho[rows, columns]/dt = matrix rho[rows, columns]`.
    """

    rows: np.ndarray
    columns: np.ndarray
    matrix: ComplexArray

    @property
    def is_rate_equation(self) -> bool:
        """Whether the block holds populations only, which then obey rates between pairs of states."""
        return bool(np.array_equal(self.rows, self.columns))


def closed_block(model: JumpModel) -> ClosedBlock | None:
    """The elements that populations reach, if the others die out; else all of them. None: too many jumps to tell."""
    superoperator = model.superoperator
    if superoperator is None:
        return None
    d = model.dimension
    reached = np.zeros(d * d, dtype=bool)
    reached[:: d + 1] = True
    pattern = csr_array(abs(superoperator) > 0, dtype=np.int8)
    count = 0
    while count < (count := int(reached.sum())):
        reached |= pattern @ reached.astype(np.int32) > 0
    rows, columns = np.divmod(np.arange(d * d), d)
    inside, outside = np.nonzero(reached)[0], np.nonzero(~reached)[0]
    apart = csr_array(superoperator[outside][:, outside])
    if not dies_out(model, rows[outside], columns[outside], apart):
        inside = np.arange(d * d)
    matrix = superoperator[inside][:, inside].toarray()
    return ClosedBlock(rows=rows[inside], columns=columns[inside], matrix=matrix)


def dies_out(model: JumpModel, rows: np.ndarray, columns: np.ndarray, matrix: csr_array) -> bool:
    """Whether `d x/dt = matrix x` of some coherences has no stationary solution but zero.

    A component in which nothing gains more than it loses, and from each element of which one that loses something can
    be reached, is regular. Of the other components the rank is found, modulo a prime where they are not too large.
    """
    from scipy.sparse.csgraph import connected_components

    if not rows.size:
        return True
    diagonal = np.asarray(matrix.diagonal())
    off = abs(matrix)
    gain = np.asarray(off.sum(axis=0)).ravel() - np.abs(diagonal)
    excess = -diagonal.real - gain
    floor = 64 * ROUND_OFF * (np.abs(diagonal.real) + gain)
    leaks = excess > floor
    count, part_of = connected_components(matrix != 0, directed=False)
    size = np.bincount(part_of, minlength=count)
    regular = np.bincount(part_of, weights=excess < -floor, minlength=count) == 0
    lossy = leaks.copy()
    known = 0
    upstream = csr_array((off > 0).T, dtype=np.int8)
    while known < (known := int(lossy.sum())):
        # An element that feeds a lossy one is lossy in the end.
        lossy |= upstream @ lossy.astype(np.int32) > 0
    regular &= np.bincount(part_of, weights=~lossy, minlength=count) == 0
    # An element by itself is regular if anything happens to it, rotation included.
    regular |= (size == 1) & (np.bincount(part_of, weights=np.abs(diagonal) > 0, minlength=count) > 0)
    for part in np.nonzero(~regular)[0]:
        at = np.nonzero(part_of == part)[0]
        if not _is_regular(model, rows[at], columns[at], matrix[at][:, at].toarray()):
            return False
    return True


def _is_regular(model: JumpModel, rows: np.ndarray, columns: np.ndarray, matrix: ComplexArray) -> bool:
    # Each coherence in units of its own decay: one that decays slowly because the reservoirs are cold still decays.
    own = np.abs(np.diag(matrix))
    if null_space(matrix / np.where(own > 0, own, 1.0)[None, :]).dimension == 0:
        return True
    if rows.size > MODULAR_UNKNOWNS:
        return False
    return rank_modulo_prime(model.evolution(rows, columns, modular_arithmetic())) == rows.size
