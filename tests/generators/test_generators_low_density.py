"""The low-density limit: against a naive double quadrature, its state, its structure, several gases, errors."""

import numpy as np
import pytest
from tests.reference.low_density import superoperator

from equipoise import InputError
from equipoise.generators import choi_of_superoperator, low_density
from equipoise.scattering import Beams, Contact, Gas, PointScatterers, Target, maxwell_boltzmann
from equipoise.stationary import gibbs_state, stationary_state

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
