"""A state without full rank: every verb restricts to its support, says so, and answers as it does there."""

import numpy as np
import pytest

from equipoise import InputError, audit, lindbladian, rate_equation, stationary_state
from equipoise.auditing.findings import NOTIONS
from equipoise.balance import KMS, StandardQuantumTheta, detailed_balance, dirichlet_form, nearest_balanced
from equipoise.generators import Dissipator, FrequencyResolved, Generator
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary import DensityMatrix
from equipoise.stationary.support import Support, on_support
from equipoise.thermodynamics.two_point_entropy import fagnola_rebolledo
from random_systems import complex_matrix, unitary

SENTENCE = "restricted to the support of the state ({} of {} states)"


def embedded(seed, k, transient):
    """A random generator of k states, and the same with states that decay into them, in a rotated basis."""
    rng = np.random.default_rng(seed)
    d = k + transient
    H = complex_matrix(rng, k, k)
    H = H + H.conj().T
    jumps = [complex_matrix(rng, k, k) for _ in range(3)]
    V = unitary(rng, d)
    big_H = np.diag(np.arange(d) * 1.0).astype(complex)
    big_H[:k, :k] = H
    big = [np.zeros((d, d), dtype=complex) for _ in jumps]
    for L, whole in zip(jumps, big, strict=True):
        whole[:k, :k] = L
    for t in range(k, d):
        down = np.zeros((d, d), dtype=complex)
        down[:k, t] = complex_matrix(rng, k, 1)[:, 0]
        big.append(down)
    inner = lindbladian(H, jumps)
    sigma = stationary_state(inner).density_matrix()
    outer = lindbladian(V @ big_H @ V.conj().T, [V @ L @ V.conj().T for L in big])
    return inner, sigma, outer, V


