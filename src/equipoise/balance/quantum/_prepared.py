"""A generator and a state made ready for any notion: referred to each other, and restricted to the state's support."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, require
from equipoise.balance.quantum._scales import Parts
from equipoise.balance.quantum._symmetrised import Symmetrised, symmetrised
from equipoise.balance.quantum.kms import state_noise
from equipoise.generators import Generator
from equipoise.stationary import DensityMatrix, StationaryState, Support, density_in, on_support
from equipoise.tolerances import STATIONARY


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
    support : Support or None
        None if the state has full rank.
    vectors : ComplexArray, shape (d, k)
        Occupied eigenvectors of the state, in the given basis of the given generator.
    """

    generator: Generator
    density: DensityMatrix
    picture: Symmetrised
    noise: Parts
    support: Support | None
    vectors: ComplexArray


def prepared(generator: Generator, state: StationaryState | DensityMatrix | ArrayLike) -> Prepared:
    """The symmetrised picture on the support of the state."""
    found, density, support = on_support(generator, state)
    picture = symmetrised(found, density)
    whole = density if support is None else density_in(generator.spectrum, state)
    vectors = whole.eigenvectors[:, np.isfinite(whole.log_weights)]
    return Prepared(found, density, picture, picture.noise + state_noise(picture, found, density), support, vectors)


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
