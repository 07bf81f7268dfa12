"""Flows inside a system: what the terms of a Hamiltonian carry from one place to the next in a state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import Array, RealArray, hermitian_matrix, require
from equipoise.stationary import DensityMatrix, StationaryState


def bond_currents(terms: Sequence[ArrayLike], state: StationaryState | DensityMatrix | ArrayLike) -> RealArray:
    """Energy that the Hamiltonian carries from each of its terms to each other one, in a state.

    With `H = sum_a h_a` (sites, bonds), `d h_b/dt = i [H, h_b]` and the flow from a to b is::

        J[b, a] = Tr[rho i [h_a, h_b]] = -J[a, b].

    These flows are internal, and need a coherence: in a state that commutes with H the flows into each term sum to
    zero, and through every cut of a chain nothing flows. That is why the stationary state of a secular generator
    without degenerate levels carries no current along a chain, whatever the reservoirs at its ends exchange. Only a
    generator that is not secular has the stationary coherence between levels that such a current needs.

    Parameters
    ----------
    terms : sequence of array_like, each of shape (d, d)
        Hermitian terms `h_a`, in the given basis.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)

    Returns
    -------
    ndarray, shape (n, n)
        [b, a] from a to b, antisymmetric; energy per unit time.

    Raises
    ------
    InputError
        No terms, terms that are not Hermitian (which) or of another dimension than the state.

    References
    ----------
    Hardy (1963); Wichterich et al. (2007) for what secular generators miss.

    Examples
    --------
    Two levels and their coupling: the energy of the bond goes to the site as the coherence tells,

    >>> sites, bond = np.diag([0.0, 1.0]), np.array([[0, 0.2], [0.2, 0]])
    >>> rho = np.array([[0.5, 0.25j], [-0.25j, 0.5]])
    >>> round(float(bond_currents([bond, sites], rho)[1, 0]), 12)
    0.1
    """
    operators, rho = _checked(terms, state, "terms")
    return _flows(operators, operators, rho)


def exchange_currents(
    terms: Sequence[ArrayLike], charges: Sequence[ArrayLike], state: StationaryState | DensityMatrix | ArrayLike
) -> RealArray:
    """Rate at which each term of the Hamiltonian changes each charge: particles that a bond brings to a site.

    `J[b, a] = Tr[rho i [h_a, N_b]]`, and `sum_a J[b, a]` is the Hamiltonian part of `d<N_b>/dt`.

    Parameters
    ----------
    terms : sequence of array_like, each of shape (d, d)
        Terms `h_a` of the Hamiltonian, in the given basis.
    charges : sequence of array_like, each of shape (d, d)
        Local charges `N_b`.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)

    Returns
    -------
    ndarray, shape (charges, terms)
        Positive into the place of the charge.

    Raises
    ------
    InputError
        As `bond_currents`.

    Examples
    --------
    >>> hop = np.array([[0, 0.2], [0.2, 0]])
    >>> rho = np.array([[0.5, 0.25j], [-0.25j, 0.5]])
    >>> left, right = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    >>> [round(float(x), 12) for x in exchange_currents([hop], [left, right], rho)[:, 0]]
    [-0.1, 0.1]
    """
    operators, rho = _checked(terms, state, "terms")
    numbers, _ = _checked(charges, state, "charges")
    return _flows(operators, numbers, rho)


def _checked(
    operators: Sequence[ArrayLike], state: StationaryState | DensityMatrix | ArrayLike, name: str
) -> tuple[list[Array], Array]:
    density = state.density if isinstance(state, StationaryState) else state
    rho = density.matrix() if isinstance(density, DensityMatrix) else hermitian_matrix(density, "state")
    require(len(operators) > 0, name, "hold at least one operator", "is empty")
    return [hermitian_matrix(A, f"{name}[{k}]", len(rho)) for k, A in enumerate(operators)], rho


def _flows(terms: list[Array], charges: list[Array], rho: Array) -> RealArray:
    """`Tr[rho i [h_a, N_b]] = -2 Im Tr[rho h_a N_b]`, shape (charges, terms)."""
    left = np.array([rho @ h for h in terms]).reshape(len(terms), -1)
    right = np.array([N.T for N in charges]).reshape(len(charges), -1)
    return np.asarray(-2 * (right @ left.T).imag)
