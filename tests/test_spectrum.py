"""Levels, Bohr frequencies and their clusters."""

import mpmath
import numpy as np
import pytest

from equipoise import InputError
from equipoise.spectrum import clusters, resolved_by_number, spectrum_of_levels, spectrum_of_matrix, spectrum_of_states
from random_systems import unitary


def test_a_rotated_degenerate_matrix_has_its_levels_back():
    rng = np.random.default_rng(1)
    V = unitary(rng, 5)
    H = V @ np.diag([0.0, 1.0, 1.0, 2.0, 3.5]) @ V.conj().T
    spectrum = spectrum_of_matrix((H + H.conj().T) / 2)
    assert spectrum.degeneracies.tolist() == [1, 2, 1, 1]
    np.testing.assert_allclose(spectrum.levels, [0, 1, 2, 3.5], atol=1e-14)
    np.testing.assert_allclose(spectrum.hamiltonian, H, atol=1e-14)
    # gaps: 1 (twice), 1.5, 2, 2.5, 3.5
    np.testing.assert_allclose(spectrum.bohr_frequencies, [1, 1.5, 2, 2.5, 3.5], atol=1e-13)


def test_frequency_labels_are_antisymmetric_and_name_the_frequency():
    spectrum = spectrum_of_levels([0.0, 0.1, 0.1 + 0.2, 1.0])
    labels = spectrum.frequency_labels
    assert np.array_equal(labels, -labels.T)
    for m in range(4):
        for n in range(m + 1, 4):
            gap = spectrum.levels[n] - spectrum.levels[m]
            assert spectrum.bohr_frequencies[labels[m, n] - 1] == pytest.approx(gap, abs=1e-12)


def test_equal_gaps_that_differ_by_rounding_share_a_label():
    spectrum = spectrum_of_levels([0.1, 0.2, 0.3])  # 0.3 - 0.2 != 0.2 - 0.1 in binary
    assert spectrum.frequency_labels[0, 1] == spectrum.frequency_labels[1, 2]


def test_blocks_that_nothing_connects_stay_exactly_apart():
    H = np.zeros((4, 4))
    H[np.ix_([0, 2], [0, 2])] = [[0.0, 0.3], [0.3, 1.0]]
    H[np.ix_([1, 3], [1, 3])] = [[0.2, 0.1], [0.1, 0.7]]
    spectrum = spectrum_of_matrix(H)
    even = np.diag([1.0, 0.0, 1.0, 0.0])
    elements = spectrum.to_energy_basis(even)
    off_block = elements - np.diag(np.diag(elements))
    assert np.abs(off_block).max() < 1e-15
    assert set(np.round(np.diag(elements), 12)) == {0.0, 1.0}
    odd = np.zeros((4, 4))
    odd[0, 1] = 1.0
    parity = np.diag(elements) > 0.5
    assert np.all(spectrum.to_energy_basis(odd)[np.ix_(parity, parity)] == 0.0), "zeros by symmetry are exact zeros"


def test_levels_in_any_order_keep_the_basis_of_the_operators():
    spectrum = spectrum_of_levels([2.0, 0.0, 1.0])
    operator = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(spectrum.to_given_basis(spectrum.to_energy_basis(operator)), operator)
    np.testing.assert_array_equal(np.diag(spectrum.hamiltonian).real, [2.0, 0.0, 1.0])


def test_states_of_a_rate_matrix_are_levels_even_at_equal_energy():
    spectrum = spectrum_of_states([0.0, 0.0, 0.0], ["a", "b", "c"])
    assert spectrum.size == 3
    assert not spectrum.is_degenerate


def test_a_gap_near_the_tolerance_is_reported():
    spectrum = spectrum_of_levels([0.0, 1e-10, 1.0])
    assert [pair[:2] for pair in spectrum.unsafe_gaps] == [(0, 1)]
    assert spectrum_of_levels([0.0, 1e-5, 1.0]).unsafe_gaps == ()


def test_clusters_link_neighbours_within_the_tolerance():
    assert clusters(np.array([3.0, 0.0, 0.9, 5.0]), 1.0).tolist() == [1, 0, 0, 2]


