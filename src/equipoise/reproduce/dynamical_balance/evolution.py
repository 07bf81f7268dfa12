"""Rows on the evolution of the system and its flows: (22c)-(24), (41)-(43), (104)."""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad
from scipy.linalg import expm

from equipoise._checks import ComplexArray, RealArray
from equipoise.generators import derived
from equipoise.reproduce.dynamical_balance.cases import Case, lowering, random_case, random_levels
from equipoise.reproduce.evidence import Evidence
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.stationary import evolution, relaxation_spectrum, stationary_state
from equipoise.stationary.sectors import coherence_exponents
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import currents, currents_along

DEFINITIONS: dict[str, str] = {}
"""Every equation of this part makes a claim."""

TEMPERATURES = (0.6, 1.1, 0.9)
"""Inverse temperatures of the reservoirs of the random cases."""

POTENTIALS = (-0.2, 0.0, -0.5)
"""Their chemical potentials."""

TIMES = np.array([0.0, 0.05, 0.4, 3.0])
"""At which evolutions are compared, in the inverse unit of the levels."""


def _one_way_rates(case: Case) -> tuple[RealArray, RealArray]:
    """`Gamma_-` and `Gamma_+` of each reservoir at [j, m, n], m above n, from J and n alone, shape (R, d, d)."""
    gaps = case.levels[:, None] - case.levels[None, :]
    upper = gaps > 0
    down, up = np.zeros((2, len(case.reservoirs), *gaps.shape))
    for j, (reservoir, D) in enumerate(zip(case.reservoirs, case.couplings, strict=True)):
        assert reservoir.distribution is not None
        assert reservoir.spectral_density is not None
        rate = 2 * np.pi * reservoir.spectral_density(gaps[upper]) * np.abs(D.T[upper]) ** 2
        n = reservoir.distribution.occupation(gaps[upper])
        down[j, upper], up[j, upper] = rate * (1 + n), rate * n
    return down, up


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
    """(22a) with every `E_w = |n><m|` written out as a matrix, d^2 x d^2, free rotation included."""
    d = case.levels.size
    down, up = (table.sum(axis=0) for table in _one_way_rates(case))
    one = np.eye(d)
    H = np.diag(case.levels + _shifts(case).sum(axis=0))
    total = -1j * (np.kron(H, one) - np.kron(one, H.T)).astype(complex)
    for m in range(d):
        for n in range(m):
            E = np.outer(one[n], one[m])
            for rate, L in ((down[m, n], E), (up[m, n], E.T)):
                decay = L.T @ L
                total += rate * (np.kron(L, L) - 0.5 * (np.kron(decay, one) + np.kron(one, decay)))
    return np.asarray(total)


def _rates_out(case: Case) -> RealArray:
    """`sum_l Gamma_ml`, all that leaves level m, shape (d,)."""
    down, up = (table.sum(axis=0) for table in _one_way_rates(case))
    return np.asarray(down.sum(axis=1) + up.sum(axis=0))


def _distance(found: ComplexArray | RealArray, exact: ComplexArray | RealArray) -> float:
    """Largest difference relative to the largest element."""
    return float(np.abs(found - exact).max() / np.abs(exact).max())


def _random_state(rng: np.random.Generator, d: int) -> ComplexArray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return np.asarray(A @ A.conj().T / np.linalg.norm(A) ** 2)


def dephasing_at_zero_frequency(rng: np.random.Generator) -> Evidence:
    """(22c): the rate at w = 0 does not vanish; against the exact decay of the independent-boson model."""
    beta, eta, cutoff = rng.uniform(0.5, 2.0), 1e-3, rng.uniform(5.0, 10.0)
    first, second = rng.uniform(0.5, 1.0), rng.uniform(-1.0, -0.5)
    bath = Reservoir("field", bose_einstein(inverse_temperature=beta), Ohmic(eta, cutoff))
    generator = derived(OpenSystem(np.array([0.0, 1.0]), (Coupling(bath, np.diag([first, second])),)), lamb_shift=False)
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
    size = exact / found if abs(exact / found - 1) < 0.02 else 0.0
    return Evidence(
        "(22c), (100b)",
        "rates vanish for w <= 0",
        "diagonal D, Ohmic, mu = 0: exact pure dephasing over its rate",
        size,
        size,
        "true for w < 0; at w = 0 an Ohmic field dephases at 2 pi eta / beta",
        refuted=True,
    )


