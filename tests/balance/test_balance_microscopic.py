"""The microscopic conditions: equivalent to Alicki's detailed balance, gauge invariant, each offender named."""

import numpy as np
import pytest

from equipoise import InputError, lindbladian, rate_equation, stationary_state, weak_coupling
from equipoise.balance import detailed_balance, microscopic_origin
from equipoise.balance.quantum.microscopic import _distance
from equipoise.generators import Dissipator, Generator, MatrixFree
from equipoise.stationary import gibbs_state
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system, unitary
from reference import dense_balance


def explicit(generator):
    return [L for part in generator.dissipators for L in part.representation.jump_operators()]


CASES = [(make, degenerate) for make in (bosonic_system, fermionic_system) for degenerate in (False, True)]


@pytest.mark.parametrize("make, degenerate", CASES)
def test_equal_reservoirs_meet_every_condition_and_another_temperature_names_the_offender(make, degenerate):
    mu = make is fermionic_system
    generator = weak_coupling(make(Draw(1, 4, 2, degenerate, equal=True, mu=mu)))
    bath = generator.dissipators[0].reservoir
    beta, mu = bath.inverse_temperature, bath.chemical_potential
    found = microscopic_origin(generator, beta, mu)
    assert found.offenders() == ()
    assert found.is_balanced()
    assert found.ratios.residuals.max() < 1e-13
    np.testing.assert_allclose(found.ratios.log_ratios, found.ratios.expected, atol=1e-12)
    wrong = microscopic_origin(generator, 1.1 * beta, mu)
    assert not wrong.is_balanced()
    assert "log rate ratio of '" in wrong.offenders()[0]
    assert f"{bath.name}" in " ".join(wrong.offenders())


def test_unequal_reservoirs_are_told_apart():
    generator = weak_coupling(bosonic_system(Draw(3, 3, 2, False)))
    cold, hot = generator.names
    beta = generator.dissipators[0].reservoir.inverse_temperature
    offenders = microscopic_origin(generator, beta).offenders()
    assert offenders
    assert all(repr(hot) in text and repr(cold) not in text for text in offenders)


@pytest.mark.parametrize("degenerate", [False, True])
def test_conditions_mean_self_adjoint_up_to_twice_the_hamiltonian_and_no_more(degenerate):
    generator = weak_coupling(bosonic_system(Draw(2, 3, 1, degenerate)))
    beta = generator.dissipators[0].reservoir.inverse_temperature
    sigma = gibbs_state(generator.spectrum, beta).matrix()
    found = microscopic_origin(generator, beta)
    assert found.is_balanced()
    jumps, zero = explicit(generator), np.zeros((3, 3))
    H = generator.hamiltonian + generator.dissipators[0].coherent
    dissipator = dense_balance.heisenberg(zero, jumps)
    whole = dense_balance.heisenberg(H, jumps)
    size = np.linalg.norm(dissipator)
    assert dense_balance.kms_residual(dissipator, sigma) < 1e-13 * size
    assert dense_balance.gns_residual(dissipator, sigma) < 1e-13 * size
    # The printed claim, that the generator itself is self-adjoint, fails by the Hamiltonian part.
    commutator = dense_balance.heisenberg(H, [])
    assert dense_balance.kms_residual(whole, sigma) == pytest.approx(np.linalg.norm(commutator), rel=1e-9)
    assert np.linalg.norm(commutator) == pytest.approx(np.sqrt(6) * found.hamiltonian, rel=1e-9)
    defect = whole - dense_balance.dual(whole, sigma, 1.0) - 2 * commutator
    assert np.linalg.norm(defect) < 1e-12 * size


def test_conditions_are_not_necessary_for_kms_but_for_gns_balance():
    # The Petz composition of a random channel, minus one: KMS-balanced, its jumps no eigenoperators.
    rng = np.random.default_rng(0)
    energies = np.array([0.0, 0.6, 1.7])
    sigma = np.diag(np.exp(-energies) / np.exp(-energies).sum())
    K = np.array([complex_matrix(rng, 3, 3) for _ in range(2)])
    lower = np.linalg.cholesky(sum(k.conj().T @ k for k in K))
    K = K @ np.linalg.inv(lower.conj().T)
    assert np.allclose(sum(k.conj().T @ k for k in K), np.eye(3))
    image = sum(k @ sigma @ k.conj().T for k in K)
    inverse, root = dense_balance.power(image, -0.5), dense_balance.power(sigma, 0.5)
    jumps = [root @ a.conj().T @ inverse @ b for a in K for b in K]
    generator = lindbladian(np.diag(energies), jumps)
    found = microscopic_origin(generator, 1.0)
    dissipator = dense_balance.heisenberg(np.zeros((3, 3)), jumps)
    assert dense_balance.kms_residual(dissipator, sigma) < 1e-13
    assert dense_balance.gns_residual(dissipator, sigma) > 1e-2
    assert not found.dissipators_are_balanced()
    assert found.offenders()[0].startswith("the jumps of 'unattributed' are no eigenoperators of [H, .]: jump")


