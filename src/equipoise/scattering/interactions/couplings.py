"""Positions, and matrices that couple the states of a target to a particle: as they are given, checked, printed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, Array, ComplexArray, finite_real, hermitian_matrix, require
from equipoise._printed import amount, amounts
from equipoise.spectrum import Spectrum


def coupling_matrix(value: ArrayLike, name: str) -> ComplexArray:
    """A Hermitian matrix, or the real diagonal of one, as a matrix of shape (d, d)."""
    if np.ndim(value) == 1:
        entries = np.asarray(value, dtype=object)
        return np.diag(np.array([finite_real(x, f"{name}[{i}]") for i, x in enumerate(entries)], dtype=complex))
    return hermitian_matrix(value, name)


def ascending(values: Iterable[float], name: str, remedy: str = "") -> tuple[float, ...]:
    """Numbers that ascend, at least one."""
    numbers = tuple(finite_real(q, f"{name}[{j}]") for j, q in enumerate(values))
    require(len(numbers) > 0, name, "hold at least one position", "is empty")
    for j, (before, now) in enumerate(pairwise(numbers)):
        require(now > before, name, "ascend", f"{name}[{j + 1}] = {now:g} follows {before:g}", remedy)
    return numbers


def without_round_off(spectrum: Spectrum, matrix: ComplexArray) -> ComplexArray:
    """Elements in the energy basis, those below the round-off of the change of basis set to zero."""
    elements = spectrum.to_energy_basis(matrix)
    if spectrum.vectors is None:
        return np.asarray(elements)
    limit = 4 * np.sqrt(spectrum.dimension) * ROUND_OFF * np.abs(matrix).sum(axis=1).max(initial=0.0)
    return np.asarray(np.where(np.abs(elements) > limit, elements, 0.0))


def couplings_in_words(matrix: Array) -> str:
    """A coupling matrix in a line: its diagonal where that is all, else what can be said of it in a few words.

    Examples
    --------
    >>> couplings_in_words(np.diag([1.0, 0.7]))
    '1, 0.7'
    >>> couplings_in_words(np.array([[1.0, 0.5j], [-0.5j, 2.0]]))
    'diagonal 1, 2; between states up to 0.5, complex'
    """
    matrix = np.asarray(matrix)
    diagonal = np.diag(matrix)
    between = np.abs(matrix - np.diag(diagonal)).max(initial=0.0)
    if between == 0:
        return amounts(diagonal.real)
    kind = ", complex" if np.any(matrix.imag) else ""
    return f"diagonal {amounts(diagonal.real)}; between states up to {amount(float(between))}{kind}"


def largest_in_words(matrices: Array) -> str:
    """The largest elements of matrices of shape (n, d, d), within states and between them."""
    size, unit = np.abs(matrices), np.eye(matrices.shape[-1])
    within, between = (float((size * where).max(initial=0.0)) for where in (unit, 1 - unit))
    return f"{amount(within)} on the diagonal, {amount(between)} between states"
