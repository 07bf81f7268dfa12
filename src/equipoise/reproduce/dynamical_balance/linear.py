"""Linear approximation, local equilibrium and Onsager relation: (48)-(60) of the paper.

The independent route is one for all rows: the d^2 x d^2 generator of the two fields written out jump by jump from
J(w) and n(w), its null vector, the currents of (38) read from it, and differences of those, extrapolated. Currents are
the paper's: positive into the field, m above n. The two fields couple with different phases, |D_1| = |D_2|.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.fluctuations import (
    LinearResponse,
    Reference,
    TransitionResponse,
    linear_response,
    rate_derivatives,
    transition_response,
)
from equipoise.fluctuations.reference import generator_at_reference
from equipoise.generators import Generator, derived
from equipoise.reproduce.dynamical_balance.cases import lowering, random_levels
from equipoise.reproduce.evidence import Evidence
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.systems import Coupling, OpenSystem

DEFINITIONS: dict[str, str] = {
    "(48)": "names the mean and the difference of the inverse temperatures and chemical potentials",
    "(52)": "names the state at the reference; that it may stand in the currents is checked with (51)",
    "(53c)": "names the shell integral of (38c) for equal form factors",
}

_STRENGTH, _CUTOFF = 0.05, 8.0

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

    @property
    def gaps(self) -> RealArray:
        return self.levels[:, None] - self.levels[None, :]

    @property
    def upper(self) -> np.ndarray:
        return self.gaps > 0

    @property
    def strength(self) -> RealArray:
        """`gamma_mn = pi J(w) |D_mn|^2` of (53c), of field 1."""
        return np.where(self.upper, np.pi * _density(self.gaps) * np.abs(self.couplings[0].T) ** 2, 0.0)

    def occupation(self, beta: float, mu: float) -> RealArray:
        """n at w = e_m - e_n, 0 where m is not above n."""
        x = np.where(self.upper, beta * (self.gaps - mu), 1.0)
        return np.where(self.upper, 1.0 / np.expm1(x), 0.0)

    def explicit(self, beta: RealArray, mu: RealArray) -> tuple[RealArray, RealArray]:
        """Populations, and `J_{j,mn}` into field j, from the superoperator written out."""
        d = self.levels.size
        out, into = np.zeros((2, d, d)), np.zeros((2, d, d))
        for j, D in enumerate(self.couplings):
            n = self.occupation(beta[j], mu[j])
            rate = np.where(self.upper, 2 * np.pi * _density(self.gaps) * np.abs(D.T) ** 2, 0.0)
            out[j], into[j] = rate * (1 + n), rate * n
        # Jumps |n><m| and |m><n| move (m, m) to (n, n) and back; coherence (a, b) decays with half of both exits.
        leaving = out.sum(axis=0) + into.sum(axis=0).T
        diagonal = np.arange(d) * (d + 1)
        exits = leaving.sum(axis=1)
        decay = 0.5 * (exits[:, None] + exits[None, :])
        generator = np.diag((-1j * (self.levels[:, None] - self.levels[None, :]) - decay).ravel())
        generator[np.ix_(diagonal, diagonal)] += leaving.T
        trace = np.eye(d).ravel()
        # The row of rho_00 is dependent on those of the other populations.
        generator[0] = trace
        rho = np.linalg.solve(generator, np.eye(d * d)[0]).reshape(d, d)
        p = np.diag(rho).real
        return p, out * p[:, None] - into * p[None, :]

    def biased(self, delta_mu: float, delta_beta: float) -> tuple[RealArray, RealArray]:
        """The same at the bias of (48): `beta_{1,2} = beta_0 +- dbeta/2`, `mu_{1,2} = mu_0 -+ dmu/2`."""
        half = np.array([0.5, -0.5])
        return self.explicit(self.beta + half * delta_beta, self.mu - half * delta_mu)

    def generator(self, delta_mu: float = 0.0, delta_beta: float = 0.0) -> Generator:
        """The library's generator, under the bias of (48)."""
        couplings = []
        for j, half in enumerate((0.5, -0.5)):
            thermal = bose_einstein(
                inverse_temperature=self.beta + half * delta_beta, chemical_potential=self.mu - half * delta_mu
            )
            field = Reservoir(f"field {j + 1}", thermal, Ohmic(_STRENGTH, _CUTOFF))
            couplings.append(Coupling(field, self.couplings[j]))
        return derived(OpenSystem(self.levels, tuple(couplings)))

    def response(self) -> LinearResponse:
        return linear_response(self.generator(), Reference(self.beta, self.mu))

    def transitions(self) -> TransitionResponse:
        return transition_response(self.generator(), Reference(self.beta, self.mu))

    def unlike(self, rng: np.random.Generator) -> _Fields:
        """The same form factors with another D_2."""
        return replace(self, couplings=np.array([self.couplings[0], lowering(rng, self.levels.size)]))


