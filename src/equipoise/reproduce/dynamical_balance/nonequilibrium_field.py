"""Section VI: three levels in one field with a temperature for each frequency, (101)-(103) and (105)-(113).

The paper's currents are positive out of the system; its Gamma_- (down) and Gamma_+ (up) are twice the real parts of its
gamma. Every claim is recomputed with a 9 x 9 superoperator written out here from the jump operators, whose null vector
and traces owe nothing to the closed forms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.balance.cycles import cycles
from equipoise.generators import Generator, weak_coupling
from equipoise.reproduce.cases import lowering, random_levels
from equipoise.reproduce.dynamical_balance.three_levels import three_level_rates, three_level_state
from equipoise.reproduce.dynamical_balance.three_levels.inversion import inversion_threshold, log_inversion
from equipoise.reproduce.dynamical_balance.three_levels.rates import LOWER, UPPER
from equipoise.reproduce.dynamical_balance.three_levels.state import ThreeLevelState
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import commutator, dissipator, distance, stationary
from equipoise.reservoirs import LocalTemperature, Ohmic, Reservoir, Statistics
from equipoise.systems import Coupling, OpenSystem

DEFINITIONS = {
    "(109c)": "defines I, the product of the three strengths without 2 pi",
    "(111)": "repeats the definition of delta in (106)",
}
"""Equations of this range that make no claim of their own."""

DENSITY = Ohmic(5e-4, 8.0)

SIGNS = np.array([1.0, -1.0, 1.0])
"""(-1)^(m+n+1) of the transitions 21, 31, 32."""

TRANSITIONS = ((1, 0), (2, 0), (2, 1))


@dataclass(frozen=True, eq=False)
class Splitter:
    """Three levels and one field, by what the paper needs: levels, D (lowering) and beta at the three gaps."""

    levels: RealArray
    D: ComplexArray
    betas: RealArray

    @property
    def gaps(self) -> RealArray:
        """Of the transitions 21, 31, 32."""
        return np.asarray(self.levels[UPPER] - self.levels[LOWER])

    @property
    def x(self) -> RealArray:
        """beta(w) w at the gaps."""
        return np.asarray(self.betas * self.gaps)

    @property
    def delta(self) -> float:
        """(106)."""
        return float(self.x[0] - self.x[1] + self.x[2])

    @property
    def shells(self) -> RealArray:
        """`|<n|D|m>|^2 int dk |g|^2 delta(w(k) - w)` of each transition."""
        return np.asarray(np.abs(self.D[LOWER, UPPER]) ** 2 * DENSITY(self.gaps))

    @property
    def rates(self) -> tuple[RealArray, RealArray]:
        """(down, up) by the golden rule."""
        n = 1 / np.expm1(self.x)
        return 2 * np.pi * self.shells * (n + 1), 2 * np.pi * self.shells * n

    @property
    def field(self) -> LocalTemperature:
        """A temperature function through the three values."""
        return LocalTemperature(Statistics.BOSON, np.poly1d(np.polyfit(self.gaps, self.betas, 2)))

    @property
    def generator(self) -> Generator:
        """The library's."""
        system = OpenSystem(self.levels, (Coupling(Reservoir("field", self.field, DENSITY), self.D),))
        return weak_coupling(system, lamb_shift=False)

    @property
    def closed(self) -> ThreeLevelState:
        """The library's closed forms."""
        return three_level_state(three_level_rates(self.levels, [2 * np.pi * self.shells], [self.betas]))

    @cached_property
    def dissipators(self) -> ComplexArray:
        """Superoperators of the three transitions on states, (3, 9, 9)."""
        lowers = [np.outer(np.eye(3)[n], np.eye(3)[m]) for m, n in TRANSITIONS]
        down, up = np.sqrt(self.rates)
        return np.array([dissipator((down[t] * E, up[t] * E.T), 3) for t, E in enumerate(lowers)])

    @cached_property
    def state(self) -> ComplexArray:
        """Null vector of the whole superoperator, as a density matrix."""
        return stationary(self.dissipators.sum(axis=0) - 1j * commutator(np.diag(self.levels)))

    @cached_property
    def populations(self) -> RealArray:
        """Diagonal of the null vector."""
        return np.asarray(np.diag(self.state).real)

    @property
    def fallen(self) -> RealArray:
        """Flows down the transitions."""
        return np.asarray(self.rates[0] * self.populations[UPPER])

    def outflows(self) -> tuple[RealArray, RealArray]:
        """Quanta and energy that each transition gives to the field, by traces with the superoperators."""
        changes = (self.dissipators @ self.state.ravel()).reshape(3, 3, 3)
        quanta = -np.array([changes[t, m, m].real for t, (m, _) in enumerate(TRANSITIONS)])
        energy = -np.einsum("i,tii->t", self.levels, changes).real
        return quanta, energy