@pytest.mark.parametrize(
    "value, message",
    [
        ([[0.0, 1.0], [0.5, 0.0]], r"`hamiltonian` must be Hermitian .* reaches 0.5 at element \[0, 1\]"),
        ([[0.0, np.nan], [np.nan, 0.0]], r"finite entries, but element \[0, 1\] is \(nan"),
        ([[0.0, 1.0, 2.0]], r"square matrix of shape \(d, d\), but has shape \(1, 3\)"),
        (np.zeros((0, 0)), "have at least one state, but is empty"),
        ("matrix", "numeric matrix, but got str"),
    ],
)
def test_bad_hamiltonians_are_refused_with_the_reason(value, message):
    with pytest.raises(InputError, match=message):
        spectrum_of_matrix(value)


def test_bad_levels_and_tolerances_are_refused():
    with pytest.raises(InputError, match="`levels` must be finite"):
        spectrum_of_levels([0.0, np.inf])
    with pytest.raises(InputError, match="`tolerance` must be >= 0"):
        spectrum_of_levels([0.0, 1.0], tolerance=-1.0)
    with pytest.raises(InputError, match="name each of the 2 states, but has 1 entries"):
        spectrum_of_states([0.0, 1.0], ["a"])


def test_levels_are_named_after_the_states_they_are_made_of():
    assert spectrum_of_levels([2.0, 0.0, 2.0], labels=["a", "b", "c"]).labels == ("b", "a + c")
    assert spectrum_of_matrix(np.diag([1.0, 0.0]), labels=["up", "down"]).labels == ("down", "up")
    mixed = [[0.0, 0.1], [0.1, 0.0]]
    assert spectrum_of_matrix(mixed, labels=["up", "down"]).labels == ("0", "1"), "an eigenstate is neither"
    with pytest.raises(InputError, match="name each of the 2 states, but has 1 entries"):
        spectrum_of_matrix(mixed, labels=["up"])


def test_states_of_one_energy_and_different_number_are_levels_of_their_own():
    number = np.diag([0.0, 1.0, 1.0])
    spectrum = resolved_by_number(spectrum_of_levels([0.0, 0.0, 0.0]), number, ["0", "a", "b"])
    assert spectrum.labels == ("0", "a + b")
    assert spectrum.bohr_frequencies.size == 0
    # In a rotated basis the states of definite number are found again.
    V = unitary(np.random.default_rng(0), 3)
    H = V @ np.diag([0.0, 0.0, 1.0]) @ V.conj().T
    N = V @ np.diag([0.0, 2.0, 1.0]) @ V.conj().T
    rotated = resolved_by_number(spectrum_of_matrix((H + H.conj().T) / 2), N)
    elements = rotated.to_energy_basis(N)
    np.testing.assert_allclose(elements, np.diag(np.diag(elements)), atol=1e-13)
    assert rotated.size == 3
    np.testing.assert_allclose(rotated.hamiltonian, H, atol=1e-13)


@pytest.mark.parametrize("gap", [1e-3, 1e-7, 1e-11])
@pytest.mark.parametrize("d", [3, 8])
def test_computed_states_are_mixed_no_more_than_is_said(d, gap):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        U = unitary(rng, d)
        H = U @ np.diag([1.0, 1.0 + gap, *rng.uniform(-1, 0.5, d - 2)]) @ U.conj().T
        H = 0.5 * (H + H.conj().T)
        spectrum = spectrum_of_matrix(H)
        with mpmath.workdps(40):
            levels, columns = mpmath.eighe(mpmath.matrix(H.tolist()))
            order = sorted(range(d), key=lambda k: levels[k])
            exact = np.array([[complex(columns[i, k]) for k in order] for i in range(d)])
        overlap = np.abs(exact.conj().T @ spectrum.vectors)
        off = ~np.eye(d, dtype=bool)
        # The product itself rounds.
        assert np.all(overlap[off] <= spectrum.mixing[off] + 1e-15)
        # The bound is no more than some thousand times what happens.
        assert overlap[-2, -1] > 1e-3 * spectrum.mixing[-2, -1]
    assert not spectrum_of_levels([0.0, gap, 1.0]).mixing.any()