def decay_of_coherences(rng: np.random.Generator) -> list[Evidence]:
    """(23a)-(23c) against the matrix elements of (22a), and evolution against its exponential."""
    case = random_case(rng, 4, TEMPERATURES, POTENTIALS)
    d = case.levels.size
    total = _master_equation(case)
    off = ~np.eye(d, dtype=bool)
    rotation = -1j * (case.levels[:, None] - case.levels[None, :])
    exact = (np.diag(total).reshape(d, d) - rotation)[off]
    rho = _random_state(rng, d)
    path = evolution(case.generator, rho, TIMES)
    along = max(_distance(path.matrix(k), (expm(total * t) @ rho.ravel()).reshape(d, d)) for k, t in enumerate(TIMES))
    shifts, out = _shifts(case), _rates_out(case)

    def exponents(sign: float, parts: RealArray, half: float) -> ComplexArray:
        level = parts.sum(axis=0)
        shift = level[:, None] - level[None, :]
        return np.asarray((sign * 1j * shift - half * (out[:, None] + out[None, :]))[off])

    right = _distance(exponents(-1, shifts, 0.5), exact)
    library = _distance((coherence_exponents(case.generator) - rotation)[off], exact)
    return [
        Evidence(
            "(23a)",
            "a coherence rotates at Delta_mn and decays at G_mn",
            "evolution against expm of the written-out (22a), to t = 3",
            max(right, library, along),
            _distance(exponents(+1, shifts, 0.5), exact),
            "-i Delta_mn for +i Delta_mn",
        ),
        Evidence(
            "(23b)",
            "Delta_mn from the imaginary parts of gamma",
            "library and formula against diagonal elements of (22a), three fields",
            max(right, library),
            _distance(exponents(-1, shifts[:1], 0.5), exact),
            "theta is the sum over all fields j",
        ),
        Evidence(
            "(23c)",
            "G_mn from the rates out of m and n",
            "library and formula against diagonal elements of (22a), three fields",
            max(right, library),
            _distance(exponents(-1, shifts, 1.0), exact),
            "half of the sum",
        ),
    ]


def birth_and_death(rng: np.random.Generator) -> list[Evidence]:
    """(24a), (24b) against (22a) on the diagonal, and populations along an evolution."""
    case = random_case(rng, 5, TEMPERATURES, POTENTIALS)
    d = case.levels.size
    diagonal = np.arange(d) * (d + 1)
    exact = _master_equation(case)[np.ix_(diagonal, diagonal)].real
    down, up = (table.sum(axis=0) for table in _one_way_rates(case))
    # Gamma_ml is the rate m -> l: emission from the upper level, absorption from the lower.
    leaving = down + up.T
    p = rng.dirichlet(np.ones(d))
    change = np.array([-sum(leaving[m, k] * p[m] - leaving[k, m] * p[k] for k in range(d)) for m in range(d)])
    path = evolution(case.generator, np.diag(p), TIMES)
    along = max(_distance(path.populations[k], expm(exact * t) @ p) for k, t in enumerate(TIMES))
    A = np.diag(leaving.sum(axis=1)) - leaving.T
    return [
        Evidence(
            "(24a)",
            "populations are a birth and death process",
            "sum of gains and losses against (22a); evolution against expm",
            max(_distance(change, exact @ p), along),
        ),
        Evidence("(24b)", "its matrix A", "against the diagonal block of (22a)", _distance(-A, exact)),
    ]


def flows_in_time(rng: np.random.Generator) -> list[Evidence]:
    """(41), (42) along an evolution, against the derivative of populations by (22a)."""
    case = random_case(rng, 4, TEMPERATURES, POTENTIALS)
    d = case.levels.size
    total, rho = _master_equation(case), _random_state(rng, d)
    path = evolution(case.generator, rho, TIMES)
    flows = currents_along(case.generator, path)
    change = np.array([np.diag((total @ expm(total * t) @ rho.ravel()).reshape(d, d)).real for t in TIMES])
    # J_{j,mn}, m above n, is positive out of the system: our flow m -> n.
    J = np.zeros((TIMES.size, d, d))
    for m in range(d):
        for n in range(m):
            J[:, m, n] = flows.microcurrent(n, m).sum(axis=1)
    leaving = np.array([J[:, m, :].sum(axis=1) - J[:, :, m].sum(axis=1) for m in range(d)]).T
    gaps = case.levels[:, None] - case.levels[None, :]
    energy = -change @ case.levels
    printed = sum((gaps * J)[:, m, :].sum(axis=1) - (gaps * J)[:, :, m].sum(axis=1) for m in range(d))
    by_library = -flows.energy.sum(axis=1)
    return [
        Evidence(
            "(41)",
            "microcurrents out of a level are its loss",
            "along an evolution, against d p_m / dt of (22a)",
            _distance(leaving, -change),
        ),
        Evidence(
            "(42)",
            "energy currents sum to -d<H> / dt",
            "along an evolution, against (22a)",
            max(_distance((gaps * J).sum(axis=(1, 2)), energy), _distance(by_library, energy)),
            _distance(np.asarray(printed), energy),
            "sum over pairs m > n once; the printed double sum is zero",
        ),
    ]


