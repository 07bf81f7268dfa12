"""KMS-balanced constructors: exact for any jumps and any state, cold ones too; samplers as their formulas read."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from equipoise import InputError, Reservoir, UserCodeError
from equipoise.balance import detailed_balance
from equipoise.generators import (
    GaussianFilter,
    GaussianTransitions,
    Generator,
    MetropolisFilter,
    chen_kastoryano_gilyen,
    ding_li_lin,
    kms_balanced,
)
from equipoise.spectrum import Spectrum, spectrum_of_levels, spectrum_of_matrix
from equipoise.stationary import DensityMatrix, gibbs_state
from random_systems import complex_matrix, unitary
from reference import dense_balance


def random_state(rng: np.random.Generator, d: int) -> np.ndarray:
    V = unitary(rng, d)
    weights = rng.uniform(0.1, 1, d)
    sigma = V @ np.diag(weights / weights.sum()) @ V.conj().T
    return np.asarray(0.5 * (sigma + sigma.conj().T))


def heisenberg(generator: Generator) -> np.ndarray:
    return np.asarray(generator.superoperator().conj().T)


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = complex_matrix(rng, d, d)
    return np.asarray(A + A.conj().T)


@pytest.mark.parametrize("d", [2, 3, 5, 8])
def test_any_jumps_and_any_state_give_exact_kms_detailed_balance(d: int) -> None:
    rng = np.random.default_rng(d)
    sigma = random_state(rng, d)
    generator = kms_balanced([complex_matrix(rng, d, d) for _ in range(3)], sigma)
    L = heisenberg(generator)
    size = float(np.linalg.norm(L))
    assert dense_balance.kms_residual(L, sigma) < 1e-13 * size
    assert dense_balance.stationarity_residual(L, sigma) < 1e-14 * size
    # KMS does not imply GNS.
    assert dense_balance.gns_residual(L, sigma) > 1e-2 * size
    found = detailed_balance(generator, sigma)
    assert found.kms.relative is not None
    assert found.kms.relative < 1e-13
    assert found.gns.relative_without_hamiltonian > 1e-2


def test_the_coherent_term_does_not_commute_with_the_state_and_is_needed() -> None:
    rng = np.random.default_rng(9)
    sigma = random_state(rng, 3)
    generator = kms_balanced([complex_matrix(rng, 3, 3)], sigma)
    K = generator.dissipators[0].coherent
    assert K is not None
    assert np.linalg.norm(K @ sigma - sigma @ K) > 1e-2 * np.linalg.norm(K)
    jumps = generator.dissipators[0].representation.apply(sigma)
    assert np.abs(jumps).max() > 1e-2


def test_jumps_in_detailed_balance_already_are_left_as_they_are() -> None:
    """A thermal qubit: no coherent term, the same dissipator."""
    sigma = np.diag([0.8, 0.2])
    down, up = np.sqrt(0.8) * np.array([[0, 1], [0, 0]]), np.sqrt(0.2) * np.array([[0, 0], [1, 0]])
    generator = kms_balanced([down, up], sigma)
    rho = random_state(np.random.default_rng(1), 2)
    expected = sum(L @ rho @ L.T - 0.5 * (L.T @ L @ rho + rho @ L.T @ L) for L in (down, up))
    assert np.abs(generator.apply(rho) - expected).max() < 1e-15


def test_a_commuting_hamiltonian_leaves_standard_detailed_balance() -> None:
    rng = np.random.default_rng(2)
    V = unitary(rng, 4)
    e = np.array([0.0, 0.4, 0.4, 1.3])
    H = V @ np.diag(e) @ V.conj().T
    H = 0.5 * (H + H.conj().T)
    weights = np.exp(-2.0 * e)
    sigma = V @ np.diag(weights / weights.sum()) @ V.conj().T
    generator = kms_balanced(
        [complex_matrix(rng, 4, 4)], 0.5 * (sigma + sigma.conj().T), hamiltonian=H, reservoir=Reservoir("bath")
    )
    assert generator.names == ("bath",)
    assert np.allclose(generator.hamiltonian, H, atol=1e-14)
    found = detailed_balance(generator, gibbs_state(generator.spectrum, 2.0))
    assert found.sqdb.relative < 1e-13
    assert found.kms.relative is not None
    assert found.kms.relative > 1e-2
    L = heisenberg(generator)
    assert dense_balance.stationarity_residual(L, sigma) < 1e-13 * np.linalg.norm(L)


def test_hamiltonian_within_equal_weights_is_diagonalised_there() -> None:
    rng = np.random.default_rng(3)
    H = np.diag([0.0, 0.0, 1.0]).astype(complex)
    H[0, 1] = H[1, 0] = 0.3
    sigma = np.diag([0.4, 0.4, 0.2])
    generator = kms_balanced([complex_matrix(rng, 3, 3)], sigma, hamiltonian=H)
    assert np.allclose(generator.hamiltonian, H, atol=1e-15)
    assert np.abs(generator.apply(sigma)).max() < 1e-14


def test_a_state_with_logarithmic_weights_in_a_rotated_basis() -> None:
    """beta gap = 100: the elements are exact in the energy basis, where the given basis has lost them."""
    rng = np.random.default_rng(4)
    V = unitary(rng, 3)
    e = np.array([0.0, 0.5, 1.0])
    H = V @ np.diag(e) @ V.conj().T
    spectrum = spectrum_of_matrix(0.5 * (H + H.conj().T))
    lower = V @ np.array([[0, 1, 0.5j], [0, 0, 0.8], [0, 0, 0]]) @ V.conj().T
    generator = kms_balanced([lower], gibbs_state(spectrum, 100.0), hamiltonian=spectrum.hamiltonian)
    kind = generator.dissipators[0].representation
    elements = kind.elements(generator.spectrum)  # type: ignore[attr-defined]
    # The reverse of an element of modulus a at gap w is a e^{-beta w / 2}, to its last digits.
    D = np.abs(elements[0])
    assert np.allclose(np.abs(elements[1]).T, D * np.exp(-50 * (e[None, :] - e[:, None])), rtol=1e-12, atol=0)
    lost = generator.spectrum.to_energy_basis(kind.operators[1])  # type: ignore[attr-defined]
    assert abs(abs(lost[2, 0]) / abs(elements[1][2, 0]) - 1) > 1e-7
    assert generator.undetermined[0].count > 0
    change = generator.apply_elements(np.diag(gibbs_state(generator.spectrum, 100.0).weights).astype(complex))
    assert abs(change[2, 2]) < 1e-13 * np.exp(-100.0)


@pytest.mark.parametrize("beta", [1.0, 100.0])
def test_elements_are_exact_at_any_temperature(beta: float) -> None:
    """Dual and coherent term, element by element, against 50 digits."""
    rng = np.random.default_rng(5)
    e = np.array([0.0, 0.35, 1.0])
    A = hermitian(rng, 3)
    generator = ding_li_lin(e, [A], beta, MetropolisFilter())
    part = generator.dissipators[0]
    elements = part.representation.elements(generator.spectrum)[0]  # type: ignore[attr-defined]
    K = part.coherent_elements(generator.spectrum)
    assert K is not None
    with mpmath.workdps(50):
        L = mpmath.matrix(3, 3)
        for i in range(3):
            for j in range(3):
                x = mpmath.mpf(beta) * (mpmath.mpf(e[i]) - mpmath.mpf(e[j]))
                L[i, j] = mpmath.mpc(A[i, j]) * mpmath.exp(-mpmath.sqrt(1 + x**2) / 4 - x / 4)
        M = L.H * L
        for i in range(3):
            for j in range(3):
                x = mpmath.mpf(beta) * (mpmath.mpf(e[i]) - mpmath.mpf(e[j]))
                exact = 0.5j * mpmath.tanh(x / 4) * M[i, j]
                terms = sum(abs(L[k, i]) * abs(L[k, j]) for k in range(3))
                assert abs(mpmath.mpc(elements[i, j]) - L[i, j]) <= 1e-13 * abs(L[i, j])
                assert abs(mpmath.mpc(K[i, j]) - exact) <= 1e-13 * terms
    found = detailed_balance(generator, gibbs_state(generator.spectrum, beta))
    assert found.jump < 1e-14 * found.norm


def gibbs(H: np.ndarray, beta: float) -> np.ndarray:
    e, V = np.linalg.eigh(H)
    w = np.exp(-beta * (e - e[0]))
    return np.asarray(V @ np.diag(w / w.sum()) @ V.conj().T)


@pytest.mark.parametrize(
    "chosen",
    [None, GaussianFilter(1.0), MetropolisFilter(), lambda nu: np.exp(0.3j * nu - 0.02 * nu**2)],
)
def test_ding_li_lin_is_kms_balanced_and_not_gns(chosen: object) -> None:
    rng = np.random.default_rng(6)
    H = hermitian(rng, 4)
    A = complex_matrix(rng, 4, 4)
    sampler = ding_li_lin(H, [hermitian(rng, 4), A, A.conj().T], 0.6, chosen, interaction_picture=True)  # type: ignore[arg-type]
    L = heisenberg(sampler)
    size = np.linalg.norm(L)
    assert dense_balance.kms_residual(L, gibbs(H, 0.6)) < 1e-13 * size
    assert dense_balance.gns_residual(L, gibbs(H, 0.6)) > 1e-3 * size
    moving = ding_li_lin(H, [hermitian(np.random.default_rng(7), 4)], 0.6)
    assert detailed_balance(moving, gibbs_state(moving.spectrum, 0.6)).sqdb.relative < 1e-13


def test_ding_li_lin_jump_is_an_integral_over_time() -> None:
    """Gaussian filter: L = int f(t) A(t) dt, f(t) = exp(-(t - i beta/4)^2 / 2s) / sqrt(2 pi s), s = beta^2 / 4."""
    rng = np.random.default_rng(8)
    beta, H, A = 0.7, hermitian(rng, 3), hermitian(rng, 3)
    e, V = np.linalg.eigh(H)
    s = beta**2 / 4
    times, step = np.linspace(-12 * np.sqrt(s), 12 * np.sqrt(s), 4001, retstep=True)
    L = np.zeros((3, 3), dtype=complex)
    for t in times:
        U = V @ np.diag(np.exp(1j * e * t)) @ V.conj().T
        L += step * np.exp(-((t - 0.25j * beta) ** 2) / (2 * s)) / np.sqrt(2 * np.pi * s) * (U @ A @ U.conj().T)
    generator = ding_li_lin(H, [A], beta)
    assert np.allclose(generator.dissipators[0].representation.operators[0], L, atol=1e-12)  # type: ignore[attr-defined]


def alpha(family: GaussianTransitions, n1: float, n2: float, beta: float) -> float:
    V = 2 * family.centre / beta
    g2 = V - family.resolution**2
    return float(
        family.weight
        * np.sqrt(g2 / V)
        * np.exp(-((n1 + n2 + 2 * family.centre) ** 2) / (8 * V) - (n1 - n2) ** 2 / (8 * family.resolution**2))
    )


def test_chen_kastoryano_gilyen_is_its_double_sum() -> None:
    rng = np.random.default_rng(10)
    e, beta = np.array([0.0, 0.5, 1.1, 2.0]), 0.8
    A = hermitian(rng, 4)
    families = [GaussianTransitions(0.4, 0.7), GaussianTransitions(0.3, 1.5, weight=0.5)]
    generator = chen_kastoryano_gilyen(e, [A], beta, families)
    X = complex_matrix(rng, 4, 4)
    # A gains e_i - e_j on its element [i, j]; (A_n1^dagger X A_n2)_jl = sum_ik conj(A_ij) X_ik A_kl.
    expected = np.zeros((4, 4), dtype=complex)
    for j in range(4):
        for k in range(4):
            for i in range(4):
                for m in range(4):
                    weight = sum(alpha(f, e[i] - e[j], e[m] - e[k], beta) for f in families)
                    expected[j, k] += weight * A[i, j].conj() * X[i, m] * A[m, k]
    found = sum(L.conj().T @ X @ L for L in generator.dissipators[0].representation.operators)  # type: ignore[attr-defined]
    assert np.abs(found - expected).max() < 1e-13 * np.abs(expected).max()


@pytest.mark.parametrize("beta", [0.6, 5.0])
def test_chen_kastoryano_gilyen_is_kms_balanced(beta: float) -> None:
    rng = np.random.default_rng(11)
    H = hermitian(rng, 3) / 3
    A = complex_matrix(rng, 3, 3)
    sampler = chen_kastoryano_gilyen(
        H, [A, A.conj().T], beta, [GaussianTransitions(0.3, 0.5)], interaction_picture=True
    )
    L = heisenberg(sampler)
    assert dense_balance.kms_residual(L, gibbs(H, beta)) < 1e-12 * np.linalg.norm(L)
    assert dense_balance.gns_residual(L, gibbs(H, beta)) > 1e-4 * np.linalg.norm(L)


def davies(e: np.ndarray, A: np.ndarray, family: GaussianTransitions, beta: float) -> np.ndarray:
    """The secular dissipator with rates alpha(n, n), generic spectrum: one jump for each pair, one within levels."""
    d = len(e)
    jumps = [np.diag(np.diag(A)) * np.sqrt(alpha(family, 0.0, 0.0, beta))]
    for i in range(d):
        for j in range(d):
            if i != j:
                jump = np.zeros((d, d), dtype=complex)
                jump[i, j] = A[i, j] * np.sqrt(alpha(family, e[i] - e[j], e[i] - e[j], beta))
                jumps.append(jump)
    return dense_balance.heisenberg(np.zeros((d, d)), jumps)


def test_weak_coupling_is_the_limit_of_fine_resolution() -> None:
    """The error falls as exp(-kappa delta^2 / 8), delta the smallest distance of different Bohr frequencies."""
    e, beta = np.array([0.0, 0.5, 1.27]), 0.8
    frequencies = np.unique([a - b for a in e for b in e])
    delta = np.diff(frequencies).min()
    A = hermitian(np.random.default_rng(12), 3)
    errors, kappas = [], []
    for resolution in (0.08, 0.07, 0.06, 0.05):
        family = GaussianTransitions(resolution, 0.7)
        found = heisenberg(chen_kastoryano_gilyen(e, [A], beta, [family], interaction_picture=True))
        exact = davies(e, A, family, beta)
        errors.append(np.linalg.norm(found - exact) / np.linalg.norm(exact))
        kappas.append(family.inverse_width(beta))
    slope = np.polyfit(kappas, np.log(errors), 1)[0]
    assert slope == pytest.approx(-(delta**2) / 8, rel=1e-3)
    family = GaussianTransitions(0.01, 0.7)
    sharp = chen_kastoryano_gilyen(e, [A], beta, [family], interaction_picture=True)
    exact = davies(e, A, family, beta)
    assert np.linalg.norm(heisenberg(sharp) - exact) < 1e-13 * np.linalg.norm(exact)


def test_number_of_jumps_grows_with_the_resolution_only() -> None:
    e = np.sort(np.random.default_rng(13).uniform(0, 3, 12))
    A = hermitian(np.random.default_rng(14), 12)
    coarse, fine = (
        len(chen_kastoryano_gilyen(e, [A], 0.2, [GaussianTransitions(s, 1.0)]).dissipators[0].representation.operators)  # type: ignore[attr-defined]
        for s in (2.0, 0.2)
    )
    assert coarse < 20 < fine <= 133


def test_messages_of_kms_balanced() -> None:
    jump = np.array([[0.0, 1.0], [0.0, 0.0]])
    sigma = np.diag([0.7, 0.3])
    with pytest.raises(InputError, match="`jump_operators` must hold at least one operator"):
        kms_balanced([], sigma)
    with pytest.raises(InputError, match=r"`jump_operators\[0\]` must have shape \(2, 2\)"):
        kms_balanced([np.eye(3)], sigma)
    with pytest.raises(InputError, match="`state` must have trace 1, but has trace 2"):
        kms_balanced([jump], 2 * sigma)
    with pytest.raises(InputError, match=r"must have full rank, but has the eigenvalue 0. Pass a state with log"):
        kms_balanced([jump], np.diag([1.0, 0.0]))
    pure = np.full((2, 2), 0.5)
    with pytest.raises(InputError, match=r"must have full rank \(eigenvalues above its round-off"):
        kms_balanced([jump], pure)
    empty = DensityMatrix(spectrum_of_levels([0.0, 1.0]), np.array([0.0, -np.inf]))
    with pytest.raises(InputError, match="must have full rank, but has 1 empty state"):
        kms_balanced([jump], empty)
    with pytest.raises(InputError, match="`hamiltonian` must commute with the state, but its elements between unequal"):
        kms_balanced([jump], sigma, hamiltonian=np.array([[0.0, 1.0], [1.0, 0.0]]))
    cold = gibbs_state(spectrum_of_levels([0.0, 1.0]), 2000.0)
    with pytest.raises(InputError, match=r"reverse of its element 0 -> 1 is faster by a factor e\^2000"):
        kms_balanced([jump.T], cold)


def test_messages_of_the_samplers() -> None:
    X, H = np.array([[0.0, 1.0], [1.0, 0.0]]), [0.0, 1.0]
    with pytest.raises(InputError, match="`inverse_temperature` must be > 0, but got -1.0"):
        ding_li_lin(H, [X], -1.0)
    with pytest.raises(InputError, match="`inverse_temperature` must be finite"):
        ding_li_lin(H, [X], np.inf)
    with pytest.raises(InputError, match="`couplings` must hold at least one operator"):
        ding_li_lin(H, [], 1.0)
    with pytest.raises(InputError, match=r"`couplings\[0\]` must be Hermitian, or come with its adjoint"):
        ding_li_lin(H, [np.triu(X)], 1.0)
    with pytest.raises(InputError, match="must be a filter such as GaussianFilter.*or a function"):
        ding_li_lin(H, [X], 1.0, 2.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"must be finite with q\(-nu\) = conj\(q\(nu\)\), but at nu = "):
        ding_li_lin(H, [X], 1.0, lambda nu: np.exp(nu))
    with pytest.raises(InputError, match="must return one value for each frequency, but got shape"):
        ding_li_lin(H, [X], 1.0, lambda nu: 1.0)
    with pytest.raises(UserCodeError, match="filter function failed at the Bohr frequencies"):
        ding_li_lin(H, [X], 1.0, lambda nu: 1 / 0)
    with pytest.raises(InputError, match="`width` must be > 0"):
        GaussianFilter(0.0)
    with pytest.raises(InputError, match=r"`centre` must be > 0 \(an energy\), but got -1.0"):
        GaussianTransitions(0.1, -1.0)
    with pytest.raises(InputError, match="`weight` must be >= 0, but got -1"):
        GaussianTransitions(0.1, 1.0, -1)
    with pytest.raises(InputError, match="`transitions` must hold at least one"):
        chen_kastoryano_gilyen(H, [X], 1.0, [])
    with pytest.raises(InputError, match=r"`transitions\[0\]` must be a GaussianTransitions, but got int"):
        chen_kastoryano_gilyen(H, [X], 1.0, [1])  # type: ignore[list-item]
    with pytest.raises(InputError, match=r"`resolution` must be below sqrt\(2 centre / beta\) = 1.41421, but got 2"):
        chen_kastoryano_gilyen(H, [X], 1.0, [GaussianTransitions(2.0, 1.0)])


def test_spectrum_without_a_hamiltonian_is_one_level() -> None:
    generator = kms_balanced([np.array([[0.0, 1.0], [0.0, 0.0]])], np.diag([0.7, 0.3]))
    assert isinstance(generator.spectrum, Spectrum)
    assert generator.spectrum.size == 1
    assert not np.any(generator.hamiltonian)
