"""Rows on the evolution of the system and its flows: (22c)-(24), (41)-(43), (104)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.integrate import quad
from scipy.linalg import expm

from equipoise._checks import ComplexArray, RealArray
from equipoise.generators import weak_coupling
from equipoise.reproduce.cases import Case, lowering, random_case, random_levels
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import applied, commutator, distance, random_density
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.stationary import evolution, relaxation_spectrum, stationary_state
from equipoise.stationary.sectors import coherence_exponents
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import currents, currents_along

# Inverse temperatures and chemical potentials of the reservoirs of the random cases.
TEMPERATURES, POTENTIALS = (0.6, 1.1, 0.9), (-0.2, 0.0, -0.5)

TIMES = np.array([0.0, 0.05, 0.4, 3.0])
"""At which evolutions are compared, in the inverse unit of the levels."""


def _shifts(case: Case) -> RealArray:
    """`Delta_m = sum_l theta_-(e_m - e_l) - theta_+(e_l - e_m)` of each reservoir, shape (R, d)."""
    d = case.levels.size
    upper, lower = np.tril_indices(d, -1)
    gaps = case.levels[upper] - case.levels[lower]
    shifts = np.zeros((len(case.reservoirs), d))
    for j, (reservoir, D) in enumerate(zip(case.reservoirs, case.couplings, strict=True)):
        weight = np.abs(D[lower, upper]) ** 2
        np.add.at(shifts[j], upper, reservoir.level_shift_out(gaps) * weight)
        np.add.at(shifts[j], lower, -reservoir.level_shift_in(gaps) * weight)
    return shifts


def _master_equation(case: Case) -> ComplexArray:
    """(22a) on states, shape (d^2, d^2), free rotation included."""
    H = np.diag(case.levels + _shifts(case).sum(axis=0))
    return np.asarray(case.dissipative.conj().T - 1j * commutator(H))


@claim(
    "(22c), (100b)",
    "rates vanish for w <= 0",
    instead="true for w < 0; at w = 0 an Ohmic field dephases at 2 pi eta / beta",
)
def dephasing_at_zero_frequency(rng: np.random.Generator) -> Residual:
    """Diagonal D, Ohmic, mu = 0: exact pure dephasing over its rate."""
    beta, eta, cutoff = rng.uniform(0.5, 2.0), 1e-3, rng.uniform(5.0, 10.0)
    first, second = rng.uniform(0.5, 1.0), rng.uniform(-1.0, -0.5)
    bath = Reservoir("field", bose_einstein(inverse_temperature=beta), Ohmic(eta, cutoff))
    system = OpenSystem(np.array([0.0, 1.0]), (Coupling(bath, np.diag([first, second])),))
    generator = weak_coupling(system, lamb_shift=False, warn=False)
    found = -coherence_exponents(generator)[1, 0].real

    def spectrum(omega: float) -> float:
        return float(eta * np.exp(-omega / cutoff) * omega / np.tanh(beta * omega / 2)) if omega else 2 * eta / beta

    # Exactly solvable: d log|rho_10| / dt = -(d_1 - d_0)^2 int J coth(beta w / 2) sin(w t) / w dw.
    t = 40.0 * beta
    accuracy = 1e-4 * 2 * np.pi * eta / beta
    slope, _ = quad(
        lambda w: spectrum(w) / w, 1e-12, 60 * cutoff, weight="sin", wvar=t, limit=400, epsabs=accuracy, epsrel=1e-4
    )
    exact = (first - second) ** 2 * slope
    return exact / found if abs(exact / found - 1) < 0.02 else 0.0


@claim(
    "(23a)",
    "a coherence rotates at Delta_mn and decays at G_mn",
    "Evolution against expm of the written-out (22a), to t = 3",
    correction="-i Delta_mn for +i Delta_mn",
)
@claim(
    "(23b)",
    "Delta_mn from the imaginary parts of gamma",
    "Library and formula against diagonal elements of (22a), three fields",
    correction="theta is the sum over all fields j",
)
@claim(
    "(23c)",
    "G_mn from the rates out of m and n",
    "Library and formula against diagonal elements of (22a), three fields",
    correction="half of the sum",
)
def decay_of_coherences(rng: np.random.Generator) -> list[Residual]:
    """(23a)-(23c) against the matrix elements of (22a), and evolution against its exponential."""
    case = random_case(rng, 4, TEMPERATURES, POTENTIALS)
    d = case.levels.size
    total = _master_equation(case)
    off = ~np.eye(d, dtype=bool)
    rotation = -1j * case.gaps
    exact = (np.diag(total).reshape(d, d) - rotation)[off]
    rho = random_density(rng, d)
    path = evolution(case.generator, rho, TIMES)
    along = max(distance(path.matrix(k), applied(expm(total * t), rho)) for k, t in enumerate(TIMES))
    shifts, out = _shifts(case), case.rates.sum(axis=1)

    def exponents(sign: float, parts: RealArray, half: float) -> ComplexArray:
        level = parts.sum(axis=0)
        shift = level[:, None] - level[None, :]
        return np.asarray((sign * 1j * shift - half * (out[:, None] + out[None, :]))[off])

    right = distance(exponents(-1, shifts, 0.5), exact)
    library = distance((coherence_exponents(case.generator) - rotation)[off], exact)
    return [
        (max(right, library, along), distance(exponents(+1, shifts, 0.5), exact)),
        (max(right, library), distance(exponents(-1, shifts[:1], 0.5), exact)),
        (max(right, library), distance(exponents(-1, shifts, 1.0), exact)),
    ]


@claim(
    "(24a)",
    "populations are a birth and death process",
    "Sum of gains and losses against (22a); evolution against expm",
)
@claim("(24b)", "its matrix A", "Against the diagonal block of (22a)")
def birth_and_death(rng: np.random.Generator) -> list[Residual]:
    """(24a), (24b) against (22a) on the diagonal, and populations along an evolution."""
    case = random_case(rng, 5, TEMPERATURES, POTENTIALS)
    d = case.levels.size
    diagonal = np.arange(d) * (d + 1)
    exact = _master_equation(case)[np.ix_(diagonal, diagonal)].real
    leaving = case.rates
    p = rng.dirichlet(np.ones(d))
    change = np.array([-sum(leaving[m, k] * p[m] - leaving[k, m] * p[k] for k in range(d)) for m in range(d)])
    path = evolution(case.generator, np.diag(p), TIMES)
    along = max(distance(path.populations[k], expm(exact * t) @ p) for k, t in enumerate(TIMES))
    A = np.diag(leaving.sum(axis=1)) - leaving.T
    return [max(distance(change, exact @ p), along), distance(-A, exact)]


@claim("(41)", "microcurrents out of a level are its loss", "Along an evolution, against d p_m / dt of (22a)")
@claim(
    "(42)",
    "energy currents sum to -d<H> / dt",
    "Along an evolution, against (22a)",
    correction="sum over pairs m > n once; the printed double sum is zero",
)
def flows_in_time(rng: np.random.Generator) -> list[Residual]:
    """(41), (42) along an evolution, against the derivative of populations by (22a)."""
    case = random_case(rng, 4, TEMPERATURES, POTENTIALS)
    d = case.levels.size
    total, rho = _master_equation(case), random_density(rng, d)
    path = evolution(case.generator, rho, TIMES)
    flows = currents_along(case.generator, path)
    change = np.array([np.diag(applied(total @ expm(total * t), rho)).real for t in TIMES])
    # J_{j,mn}, m above n, is positive out of the system: our flow m -> n.
    J = np.zeros((TIMES.size, d, d))
    for m in range(d):
        for n in range(m):
            J[:, m, n] = flows.microcurrent(n, m).sum(axis=1)
    leaving = np.array([J[:, m, :].sum(axis=1) - J[:, :, m].sum(axis=1) for m in range(d)]).T
    energy = -change @ case.levels
    printed = sum((case.gaps * J)[:, m, :].sum(axis=1) - (case.gaps * J)[:, :, m].sum(axis=1) for m in range(d))
    right = (-flows.energy.sum(axis=1), (case.gaps * J).sum(axis=(1, 2)))
    return [
        distance(leaving, -change),
        (max(distance(found, energy) for found in right), distance(np.asarray(printed), energy)),
    ]


@claim("(43)", "J_1^E = -J_2^E at stationarity", correction="sum over pairs m > n once; the printed double sum is zero")
def stationary_energy_currents(rng: np.random.Generator) -> Residual:
    """Sums over transitions from J and n against each other and currents."""
    case = random_case(rng, 4, TEMPERATURES[:2], POTENTIALS[:2])
    p = stationary_state(case.generator).populations
    J = case.gaps * case.given(p)
    first, second = J.sum(axis=(1, 2))
    printed = sum(J[0, m, :].sum() - J[0, :, m].sum() for m in range(case.levels.size))
    library = currents(case.generator, stationary_state(case.generator)).energy
    return max(abs(first + second), abs(first + library[0])) / abs(first), abs(float(printed) - first) / abs(first)


def _driven_three_levels(rng: np.random.Generator) -> Case:
    """A hot field on 1-3 and a cold one on the two steps back, chosen to relax in a spiral."""
    levels = random_levels(rng, 3)
    D = lowering(rng, 3)
    case = Case(levels, np.array([np.triu(D, 2), np.triu(D, 1) - np.triu(D, 2)]), np.array([0.02, 30.0]), np.zeros(2))
    # Rates of pump and steps in the ratio one to three: b^2 - 4 c = 4 a (a - g) for a two-way pump a and decays g.
    decay = 2 * np.pi * 1e-3
    strengths = np.array([decay / 3 * np.tanh(0.01 * levels[2]) * 2, decay])
    wanted = np.where(case.strengths > 0, strengths[:, None, None], 0.0)
    scale = np.sqrt(wanted / np.where(case.strengths > 0, case.strengths, 1.0))
    return replace(case, couplings=case.couplings * scale.transpose(0, 2, 1))


@claim(
    "(104a)",
    "its eigenvalues are 0 and two positive numbers",
    "Quadratic formula against eigenvalues of (22a), near and far from balance",
    correction="positive real parts; off detailed balance b^2 < 4 c gives a complex pair",
    tolerance=1e-7,
)
@claim("(104b)-(104c)", "coefficients b and c", "Against trace and principal minors of (22a)")
def three_level_spectrum(rng: np.random.Generator) -> list[Residual]:
    """(104): the eigenvalues of three levels, in detailed balance and far from it."""
    coefficients = quadratic = spiral = 0.0
    for case in (random_case(rng, 3, TEMPERATURES, POTENTIALS), _driven_three_levels(rng)):
        exact = -_master_equation(case)[np.ix_([0, 4, 8], [0, 4, 8])].real
        (d21, d31, d32), (u21, u31, u32) = (table.sum(axis=0)[[1, 2, 2], [0, 0, 1]] for table in (case.down, case.up))
        b = u21 + u31 + u32 + d21 + d31 + d32
        c = u21 * u32 + u21 * d31 + u21 * d32 + u31 * d21 + u31 * u32 + u31 * d32 + d21 * d31 + d21 * d32 + u32 * d31
        minor = sum(exact[i, i] * exact[j, j] - exact[i, j] * exact[j, i] for i, j in ((0, 1), (0, 2), (1, 2)))
        root = np.sqrt(complex(b * b - 4 * c))
        roots = np.asarray(np.sort_complex(np.array([0.0, (b - root) / 2, (b + root) / 2])), dtype=complex)
        for found in (np.linalg.eigvals(exact), -relaxation_spectrum(case.generator).populations):
            quadratic = max(quadratic, distance(np.sort_complex(found), roots))
        coefficients = max(coefficients, abs(b / np.trace(exact) - 1), abs(c / minor - 1))
        spiral = max(spiral, float(np.abs(roots.imag).max() / np.abs(roots).max()))
    return [(quadratic, spiral), coefficients]
