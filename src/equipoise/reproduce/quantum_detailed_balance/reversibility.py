"""Section 1: classical detailed balance, the cycle, self-adjointness in the KMS product."""

from __future__ import annotations

import numpy as np

from equipoise.balance import KMS, PopulationBalance, detailed_balance
from equipoise.generators import lindbladian, rate_equation, weak_coupling
from equipoise.reproduce.cases import random_levels
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import applied, distance
from equipoise.reproduce.quantum_detailed_balance.cases import DENSITY, asymmetry, balanced_jumps, gibbs_of, heisenberg
from equipoise.reservoirs import Reservoir, bose_einstein
from equipoise.stationary import stationary_state
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import currents

DEFINITIONS = {
    "1 <A, B>": "defines the inner product Tr[s^1/2 A^+ s^1/2 B], that is KMS",
    "1 QDB": "defines self-adjointness in it, that is KMS detailed balance",
}


@claim(
    "1 rates",
    "pi_i W_{j->i} = pi_j W_{i->j}, and dpi_j/dt as their sum",
    correction="with W_{j->i} the rate from i to j, as the text has it: its arrow reads backwards",
)
def classical(rng: np.random.Generator) -> Residual:
    """Random balanced chain: its stationary state by elimination, every pair."""
    weights = rng.dirichlet(np.ones(5))
    traffic = rng.uniform(0.5, 1.5, size=(5, 5))
    rate = (traffic + traffic.T) / weights[:, None]
    np.fill_diagonal(rate, 0.0)
    # rate[i, j] is that from i to j; the library's tables are [to, from].
    chain = rate_equation(rate.T)
    state = stationary_state(chain)
    found = np.diag(state.density_matrix()).real
    flow = found[:, None] * rate
    backwards = found[:, None] * rate.T
    balanced = detailed_balance(chain, state).of(PopulationBalance()).relative
    return max(distance(flow, flow.T), distance(found, weights), balanced), distance(backwards, backwards.T)


@claim("1 cycle", "three states, rates 2 and 1: uniform, not balanced, a current")
def cycle(_: np.random.Generator) -> Residual:
    """Flows 2/3 against 1/3, current 1/3 around, KMS residual (3/2)^(1/2)."""
    W = np.array([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]])
    chain = rate_equation(W)
    state = stationary_state(chain)
    p = np.diag(state.density_matrix()).real
    net = currents(chain, state).microcurrents[0]
    found = [*p, W[1, 0] * p[0], W[0, 1] * p[1], net[1, 0], net[2, 1], net[0, 2]]
    expected = [1 / 3] * 3 + [2 / 3, 1 / 3] + [1 / 3] * 3
    broken = float(abs(detailed_balance(chain, state).of(KMS()).value - 1.5**0.5))
    return max(distance(found, expected), broken)


@claim("1 stationary", "a self-adjoint generator leaves sigma as it is")
def stationary(rng: np.random.Generator) -> Residual:
    """Random KMS-balanced generator in d = 4 as a matrix."""
    h = random_levels(rng, 4)
    H, jumps = balanced_jumps(rng, h)
    L = heisenberg(H, jumps)
    sigma = gibbs_of(h)
    # <1, L(B)> = <L(1), B> = 0.
    size = float(np.abs(applied(L.conj().T, sigma)).max()) / float(np.linalg.norm(L))
    residual = detailed_balance(lindbladian(H, list(jumps)), sigma).of(KMS()).relative
    return max(size, asymmetry(L, sigma), residual)


@claim(
    "1-2 currents",
    "self-adjointness prevents persistent currents; that of a NESS is broken",
    instead="true of the sum over reservoirs only: the dissipator is self-adjoint, yet heat flows",
)
def persistent(rng: np.random.Generator) -> Residual:
    """Qubit between a hot and a cold bath: residual and heat over one-way flow."""
    gap = float(rng.uniform(0.8, 1.6))
    X = np.array([[0, 1], [1, 0]], dtype=complex)
    baths = [Reservoir(name, bose_einstein(temperature=T), DENSITY) for name, T in (("hot", 2.0), ("cold", 0.5))]
    generator = weak_coupling(
        OpenSystem(np.array([0.0, gap]), tuple(Coupling(bath, X) for bath in baths)), lamb_shift=False
    )
    state = stationary_state(generator)
    symmetric = detailed_balance(generator, state).of(KMS())
    flows = currents(generator, state)
    heat = float(flows.heat[0]) / (gap * float(flows.fluxes[0].sum()))
    return heat if symmetric.without_hamiltonian < 1e-14 * symmetric.norm else 0.0
