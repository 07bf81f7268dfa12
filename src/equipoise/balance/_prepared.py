"""A generator and a state made ready for any notion: referred to each other, and restricted to the state's support."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, require
from equipoise._printed import counted
from equipoise.balance._scales import Parts
from equipoise.balance._symmetrised import Symmetrised, symmetrised
from equipoise.balance.kms import state_noise
from equipoise.generators import Generator, restricted
from equipoise.generators.generator import require_generator
from equipoise.generators.restriction import energy_columns
from equipoise.stationary import DensityMatrix, StationaryState, density_in

_LEAK = 1e-9
"""Weight, relative to that inside, that may leave the support of a state in the unit of time of the rates."""


STATIONARY = 1e-8
"""Largest stationarity residual, relative to the norm of the generator, at which the KMS dual maps 1 to 0."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A generator in the symmetrised picture of a state of full rank.

    Parameters
    ----------
    generator : Generator
        Restricted to the support of the state if that is smaller.
    density : DensityMatrix
        Of full rank, referred to the spectrum of that generator.
    picture : Symmetrised
    noise : Parts
        Of rounding, and of the error of the state.
    support : int or None
        Dimension of the support; None if the state has full rank.
    """

    generator: Generator
    density: DensityMatrix
    picture: Symmetrised
    noise: Parts
    support: int | None


def prepared(generator: Generator, state: StationaryState | DensityMatrix | ArrayLike) -> Prepared:
    """The symmetrised picture on the support of the state."""
    found, density, support = on_support(generator, state)
    picture = symmetrised(found, density)
    return Prepared(found, density, picture, picture.noise + state_noise(picture, generator, state), support)


def stationary_prepared(generator: Generator, state: StationaryState | DensityMatrix | ArrayLike) -> Prepared:
    """The same for what exists in a stationary state only: the KMS dual, the two parts, and how fast they relax.

    Raises
    ------
    InputError
        If the state is not stationary.
    """
    ready = prepared(generator, state)
    picture = ready.picture
    scale = float(np.linalg.norm(picture.effective))
    require(
        picture.stationarity <= max(STATIONARY * scale, ready.noise.total),
        "state",
        "be stationary, or the KMS dual does not map 1 to 0",
        f"||sigma^(-1/4) L(sigma) sigma^(-1/4)|| = {picture.stationarity:.3g}, to be compared with {scale:.3g}",
        "nearest_balanced makes a generator for which it is; irreversibility_budget holds for any state.",
    )
    return ready


def on_support(
    generator: Generator, state: StationaryState | DensityMatrix | ArrayLike
) -> tuple[Generator, DensityMatrix, int | None]:
    """Generator and state on the support of the state, and its dimension (None if the state has full rank).

    Raises
    ------
    InputError
        If the generator takes weight out of the support: such a state is not stationary, and has no dual.
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
    scale = float(np.linalg.norm(drift)) + float(np.linalg.norm(generator.apply_elements(columns @ columns.conj().T)))
    if leak > _LEAK * scale:
        raise InputError(
            f"Argument `state` must have full rank or a support that the generator does not leave, but it has "
            f"{counted(int(empty.shape[1]), 'empty state')} and weight leaves its support at the rate {leak:.3g}: it "
            "is not stationary. Pass a stationary state, or mix in a little of the others."
        )
    part = restricted(generator, columns)
    k = int(occupied.sum())
    if density.basis is None:
        return part, DensityMatrix(part.spectrum, density.log_weights[occupied]), k
    # The weights keep their logarithms; the eigenvectors are written in the energy basis of the restricted generator.
    inner = energy_columns(generator.spectrum, columns).conj().T @ columns
    return part, DensityMatrix(part.spectrum, density.log_weights[occupied], np.asarray(inner)), k