def random_splitter(rng: np.random.Generator, delta: float | None = None) -> Splitter:
    """A random case; with `delta`, beta(31) is what gives it."""
    case = Splitter(random_levels(rng, 3), lowering(rng, 3), rng.uniform(0.5, 1.5, size=3))
    if delta is None:
        return case
    beta_31 = (case.x[0] + case.x[2] - delta) / case.gaps[1]
    return replace(case, betas=np.array([case.betas[0], beta_31, case.betas[2]]))


@claim("(101a)-(101b)", "rate down / rate up = exp(beta(w) w)")
def temperature_from_rates(rng: np.random.Generator) -> Residual:
    """Both rates read off the generator applied to projectors, beta fitted through three gaps."""
    case = random_splitter(rng)
    return distance(_ratios(case.generator) * np.exp(-case.x), np.ones(3))


@claim("after (101)", "the ratio does not depend on the structure function g(k)")
def independence_of_structure(rng: np.random.Generator) -> Residual:
    """Another spectral density and another strength of D."""
    case = random_splitter(rng)
    other = OpenSystem(case.levels, (Coupling(Reservoir("field", case.field, Ohmic(2e-4, 3.0, 2.0)), 0.7j * case.D),))
    second = weak_coupling(other, lamb_shift=False)
    return distance(_ratios(case.generator), _ratios(second))


@claim(
    "(102)",
    "the cycle of ratios does not close: it misses by a factor exp(-delta)",
    "Ratios of golden-rule rates against the affinity of the field",
)
@claim(
    "(102)",
    "it closes for constant temperature only",
    "Three unequal temperatures with delta = 0: spread over mean of beta",
    instead="a non-constant beta(w) closes the cycle if beta(w) w is additive on it",
)
@claim(
    "after (102)",
    "detailed balance can fail from three levels on",
    "a ladder of four levels in an uneven field has no cycle and no current",
)
def cycle_condition(rng: np.random.Generator) -> list[Residual]:
    """(102) and the statements around it."""
    case = random_splitter(rng)
    down, up = case.rates
    cycle = (down[1] / up[1]) / ((down[0] / up[0]) * (down[2] / up[2]))
    (turning,) = cycles(case.generator)
    # delta is the affinity of 1 -> 3 -> 2 -> 1; the cycle is given in the direction in which it is positive.
    delta = turning.affinity if turning.levels == (0, 2, 1) else -turning.affinity
    balanced = random_splitter(rng, delta=0.0)
    spread = float(np.ptp(balanced.betas) / balanced.betas.mean())
    holds = abs(balanced.closed.rates.affinity()) < 1e-13
    uneven = LocalTemperature(Statistics.BOSON, lambda w: 0.4 + np.sin(3 * w) ** 2)
    neighbours = Coupling(Reservoir("field", uneven, DENSITY), np.diag([1.0, 1j, 2.0], 1))
    found = cycles(weak_coupling(OpenSystem(random_levels(rng, 4), (neighbours,)), lamb_shift=False))
    return [
        abs(cycle * np.exp(delta) - 1),
        spread if holds else 0.0,
        float(np.abs(found.net).max() / np.exp(found.log_fluxes).max()) + len(found),
    ]


@claim(
    "(103)",
    "the matrix of the rate equation of three levels",
    correction="A22 has Gamma_+(32) for Gamma_+(31), A33 has Gamma_-(31) for Gamma_-(21)",
)
def rate_matrix(rng: np.random.Generator) -> Residual:
    """Against the populations' block of the superoperator."""
    case = random_splitter(rng)
    L = case.dissipators.sum(axis=0).real
    diagonal = np.arange(3) * 4
    exact = -L[np.ix_(diagonal, diagonal)]
    (d21, d31, d32), (u21, u31, u32) = case.rates
    printed = np.array([[u21 + u31, -d21, -d31], [-u21, d21 + u31, -d32], [-u31, -u32, d21 + d32]])
    return distance(case.closed.rates.matrix(), exact), distance(printed, exact)


