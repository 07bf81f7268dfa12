"""The low-density limit: against a naive double quadrature, its state, its structure, several gases, errors."""

import itertools

import numpy as np
import pytest
from tests.reference.low_density import superoperator

from equipoise import InputError
from equipoise.balance import detailed_balance, hidden_time_reversal, microscopic_origin
from equipoise.generators import choi_of_superoperator, low_density
from equipoise.scattering import (
    Beams,
    Contact,
    Gas,
    PointScatterers,
    Target,
    Waves,
    maxwell_boltzmann,
    scattering_shift,
    shell_above,
)
from equipoise.stationary import NotUniqueError, gibbs_state, stationary_state, stationary_states
from equipoise.stationary.sectors import log_population_rates
from equipoise.thermodynamics import currents

WARM = maxwell_boltzmann(temperature=1.25)


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return 0.5 * (A + A.conj().T)


def with_levels(rng: np.random.Generator, levels: list[float]) -> np.ndarray:
    U = np.linalg.qr(hermitian(rng, len(levels)))[0]
    H = U @ np.diag(levels) @ U.conj().T
    return 0.5 * (H + H.conj().T)


def motion(H: np.ndarray) -> np.ndarray:
    one = np.eye(len(H))
    return -1j * (np.kron(H, one) - np.kron(one, H.T))


CASES = {
    "generic": [0.0, 0.4, 1.3],
    "equidistant": [0.0, 0.7, 1.4],
    "degenerate": [0.0, 0.9, 0.9],
}


@pytest.mark.slow
@pytest.mark.parametrize("levels", CASES.values(), ids=CASES)
def test_the_generator_is_that_of_naive_quadratures(levels: list[float]) -> None:
    rng = np.random.default_rng(5)
    H, V = with_levels(rng, levels), np.array([1.0, 0.7, 1.5])
    gas = Gas("gas", WARM, density=0.01, mass=1.3)
    L = low_density(Target(H, Contact(V)), gas).superoperator() - motion(H)
    expected = superoperator(H, V, np.zeros(3), beta=0.8, density=0.01, mass=1.3, parts=1) - motion(H)
    assert np.abs(L - expected).max() < 1e-10 * np.abs(expected).max()


def test_two_levels_in_two_beams_at_two_places_are_those_of_naive_quadratures() -> None:
    rng = np.random.default_rng(6)
    H, V, q = with_levels(rng, [0.0, 0.8]), np.array([0.9, 1.4]), np.array([0.0, 0.6])
    gas = Gas("gas", Beams(maxwell_boltzmann(inverse_temperature=0.7), WARM), density=0.01, mass=1.3)
    L = low_density(Target(H, PointScatterers(q, V)), gas).superoperator() - motion(H)
    expected = superoperator(H, V, q, beta=0.8, betas=(0.7, 0.8), density=0.01, mass=1.3, parts=1) - motion(H)
    assert np.abs(L - expected).max() < 1e-10 * np.abs(expected).max()


@pytest.mark.parametrize("levels", CASES.values(), ids=CASES)
def test_structure(levels: list[float]) -> None:
    rng = np.random.default_rng(7)
    H = with_levels(rng, levels)
    target = Target(H, Contact(hermitian(rng, 3)))
    generator = low_density(target, Gas("gas", WARM, density=0.01))
    dissipator = generator.dissipators[0]
    D = dissipator.kind.superoperator(3)
    size = np.abs(D).max()
    vec_one = np.eye(3).ravel()
    assert np.abs(vec_one @ D).max() < 1e-14 * size
    U = motion(H)
    assert np.abs(U @ D - D @ U).max() < 1e-8 * size * np.abs(U).max()
    # Completely positive: the Choi matrix is positive off the maximally entangled state.
    J = choi_of_superoperator(D)
    P = np.eye(9) - np.outer(vec_one, vec_one) / 3
    assert np.linalg.eigvalsh(P @ J @ P).min() > -1e-13 * size
    assert np.allclose(dissipator.coherent @ H, H @ dissipator.coherent, atol=1e-12)
    gibbs = gibbs_state(target.spectrum, 0.8)
    state = stationary_state(generator)
    assert np.abs(state.density.elements - gibbs.elements).max() < 1e-9


