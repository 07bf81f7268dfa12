"""(25)-(27): the entropy production, and what of it the violation of detailed balance carries."""

from __future__ import annotations

import numpy as np

from equipoise._checks import RealArray
from equipoise.reproduce.dynamical_balance._explicit import distance
from equipoise.reproduce.evidence import Evidence
from equipoise.reproduce.low_density._collisions import Collisions
from equipoise.reproduce.low_density.cases import random_case
from equipoise.scattering import Gas, Target, scattering_rates

DEFINITIONS: dict[str, str] = {}

PAIRS = np.tril_indices(3, -1)


def library_rates(target: Target, gas: Gas) -> RealArray:
    """`a_kl` of the library, zero on the diagonal."""
    found = np.exp(scattering_rates(target, gas).log_rates)
    np.fill_diagonal(found, 0.0)
    return found


def terms(a: RealArray, gibbs: RealArray, p: RealArray) -> tuple[float, float]:
    """Both sums of (26), over pairs k > j: with `K_jk = a_jk p_k - a_kj p_j`."""
    k, j = PAIRS
    K = a[j, k] * p[k] - a[k, j] * p[j]
    ratio = a[k, j] * gibbs[j] / (a[j, k] * gibbs[k])
    return float(np.sum(K * np.log(p[k] * a[j, k] / (p[j] * a[k, j])))), float(np.sum(K * np.log(ratio)))


def production(rng: np.random.Generator) -> Evidence:
    """What the relative entropy to the Gibbs state loses, by a complex step, against both terms of (26)."""
    case = random_case(rng, 3)
    a, gibbs = library_rates(case.target, case.gas), case.gibbs
    p = rng.dirichlet(np.ones(3))
    pauli = Collisions(case).rates
    pauli = pauli - np.diag(pauli.sum(axis=0))
    moved = p + 1e-30j * (pauli @ p)
    loss = -float(np.sum(moved * np.log(moved / gibbs)).imag) / 1e-30
    change = a @ p - a.sum(axis=0) * p
    spohn = float(change @ (np.log(gibbs) - np.log(p)))
    return Evidence(
        "(25)-(26)",
        "the production is that of Schnakenberg plus sum K_jk ln I(k,j), in any state",
        "-dS(p|p_eq)/dt by a complex step at random p, against (25), (26) of the library's rates",
        max(distance(sum(terms(a, gibbs, p)), loss), distance(spohn, loss)),
    )


def compensation(rng: np.random.Generator) -> Evidence:
    """At equilibrium: the second term is (27), negative, the first its opposite."""
    case = random_case(rng, 3)
    a, gibbs = library_rates(case.target, case.gas), case.gibbs
    schnakenberg, violation = terms(a, gibbs, gibbs)
    k, j = PAIRS
    ratio = np.exp(scattering_rates(case.target, case.gas).log_balance_ratio)[k, j]
    printed = float(np.sum(a[j, k] * gibbs[k] * (1 - ratio) * np.log(ratio)))
    return Evidence(
        "(27)",
        "at equilibrium the second term is sum a_jk p_k (1 - I) ln I, always negative",
        "second term of (26) at the Gibbs state; the first is its opposite, the sum 0",
        max(distance(violation, printed), distance(schnakenberg, -printed)) if printed < -1e-6 else 1.0,
    )


def evidence(rng: np.random.Generator) -> list[Evidence]:
    """Every row of the module."""
    return [production(rng), compensation(rng)]
