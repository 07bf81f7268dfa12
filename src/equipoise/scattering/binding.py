"""Bound states of a target and one particle, and what they do to the stationarity of the Gibbs state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray, positive_real
from equipoise._printed import amounts, counted, described
from equipoise.scattering.target import Target

UNRESOLVED_WIDTH = 1e-14
"""Width of a resonance, relative to its energy above the lowest threshold, that cannot be told from none."""


@dataclass(frozen=True, eq=False)
class BoundStates:
    """Bound states of a target together with one particle of the gas.

    Parameters
    ----------
    binding_energies : RealArray, shape (n,), or None
        Of each below the lowest threshold, positive, largest first; None if the interaction does not tell.
    embedded : RealArray, shape (r,)
        Total energies of those above it, in the continuum of the open channels: resonances without a width.
    """

    binding_energies: RealArray | None
    embedded: RealArray

    @property
    def count(self) -> int | None:
        """How many there are, embedded ones included; None if the interaction does not tell."""
        return None if self.binding_energies is None else int(self.binding_energies.size + self.embedded.size)

    @property
    def consequence(self) -> str:
        """Their effect on the derivation of the rates and of the stationary state, in words."""
        if self.count is None:
            return "the interaction does not tell its bound states; the rates need scattering states only"
        if self.count == 0:
            return "none: the wave operators are unitary, and the Gibbs state is stationary"
        return (
            "the wave operators reach the scattering states only; the projector on these "
            "commutes with the total Hamiltonian, and the Gibbs state is still stationary; a collision with a free "
            "particle cannot end in a bound state, and three-body capture is of higher order in the density"
        )

    def __repr__(self) -> str:
        facts = []
        if self.binding_energies is not None:
            facts.append(("binding energies", amounts(self.binding_energies)))
        if self.embedded.size:
            facts.append(("embedded at", amounts(self.embedded)))
        title = "bound states" if self.count is None else counted(self.count, "bound state")
        return described(title, *facts, ("consequence", self.consequence))


def bound_states(target: Target, mass: float = 1.0) -> BoundStates:
    r"""Bound states of a target and one particle, counted with certainty for contact potentials.

    Below the lowest threshold every channel is closed, and the Hermitian matrix that is singular at a bound state is
    monotone in energy: the change of its number of negative eigenvalues is their number.

    Parameters
    ----------
    target : Target
    mass : float
        Of the particle, positive.

    Returns
    -------
    BoundStates
        With their `binding_energies` below the lowest threshold, the energies of those `embedded` in the continuum, the
        `count` of all of them, and their `consequence` for the derivation in words.

    Raises
    ------
    InputError
        A mass that is not positive.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (15), corrected: with bound states it holds for the scattering states
    alone.

    Examples
    --------
    One attractive point holds one particle, bound by m V^2 / 2.

    >>> from equipoise.scattering import DeltaInteraction
    >>> bound_states(Target([0.0], DeltaInteraction([-2.0]))).binding_energies
    array([2.])
    """
    mass = positive_real(mass, "mass")
    spectrum = target.spectrum
    binding: list[float] | None = []
    embedded: list[float] = []
    lowest, highest = float(spectrum.levels[0]), float(spectrum.levels[-1])
    for multiplicity, part in target.interaction.parts():
        found = part.binding_energies(spectrum, mass)
        binding = None if binding is None or found is None else [*binding, *np.repeat(found, round(multiplicity))]
        energies, widths = part.resonances(spectrum, mass, lowest, highest)
        narrow = energies[widths <= UNRESOLVED_WIDTH * (energies - lowest)]
        embedded += [*np.repeat(narrow, round(multiplicity))]
    return BoundStates(None if binding is None else np.sort(binding)[::-1], np.sort(embedded))
