"""Linear approximation, local equilibrium and Onsager relation: (48)-(60) of the paper.

The independent route is one for all rows: the d^2 x d^2 generator of the two fields written out jump by jump from
J(w) and n(w), its null vector, the currents of (38) read from it, and differences of those, extrapolated. Currents are
the paper's: positive into the field, m above n. The two fields couple with different phases, |D_1| = |D_2|.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.fluctuations import LinearResponse, Reference, linear_response, transition_response
from equipoise.fluctuations.rate_slopes import rate_derivatives
from equipoise.fluctuations.reference import generator_at_reference
from equipoise.fluctuations.transitions import TransitionResponse
from equipoise.reproduce.cases import Case, lowering, random_levels
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import commutator, distance, slope, stationary

DEFINITIONS: dict[str, str] = {
    "(48)": "names the mean and the difference of the inverse temperatures and chemical potentials",
    "(52)": "names the state at the reference; that it may stand in the currents is checked with (51)",
    "(53c)": "names the shell integral of (38c) for equal form factors",
}

_DIFFERENCES = 1e-8
"""Accuracy of an extrapolated difference: round-off of the currents over the smallest step."""

_ALIKE = "and |<n|D_1|m>| = |<n|D_2|m>|, not only g_1 = g_2"


@dataclass(frozen=True, eq=False)
class _Fields:
    """Two bosonic fields about a reference; [m, n] of every table is the transition m -> n, m above n."""

    levels: RealArray
    couplings: ComplexArray
    beta: float
    mu: float

    def at(self, beta: RealArray, mu: RealArray) -> Case:
        """The system with its fields at two inverse temperatures and two chemical potentials."""
        return Case(self.levels, self.couplings, beta, mu)

    @cached_property
    def reference(self) -> Case:
        """The system with both fields at the reference."""
        return self.at(np.full(2, self.beta), np.full(2, self.mu))

    @cached_property
    def upper(self) -> np.ndarray:
        """Whether m is above n."""
        return self.reference.gaps > 0

    @cached_property
    def strength(self) -> RealArray:
        """`gamma_mn = pi J(w) |D_mn|^2` of (53c), of field 1."""
        return np.asarray(0.5 * self.reference.strengths[0])

    @cached_property
    def occupation(self) -> RealArray:
        """n at w = e_m - e_n in the reference, 0 where m is not above n."""
        return np.where(self.upper, 1.0 / np.expm1(self.reference.exponents[0]), 0.0)

    def biased(self, delta_mu: float, delta_beta: float) -> Case:
        """The bias of (48): `beta_{1,2} = beta_0 +- dbeta/2`, `mu_{1,2} = mu_0 -+ dmu/2`."""
        half = np.array([0.5, -0.5])
        return self.at(self.beta + half * delta_beta, self.mu - half * delta_mu)

    def response(self) -> LinearResponse:
        return linear_response(self.reference.generator, Reference(self.beta, self.mu))

    def transitions(self) -> TransitionResponse:
        return transition_response(self.reference.generator, Reference(self.beta, self.mu))

    def unlike(self, rng: np.random.Generator) -> _Fields:
        """Fields with the same form factors and another D_2."""
        return replace(self, couplings=np.array([self.couplings[0], lowering(rng, self.levels.size)]))


def _populations(case: Case) -> RealArray:
    """Null vector of the superoperator written out jump by jump."""
    free = -1j * commutator(np.diag(case.levels))
    return np.diag(stationary(free + case.dissipative.conj().T)).real


def _currents(case: Case) -> RealArray:
    """`J_{j,mn}` into field j."""
    return case.given(_populations(case))


def _fields(rng: np.random.Generator, mu: float) -> _Fields:
    levels = random_levels(rng, 4)
    D = lowering(rng, 4)
    return _Fields(levels, np.array([D, D * np.exp(2j * np.pi * rng.uniform(size=D.shape))]), rng.uniform(0.7, 1.3), mu)


def _along(fields: _Fields, mu: float, beta: float) -> tuple[RealArray, RealArray]:
    """Derivative of populations and of `J_{2->1} = (J_1 - J_2)/2` along (dmu, dbeta) = s (mu, beta)."""

    def moved(s: float) -> RealArray:
        case = fields.biased(s * mu, s * beta)
        p = _populations(case)
        return np.concatenate([p, case.given(p).ravel()])

    p, J = np.split(slope(moved), [fields.levels.size])
    first, second = J.reshape(fields.couplings.shape)
    return p, 0.5 * (first - second)


@claim("(49)", "expansion of the stationary state to first order", tolerance=_DIFFERENCES)
def expansion_of_the_state(rng: np.random.Generator) -> Residual:
    """state_derivative, against differences of the superoperator's null vector."""
    fields = _fields(rng, 0.0).unlike(rng)
    response = fields.response()
    beta, mu, d = fields.beta, fields.mu, fields.levels.size
    explicit, ours = [], []
    for j in (0, 1):
        explicit += [slope(partial(_moved, fields, kind, j)) for kind in (0, 1)]
        # d/dbeta_j = -d/dX_E + mu d/dX_N and d/dmu_j = beta d/dX_N.
        energy, particles = response.state_derivative.reshape(2, 2, d)[:, j]
        ours += [mu * particles - energy, beta * particles]
    return distance(np.array(ours), np.array(explicit))


