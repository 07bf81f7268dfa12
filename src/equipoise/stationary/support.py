"""The support of a state: a generator and a state without full rank, restricted to the states that are occupied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, InputError
from equipoise._printed import counted
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.generators.restriction import energy_columns, restricted_to
from equipoise.stationary.state import DensityMatrix, StationaryState, density_in
from equipoise.tolerances import LEAK


@dataclass(frozen=True)
class Support:
    """How much of the Hilbert space a state without full rank occupies.

    Parameters
    ----------
    states : int
        Dimension k of the support.
    dimension : int
        Dimension d of the Hilbert space.

    Examples
    --------
    >>> print(Support(2, 3))
    restricted to the support of the state (2 of 3 states)
    """

    states: int
    dimension: int

    def __str__(self) -> str:
        return f"restricted to the support of the state ({self.states} of {counted(self.dimension, 'state')})"


def on_support(
    generator: Generator, state: StationaryState | DensityMatrix | ArrayLike
) -> tuple[Generator, DensityMatrix, Support | None]:
    """Generator and state on the support of the state, in the order of its occupied eigenvectors; None if it is whole.

    Raises
    ------
    InputError
        If the generator takes weight out of the support, or turns it: such a state is not stationary, and has no dual.
    """
    require_generator(generator)
    density = density_in(generator.spectrum, state)
    occupied = np.isfinite(density.log_weights)
    if occupied.all():
        return generator, density, None
    d = generator.dimension
    basis = np.eye(d) if density.basis is None else density.basis
    columns, empty = basis[:, occupied], basis[:, ~occupied]
    drift = generator.apply_elements(density.elements)
    leak = float(np.trace(empty.conj().T @ drift @ empty).real)
    turn = float(np.linalg.norm(empty.conj().T @ drift @ columns))
    rates, energies = _sizes(generator)
    if leak > LEAK * rates + 64 * ROUND_OFF * energies or turn > LEAK * (rates + energies):
        how = f"weight leaves its support at the rate {leak:.3g}"
        if leak <= LEAK * rates:
            how = f"the Hamiltonian turns its support at the rate {turn:.3g}"
        raise InputError(
            "Argument `state` must have full rank or a support that the generator does not leave, but it has "
            f"{counted(int(empty.shape[1]), 'empty state')} and {how}: it is not stationary. Pass a stationary state, "
            "or mix in a little of the others."
        )
    part = restricted_to(generator, columns)
    support = Support(int(occupied.sum()), d)
    log_weights, error = density.log_weights[occupied], density.relative_weight_error
    error = None if error is None else error[occupied]
    inner = None
    if density.basis is not None:
        # The weights keep their logarithms; the eigenvectors go to the energy basis of the restricted generator.
        inner = np.asarray(energy_columns(generator.spectrum, columns).conj().T @ columns)
    return part, DensityMatrix(part.spectrum, log_weights, basis=inner, relative_weight_error=error), support


def _sizes(generator: Generator) -> tuple[float, float]:
    """Size of the rates, from the action on a matrix that no symmetry makes stationary, and of the energies."""
    d = generator.dimension
    rng = np.random.default_rng(1976)
    X = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    X = (X + X.conj().T) / np.linalg.norm(X + X.conj().T)
    rates = sum(float(np.linalg.norm(part.apply_elements(X, generator.spectrum))) for part in generator.dissipators)
    return rates, float(np.ptp(generator.spectrum.energies))
