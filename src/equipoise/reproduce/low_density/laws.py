"""(25)-(27): the entropy production, and what of it the violation of detailed balance carries."""

from __future__ import annotations

import numpy as np

from equipoise._checks import RealArray
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import distance
from equipoise.reproduce.low_density._collisions import Collisions
from equipoise.reproduce.low_density.cases import random_case
from equipoise.scattering import Gas, Target, scattering_rates
from equipoise.thermodynamics import balance_violation


def library_rates(target: Target, gas: Gas) -> RealArray:
    """`a_kl` of the library, zero on the diagonal."""
    found = np.exp(scattering_rates(target, gas).log_rates)
    np.fill_diagonal(found, 0.0)
    return found


@claim("(25)-(26)", "the production is that of Schnakenberg plus sum K_jk ln I(k,j), in any state")
def production(rng: np.random.Generator) -> Residual:
    """-dS(p|p_eq)/dt by a complex step at random p; both sums against the library's."""
    case = random_case(rng, 3)
    gibbs = case.gibbs
    p = rng.dirichlet(np.ones(3))
    rates = Collisions(case).rates
    moved = p + 1e-30j * (rates @ p - rates.sum(axis=0) * p)
    loss = -float(np.sum(moved * np.log(moved / gibbs)).imag) / 1e-30
    found = balance_violation(case.generator, np.diag(p), np.diag(gibbs))
    # Both sums of (26) once more, pair by pair, k above j.
    flow, ratio = rates * p[None, :], np.log(_ratio(rates, gibbs))
    pairs = [(k, j) for k in range(3) for j in range(k)]
    schnakenberg = sum((flow[j, k] - flow[k, j]) * np.log(flow[j, k] / flow[k, j]) for k, j in pairs)
    deviation = sum((flow[j, k] - flow[k, j]) * ratio[k, j] for k, j in pairs)
    return max(
        distance(found.production, loss),
        distance(schnakenberg + deviation, loss),
        distance([found.schnakenberg, found.deviation], [schnakenberg, deviation]),
    )


def _ratio(rates: RealArray, gibbs: RealArray) -> RealArray:
    """I(k, l), diagonal 1."""
    flow = rates * gibbs[None, :] + np.eye(gibbs.size)
    return np.asarray(flow / flow.T)


@claim("(27)", "at equilibrium the second term is sum a_jk p_k (1 - I) ln I, always negative")
def compensation(rng: np.random.Generator) -> Residual:
    """By matched waves; the library's second term at the Gibbs state, its first, their sum."""
    case = random_case(rng, 3)
    rates, gibbs = Collisions(case).rates, case.gibbs
    ratio = _ratio(rates, gibbs)
    pairs = [(k, j) for k in range(3) for j in range(k)]
    printed = float(sum(rates[j, k] * gibbs[k] * (1 - ratio[k, j]) * np.log(ratio[k, j]) for k, j in pairs))
    found = balance_violation(case.generator, np.diag(gibbs), np.diag(gibbs))
    if not printed < -1e-6:
        return 1.0
    library = [found.deviation, -found.schnakenberg, found.stationary_deviation]
    return max(distance(library, [printed] * 3), abs(float(found.production) / printed))
