"""Slow and plain numerics for the other side of each comparison: superoperators as matrices, differences, distances.

Operators are d x d matrices; a superoperator is a d^2 x d^2 matrix on the rows of an operator written one after the
other, so that `A rho B` is `kron(A, B^T) vec(rho)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeVar

import numpy as np

from equipoise._checks import Array, ComplexArray, RealArray

Value = TypeVar("Value", float, complex, RealArray, ComplexArray)


def distance(found: object, expected: object) -> float:
    """Largest modulus of the difference, relative to the larger of the two; 0 if both vanish."""
    a, b = np.asarray(found), np.asarray(expected)
    scale = max(float(np.abs(a).max(initial=0.0)), float(np.abs(b).max(initial=0.0)))
    return float(np.abs(a - b).max(initial=0.0)) / scale if scale > 0 else 0.0


def random_operator(rng: np.random.Generator, dimension: int) -> ComplexArray:
    """A full complex matrix, not Hermitian."""
    return np.asarray(rng.normal(size=(dimension, dimension)) + 1j * rng.normal(size=(dimension, dimension)))


def random_hermitian(rng: np.random.Generator, dimension: int) -> ComplexArray:
    """A full complex Hermitian matrix."""
    A = random_operator(rng, dimension)
    return np.asarray(0.5 * (A + A.conj().T))


def random_density(rng: np.random.Generator, dimension: int) -> ComplexArray:
    """A state of full rank."""
    A = random_operator(rng, dimension)
    rho = A @ A.conj().T + 0.1 * np.eye(dimension)
    return np.asarray(rho / np.trace(rho).real)


def commutator(H: Array) -> ComplexArray:
    """`rho -> [H, rho]`, shape (d^2, d^2)."""
    one = np.eye(len(H))
    return np.asarray(np.kron(H, one) - np.kron(one, H.T), dtype=complex)


def dissipator(jumps: Iterable[Array], dimension: int) -> ComplexArray:
    """`rho -> sum_k (L rho L^+ - {L^+ L, rho}/2)`, shape (d^2, d^2); its adjoint acts on observables."""
    L = np.array([*jumps], dtype=complex).reshape(-1, dimension, dimension)
    decay, one = np.einsum("kba,kbc->ac", L.conj(), L), np.eye(dimension)
    # Rows (a, c) and columns (b, d) of sum_k L_ab conj(L_cd).
    gain = np.einsum("kab,kcd->acbd", L, L.conj()).reshape((dimension**2,) * 2)
    return np.asarray(gain - 0.5 * (np.kron(decay, one) + np.kron(one, decay.T)))


def applied(superoperator: Array, operator: Array) -> ComplexArray:
    """A superoperator on an operator."""
    return np.asarray((superoperator @ operator.ravel()).reshape(operator.shape), dtype=complex)


def choi(superoperator: ComplexArray) -> ComplexArray:
    """Matrix [(a, b), (c, d)] of the elements [(a, c), (b, d)], Hermitian and >= 0 for a completely positive map."""
    d = round(np.sqrt(len(superoperator)))
    matrix = superoperator.reshape(d, d, d, d).transpose(0, 2, 1, 3).reshape(d * d, d * d)
    return np.asarray(0.5 * (matrix + matrix.conj().T))


def stationary(superoperator: ComplexArray) -> ComplexArray:
    """The one state that a generator leaves as it is, shape (d, d), by linear solution."""
    d = round(np.sqrt(len(superoperator)))
    # The row of rho_00 depends on those of the other populations: the trace takes its place.
    system = superoperator.copy()
    system[0] = np.eye(d).ravel()
    return np.asarray(np.linalg.solve(system, np.eye(d * d)[0])).reshape(d, d)


def slope(function: Callable[[float], Value], step: float = 0.02) -> Value:
    """Derivative at zero: central differences at four steps, each half of the last, extrapolated three times."""
    rows: list[Value] = [(function(k) - function(-k)) / (2 * k) for k in (step / 2**n for n in range(4))]
    return _richardson(rows, 4)


def extrapolated(values: Callable[[float], Value], step: float, count: int = 3) -> Value:
    """Limit at zero of a function with integer powers of its argument, from `count` steps, each half of the last."""
    return _richardson([values(step / 2**k) for k in range(count)], 2)


def _richardson(rows: list[Value], base: int) -> Value:
    """Limit of a sequence whose errors fall by the powers of a base from each member to the next."""
    for order in range(1, len(rows)):
        factor = float(base) ** order
        rows = [(factor * b - a) / (factor - 1) for a, b in pairwise(rows)]
    return rows[0]
