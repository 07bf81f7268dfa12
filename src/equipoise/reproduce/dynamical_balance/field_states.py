"""Rows (114)-(120): unitarity, and the local KMS condition of Gaussian fields."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.generators import stochastic_equation
from equipoise.reproduce.dynamical_balance._half_fourier import random_system
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import distance
from equipoise.reservoirs import GaussianField, LocalTemperature, Statistics
from equipoise.reservoirs.gaussian_states import FieldOperator

MODES = 3
LEVELS = 50
"""Levels kept of a bosonic mode: e^-45 is left out."""


def random_field(rng: np.random.Generator, statistics: Statistics) -> GaussianField:
    """Three modes, each with a temperature of its own."""
    lower = 0.9 if statistics is Statistics.BOSON else -2.0
    return GaussianField(statistics, rng.uniform(0.5, 2.5, size=MODES), rng.uniform(lower, 2.0, size=MODES))


def fock_trace(field: GaussianField, operators: Sequence[FieldOperator]) -> complex:
    """`Tr[rho A_1 ... A_n]` with matrices, each operator moved by its own complex time with `e^{iHz} . e^{-iHz}`."""
    if field.statistics is Statistics.BOSON:
        number = np.arange(float(LEVELS))
        lower: ComplexArray = np.diag(np.sqrt(number[1:]), 1).astype(np.complex128)
        parts = [
            _trace(
                field.exponents[k] * number,
                [(lower, number * field.frequencies[k], A) for A in operators if A.mode == k],
            )
            for k in range(MODES)
        ]
        return complex(np.prod(parts))
    sigma, sign = np.eye(2, k=1, dtype=complex), np.diag([1.0, -1.0])
    chains = [[sign] * k + [sigma] + [np.eye(2)] * (MODES - 1 - k) for k in range(MODES)]
    lowers = [np.asarray(np.kron(np.kron(a, b), c), dtype=np.complex128) for a, b, c in chains]
    numbers = np.array([np.diag(a.conj().T @ a).real for a in lowers])
    energies = field.frequencies @ numbers
    return _trace(field.exponents @ numbers, [(lowers[A.mode], energies, A) for A in operators])


def _trace(exponent: RealArray, factors: Sequence[tuple[ComplexArray, RealArray, FieldOperator]]) -> complex:
    weights = np.exp(-exponent)
    product = np.diag(weights / weights.sum()).astype(complex)
    for lower, energies, A in factors:
        matrix = lower.conj().T if A.creates else lower
        product = product @ (np.exp(1j * (energies[:, None] - energies[None, :]) * A.time) * matrix)
    return complex(np.trace(product))


@claim("(114)", "U is unitary")
def unitarity(rng: np.random.Generator) -> Residual:
    """X = 1 in (21), against the size of the drift."""
    equation = stochastic_equation(random_system(rng)[0])
    one = np.eye(equation.dimension)
    rest = max(np.abs(equation.langevin(one)).max(), np.abs(equation.noise_coefficients(one)).max())
    return float(rest / np.abs(equation.drift).max())


_PRODUCTS = "traces in Fock space, random products of 6 operators"


@claim("(115), Proposition 1", "Gaussian boson fields satisfy local KMS", _PRODUCTS)
@claim("(115), fermions", "Gaussian fermion fields: (115) without any sign", _PRODUCTS)
def local_kms_condition(rng: np.random.Generator) -> list[Residual]:
    """(115): random products of up to six operators, both statistics, against traces in Fock space."""
    residuals: list[Residual] = []
    for statistics in (Statistics.BOSON, Statistics.FERMION):
        worst = 0.0
        for _ in range(12):
            field = random_field(rng, statistics)
            beta = field.local_inverse_temperatures
            pairs = [FieldOperator(int(k), c) for k in rng.integers(0, MODES, size=3) for c in (True, False)]
            shuffled = [pairs[i] for i in rng.permutation(6)]
            cut, t = int(rng.integers(1, 6)), float(rng.normal())
            left, right = shuffled[:cut], [FieldOperator(A.mode, A.creates, t) for A in shuffled[cut:]]
            later = [FieldOperator(A.mode, A.creates, t + 1j * beta[A.mode]) for A in right]
            scale = field.magnitude([*right, *left])
            shifted, exchanged = fock_trace(field, [*left, *later]), fock_trace(field, [*right, *left])
            found = field.local_kms(left, right)
            deviations = (shifted - exchanged, found.shifted - shifted, found.exchanged - exchanged)
            worst = max(worst, found.residual, *(abs(x) / scale for x in deviations))
        residuals.append(float(worst))
    return residuals


@claim("(116)", "temperature of a mode from its occupation", "Against beta(w)")
@claim("(117)", "<a a^dagger> = 1 + q n", "Traces in Fock space", correction="q = +1 bosons, -1 fermions")
@claim("(118)-(119)", "local KMS of the 2-point functions", "Traces in Fock space, both statistics")
@claim(
    "(118), proof",
    "second step of the proof",
    "e^{-beta w} m for a locally thermal field",
    correction="(n/m) m = n in place of (m/n) n",
)
def two_point_functions(rng: np.random.Generator) -> list[Residual]:
    """(116)-(119) and the proof of (118)."""
    slope = float(rng.uniform(0.2, 1.0))
    omega = rng.uniform(0.5, 2.5, size=MODES)
    local = GaussianField.of(LocalTemperature(Statistics.BOSON, lambda w: 0.5 + slope * w), omega)
    temperatures = np.log(local.complements / local.occupations) / omega
    residual, printed, moved = 0.0, 0.0, 0.0
    for statistics in Statistics:
        field = random_field(rng, statistics)
        q, x = statistics.sign, field.exponents
        for k in range(MODES):
            create, annihilate = FieldOperator(k, creates=True), FieldOperator(k, creates=False)
            m, n = fock_trace(field, [annihilate, create]).real, fock_trace(field, [create, annihilate]).real
            residual = max(residual, abs(np.exp(x[k]) / (np.exp(x[k]) - q) / m - 1), abs((1 + q * n) / m - 1))
            printed = max(printed, abs((1 - q * n) / m - 1))
            t = float(rng.normal())
            later = t + 1j * field.local_inverse_temperatures[k]
            for A in (annihilate, create):
                B = FieldOperator(k, not A.creates, t)
                shifted = fock_trace(field, [A, FieldOperator(k, B.creates, later)])
                moved = max(moved, abs(shifted / fock_trace(field, [B, A]) - 1))
    absorbed, emitted = local.occupations, local.complements
    step, as_printed = (
        distance(form, np.exp(-local.exponents) * emitted)
        for form in (absorbed / emitted * emitted, emitted / absorbed * absorbed)
    )
    return [distance(temperatures, 0.5 + slope * omega), (residual, printed), moved, (step, as_printed)]


@claim("(120)", "pairs of shifted operators", correction="<a_h(t) a_h'^dagger(t)>, with e^{-i(t + i beta)w}")
def shifted_pairs(rng: np.random.Generator) -> Residual:
    """Traces in Fock space, both statistics."""
    residual, printed = 0.0, 0.0
    for statistics in Statistics:
        field = random_field(rng, statistics)
        for k in range(MODES):
            t = float(rng.normal())
            later = t + 1j * field.local_inverse_temperatures[k]
            for creates in (True, False):
                shifted, plain = ([FieldOperator(k, c, time) for c in (creates, not creates)] for time in (later, t))
                found = fock_trace(field, shifted)
                residual = max(residual, abs(found / fock_trace(field, plain) - 1))
                printed = max(printed, abs(found / fock_trace(field, plain[::-1]) - 1))
    return residual, printed
