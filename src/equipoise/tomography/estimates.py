"""Measured generators and channels: a matrix with the covariance of its errors, from tomography or its samples.

Everything is held as a real matrix in an orthonormal basis of Hermitian matrices: a map that preserves Hermiticity
has d^4 real numbers and no more, so its covariance is d^4 x d^4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, RealArray, require, square_matrix
from equipoise._printed import counted, described

LARGEST_ESTIMATE = 8
"""Dimension up to which a covariance of d^4 x d^4 numbers is held (128 MiB)."""

EXACT = 1e-8
"""Defect, relative to the map, up to which an estimate preserves Hermiticity or the trace."""


@dataclass(frozen=True, eq=False)
class MapEstimate:
    """A map on matrices that is known with errors; use `GeneratorEstimate` or `ChannelEstimate`.

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

    @property
    def dimension(self) -> int:
        """Dimension d of the Hilbert space."""
        return int(np.rint(np.sqrt(len(self.transfer))))

    def __repr__(self) -> str:
        errors = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        kind = "channel" if isinstance(self, ChannelEstimate) else "generator"
        return described(
            f"{kind} of {counted(self.dimension, 'state')}, known with errors",
            ("largest element", f"{np.abs(self.transfer).max():.3g}"),
            ("largest error", f"{errors.max():.3g}, from {self.source}"),
        )

    def superoperator(self) -> ComplexArray:
        """The estimate as a d^2 x d^2 Schroedinger matrix, row-major, in the given basis."""
        T = hermitian_basis(self.dimension)
        return np.asarray(T @ self.transfer @ T.conj().T)


@dataclass(frozen=True, eq=False, repr=False)
class GeneratorEstimate(MapEstimate):
    """A generator known with errors, `Tr L(rho) = 0`; see `MapEstimate`."""


@dataclass(frozen=True, eq=False, repr=False)
class ChannelEstimate(MapEstimate):
    """A channel known with errors, `Tr T(rho) = Tr rho`; see `MapEstimate`."""


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


def generator_estimate(superoperator: ArrayLike, covariance: ArrayLike) -> GeneratorEstimate:
    """A measured generator with a known covariance of its errors.

    Parameters
    ----------
    superoperator : array_like, shape (d^2, d^2)
        Schroedinger matrix, row-major: vec(A X B) = kron(A, B^T) vec X. A Choi matrix is converted by
        `superoperator_of_choi`, its covariance by `covariance_of_choi`.
    covariance : array_like, shape (2 d^4, 2 d^4)
        Of the real parts of its d^4 elements, row by row, and then of their imaginary parts.

    Returns
    -------
    GeneratorEstimate

    Raises
    ------
    InputError
        Wrong shapes, a covariance that is not symmetric or not positive, an estimate or an error that does not
        preserve Hermiticity or the trace (with the remedy), a channel given for a generator, d above 8.

    Examples
    --------
    >>> found = generator_estimate(np.diag([0, -1.0, -1.0, 0]), 1e-6 * np.diag([0.0] * 32))
    >>> found.dimension
    2
    """
    S, C = _known(superoperator, covariance)
    return _generator(S, C, None, "a given covariance")


def channel_estimate(superoperator: ArrayLike, covariance: ArrayLike) -> ChannelEstimate:
    """A measured channel with a known covariance of its errors; as `generator_estimate`."""
    S, C = _known(superoperator, covariance)
    return _channel(S, C, None, "a given covariance")


def generator_from_repetitions(superoperators: Sequence[ArrayLike] | ArrayLike) -> GeneratorEstimate:
    """A measured generator from n independent measurements of it: their mean, with the errors of the mean.

    Parameters
    ----------
    superoperators : array_like, shape (n, d^2, d^2)
        Schroedinger matrices, row-major, each an independent estimate with the same errors.

    Returns
    -------
    GeneratorEstimate
        Its covariance has n - 1 degrees of freedom, which the test takes into account.
    """
    mean, spread, n = _sampled(superoperators)
    return _generator(mean, spread / n, n - 1, f"{n} repetitions")


def channel_from_repetitions(superoperators: Sequence[ArrayLike] | ArrayLike) -> ChannelEstimate:
    """A measured channel from n independent measurements of it; as `generator_from_repetitions`."""
    mean, spread, n = _sampled(superoperators)
    return _channel(mean, spread / n, n - 1, f"{n} repetitions")