def stationary_energy_currents(rng: np.random.Generator) -> Evidence:
    """(43): what one reservoir takes the other gives, in the stationary state of (22a)."""
    case = random_case(rng, 4, TEMPERATURES[:2], POTENTIALS[:2])
    down, up = _one_way_rates(case)
    p = stationary_state(case.generator).density.populations
    gaps = case.levels[:, None] - case.levels[None, :]
    J = gaps * (down * p[:, None] - up * p[None, :])
    first, second = J.sum(axis=(1, 2))
    printed = sum(J[0, m, :].sum() - J[0, :, m].sum() for m in range(case.levels.size))
    library = currents(case.generator, stationary_state(case.generator)).energy
    return Evidence(
        "(43)",
        "J_1^E = -J_2^E at stationarity",
        "sums over transitions from J and n against each other and currents",
        max(abs(first + second), abs(first + library[0])) / abs(first),
        abs(float(printed) - first) / abs(first),
        "sum over pairs m > n once; the printed double sum is zero",
    )


def _driven_three_levels(rng: np.random.Generator) -> Case:
    """A hot field on 1-3 and a cold one on the two steps back, chosen to relax in a spiral."""
    levels = random_levels(rng, 3)
    hot = Reservoir("hot", bose_einstein(inverse_temperature=0.02), Ohmic(1e-4, 8.0))
    cold = Reservoir("cold", bose_einstein(inverse_temperature=30.0), Ohmic(1e-3, 8.0))
    D = lowering(rng, 3)
    pump, steps = np.zeros((2, 3, 3), dtype=complex)
    top = levels[2]
    # Rates of pump and steps in the ratio one to three: b^2 - 4 c = 4 a (a - g) for a two-way pump a and decays g.
    decay = 2 * np.pi * 1e-3
    for n, m in ((0, 1), (1, 2)):
        gap = levels[m] - levels[n]
        steps[n, m] = D[n, m] / abs(D[n, m]) / np.sqrt(gap * np.exp(-gap / 8.0))
    n_top = 1 / np.expm1(0.02 * top)
    strength = decay / 3 / (2 * np.pi * 1e-4 * top * np.exp(-top / 8.0) * (n_top + 0.5))
    pump[0, 2] = D[0, 2] / abs(D[0, 2]) * np.sqrt(strength)
    return Case(levels, np.array([pump, steps]), (hot, cold))


def three_level_spectrum(rng: np.random.Generator) -> list[Evidence]:
    """(104): the eigenvalues of three levels, in detailed balance and far from it."""
    coefficients = quadratic = spiral = 0.0
    trace = minors = 0.0
    for case in (random_case(rng, 3, TEMPERATURES, POTENTIALS), _driven_three_levels(rng)):
        exact = -_master_equation(case)[np.ix_([0, 4, 8], [0, 4, 8])].real
        (d21, d31, d32), (u21, u31, u32) = (table.sum(axis=0)[[1, 2, 2], [0, 0, 1]] for table in _one_way_rates(case))
        b = u21 + u31 + u32 + d21 + d31 + d32
        c = u21 * u32 + u21 * d31 + u21 * d32 + u31 * d21 + u31 * u32 + u31 * d32 + d21 * d31 + d21 * d32 + u32 * d31
        minor = sum(exact[i, i] * exact[j, j] - exact[i, j] * exact[j, i] for i, j in ((0, 1), (0, 2), (1, 2)))
        root = np.sqrt(complex(b * b - 4 * c))
        roots = np.asarray(np.sort_complex(np.array([0.0, (b - root) / 2, (b + root) / 2])), dtype=complex)
        of_matrix = np.asarray(np.sort_complex(np.linalg.eigvals(exact)), dtype=complex)
        found = relaxation_spectrum(case.generator).populations
        of_library = np.asarray(np.sort_complex(-found), dtype=complex)
        trace, minors = max(trace, abs(b / np.trace(exact) - 1)), max(minors, abs(c / minor - 1))
        quadratic = max(quadratic, _distance(of_matrix, roots), _distance(of_library, roots))
        spiral = max(spiral, float(np.abs(roots.imag).max() / np.abs(roots).max()))
    coefficients = max(trace, minors)
    return [
        Evidence(
            "(104a)",
            "its eigenvalues are 0 and two positive numbers",
            "quadratic formula against eigenvalues of (22a), near and far from balance",
            quadratic,
            spiral,
            "positive real parts; off detailed balance b^2 < 4 c gives a complex pair",
            # Nearly equal eigenvalues are known to the square root of round-off.
            tolerance=1e-7,
        ),
        Evidence(
            "(104b)-(104c)",
            "coefficients b and c",
            "against trace and principal minors of (22a)",
            coefficients,
        ),
    ]


def evidence(rng: np.random.Generator) -> list[Evidence]:
    """Rows in the order of the equations."""
    return [
        dephasing_at_zero_frequency(rng),
        *decay_of_coherences(rng),
        *birth_and_death(rng),
        *flows_in_time(rng),
        stationary_energy_currents(rng),
        *three_level_spectrum(rng),
    ]
