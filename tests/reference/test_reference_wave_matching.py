"""Point scatterers against a solver that only matches waves."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.scattering import DeltaInteraction, EnergyShell, PointScatterers
from equipoise.spectrum import spectrum_of_matrix
from reference.wave_matching import matched_s_matrix, matched_transition_matrix

EXCESS = np.array([0.01, 0.2, 0.6, 3.0])
EVEN = np.array([1.0, 1.0]) / np.sqrt(2)


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return 0.5 * (A + A.conj().T)


def test_one_level_at_a_delta_potential_is_the_textbook_amplitude() -> None:
    m, g, E = 1.3, 0.7, 0.9
    S = matched_s_matrix(np.zeros(1), np.eye(1), m, E, [0.0], [], [np.array([[g]])])[:, 0, :, 0]
    p = np.sqrt(2 * m * E)
    assert np.allclose(S[0, 0], 1 / (1 + 1j * m * g / p))
    assert np.allclose(S[1, 0], -1j * m * g / (p + 1j * m * g))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(1, 5), n=st.integers(1, 4))
def test_point_scatterers_match_waves(seed: int, d: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    spectrum = spectrum_of_matrix(hermitian(rng, d))
    q, V = np.sort(rng.normal(size=n)), [hermitian(rng, d) for _ in range(n)]
    m = float(rng.uniform(0.3, 3.0))
    shell = EnergyShell.above(spectrum, m, int(rng.integers(d)), EXCESS)
    order = rng.permutation(n)
    T = PointScatterers(q[order], [V[j] for j in order]).transition_matrix(shell)
    free = [np.zeros((d, d))] * (n - 1)
    for E, mine in zip(shell.energies, T, strict=True):
        theirs = matched_transition_matrix(spectrum.state_energies, spectrum.basis, m, float(E), q, free, V)
        assert np.abs(mine - theirs).max() < 1e-10


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(1, 5))
def test_contact_matches_waves(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    spectrum, V, m = spectrum_of_matrix(hermitian(rng, d)), hermitian(rng, d), float(rng.uniform(0.3, 3.0))
    shell = EnergyShell.above(spectrum, m, int(rng.integers(d)), EXCESS)
    T = DeltaInteraction(V).transition_matrix(shell)[:, 0, :, 0, :]
    for E, mine in zip(shell.energies, T, strict=True):
        theirs = matched_transition_matrix(spectrum.state_energies, spectrum.basis, m, float(E), [0.0], [], [V])
        assert np.abs(mine - np.einsum("a,akbl,b->kl", EVEN, theirs, EVEN)).max() < 1e-10