@claim(
    "(105a)",
    "the stationary populations from X and Y",
    "Null vector of the superoperator; the library's closed form agrees",
)
@claim(
    "(105b)-(105d)", "the ratios X, Y, Z as sums over spanning trees", "Ratios of the null vector of the superoperator"
)
def populations(rng: np.random.Generator) -> list[Residual]:
    """(105)."""
    case = random_splitter(rng)
    exact = case.populations
    (d21, d31, d32), (u21, u31, u32) = case.rates
    one = d31 * d21 + d31 * u32 + d32 * d21
    two = d31 * u21 + d32 * u21 + u31 * d32
    three = u31 * d21 + u32 * u21 + u31 * u32
    X, Y, Z = two / one, three / one, three / two
    return [
        max(distance(np.array([1, X, Y]) / (1 + X + Y), exact), distance(case.closed.populations, exact)),
        distance([X, Y, Z], [exact[1] / exact[0], exact[2] / exact[0], exact[2] / exact[1]]),
    ]


@claim("(106)", "detailed balance holds if and only if delta = 0")
def balance_and_delta(rng: np.random.Generator) -> Residual:
    """Currents over one-way flows: none at delta = 0; all above 1e-3 at 0.3."""
    case, balanced = random_splitter(rng, delta=0.3), random_splitter(rng, delta=0.0)
    residual = float(np.abs(balanced.outflows()[0] / balanced.fallen).max())
    broken = float(np.abs(case.outflows()[0] / case.fallen).min())
    return residual if broken > 1e-3 else 1.0


@claim(
    "(107a)-(107b)",
    "without the transition 21, the populations follow the field at 31 and 32",
    "Null vector of the superoperator with <1|D|2> = 0",
)
@claim(
    "(108)",
    "level 2 is inverted above a threshold of beta(e3 - e2)",
    "rho22 / rho11 - 1 of the null vector at the threshold",
    correction="the numerator is e3 - e1, not e2 - e1",
)
def inversion(rng: np.random.Generator) -> list[Residual]:
    """(107) and (108)."""
    case = random_splitter(rng)
    case = replace(case, D=case.D * [[0, 0, 1], [0, 0, 1], [0, 0, 0]])
    logs = np.log(case.populations)
    claimed = np.array([case.x[2] - case.x[1], -case.x[1], -case.x[2]])
    found = np.array([logs[1] - logs[0], logs[2] - logs[0], logs[2] - logs[1]])
    mapped = abs(float(log_inversion(case.levels, case.betas[2], case.betas[1])) - found[0])
    e = case.levels
    thresholds = inversion_threshold(e, case.betas[1]), (e[1] - e[0]) / (e[2] - e[1]) * case.betas[1]
    at = [replace(case, betas=np.array([*case.betas[:2], float(beta_32)])).populations for beta_32 in thresholds]
    right, printed = (abs(float(rho[1] / rho[0]) - 1) for rho in at)
    return [max(distance(claimed, found), mapped), (right, printed)]


@claim(
    "(109a)",
    "the three microcurrents",
    "Traces of the null vector with the superoperator of each transition",
    correction="times 8 pi^3 / c, c of (104c); (109a,b) are d/dt of what they name",
)
@claim(
    "(109b)",
    "the energy current is (e_m - e_n) times the number current",
    "Energy given by each transition, trace with H",
)
@claim(
    "(110)",
    "J31 = -(J21 + J32)",
    "Energy currents; the printed superscript claims it of the number currents too",
    correction="energy only; for quanta J21 = J32 = -J31",
)
def currents(rng: np.random.Generator) -> list[Residual]:
    """(109) and (110)."""
    case = random_splitter(rng)
    exact, energy = case.outflows()
    E = np.exp(case.x)
    shape = SIGNS * np.expm1(case.delta) / ((E[0] - 1) * (E[2] - 1) * (1 - 1 / E[1]))
    printed = shape * np.prod(case.shells)
    scale = float(np.abs(exact).max())
    right = printed * 8 * np.pi**3 / _tree_sum(case)
    # Closed form and null vector differ by the round-off of the latter, relative to the flows it is a difference of.
    missed = max(np.abs(right - exact).max(), np.abs(-case.closed.currents[0] - exact).max())
    return [
        (float(missed / case.fallen.max()), float(np.abs(printed - exact).max() / scale)),
        distance(energy, case.gaps * exact),
        (float(abs(energy.sum()) / np.abs(energy).max()), float(abs(exact.sum()) / scale)),
    ]


