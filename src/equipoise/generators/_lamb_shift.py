"""The Hamiltonian that a reservoir adds in the weak-coupling limit, for scalar and matrix spectral densities."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from equipoise._checks import Array, ComplexArray, NumericalError
from equipoise.reservoirs import CorrelatedDensity, Reservoir
from equipoise.spectrum import Spectrum
from equipoise.tolerances import COMMUTES


def lamb_shift_hamiltonian(spectrum: Spectrum, reservoir: Reservoir, elements: ComplexArray) -> ComplexArray:
    """`sum_w S_out(w) D_w^dagger D_w - S_in(w) D_w D_w^dagger` of one reservoir, shape (d, d), given basis.

    With several channels `elements` (K, d, d): summed over independent ones; for a matrix `J_ab` the terms are
    `S_out[a, b] D_b^dagger D_a - S_in[a, b] D_b D_a^dagger`.
    """
    try:
        total = summed_shift(spectrum, reservoir, elements, partial(level_shift_tables, spectrum, reservoir))
    except NumericalError as error:
        remedy = "weak_coupling(system, lamb_shift=False) and audit(system, lamb_shift=False) leave level shifts out."
        raise NumericalError(f"{error} {remedy}") from None
    return np.asarray(spectrum.to_given_basis(total), dtype=complex)


def summed_shift(
    spectrum: Spectrum,
    reservoir: Reservoir,
    elements: ComplexArray,
    tables: Callable[[ComplexArray], tuple[ComplexArray, ComplexArray]],
) -> ComplexArray:
    """The sum of `lamb_shift_hamiltonian` for any `S_out` and `S_in`, energy basis, shape (d, d).

    `tables` gives both, (d, d, K, K), for the elements (K, d, d) of channels that share one matrix of densities.
    """
    are_correlated = isinstance(reservoir.spectral_density, CorrelatedDensity)
    total = np.zeros(elements.shape[1:], dtype=complex)
    for own in [elements] if are_correlated else elements[:, None]:
        emission, absorption = tables(own)
        for a, b in np.ndindex(len(own), len(own)):
            total += level_product(spectrum, own[b].conj().T, emission[:, :, a, b] * own[a])
            total -= level_product(spectrum, absorption[:, :, a, b] * own[b], own[a].conj().T)
    return total


def root_of_conjugate(correlation: ComplexArray) -> ComplexArray:
    """`R = sqrt(conj C)`: channels `sum_a R_ka D_a` add incoherently to the rates `C_ab D_a rho D_b^dagger`."""
    values, vectors = np.linalg.eigh(correlation.conj())
    # Eigenvalues of a checked positive matrix are negative only by round-off.
    scaled = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    return np.asarray(scaled @ vectors.conj().swapaxes(-1, -2))


def level_shift_tables(
    spectrum: Spectrum, reservoir: Reservoir, elements: ComplexArray
) -> tuple[ComplexArray, ComplexArray]:
    """`S_out` and `S_in` at `w = e_j - e_i` where a channel has an element [i, j], each (d, d, K, K)."""
    K, d, _ = elements.shape
    frequencies = spectrum.state_energies[None, :] - spectrum.state_energies[:, None]
    same_level = spectrum.level_of[:, None] == spectrum.level_of[None, :]
    active = np.any(elements != 0, axis=0)
    emission = np.zeros((d, d, K, K), dtype=complex)
    absorption = np.zeros((d, d, K, K), dtype=complex)
    needed = active & ~same_level
    distinct, inverse = np.unique(frequencies[needed], return_inverse=True)
    if distinct.size:
        inward = reservoir.level_shift_matrix_in(distinct)
        absorption[needed] = inward[inverse]
        # S_out = conj(S_in) + difference: one thermal integral serves both, the difference often has a closed form.
        emission[needed] = (inward.conj() + reservoir.level_shift_matrix_difference(distinct))[inverse]
    zero = active & same_level
    if zero.any():
        # w = 0: S_out and S_in of an Ohmic bath diverge; their difference does not, and it alone enters when the
        # zero-frequency parts D_0 commute with their adjoints (always so without degenerate levels).
        if not _is_normal(np.where(same_level, elements, 0), _correlation_at_zero(reservoir, K)):
            absorption[zero] = reservoir.level_shift_matrix_in(np.zeros(1))[0]
        emission[zero] = absorption[zero].conj() + reservoir.level_shift_matrix_difference(np.zeros(1))[0]
    return emission, absorption


def _correlation_at_zero(reservoir: Reservoir, channels: int) -> ComplexArray | None:
    """C of correlated channels where it is one matrix; None where it depends on frequency."""
    density = reservoir.spectral_density
    if not isinstance(density, CorrelatedDensity):
        return np.eye(channels, dtype=complex)
    return density.correlation_matrix(0.0) if density.is_constant else None


def _is_normal(zero_frequency: ComplexArray, correlation: ComplexArray | None) -> bool:
    """Whether `sum_ab C_ab D_b^dagger D_a = sum_ab C_ab^* D_b D_a^dagger`; for every C if it is not constant."""
    scale = float(np.linalg.norm(zero_frequency)) ** 2
    adjoint = zero_frequency.conj().swapaxes(1, 2)
    if correlation is None:
        return all(
            bool(np.linalg.norm(adjoint[a] @ B - B @ adjoint[a]) <= COMMUTES * scale)
            for a in range(len(zero_frequency))
            for B in zero_frequency
        )
    mixed = np.einsum("ab,ajk->bjk", correlation, zero_frequency)
    defect = np.sum(adjoint @ mixed - zero_frequency @ mixed.conj().swapaxes(1, 2), axis=0)
    return bool(np.linalg.norm(defect) <= COMMUTES * scale * float(np.linalg.norm(correlation)))


def level_product(spectrum: Spectrum, left: Array, right: Array) -> Array:
    """The part of `left @ right` within levels; O(d^2) when no level is degenerate."""
    if spectrum.is_degenerate:
        return np.asarray(spectrum.within_levels(left @ right))
    return np.diag(np.einsum("ij,ji->i", left, right))
