"""A quantum channel: one step of a dynamics, where a generator is its rate; Kraus operators, Choi matrix, matrix.

A channel is no generator: `Tr T(rho) = Tr rho`, whereas a generator gives `Tr L(rho) = 0`. A collision, a Floquet
period or a measured process is a channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import Array, ComplexArray, require, require_memory, square_matrix
from equipoise._printed import counted
from equipoise.tolerances import CHANNEL


@dataclass(frozen=True, eq=False)
class Channel:
    """`T(rho) = sum_k K_k rho K_k^dagger`, completely positive and trace preserving.

    Made by `kraus_channel`, `superoperator_channel`, `choi_channel` or `Generator.channel`, which check both.

    Parameters
    ----------
    kraus : ComplexArray, shape (K, d, d)
        Kraus operators in the given basis.
    """

    kraus: ComplexArray

    def __repr__(self) -> str:
        return f"channel, {counted(self.dimension, 'state')}: {counted(len(self.kraus), 'Kraus operator')}"

    @property
    def dimension(self) -> int:
        """Dimension d of the Hilbert space."""
        return int(self.kraus.shape[1])

    def apply(self, rho: Array) -> ComplexArray:
        """Schroedinger action `T(rho)`, O(K d^3)."""
        R = square_matrix(rho, "rho", self.dimension)
        return np.asarray(np.sum(self.kraus @ R @ self.kraus.conj().transpose(0, 2, 1), axis=0))

    def adjoint(self, observable: Array) -> ComplexArray:
        """Heisenberg action: `Tr[X T(rho)] = Tr[T^adjoint(X) rho]`."""
        X = square_matrix(observable, "observable", self.dimension)
        return np.asarray(np.sum(self.kraus.conj().transpose(0, 2, 1) @ X @ self.kraus, axis=0))

    @cached_property
    def choi(self) -> ComplexArray:
        """`C = sum_k |K_k>><<K_k|` with row-major `|K>>`, shape (d^2, d^2), trace d."""
        columns = self.kraus.reshape(len(self.kraus), -1).T
        return np.asarray(columns @ columns.conj().T)

    def superoperator(self) -> ComplexArray:
        """The d^2 x d^2 Schroedinger matrix, row-major: vec(A X B) = kron(A, B^T) vec X."""
        return choi_of_superoperator(self.choi)


def kraus_channel(kraus: Sequence[object]) -> Channel:
    """Channel from its Kraus operators.

    Parameters
    ----------
    kraus : sequence of array_like, each of shape (d, d)

    Returns
    -------
    Channel

    Raises
    ------
    InputError
        Operators of different shapes, or `sum K^dagger K` that is not 1 (with the defect).

    Examples
    --------
    Amplitude damping with probability 0.36:

    >>> damping = kraus_channel([[[1, 0], [0, 0.8]], [[0, 0.6], [0, 0]]])
    >>> damping.apply([[0, 0], [0, 1]]).real.round(12).tolist()
    [[0.36, 0.0], [0.0, 0.64]]
    """
    require(len(kraus) > 0, "kraus", "hold at least one operator", "is empty")
    first = square_matrix(kraus[0], "kraus[0]")
    operators = np.array([square_matrix(K, f"kraus[{k}]", len(first)) for k, K in enumerate(kraus)])
    total = np.einsum("kji,kjl->il", operators.conj(), operators)
    defect = float(np.abs(total - np.eye(len(first))).max())
    require(
        defect <= CHANNEL,
        "kraus",
        "preserve the trace, sum_k K_k^dagger K_k = 1",
        f"it differs from 1 by {defect:.3g}",
        "Jump operators of a generator go to lindbladian(...).",
    )
    return Channel(operators)


def superoperator_channel(superoperator: ArrayLike) -> Channel:
    """Channel from its d^2 x d^2 Schroedinger matrix, row-major: vec(A X B) = kron(A, B^T) vec X.

    Raises
    ------
    InputError
        Not of shape (d^2, d^2), a generator, not trace preserving, not completely positive (with the defect).

    Examples
    --------
    >>> len(superoperator_channel(np.eye(4)).kraus)
    1
    """
    S = square_matrix(superoperator, "superoperator")
    d = _root(len(S), "superoperator")
    require(
        float(np.abs(np.eye(d).ravel() @ S).max()) > CHANNEL * max(1.0, float(np.abs(S).max())),
        "superoperator",
        "be a channel, Tr T(rho) = Tr rho",
        "it gives Tr L(rho) = 0: it is a generator",
        "Pass generator.channel(time), or its matrix exponential.",
    )
    defect = float(np.abs(np.eye(d).ravel() @ S - np.eye(d).ravel()).max())
    first = np.zeros(d * d)
    first[0] = 1.0
    is_transfer = not np.any(S.imag) and bool(np.abs(S[0] - first).max() <= CHANNEL)
    require(
        defect <= CHANNEL * max(1.0, float(np.abs(S).max())),
        "superoperator",
        "preserve the trace, Tr T(rho) = Tr rho",
        f"changes it by up to {defect:.3g}",
        "A real matrix whose first row is 1, 0, 0, ... looks like a Pauli transfer matrix R: pass B @ R @ B.conj().T, "
        "the columns of B the Pauli matrices over sqrt(d), row by row."
        if is_transfer
        else "",
    )
    return choi_channel(choi_of_superoperator(S))


def choi_channel(choi: ArrayLike) -> Channel:
    """Channel from its Choi matrix `C = sum_k |K_k>><<K_k|`, row-major `|K>>`: `C[(i j), (k l)] = <i|T(|j><l|)|k>`.

    Raises
    ------
    InputError
        Not of shape (d^2, d^2), not Hermitian, a negative eigenvalue (which), not trace preserving (the defect).
    """
    C = square_matrix(choi, "choi")
    d = _root(len(C), "choi")
    scale = max(1.0, float(np.abs(C).max()))
    require(
        float(np.abs(C - C.conj().T).max()) <= CHANNEL * scale,
        "choi",
        "be Hermitian: the channel preserves Hermiticity",
        f"|C - C^dagger| reaches {float(np.abs(C - C.conj().T).max()):.3g}",
    )
    values, vectors = np.linalg.eigh(0.5 * (C + C.conj().T))
    require(
        float(values[0]) >= -CHANNEL * scale,
        "choi",
        "have no negative eigenvalue: the channel is completely positive",
        f"the least is {values[0]:.3g}",
        "A measured map goes to ChannelEstimate.from_covariance(...), which takes it with its error bars.",
    )
    kept = values > CHANNEL * 1e-6 * scale
    operators = (np.sqrt(values[kept]) * vectors[:, kept]).T.reshape(-1, d, d)
    return kraus_channel(list(operators))


def choi_of_superoperator(superoperator: Array) -> ComplexArray:
    """Choi matrix of a row-major Schroedinger matrix, `C[(i j), (k l)] = S[(i k), (j l)]`, and the other way round."""
    S = square_matrix(superoperator, "superoperator")
    d = _root(len(S), "superoperator")
    return np.asarray(S.reshape(d, d, d, d).transpose(0, 2, 1, 3).reshape(d * d, d * d))


def _root(size: int, name: str) -> int:
    d = int(np.rint(np.sqrt(size)))
    require(d * d == size, name, "have shape (d^2, d^2)", f"has shape ({size}, {size})")
    require_memory(4, size, name, "Reduce the dimension.")
    return d
