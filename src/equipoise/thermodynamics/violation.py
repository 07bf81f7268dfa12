r"""Entropy production of populations, split into what the flows produce and what the violation of balance takes back.

Rates :math:`a_{kl}` (l -> k) with the stationary populations :math:`\pi` violate detailed balance by

.. math:: a_{kl}\,\pi_l = a_{lk}\,\pi_k\, I(k, l).

In any diagonal state p, with the net current :math:`K_{jk} = a_{jk}p_k - a_{kj}p_j` from k to j,

.. math::
    \sigma = -\sum_k \dot p_k \ln\frac{p_k}{\pi_k}
           = \sum_{k>j} \left[ K_{jk} \ln\frac{p_k a_{jk}}{p_j a_{kj}} + K_{jk} \ln I(k, j) \right].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import RealArray
from equipoise._printed import amount, counted, described, table
from equipoise.fluxes.generator_at_state import GeneratorAtState, State, at_state
from equipoise.fluxes.levels import log_ratios
from equipoise.generators import Generator
from equipoise.spectrum import Spectrum
from equipoise.stationary.pairwise import (
    diagonal_log_populations,
    diagonal_log_weights,
    difference_of_exponentials,
    require_pairwise_rates,
)
from equipoise.stationary.sectors import log_population_rates

_REMEDY = "The split is one of populations that follow rates between pairs of levels."


@dataclass(frozen=True, eq=False, kw_only=True)
class BalanceViolation:
    """Entropy production of a diagonal state, pair of levels by pair, in units of k_B per time.

    The pair tables are symmetric: a pair stands at [k, l] and at [l, k], and totals count it once.

    Parameters
    ----------
    spectrum : Spectrum
    log_rates : RealArray, shape (L, L)
        `log a_kl` of l -> k, of all dissipators together; -inf where there is none.
    log_populations : RealArray, shape (L,)
        Of the state p.
    log_stationary : RealArray, shape (L,)
        Of the stationary state pi.
    """

    spectrum: Spectrum
    log_rates: RealArray
    log_populations: RealArray
    log_stationary: RealArray

    @cached_property
    def log_ratio(self) -> RealArray:
        """`log I(k, l)`, antisymmetric: zero where balanced, infinite for a transition that runs one way only."""
        flow = self.log_rates + self.log_stationary[None, :]
        return log_ratios(flow, flow)

    @cached_property
    def currents(self) -> RealArray:
        """Net probability current l -> k in the state, `[k, l]`, antisymmetric."""
        flow = self.log_rates + self.log_populations[None, :]
        return difference_of_exponentials(flow, flow.T)

    @cached_property
    def stationary_currents(self) -> RealArray:
        """The persistent currents `a_lk pi_k (I(k, l) - 1)`, l -> k at `[k, l]`."""
        flow = self.log_rates + self.log_stationary[None, :]
        return difference_of_exponentials(flow, flow.T)

    @cached_property
    def pair_production(self) -> RealArray:
        """Contribution of each pair to sigma, `K_jk log(p_k pi_j / p_j pi_k)`; only the sum has a sign."""
        empty = np.isneginf(self.log_populations)
        log_p = np.where(empty, 0.0, self.log_populations) - self.log_stationary
        force = log_p[None, :] - log_p[:, None]
        # Weight that enters an empty level at a finite rate produces without bound; none moves between two.
        force = np.where(empty[:, None] & ~empty[None, :], np.inf, force)
        force = np.where(empty[None, :] & ~empty[:, None], -np.inf, force)
        return _product(self.currents, force)

    @cached_property
    def pair_schnakenberg(self) -> RealArray:
        """`K_jk log(p_k a_jk / p_j a_kj)` of each pair, never negative; infinite for a one-way transition."""
        flow = self.log_rates + self.log_populations[None, :]
        return _product(self.currents, log_ratios(flow, flow))

    @cached_property
    def pair_deviation(self) -> RealArray:
        """`K_jk log I(k, j)` of each pair; at the stationary state none is positive."""
        return _product(self.currents, -self.log_ratio)

    @property
    def production(self) -> float:
        """Entropy production sigma, the Spohn rate of the state; zero at the stationary state."""
        return _total(self.pair_production)

    @property
    def schnakenberg(self) -> float:
        """The first sum: entropy production of the flows, which the persistent currents keep positive."""
        return _total(self.pair_schnakenberg)

    @property
    def deviation(self) -> float:
        """The second sum: what the violation of detailed balance adds, negative at the stationary state."""
        return _total(self.pair_deviation)

    @property
    def stationary_deviation(self) -> float:
        """The second sum at the stationary state, `sum a_jk pi_k (1 - I(k, j)) log I(k, j) <= 0`."""
        return _total(_product(self.stationary_currents, -self.log_ratio))

    def __repr__(self) -> str:
        labels = self.spectrum.labels
        upper, lower = np.nonzero(np.tril(np.isfinite(self.log_rates) | np.isfinite(self.log_rates.T), -1))
        order = np.argsort(-np.abs(self.log_ratio[upper, lower]), kind="stable")
        rows = []
        tables = (np.exp(self.log_ratio), self.currents, self.pair_schnakenberg, self.pair_deviation)
        for k, j in zip(upper[order], lower[order], strict=True):
            rows.append([f"{labels[k]}, {labels[j]}", *(amount(float(one[k, j])) for one in tables)])
        return described(
            f"entropy production of {counted(self.spectrum.size, 'level')}, by pairs",
            ("production", amount(self.production)),
            ("of the flows", amount(self.schnakenberg)),
            ("by violation", amount(self.deviation)),
            below=table(["k, j", "I(k, j)", "current j -> k", "of the flows", "by violation"], rows, "pair"),
        )


def balance_violation(
    generator: Generator | GeneratorAtState, state: State | None = None, stationary: State | None = None
) -> BalanceViolation:
    """Split the entropy production of a diagonal state by pairs of levels and by the violation of detailed balance.

    The identity is one of rates: with several reservoirs they are summed, and the first sum is then the entropy
    production that the populations show, not what each reservoir receives (`entropy_production(...).by_transition`).

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Secular, without degenerate levels: populations follow rates between pairs of levels.
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        p; None: the stationary state. It is diagonal in the energy basis; levels may be empty.
    stationary : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        pi, of full rank; None: the stationary state. For the generator of a thermal gas it is the Gibbs state.

    Returns
    -------
    BalanceViolation

    Raises
    ------
    InputError
        No pairwise rates, a state with coherences, a stationary state with an empty level.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (25)-(27), for any stationary state. Schnakenberg (1976).

    Examples
    --------
    A ring of three at its uniform stationary state produces nothing, though currents flow:

    >>> from equipoise.generators import rate_equation
    >>> ring = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> split = balance_violation(ring, np.eye(3) / 3, np.eye(3) / 3)
    >>> split.production, *(round(float(x / np.log(2)), 12) for x in (split.schnakenberg, split.deviation))
    (0.0, 1.0, -1.0)
    """
    pair = at_state(generator, state)
    require_pairwise_rates(pair.generator, _REMEDY)
    reference = at_state(pair.generator, stationary).density
    return BalanceViolation(
        spectrum=pair.generator.spectrum,
        log_rates=log_population_rates(pair.generator),
        log_populations=diagonal_log_populations(pair.density, _REMEDY),
        log_stationary=diagonal_log_weights(reference, _REMEDY, "stationary"),
    )


def _product(current: RealArray, logarithm_against: RealArray) -> RealArray:
    """`current[j, k] logarithm[j, k]`, zero where nothing flows."""
    flows = current != 0
    return np.asarray(np.where(flows, current * np.where(flows, logarithm_against, 0.0), 0.0))


def _total(pairs: RealArray) -> float:
    return float(np.tril(pairs, -1).sum())
