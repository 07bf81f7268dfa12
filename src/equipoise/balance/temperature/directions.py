"""Which way quanta flow: bounds on population ratios, and currents from a colder reservoir to a hotter one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import ROUND_OFF, RealArray
from equipoise._printed import amount, described, table
from equipoise.balance.cycles.transition_temperatures import EffectiveTemperatures, effective_temperatures
from equipoise.fluxes import GeneratorAtState, at_state
from equipoise.fluxes.generator_at_state import State
from equipoise.generators import Generator
from equipoise.stationary.pairwise import diagonal_log_weights, difference_of_exponentials

_FAITHFUL = "Use thermodynamics.currents, which needs no population ratio."


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class PopulationBounds:
    """The population ratio of every open transition, and the Gibbs factors of the reservoirs that bound it.

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
        """Whether the population ratio of every open transition lies between its bounds."""
        return bool(self.is_within.all())

    def __repr__(self) -> str:
        rows = [
            [f"{m} -> {n}", *(amount(float(np.exp(value))) for value in (low, ratio, high)), "yes" if inside else "no"]
            for (m, n), low, ratio, high, inside in zip(
                self.transitions, self.log_lower, self.log_ratio, self.log_upper, self.is_within, strict=True
            )
        ]
        columns = ["transition", "least e^-x", "p_m / p_n", "largest e^-x", "within"]
        return described("population ratios between Gibbs factors", below=table(columns, rows, "transition"))


