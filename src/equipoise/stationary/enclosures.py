"""Enclosures of a secular generator: subspaces that no jump and no effective Hamiltonian leaves, at any rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equipoise._checks import Array, ComplexArray
from equipoise.generators import FrequencyResolved, Generator
from equipoise.spectrum import Spectrum
from equipoise.stationary.state import DensityMatrix, StationaryState
from equipoise.tolerances import NULL_AMPLITUDE


def enclosure(generator: Generator, columns: Array) -> ComplexArray:
    """Orthonormal columns of the smallest enclosure that contains given vectors, each within one level.

    Jump operators are compared without their rates, so that states of any small population are found.

    Parameters
    ----------
    generator : Generator
        Secular.
    columns : Array, shape (d, k)
        Vectors in the energy basis that span a sum of parts of levels.
    """
    spectrum = generator.spectrum
    members = [np.nonzero(spectrum.level_of == level)[0] for level in range(spectrum.size)]
    inside = [_extended(np.zeros((rows.size, 0), dtype=complex), columns[rows]) for rows in members]
    blocks = _blocks(generator, members)
    grown = True
    while grown:
        grown = False
        for m, n, block in blocks:
            if inside[n].shape[1] > 0 and inside[m].shape[1] < members[m].size:
                larger = _extended(inside[m], block @ inside[n])
                grown |= larger.shape[1] > inside[m].shape[1]
                inside[m] = larger
    out = []
    for rows, part in zip(members, inside, strict=True):
        whole = np.zeros((spectrum.dimension, part.shape[1]), dtype=complex)
        whole[rows] = np.eye(rows.size) if part.shape[1] == rows.size else part
        out.append(whole)
    return np.concatenate(out, axis=1)


def lifted(spectrum: Spectrum, inner: StationaryState, columns: ComplexArray) -> StationaryState:
    """A stationary state of the generator restricted to `columns`, as one of the whole; empty states are exact."""
    d, k = columns.shape
    log_weights = np.full(d, -np.inf)
    basis: ComplexArray | None = None
    home = spectrum.level_of[np.argmax(np.abs(columns), axis=0)]
    if inner.density.basis is None and np.all((columns != 0).sum(axis=0) == 1):
        log_weights[np.argmax(columns != 0, axis=0)] = inner.log_weights
    else:
        vectors = columns if inner.density.basis is None else columns @ inner.density.basis
        basis = np.zeros((d, d), dtype=complex)
        for level in range(spectrum.size):
            rows, here = np.nonzero(spectrum.level_of == level)[0], np.nonzero(home == level)[0]
            # A full QR keeps the span of the vectors first and adds the complement of the level.
            basis[np.ix_(rows, rows)] = np.linalg.qr(vectors[np.ix_(rows, here)], mode="complete")[0]
            log_weights[rows[: here.size]] = inner.log_weights[here]
    error = np.zeros(spectrum.size)
    error[np.unique(home)] = inner.population_error
    return replace(
        inner,
        density=DensityMatrix(spectrum, log_weights, basis=basis),
        solver=f"{inner.solver}, on an enclosure of rank {k}",
        population_error=error,
        is_unique=False,
        projector=columns,
        gap=None,
    )


def _extended(inside: ComplexArray, vectors: Array) -> ComplexArray:
    """An orthonormal basis of `inside` with what of `vectors` leads out of it."""
    if vectors.shape[1] == 0:
        return inside
    outside = vectors - inside @ (inside.conj().T @ vectors)
    left, values, _ = np.linalg.svd(outside, full_matrices=False)
    new = left[:, values > NULL_AMPLITUDE]
    return np.asarray(np.linalg.qr(np.hstack([inside, new]))[0]) if new.shape[1] else inside


def _blocks(generator: Generator, members: list[np.ndarray]) -> list[tuple[int, int, Array]]:
    """Operators between levels (m, n), each of norm one: jumps without rates, decay and coherent terms."""
    spectrum = generator.spectrum
    operators: list[Array] = []
    for part in generator.dissipators:
        kind = part.representation
        if isinstance(kind, FrequencyResolved):
            couplings = zip(kind.log_rates, kind.coupling_operators, strict=True)
            operators += [np.where(np.isfinite(rates), D, 0) for rates, D in couplings]
            operators.append(kind.decay)
        if part.coherent is not None:
            operators.append(spectrum.within_levels(spectrum.to_energy_basis(part.coherent)))
    found = []
    for A in operators:
        for m, n in np.argwhere(spectrum.sum_over_levels((A != 0).astype(float)) > 0):
            block = A[np.ix_(members[m], members[n])]
            found.append((int(m), int(n), block / np.linalg.norm(block)))
    return found
