"""Norms of matrices known as products of thin factors, resolved to round-off of the norm, never of its square."""

from __future__ import annotations

import numpy as np

from equipoise._checks import ComplexArray, RealArray

_DENSE = 512
"""Largest matrix that is formed whole."""

_TIE = 1e-9
"""Relative difference below which two values are equal when the largest is named."""

_SUBTRACTION = 1e-8
"""Above this share of the squared norm a difference of squares has eight digits; below, the part is projected out."""


def product_norm(left: ComplexArray, right: ComplexArray) -> float:
    """`||left right^dagger||` of two (n, m) factors, through the triangular factors where m < n."""
    n, m = left.shape
    if m == 0 or n == 0:
        return 0.0
    if m < n:
        left, right = _triangle(left), _triangle(right)
    return float(np.linalg.norm(left @ right.conj().T))


def _triangle(matrix: ComplexArray) -> ComplexArray:
    return np.asarray(np.linalg.qr(matrix, mode="r"), dtype=complex)


def worst_row(left: ComplexArray, right: ComplexArray) -> tuple[int, float]:
    """Row of `left right^dagger` of largest norm, and its norm."""
    n, m = right.shape
    R = _triangle(right) if m < n else right
    rows = np.linalg.norm(left @ R.conj().T, axis=1)
    worst = first_of_largest(rows)
    return worst, float(rows[worst])


def first_of_largest(values: RealArray) -> int:
    """Index of the largest value; of several equal to nine digits the first, so that rounding does not choose."""
    return int(np.argmax(values >= (1 - _TIE) * values.max()))


def split_norms(vectors: ComplexArray, signs: RealArray, label: np.ndarray) -> tuple[float, float]:
    """Norms of the blocks of equal label of `C = sum_k s_k |v_k><v_k|`, and of the rest of it.

    Parameters
    ----------
    vectors : ComplexArray, shape (n, K)
    signs : RealArray, shape (K,)
    label : ndarray of int, shape (n,)

    Returns
    -------
    inside, outside : float
        Frobenius norms; `outside` has an error of some round-offs of `||C||`, however small it is.
    """
    n, K = vectors.shape
    if n == 0 or K == 0:
        return 0.0, 0.0
    if n <= _DENSE:
        C = (vectors * signs) @ vectors.conj().T
        same = label[:, None] == label[None, :]
        return float(np.linalg.norm(C[same])), float(np.linalg.norm(C[~same]))
    order = np.argsort(label, kind="stable")
    V, label = vectors[order], label[order]
    starts = np.nonzero(np.concatenate([[True], np.diff(label) != 0]))[0]
    sizes = np.diff(np.concatenate([starts, [n]]))
    diagonal = np.einsum("pk,k,pk->p", V, signs, V.conj()).real
    inside2 = float(np.sum(diagonal[starts[sizes == 1]] ** 2))
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        block = V[start : start + size]
        inside2 += product_norm(block * signs, block) ** 2
    total2 = product_norm(V * signs, V) ** 2
    if total2 - inside2 > _SUBTRACTION * total2:
        return float(np.sqrt(inside2)), float(np.sqrt(total2 - inside2))
    return float(np.sqrt(inside2)), _outside(V, signs, starts, sizes)


def _outside(V: ComplexArray, signs: RealArray, starts: np.ndarray, sizes: np.ndarray) -> float:
    """Norm of the part between blocks when it is small: to first order it has rank 2K, found from 2K + 8 images."""
    n, K = V.shape

    def rest(x: ComplexArray) -> ComplexArray:
        amounts = V.conj() * x[:, None]
        within = np.repeat(np.add.reduceat(amounts, starts, axis=0), sizes, axis=0)
        return np.asarray(np.sum(V * signs * (amounts.sum(axis=0) - within), axis=1))

    rng = np.random.default_rng(1976)
    images = np.empty((n, min(n, 2 * K + 8)), dtype=complex)
    for m in range(images.shape[1]):
        images[:, m] = rest(np.asarray(np.exp(2j * np.pi * rng.random(n))))
    Q = np.linalg.qr(images)[0]
    return float(np.sqrt(sum(float(np.linalg.norm(rest(Q[:, m]))) ** 2 for m in range(Q.shape[1]))))
