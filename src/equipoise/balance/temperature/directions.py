"""Which way the microcurrents flow: Gibbs domination of the populations, inversion, backward currents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import ROUND_OFF, RealArray
from equipoise._printed import amount, described, table
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.stationary import DensityMatrix, StationaryState
from equipoise.stationary.pairwise import State, difference_of_exponentials, generic_log_weights, require_pairwise_rates
from equipoise.stationary.sectors import log_rates_of_dissipators
from equipoise.stationary.state import given_density

_CURRENTS = "Use thermodynamics.currents, which sums over the paths of a level."
_FAITHFUL = "Use thermodynamics.currents, which needs no population ratio."


@dataclass(frozen=True, eq=False)
class GibbsDomination:
    """The ratio of the populations of every open transition beside the Gibbs factors of the reservoirs.

    Parameters
    ----------
    transitions : ndarray of int, shape (K, 2)
        Pairs (m, n), m above n.
    log_lower, log_ratio, log_upper : RealArray, shape (K,)
        `min_r (-x_r)`, `log(p_m / p_n)`, `max_r (-x_r)` over the reservoirs that drive the transition; `x_r` is
        `beta_r (w - mu_r)` if thermal. Which reservoir is colder does not matter.
    has_opposite_flows : ndarray of bool, shape (K,)
        The hypothesis: some reservoir takes quanta and some gives them, or a flow is zero (to round-off).
    slack : RealArray, shape (K,)
        Round-off of the logarithms: closer than this, a flow counts as zero and a bound as met.
    """

    transitions: np.ndarray
    log_lower: RealArray
    log_ratio: RealArray
    log_upper: RealArray
    has_opposite_flows: np.ndarray
    slack: RealArray

    @cached_property
    def is_within(self) -> np.ndarray:
        """Whether the ratio lies between the bounds, shape (K,), bool."""
        above = self.log_ratio >= self.log_lower - self.slack
        return np.asarray(above & (self.log_ratio <= self.log_upper + self.slack))

    @property
    def holds_everywhere(self) -> bool:
        """Whether the populations of every open transition are dominated."""
        return bool(self.is_within.all())

    def __repr__(self) -> str:
        rows = [
            [f"{m} -> {n}", *(amount(float(np.exp(value))) for value in (low, ratio, high)), "yes" if inside else "no"]
            for (m, n), low, ratio, high, inside in zip(
                self.transitions, self.log_lower, self.log_ratio, self.log_upper, self.is_within, strict=True
            )
        ]
        columns = ["transition", "least e^-x", "p_m / p_n", "largest e^-x", "within"]
        return described(
            "ratios of populations and Gibbs factors of the fields", below=table(columns, rows, "transition")
        )


def gibbs_domination(generator: Generator, state: State) -> GibbsDomination:
    """Gibbs domination bound: `min_r e^(-x_r) <= p_m / p_n <= max_r e^(-x_r)` on each open transition.

    A reservoir takes quanta on balance if and only if `p_m / p_n > e^(-x_r)`. So, transition by transition and for
    any number of reservoirs, the bound holds if and only if not all reservoirs take and not all give.

    Parameters
    ----------
    generator : Generator
        Secular, without degenerate levels.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Faithful and diagonal; stationary or not.

    Returns
    -------
    GibbsDomination

    Raises
    ------
    InputError
        If populations do not obey rates between pairs of levels, or the state is not faithful and diagonal.

    References
    ----------
    Accardi & Imafuku (2002), (45), with minimum and maximum over the reservoirs in place of the labels 1 and 2.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> generator = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> gibbs_domination(generator, np.eye(3) / 3).is_within.tolist()
    [False, False, False]
    """
    require_generator(generator)
    require_pairwise_rates(generator, _CURRENTS)
    logs = generic_log_weights(generator, state, _FAITHFUL)
    exponents, is_open, (m, n) = _exponents(generator)
    lower = np.where(is_open, -exponents, np.inf).min(axis=0, initial=np.inf)
    upper = np.where(is_open, -exponents, -np.inf).max(axis=0, initial=-np.inf)
    ratio = logs[m] - logs[n]
    size = 1 + np.abs(logs[m]) + np.abs(logs[n]) + np.where(np.isfinite(lower), np.abs(lower), 0.0)
    accuracy = state.relative_accuracy if isinstance(state, StationaryState) else 0.0
    slack = 32 * ROUND_OFF * size + 2 * accuracy
    log_rates = log_rates_of_dissipators(generator)
    log_out, log_in = log_rates[:, n, m] + logs[m], log_rates[:, m, n] + logs[n]
    # A flow below the round-off of its two parts is no flow, in either direction.
    net, part = difference_of_exponentials(log_out, log_in), np.exp(np.maximum(log_out, log_in))
    takes = (is_open & (net >= -slack * part)).any(axis=0)
    gives = (is_open & (net <= slack * part)).any(axis=0)
    return GibbsDomination(np.stack([m, n], axis=1), lower, ratio, upper, takes & gives, slack)


def inverted_transitions(state: StationaryState | DensityMatrix) -> tuple[tuple[int, int], ...]:
    """Pairs of levels (m, n), m above n, with `p_m > p_n`: population inversion. Empty if and only if (44) holds.

    Parameters
    ----------
    state : StationaryState or DensityMatrix
        Populations are those of whole levels, coherences do not matter.

    References
    ----------
    Accardi & Imafuku (2002), (44). Without inversion, and with equal couplings, each microcurrent between two
    reservoirs flows from hot to cold. At mu = 0 the *total* energy current does so in any case (second law).
    """
    density = given_density(state)
    logs = density.log_level_populations
    m, n = np.nonzero(np.tril(logs[:, None] > logs[None, :], -1))
    return tuple((int(a), int(b)) for a, b in zip(m, n, strict=True))


@dataclass(frozen=True, eq=False)
class BackwardMicrocurrents:
    """Transitions on which quanta pass from the colder of two reservoirs to the hotter.

    Parameters
    ----------
    transitions : ndarray of int, shape (B, 2)
        Pairs (m, n), m above n.
    hotter, colder : ndarray of int, shape (B,)
        The two reservoirs; hotter is the one with the larger Gibbs factor `e^(-x_r)` at this transition.
    through : RealArray, shape (B,)
        `(a_hotter - a_colder) / 2`, negative: half the difference of the net absorptions n -> m.
    count : int
        Transitions times pairs of reservoirs whose exponents differ, beyond round-off, that were compared.
    """

    transitions: np.ndarray
    hotter: np.ndarray
    colder: np.ndarray
    through: RealArray
    count: int

    def __repr__(self) -> str:
        rows = [
            [f"{m} -> {n}", str(cold), str(hot), amount(-through)]
            for (m, n), cold, hot, through in zip(self.transitions, self.colder, self.hotter, self.through, strict=True)
        ]
        title = f"microcurrents from a colder to a hotter reservoir: {len(rows)} of {self.count} compared"
        columns = ["transition", "from reservoir", "to reservoir", "quanta per time"]
        return described(title, below=table(columns, rows, "transition") if rows else [])


def backward_microcurrents(generator: Generator, state: State) -> BackwardMicrocurrents:
    r"""Which microcurrents flow from cold to hot.

    On the transition m <-> n let `a_r` be the net flow n -> m that reservoir r causes. Between a hotter reservoir
    h and a colder one c (`x_h < x_c` there) passes `(a_h - a_c) / 2`, the paper's `J_{2->1} = (J_1 - J_2)/2` for
    1 colder; it is *backward* where negative. Where both couple equally,

        a_h - a_c = \Gamma (n_h - n_c) (p_n - p_m),

    so a current is backward if and only if its levels are inverted. The colder reservoir never gives while the
    hotter takes: `a_c > 0` means `p_m / p_n < e^(-x_c) < e^(-x_h)`, and then `a_h > 0` too.

    Parameters
    ----------
    generator : Generator
        Secular, without degenerate levels.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Faithful and diagonal.

    Returns
    -------
    BackwardMicrocurrents

    Raises
    ------
    InputError
        If populations do not obey rates between pairs of levels, or the state is not faithful and diagonal.

    References
    ----------
    Accardi & Imafuku (2002), (43)-(44) and the text before it.

    Examples
    --------
    Four levels pumped around a chain by one hot reservoir, damped by a cold one with the same couplings: the weak
    link between the two lowest, which are inverted, carries quanta from the cold reservoir to the hot one.

    >>> from equipoise.generators import weak_coupling
    >>> from equipoise.reservoirs import Flat, Reservoir, bose_einstein
    >>> from equipoise.stationary import stationary_state
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> D = np.zeros((4, 4))
    >>> D[0, 3] = D[1, 2] = D[2, 3] = 1.0
    >>> D[0, 1] = 758**-0.5
    >>> hot = Reservoir("hot", bose_einstein(temperature=1.0), Flat(1e-3, 0.01, 9.0))
    >>> cold = Reservoir("cold", bose_einstein(temperature=0.0), Flat(1e-3, 0.01, 9.0))
    >>> system = OpenSystem(np.log([1.0, 1.25, 5.0, 10.0]), [Coupling(hot, D), Coupling(cold, D)])
    >>> generator = weak_coupling(system, lamb_shift=False)
    >>> found = backward_microcurrents(generator, stationary_state(generator))
    >>> found.transitions.tolist(), found.hotter.tolist(), found.colder.tolist(), found.count
    ([[1, 0]], [0], [1], 4)
    """
    require_generator(generator)
    require_pairwise_rates(generator, _CURRENTS)
    logs = generic_log_weights(generator, state, _FAITHFUL)
    exponents, is_open, (m, n) = _exponents(generator)
    log_rates = log_rates_of_dissipators(generator)
    log_up, log_down = log_rates[:, m, n] + logs[n], log_rates[:, n, m] + logs[m]
    absorbed, part = difference_of_exponentials(log_up, log_down), np.exp(np.maximum(log_up, log_down))
    known = [np.where(np.isfinite(table), np.abs(table), 0.0) for table in (log_up, log_down)]
    slack = 32 * ROUND_OFF * (1 + known[0] + known[1] + np.abs(logs[m]) + np.abs(logs[n]))
    # Reservoirs of one temperature have exponents that agree to round-off, and neither is the hotter.
    hotter = exponents[:, None, :] + slack[:, None, :] < exponents[None, :, :] - slack[None, :, :]
    hot, cold, transition = np.nonzero(is_open[:, None, :] & is_open[None, :, :] & hotter)
    through = 0.5 * (absorbed[hot, transition] - absorbed[cold, transition])
    pairs = np.stack([m, n], axis=1)
    # A flow is known to the round-off of its two parts; what is below it passes neither way.
    accuracy = state.relative_accuracy if isinstance(state, StationaryState) else 0.0
    noise = (slack + accuracy) * part
    back = through < -0.5 * (noise[hot, transition] + noise[cold, transition])
    return BackwardMicrocurrents(pairs[transition[back]], hot[back], cold[back], through[back], int(through.size))


def _exponents(generator: Generator) -> tuple[RealArray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """`x_r` of every transition that some reservoir drives (0 where it does not), who drives it, and which it is."""
    log_rates = log_rates_of_dissipators(generator)
    driven = np.isfinite(log_rates).any(axis=0)
    m, n = np.nonzero(np.tril(driven | driven.T, -1))
    down, up = log_rates[:, n, m], log_rates[:, m, n]
    is_open = np.isfinite(down) | np.isfinite(up)
    with np.errstate(invalid="ignore"):
        return np.where(is_open, down - up, 0.0), is_open, (m, n)
