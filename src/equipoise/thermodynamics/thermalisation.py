r"""Conditions between rates under which a state is stationary without detailed balance.

Detailed balance ties each rate to its reverse. Without it a state :math:`\pi` is stationary if what enters each level
equals what leaves it,

.. math:: \sum_l a_{kl}\,\pi_l = \sum_l a_{lk}\,\pi_k \quad\Leftrightarrow\quad
          \sum_{l} a_{lk} \left[ 1 - I(k, l) \right] = 0, \qquad a_{kl}\,\pi_l = a_{lk}\,\pi_k\, I(k, l),

one condition for each level k, which ties rates of different Bohr frequencies. Their sum is an identity: d - 1 of them
are independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import RealArray, require
from equipoise._printed import amount, counted, described, table
from equipoise.fluxes.generator_at_state import GeneratorAtState, State, at_state
from equipoise.generators import Generator
from equipoise.spectrum import Spectrum
from equipoise.stationary.pairwise import (
    diagonal_log_weights,
    difference_of_exponentials,
    flow_residuals,
    require_pairwise_rates,
)
from equipoise.stationary.sectors import log_population_rates

_REMEDY = "The conditions are between rates of pairs of levels."


@dataclass(frozen=True, eq=False, kw_only=True)
class ThermalisationConditions:
    """Both sides of the condition of each level, and how far they are apart.

    Parameters
    ----------
    spectrum : Spectrum
    log_rates : RealArray, shape (L, L)
        `log a_kl` of l -> k.
    log_populations : RealArray, shape (L,)
        Of the state pi.
    """

    spectrum: Spectrum
    log_rates: RealArray
    log_populations: RealArray

    @cached_property
    def incoming(self) -> RealArray:
        """`sum_l a_kl pi_l` of each level k, shape (L,)."""
        return np.asarray(np.exp(np.logaddexp.reduce(self._log_flows, axis=1)))

    @cached_property
    def outgoing(self) -> RealArray:
        """`sum_l a_lk pi_k` of each level k, shape (L,)."""
        return np.asarray(np.exp(np.logaddexp.reduce(self._log_flows, axis=0)))

    @cached_property
    def residuals(self) -> RealArray:
        """`|incoming - outgoing| / (incoming + outgoing)` of each level, shape (L,); 0 for a level left alone."""
        return flow_residuals(self._log_flows)

    @property
    def largest(self) -> float:
        """Largest of the residuals: round-off if the state is stationary."""
        return float(self.residuals.max(initial=0.0))

    @cached_property
    def terms(self) -> RealArray:
        """`a_lk [1 - I(k, l)]` at [k, l]: each row sums to zero, and each term does if balance is detailed."""
        into = self.log_rates + self.log_populations[None, :] - self.log_populations[:, None]
        return difference_of_exponentials(self.log_rates.T, into)

    def condition(self, level: int, first: int) -> tuple[float, float]:
        """The condition of a level as an equation: its term with the level `first`, and minus all other terms.

        For the levels -, 0, + of a ring of three, (30a) is `condition(0, first=+)` and (30b) `condition(+, first=0)`
        by their numbers.

        Raises
        ------
        InputError
            A level that does not exist, or twice the same.
        """
        for name, value in (("level", level), ("first", first)):
            require(0 <= value < self.spectrum.size, name, f"be from 0 to {self.spectrum.size - 1}", f"got {value}")
        require(level != first, "first", "be another level", f"got {first} for both")
        others = np.delete(self.terms[level], [level, first])
        return float(self.terms[level, first]), -float(others.sum())

    @property
    def _log_flows(self) -> RealArray:
        return self.log_rates + self.log_populations[None, :]

    def __repr__(self) -> str:
        every = zip(self.spectrum.labels, self.incoming, self.outgoing, self.residuals, strict=True)
        rows = [[label, amount(enters), amount(leaves), f"{residual:.1e}"] for label, enters, leaves, residual in every]
        return described(
            f"thermalisation conditions of {counted(self.spectrum.size, 'level')}",
            ("largest residual", f"{self.largest:.1e}"),
            below=table(["level", "enters", "leaves", "residual"], rows, "level"),
        )


def thermalisation_conditions(
    generator: Generator | GeneratorAtState, state: State | None = None
) -> ThermalisationConditions:
    """The conditions that make a state stationary, level by level.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Secular, without degenerate levels; the rates of all its dissipators together.
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        The candidate, of full rank and diagonal: for a thermal gas the Gibbs state. None: the stationary state.

    Returns
    -------
    ThermalisationConditions

    Raises
    ------
    InputError
        No pairwise rates, a state with an empty level or with coherences.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (30a)-(30b) for three levels, here for any number.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> found = thermalisation_conditions(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]), np.eye(3) / 3)
    >>> found.condition(0, first=1), found.largest
    ((1.0, 1.0), 0.0)
    """
    pair = at_state(generator, state)
    require_pairwise_rates(pair.generator, _REMEDY)
    return ThermalisationConditions(
        spectrum=pair.generator.spectrum,
        log_rates=log_population_rates(pair.generator),
        log_populations=diagonal_log_weights(pair.density, _REMEDY),
    )