def test_messages() -> None:
    target, gas = Target([0.0, 1.0], Contact([[1, 0.5], [0.5, 2]])), Gas("gas", WARM)
    with pytest.raises(InputError, match="`target` must be a Target, but got list"):
        low_density([0.0, 1.0], gas)
    with pytest.raises(InputError, match="`gas` must be a Gas or a sequence of gases, but got float"):
        low_density(target, 1.0)
    with pytest.raises(InputError, match="`gas` must be a Gas or a sequence of gases, but is empty"):
        low_density(target, [])
    with pytest.raises(InputError, match="`gas` must name its gases differently"):
        low_density(target, [gas, gas])


def test_equal_couplings_scatter_elastically_only_and_are_named() -> None:
    rng = np.random.default_rng(8)
    target = Target(hermitian(rng, 3), Contact([1.3, 1.3, 1.3]))
    generator = low_density(target, Gas("gas", WARM, density=0.01))
    assert not np.any(np.isfinite(generator.dissipators[0].kind.log_rates[:, ~np.eye(3, dtype=bool)]))
    with pytest.raises(NotUniqueError, match=r"3 extremal stationary states.*\n.*projector of rank 1 on level 0"):
        stationary_state(generator)
    # One coupling that differs connects all levels again, and they relax to Gibbs.
    other = low_density(Target(target.hamiltonian, Contact([1.3, 1.3, 1.4])), Gas("gas", WARM, density=0.01))
    assert not other.undetermined
    weights = stationary_state(other).density.weights
    assert np.allclose(weights, gibbs_state(target.spectrum, 0.8).weights, rtol=1e-9)


def test_two_blocks_that_collisions_do_not_connect_do_not_relax_to_gibbs() -> None:
    V = np.array([[1.0, 0.4, 0, 0], [0.4, 0.5, 0, 0], [0, 0, 0.7, 0.3j], [0, 0, -0.3j, 1.1]])
    generator = low_density(Target([0.0, 0.6, 0.9, 1.6], Contact(V)), Gas("gas", WARM, density=0.01))
    states = stationary_states(generator)
    assert [s.support_levels for s in states] == [(0, 1), (2, 3)]
    V[1, 2] = V[2, 1] = 1e-3
    connected = low_density(Target([0.0, 0.6, 0.9, 1.6], Contact(V)), Gas("gas", WARM, density=0.01))
    gibbs = gibbs_state(connected.spectrum, 0.8)
    assert np.allclose(stationary_state(connected).density.weights, gibbs.weights, rtol=1e-9)


@pytest.mark.parametrize("beta", [1e-2, 30.0, 1e4, 1e6])
def test_hot_and_cold_gases_keep_gibbs_to_the_digits_of_its_logarithms(beta: float) -> None:
    H = with_levels(np.random.default_rng(9), [0.0, 0.8, 0.8, 1.5])
    target = Target(H, Contact([1.0, 0.7, 1.5, 0.4]))
    generator = low_density(target, Gas("gas", maxwell_boltzmann(inverse_temperature=beta), density=0.01))
    state, gibbs = stationary_state(generator), gibbs_state(generator.spectrum, beta)
    kept = gibbs.log_weights > -600
    assert np.allclose(state.density.log_weights[kept], gibbs.log_weights[kept], rtol=1e-9, atol=1e-9)
    kind = generator.dissipators[0].kind
    assert np.isfinite(np.logaddexp.reduce(kind.log_transition_rates)).all()
    assert np.isfinite(generator.dissipators[0].coherent).all()


