"""A target: the Hamiltonian of a system with discrete levels, and its interaction with one gas particle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from equipoise._checks import ComplexArray, RealArray, require
from equipoise._printed import counted, described, energies
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.spectrum import Spectrum, spectrum_of_levels, spectrum_of_matrix


@dataclass(frozen=True, eq=False)
class Target:
    """A system with Hamiltonian `H_S` off which particles scatter.

    Parameters
    ----------
    hamiltonian : array_like or sparse array of shape (d, d), or sequence of d levels
        Hermitian, in the basis in which the interaction is given.
    interaction : AbstractInteraction
        With one particle of the gas: `DeltaInteraction`, `PointScatterers`, a potential of finite range, an
        `SMatrix`.
    tolerance : float, optional
        Absolute clustering tolerance of levels and Bohr frequencies; default 1e-10 of the spectral spread.
    labels : sequence of str, optional
        A name for each state; levels bear it where the Hamiltonian is diagonal. For a Hamiltonian that mixes the
        states, names of its levels in ascending order.

    Raises
    ------
    InputError
        Hamiltonian not Hermitian, what is no interaction, an interaction of another dimension.

    Examples
    --------
    >>> from equipoise.scattering import DeltaInteraction
    >>> Target([0.0, 1.0], DeltaInteraction([[1.0, 0.5], [0.5, 2.0]])).dimension
    2
    """

    hamiltonian: ComplexArray | RealArray | Sequence[float]
    interaction: AbstractInteraction
    tolerance: float | None = None
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", None if self.labels is None else tuple(self.labels))
        require(
            isinstance(self.interaction, AbstractInteraction),
            "interaction",
            "be an interaction with a gas particle",
            f"got {type(self.interaction).__name__}",
            "Build one with DeltaInteraction(couplings) or another class of equipoise.scattering.",
        )
        self.interaction.check(self.spectrum)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Levels and energy basis."""
        if not hasattr(self.hamiltonian, "toarray") and np.ndim(self.hamiltonian) == 1:
            return spectrum_of_levels(self.hamiltonian, self.tolerance, self.labels)
        spectrum = spectrum_of_matrix(self.hamiltonian, self.tolerance)
        if self.labels is None:
            return spectrum
        if spectrum.vectors is None:
            return spectrum_of_matrix(self.hamiltonian, self.tolerance, self.labels)
        require(
            len(self.labels) == spectrum.size,
            "labels",
            f"name each of the {counted(spectrum.size, 'level')} of a Hamiltonian that mixes the given states",
            f"has {counted(len(self.labels), 'entry')}",
        )
        return replace(spectrum, labels=self.labels)

    @property
    def dimension(self) -> int:
        """Dimension d of its Hilbert space."""
        return self.spectrum.dimension

    def __repr__(self) -> str:
        facts = (("energies", energies(self.spectrum.levels)), ("interaction", type(self.interaction).__name__))
        return described(f"target, {counted(self.dimension, 'state')}", *facts)