def _density(w: RealArray) -> RealArray:
    w = np.maximum(w, 0.0)
    return np.asarray(_STRENGTH * w * np.exp(-w / _CUTOFF))


def _fields(rng: np.random.Generator, mu: float) -> _Fields:
    levels = random_levels(rng, 4)
    D = lowering(rng, 4)
    return _Fields(levels, np.array([D, D * np.exp(2j * np.pi * rng.uniform(size=D.shape))]), rng.uniform(0.7, 1.3), mu)


def _slope(function: Callable[[float], RealArray], step: float = 0.02) -> RealArray:
    """Derivative at zero, central differences extrapolated three times."""
    h = step * 0.5 ** np.arange(4)
    rows = [(function(k) - function(-k)) / (2 * k) for k in h]
    for order in (1, 2, 3):
        rows = [(4**order * b - a) / (4**order - 1) for a, b in pairwise(rows)]
    return np.asarray(rows[0])


def _off(found: RealArray, true: RealArray) -> float:
    return float(np.abs(found - true).max() / np.abs(true).max())


def _along(fields: _Fields, mu: float, beta: float) -> tuple[RealArray, RealArray]:
    """Derivative of populations and of `J_{2->1} = (J_1 - J_2)/2` along (dmu, dbeta) = s (mu, beta)."""
    p = _slope(lambda s: fields.biased(s * mu, s * beta)[0])
    J = _slope(lambda s: fields.biased(s * mu, s * beta)[1])
    return p, 0.5 * (J[0] - J[1])


def expansion_of_the_state(rng: np.random.Generator) -> Evidence:
    """(49): the derivatives of the populations with respect to each parameter, unequal couplings."""
    fields = _fields(rng, 0.0).unlike(rng)
    response = fields.response()
    beta, mu, d = fields.beta, fields.mu, fields.levels.size
    explicit, ours = [], []
    for j in (0, 1):
        explicit += [_slope(partial(_moved, fields, kind, j)) for kind in (0, 1)]
        # d/dbeta_j = -d/dX_E + mu d/dX_N and d/dmu_j = beta d/dX_N.
        energy, particles = response.state_derivative.reshape(2, 2, d)[:, j]
        ours += [mu * particles - energy, beta * particles]
    residual = _off(np.array(ours), np.array(explicit))
    return Evidence(
        "(49)",
        "expansion of the stationary state to first order",
        "state_derivative, against differences of the superoperator's null vector",
        residual,
        tolerance=_DIFFERENCES,
    )


def symmetry_in_the_fields(rng: np.random.Generator) -> list[Evidence]:
    """(50)-(52): the state does not respond to first order, if the couplings agree too."""
    fields = _fields(rng, -0.3)
    other = fields.unlike(rng)
    rows = []
    asymmetry = []
    for case in (fields, other):
        slopes = [_slope(partial(_moved, case, kind, field)) for kind in (0, 1) for field in (0, 1)]
        asymmetry.append(max(_off(slopes[0], slopes[1]), _off(slopes[2], slopes[3])))
    rows.append(
        Evidence(
            "(50)",
            "d rho/d beta_1 = d rho/d beta_2, the same for mu, if g_1 = g_2",
            "differences of the superoperator's null vector; printed: another D_2",
            asymmetry[0],
            asymmetry[1],
            _ALIKE,
            _DIFFERENCES,
        )
    )
    first, replaced = [], []
    for case in (fields, other):
        p, J = _along(case, 0.4, 1.0)
        scale = np.abs(sum(_slope(partial(_moved, case, 0, j)) for j in (0, 1))).max()
        first.append(float(np.abs(p).max() / scale))
        # The currents with the populations held at the reference.
        held = _held(case, 0.4, 1.0)
        replaced.append(_off(0.5 * (held[0] - held[1]), J))
    rows.append(
        Evidence(
            "(51)",
            "no first-order change of rho under the bias of (48)",
            "differences of the null vector, against a common change of beta; printed: another D_2",
            first[0],
            first[1],
            _ALIKE,
            _DIFFERENCES,
        )
    )
    rows.append(
        Evidence(
            "(51)-(52)",
            "rho at the reference may stand in the currents to first order",
            "currents with rho held, against all of the response; printed: another D_2",
            replaced[0],
            replaced[1],
            _ALIKE,
            _DIFFERENCES,
        )
    )
    return rows


