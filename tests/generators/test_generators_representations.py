"""Representations of a dissipator: rates are the jumps of a generic spectrum, each pair at a frequency of its own."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise import InputError, rate_equation
from equipoise.generators import FrequencyResolved, Jumps, MatrixFree
from equipoise.spectrum import spectrum_of_levels


def log_rates(d: int) -> np.ndarray:
    table = np.random.default_rng(d).normal(size=(d, d))
    table[0, 1] = -np.inf
    return table


def pair_of(d: int) -> tuple[FrequencyResolved, FrequencyResolved]:
    """Rates, and the same as one coupling operator of a spectrum in which no two gaps are equal."""
    spectrum = spectrum_of_levels(2.0 ** np.arange(d))
    rates = FrequencyResolved.of_rates(spectrum, log_rates(d))
    coupling = np.ones((1, d, d), dtype=complex) - np.eye(d)
    resolved = FrequencyResolved(
        spectrum, coupling_operators=coupling, log_rates=log_rates(d)[None], particles_per_jump=(None,), reverse=(0,)
    )
    return rates, resolved


def test_rates_are_frequency_resolved_jumps_in_which_every_pair_is_its_own_frequency() -> None:
    rates, resolved = pair_of(5)
    rng = np.random.default_rng(1)
    X = rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))
    jumps = Jumps(rates.jump_operators(), (1,) * rates.jump_count)
    for other in (resolved, jumps):
        np.testing.assert_allclose(rates.apply(X), other.apply(X), rtol=0, atol=1e-14 * np.abs(X).max())
        np.testing.assert_allclose(rates.adjoint(X), other.adjoint(X), rtol=0, atol=1e-14 * np.abs(X).max())
        np.testing.assert_allclose(rates.decay, other.decay, rtol=1e-14)
    np.testing.assert_allclose(rates.rates, resolved.rates, rtol=1e-14)
    assert rates.jump_count == resolved.jump_count - 1 == 19
    assert len(list(rates.frequency_groups())) == 0


def test_rates_below_the_smallest_double_stay_exact_and_take_no_memory_for_couplings() -> None:
    generator = rate_equation([[0.0, 1e-300], [1e-300, 0.0]])
    kind = generator.dissipators[0].representation
    assert isinstance(kind, FrequencyResolved)
    assert kind.log_transition_rates[0, 0, 1] == np.log(1e-300)
    assert kind.rates[0, 1] == pytest.approx(1e-300, rel=1e-13)
    # One number seen from everywhere, not a matrix of ones.
    assert kind.coupling_operators.strides == (0, 0, 0)


def test_the_diagonal_of_rates_is_ignored() -> None:
    spectrum = spectrum_of_levels([0.0, 1.0])
    given = np.zeros((2, 2))
    assert np.array_equal(FrequencyResolved.of_rates(spectrum, given).rates, [[0, 1], [1, 0]])
    assert np.array_equal(given, np.zeros((2, 2)))


def test_what_a_representation_says_of_itself() -> None:
    rates, resolved = pair_of(3)
    jumps, action = Jumps(rates.jump_operators(), (1,) * 4 + (-1,)), MatrixFree(rates.apply, rates.adjoint)
    assert [r.is_frequency_resolved for r in (rates, resolved, jumps, action)] == [True, True, False, False]
    assert [r.each_pair_alone for r in (rates, resolved, jumps, action)] == [True, False, False, False]
    assert [r.is_completely_positive for r in (rates, resolved, jumps, action)] == [True, True, False, False]
    assert [r.has_jump_operators for r in (rates, resolved, jumps, action)] == [True, True, True, False]
    assert [r.knows_quanta for r in (rates, jumps, action)] == [False, False, False]
    with pytest.raises(InputError, match=r"must have jump operators, but a dissipator .* \(MatrixFree\)"):
        action.signed_jumps()
