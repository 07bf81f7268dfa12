"""Matrix elements of the couplings of a system in its energy basis, without those that are only round-off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from equipoise._checks import ComplexArray, RealArray, finite_real, require, require_held
from equipoise.generators.generator import Dissipator, Generator, Undetermined
from equipoise.provenance import Provenance
from equipoise.reservoirs import Reservoir
from equipoise.spectrum import Spectrum, element_rounding
from equipoise.systems import OpenSystem
from equipoise.tolerances import COUNTS, EQUAL_COUNTS


def derived_generator(
    system: OpenSystem,
    dissipators: Sequence[Dissipator],
    undetermined: Sequence[Undetermined],
    limit: str,
    options: Mapping[str, float | int | bool | str],
    *,
    resolution: float | None,
    notes: tuple[str, ...] = (),
) -> Generator:
    """The generator of a limit of a system, which says how it was derived."""
    said = {**options, "resolution": "round-off" if resolution is None else resolution}
    return Generator(
        system.spectrum,
        tuple(dissipators),
        number=system.number,
        is_graded=system.is_graded,
        provenance=Provenance(limit, said, notes),
        undetermined=tuple(undetermined),
    )


def elements_of_couplings(
    system: OpenSystem, reservoir: Reservoir, resolution: float | None
) -> tuple[ComplexArray, list[Undetermined]]:
    """`<i|D_a|j>` of each channel of a reservoir, (K, d, d), and the elements left out because they are round-off."""
    spectrum = system.spectrum
    relative = relative_resolution(spectrum, resolution, is_exact=system.is_given_by_levels)
    elements = np.array([spectrum.to_energy_basis(D) for D in system.channels(reservoir)])
    require_held(float(np.abs(elements).max(initial=0.0)), f"couplings to {reservoir.name!r}", "operators")
    if system.is_graded:
        elements[:, ~_lowers_number_by_one(system)] = 0.0
    modulus = np.abs(elements)
    # sqrt(|D|_1 |D|_inf) bounds the spectral norm from above at O(d^2).
    norms = np.sqrt(modulus.sum(axis=1).max(axis=1) * modulus.sum(axis=2).max(axis=1))
    return elements, drop_round_off(elements, relative, norms, reservoir.name)


def drop_round_off(
    elements: ComplexArray, relative: RealArray | float, norms: RealArray, name: str
) -> list[Undetermined]:
    """Set elements up to `relative` times the norm of their operator to zero, in place; say which."""
    found = []
    for D, norm in zip(elements, norms, strict=True):
        modulus = np.abs(D)
        small = (modulus > 0) & (modulus <= relative * norm)
        if small.any():
            modulus[~small] = 0.0
            i, j = np.unravel_index(int(np.argmax(modulus)), modulus.shape)
            found.append(Undetermined(name, int(small.sum()), float(modulus[i, j] / norm), (int(j), int(i))))
            D[small] = 0.0
    return found


def relative_resolution(spectrum: Spectrum, resolution: float | None, *, is_exact: bool) -> RealArray:
    """Size below which an element is left out, relative to the largest: as asked, or its round-off, if it has any."""
    if resolution is None:
        return np.zeros((1, 1)) if is_exact else element_rounding(spectrum)
    require(finite_real(resolution, "resolution") >= 0, "resolution", "be >= 0", f"got {resolution}")
    return np.full((1, 1), float(resolution))


def on_elements(
    spectrum: Spectrum, needed: np.ndarray, function: Callable[[RealArray], RealArray | float]
) -> RealArray:
    """`function(e_j - e_i)` where the element [i, j] is needed, else 0; shape (d, d).

    Only those frequencies are asked, each once: a density may be undefined elsewhere.
    """
    energies = spectrum.state_energies
    distinct, inverse = np.unique((energies[None, :] - energies[:, None])[needed], return_inverse=True)
    table = np.zeros(needed.shape)
    if distinct.size:
        table[needed] = np.asarray(function(distinct))[inverse]
    return table


def _lowers_number_by_one(system: OpenSystem) -> np.ndarray:
    """Elements [i, j] with N_i = N_j - 1; where the energy basis has no definite N (bosons) all are let through."""
    assert system.number is not None
    N = system.spectrum.to_energy_basis(system.number)
    counts = np.diag(N).real
    if np.linalg.norm(N - np.diag(counts)) > COUNTS * np.linalg.norm(N):
        return np.ones(N.shape, dtype=bool)
    return np.asarray(np.abs(counts[None, :] - counts[:, None] - 1.0) < EQUAL_COUNTS)
