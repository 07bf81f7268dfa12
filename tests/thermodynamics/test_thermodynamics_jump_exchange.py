"""Entropy that paired jumps give: no Hamiltonian enters, and no choice of jump operators."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import unitary_group

import equipoise as eq

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def driven_qubit(n=0.2, g=0.1, w=0.1):
    """Resonant, H = (w/2) sigma_x: Bloch's stationary <sigma_z> = z0 / (1 + 2 w^2 / G^2), G = g (2n + 1)."""
    z = -1 / (2 * n + 1) / (1 + 2 * w**2 / (g * (2 * n + 1)) ** 2)
    emitted = g * (n + 1) * (1 + z) / 2 - g * n * (1 - z) / 2
    return w / 2 * (LOWER + LOWER.T), [np.sqrt(g * (n + 1)) * LOWER, np.sqrt(g * n) * LOWER.T], emitted, n


def driven_cavity(k=0.3, n=0.05, e=0.05, d=12):
    """Detuned by 0.4: a displaced thermal state, which emits k |a|^2 with a = -i e / (k/2 + 0.4 i)."""
    a = np.diag(np.sqrt(np.arange(1.0, d)), 1)
    return (
        0.4 * a.T @ a + e * (a + a.T),
        [np.sqrt(k * (n + 1)) * a, np.sqrt(k * n) * a.T],
        k * e**2 / (k**2 / 4 + 0.16),
        n,
    )


def produced(generator):
    return eq.entropy_production(generator).by_transition


@pytest.mark.parametrize("model", [driven_qubit, driven_cavity])
@pytest.mark.parametrize("named", [True, False])
def test_driven_system_produces_what_its_quanta_carry(model, named):
    H, jumps, emitted, n = model()
    bath = eq.Reservoir("bath", eq.bose_einstein(temperature=5.0 / np.log(1 / n + 1))) if named else None
    found = eq.audit(eq.lindbladian(H, jumps, [bath, bath]))
    assert found.verdict.value == ("non-equilibrium steady state" if named else "irreversible")
    entry = next(one for one in found.entropy if one.name == "transition-resolved")
    want = emitted * np.log((n + 1) / n)
    assert abs(entry.value - want) <= 1e-8 * want
    assert entry.is_never_negative


@pytest.mark.parametrize("seed", range(6))
def test_jumps_mixed_and_shifted_produce_the_same(seed):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 5))
    H = rng.normal(size=(d, d))
    H = H + H.T
    pairs = []
    for i in range(d - 1):
        L = np.zeros((d, d))
        L[i, i + 1] = 1.0
        s, rate = rng.normal(), rng.uniform(0.5, 2.0)
        pairs += [np.sqrt(rate) * np.exp(s / 4) * L, np.sqrt(rate) * np.exp(-s / 4) * L.T]
    want = produced(eq.lindbladian(H, pairs))
    V = unitary_group.rvs(len(pairs) + 1, random_state=seed)[:, : len(pairs)]
    mixed = [sum(v * L for v, L in zip(row, pairs, strict=True)) for row in V]
    same = produced(eq.lindbladian(H, mixed))
    assert abs(same.value - want.value) <= same.error + want.error
    assert same.error < 1e-9 * want.value
    # L + c needs H + (c* L - c L^dagger)/(2i) in its place.
    c = rng.normal(size=len(pairs)) + 1j * rng.normal(size=len(pairs))
    shifted = [L + z * np.eye(d) for z, L in zip(c, pairs, strict=True)]
    K = H + sum((z.conj() * L - z * L.conj().T) / 2j for z, L in zip(c, pairs, strict=True))
    same = produced(eq.lindbladian(K, shifted))
    assert abs(same.value - want.value) <= max(same.error + want.error, 1e-12 * want.value)


@pytest.mark.parametrize("seed", range(6))
def test_random_pairs_against_two_rates_for_each(seed):
    """Pairs e^(s/4) L, e^(-s/4) L^dagger of any operators, orthogonal or not: sum of s (rate - rate of the reverse)."""
    rng = np.random.default_rng(seed)
    d = 3
    H = rng.normal(size=(d, d))
    operators = rng.normal(size=(3, d, d)) + 1j * rng.normal(size=(3, d, d))
    operators -= np.trace(operators, axis1=1, axis2=2)[:, None, None] * np.eye(d) / d
    s = rng.normal(size=3)
    jumps = [
        f * M for L, x in zip(operators, s, strict=True) for f, M in ((np.exp(x / 4), L), (np.exp(-x / 4), L.conj().T))
    ]
    generator = eq.lindbladian(H + H.T, jumps)
    rho = eq.stationary_state(generator).density_matrix()
    rates = [np.trace(L @ rho @ L.conj().T).real for L in jumps]
    want = sum(x * (rates[2 * k] - rates[2 * k + 1]) for k, x in enumerate(s))
    assert produced(generator).value == pytest.approx(want, rel=1e-10)
    assert want > 0


def test_a_jump_without_a_reverse_produces_without_bound_where_it_takes_place():
    still, driven = (eq.lindbladian(H, [LOWER]) for H in (np.diag([0.0, 1.0]), LOWER + LOWER.T))
    assert produced(still).value == 0.0
    assert produced(driven).value == np.inf
    # The adjoint of this jump is neither there nor orthogonal to it.
    unclear = produced(eq.lindbladian(LOWER + LOWER.T, [LOWER + 0.5 * LOWER.T]))
    assert unclear.value is None
    assert "reverse of a jump of 'unattributed' is not known" in unclear.reason