def test_one_level_and_no_interaction_give_results() -> None:
    alone = low_density(Target([0.3], Contact([2.0])), Gas("gas", WARM))
    assert np.abs(alone.superoperator()).max() < 1e-15
    assert stationary_state(alone).density.weights.tolist() == [1.0]
    nothing = low_density(Target([0.0, 1.0], Contact([0.0, 0.0])), Gas("gas", WARM))
    assert np.allclose(nothing.apply(np.full((2, 2), 0.5)), -1j * 0.5 * np.array([[0, -1], [1, 0]]), atol=1e-15)


def test_the_shift_is_an_option_and_leaves_populations_alone() -> None:
    rng = np.random.default_rng(10)
    target, gas = Target(hermitian(rng, 3), Contact(hermitian(rng, 3))), Gas("gas", WARM, density=0.01)
    on, off = low_density(target, gas), low_density(target, gas, scattering_shift=False)
    assert off.dissipators[0].coherent is None
    difference = on.apply(rho := hermitian(rng, 3)) - off.apply(rho)
    K = scattering_shift(target, gas)
    R = target.spectrum.to_energy_basis(rho)
    assert np.allclose(target.spectrum.to_energy_basis(difference), -1j * (K @ R - R @ K), atol=1e-15)
    assert np.abs(np.diag(target.spectrum.to_energy_basis(difference))).max() < 1e-16


def test_coherences_decay_as_the_optical_theorem_says() -> None:
    # The loss M_l = sum_k a_kl is -2 Im of the forward amplitude: int de/2pi f i(T - T^dagger)_ll.
    rng = np.random.default_rng(11)
    target, gas = Target(hermitian(rng, 3), Contact(hermitian(rng, 3) + 2 * np.eye(3))), Gas("gas", WARM, density=0.01)
    M = np.diag(low_density(target, gas).dissipators[0].kind.decay).real
    x, w = np.polynomial.legendre.leggauss(200)
    levels = target.spectrum.levels
    for state in range(3):
        total = 0.0
        cuts = [*(levels[state:] - levels[state]), 60.0]
        for a, b in itertools.pairwise(cuts):
            angle = 0.25 * np.pi * (x + 1)
            e = a + (b - a) * np.sin(angle) ** 2
            T = target.interaction.transition_matrix(shell_above(target.spectrum, 1.0, state, e))
            forward = T[:, 0, state, 0, state]
            f = np.exp(gas.log_occupation(e, Waves.EVEN)[:, 0])
            total += np.sum(0.25 * np.pi * w * (b - a) * np.sin(2 * angle) * f * -2 * forward.imag) / (2 * np.pi)
        assert M[state] == pytest.approx(total, rel=1e-9)


def test_symmetric_t_matrices_balance_populations_and_time_reversal_but_not_dephasing() -> None:
    rng = np.random.default_rng(12)
    real = hermitian(rng, 3).real + 2 * np.eye(3)
    gas = Gas("gas", WARM, density=0.01)
    generator = low_density(Target([0.0, 0.4, 1.3], Contact(real)), gas)
    state = stationary_state(generator)
    assert (
        np.abs(currents(generator, state).microcurrents).max() < 1e-14 * np.exp(log_population_rates(generator)).max()
    )
    assert hidden_time_reversal(generator, state).relative < 1e-12
    # The phases of elastic amplitudes at three levels are no Hamiltonian: KMS balance fails where d >= 3 ...
    assert detailed_balance(generator, state).kms > 1e-3
    # ... and holds at two levels, where any phase is one.
    pair = low_density(Target([0.0, 0.4], Contact(real[:2, :2])), gas)
    assert detailed_balance(pair, stationary_state(pair)).kms < 1e-12
    assert microscopic_origin(pair, 0.8).is_balanced()
    twisted = real + np.array([[0, 0.5j, 0], [-0.5j, 0, 0], [0, 0, 0]])
    broken = low_density(Target([0.0, 0.4, 1.3], Contact(twisted)), gas)
    assert hidden_time_reversal(broken, stationary_state(broken)).relative > 1e-4
