"""Linear approximation, local equilibrium and Onsager relation: (48)-(60) of the paper.

The independent route is one for all rows: the d^2 x d^2 generator of the two fields written out jump by jump from
J(w) and n(w), its null vector, the currents of (38) read from it, and differences of those, extrapolated. Currents are
the paper's: positive into the field; [m, n] of every table is the transition m -> n, m above n.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from equipoise._checks import RealArray
from equipoise.fluctuations import Reference, linear_response, transition_response
from equipoise.fluctuations.rate_slopes import rate_derivatives
from equipoise.fluctuations.reference import generator_at_reference
from equipoise.fluctuations.transitions import TransitionResponse
from equipoise.reproduce import evidence
from equipoise.reproduce.cases import Case, lowering, random_levels
from equipoise.reproduce.evidence import Residual
from equipoise.reproduce.explicit import commutator, distance, slope, stationary

DEFINITIONS: dict[str, str] = {
    "(48)": "names the mean and the difference of the inverse temperatures and chemical potentials",
    "(52)": "names the state at the reference; that it may stand in the currents is checked with (51)",
    "(53c)": "names the shell integral of (38c) for equal form factors",
}

# Accuracy of an extrapolated difference: round-off of the currents over the smallest step.
claim = partial(evidence.claim, tolerance=1e-8)

_ALIKE = "and |<n|D_1|m>| = |<n|D_2|m>|, not only g_1 = g_2"


def _fields(rng: np.random.Generator, mu: float) -> Case:
    """Two fields at one temperature and chemical potential, coupled with different phases: |D_1| = |D_2|."""
    levels = random_levels(rng, 4)
    D = lowering(rng, 4)
    couplings = np.array([D, D * np.exp(2j * np.pi * rng.uniform(size=D.shape))])
    return Case(levels, couplings, np.full(2, rng.uniform(0.7, 1.3)), np.full(2, mu))


def _unlike(rng: np.random.Generator, fields: Case) -> Case:
    """Fields with the same form factors and another D_2."""
    return replace(fields, couplings=np.array([fields.couplings[0], lowering(rng, 4)]))


def _biased(fields: Case, delta_mu: float, delta_beta: float) -> Case:
    """The bias of (48): `beta_{1,2} = beta_0 +- dbeta/2`, `mu_{1,2} = mu_0 -+ dmu/2`."""
    half = np.array([0.5, -0.5])
    beta, mu = fields.inverse_temperatures + half * delta_beta, fields.chemical_potentials - half * delta_mu
    return replace(fields, inverse_temperatures=beta, chemical_potentials=mu)


def _reference(fields: Case) -> Reference:
    return Reference(fields.inverse_temperatures[0], fields.chemical_potentials[0])


def _transitions(fields: Case) -> TransitionResponse:
    return transition_response(fields.generator, _reference(fields))


def _populations(case: Case) -> RealArray:
    """Null vector of the superoperator written out jump by jump."""
    free = -1j * commutator(np.diag(case.levels))
    return np.diag(stationary(free + case.dissipative.conj().T)).real


def _currents(case: Case) -> RealArray:
    """`J_{j,mn}` into field j."""
    return case.given(_populations(case))


def _along(fields: Case, mu: float, beta: float) -> tuple[RealArray, RealArray]:
    """Derivative of populations and of `J_{2->1} = (J_1 - J_2)/2` along (dmu, dbeta) = s (mu, beta)."""

    def moved(s: float) -> RealArray:
        case = _biased(fields, s * mu, s * beta)
        p = _populations(case)
        return np.concatenate([p, case.given(p).ravel()])

    p, J = np.split(slope(moved), [fields.levels.size])
    first, second = J.reshape(fields.couplings.shape)
    return p, 0.5 * (first - second)


def _along_one(fields: Case, name: str, j: int) -> RealArray:
    """Derivative of the populations by the inverse temperature or the chemical potential of one field."""
    unit, start = np.eye(2)[j], getattr(fields, name)
    return slope(lambda step: _populations(replace(fields, **{name: start + step * unit})))


def _held(fields: Case) -> RealArray:
    """Derivative of `J_{2->1}` along (0.4, 1) with the populations held at the reference."""
    p = _populations(fields)
    first, second = slope(lambda step: _biased(fields, 0.4 * step, step).given(p))
    return np.asarray(0.5 * (first - second))


@claim("(49)", "expansion of the stationary state to first order")
def expansion_of_the_state(rng: np.random.Generator) -> Residual:
    """state_derivative, against differences of the superoperator's null vector."""
    fields = _unlike(rng, _fields(rng, 0.0))
    derivative = linear_response(fields.generator, _reference(fields)).state_derivative.reshape(2, 2, 4)
    beta, mu = fields.inverse_temperatures[0], fields.chemical_potentials[0]
    explicit, ours = [], []
    for j in (0, 1):
        explicit += [_along_one(fields, name, j) for name in ("inverse_temperatures", "chemical_potentials")]
        # d/dbeta_j = -d/dX_E + mu d/dX_N and d/dmu_j = beta d/dX_N.
        energy, particles = derivative[:, j]
        ours += [mu * particles - energy, beta * particles]
    return distance(np.array(ours), np.array(explicit))