@claim(
    "after (110), (111)",
    "J21 and J32 have the sign of delta, J31 the opposite one",
    "30 random fields, traces with the superoperators: fraction that differs",
)
@claim(
    "after (111)",
    "at constant beta the system is Gibbs and no current flows",
    "Null vector of the superoperator against the Gibbs state, and its currents",
)
@claim(
    "(112)",
    "delta > 0: one quantum e3 - e1 becomes two",
    "Signs, and J21 = J32 = -J31 = turns of the cycle; J13 there is J31",
)
@claim(
    "(113)", "delta < 0: two quanta become one", "Signs, and J21 = J32 = -J31 = turns of the cycle; J13 there is J31"
)
def signs(rng: np.random.Generator) -> list[Residual]:
    """The statements after (110) and (111), and (112)-(113)."""
    table = [random_splitter(rng) for _ in range(30)]
    wrong = sum(bool(np.any(np.sign(c.outflows()[0]) != np.sign(c.delta) * SIGNS)) for c in table)
    constant = random_splitter(rng)
    constant = replace(constant, betas=np.full(3, constant.betas[0]))
    gibbs = np.exp(-constant.betas[0] * (constant.levels - constant.levels[0]))
    rest = constant.outflows()[0] / constant.fallen
    at_rest = max(distance(constant.populations, gibbs / gibbs.sum()), float(np.abs(rest).max()))
    turning = []
    for delta in (0.3, -0.3):
        case = random_splitter(rng, delta)
        J = case.outflows()[0]
        as_claimed = np.array_equal(np.sign(J), np.sign(case.delta) * SIGNS)
        turning.append(distance(J, float(case.closed.conversion) * SIGNS) if as_claimed else 1.0)
    return [wrong / len(table), at_rest, *turning]


@claim(
    "after (111)",
    "to first order in delta there is no state with currents and detailed balance",
    "Current / delta at 1e-6 against its limit, the flow once around the cycle: not 0",
    tolerance=1e-5,
)
@claim(
    "after (111)",
    "currents always imply a deviation from equilibrium",
    "a field whose stationary state is Gibbs to 1e-12: its current over the flow",
    instead="of the dynamics: detailed balance fails, but the state itself can be Gibbs",
)
def currents_and_equilibrium(rng: np.random.Generator) -> list[Residual]:
    """The end of the paragraph after (111)."""
    case = random_splitter(rng, delta=0.0)
    near = replace(case, betas=case.betas - [0.0, 1e-6 / case.gaps[1], 0.0])
    slope = case.rates[1][1] * case.rates[0][0] * case.rates[0][2] / _tree_sum(case)
    first_order = near.outflows()[0] * SIGNS / near.delta
    # Any Gibbs state is kept by a field that drives each transition at another exponent than beta w.
    beta = float(rng.uniform(0.5, 1.2))
    e = case.levels
    p = np.exp(-beta * (e - e[0]))
    p /= p.sum()
    x = beta * case.gaps * np.array([1.5, 0.7, 1.3])
    J = 1e-3
    shells = J * SIGNS / (2 * np.pi / np.expm1(x) * (np.exp(x) * p[UPPER] - p[LOWER]))
    D = np.zeros((3, 3), dtype=complex)
    D[LOWER, UPPER] = np.sqrt(shells / DENSITY(case.gaps)) * np.exp(2j * np.pi * rng.uniform(size=3))
    thermal = replace(case, D=D, betas=x / case.gaps)
    is_gibbs = distance(thermal.populations, p) < 1e-12
    flow = float(np.abs(thermal.outflows()[0]).max() / (thermal.rates[0] * p[UPPER]).max())
    return [distance(first_order, np.full(3, slope)), flow if is_gibbs else 0.0]


def _ratios(generator: Generator) -> RealArray:
    """Rate down over rate up of each transition, read off what the generator makes of projectors on levels."""
    rates = np.array([np.diag(generator.apply(np.diag(row).astype(complex))).real for row in np.eye(3)])
    return np.asarray(rates[UPPER, LOWER] / rates[LOWER, UPPER])


def _tree_sum(case: Splitter) -> float:
    """c of (104c)."""
    (d21, d31, d32), (u21, u31, u32) = case.rates
    return float((d21 + u21) * (d31 + d32) + d31 * u32 + u31 * (d32 + d21 + u32) + u21 * u32)
