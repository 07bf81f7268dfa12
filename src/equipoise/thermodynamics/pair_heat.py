"""Heat that each pair of levels exchanges with the reservoirs: it may persist in equilibrium, its total does not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import RealArray, require
from equipoise._printed import amount, counted, described, table
from equipoise.fluxes.generator_at_state import GeneratorAtState, State
from equipoise.generators import Generator
from equipoise.spectrum import Spectrum
from equipoise.thermodynamics.flows import GIVE_ENERGY, currents, not_transitions


@dataclass(frozen=True, eq=False, kw_only=True)
class PairHeat:
    """Heat currents of pairs of levels, all reservoirs together. All are positive into the system.

    Parameters
    ----------
    spectrum : Spectrum
    heat : RealArray, shape (L, L)
        Heat that the transitions m <-> l bring into the system per time, symmetric; a pair counts once.
    noise : RealArray, shape (L, L)
        Round-off of it.
    """

    spectrum: Spectrum
    heat: RealArray
    noise: RealArray

    @cached_property
    def total(self) -> float:
        """Sum over pairs: zero in the stationary state of a single reservoir."""
        return float(np.tril(self.heat, -1).sum())

    @property
    def total_noise(self) -> float:
        """Round-off of the total."""
        return float(np.tril(self.noise, -1).sum())

    @property
    def throughput(self) -> float:
        """Heat that enters through some pairs, equal to what leaves through the others where the total is zero."""
        pairs = np.tril(self.heat, -1)
        return float(pairs[pairs > 0].sum())

    def __repr__(self) -> str:
        labels = self.spectrum.labels
        upper, lower = np.nonzero(np.tril(np.abs(self.heat) > self.noise, -1))
        order = np.argsort(-np.abs(self.heat[upper, lower]), kind="stable")
        rows = [
            [f"{labels[m]} <-> {labels[n]}", amount(self.heat[m, n])]
            for m, n in zip(upper[order], lower[order], strict=True)
        ]
        return described(
            f"heat of pairs of {counted(self.spectrum.size, 'level')}, positive into the system",
            ("total", f"{amount(self.total)} (round-off {self.total_noise:.0e})"),
            ("throughput", amount(self.throughput)),
            below=table(["pair", "heat"], rows, "pair") if rows else [],
        )


def pair_heat_currents(generator: Generator | GeneratorAtState, state: State | None = None) -> PairHeat:
    r"""Heat currents between pairs of levels and the reservoirs.

    .. math:: J_{ml} = (\epsilon_m - \epsilon_l)\,K_{ml}, \qquad K_{ml} = a_{ml}\,p_l - a_{lm}\,p_m,

    less mu for each particle. In the Gibbs state of a gas :math:`K_{ml} = a_{lm}\,p_m\,[I(m, l) - 1]`: where detailed
    balance fails, pairs of levels draw heat from the gas and return it elsewhere.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        None: the stationary state of the generator.

    Returns
    -------
    PairHeat

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), the formula above (32), which is symmetric in the pair; (32) itself,
    with the prefactor corrected to `a_-+ exp(-beta (E_+ - E_0))` over the partition sum, has the sign of it for the
    pairs (+, -), (0, +), (-, 0) and the opposite one for the reversed pairs.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> ring = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], energies=[0.0, 1.0, 3.0])
    >>> found = pair_heat_currents(ring, np.eye(3) / 3)
    >>> [round(float(found.heat[m, l]), 9) for m, l in ((1, 0), (2, 1), (2, 0))], abs(found.total) < 1e-15
    ([0.333333333, 0.666666667, -1.0], True)
    """
    flows = currents(generator, state)
    unknown = [flow.name for flow in flows if flow.energy is None]
    require(not unknown, "generator", "have jumps whose energy is known", not_transitions(unknown), GIVE_ENERGY)
    levels, errors = flows.spectrum.levels, flows.directed.errors
    reach = np.abs(levels[:, None] - levels[None, :]) + np.abs(flows.chemical_potentials)[:, None, None]
    noise = (reach * (errors + errors.transpose(0, 2, 1))).sum(axis=0)
    return PairHeat(spectrum=flows.spectrum, heat=flows.transition_heat.sum(axis=0), noise=np.asarray(noise))