def population_bounds(generator: Generator | GeneratorAtState, state: State | None = None) -> PopulationBounds:
    """Bounds on the population ratio of each transition by the Gibbs factors of the reservoirs.

        min_r e^(-x_r) <= p_m / p_n <= max_r e^(-x_r).

    A reservoir takes quanta on balance if and only if `p_m / p_n > e^(-x_r)`. So, transition by transition and for
    any number of reservoirs, the bounds hold if and only if not all reservoirs take and not all give.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Secular, without degenerate levels.
    state : StationaryState, DensityMatrix or array_like of shape (d, d), optional
        Default: the stationary state. Faithful and diagonal; stationary or not.

    Returns
    -------
    PopulationBounds

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
    >>> population_bounds(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])).is_within.tolist()
    [False, False, False]
    """
    pair = at_state(generator, state)
    field, log_p = effective_temperatures(pair), diagonal_log_weights(pair.density, _FAITHFUL)
    absorbed, part, _ = _exchange(field, log_p)
    minus_x, is_open = -field.exponents, field.is_open
    lower = np.where(is_open, minus_x, np.inf).min(axis=0, initial=np.inf)
    upper = np.where(is_open, minus_x, -np.inf).max(axis=0, initial=-np.inf)
    accuracy = 0.0 if pair.stationary is None else pair.stationary.relative_accuracy
    slack = _slack(field, log_p, np.where(np.isfinite(lower), np.abs(lower), 0.0)) + 2 * accuracy
    # A flow below the round-off of its two parts is no flow, in either direction.
    takes = (is_open & (absorbed <= slack * part)).any(axis=0)
    gives = (is_open & (absorbed >= -slack * part)).any(axis=0)
    m, n = field.transitions.T
    return PopulationBounds(
        transitions=field.transitions,
        log_lower=lower,
        log_ratio=log_p[m] - log_p[n],
        log_upper=upper,
        has_opposite_flows=np.asarray(takes & gives),
        slack=slack,
    )


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class CurrentsAgainstBias:
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
    inverted_transitions : tuple of (int, int)
        Pairs of levels (m, n), m above n, with `p_m > p_n`, whether or not a reservoir drives them.
    """

    transitions: np.ndarray
    hotter: np.ndarray
    colder: np.ndarray
    through: RealArray
    count: int
    inverted_transitions: tuple[tuple[int, int], ...]

    def __repr__(self) -> str:
        rows = [
            [f"{m} -> {n}", str(cold), str(hot), amount(-through)]
            for (m, n), cold, hot, through in zip(self.transitions, self.colder, self.hotter, self.through, strict=True)
        ]
        title = f"currents from a colder to a hotter reservoir: {len(rows)} of {self.count} compared"
        columns = ["transition", "from reservoir", "to reservoir", "quanta per time"]
        return described(title, below=table(columns, rows, "transition") if rows else [])


def currents_against_bias(generator: Generator | GeneratorAtState, state: State | None = None) -> CurrentsAgainstBias:
    r"""Which currents of single transitions flow from the colder of two reservoirs to the hotter.

    On the transition m <-> n let `a_r` be the net flow n -> m that reservoir r causes. Between a hotter reservoir
    h and a colder one c (`x_h < x_c` there) passes `(a_h - a_c) / 2`, the paper's `J_{2->1} = (J_1 - J_2)/2` for
    1 colder; it runs *against the bias* where negative. Where both couple equally,

        a_h - a_c = \Gamma (n_h - n_c) (p_n - p_m),

    so a current does so if and only if its levels are inverted. The colder reservoir never gives while the hotter
    takes: `a_c > 0` means `p_m / p_n < e^(-x_c) < e^(-x_h)`, and then `a_h > 0` too. At mu = 0 the *total* energy
    current flows from hot to cold in any case (second law).

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Secular, without degenerate levels.
    state : StationaryState, DensityMatrix or array_like of shape (d, d), optional
        Default: the stationary state. Faithful and diagonal.

    Returns
    -------
    CurrentsAgainstBias

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
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> D = np.zeros((4, 4))
    >>> D[0, 3] = D[1, 2] = D[2, 3] = 1.0
    >>> D[0, 1] = 758**-0.5
    >>> hot = Reservoir("hot", bose_einstein(temperature=1.0), Flat(1e-3, 0.01, 9.0))
    >>> cold = Reservoir("cold", bose_einstein(temperature=0.0), Flat(1e-3, 0.01, 9.0))
    >>> system = OpenSystem(np.log([1.0, 1.25, 5.0, 10.0]), [Coupling(hot, D), Coupling(cold, D)])
    >>> found = currents_against_bias(weak_coupling(system, lamb_shift=False))
    >>> found.transitions.tolist(), found.hotter.tolist(), found.colder.tolist(), found.count
    ([[1, 0]], [0], [1], 4)
    >>> found.inverted_transitions
    ((1, 0),)
    """
    pair = at_state(generator, state)
    field, log_p = effective_temperatures(pair), diagonal_log_weights(pair.density, _FAITHFUL)
    absorbed, part, slack = _exchange(field, log_p)
    accuracy = 0.0 if pair.stationary is None else pair.stationary.relative_accuracy
    x, is_open = field.exponents, field.is_open
    # Reservoirs of one temperature have exponents that agree to round-off, and neither is the hotter.
    hotter = x[:, None, :] + slack[:, None, :] < x[None, :, :] - slack[None, :, :]
    hot, cold, transition = np.nonzero(is_open[:, None, :] & is_open[None, :, :] & hotter)
    through = 0.5 * (absorbed[hot, transition] - absorbed[cold, transition])
    noise = (slack + accuracy) * part
    back = through < -0.5 * (noise[hot, transition] + noise[cold, transition])
    return CurrentsAgainstBias(
        transitions=field.transitions[transition[back]],
        hotter=hot[back],
        colder=cold[back],
        through=through[back],
        count=int(through.size),
        inverted_transitions=inverted(log_p),
    )


def inverted(log_p: RealArray) -> tuple[tuple[int, int], ...]:
    """Pairs of levels (m, n), m above n, with `p_m > p_n`."""
    m, n = np.nonzero(np.tril(log_p[:, None] > log_p[None, :], -1))
    return tuple((int(a), int(b)) for a, b in zip(m, n, strict=True))


def _exchange(field: EffectiveTemperatures, log_p: RealArray) -> tuple[RealArray, RealArray, RealArray]:
    """The net flux n -> m that each reservoir causes, the larger of its two parts, and its relative round-off.

    All have shape (R, K). A flow below the round-off of its larger part passes neither way.
    """
    m, n = field.transitions.T
    up, down = field.log_rates[:, m, n] + log_p[n], field.log_rates[:, n, m] + log_p[m]
    there, back = (np.where(np.isfinite(log_flux), np.abs(log_flux), 0.0) for log_flux in (up, down))
    larger = np.asarray(np.exp(np.maximum(up, down)))
    return difference_of_exponentials(up, down), larger, _slack(field, log_p, there + back)


def _slack(field: EffectiveTemperatures, log_p: RealArray, known: RealArray) -> RealArray:
    """Round-off of a difference of logarithms: of populations, and of others of the given size."""
    return np.asarray(32 * ROUND_OFF * (1 + np.abs(log_p[field.transitions]).sum(axis=1) + known))
