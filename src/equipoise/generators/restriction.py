"""A generator restricted to an invariant subspace: a conserved sector, or the support of a stationary state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equipoise._checks import Array, ComplexArray
from equipoise.generators.generator import Dissipator, Generator, require_generator
from equipoise.spectrum import Spectrum


def restricted_to(generator: Generator, columns: Array) -> Generator:
    """The generator on states supported in a subspace that it does not leave, with its energy basis ordered by energy.

    For `P` with `L_k P = P L_k P` and the effective Hamiltonian likewise, states on the range of `P` evolve with
    `P H P` and the jumps `P L_k P`. The columns, (d, k), are orthonormal and span the range in the energy basis.
    """
    require_generator(generator)
    U = energy_columns(generator.spectrum, np.asarray(columns))
    spectrum = _spectrum_of(generator.spectrum, U)
    dissipators = tuple(_restrict(part, generator.spectrum, spectrum, U) for part in generator.dissipators)
    number = None if generator.number is None else _project(generator.spectrum, U, generator.number)
    energy = None if generator.energy is None else _project(generator.spectrum, U, generator.energy)
    return replace(
        generator,
        spectrum=spectrum,
        dissipators=dissipators,
        number=number,
        energy=energy,
        system=None,
        undetermined=(),
    )


def energy_columns(spectrum: Spectrum, columns: Array) -> Array:
    """Energy eigenvectors, ascending, that span the subspace of `columns`; unit vectors stay exact."""
    if np.all((columns != 0).sum(axis=0) == 1):
        order = np.argsort(np.argmax(columns != 0, axis=0), kind="stable")
        return columns[:, order]
    touched = [set(spectrum.level_of[column != 0]) for column in columns.T]
    if all(len(levels) == 1 for levels in touched):
        # Already energy eigenvectors: kept, so that asking again gives the same basis.
        return columns[:, np.argsort([levels.pop() for levels in touched], kind="stable")]
    by_level = [_within(columns, np.nonzero(spectrum.level_of == level)[0]) for level in range(spectrum.size)]
    inside = np.concatenate(by_level, axis=1)
    if inside.shape == columns.shape:
        return inside
    # The subspace is not a sum of parts of levels (jumps that mix them): energy eigenvectors of its own.
    H = columns.conj().T @ (spectrum.state_energies[:, None] * columns)
    return np.asarray(columns @ np.linalg.eigh(H)[1])


def _within(columns: Array, states: np.ndarray) -> Array:
    """Orthonormal vectors of the subspace that lie in one level, shape (d, k_m)."""
    overlap, vectors = np.linalg.eigh(columns[states] @ columns[states].conj().T)
    out = np.zeros((columns.shape[0], int(np.sum(overlap > 0.5))), dtype=complex)
    out[states] = vectors[:, overlap > 0.5]
    return out


def _spectrum_of(spectrum: Spectrum, U: Array) -> Spectrum:
    energies = np.einsum("ia,i,ia->a", U.conj(), spectrum.energies, U).real
    # Each column lies in one level if H commutes with the projector; where it does not (jumps that mix coherences)
    # the column is named after the level it overlaps most.
    home = spectrum.level_of[np.argmax(np.abs(U) ** 2, axis=0)]
    kept, level_of = np.unique(home, return_inverse=True)
    labels = tuple(spectrum.labels[m] for m in kept)
    return Spectrum(np.asarray(energies), None, np.arange(energies.size), level_of, spectrum.tolerance, labels)


def _project(spectrum: Spectrum, U: Array, operator: ComplexArray) -> ComplexArray:
    inside = U.conj().T @ spectrum.to_energy_basis(operator) @ U
    # Of an operator that vanishes there, round-off is left, which is not Hermitian by itself.
    return np.asarray(0.5 * (inside + inside.conj().T), dtype=complex)


def _restrict(part: Dissipator, old: Spectrum, new: Spectrum, U: Array) -> Dissipator:
    term = part.coherent_term
    return Dissipator(
        part.representation.restricted_to(U, old, new),
        reservoir=part.reservoir,
        coherent_term=None if term is None else lambda: _projected_term(part, old, U),
        energy=None if part.energy is None else _project(old, U, part.energy),
        number=None if part.number is None else _project(old, U, part.number),
        is_given=part.is_given,
    )


def _projected_term(part: Dissipator, old: Spectrum, U: Array) -> ComplexArray:
    elements = part.coherent_elements(old)
    assert elements is not None
    return np.asarray(U.conj().T @ elements @ U, dtype=complex)