def test_mixed_and_shifted_jump_operators_change_no_verdict():
    generator = weak_coupling(bosonic_system(Draw(4, 3, 1, False)))
    beta = generator.dissipators[0].reservoir.inverse_temperature
    jumps = np.array(explicit(generator))
    rng = np.random.default_rng(1)
    mixed = np.einsum("kl,lij->kij", unitary(rng, len(jumps)), jumps)
    c = complex_matrix(rng, len(jumps), 1)[:, 0]
    shifted = mixed + c[:, None, None] * np.eye(3)
    back = sum(-0.5j * (z.conj() * L - z * L.conj().T) for z, L in zip(c, mixed, strict=True))
    H = generator.hamiltonian
    assert microscopic_origin(lindbladian(H, list(mixed)), beta).is_balanced()
    whole = lindbladian(H, list(shifted))
    # The shift is a Hamiltonian that does not commute with H; undone, nothing is left of it.
    assert "the Lamb shift does not commute with H" in microscopic_origin(whole, beta).offenders()[-1]
    parts = (Dissipator(whole.dissipators[0].representation, coherent_term=lambda: back),)
    undone = microscopic_origin(Generator(whole.spectrum, parts), beta)
    assert undone.is_balanced()
    assert max(test.residual for test in undone.eigenoperators) > 0.1
    assert undone.covariance.max() < 1e-12


def test_scalar_ratio_is_not_enough_where_jumps_share_a_frequency():
    # Two transitions of one gap: total rates in the ratio e^-1, the single ones not.
    a, b = np.zeros((4, 4)), np.zeros((4, 4))
    a[0, 1] = b[2, 3] = 1.0
    down = [np.sqrt(2.0) * a, np.sqrt(1.0) * b]
    up = [np.sqrt(1.5 * np.exp(-1.0)) * a.T, np.sqrt(1.5 * np.exp(-1.0)) * b.T]
    generator = lindbladian(np.diag([0.0, 1.0, 2.5, 3.5]), down + up)
    found = microscopic_origin(generator, 1.0)
    np.testing.assert_allclose(found.ratios.log_ratios, -1.0, rtol=1e-12)
    assert found.ratios.residuals.max() > 0.1
    assert found.offenders() == (
        "the jumps of 'unattributed' at omega = 1 are not the adjoints of their reverse (by 0.24)",
    )


def test_one_energy_with_two_numbers_is_no_eigenoperator_at_finite_mu():
    energies, numbers, beta, mu = np.array([0.0, 1.0, 2.5, 3.5]), np.array([0.0, 1.0, 0.0, 0.0]), 0.8, 0.4
    h = beta * (energies - mu * numbers)
    Lambda = np.zeros((4, 4))
    Lambda[0, 1], Lambda[2, 3] = 1.0, 0.7
    scale = np.exp(-0.25 * (h[:, None] - h))
    generator = lindbladian(np.diag(energies), [scale * Lambda, scale * Lambda.T], number=np.diag(numbers))
    found = microscopic_origin(generator, beta, mu)
    assert found.ratios.residuals.max() < 1e-14
    assert not found.is_balanced()
    sigma = np.diag(np.exp(-h) / np.exp(-h).sum())
    balance = detailed_balance(generator, sigma)
    assert balance.jump < 1e-14
    assert balance.gns.relative_without_hamiltonian > 1e-2
    single = lindbladian(
        np.diag(energies),
        [np.where(numbers == 1.0, scale * Lambda, 0), (scale * Lambda.T) * (numbers[:, None] == 1)],
        number=np.diag(numbers),
    )
    assert microscopic_origin(single, beta, mu).is_balanced()


def test_agrees_with_the_gns_verdict_of_the_budget():
    for seed in range(4):
        generator = weak_coupling(bosonic_system(Draw(seed, 4, 2, bool(seed % 2), equal=seed < 2)))
        beta = generator.dissipators[0].reservoir.inverse_temperature
        verdict = microscopic_origin(generator, beta).is_balanced()
        assert (
            verdict
            == (
                detailed_balance(generator, gibbs_state(generator.spectrum, beta)).gns.relative_without_hamiltonian
                < 1e-10
            )
            == (seed < 2)
        )