@claim(
    "(50)",
    "d rho/d beta_1 = d rho/d beta_2, the same for mu, if g_1 = g_2",
    "Differences of the superoperator's null vector; printed: another D_2",
    correction=_ALIKE,
    tolerance=_DIFFERENCES,
)
@claim(
    "(51)",
    "no first-order change of rho under the bias of (48)",
    "Differences of the null vector, against a common change of beta; printed: another D_2",
    correction=_ALIKE,
    tolerance=_DIFFERENCES,
)
@claim(
    "(51)-(52)",
    "rho at the reference may stand in the currents to first order",
    "Currents with rho held, against all of the response; printed: another D_2",
    correction=_ALIKE,
    tolerance=_DIFFERENCES,
)
def symmetry_in_the_fields(rng: np.random.Generator) -> list[Residual]:
    """(50)-(52): the state does not respond to first order, if the couplings agree too."""
    alike = _fields(rng, -0.3)
    asymmetry, first, replaced = [], [], []
    for case in (alike, alike.unlike(rng)):
        by_beta, by_mu = ([slope(partial(_moved, case, kind, j)) for j in (0, 1)] for kind in (0, 1))
        asymmetry.append(max(distance(*by_beta), distance(*by_mu)))
        p, J = _along(case, 0.4, 1.0)
        first.append(float(np.abs(p).max() / np.abs(sum(by_beta)).max()))
        # The currents with the populations held at the reference.
        start = _populations(case.reference)
        held = slope(partial(_held, case, start))
        replaced.append(distance(0.5 * (held[0] - held[1]), J))
    return [(like, unlike) for like, unlike in (asymmetry, first, replaced)]


def _held(fields: _Fields, populations: RealArray, step: float) -> RealArray:
    """Currents `J_{j,mn}` at a bias of both kinds, with populations that do not follow it."""
    return fields.biased(0.4 * step, step).given(populations)


def _moved(fields: _Fields, kind: int, field: int, step: float) -> RealArray:
    """Populations with beta (kind 0) or mu (kind 1) of one field moved by a step."""
    values = [np.full(2, fields.beta), np.full(2, fields.mu)]
    values[kind][field] += step
    return _populations(fields.at(*values))


@claim("(53a)-(53b)", "difference of the rates of the two fields to first order", tolerance=_DIFFERENCES)
def derivatives_of_the_rates(rng: np.random.Generator) -> Residual:
    """rate_derivatives, against differences of J (1 + n) and J n."""
    fields = _fields(rng, -0.3)
    mu, beta = 0.4, 1.0
    generator = generator_at_reference(fields.reference.generator, Reference(fields.beta, fields.mu))
    ours = rate_derivatives(generator, 0)
    n = fields.occupation
    residual = 0.0
    for outward in (True, False):

        def difference(s: float, outward: bool = outward) -> RealArray:
            case = fields.biased(s * mu, s * beta)
            one, two = case.down if outward else case.up
            return 0.5 * np.asarray(one - two)

        # beta - mu d/dbeta etc. in the library's forces: X_E = -dbeta, X_N = d(beta mu).
        relative = -beta * ours.first(0, outward=outward)
        relative = relative + (fields.mu * beta - fields.beta * mu) * ours.first(1, outward=outward)
        found = fields.strength * relative.T * (1 + n if outward else n)
        residual = max(residual, distance(found, slope(difference)))
    return residual


