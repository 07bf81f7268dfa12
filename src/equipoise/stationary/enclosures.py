"""Enclosures of a generator: subspaces that no jump and no effective Hamiltonian leaves, at any rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equipoise._checks import Array, ComplexArray
from equipoise.generators import FrequencyResolved, Generator
from equipoise.spectrum import Spectrum
from equipoise.stationary.state import DensityMatrix, StationaryState
from equipoise.tolerances import NULL_AMPLITUDE


def enclosure(generator: Generator, columns: Array) -> ComplexArray:
    """Orthonormal columns of the smallest enclosure that contains given vectors.

    Jump operators are compared without their rates, so that states of any small population are found.

    Parameters
    ----------
    generator : Generator
    columns : Array, shape (d, k)
        Vectors in the energy basis; of a secular generator they span a sum of parts of levels.
    """
    spectrum = generator.spectrum
    if generator.is_secular:
        members = [np.nonzero(spectrum.level_of == level)[0] for level in range(spectrum.size)]
    else:
        members = [np.arange(spectrum.dimension)]
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
    basis: ComplexArray | None = None
    home = spectrum.level_of[np.argmax(np.abs(columns), axis=0)]
    error = np.zeros(spectrum.size)
    if inner.density.basis is None and np.all((columns != 0).sum(axis=0) == 1):
        places = np.argmax(columns != 0, axis=0)
        error[np.unique(home)] = inner.population_error
    else:
        places = np.empty(k, dtype=int)
        vectors = columns if inner.density.basis is None else columns @ inner.density.basis
        basis = np.zeros((d, d), dtype=complex)
        apart = bool(np.all(spectrum.level_of[:, None] == home[None, :], where=vectors != 0))
        if apart:
            error[np.unique(home)] = inner.population_error
        else:
            error[:] = inner.population_error.max()
        level_of, home = (spectrum.level_of, home) if apart else (np.zeros(d, dtype=int), np.zeros(k, dtype=int))
        for level in range(int(level_of.max()) + 1):
            rows, here = np.nonzero(level_of == level)[0], np.nonzero(home == level)[0]
            # A full QR keeps the span of the vectors first and adds the complement of the level.
            basis[np.ix_(rows, rows)] = np.linalg.qr(vectors[np.ix_(rows, here)], mode="complete")[0]
            places[here] = rows[: here.size]
    log_weights, own = np.full(d, -np.inf), np.zeros(d)
    log_weights[places] = inner.log_weights
    if inner.own_weight_error is not None:
        own[places] = inner.own_weight_error
    return replace(
        inner,
        density=DensityMatrix(spectrum, log_weights, basis=basis),
        own_weight_error=None if inner.own_weight_error is None else own,
        own_element_error=None,
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
    """Operators between groups of states (m, n), each of norm one: jumps without rates, decay and coherent terms."""
    found = []
    for A in _operators_of_levels(generator) if generator.is_secular else _operators(generator):
        for m, rows in enumerate(members):
            for n, columns in enumerate(members):
                block = A[np.ix_(rows, columns)]
                size = np.linalg.norm(block)
                if size > 0:
                    found.append((m, n, block / size))
    return found


def _operators(generator: Generator) -> list[Array]:
    """Jump operators without their traces, and the effective Hamiltonian without its mean, in the energy basis."""
    spectrum, operators = generator.spectrum, []
    effective = -1j * np.diag(spectrum.energies - spectrum.energies.mean())
    for part in generator.dissipators:
        signs, c, rest = part.representation.gauged_jumps(spectrum)
        operators += list(rest)
        # D[L + c] is D[L] with the Hamiltonian (c^* L - c L^dagger) / 2i.
        turned = np.einsum("k,kij->ij", signs * c.conj(), rest)
        effective = effective - 0.5 * np.einsum("k,kji,kjl->il", signs, rest.conj(), rest)
        effective = effective + 0.5 * (turned - turned.conj().T)
        coherent = part.coherent_elements(spectrum)
        if coherent is not None:
            effective = effective - 1j * coherent
    return [*operators, effective]


def _operators_of_levels(generator: Generator) -> list[Array]:
    spectrum = generator.spectrum
    operators: list[Array] = []
    for part in generator.dissipators:
        kind = part.representation
        assert isinstance(kind, FrequencyResolved)
        couplings = zip(kind.log_rates, kind.coupling_operators, strict=True)
        operators += [np.where(np.isfinite(rates), D, 0) for rates, D in couplings]
        operators.append(kind.decay)
        if part.coherent is not None:
            operators.append(spectrum.within_levels(spectrum.to_energy_basis(part.coherent)))
    return operators