def test_rates_and_missing_processes():
    W = [[0, 4.0, 0], [1.0, 0, 2.0], [0, 0, 0]]
    found = microscopic_origin(rate_equation(W, energies=[0.0, np.log(4.0), 3.0]), 1.0)
    (offender,) = found.offenders()
    assert offender == f"no in-process of 'unattributed' at omega = {3 - np.log(4.0):.6g}"
    balanced = rate_equation([[0, 4.0], [1.0, 0]], energies=[0.0, np.log(4.0)])
    assert microscopic_origin(balanced, 1.0).is_balanced()
    equal = rate_equation([[0, 2.0], [1.0, 0]], energies=[0.0, 0.0])
    assert "log rate ratio" in microscopic_origin(equal, 1.0).offenders()[0]
    assert stationary_state(equal).is_unique
    cold = rate_equation([[0, 1.0], [np.exp(-300.0), 0]], energies=[0.0, 300.0])
    assert microscopic_origin(cold, 1.0).is_balanced()


def test_errors_say_what_is_missing():
    generator = rate_equation([[0, 1], [1, 0]])
    with pytest.raises(
        InputError,
        match="`number` must be the particle-number operator where the chemical potential is not 0, but got",
    ):
        microscopic_origin(generator, 1.0, 0.5)
    with pytest.raises(InputError, match="`inverse_temperature` must be finite"):
        microscopic_origin(generator, np.inf)
    with pytest.raises(InputError, match="completely positive .* sign -1"):
        microscopic_origin(lindbladian(np.diag([0.0, 1.0]), [np.ones((2, 2))], signs=[-1]), 1.0)
    free = Generator(generator.spectrum, (Dissipator(MatrixFree(lambda rho: 0 * rho, lambda X: 0 * X)),))
    with pytest.raises(InputError, match="have jump operators, but dissipator 'unattributed' is known by its action"):
        microscopic_origin(free, 1.0)


@pytest.mark.parametrize("seed", range(4))
def test_numbers_of_random_jumps_are_those_of_commutators_in_the_given_basis(seed):
    rng = np.random.default_rng(seed)
    d = 3
    A = complex_matrix(rng, d, d)
    H, jumps = A + A.conj().T, [(1 + 3 * k) * complex_matrix(rng, d, d) for k in range(2)]
    found = microscopic_origin(lindbladian(H, jumps), 0.7)
    free, traceless = dense_balance.traceless_gauge(H, jumps)
    bare = H - np.trace(H) / d * np.eye(d)
    for row, L in zip(found.eigenoperators, traceless, strict=True):
        change = H @ L - L @ H
        omega = -np.vdot(L, change).real / np.linalg.norm(L) ** 2
        assert row.frequency == pytest.approx(omega, rel=1e-10)
        assert row.residual == pytest.approx(np.linalg.norm(change + omega * L) / np.linalg.norm(L), rel=1e-10)
    C = sum(np.outer(L.ravel(), L.ravel().conj()) for L in traceless)
    ad = dense_balance.left_right(H, np.eye(d)) - dense_balance.left_right(np.eye(d), H)
    assert found.covariance[0] == pytest.approx(np.linalg.norm(ad @ C - C @ ad) / np.linalg.norm(C), rel=1e-9)
    shift = free - bare
    activity = sum(np.linalg.norm(L) ** 2 for L in traceless)
    spread = np.ptp(np.linalg.eigvalsh(H))
    expected = np.linalg.norm(H @ shift - shift @ H) / (spread * (np.linalg.norm(shift) + activity))
    assert found.lamb_shift == pytest.approx(expected, rel=1e-9)
    assert found.hamiltonian == pytest.approx(np.linalg.norm(free), rel=1e-10)
    assert found.scale == pytest.approx(spread, rel=1e-12)


@pytest.mark.parametrize("rows", [3, 20])
def test_distance_of_two_low_rank_matrices_is_the_dense_one_however_small(rows):
    rng = np.random.default_rng(rows)
    F = complex_matrix(rng, rows, 2)
    B = F @ unitary(rng, 2)
    assert _distance(F, B) < 1e-14 * np.linalg.norm(F) ** 2
    for size in (1.0, 1e-6):
        G = B + size * complex_matrix(rng, rows, 2)
        dense = np.linalg.norm(F @ F.conj().T - G @ G.conj().T)
        assert _distance(F, G) == pytest.approx(dense, rel=1e-7)
