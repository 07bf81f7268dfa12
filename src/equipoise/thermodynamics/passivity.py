"""Passivity and ergotropy: can a unitary extract work from a state?"""

from __future__ import annotations

import numpy as np

from equipoise._checks import ROUND_OFF, require
from equipoise.stationary import DensityMatrix, StationaryState


def ergotropy(density: DensityMatrix | StationaryState) -> float:
    """Largest work a cyclic unitary process extracts, `Tr[rho H] - sum_k p_k^descending e_k^ascending` >= 0.

    Zero if and only if the state is passive: diagonal in energy, populations not increasing with it.

    References
    ----------
    Pusz & Woronowicz (1978); Allahverdyan, Balian & Nieuwenhuizen (2004).

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> inverted = DensityMatrix(spectrum_of_levels([0.0, 1.0]), np.log([0.25, 0.75]))
    >>> ergotropy(inverted)
    0.5
    """
    if isinstance(density, StationaryState):
        density = density.density
    require(
        isinstance(density, DensityMatrix),
        "density",
        "be a DensityMatrix or a StationaryState",
        f"got {type(density).__name__}",
        "Energies are those of its spectrum: density_matrix(spectrum, rho) has both.",
    )
    energies = density.spectrum.energies - density.spectrum.energies.min()
    mean = float(density.populations @ energies)
    passive = float(np.sort(density.weights)[::-1] @ np.sort(energies))
    work = mean - passive
    # Both sums are of non-negative terms: their difference is known to round-off of the larger. Eigenvectors that
    # came from a diagonalisation are themselves known to round-off only.
    scale = max(mean, passive) if density.is_diagonal else float(energies.max())
    return work if abs(work) > 64 * ROUND_OFF * scale else 0.0


def is_passive(density: DensityMatrix | StationaryState) -> bool:
    """Whether no unitary extracts work, to round-off."""
    return ergotropy(density) == 0.0
