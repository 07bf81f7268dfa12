"""Components of a map, in the eigenbasis of the state, that vanish under each notion of detailed balance.

In the symmetrised picture a Hermiticity-preserving map is a real d^2 x d^2 matrix R, KMS-balanced if R is symmetric.
Each hypothesis is a list of orthonormal d^2 x d^2 matrices Q_r: it holds if every `Tr[Q_r^T R]` vanishes.
"""

from __future__ import annotations

import numpy as np

from equipoise._checks import RealArray, require
from equipoise.balance.quantum.notions import GNS, KMS, AbstractNotion, Alicki, StandardQuantum
from equipoise.tolerances import NO_DIVISOR, NULL
from equipoise.tomography.estimates import hermitian_basis


def hypothesis(
    notion: AbstractNotion, root: RealArray, equal: np.ndarray, kept: np.ndarray, *, stationary: bool
) -> RealArray:
    """Orthonormal components that vanish under a notion, shape (p, d^2, d^2).

    Parameters
    ----------
    notion : AbstractNotion
        KMS(), StandardQuantum(), GNS() or Alicki().
    root : RealArray, shape (d,)
        `sigma^(1/2)`.
    equal : ndarray of bool, shape (d, d)
        Whether two weights of the state count as equal.
    kept : ndarray of bool, shape (d, d, d, d)
        Whether `(h_k - h_l) - (h_i - h_j)`, index [k, l, i, j], counts as zero.
    stationary : bool
        Whether the state is stationary by construction, so that R and its transpose annihilate sigma^(1/2).
    """
    require(
        isinstance(notion, KMS | GNS | StandardQuantum | Alicki),
        "notion",
        "be KMS(), StandardQuantum(), GNS() or Alicki()",
        f"got {notion!r}",
        "The test needs a notion that is linear in the map.",
    )
    d = len(root)
    first = np.concatenate([root, np.zeros(d * d - d)])
    basis = np.eye(d * d)
    if stationary:
        basis = np.linalg.qr(np.column_stack([first, np.eye(d * d)]))[0][:, 1:]
    i, j = np.triu_indices(basis.shape[1], 1)
    rows = np.sqrt(0.5) * np.einsum("ar,br->rab", basis[:, i], basis[:, j])
    rows = rows - rows.transpose(0, 2, 1)
    if isinstance(notion, StandardQuantum | Alicki):
        rows = _combined(rows, np.einsum("rab,kab->rk", rows, _commutators(equal)))
    if isinstance(notion, GNS | Alicki):
        rows = np.concatenate([rows, _exchange(kept, first, stationary=stationary)])
    return np.asarray(rows)


def _commutators(equal: np.ndarray) -> RealArray:
    """`X -> i[K, X]` for every Hermitian K within weights that count as equal, shape (n, d^2, d^2)."""
    d = len(equal)
    T = hermitian_basis(d)
    one = np.eye(d)
    found = []
    for column in T.T:
        K = column.reshape(d, d)
        if np.all(equal[K != 0]):
            found.append((T.conj().T @ (1j * (np.kron(K, one) - np.kron(one, K.T))) @ T).real)
    return np.array(found)


def _exchange(kept: np.ndarray, first: RealArray, *, stationary: bool) -> RealArray:
    """Symmetric matrices that exchange unequal modular frequencies, orthonormal."""
    n = len(first)
    T = hermitian_basis(len(kept))
    k, i = np.nonzero(~kept.reshape(n, n))
    d = len(kept)
    flip = np.arange(n).reshape(d, d).T.ravel()
    # One of (kl, ij), (lk, ji), (ij, kl), (ji, lk): the others follow by Hermiticity and symmetry.
    index = k * n + i
    first_of_orbit = np.min([index, flip[k] * n + flip[i], i * n + k, flip[i] * n + flip[k]], axis=0) == index
    rows = np.einsum("ra,rb->rab", T.conj()[k[first_of_orbit]], T[i[first_of_orbit]])
    both = np.concatenate([rows.real, rows.imag])
    both = both + both.transpose(0, 2, 1)
    size = np.linalg.norm(both, axis=(1, 2))
    both = both[size > NULL] / size[size > NULL, None, None]
    if stationary and len(both):
        # R sigma^(1/2) = 0 leaves only the combinations with Q sigma^(1/2) = 0.
        both = _combined(both, both @ first)
    return np.asarray(both)


def _combined(rows: RealArray, constraints: RealArray) -> RealArray:
    """Orthonormal combinations x of rows with `x . constraints = 0`."""
    left, values, _ = np.linalg.svd(constraints, full_matrices=True)
    rank = int(np.sum(values > NULL * max(float(values.max(initial=0.0)), NO_DIVISOR)))
    return np.asarray(np.einsum("rk,rab->kab", left[:, rank:], rows))
