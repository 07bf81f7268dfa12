"""Rows (25)-(28), (37)-(40), (44)-(47), (121): detailed balance, temperature functions, microcurrents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import expm

from equipoise._checks import RealArray
from equipoise.balance import (
    currents_against_bias,
    fit_generalised_gibbs,
    local_equilibrium_state,
    population_bounds,
    temperature_function,
)
from equipoise.balance.cycles import cycles
from equipoise.balance.cycles.tree import largest_three_cycle
from equipoise.balance.temperature.generalised_gibbs import generalised_gibbs_state
from equipoise.generators import weak_coupling
from equipoise.reproduce.cases import Case, equal_fields, random_case, random_levels, unequal_fields
from equipoise.reproduce.dynamical_balance.microcurrents import reconstruct_microcurrents
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import applied, distance, slope
from equipoise.reservoirs import Flat, FormFactor, Reservoir, bose_einstein
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary import DensityMatrix, gibbs_state, stationary_state
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import currents

DEFINITIONS = {
    "(37)": "defines the momenta that resonate with a transition",
    "(39)": "is (38a) read as a condition on the populations",
}


def ladder(rng: np.random.Generator, betas: tuple[float, ...], mus: tuple[float, ...]) -> Case:
    """Nearest neighbours only: a tree of transitions, whatever the reservoirs."""
    case = random_case(rng, 4, betas, mus)
    return replace(case, couplings=case.couplings * np.eye(4, k=1))


def signed_affinity(rates: RealArray) -> float:
    """Largest modulus of the logarithm of left over right side of (26), over all triples, one by one."""
    logs = np.log(np.where(rates > 0, rates, 1.0))
    ratio = logs - logs.T
    cycles = ratio[:, :, None] - ratio[:, None, :] - ratio.T[None, :, :]
    return float(np.abs(cycles).max())


@claim("(25)-(26)", "detailed balance if and only if (26)")
def kolmogorov(rng: np.random.Generator) -> Residual:
    """All triples, at and off equilibrium."""
    unequal, equal = unequal_fields(rng), equal_fields(rng)
    residual = 0.0
    for subject in (unequal, equal):
        affinity, unbalanced = signed_affinity(subject.rates), distance(subject.flows, subject.flows.T)
        found = largest_three_cycle(np.log(subject.rates.T + np.eye(subject.dimension)))[1]
        residual = max(residual, abs(found - affinity))
        # Balanced together or not at all.
        residual = max(residual, min(affinity, 1.0) if unbalanced < 1e-12 else 0.0)
        residual = max(residual, unbalanced if affinity < 1e-12 else 0.0)
    return residual if signed_affinity(unequal.rates) > 1e-6 else 1.0


@claim(
    "after (26)",
    "(26) holds at equal temperature and chemical potential",
    instead="needs mu = 0 or a tree; the affinity is |beta mu|",
)
def equal_reservoirs(rng: np.random.Generator) -> Residual:
    """Affinity of an open three-cycle at equal fields."""
    beta, mu = float(rng.uniform(0.5, 1.5)), -float(rng.uniform(0.2, 0.6))
    subject = random_case(rng, 3, (beta, beta), (mu, mu))
    affinity = cycles(subject.generator, subject.state).tree.largest
    return affinity if abs(affinity - abs(beta * mu)) < 1e-10 else 0.0


@claim(
    "after (26)",
    "out of equilibrium (26) fails but in special cases",
    instead="any tree of transitions satisfies (26), whatever the fields",
)
def special_cases(rng: np.random.Generator) -> Residual:
    """a ladder between two fields: (25) to round-off, heat flows."""
    subject = ladder(rng, (0.5, 1.5), (-0.2, 0.0))
    J = currents(subject.generator, subject.state).microcurrents
    balanced = distance(subject.flows, subject.flows.T) < 1e-12
    return float(np.abs(J[0]).max() / subject.flows.max()) if balanced else 0.0


@claim(
    "(27), (83)",
    "beta_S(e_m) = -log(rho_mm) / e_m > 0",
    instead="needs e_m > 0; use -log(rho_m / rho_0) / (e_m - e_0), < 0 if inverted",
)
def positive_temperatures(rng: np.random.Generator) -> Residual:
    """a Gibbs state with levels on both sides of zero energy."""
    levels = random_levels(rng, 4)
    levels = levels - 0.5 * (levels[1] + levels[2])
    beta = temperature_function(gibbs_state(spectrum_of_levels(levels), 0.7))
    return float(max(0.0, -beta.literal_values.min()))


@claim(
    "after (28)",
    "Gibbs states are those of constant beta_S",
    instead="constant only if referred to gaps; literally it is beta + log(Z) / e",
)
def constant_temperature(rng: np.random.Generator) -> Residual:
    """Literal (27) of a Gibbs state, against beta + log(Z) / e."""
    levels = random_levels(rng, 4) + 0.4
    beta = temperature_function(gibbs_state(spectrum_of_levels(levels), 0.7))
    expected = 0.7 + np.log(np.sum(np.exp(-0.7 * levels))) / levels
    known = distance(beta.literal_values, expected) < 1e-12 and beta.spread < 1e-12
    return float(np.ptp(beta.literal_values)) if known else 0.0


@claim("(28), (83)", "rho = exp(-beta_S(H) H) / Z")
def function_of_energy(rng: np.random.Generator) -> Residual:
    """Matrix exponential; Z = 1 identically."""
    subject = unequal_fields(rng)
    levels = subject.levels + 1.0
    beta = temperature_function(DensityMatrix(spectrum_of_levels(levels), np.log(subject.weights)))
    unnormalised = expm(-np.diag(beta.literal_values) @ np.diag(levels))
    again = local_equilibrium_state(
        spectrum_of_levels(levels), lambda e: float(beta.literal_values[np.argmin(abs(levels - e))])
    )
    return max(
        distance(unnormalised / np.trace(unnormalised), subject.rho),
        abs(float(np.trace(unnormalised)) - 1.0),
        distance(again.weights, subject.weights),
    )


@claim("(38a)", "microcurrents from rates and populations", "Rates written out, both forms")
@claim("(38b)", "energy carried by the microcurrents", "-Tr[H D_j(rho)] of each field")
@claim(
    "after (38)",
    "a positive J flows from the field to the system",
    "Sign of Tr[H D_j(rho)]",
    correction="J > 0 flows from the system into the field",
)
def currents_of_transitions(rng: np.random.Generator) -> list[Residual]:
    """(38a), (38b) and what is said after them."""
    subject = unequal_fields(rng)
    p, flows = subject.weights, currents(subject.generator, subject.state).microcurrents
    linear, grown = subject.given(p), np.exp(subject.exponents)
    closed = (
        subject.strengths * p[None, :, None] * grown / (grown - 1) * (1 - p[None, None, :] / p[None, :, None] / grown)
    )
    # flows[j, n, m] is the net flow m -> n: positive out of the system for m above n.
    J = np.tril(flows.transpose(0, 2, 1))
    outward = np.sum(subject.gaps * linear, axis=(1, 2))
    inward = [np.sum(subject.levels * np.diag(part.apply(subject.rho)).real) for part in subject.generator.dissipators]
    energy = distance(outward, -np.array(inward))
    return [max(distance(J, linear), distance(J, closed)), energy, (energy, distance(outward, inward))]


@claim("(38c)", "strength of a transition as a shell integral", correction="|g|^2 for |g|, as in (53c)", tolerance=1e-8)
def strength_of_a_transition(rng: np.random.Generator) -> Residual:
    """Derivative of a quadrature over momenta up to the shell."""
    width, omega = float(rng.uniform(0.8, 2.0)), float(rng.uniform(0.5, 1.5))

    def g(k: RealArray) -> RealArray:
        return np.asarray(0.3 * np.abs(k) * np.exp(-((k / width) ** 2)))

    field = FormFactor(g, lambda k: np.sqrt(0.04 + k**2), dimension=1)
    reservoir = Reservoir("field", bose_einstein(temperature=1.0), field)
    found = 0.5 * (float(reservoir.rate_out(omega)) - float(reservoir.rate_in(omega)))

    def shell(power: int) -> float:
        # delta as the derivative of the counting function: d/dw of the integral up to the shell, by differences.
        def up_to(w: float) -> float:
            node, weight = np.polynomial.legendre.leggauss(60)
            edge = np.sqrt(w**2 - 0.04)
            k = 0.5 * edge * (node + 1)
            return float(np.pi * 2 * 0.5 * edge * np.sum(weight * np.abs(g(k)) ** power))

        return slope(lambda h: up_to(omega + h))

    return distance(found, shell(2)), distance(found, shell(1))


@claim("after (38)", "each microcurrent is constant in time")
def constancy(rng: np.random.Generator) -> Residual:
    """Evolution of the dense superoperator."""
    subject = unequal_fields(rng)
    later = applied(expm(3.0 * (subject.rotation + subject.dissipative)).conj().T, subject.rho)
    then, now = (currents(subject.generator, state).microcurrents for state in (later, subject.state))
    return distance(then, now)


@claim("after (38)", "all J zero: rho_nn / rho_mm = exp(+beta_j (w - mu_j))", "Linear solution at equal fields, mu = 0")
@claim(
    "after (38)",
    "all J zero: beta_1 = beta_2 and rho is Gibbs",
    "Two fields in balance on one transition at two temperatures",
    instead="one frequency: only beta_1 (w - mu_1) = beta_2 (w - mu_2); mu = 0 in general",
)
def vanishing_currents(rng: np.random.Generator) -> list[Residual]:
    """After (38): what follows if all microcurrents vanish."""
    equal = equal_fields(rng)
    p = equal.weights
    m, n = np.tril_indices(equal.dimension, -1)
    ratio = p[n] / p[m]
    J = np.abs(currents(equal.generator, equal.state).microcurrents).max() / (p[:, None] * equal.rates).max()
    follows = max(float(J), *(distance(ratio, np.exp(equal.exponents[j][m, n])) for j in (0, 1)))
    # One Bohr frequency: the second temperature is chosen so that the exponents agree.
    w, mu, beta_1 = 1.3, -0.4, float(rng.uniform(0.4, 0.8))
    beta_2 = beta_1 * (w - mu) / w
    fields = [
        Reservoir("1", bose_einstein(inverse_temperature=beta_1, chemical_potential=mu), Flat(0.1, 0.01, 5.0)),
        Reservoir("2", bose_einstein(inverse_temperature=beta_2), Flat(0.2, 0.01, 5.0)),
    ]
    lowers = np.array([[0, 1], [0, 0]], dtype=complex)
    system = OpenSystem(np.array([0.0, w]), tuple(Coupling(field, lowers) for field in fields))
    generator = weak_coupling(system, lamb_shift=False)
    state = stationary_state(generator)
    still = float(np.abs(currents(generator, state).microcurrents).max()) < 1e-15
    return [follows, abs(beta_2 - beta_1) if still else 0.0]


@claim("(40)", "all microcurrents from J_m0 and rho_00")
def reconstruction(rng: np.random.Generator) -> Residual:
    """Literal (40); rho_00 from tr rho = 1."""
    subject = unequal_fields(rng)
    p = subject.weights
    down, up = subject.down, subject.up
    residual = 0.0
    for j, J in enumerate(subject.given(p)):
        found = reconstruct_microcurrents(subject.generator, j, J[1:, 0])
        largest = float(np.abs(J).max())
        for m in range(2, subject.dimension):
            for n in range(1, m):
                ground = down[j, m, n] * up[j, m, 0] / down[j, m, 0] - up[j, m, n] * up[j, n, 0] / down[j, n, 0]
                sequence = down[j, m, n] / down[j, m, 0] * J[m, 0] - up[j, m, n] / down[j, n, 0] * J[n, 0]
                residual = max(residual, abs(ground * p[0] + sequence - J[m, n]) / largest)
                residual = max(residual, abs(found.microcurrents[n, m] - J[m, n]) / largest)
        residual = max(residual, distance(found.populations, p))
    return residual


@claim("before (43)", "some microcurrents flow from cold to hot", "Four levels in closed form")
@claim("before (43)", "not all microcurrents flow backward", "12 random systems")
def backward_currents(rng: np.random.Generator) -> list[Residual]:
    """Before (43): some microcurrents may flow backward, not all."""
    D = np.zeros((4, 4), dtype=complex)
    D[0, 3] = D[2, 3] = D[1, 2] = 1.0
    D[0, 1] = 758**-0.5
    fields = [Reservoir(f"{T}", bose_einstein(temperature=T), Flat(1.0, 0.01, 9.0)) for T in (1.0, 0.0)]
    system = OpenSystem(np.log([1.0, 1.25, 5.0, 10.0]), tuple(Coupling(field, D) for field in fields))
    generator = weak_coupling(system, lamb_shift=False)
    state = stationary_state(generator)
    found = currents_against_bias(generator, state)
    p_0 = float(np.exp(state.log_weights[0]))
    expected = -2 / 758 / 22 * p_0
    some = distance(found.through, [expected]) if found.through.size == 1 else 1.0
    forward = 1.0
    for _ in range(12):
        case = random_case(rng, int(rng.integers(2, 5)), (0.5, float(rng.uniform(0.6, 2.0))))
        shared = replace(case, couplings=case.couplings[[0, 0]])
        quick = weak_coupling(shared.system, lamb_shift=False)
        back = currents_against_bias(quick, stationary_state(quick))
        forward = min(forward, 1 - back.through.size / back.count)
    return [some, 0.0 if forward > 0 else 1.0]


@claim("(44)", "without inversion the colder field gains energy")
def no_inversion(rng: np.random.Generator) -> Residual:
    """24 random systems, half with equal couplings at mu_1 = mu_2 < 0.

    At mu = 0 it does so in any case, by the second law.
    """
    worst, seen = 0.0, 0
    for trial in range(24):
        mu = -float(rng.uniform(0.1, 0.6)) if trial % 2 else 0.0
        case = random_case(rng, int(rng.integers(2, 5)), (float(rng.uniform(1.2, 2.0)), 0.5), (mu, mu))
        if trial % 2:
            case = replace(case, couplings=case.couplings[[0, 0]])
        generator = weak_coupling(case.system, lamb_shift=False)
        state = stationary_state(generator)
        if mu and temperature_function(state).inverted:
            continue
        energies = case.gaps * currents(generator, state).microcurrents[0]
        into_cold = -0.5 * float(np.sum(energies))
        seen += mu != 0
        worst = max(worst, -into_cold / float(np.abs(energies).max()))
    return max(worst, 0.0) if seen else 1.0


@claim("(45)", "populations between the Gibbs factors if J_1, J_2 opposite")
def domination(rng: np.random.Generator) -> Residual:
    """12 random systems, 1 colder."""
    mistakes = 0.0
    for _ in range(12):
        case = random_case(rng, int(rng.integers(3, 5)), (float(rng.uniform(1.2, 2.0)), 0.5))
        generator = weak_coupling(case.system, lamb_shift=False)
        state = stationary_state(generator)
        p = np.exp(state.log_weights)
        J = currents(generator, state).microcurrents
        found = population_bounds(generator, state)
        for (m, n), within in zip(found.transitions, found.is_within, strict=True):
            w = case.levels[m] - case.levels[n]
            lower, upper = np.exp(-w * case.inverse_temperatures)
            opposite = J[0, n, m] * J[1, n, m] < 0
            mistakes += (lower <= p[m] / p[n] <= upper) != opposite
            mistakes += bool(within) != bool(opposite)
    return mistakes


@claim("(46), after (47)", "J_1 = -J_2 if and only if detailed balance", "a ladder, and a system with loops")
@claim("(47a)", "J_1 + J_2 = Gamma_mn rho_mm - Gamma_nm rho_nn, not 0", "Rates written out")
@claim("(47b)", "J_1^E + J_2^E is not zero", "Off detailed balance")
@claim(
    "after (47)",
    "detailed balance makes beta_S constant",
    "a ladder between two fields: three temperatures",
    instead="true of equal fields at mu = 0; a ladder has one temperature per gap",
)
def cancellation(rng: np.random.Generator) -> list[Residual]:
    """(46)-(47): summed microcurrents vanish exactly at detailed balance."""
    unequal = unequal_fields(rng)
    J = currents(unequal.generator, unequal.state).microcurrents.transpose(0, 2, 1)
    expected = unequal.flows - unequal.flows.T
    sums = distance(J.sum(axis=0), expected) if distance(unequal.flows, unequal.flows.T) > 1e-6 else 1.0
    energies = np.abs(unequal.gaps * J.sum(axis=0)).max() / np.abs(unequal.gaps * J).max()
    tree = ladder(rng, (0.5, 1.5), (-0.2, 0.0))
    flows = currents(tree.generator, tree.state).microcurrents
    closed = float(np.abs(flows.sum(axis=0)).max() / np.abs(flows).max())
    spread = temperature_function(tree.state).spread if closed < 1e-9 else 0.0
    return [closed if sums < 1.0 else 1.0, sums, 0.0 if energies > 1e-6 else 1.0, spread]


@claim("(121)", "states exp(-sum beta_j H^j) / Z with beta_j > 0", instead="coefficients are of any sign")
def ingarden(rng: np.random.Generator) -> Residual:
    """Exact fit of an inverted three-level state."""
    levels = random_levels(rng, 3)
    state = DensityMatrix(spectrum_of_levels(levels), np.log([0.1, 0.7, 0.2]))
    fit = fit_generalised_gibbs(state, 2)
    rebuilt = generalised_gibbs_state(state.spectrum, fit.coefficients)
    known = distance(rebuilt.weights, state.weights) < 1e-10
    return float(max(0.0, -fit.coefficients.min())) if known else 0.0
