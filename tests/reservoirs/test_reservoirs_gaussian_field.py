"""Gaussian fields: n-point functions against traces in Fock space, Wick recursion, and the local KMS condition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import InputError, NumericalError
from equipoise.reservoirs import LocalTemperature, Statistics, bose_einstein, fermi_dirac
from equipoise.reservoirs.gaussian_states import FieldOperator, GaussianField, permanent

OMEGA = np.array([0.8, 1.3, 2.1])
LEVELS = 60


def random_field(rng, statistics):
    if statistics is Statistics.BOSON:
        return GaussianField(statistics, OMEGA, rng.uniform(0.9, 2.0, size=3))
    return GaussianField(statistics, OMEGA, rng.uniform(-2, 2, size=3))


def random_monomial(rng, pairs, time=0.0):
    """Half creators, half annihilators of the same modes, in random order."""
    modes = rng.integers(0, 3, size=pairs)
    operators = [FieldOperator(int(k), create, time) for k in modes for create in (True, False)]
    return [operators[i] for i in rng.permutation(2 * pairs)]


def fock_operators(statistics):
    """Annihilators: one truncated mode at a time for bosons; Jordan-Wigner matrices for fermions."""
    if statistics is Statistics.BOSON:
        return [np.diag(np.sqrt(np.arange(1.0, LEVELS)), 1)] * 3
    lower, sign = np.array([[0.0, 1], [0, 0]]), np.diag([1.0, -1])
    chain = [[sign] * k + [lower] + [np.eye(2)] * (2 - k) for k in range(3)]
    return [np.kron(np.kron(a, b), c) for a, b, c in chain]


def trace_of(field, operators):
    """Tr[rho A_1 ... A_n] with explicit matrices: bosonic modes commute, so their traces multiply."""
    matrices = fock_operators(field.statistics)

    def matrix(operator):
        a = matrices[operator.mode]
        phase = np.exp(1j * field.frequencies[operator.mode] * operator.time * (1 if operator.creates else -1))
        return phase * (a.conj().T if operator.creates else a)

    if field.statistics is Statistics.BOSON:
        total = 1.0
        for k in range(3):
            product = np.eye(LEVELS)
            for operator in operators:
                if operator.mode == k:
                    product = product @ matrix(operator)
            weights = np.exp(-field.exponents[k] * np.arange(LEVELS))
            total = total * np.trace(np.diag(weights / weights.sum()) @ product)
        return total
    exponent = sum(x * a.T @ a for x, a in zip(field.exponents, matrices, strict=True))
    rho = np.diag(np.exp(-np.diag(exponent)))
    product = rho / np.trace(rho)
    for operator in operators:
        product = product @ matrix(operator)
    return np.trace(product)


@given(st.integers(0, 10**6), st.integers(0, 4), st.sampled_from(Statistics))
@settings(max_examples=60)
def test_n_point_functions_are_traces_in_fock_space(seed, pairs, statistics):
    rng = np.random.default_rng(seed)
    field = random_field(rng, statistics)
    operators = [
        FieldOperator(o.mode, o.creates, rng.normal() + 0.3j * rng.normal()) for o in random_monomial(rng, pairs)
    ]
    tolerance = 1e-10 * field.magnitude(operators)
    assert field.correlation(operators) == pytest.approx(trace_of(field, operators), abs=tolerance)


def wick(field, operators):
    """Contract the first operator with each of the others, the textbook recursion."""
    if not operators:
        return 1.0
    total, q = 0.0, field.statistics.sign
    for j in range(1, len(operators)):
        rest = [*operators[1:j], *operators[j + 1 :]]
        total += q ** (j - 1) * field.correlation([operators[0], operators[j]]) * wick(field, rest)
    return total


@given(st.integers(0, 10**6), st.sampled_from(Statistics))
@settings(max_examples=20)
def test_permanents_and_determinants_sum_the_pairings(seed, statistics):
    rng = np.random.default_rng(seed)
    field = random_field(rng, statistics)
    operators = random_monomial(rng, 4, time=0.4 - 0.2j)
    assert field.correlation(operators) == pytest.approx(wick(field, operators), abs=1e-12 * field.magnitude(operators))


@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from(Statistics))
@settings(max_examples=60)
def test_local_kms_holds_for_both_statistics_and_any_parity(seed, pairs, statistics):
    rng = np.random.default_rng(seed)
    field = random_field(rng, statistics)
    operators = random_monomial(rng, pairs)
    cut = int(rng.integers(0, 2 * pairs + 1))
    t = float(rng.normal())
    right = [FieldOperator(o.mode, o.creates, t) for o in operators[cut:]]
    found = field.local_kms(operators[:cut], right)
    assert found.residual < 1e-13
    scale = field.magnitude([*right, *operators[:cut]])
    assert found.exchanged == pytest.approx(trace_of(field, [*right, *operators[:cut]]), abs=1e-10 * scale)


def test_local_kms_needs_the_temperature_of_each_mode():
    """With one temperature for all modes the condition fails, unless the field is thermal."""
    field = GaussianField(Statistics.BOSON, OMEGA, [1.0, 2.5, 1.7])
    create, annihilate = FieldOperator(1, creates=True), FieldOperator(1, creates=False)
    common = FieldOperator(1, creates=True, time=1j * 1.0 / OMEGA[0])
    exchanged = field.correlation([create, annihilate])
    assert abs(field.correlation([annihilate, common]) - exchanged) > 0.1
    assert field.local_kms([annihilate], [create]).residual < 1e-15


def test_fermions_exchange_without_a_sign():
    field = GaussianField(Statistics.FERMION, OMEGA, [0.3, -0.7, 1.2])
    create, annihilate = FieldOperator(0, creates=True), FieldOperator(0, creates=False)
    found = field.local_kms([create], [annihilate])
    assert found.shifted == pytest.approx(found.exchanged, rel=1e-14)
    assert abs(found.shifted + found.exchanged) > 0.5


def test_two_point_functions_in_closed_form():
    boson, fermion = bose_einstein(temperature=0.9), fermi_dirac(temperature=0.9, chemical_potential=1.5)
    for distribution, q in ((boson, 1), (fermion, -1)):
        field = GaussianField.of(distribution, OMEGA)
        n = distribution.occupation(OMEGA)
        np.testing.assert_allclose(field.occupations, n, rtol=1e-14)
        np.testing.assert_allclose(field.complements, 1 + q * n, rtol=1e-14)
        for k in range(3):
            a, b = FieldOperator(k, creates=False, time=0.3), FieldOperator(k, creates=True, time=1.1)
            assert field.correlation([a, b]) == pytest.approx((1 + q * n[k]) * np.exp(0.8j * OMEGA[k]), rel=1e-13)
            assert field.correlation([b, a]) == pytest.approx(n[k] * np.exp(0.8j * OMEGA[k]), rel=1e-13)
            assert field.correlation([a, a]) == 0


def test_temperature_function_of_the_field_is_that_of_the_distribution():
    field = GaussianField.of(LocalTemperature(Statistics.BOSON, lambda w: 1 + w**2), OMEGA)
    np.testing.assert_allclose(field.local_inverse_temperatures, 1 + OMEGA**2, rtol=1e-15)


def test_unequal_numbers_of_creators_and_annihilators_vanish():
    field = GaussianField(Statistics.BOSON, OMEGA, [1.0, 2.0, 3.0])
    create = FieldOperator(0, creates=True)
    assert field.correlation([create]) == 0
    assert field.correlation([create, create]) == 0
    assert field.correlation([]) == 1
    assert field.local_kms([create], []).residual == 0


def test_permanent_of_ones_counts_permutations():
    assert permanent(np.ones((7, 7), dtype=complex)) == pytest.approx(5040, rel=1e-12)


def refused(match):
    return pytest.raises(InputError, match=match)


def test_arguments_are_checked():
    with refused(r"`exponents` must be a list with one entry .* has shape \(2,\) for frequencies of shape \(3,\)"):
        GaussianField(Statistics.BOSON, OMEGA, [1.0, 2.0])
    with refused(r"`frequencies` must be finite"):
        GaussianField(Statistics.BOSON, [np.nan], [1.0])
    with refused(r"`exponents` must be finite and > 0 for bosons, but exponents\[1\] is -1"):
        GaussianField(Statistics.BOSON, OMEGA, [1.0, -1.0, 1.0])
    with refused(r"`exponents` must be finite, but exponents\[0\] is inf. An empty or a filled mode"):
        GaussianField.of(fermi_dirac(temperature=0.0), OMEGA)
    field = GaussianField(Statistics.FERMION, [0.0, 1.0], [0.5, 1.0])
    with refused(r"`frequencies` must be nonzero .* frequencies\[0\] is 0"):
        _ = field.local_inverse_temperatures
    field = GaussianField(Statistics.BOSON, [1.0], [1.0])
    one = FieldOperator(1, creates=True)
    with refused(r"`operators\[0\].mode` must be one of the 1 modes, but got 1"):
        field.correlation([one])
    with refused(r"`right\[0\].mode` must be one of the 1 modes"):
        field.local_kms([], [one])
    many = [FieldOperator(0, creates=True), FieldOperator(0, creates=False)] * 17
    with refused("`operators` must hold at most 32 operators, but holds 34"):
        field.correlation(many)


@pytest.mark.parametrize("statistics", Statistics)
@pytest.mark.parametrize("x", [600.0, 740.0, 1e4])
def test_local_kms_of_modes_that_are_nearly_empty_or_filled(statistics, x):
    exponents = [x, 1.5 * x] if statistics is Statistics.BOSON else [x, -x]
    field = GaussianField(statistics, [1.0, 2.0], exponents)
    for mode in (0, 1):
        for creates in (True, False):
            found = field.local_kms([FieldOperator(mode, creates)], [FieldOperator(mode, not creates, 0.3)])
            assert found.residual < 1e-15 * x


def test_occupations_of_fermions_far_from_the_fermi_level():
    field = GaussianField(Statistics.FERMION, [1.0, 1.0], [-800.0, 800.0])
    assert field.occupations.tolist() == [1.0, 0.0]
    assert field.complements.tolist() == [0.0, 1.0]


def test_times_far_outside_the_strip_are_refused():
    field = GaussianField(Statistics.BOSON, [1.0], [1.0])
    with pytest.raises(NumericalError, match=r"two-point function of `operators` overflows"):
        field.correlation([FieldOperator(0, False), FieldOperator(0, True, -2000j)])
