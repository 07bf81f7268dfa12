"""Measured generators and channels: a matrix with the covariance of its errors, from tomography or its samples.

Everything is held as a real matrix in an orthonormal basis of Hermitian matrices: a map that preserves Hermiticity
has d^4 real numbers and no more, so its covariance is d^4 x d^4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, RealArray, require, square_matrix
from equipoise._printed import counted, described

LARGEST_ESTIMATE = 8
"""Dimension up to which a covariance of d^4 x d^4 numbers is held (128 MiB)."""

EXACT = 1e-8
"""Defect, relative to the map, up to which an estimate preserves Hermiticity or the trace."""


@dataclass(frozen=True, eq=False, kw_only=True)
class AbstractEstimate:
    """A map on matrices that is known with errors: a `GeneratorEstimate` or a `ChannelEstimate`.

    Parameters
    ----------
    transfer : RealArray, shape (d^2, d^2)
        `Tr[E_a T(E_b)]` (Schroedinger) in the orthonormal Hermitian basis of `hermitian_basis`.
    covariance : RealArray, shape (d^4, d^4)
        Of the errors of `transfer`, flattened row by row.
    degrees_of_freedom : int or None
        Of a covariance that was itself estimated from samples (their number less one); None if it is known.
    source : str
        Where the errors come from, in words.
    """

    transfer: RealArray
    covariance: RealArray
    degrees_of_freedom: int | None
    source: str

    kind: ClassVar[str]
    rule: ClassVar[str]
    kept: ClassVar[float]
    """Of the trace of a state, what the map leaves: 0 for a generator, 1 for a channel."""

    @classmethod
    def from_covariance(cls, superoperator: ArrayLike, covariance: ArrayLike) -> Self:
        """A measured map with a known covariance of its errors.

        Parameters
        ----------
        superoperator : array_like, shape (d^2, d^2)
            Schroedinger matrix, row-major: vec(A X B) = kron(A, B^T) vec X. A Choi matrix is converted by
            `choi_of_superoperator`, its own inverse, its covariance by `covariance_of_choi`.
        covariance : array_like, shape (2 d^4, 2 d^4)
            Of the real parts of its d^4 elements, row by row, and then of their imaginary parts.

        Raises
        ------
        InputError
            Wrong shapes, a covariance that is not symmetric or not positive, an estimate or an error that does not
            preserve Hermiticity or the trace (with the remedy), a channel given for a generator, d above 8.

        Examples
        --------
        >>> found = GeneratorEstimate.from_covariance(np.diag([0, -1.0, -1.0, 0]), 1e-6 * np.diag([0.0] * 32))
        >>> found.dimension
        2
        """
        S, C = _known(superoperator, covariance)
        return cls._checked(S, C, None, "a given covariance")

    @classmethod
    def from_repetitions(cls, superoperators: Sequence[ArrayLike] | ArrayLike) -> Self:
        """A measured map from n independent measurements of it: their mean, with the errors of the mean.

        Parameters
        ----------
        superoperators : array_like, shape (n, d^2, d^2)
            Schroedinger matrices, row-major, each an independent estimate with the same errors. The covariance has
            n - 1 degrees of freedom, which the test takes into account.
        """
        mean, spread, n = _sampled(superoperators)
        return cls._checked(mean, spread / n, n - 1, f"{n} repetitions")

    @classmethod
    def from_draws(cls, superoperators: Sequence[ArrayLike] | ArrayLike, estimate: ArrayLike | None = None) -> Self:
        """A measured map from draws of its estimator: a bootstrap, or a posterior. The spread of one draw counts.

        Parameters
        ----------
        superoperators : array_like, shape (n, d^2, d^2)
        estimate : array_like, shape (d^2, d^2), optional
            The estimate itself; the mean of the draws by default.
        """
        mean, spread, n = _sampled(superoperators)
        best = mean if estimate is None else _transfer(estimate, "estimate")
        return cls._checked(best, spread, n - 1, f"{n} draws")

    @classmethod
    def trace_preserving(cls, superoperator: ArrayLike) -> ComplexArray:
        """A Schroedinger matrix with its trace defect taken off, `S - |1>>(<<1|S - t <<1|)/d`, t = 1 (channel) or 0.

        Linear in the deviation: apply it to the estimate and to each sample alike.
        """
        S = square_matrix(superoperator, "superoperator")
        d = _dimension(S, "superoperator")
        one = np.eye(d).ravel()
        return np.asarray(S - np.outer(one, one @ S - cls.kept * one) / d)

    @classmethod
    def _checked(cls, R: RealArray, C: RealArray, degrees: int | None, source: str) -> Self:
        """An estimate whose map and errors keep the trace as they should."""
        n, d = len(R), int(np.rint(np.sqrt(len(R))))
        scale, identity = float(np.abs(R).max()), np.concatenate([np.ones(d), np.zeros(n - d)])
        gained = R[:d].sum(axis=0) - cls.kept * identity
        other = ChannelEstimate if cls is GeneratorEstimate else GeneratorEstimate
        if np.abs(gained - (other.kept - cls.kept) * identity).max() <= EXACT * max(scale, 1.0):
            raise InputError(
                f"Argument `superoperator` must be a {cls.kind}, {cls.rule}, but it gives {other.rule}: it is a "
                f"{other.kind}. Use {other.__name__}."
            )
        remedy = f"Pass each matrix through {cls.__name__}.trace_preserving(superoperator)."
        largest = float(np.abs(gained).max())
        missed = f"misses it by {largest:.3g}"
        require(largest <= EXACT * scale, "superoperator", f"preserve the trace, {cls.rule}", missed, remedy)
        rows = C.reshape(n, n, n, n)[:d, :, :d, :].sum(axis=(0, 2))
        variance = float(np.abs(np.diag(rows)).max())
        require(
            variance <= EXACT * max(float(np.abs(C).max()), np.finfo(float).tiny),
            "covariance",
            f"be that of maps that preserve the trace, {cls.rule}",
            f"the trace has a variance of {variance:.3g}",
            "Project it as trace_preserving does the map, or estimate it from samples passed through that.",
        )
        return cls(transfer=R, covariance=C, degrees_of_freedom=degrees, source=source)

    @property
    def dimension(self) -> int:
        """Dimension d of the Hilbert space."""
        return int(np.rint(np.sqrt(len(self.transfer))))

    @property
    def change(self) -> RealArray:
        """What the map adds to a state, in the Hermitian basis: zero on a stationary state."""
        return np.asarray(self.transfer - self.kept * np.eye(len(self.transfer)))

    def __repr__(self) -> str:
        errors = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return described(
            f"{self.kind} of {counted(self.dimension, 'state')}, known with errors",
            ("largest element", f"{np.abs(self.transfer).max():.3g}"),
            ("largest error", f"{errors.max():.3g}, from {self.source}"),
        )

    def superoperator(self) -> ComplexArray:
        """The estimate as a d^2 x d^2 Schroedinger matrix, row-major, in the given basis."""
        T = hermitian_basis(self.dimension)
        return np.asarray(T @ self.transfer @ T.conj().T)


class GeneratorEstimate(AbstractEstimate):
    """A generator known with errors: `from_covariance`, `from_repetitions` and `from_draws` make it."""

    kind = "generator"
    rule = "Tr L(rho) = 0"
    kept = 0.0


class ChannelEstimate(AbstractEstimate):
    """A channel known with errors: `from_covariance`, `from_repetitions` and `from_draws` make it."""

    kind = "channel"
    rule = "Tr T(rho) = Tr rho"
    kept = 1.0


def hermitian_basis(dimension: int) -> ComplexArray:
    """Columns vec(E_a) of an orthonormal basis of Hermitian matrices, shape (d^2, d^2).

    First `|i><i|`, then for each i < j (by rows) `(|i><j| + |j><i|)/sqrt 2` and `i(|j><i| - |i><j|)/sqrt 2`.
    """
    d = dimension
    T = np.zeros((d * d, d * d), dtype=complex)
    T[np.arange(d) * (d + 1), np.arange(d)] = 1.0
    i, j = np.triu_indices(d, 1)
    even = d + 2 * np.arange(i.size)
    T[i * d + j, even] = T[j * d + i, even] = np.sqrt(0.5)
    T[i * d + j, even + 1] = -1j * np.sqrt(0.5)
    T[j * d + i, even + 1] = 1j * np.sqrt(0.5)
    return T


def covariance_of_choi(covariance: ArrayLike) -> RealArray:
    """Covariance of the superoperator from that of a Choi matrix, both of (real parts, imaginary parts), row by row."""
    C = np.asarray(covariance, dtype=float)
    size = C.shape[0] // 2 if C.ndim == 2 else 0
    d = int(np.rint(size**0.25))
    require(C.shape == (2 * d**4, 2 * d**4), "covariance", "have shape (2 d^4, 2 d^4)", f"has shape {C.shape}")
    order = np.arange(d**4).reshape(d, d, d, d).transpose(0, 2, 1, 3).ravel()
    both = np.concatenate([order, order + d**4])
    return np.asarray(C[np.ix_(both, both)])


def _known(superoperator: ArrayLike, covariance: ArrayLike) -> tuple[RealArray, RealArray]:
    S = _transfer(superoperator, "superoperator")
    n = len(S)
    C = np.asarray(covariance, dtype=float)
    require(
        C.shape == (2 * n * n, 2 * n * n),
        "covariance",
        f"have shape ({2 * n * n}, {2 * n * n}): the real and then the imaginary parts of the {n * n} elements",
        f"has shape {C.shape}",
    )
    require(bool(np.isfinite(C).all()), "covariance", "be finite", "holds an entry that is not")
    scale = float(np.abs(C).max())
    asymmetry = float(np.abs(C - C.T).max())
    require(asymmetry <= EXACT * scale, "covariance", "be symmetric", f"|C - C^T| reaches {asymmetry:.3g}")
    # transfer = Re(T^+ S T): row (a, b) of the linear map is conj(T[:, a]) (x) T[:, b].
    T = hermitian_basis(int(np.rint(np.sqrt(n))))
    left = np.kron(T.conj().T, T.T)
    real = np.hstack([left.real, -left.imag])
    hidden = np.hstack([left.imag, left.real])
    leak = float(np.abs(np.einsum("ij,jk,ik->i", hidden, C, hidden, optimize=True)).max())
    require(
        leak <= EXACT * scale,
        "covariance",
        "be that of maps that preserve Hermiticity: S[(j i), (l k)] = conj S[(i j), (k l)]",
        f"the part that breaks it has a variance of up to {leak:.3g}",
        "Take it over the Hermiticity-preserving part of the samples, (S + P conj(S) P)/2 with P the exchange of i, j.",
    )
    found = real @ C @ real.T
    found = 0.5 * (found + found.T)
    least = float(np.linalg.eigvalsh(found)[0])
    require(least >= -EXACT * scale, "covariance", "have no negative eigenvalue", f"the least is {least:.3g}")
    return S, found


def _sampled(superoperators: Sequence[ArrayLike] | ArrayLike) -> tuple[RealArray, RealArray, int]:
    stack = np.asarray(superoperators)
    require(stack.ndim == 3, "superoperators", "have shape (n, d^2, d^2)", f"has shape {stack.shape}")
    n = len(stack)
    require(n >= 3, "superoperators", "hold at least 3 samples", f"holds {n}")
    transfers = np.array([_transfer(S, f"superoperators[{k}]") for k, S in enumerate(stack)])
    mean = transfers.mean(axis=0)
    deviations = (transfers - mean).reshape(n, -1)
    return mean, deviations.T @ deviations / (n - 1), n


def _transfer(superoperator: ArrayLike, name: str) -> RealArray:
    S = square_matrix(superoperator, name)
    d = _dimension(S, name)
    T = hermitian_basis(d)
    R = T.conj().T @ S @ T
    defect = float(np.abs(R.imag).max())
    require(
        defect <= EXACT * float(np.abs(R).max()),
        name,
        "preserve Hermiticity: S[(j i), (l k)] = conj S[(i j), (k l)]",
        f"an imaginary part of {defect:.3g} remains in a Hermitian basis",
        "Take (S + P conj(S) P)/2 with P the exchange of i and j; or it is column-stacked: transpose each pair.",
    )
    return np.asarray(R.real)


def _dimension(S: ComplexArray, name: str) -> int:
    d = int(np.rint(np.sqrt(len(S))))
    require(d * d == len(S), name, "have shape (d^2, d^2)", f"has shape {S.shape}")
    require(
        d <= LARGEST_ESTIMATE,
        name,
        f"have d <= {LARGEST_ESTIMATE}: its covariance has d^8 entries",
        f"has d = {d}",
        "Measure a subsystem.",
    )
    return d