@claim(
    "(50)",
    "d rho/d beta_1 = d rho/d beta_2, the same for mu, if g_1 = g_2",
    "Differences of the superoperator's null vector; printed: another D_2",
    correction=_ALIKE,
)
@claim(
    "(51)",
    "no first-order change of rho under the bias of (48)",
    "Differences of the null vector, against a common change of beta; printed: another D_2",
    correction=_ALIKE,
)
@claim(
    "(51)-(52)",
    "rho at the reference may stand in the currents to first order",
    "Currents with rho held, against all of the response; printed: another D_2",
    correction=_ALIKE,
)
def symmetry_in_the_fields(rng: np.random.Generator) -> list[Residual]:
    """(50)-(52): the state does not respond to first order, if the couplings agree too."""
    alike = _fields(rng, -0.3)
    found = []
    for case in (alike, _unlike(rng, alike)):
        by_beta, by_mu = (
            [_along_one(case, name, j) for j in (0, 1)] for name in ("inverse_temperatures", "chemical_potentials")
        )
        p, J = _along(case, 0.4, 1.0)
        first = float(np.abs(p).max() / np.abs(sum(by_beta)).max())
        found.append((max(distance(*by_beta), distance(*by_mu)), first, distance(_held(case), J)))
    return list(zip(*found, strict=True))


@claim("(53a)-(53b)", "difference of the rates of the two fields to first order")
def derivatives_of_the_rates(rng: np.random.Generator) -> Residual:
    """rate_derivatives, against differences of J (1 + n) and J n."""
    fields = _fields(rng, -0.3)
    (beta0, mu0), mu, beta = (fields.inverse_temperatures[0], fields.chemical_potentials[0]), 0.4, 1.0
    ours = rate_derivatives(generator_at_reference(fields.generator, _reference(fields)), 0)
    residual = 0.0
    for outward, table in ((True, "down"), (False, "up")):

        def difference(s: float, table: str = table) -> RealArray:
            one, two = getattr(_biased(fields, s * mu, s * beta), table)
            return 0.5 * np.asarray(one - two)

        # beta - mu d/dbeta etc. in the library's forces: X_E = -dbeta, X_N = d(beta mu).
        relative = -beta * ours.first(0, outward=outward)
        relative = relative + (mu0 * beta - beta0 * mu) * ours.first(1, outward=outward)
        residual = max(residual, distance(0.5 * getattr(fields, table)[0] * relative.T, slope(difference)))
    return residual


