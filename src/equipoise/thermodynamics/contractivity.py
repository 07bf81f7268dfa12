"""Relative entropy of two states, and whether it decreases towards a stationary state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import RealArray, require
from equipoise.fluxes.generator_at_state import State
from equipoise.spectrum import Spectrum
from equipoise.stationary.state import density_in, density_of_elements


def relative_entropy(spectrum: Spectrum, state: State, reference: State) -> float:
    """`S(rho | sigma) = Tr[rho (log rho - log sigma)]` >= 0, infinite if rho reaches out of the support of sigma.

    A sum of terms that are all non-negative (Klein's inequality), from logarithmic weights: 1e-20 is resolved.

    Parameters
    ----------
    spectrum : Spectrum
        To which both states are referred.
    state, reference : StationaryState, DensityMatrix or array_like of shape (d, d)
        rho and sigma.

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> levels = spectrum_of_levels([0.0, 1.0])
    >>> bool(np.isclose(relative_entropy(levels, np.diag([1.0, 0.0]), np.eye(2) / 2), np.log(2.0)))
    True
    """
    rho, sigma = density_in(spectrum, state), density_in(spectrum, reference)
    # |<i|j>|^2 of the eigenvectors of rho and of sigma.
    d = spectrum.dimension
    U, V = (np.eye(d) if state.basis is None else state.basis for state in (rho, sigma))
    overlap = np.abs(U.conj().T @ V) ** 2
    a, b = rho.log_weights[:, None], sigma.log_weights[None, :]
    outside = overlap[:, np.isneginf(sigma.log_weights)].sum(axis=1)
    # An eigenvector known to round-off leaves a support that it lies in by its square.
    if np.any(np.exp(rho.log_weights) * outside > 1e-26):
        return float(np.inf)
    known = np.isfinite(b)[0]
    return float(np.sum(overlap[:, known] * bregman_terms(a, b[:, known])))


def bregman_terms(log_x: RealArray, log_y: RealArray) -> RealArray:
    """`x log(x/y) - x + y` >= 0 from logarithms, without cancellation for x near y; its limit y where x vanishes."""
    present = np.isfinite(log_x)
    u = np.where(present, log_y - np.where(present, log_x, 0.0), 1.0)
    # x (e^u - 1 - u): by its series where the three terms cancel.
    small = np.abs(u) < 1e-2
    v = np.where(small, u, 0.0)
    series = v * v * (0.5 + v * (1 / 6 + v * (1 / 24 + v * (1 / 120 + v * (1 / 720 + v / 5040)))))
    large = np.exp(log_y) - np.exp(log_x) * (1.0 + np.where(small, 0.0, u))
    return np.asarray(np.where(small, np.exp(log_x) * series, large))


def coherence_between_levels(spectrum: Spectrum, state: State) -> float:
    """Relative entropy of coherence, `S(sum_m P_m rho P_m) - S(rho)` >= 0: zero if the state commutes with H.

    A secular generator without coinciding gaps leaves none in its stationary state; what remains of any other
    generator is what `bond_currents` need. Baumgratz, Cramer & Plenio (2014).
    """
    density = density_in(spectrum, state)
    return relative_entropy(spectrum, density, density_of_elements(spectrum, density.within_levels))


@dataclass(frozen=True, eq=False, kw_only=True)
class Contraction:
    """Relative entropy to a stationary state along time.

    Parameters
    ----------
    times : RealArray, shape (T,)
        Ascending.
    relative_entropy : RealArray, shape (T,)
        `S(rho_t | sigma)`.
    production : RealArray, shape (T,), or None
        `-d/dt S(rho_t | sigma)` from the generator (Spohn), >= 0; None if only states were given.
    """

    times: RealArray
    relative_entropy: RealArray
    production: RealArray | None = None

    @property
    def largest_increase(self) -> float:
        """Largest growth of the relative entropy from one time to the next; 0 if it never grows.

        Beyond round-off it is impossible for a semigroup, and for any evolution of completely positive steps that each
        leave sigma invariant: memory, or another stationary state.
        """
        before, after = self.relative_entropy[:-1], self.relative_entropy[1:]
        known = np.isfinite(before)
        return float(np.max(after[known] - before[known], initial=0.0))


def contraction(spectrum: Spectrum, times: ArrayLike, states: Sequence[State], stationary: State) -> Contraction:
    """Relative entropy to a stationary state along states from anywhere: another solver, an experiment.

    Growth of it (`largest_increase`) shows that an evolution is not a semigroup of which this is a stationary state.

    Parameters
    ----------
    spectrum : Spectrum
    times : array_like, shape (T,)
        Ascending.
    states : sequence of T states
    stationary : StationaryState, DensityMatrix or array_like of shape (d, d)

    Returns
    -------
    Contraction

    Raises
    ------
    InputError
        Times that do not ascend, a number of states that differs.

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> mixed, pure = np.eye(2) / 2, np.diag([1.0, 0.0])
    >>> revival = contraction(spectrum_of_levels([0.0, 1.0]), [0.0, 1.0], [mixed, pure], mixed)
    >>> bool(np.isclose(revival.largest_increase, np.log(2.0)))
    True
    """
    points = np.asarray(times, dtype=float)
    ascending = points.ndim == 1 and bool(np.all(np.diff(points) > 0))
    require(ascending, "times", "ascend, shape (T,)", f"got shape {points.shape}")
    count = points.size
    require(len(states) == count, "states", f"hold one state for each of the {count} times", f"has {len(states)}")
    entropies = [relative_entropy(spectrum, rho, stationary) for rho in states]
    return Contraction(times=points, relative_entropy=np.array(entropies))
