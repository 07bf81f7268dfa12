"""Extremal invariant states of a linear evolution of (part of) the density matrix, from its null space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ComplexArray, NumericalError, RealArray
from equipoise.linalg.null_space import NullSpace
from equipoise.tolerances import SUPPORT


@dataclass(frozen=True, eq=False)
class InvariantState:
    """An extremal invariant density matrix in the energy basis.

    Parameters
    ----------
    elements : ComplexArray, shape (d, d)
    projector : ComplexArray, shape (d, k), or None
        Columns spanning the conserved subspace it lives on; None if it is the only invariant state.
    next_singular_value : float
        How far the next direction is from being null, relative to the norm: small means nearly not unique.
    is_isolated : bool
        False if the invariant states found are one choice of a continuum: a noiseless subsystem, whose coherences
        are conserved too.
    """

    elements: ComplexArray
    projector: ComplexArray | None
    next_singular_value: float
    is_isolated: bool = True


def invariant_states(
    found: NullSpace, rows: np.ndarray, columns: np.ndarray, dimension: int, weight: RealArray
) -> list[InvariantState]:
    """Extremal invariant states of `d rho[rows, columns]/dt = evolution rho[rows, columns]`, from its null space.

    With several invariant states the conserved quantities restricted to the recurrent subspace form an algebra;
    the eigenprojections of a generic Hermitian element are minimal conserved projectors, and each carries one
    extremal state.

    Parameters
    ----------
    found : NullSpace
        Of `weight^-1 evolution weight`.
    rows, columns : ndarray of int, shape (n,)
        Which elements of the density matrix the unknowns are (the others vanish).
    dimension : int
        d.
    weight : RealArray, shape (n,)
        Scale of each unknown, which keeps small populations accurate.

    Raises
    ------
    NumericalError
        If no null direction is found, the null vector is not a positive matrix, or a direction decays too slowly to
        be told from stationary.
    """
    if found.dimension == 0:
        raise NumericalError(
            "No stationary state found: the smallest singular value of the generator is "
            f"{found.next_singular_value:.1e} of its norm. The generator is not trace preserving, or its rates span "
            "more than twelve orders of magnitude; give rates as a rate matrix, for which elimination is exact."
        )

    def matrix(vector: ComplexArray) -> ComplexArray:
        out = np.zeros((dimension, dimension), dtype=complex)
        out[rows, columns] = vector
        return out

    if found.dimension == 1:
        rho = _normalised(matrix(found.right[:, 0] * weight))
        return [InvariantState(rho, None, found.next_singular_value)]
    # Spectral projection on the null space: X (Y^dagger X)^-1 Y^dagger, in unscaled coordinates.
    X = found.right * weight[:, None]
    Y = found.left / weight[:, None]
    identity = (rows == columns).astype(complex) / dimension
    average = _normalised(matrix(X @ np.linalg.solve(Y.conj().T @ X, Y.conj().T @ identity)))
    values, vectors = np.linalg.eigh(average)
    recurrent = vectors[:, values > SUPPORT * values[-1]]
    projectors = _minimal_projectors([matrix(y) for y in Y.T], recurrent)
    if len(projectors) == 1:
        raise NumericalError(
            f"The stationary state is nearly not unique: {found.dimension} directions of the generator are stationary "
            "to twelve digits, and yet no projector is conserved. Some rates or decoherence rates are twelve orders of "
            "magnitude below the rest; drop them, or scale the slow and the fast part apart."
        )
    isolated = found.dimension == len(projectors)
    states = []
    for P in projectors:
        block = P @ (P.conj().T @ average @ P) @ P.conj().T
        states.append(InvariantState(_normalised(block), P, found.next_singular_value, isolated))
    return states


def _minimal_projectors(conserved: list[ComplexArray], recurrent: ComplexArray) -> list[ComplexArray]:
    """Eigenspaces of a generic Hermitian conserved quantity on the recurrent subspace, as columns."""
    generator = np.random.default_rng(1976)
    generic = np.zeros((recurrent.shape[1],) * 2, dtype=complex)
    for C in conserved:
        restricted = recurrent.conj().T @ C @ recurrent
        re, im = generator.standard_normal(2)
        generic += re * (restricted + restricted.conj().T) + 1j * im * (restricted - restricted.conj().T)
    values, vectors = np.linalg.eigh(generic)
    # Distinct eigenvalues of a random combination are of order its norm over the dimension apart.
    breaks = np.nonzero(np.diff(values) > 1e-8 * np.abs(values).max())[0] + 1
    return [recurrent @ part for part in np.split(vectors, breaks, axis=1)]


def _normalised(rho: ComplexArray) -> ComplexArray:
    trace = np.trace(rho)
    if abs(trace) <= 1e-14 * np.abs(rho).sum():
        raise NumericalError(
            "The null vector of the generator has trace zero, so it is not a state. The generator is not trace "
            "preserving, or a traceless direction decays too slowly to be told from stationary."
        )
    rho = rho / trace
    rho = 0.5 * (rho + rho.conj().T)
    return np.asarray(rho / np.trace(rho).real)
