"""Each row of docs/errata.md on a random system: the corrected form holds, and the printed form does not.

Accardi & Imafuku, "Dynamical detailed balance and local KMS condition for non-equilibrium states" (2002),
equations (19)-(26). Written with explicit matrices and superoperators, apart from the library.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.integrate import trapezoid

LEVELS = np.array([0.0, 1.0, 2.7, 3.1])  # all six gaps differ: the generic case of the paper
PAIRS = [(m, n) for m, n in itertools.permutations(range(4), 2) if LEVELS[m] > LEVELS[n]]
ROUND_OFF = 1e-13  # sums of some tens of terms of order 1
CLEARLY = 1e-2  # what the printed forms miss by is of order 1


def unit(m: int, n: int) -> np.ndarray:
    matrix = np.zeros((4, 4), dtype=complex)
    matrix[m, n] = 1.0
    return matrix


def commutator(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a @ b - b @ a


def anticommutator(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a @ b + b @ a


RNG = np.random.default_rng(20020914)
# gamma[j][m, n] of field j at the frequency LEVELS[m] - LEVELS[n], out and in; the real parts are positive.
GAMMA_OUT = [{pair: complex(RNG.uniform(0.5, 1), RNG.normal()) for pair in PAIRS} for _ in range(2)]
GAMMA_IN = [{pair: complex(RNG.uniform(0.5, 1), RNG.normal()) for pair in PAIRS} for _ in range(2)]
# For each frequency: (E, gamma_-, gamma_+), the fields added up.
TERMS = [
    (unit(n, m), sum(gamma[m, n] for gamma in GAMMA_OUT), sum(gamma[m, n] for gamma in GAMMA_IN)) for m, n in PAIRS
]
DELTA = sum(out.imag * e.conj().T @ e - in_.imag * e @ e.conj().T for e, out, in_ in TERMS)
X = RNG.normal(size=(4, 4)) + 1j * RNG.normal(size=(4, 4))
RHO = RNG.normal(size=(4, 4)) + 1j * RNG.normal(size=(4, 4))


def schroedinger(rho: np.ndarray) -> np.ndarray:
    """(22a) with the corrected (22b)."""
    total = -1j * commutator(DELTA, rho)
    for e, out, in_ in TERMS:
        f = e.conj().T
        total -= 2 * out.real * (anticommutator(f @ e, rho) / 2 - e @ rho @ f)
        total -= 2 * in_.real * (anticommutator(e @ f, rho) / 2 - f @ rho @ e)
    return total


def test_19a_drift_is_unitary_with_the_ito_table_only_as_corrected() -> None:
    ito = sum(2 * out.real * e.conj().T @ e + 2 * in_.real * e @ e.conj().T for e, out, in_ in TERMS)
    correct = sum(out * e.conj().T @ e + np.conj(in_) * e @ e.conj().T for e, out, in_ in TERMS)
    printed = sum(out * e @ e.conj().T + np.conj(in_) * e.conj().T @ e for e, out, in_ in TERMS)
    assert np.abs(correct + correct.conj().T - ito).max() < ROUND_OFF
    assert np.abs(printed + printed.conj().T - ito).max() > CLEARLY


def test_20_first_line_has_the_sign_of_the_half_sided_transform() -> None:
    # int_0^inf ds exp(-i x s - eta s) with x = omega(k) - omega, by the trapezoidal rule.
    x, eta = 1.3, 0.2
    s = np.linspace(0, 200, 400_001)
    transform = trapezoid(np.exp(-1j * x * s - eta * s), s)
    assert transform == pytest.approx(-1j / (x - 1j * eta), rel=1e-6)
    assert transform.imag * (-1j / (-x - 1j * eta)).imag < 0  # as printed, the imaginary part is reversed


def test_21_is_dual_to_22a_only_as_corrected() -> None:
    correct, printed = np.zeros((4, 4), dtype=complex), np.zeros((4, 4), dtype=complex)
    for e, out, in_ in TERMS:
        f = e.conj().T
        correct += 1j * (out.imag * commutator(f @ e, X) - in_.imag * commutator(e @ f, X))
        correct -= out.real * (anticommutator(f @ e, X) - 2 * f @ X @ e)
        correct -= in_.real * (anticommutator(e @ f, X) - 2 * e @ X @ f)
        printed += 1j * (-out.imag * commutator(e @ f, X) + in_.imag * commutator(f @ e, X))
        printed -= out.real * (anticommutator(e @ f, X) - 2 * e @ X @ f)
        printed -= in_.real * (anticommutator(f @ e, X) - 2 * f @ X @ e)
    dual = np.trace(schroedinger(RHO) @ X)
    assert abs(np.trace(RHO @ correct) - dual) < ROUND_OFF * 100  # traces of products of Gaussian matrices
    assert abs(np.trace(RHO @ printed) - dual) > CLEARLY


def test_22b_delta_is_hermitian_without_the_factor_i() -> None:
    assert np.abs(DELTA - DELTA.conj().T).max() == 0
    assert np.abs(1j * DELTA - (1j * DELTA).conj().T).max() > CLEARLY


def rate(m: int, n: int) -> float:
    """Gamma_mn of (23c), from m to n, the fields added up."""
    gamma, pair = (GAMMA_OUT, (m, n)) if LEVELS[m] > LEVELS[n] else (GAMMA_IN, (n, m))
    return float(sum(2 * field[pair].real for field in gamma))


def shift(m: int, n: int, fields: list[int]) -> float:
    """Delta_mn of (23b), with theta summed over the given fields."""

    def level(k: int) -> float:
        out = sum(GAMMA_OUT[j][k, other].imag for j in fields for other in range(4) if (k, other) in PAIRS)
        in_ = sum(GAMMA_IN[j][other, k].imag for j in fields for other in range(4) if (other, k) in PAIRS)
        return float(out - in_)

    return level(m) - level(n)


@pytest.mark.parametrize(("m", "n"), list(itertools.permutations(range(4), 2)))
def test_23_coherences_decay_and_rotate_as_corrected(m: int, n: int) -> None:
    coefficient = schroedinger(unit(m, n))[m, n]
    printed_g = sum(rate(k, other) for k in (m, n) for other in range(4) if other != k)
    assert coefficient == pytest.approx(-1j * shift(m, n, [0, 1]) - printed_g / 2, abs=ROUND_OFF)
    assert abs(coefficient - (+1j * shift(m, n, [0, 1]) - printed_g / 2)) > CLEARLY  # (23a) as printed
    assert abs(coefficient - (-1j * shift(m, n, [0]) - printed_g / 2)) > CLEARLY  # (23b) as printed
    assert abs(coefficient - (-1j * shift(m, n, [0, 1]) - printed_g)) > CLEARLY  # (23c) as printed


def test_24_populations_follow_the_rates_from_the_first_index_to_the_second() -> None:
    for m, n in itertools.permutations(range(4), 2):
        assert schroedinger(unit(m, m))[n, n] == pytest.approx(rate(m, n), abs=ROUND_OFF)


def occupation(omega: float, beta: float, mu: float) -> float:
    return float(1 / np.expm1(beta * (omega - mu)))


def test_24_quotient_depends_on_the_form_factor_when_the_couplings_differ() -> None:
    def quotient(g_squared: tuple[float, float]) -> float:
        n = [occupation(1.0, beta, 0.0) for beta in (0.5, 2.0)]
        return sum(g * (k + 1) for g, k in zip(g_squared, n, strict=True)) / sum(
            g * k for g, k in zip(g_squared, n, strict=True)
        )

    assert quotient((0.3, 0.3)) == pytest.approx(quotient((0.7, 0.7)), rel=1e-14)
    assert abs(quotient((0.3, 0.6)) - quotient((0.3, 0.3))) > CLEARLY


def test_26_fails_at_equal_reservoirs_with_a_chemical_potential() -> None:
    beta, mu = 0.8, -0.4
    x12, x23, x13 = (beta * (LEVELS[m] - LEVELS[n] - mu) for m, n in ((1, 0), (2, 1), (2, 0)))
    assert x12 + x23 - x13 == pytest.approx(-beta * mu, rel=1e-14)