def _moved(fields: _Fields, kind: int, field: int, step: float) -> RealArray:
    """Populations with beta (kind 0) or mu (kind 1) of one field moved by a step."""
    values = [np.full(2, fields.beta), np.full(2, fields.mu)]
    values[kind][field] += step
    return fields.explicit(*values)[0]


def _currents_along(fields: _Fields, step: float) -> RealArray:
    """`J_{j,mn}` at a bias of both kinds."""
    return fields.biased(0.4 * step, step)[1]


def _held(fields: _Fields, mu: float, beta: float) -> RealArray:
    """Derivative of `J_{j,mn}` along a bias with the populations of the reference."""
    p, _ = fields.explicit(np.full(2, fields.beta), np.full(2, fields.mu))

    def currents(s: float) -> RealArray:
        tables = []
        for j, sign in enumerate((0.5, -0.5)):
            n = fields.occupation(fields.beta + sign * s * beta, fields.mu - sign * s * mu)
            rate = 2 * np.pi * _density(fields.gaps) * np.abs(fields.couplings[j].T) ** 2
            tables.append(np.where(fields.upper, rate * ((1 + n) * p[:, None] - n * p[None, :]), 0.0))
        return np.array(tables)

    return _slope(currents)


def derivatives_of_the_rates(rng: np.random.Generator) -> Evidence:
    """(53a,b): the difference of the rates of the two fields to first order."""
    fields = _fields(rng, -0.3)
    mu, beta = 0.4, 1.0
    generator = generator_at_reference(fields.generator(), Reference(fields.beta, fields.mu))
    ours = rate_derivatives(generator, 0)
    n = fields.occupation(fields.beta, fields.mu)
    residual = 0.0
    for outward in (True, False):

        def difference(s: float, outward: bool = outward) -> RealArray:
            one, two = (fields.occupation(fields.beta + k * s * beta, fields.mu - k * s * mu) for k in (0.5, -0.5))
            return fields.strength * (one - two)

        # beta - mu d/dbeta etc. in the library's forces: X_E = -dbeta, X_N = d(beta mu).
        relative = -beta * ours.first(0, outward=outward)
        relative = relative + (fields.mu * beta - fields.beta * mu) * ours.first(1, outward=outward)
        found = fields.strength * relative.T * (1 + n if outward else n)
        residual = max(residual, _off(found, _slope(difference)))
    return Evidence(
        "(53a)-(53b)",
        "difference of the rates of the two fields to first order",
        "rate_derivatives, against differences of J (1 + n) and J n",
        residual,
        tolerance=_DIFFERENCES,
    )


def current_between_the_fields(rng: np.random.Generator) -> list[Evidence]:
    """(54), (55): the current from field 2 to field 1 on each transition."""
    fields = _fields(rng, -0.3)
    mu, beta = 0.4, 1.0
    p, _ = fields.explicit(np.full(2, fields.beta), np.full(2, fields.mu))
    _, true = _along(fields, mu, beta)
    n = fields.occupation(fields.beta, fields.mu)
    # d(1 + n)/dw = dn/dw = -beta n (1 + n).
    steep = -fields.beta * n * (1 + n)
    q = np.where(fields.upper, fields.gaps - fields.mu, 0.0)
    bracket = fields.strength * steep * (p[:, None] - p[None, :])
    corrected = bracket * (beta / fields.beta * q + mu)
    partition = float(np.exp(-fields.beta * fields.levels).sum())
    printed = bracket * (beta / fields.beta * q - mu) / partition
    ours = fields.transitions().currents(mu, beta)[0]
    rows = [
        Evidence(
            "(54)",
            "first-order current from field 2 to field 1 on a transition",
            "third line and transition_response, against differences of the actual currents",
            max(_off(corrected, true), _off(ours, true)),
            _off(printed, true),
            "third line: + dmu, and no factor 1/Z (rho is normalised)",
            _DIFFERENCES,
        )
    ]
    p, J = fields.biased(0.2, 0.4)
    carried = np.sum(fields.gaps * J, axis=(1, 2))
    rho, H = np.diag(p).astype(complex), np.diag(fields.levels)
    dissipators = fields.generator(0.2, 0.4).dissipators
    lost = np.array([-np.trace(H @ part.representation.apply(rho)).real for part in dissipators])
    rows.append(
        Evidence(
            "(55)",
            "energy current = (eps_m - eps_n) times the current of quanta",
            "sum over transitions, against -Tr[H D_j(rho)], biased, mu_0 != 0",
            _off(carried, lost),
            tolerance=1e-10,
        )
    )
    return rows