@claim(
    "(54)",
    "first-order current from field 2 to field 1 on a transition",
    "Third line and transition_response, against differences of the actual currents",
    correction="third line: + dmu, and no factor 1/Z (rho is normalised)",
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
    beta0, mu, beta = fields.inverse_temperatures[0], 0.4, 1.0
    p = _populations(fields)
    _, true = _along(fields, mu, beta)
    # gamma dn/dw with d(1 + n)/dw = dn/dw = -beta n (1 + n).
    bracket = -_gamma(fields, p)
    q = fields.gaps - fields.chemical_potentials[0]
    corrected = bracket * (beta / beta0 * q + mu)
    partition = float(np.exp(-beta0 * fields.levels).sum())
    printed = bracket * (beta / beta0 * q - mu) / partition
    ours = _transitions(fields).currents(mu, beta)[0]
    case = _biased(fields, 0.2, 0.4)
    p = _populations(case)
    carried = np.sum(case.gaps * case.given(p), axis=(1, 2))
    rho, H = np.diag(p).astype(complex), np.diag(fields.levels)
    lost = np.array([-np.trace(H @ part.representation.apply(rho)).real for part in case.generator.dissipators])
    return [(max(distance(corrected, true), distance(ours, true)), distance(printed, true)), distance(carried, lost)]


def _gamma(fields: Case, p: RealArray) -> RealArray:
    """`Gamma_mn = gamma_mn beta_0 n (1 + n) (rho_mm - rho_nn)` of (57b), with gamma_mn of (53c)."""
    n = 1.0 / np.expm1(fields.exponents[0])
    gamma = 0.5 * fields.strengths[0]
    return np.asarray(gamma * fields.inverse_temperatures[0] * n * (1 + n) * (p[:, None] - p[None, :]))


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
)
@claim(
    "after (56)",
    "first order in the currents, second order in the state",
    "Exponents fitted at small bias, |D_1| = |D_2|",
    tolerance=0.01,
)
def equilibrium_approximation(rng: np.random.Generator) -> list[Residual]:
    """(56a,b): the reference is Gibbs and the currents of the fields opposite, if mu_0 = 0."""
    balanced, shifted, small = _fields(rng, 0.0), _fields(rng, -0.3), _fields(rng, 0.0)
    gibbs, cancel = [], []
    for fields in (balanced, shifted):
        p, J = _populations(fields), _currents(fields)
        gibbs.append(distance(np.diag(p), fields.gibbs))
        # Relative to gamma n rho_nn, half of the upward flow.
        cancel.append(float(np.abs(J.sum(axis=0)).max() / (0.5 * fields.up[0] * p[None, :]).max()))
    into_first, into_second = slope(lambda step: _currents(_biased(balanced, 0.4 * step, step)))
    opposite = distance(-into_second, into_first)
    state, current = _orders(small)
    return [
        (gibbs[0], gibbs[1]),
        (max(cancel[0], opposite), cancel[1]),
        max(abs(state - 2.0), abs(current - 1.0)),
    ]


def _orders(fields: Case) -> tuple[float, float]:
    """Exponents with which the state and the currents leave the reference."""
    start = _populations(fields)
    sizes = []
    for s in (0.01, 0.02):
        biased = _biased(fields, 0.4 * s, s)
        p, J = _populations(biased), _currents(biased)
        sizes.append((np.abs(p - start).max(), np.abs(J[0] - J[1]).max()))
    state, current = np.log2(np.array(sizes[1]) / np.array(sizes[0]))
    return float(state), float(current)


@claim(
    "(57a), (57c)",
    "matrix of the currents of quanta and heat of a transition",
    "transition_response, against differences of the actual currents",
    correction="with (48) and J_{1->2}: L = +(w - mu_0) Gamma, M = +(w - mu_0)^2 Gamma",
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
)
def onsager_matrix(rng: np.random.Generator) -> list[Residual]:
    """(57)-(58): the matrix of a transition, with and without an equilibrium reference."""
    residuals, printed, gammas, reciprocity = [], [], [], []
    for mu0 in (0.0, -0.3):
        fields = _fields(rng, mu0)
        upper, q = fields.gaps > 0, fields.gaps - mu0
        columns = [_along(fields, 1.0, 0.0)[1], _along(fields, 0.0, fields.inverse_temperatures[0])[1]]
        true = np.array([[column, q * column] for column in columns]).transpose(1, 0, 2, 3)
        gamma = _gamma(fields, _populations(fields))
        ours = _transitions(fields)
        gammas.append(distance(np.where(upper, ours.gamma, 0.0), gamma))
        residuals.append(distance(np.moveaxis(ours.matrix, (0, 1), (2, 3)) * upper, true))
        # As printed, with (48): J_{1->2} = Gamma dmu + L f, L = -(w - mu_0) Gamma, M = -(w + mu_0)^2 Gamma.
        text = np.array([[gamma, -q * gamma], [-q * gamma, -((fields.gaps + mu0) ** 2) * gamma]])
        printed.append(distance(-text, true))
        reciprocity.append(distance(true[0, 1], true[1, 0]))
    return [(max(residuals), min(printed)), max(gammas), max(reciprocity)]