@claim(
    "(54)",
    "first-order current from field 2 to field 1 on a transition",
    "Third line and transition_response, against differences of the actual currents",
    correction="third line: + dmu, and no factor 1/Z (rho is normalised)",
    tolerance=_DIFFERENCES,
)
@claim(
    "(55)",
    "energy current = (eps_m - eps_n) times the current of quanta",
    "Sum over transitions, against -Tr[H D_j(rho)], biased, mu_0 != 0",
    tolerance=1e-10,
)
def current_between_the_fields(rng: np.random.Generator) -> list[Residual]:
    """(54), (55): the current from field 2 to field 1 on each transition."""
    fields = _fields(rng, -0.3)
    mu, beta = 0.4, 1.0
    p = _populations(fields.reference)
    _, true = _along(fields, mu, beta)
    n = fields.occupation
    # d(1 + n)/dw = dn/dw = -beta n (1 + n).
    steep = -fields.beta * n * (1 + n)
    q = np.where(fields.upper, fields.reference.gaps - fields.mu, 0.0)
    bracket = fields.strength * steep * (p[:, None] - p[None, :])
    corrected = bracket * (beta / fields.beta * q + mu)
    partition = float(np.exp(-fields.beta * fields.levels).sum())
    printed = bracket * (beta / fields.beta * q - mu) / partition
    ours = fields.transitions().currents(mu, beta)[0]
    case = fields.biased(0.2, 0.4)
    p = _populations(case)
    carried = np.sum(case.gaps * case.given(p), axis=(1, 2))
    rho, H = np.diag(p).astype(complex), np.diag(fields.levels)
    lost = np.array([-np.trace(H @ part.representation.apply(rho)).real for part in case.generator.dissipators])
    return [(max(distance(corrected, true), distance(ours, true)), distance(printed, true)), distance(carried, lost)]


@claim(
    "(56a)",
    "the state at the reference is Gibbs",
    "Null vector at mu_0 = 0; printed: at mu_0 = -0.3 with open cycles",
    correction="for mu_0 = 0, or where the open transitions form a tree",
    tolerance=1e-10,
)
@claim(
    "(56b)",
    "J_1 = -J_2 on every transition",
    "First order in a bias by differences; printed: zeroth order at mu_0 = -0.3",
    correction="for mu_0 = 0, or where the open transitions form a tree",
    tolerance=_DIFFERENCES,
)
@claim(
    "after (56)",
    "first order in the currents, second order in the state",
    "Exponents fitted at small bias, |D_1| = |D_2|",
    tolerance=0.01,
)
def equilibrium_approximation(rng: np.random.Generator) -> list[Residual]:
    """(56a,b): the reference is Gibbs and the currents of the fields opposite, if mu_0 = 0."""
    residuals = []
    for mu in (0.0, -0.3):
        fields = _fields(rng, mu)
        p, J = _populations(fields.reference), _currents(fields.reference)
        gibbs = np.exp(-fields.beta * fields.levels)
        activity = fields.strength * fields.occupation * p[None, :]
        residuals.append((distance(p, gibbs / gibbs.sum()), float(np.abs(J.sum(axis=0)).max() / activity.max())))
        if mu == 0.0:
            biased = slope(partial(_under, fields))
            opposite = distance(-biased[1], biased[0])
    orders = _orders(_fields(rng, 0.0))
    return [
        (residuals[0][0], residuals[1][0]),
        (max(residuals[0][1], opposite), residuals[1][1]),
        max(abs(orders[0] - 2.0), abs(orders[1] - 1.0)),
    ]


def _under(fields: _Fields, step: float) -> RealArray:
    """Currents `J_{j,mn}` at a bias of both kinds."""
    return _currents(fields.biased(0.4 * step, step))


def _orders(fields: _Fields) -> tuple[float, float]:
    """Exponents with which the state and the currents leave the reference."""
    start = _populations(fields.reference)
    sizes = []
    for s in (0.01, 0.02):
        biased = fields.biased(0.4 * s, s)
        p, J = _populations(biased), _currents(biased)
        sizes.append((np.abs(p - start).max(), np.abs(J[0] - J[1]).max()))
    state, current = np.log2(np.array(sizes[1]) / np.array(sizes[0]))
    return float(state), float(current)


@claim(
    "(57a), (57c)",
    "matrix of the currents of quanta and heat of a transition",
    "transition_response, against differences of the actual currents",
    correction="with (48) and J_{1->2}: L = +(w - mu_0) Gamma, M = +(w - mu_0)^2 Gamma",
    tolerance=_DIFFERENCES,
)
@claim(
    "(57b)",
    "Gamma_mn from the occupation and the populations",
    "transition_response, against the explicit null vector, mu_0 = 0 and mu_0 != 0",
    tolerance=1e-10,
)
@claim(
    "(58)",
    "reciprocity of each transition",
    "Differences of the actual currents, also at mu_0 != 0",
    tolerance=_DIFFERENCES,
)
def onsager_matrix(rng: np.random.Generator) -> list[Residual]:
    """(57)-(58): the matrix of a transition, with and without an equilibrium reference."""
    residuals, printed, gammas, reciprocity = [], [], [], []
    for mu0 in (0.0, -0.3):
        fields = _fields(rng, mu0)
        beta0 = fields.beta
        q = np.where(fields.upper, fields.reference.gaps - mu0, 0.0)
        columns = [_along(fields, 1.0, 0.0)[1], _along(fields, 0.0, beta0)[1]]
        true = np.array([[column, q * column] for column in columns]).transpose(1, 0, 2, 3)
        p = _populations(fields.reference)
        n = fields.occupation
        gamma = fields.strength * beta0 * n * (1 + n) * (p[:, None] - p[None, :])
        ours = fields.transitions()
        gammas.append(distance(np.where(fields.upper, ours.gamma, 0.0), gamma))
        residuals.append(distance(np.moveaxis(ours.matrix, (0, 1), (2, 3)) * fields.upper, true))
        # As printed, with (48): J_{1->2} = Gamma dmu + L f, L = -(w - mu_0) Gamma, M = -(w + mu_0)^2 Gamma.
        far = np.where(fields.upper, fields.reference.gaps + mu0, 0.0)
        text = np.array([[gamma, -q * gamma], [-q * gamma, -(far**2) * gamma]])
        printed.append(distance(-text, true))
        reciprocity.append(distance(true[0, 1], true[1, 0]))
    return [
        (max(residuals), min(printed)),
        max(gammas),
        max(reciprocity),
    ]