def equilibrium_approximation(rng: np.random.Generator) -> list[Evidence]:
    """(56a,b): the reference is Gibbs and the currents of the fields opposite, if mu_0 = 0."""
    residuals = []
    for mu in (0.0, -0.3):
        fields = _fields(rng, mu)
        p, J = fields.explicit(np.full(2, fields.beta), np.full(2, mu))
        gibbs = np.exp(-fields.beta * fields.levels)
        traffic = fields.strength * fields.occupation(fields.beta, mu) * p[None, :]
        residuals.append((_off(p, gibbs / gibbs.sum()), float(np.abs(J.sum(axis=0)).max() / traffic.max())))
        if mu == 0.0:
            biased = _slope(partial(_currents_along, fields))
            opposite = _off(-biased[1], biased[0])
    orders = _orders(_fields(rng, 0.0))
    return [
        Evidence(
            "(56a)",
            "the state at the reference is Gibbs",
            "null vector at mu_0 = 0; printed: at mu_0 = -0.3 with open cycles",
            residuals[0][0],
            residuals[1][0],
            "for mu_0 = 0, or where the open transitions form a tree",
            1e-10,
        ),
        Evidence(
            "(56b)",
            "J_1 = -J_2 on every transition",
            "first order in a bias by differences; printed: zeroth order at mu_0 = -0.3",
            max(residuals[0][1], opposite),
            residuals[1][1],
            "for mu_0 = 0, or where the open transitions form a tree",
            _DIFFERENCES,
        ),
        Evidence(
            "after (56)",
            "first order in the currents, second order in the state",
            "exponents fitted at small bias, |D_1| = |D_2|",
            max(abs(orders[0] - 2.0), abs(orders[1] - 1.0)),
            tolerance=0.01,
        ),
    ]


def _orders(fields: _Fields) -> tuple[float, float]:
    """Exponents with which the state and the currents leave the reference."""
    start, _ = fields.biased(0.0, 0.0)
    sizes = []
    for s in (0.01, 0.02):
        p, J = fields.biased(0.4 * s, s)
        sizes.append((np.abs(p - start).max(), np.abs(J[0] - J[1]).max()))
    state, current = np.log2(np.array(sizes[1]) / np.array(sizes[0]))
    return float(state), float(current)


def onsager_matrix(rng: np.random.Generator) -> list[Evidence]:
    """(57)-(58): the matrix of a transition, with and without an equilibrium reference."""
    residuals, printed, gammas, reciprocity = [], [], [], []
    for mu0 in (0.0, -0.3):
        fields = _fields(rng, mu0)
        beta0 = fields.beta
        q = np.where(fields.upper, fields.gaps - mu0, 0.0)
        columns = [_along(fields, 1.0, 0.0)[1], _along(fields, 0.0, beta0)[1]]
        true = np.array([[column, q * column] for column in columns]).transpose(1, 0, 2, 3)
        p, _ = fields.explicit(np.full(2, beta0), np.full(2, mu0))
        n = fields.occupation(beta0, mu0)
        gamma = fields.strength * beta0 * n * (1 + n) * (p[:, None] - p[None, :])
        ours = fields.transitions()
        gammas.append(_off(np.where(fields.upper, ours.gamma, 0.0), gamma))
        residuals.append(_off(np.moveaxis(ours.matrix, (0, 1), (2, 3)) * fields.upper, true))
        # As printed, with (48): J_{1->2} = Gamma dmu + L f, L = -(w - mu_0) Gamma, M = -(w + mu_0)^2 Gamma.
        far = np.where(fields.upper, fields.gaps + mu0, 0.0)
        text = np.array([[gamma, -q * gamma], [-q * gamma, -(far**2) * gamma]])
        printed.append(_off(-text, true))
        reciprocity.append(_off(true[0, 1], true[1, 0]))
    return [
        Evidence(
            "(57a), (57c)",
            "matrix of the currents of quanta and heat of a transition",
            "transition_response, against differences of the actual currents",
            max(residuals),
            min(printed),
            "with (48) and J_{1->2}: L = +(w - mu_0) Gamma, M = +(w - mu_0)^2 Gamma",
            _DIFFERENCES,
        ),
        Evidence(
            "(57b)",
            "Gamma_mn from the occupation and the populations",
            "transition_response, against the explicit null vector, mu_0 = 0 and mu_0 != 0",
            max(gammas),
            tolerance=1e-10,
        ),
        Evidence(
            "(58)",
            "reciprocity of each transition",
            "differences of the actual currents, also at mu_0 != 0",
            max(reciprocity),
            tolerance=_DIFFERENCES,
        ),
    ]