@claim(
    "(59)",
    "entropy production of a transition",
    "J (x_1 - x_2) of the actual currents",
    correction="sigma = -beta_0 (Gamma dmu^2 + 2 L dmu f + M f^2), f = dbeta/beta_0",
)
@claim(
    "before (60)",
    "the form (59) is degenerate and not negative where (44) holds",
    "L^2 - Gamma M of the actual currents, and the least sigma of all transitions",
    correction="L^2 - Gamma M = 0 for + in the text",
)
@claim(
    "(60)",
    "direction of the bias in which a transition carries nothing",
    "Current on the line, against that of the temperatures alone",
    correction="dmu = -(w - mu_0) dbeta/beta_0",
)
def entropy_production(rng: np.random.Generator) -> list[Residual]:
    """(59)-(60): the entropy production of a transition, and the direction in which nothing flows."""
    fields = _fields(rng, -0.3)
    beta, mu, upper = fields.inverse_temperatures[0], fields.chemical_potentials[0], fields.gaps > 0
    q = fields.gaps - mu
    found = _transitions(fields)
    gamma = np.where(upper, found.gamma, 0.0)
    size, f = 0.7, 0.5
    _, J = _along(fields, size, f * beta)
    # J (x_1 - x_2), x_j = beta_j (w - mu_j), to second order: the entropy each quantum produces on its way.
    true = J * beta * (size + q * f)
    ours = np.where(upper, found.entropy_production(size, f * beta), 0.0)
    L, M = -q * gamma, -((fields.gaps + mu) ** 2) * gamma
    printed = beta * (-gamma * size**2 - 2 * L * size * f + M * f**2)
    L, M = q * gamma, q**2 * gamma
    corrected = -beta * (gamma * size**2 + 2 * L * size * f + M * f**2)
    # The matrix from differences of the currents, not from its closed form.
    by_mu, by_beta = -_along(fields, 1.0, 0.0)[1], -_along(fields, 0.0, beta)[1]
    L, M = by_beta, q * by_beta
    determinant, as_printed = (float(np.abs(L**2 + sign * by_mu * M).max() / (L**2).max()) for sign in (-1, 1))
    m, n = np.argwhere(upper)[int(rng.integers(upper.sum()))]
    along = [_along(fields, sign * q[m, n] * f, f * beta)[1][m, n] for sign in (-1.0, 1.0, 0.0)]
    positive = float(np.min(ours[upper]) / np.max(ours))
    return [
        (max(distance(corrected, true), distance(ours, true)), distance(printed, true)),
        (max(determinant, max(0.0, -positive)), as_printed),
        (abs(float(along[0] / along[2])), abs(float(along[1] / along[2]))),
    ]


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
    for case in (fields, _unlike(rng, fields)):
        matrix = linear_response(case.generator, _reference(case)).matrix.reshape(2, 2, 2, 2)
        # Flows from field 2 to field 1 under antisymmetric forces, energy and particles.
        block = matrix[:, 1, :, 1] - matrix[:, 0, :, 1] - matrix[:, 1, :, 0] + matrix[:, 0, :, 0]
        asymmetries.append(abs(float(block[0, 1] - block[1, 0])) / float(np.abs(block).max()))
    return asymmetries[0], asymmetries[1]
