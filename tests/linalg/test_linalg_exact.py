import flint
import numpy as np
import pytest

from equipoise import NumericalError
from equipoise.linalg.exact import (
    IMAGINARY_UNIT,
    PRIME,
    Dyadic,
    at_rising_precision,
    echelon,
    graded_eigenvalues,
    rank_modulo_prime,
    solve_in_balls,
)


def test_the_prime_is_one_and_its_imaginary_unit_squares_to_minus_one() -> None:
    assert flint.fmpz(PRIME).is_prime()
    assert PRIME % 4 == 1
    assert IMAGINARY_UNIT**2 % PRIME == PRIME - 1


@pytest.mark.parametrize("value", [0.1, -3.5e-300, 1e300, 5e-324, 0.0, 2.0**-1070, 1.0 / 3.0])
def test_doubles_are_taken_exactly(value: float) -> None:
    exact = Dyadic.of(np.array([value + 1j * 0.7, value]))
    with flint.ctx.workprec(128):
        (first, second), (mirrored, _) = exact.balls()
        for found, want in ((first.real, value), (first.imag, 0.7), (mirrored.imag, -0.7), (second.real, value)):
            assert found.rad() == 0
            assert found == flint.arb(want)


def test_a_scale_beyond_doubles_is_kept() -> None:
    exact = Dyadic.of(np.array([2.0 + 1.0j]), np.array([-5000.0]))
    with flint.ctx.workprec(256):
        found = exact.balls()[0][0]
        np.testing.assert_allclose(float(found.real.log()), -5000.0 + np.log(2.0), rtol=1e-15)
    assert Dyadic.of(np.array([1.0]), np.array([-np.inf])).modular()[0][0] == 0


def test_rank_tells_round_off_from_nothing() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.integers(-9, 9, (8, 5)).astype(float), rng.integers(-9, 9, (5, 8)).astype(float)
    exact = left @ right
    moved = exact.copy()
    moved[0, 0] += 2.0**-40
    for matrix, rank in ((exact, 5), (moved, 6), (exact + 1j * exact, 5), (2.0**-600 * moved, 6)):
        assert rank_modulo_prime(Dyadic.of(matrix).modular()[0]) == rank
    found = echelon(Dyadic.of(exact).modular()[0])
    assert found.nullity == 3
    assert abs(np.linalg.det(exact[np.ix_(found.rows, found.columns)])) > 0.5


def test_a_system_that_doubles_take_for_singular_is_solved() -> None:
    # Hilbert's matrix of dimension 20 has the condition number 1e28.
    n = 20

    def attempt():
        hilbert = np.array([[flint.arb(1) / (i + j + 1) for j in range(n)] for i in range(n)], dtype=object)
        x = np.array([[flint.arb(k + 1)] for k in range(n)], dtype=object)
        return solve_in_balls(hilbert, hilbert @ x)

    found = at_rising_precision(attempt, "Hilbert's system")
    assert [float(x) for x in found[:, 0]] == pytest.approx(list(range(1, n + 1)), rel=1e-14)


def test_what_no_digits_decide_is_said() -> None:
    with pytest.raises(NumericalError, match="The sign of nothing is not decided by 32768 bits"):
        at_rising_precision(lambda: None, "The sign of nothing")


@pytest.mark.parametrize("span", [0.0, 1.0, 60.0, 3000.0])
@pytest.mark.parametrize("n, rank", [(1, 1), (2, 1), (4, 4), (6, 4), (8, 8)])
def test_graded_eigenvalues_keep_their_digits(n: int, rank: int, span: float) -> None:
    rng = np.random.default_rng(n)
    Q = np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))[0]
    logs = -np.sort(rng.uniform(0, span, size=rank))
    with flint.ctx.workprec(1 << 14):
        vectors, mirrored = Dyadic.of(Q).balls()
        matrix = sum(np.multiply.outer(vectors[:, k], mirrored[:, k]) * flint.arb(logs[k]).exp() for k in range(rank))
        found = graded_eigenvalues(matrix, rank)
    assert found is not None
    np.testing.assert_allclose(found.log_values, logs, rtol=1e-15, atol=1e-14 * max(1.0, span))
    np.testing.assert_allclose(found.vectors.conj().T @ found.vectors, np.eye(n), atol=1e-14)
    if span >= 60.0:
        overlaps = np.abs(np.diag(found.vectors[:, :rank].conj().T @ Q[:, :rank]))
        np.testing.assert_allclose(overlaps, 1.0, atol=1e-13)


def test_a_negative_eigenvalue_is_proved() -> None:
    with flint.ctx.workprec(256):
        matrix, _ = Dyadic.of(np.array([[1.0, 1.0], [1.0, 1.0 - 1e-15]])).balls()
        with pytest.raises(ArithmeticError):
            graded_eigenvalues(matrix, 2)