def entropy_production(rng: np.random.Generator) -> list[Evidence]:
    """(59)-(60): the entropy production of a transition, and the direction in which nothing flows."""
    fields = _fields(rng, -0.3)
    q = np.where(fields.upper, fields.gaps - fields.mu, 0.0)
    found = fields.transitions()
    gamma = np.where(fields.upper, found.gamma, 0.0)
    size, f = 0.7, 0.5
    _, J = _along(fields, size, f * fields.beta)
    # J (x_1 - x_2), x_j = beta_j (w - mu_j), to second order: the entropy each quantum produces on its way.
    true = J * fields.beta * (size + q * f)
    ours = np.where(fields.upper, found.entropy_production(size, f * fields.beta), 0.0)
    L, M = -q * gamma, -((fields.gaps + fields.mu) ** 2) * gamma
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
        Evidence(
            "(59)",
            "entropy production of a transition",
            "J (x_1 - x_2) of the actual currents",
            max(_off(corrected, true), _off(ours, true)),
            _off(printed, true),
            "sigma = -beta_0 (Gamma dmu^2 + 2 L dmu f + M f^2), f = dbeta/beta_0",
            _DIFFERENCES,
        ),
        Evidence(
            "before (60)",
            "the form (59) is degenerate and not negative where (44) holds",
            "L^2 - Gamma M of the actual currents, and the least sigma of all transitions",
            max(determinant, max(0.0, -positive)),
            _largest(L**2 + by_mu * M) / square,
            "L^2 - Gamma M = 0 for + in the text",
            _DIFFERENCES,
        ),
        Evidence(
            "(60)",
            "direction of the bias in which a transition carries nothing",
            "current on the line, against that of the temperatures alone",
            abs(float(slope[0] / alone)),
            abs(float(slope[1] / alone)),
            "dmu = -(w - mu_0) dbeta/beta_0",
            _DIFFERENCES,
        ),
    ]


def _largest(table: RealArray) -> float:
    return float(np.abs(table).max())


def reciprocity_without_symmetry(rng: np.random.Generator) -> Evidence:
    """After (60): reciprocity off equilibrium is the gift of equal couplings."""
    fields = _fields(rng, -0.3)
    asymmetries = []
    for case in (fields, fields.unlike(rng)):
        matrix = case.response().matrix.reshape(2, 2, 2, 2)
        # Flows from field 2 to field 1 under antisymmetric forces, energy and particles.
        block = matrix[:, 1, :, 1] - matrix[:, 0, :, 1] - matrix[:, 1, :, 0] + matrix[:, 0, :, 0]
        asymmetries.append(abs(float(block[0, 1] - block[1, 0])) / float(np.abs(block).max()))
    return Evidence(
        "after (60)",
        "the Onsager relation needs no symmetry of the dynamics",
        "linear_response, all transitions together, at mu_0 != 0; printed: another D_2",
        asymmetries[0],
        asymmetries[1],
        "so if |D_1| = |D_2|; otherwise the reference must be an equilibrium",
        1e-10,
    )


def evidence(rng: np.random.Generator) -> list[Evidence]:
    """The rows of (48)-(60), in the order of the paper."""
    return [
        expansion_of_the_state(rng),
        *symmetry_in_the_fields(rng),
        derivatives_of_the_rates(rng),
        *current_between_the_fields(rng),
        *equilibrium_approximation(rng),
        *onsager_matrix(rng),
        *entropy_production(rng),
        reciprocity_without_symmetry(rng),
    ]
