"""Independent routes to the stochastic limit: field correlations in time, and explicit superoperators."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.reproduce.cases import random_levels
from equipoise.reproduce.explicit import random_operator
from equipoise.reservoirs import AbstractDistribution, LocalTemperature, Ohmic, Reservoir, Statistics, bose_einstein
from equipoise.systems import Coupling, OpenSystem

DURATION = 60.0
"""End of the half-sided integrals: correlations of a density that starts like omega^5 fall off like s^-5."""

HIGHEST = 22.0
"""End of the band for practical purposes: e^-44."""


def random_system(rng: np.random.Generator) -> tuple[OpenSystem, list[ComplexArray]]:
    """Three generic levels and two fields, couplings complex and not Hermitian, counter-rotating elements included."""
    thermal = [
        bose_einstein(inverse_temperature=rng.uniform(0.4, 1.5), chemical_potential=-rng.uniform(0, 1))
        for _ in range(2)
    ]
    return _coupled(rng, thermal)


def random_locally_thermal_system(rng: np.random.Generator) -> tuple[OpenSystem, list[ComplexArray]]:
    """Three generic levels and one field that has a temperature for each energy."""
    slope, curvature = rng.uniform(0.3, 1.0, size=2)
    return _coupled(rng, [LocalTemperature(Statistics.BOSON, lambda w: 0.5 + slope * np.sin(curvature * w) ** 2)])


def _coupled(
    rng: np.random.Generator, distributions: Sequence[AbstractDistribution]
) -> tuple[OpenSystem, list[ComplexArray]]:
    levels, couplings, pairs = random_levels(rng, 3), [], []
    for j, distribution in enumerate(distributions, start=1):
        D = random_operator(rng, 3)
        np.fill_diagonal(D, 0.0)
        couplings.append(D)
        # Correlations that decay fast enough for a plain quadrature in time.
        pairs.append(Coupling(Reservoir(f"field {j}", distribution, Ohmic(0.05, 0.5, exponent=5.0)), D))
    return OpenSystem(levels, tuple(pairs)), couplings


def susceptibilities(reservoir: Reservoir, frequencies: RealArray) -> tuple[ComplexArray, ComplexArray]:
    """`int_0^inf ds e^{iws} C(s)` for C = <A(s) A^dagger> and for conj <A^dagger(s) A>, by quadrature in v and s."""
    v, dv, s, ds, phases = _transform()
    assert reservoir.spectral_density is not None
    assert reservoir.distribution is not None
    J, n = np.asarray(reservoir.spectral_density(v)), np.asarray(reservoir.distribution.occupation(v))
    history = phases @ np.column_stack([dv * J * (1 + n), dv * J * n])
    half_sided = np.exp(1j * np.outer(frequencies, s)) @ (ds[:, None] * history)
    return half_sided[:, 0], half_sided[:, 1]


@cache
def _transform() -> tuple[RealArray, RealArray, RealArray, RealArray, ComplexArray]:
    """Nodes and weights in frequency and in time, and `e^{-isv}` at the nodes: what all transforms have in common."""
    v, dv = _panels(HIGHEST, 40)
    s, ds = _panels(DURATION, 50)
    return v, dv, s, ds, np.exp(-1j * np.outer(s, v))


def born_markov_secular(levels: RealArray, couplings: list[ComplexArray], fields: list[Reservoir]) -> ComplexArray:
    """The double commutator of the interaction, integrated over the past and averaged over the free motion."""
    d = len(levels)
    one = np.eye(d)
    w = levels[None, :] - levels[:, None]
    total = np.zeros((d * d, d * d), dtype=complex)
    for D, field in zip(couplings, fields, strict=True):
        minus, plus = (gamma.reshape(d, d) for gamma in susceptibilities(field, w.ravel()))
        X, Y = minus * D, (plus * D).conj().T
        for A, B in ((X, D.conj().T), (Y, D)):
            # A rho B - B A rho and its Hermitian conjugate B^dagger rho A^dagger ... written row-major.
            total += np.kron(A, B.T) - np.kron(B @ A, one)
            total += np.kron(B.conj().T, A.conj()) - np.kron(one, (B @ A).conj())
    gap = (levels[:, None] - levels[None, :]).ravel()
    return np.asarray(np.where(np.abs(gap[:, None] - gap[None, :]) < 1e-9, total, 0.0))


def _panels(end: float, count: int) -> tuple[RealArray, RealArray]:
    """Gauss's rule of 20 nodes on equal panels from 0 to `end`."""
    x, weights = np.polynomial.legendre.leggauss(20)
    edges = np.linspace(0.0, end, count + 1)
    half = np.diff(edges) / 2
    nodes = edges[:-1, None] + half[:, None] * (x + 1)
    return nodes.ravel(), (half[:, None] * weights).ravel()
