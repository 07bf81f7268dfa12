"""(14)-(18): the proof that the Gibbs state is stationary, step by step."""

from __future__ import annotations

import numpy as np

from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import distance
from equipoise.reproduce.low_density._collisions import Collisions
from equipoise.reproduce.low_density._resolvent import at_contact, bound_states, excess_trace, of_bound_states
from equipoise.reproduce.low_density.cases import Case, random_case


def scattering_part(case: Case) -> np.ndarray:
    """`<0|Omega_+ exp(-beta(H_S + H_P)) Omega_+^+|0>` from the waves at the contact, shape (d, d)."""
    x = Collisions(case)
    # n int dp G |psi><psi| e^{-beta eps_l}, with the normalisation of G taken out.
    per_energy = x.per_energy * np.sqrt(case.mass / (2 * np.pi * case.inverse_temperature)) / case.density
    weights = np.exp(-case.inverse_temperature * case.levels)
    return np.asarray(
        np.einsum("n,l,nkl,njl->kj", per_energy, weights, x.at_contact, x.at_contact.conj(), optimize=True)
    )


def attractive(rng: np.random.Generator) -> Case:
    """One strongly attractive combination of three levels: one bound state, no narrow resonance."""
    case = random_case(rng, 3)
    v = rng.normal(size=3) + 1j * rng.normal(size=3)
    v /= np.linalg.norm(v)
    V = np.asarray(0.8 * np.eye(3) - 2.6 * np.outer(v, v.conj()), dtype=complex)
    return Case(case.levels, V, case.inverse_temperature, case.mass)


@claim(
    "(14)-(15)",
    "Omega_+ exp(-beta(H_S + H_P)) Omega_+^+ = exp(-beta H_tot)",
    correction="with bound states, exp(-beta H_tot) times the projector on scattering states",
)
def intertwining(rng: np.random.Generator) -> Residual:
    """Its matrix at the contact from scattering states, and from the resolvent."""
    case = random_case(rng, 3)
    repelled = distance(scattering_part(case), at_contact(case))
    bound = attractive(rng)
    scattered, total = scattering_part(bound), at_contact(bound)
    assert bound_states(bound)
    return max(repelled, distance(scattered, total - of_bound_states(bound))), distance(scattered, total)


@claim(
    "(16)-(18)",
    "L(Gibbs) = 0, as Tr_P exp(-beta H_tot) has a finite norm",
    correction="the trace without its free part is finite; with it, it grows with the volume",
)
def commutator(rng: np.random.Generator) -> Residual:
    """Tr_P [H_int, exp(-beta H_tot)] and its average by contour; the trace over a box."""
    worst, growth = 0.0, np.inf
    for case in (random_case(rng, 3), attractive(rng)):
        R, W, V, H = at_contact(case), excess_trace(case), case.couplings, np.diag(case.levels)
        # Tr_P [H_int, e^{-beta H}] = -[H_S, Tr_P(e^{-beta H} - free)] has no element between equal energies.
        left, right = V @ R - R @ V, W @ H - H @ W
        worst = max(worst, distance(left, right), float(np.abs(np.diag(left)).max() / np.abs(left).max()))
        # Over a box: the part of the free gas grows with it.
        free = np.sqrt(case.mass / (2 * np.pi * case.inverse_temperature)) * np.exp(
            -case.inverse_temperature * case.levels
        )
        whole = [np.diag(2 * width * free) + excess_trace(case, width) for width in (50.0, 100.0)]
        growth = min(growth, distance(*whole))
    return worst, growth
