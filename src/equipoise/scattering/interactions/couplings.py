"""Matrices that couple the states of a target to a particle: as they are given, checked, and in the energy basis."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, ComplexArray, finite_real, hermitian_matrix, require
from equipoise.spectrum import Spectrum


def coupling_matrix(value: ArrayLike, name: str) -> ComplexArray:
    """A Hermitian matrix, or the real diagonal of one, as a matrix of shape (d, d)."""
    if np.ndim(value) == 1:
        entries = np.asarray(value, dtype=object)
        return np.diag(np.array([finite_real(x, f"{name}[{i}]") for i, x in enumerate(entries)], dtype=complex))
    return hermitian_matrix(value, name)


def require_states(size: int, spectrum: Spectrum, name: str) -> None:
    """Refuse an interaction that acts on another number of states than the target has."""
    require(
        size == spectrum.dimension,
        f"interaction.{name}",
        f"act on the {spectrum.dimension} states of the target",
        f"acts on {size}",
    )


def without_round_off(spectrum: Spectrum, matrix: ComplexArray) -> ComplexArray:
    """Elements in the energy basis, those below the round-off of the change of basis set to zero."""
    elements = spectrum.to_energy_basis(matrix)
    if spectrum.vectors is None:
        return np.asarray(elements)
    limit = 4 * np.sqrt(spectrum.dimension) * ROUND_OFF * np.abs(matrix).sum(axis=1).max(initial=0.0)
    return np.asarray(np.where(np.abs(elements) > limit, elements, 0.0))