def generator_from_draws(
    superoperators: Sequence[ArrayLike] | ArrayLike, estimate: ArrayLike | None = None
) -> GeneratorEstimate:
    """A measured generator from draws of its estimator: a bootstrap, or a posterior. The spread of one draw counts.

    Parameters
    ----------
    superoperators : array_like, shape (n, d^2, d^2)
    estimate : array_like, shape (d^2, d^2), optional
        The estimate itself; the mean of the draws by default.

    Returns
    -------
    GeneratorEstimate
    """
    mean, spread, n = _sampled(superoperators)
    best = mean if estimate is None else _transfer(estimate, "estimate")
    return _generator(best, spread, n - 1, f"{n} draws")


def channel_from_draws(
    superoperators: Sequence[ArrayLike] | ArrayLike, estimate: ArrayLike | None = None
) -> ChannelEstimate:
    """A measured channel from draws of its estimator; as `generator_from_draws`."""
    mean, spread, n = _sampled(superoperators)
    best = mean if estimate is None else _transfer(estimate, "estimate")
    return _channel(best, spread, n - 1, f"{n} draws")


def trace_preserving(superoperator: ArrayLike, *, channel: bool) -> ComplexArray:
    """A Schroedinger matrix with its trace defect taken off, `S - |1>>(<<1|S - t <<1|)/d`, t = 1 (channel) or 0.

    Linear in the deviation: apply it to the estimate and to each sample alike.
    """
    S = square_matrix(superoperator, "superoperator")
    d = _dimension(S, "superoperator")
    one = np.eye(d).ravel()
    return np.asarray(S - np.outer(one, one @ S - (one if channel else 0)) / d)


def covariance_of_choi(covariance: ArrayLike) -> RealArray:
    """Covariance of the superoperator from that of a Choi matrix, both of (real parts, imaginary parts), row by row."""
    C = np.asarray(covariance, dtype=float)
    size = C.shape[0] // 2 if C.ndim == 2 else 0
    d = int(np.rint(size**0.25))
    require(
        C.ndim == 2 and C.shape == (2 * d**4, 2 * d**4),
        "covariance",
        "have shape (2 d^4, 2 d^4)",
        f"has shape {C.shape}",
    )
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
    require(
        stack.ndim == 3,
        "superoperators",
        "have shape (n, d^2, d^2)",
        f"has shape {stack.shape}",
    )
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


def _generator(R: RealArray, C: RealArray, degrees: int | None, source: str) -> GeneratorEstimate:
    d = int(np.rint(np.sqrt(len(R))))
    trace = R[:d].sum(axis=0)
    identity = np.concatenate([np.ones(d), np.zeros(d * d - d)])
    scale = float(np.abs(R).max())
    if float(np.abs(trace - identity).max()) <= EXACT * max(scale, 1.0):
        raise InputError(
            "Argument `superoperator` must be a generator, Tr L(rho) = 0, but it gives Tr T(rho) = Tr rho: it is a "
            "channel. Use channel_estimate, channel_from_repetitions or channel_from_draws."
        )
    _require_trace(trace, C, d, scale, channel=False)
    return GeneratorEstimate(R, C, degrees, source)


def _channel(R: RealArray, C: RealArray, degrees: int | None, source: str) -> ChannelEstimate:
    d = int(np.rint(np.sqrt(len(R))))
    identity = np.concatenate([np.ones(d), np.zeros(d * d - d)])
    trace = R[:d].sum(axis=0)
    scale = float(np.abs(R).max())
    if float(np.abs(trace).max()) <= EXACT * scale:
        raise InputError(
            "Argument `superoperator` must be a channel, Tr T(rho) = Tr rho, but it gives Tr L(rho) = 0: it is a "
            "generator. Use generator_estimate, generator_from_repetitions or generator_from_draws."
        )
    _require_trace(trace - identity, C, d, scale, channel=True)
    return ChannelEstimate(R, C, degrees, source)


def _require_trace(defect: RealArray, C: RealArray, d: int, scale: float, *, channel: bool) -> None:
    rule, word = ("Tr T(rho) = Tr rho", "True") if channel else ("Tr L(rho) = 0", "False")
    remedy = f"Pass each matrix through trace_preserving(superoperator, channel={word})."
    largest = float(np.abs(defect).max())
    require(
        largest <= EXACT * scale, "superoperator", f"preserve the trace, {rule}", f"misses it by {largest:.3g}", remedy
    )
    n = d * d
    rows = C.reshape(n, n, n, n)[:d, :, :d, :].sum(axis=(0, 2))
    variance = float(np.abs(np.diag(rows)).max())
    require(
        variance <= EXACT * max(float(np.abs(C).max()), np.finfo(float).tiny),
        "covariance",
        f"be that of maps that preserve the trace, {rule}",
        f"the trace has a variance of {variance:.3g}",
        "Project it as trace_preserving does the map, or estimate it from samples passed through that.",
    )
