"""Flows inside a system: what the terms of a Hamiltonian carry from one place to the next in a state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import Array, RealArray, hermitian_matrix, require
from equipoise.fluxes.generator_at_state import GeneratorAtState, State, at_state
from equipoise.generators import Generator


def bond_currents(
    generator: Generator | GeneratorAtState,
    state: State | None = None,
    *,
    terms: Sequence[ArrayLike],
    charges: Sequence[ArrayLike] | None = None,
) -> RealArray:
    """Rate at which each term of the Hamiltonian changes each charge, or the energy of each other term, in a state.

    With `H = sum_a h_a` (sites, bonds), the flow that `h_a` brings to the place of the charge `N_b` is::

        J[b, a] = Tr[rho i [h_a, N_b]],     sum_a J[b, a] = the Hamiltonian part of d<N_b>/dt.

    The energy of a term, `N_b = h_b`, flows from term a to term b: then `J[b, a] = -J[a, b]`.

    These flows are internal, and need a coherence: in a state that commutes with H the flows into each term sum to
    zero, and through every cut of a chain nothing flows. That is why the stationary state of a secular generator
    without degenerate levels carries no current along a chain, whatever the reservoirs at its ends exchange. Only a
    generator that is not secular has the stationary coherence between levels that such a current needs.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        None: the stationary state of the generator.
    terms : sequence of n array_like, each of shape (d, d)
        Hermitian terms `h_a`, in the given basis.
    charges : sequence of array_like, each of shape (d, d), or None
        Local charges `N_b`, such as the numbers of particles of the sites; None: the terms themselves.

    Returns
    -------
    ndarray, shape (charges, n)
        Positive into the place of the charge, per unit time.

    Raises
    ------
    InputError
        No terms; terms or charges that are not Hermitian (which) or of another dimension than the generator.

    References
    ----------
    Hardy (1963); Wichterich et al. (2007) for what secular generators miss.

    Examples
    --------
    Two sites and the bond between them: the energy of the bond goes to the sites as the coherence tells.

    >>> from equipoise.generators import lindbladian
    >>> sites, bond = np.diag([0.0, 1.0]), np.array([[0, 0.2], [0.2, 0]])
    >>> generator = lindbladian(sites + bond, [[[0, 1], [0, 0]]])
    >>> rho = np.array([[0.5, 0.25j], [-0.25j, 0.5]])
    >>> round(float(bond_currents(generator, rho, terms=[bond, sites])[1, 0]), 12)
    0.1
    """
    pair = at_state(generator, state)
    h = _operators(terms, "terms", pair.generator.dimension)
    N = h if charges is None else _operators(charges, "charges", pair.generator.dimension)
    # -2 Im Tr[rho h_a N_b]
    left = (pair.density.matrix() @ h).reshape(len(h), -1)
    return np.asarray(-2 * (N.swapaxes(1, 2).reshape(len(N), -1) @ left.T).imag)


def _operators(operators: Sequence[ArrayLike], name: str, dimension: int) -> Array:
    require(len(operators) > 0, name, "hold at least one operator", "is empty")
    return np.array([hermitian_matrix(A, f"{name}[{k}]", dimension) for k, A in enumerate(operators)])