@claim(
    "(59)",
    "entropy production of a transition",
    "J (x_1 - x_2) of the actual currents",
    correction="sigma = -beta_0 (Gamma dmu^2 + 2 L dmu f + M f^2), f = dbeta/beta_0",
    tolerance=_DIFFERENCES,
)
@claim(
    "before (60)",
    "the form (59) is degenerate and not negative where (44) holds",
    "L^2 - Gamma M of the actual currents, and the least sigma of all transitions",
    correction="L^2 - Gamma M = 0 for + in the text",
    tolerance=_DIFFERENCES,
)
@claim(
    "(60)",
    "direction of the bias in which a transition carries nothing",
    "Current on the line, against that of the temperatures alone",
    correction="dmu = -(w - mu_0) dbeta/beta_0",
    tolerance=_DIFFERENCES,
)
def entropy_production(rng: np.random.Generator) -> list[Residual]:
    """(59)-(60): the entropy production of a transition, and the direction in which nothing flows."""
    fields = _fields(rng, -0.3)
    q = np.where(fields.upper, fields.reference.gaps - fields.mu, 0.0)
    found = fields.transitions()
    gamma = np.where(fields.upper, found.gamma, 0.0)
    size, f = 0.7, 0.5
    _, J = _along(fields, size, f * fields.beta)
    # J (x_1 - x_2), x_j = beta_j (w - mu_j), to second order: the entropy each quantum produces on its way.
    true = J * fields.beta * (size + q * f)
    ours = np.where(fields.upper, found.entropy_production(size, f * fields.beta), 0.0)
    L, M = -q * gamma, -((fields.reference.gaps + fields.mu) ** 2) * gamma
    printed = fields.beta * (-gamma * size**2 - 2 * L * size * f + M * f**2)
    L, M = q * gamma, q**2 * gamma
    corrected = -fields.beta * (gamma * size**2 + 2 * L * size * f + M * f**2)
    # The matrix from differences of the currents, not from its closed form.
    by_mu, by_beta = -_along(fields, 1.0, 0.0)[1], -_along(fields, 0.0, fields.beta)[1]
    L, M = by_beta, q * by_beta
    square = _largest(L**2)
    determinant = _largest(L**2 - by_mu * M) / square
    m, n = np.argwhere(fields.upper)[int(rng.integers(fields.upper.sum()))]
    slope = [_along(fields, sign * q[m, n] * f, f * fields.beta)[1][m, n] for sign in (-1.0, 1.0)]
    alone = _along(fields, 0.0, f * fields.beta)[1][m, n]
    positive = float(np.min(ours[fields.upper]) / np.max(ours))
    return [
        (max(distance(corrected, true), distance(ours, true)), distance(printed, true)),
        (max(determinant, max(0.0, -positive)), _largest(L**2 + by_mu * M) / square),
        (abs(float(slope[0] / alone)), abs(float(slope[1] / alone))),
    ]


def _largest(table: RealArray) -> float:
    return float(np.abs(table).max())


@claim(
    "after (60)",
    "the Onsager relation needs no symmetry of the dynamics",
    correction="so if |D_1| = |D_2|; otherwise the reference must be an equilibrium",
    tolerance=1e-10,
)
def reciprocity_without_symmetry(rng: np.random.Generator) -> Residual:
    """linear_response, all transitions together, at mu_0 != 0; printed: another D_2."""
    fields = _fields(rng, -0.3)
    asymmetries = []
    for case in (fields, fields.unlike(rng)):
        matrix = case.response().matrix.reshape(2, 2, 2, 2)
        # Flows from field 2 to field 1 under antisymmetric forces, energy and particles.
        block = matrix[:, 1, :, 1] - matrix[:, 0, :, 1] - matrix[:, 1, :, 0] + matrix[:, 0, :, 0]
        asymmetries.append(abs(float(block[0, 1] - block[1, 0])) / float(np.abs(block).max()))
    return asymmetries[0], asymmetries[1]