@pytest.mark.parametrize(("seed", "k", "transient"), [(0, 2, 1), (1, 3, 2), (2, 2, 3)])
def test_every_verb_answers_as_on_the_support(seed, k, transient):
    inner, sigma, outer, V = embedded(seed, k, transient)
    state = V[:, :k] @ sigma @ V[:, :k].conj().T
    state = 0.5 * (state + state.conj().T)
    support = Support(k, k + transient)
    found, due = detailed_balance(outer, state), detailed_balance(inner, sigma)
    assert found.support == support
    assert due.support is None
    for name in ("jump", "noncommuting", "commuting", "kms_but_not_gns", "norm"):
        assert getattr(found, name) == pytest.approx(getattr(due, name), rel=1e-9, abs=1e-10 * due.norm)
    produced, expected = fagnola_rebolledo(outer, state), fagnola_rebolledo(inner, sigma)
    assert produced.support == support
    assert produced.value == pytest.approx(expected.value, rel=1e-8)
    assert produced.whole.trace_distance == pytest.approx(expected.whole.trace_distance, rel=1e-9)
    assert SENTENCE.format(k, k + transient) in repr(produced)
    assert "support" not in repr(expected)
    assert SENTENCE.format(k, k + transient) in str(detailed_balance(outer, state))
    assert SENTENCE.format(k, k + transient) in str(detailed_balance(outer, state).notions())
    assert nearest_balanced(outer, state, KMS()).provenance.notes == (SENTENCE.format(k, k + transient),)
    # Only the block of an observable on the support enters.
    X = complex_matrix(np.random.default_rng(seed), k + transient, k + transient)
    block = V[:, :k].conj().T @ X @ V[:, :k]
    assert dirichlet_form(outer, state, X) == pytest.approx(dirichlet_form(inner, sigma, block), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_time_reversal_acts_within_the_support(seed):
    inner, sigma, outer, V = embedded(seed, 2, 2)
    state = V[:, :2] @ sigma @ V[:, :2].conj().T
    state = 0.5 * (state + state.conj().T)
    B = np.linalg.eigh(sigma)[1]
    U = (B * np.exp(2j * np.array([0.3, 1.1]))) @ B.T
    whole = np.eye(4, dtype=complex)
    whole[:2, :2] = U
    whole = V @ whole @ V.T
    found, due = (
        detailed_balance(outer, state).of(StandardQuantumTheta(whole)),
        detailed_balance(inner, sigma).of(StandardQuantumTheta(U)),
    )
    assert found.value == pytest.approx(due.value, rel=1e-9)
    produced = fagnola_rebolledo(outer, state, whole)
    assert produced.value == pytest.approx(fagnola_rebolledo(inner, sigma, U).value, rel=1e-8)
    with pytest.raises(InputError, match=r"it takes .* of an occupied eigenvector of the state out of its support"):
        detailed_balance(outer, state).of(StandardQuantumTheta(unitary(np.random.default_rng(9), 4)))
    with pytest.raises(InputError, match="commute with the state.*it connects eigenvectors of different weight"):
        fagnola_rebolledo(outer, state, unitary(np.random.default_rng(9), 4))


def test_logarithmic_weights_of_the_support_are_kept():
    logs = np.array([0.0, -900.0, -np.inf])
    spectrum = spectrum_of_levels([0.0, 1.0, 2.0])
    table = np.full((3, 3), -np.inf)
    table[1, 0], table[0, 1], table[0, 2] = -900.0, 0.0, 0.0
    generator = Generator(spectrum, (Dissipator(FrequencyResolved.of_rates(spectrum, table)),))
    part, density, support = on_support(generator, DensityMatrix(spectrum, logs))
    assert part.dimension == 2
    assert list(density.log_weights) == [0.0, -900.0]
    assert str(support) == SENTENCE.format(2, 3)
    assert detailed_balance(generator, DensityMatrix(spectrum, logs)).sqdb.relative == 0.0


def test_an_audit_says_that_it_looks_at_the_support():
    pump = rate_equation([[0, 2.0, 1.0], [1.0, 0, 1.0], [0, 0, 0]], [0.0, 1.0, 2.0])
    answers = [found for found in audit(pump).findings if found.question in NOTIONS]
    assert len(answers) == 3
    assert all(SENTENCE.format(2, 3) in found.detail and found.answer == "yes" for found in answers)
    dark = lindbladian(np.diag([0.0, 1.0]), [[[0, 1.0], [0, 0]]])
    answers = [found for found in audit(dark).findings if found.question in NOTIONS]
    assert all(found.answer == "not applicable" for found in answers)
    assert all(found.detail == SENTENCE.format(1, 2) + ": a single state has no transitions" for found in answers)


def test_a_support_that_the_generator_leaves_is_refused():
    generator = rate_equation([[0, 1.0], [1.0, 0]])
    message = "has 1 empty state and weight leaves its support at the rate 1: it is not stationary. Pass"
    state = DensityMatrix(generator.spectrum, np.array([0.0, -np.inf]))
    with pytest.raises(InputError, match=message):
        detailed_balance(generator, state)
    found = fagnola_rebolledo(generator, state)
    assert found.value is None
    assert message in found.reason


def test_a_support_that_the_hamiltonian_turns_is_refused():
    driven = lindbladian([[0, 0.5], [0.5, 1.0]], [[[0, 1.0], [0, 0]]])
    with pytest.raises(InputError, match="1 empty state and the Hamiltonian turns its support at the rate 0.5: it is"):
        detailed_balance(driven, np.diag([1.0, 0.0]))


def test_round_off_is_no_leak():
    # A pure state that a rotated dephasing keeps: every drift is round-off, of the jumps and of a large Hamiltonian.
    V = unitary(np.random.default_rng(3), 3)
    keep = lindbladian(1e9 * V @ np.diag([0.0, 1.0, 2.5]) @ V.conj().T, [V @ np.diag([1.0, -1.0, 0.3]) @ V.conj().T])
    state = np.outer(V[:, 1], V[:, 1].conj())
    found = detailed_balance(keep, 0.5 * (state + state.conj().T))
    assert found.support == Support(1, 3)
    assert found.jump == found.noncommuting == 0.0
