"""(19)-(24): the rate equation, the ratio of two rates, and what makes it one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.reproduce.cases import random_levels
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import distance, extrapolated
from equipoise.reproduce.low_density._collisions import Collisions, segments
from equipoise.reproduce.low_density._matching import scattering_matrix
from equipoise.reproduce.low_density.cases import Case, random_case, ring_states, thermal_gas
from equipoise.reproduce.low_density.master_equation import equidistant
from equipoise.scattering import (
    EnergyShell,
    Gas,
    PointScatterers,
    Target,
    balance_symmetries,
    scattering_rates,
)

OFF = ~np.eye(3, dtype=bool)


@claim("(19)", "populations obey a rate equation of their own")
def populations(rng: np.random.Generator) -> Residual:
    """Population block of (8) of (9), generic and equidistant levels."""
    worst = 0.0
    for case in (random_case(rng, 3), equidistant(rng)):
        x = Collisions(case)
        L = x.averaged.reshape(3, 3, 3, 3)
        k = np.arange(3)
        block = L[k, k][:, k, k]
        # What populations make of coherences, and coherences of populations.
        mixing = max(np.abs(L[k, k][:, OFF]).max(), np.abs(L[OFF][:, k, k]).max())
        pauli = x.rates - np.diag(x.rates.sum(axis=0))
        worst = max(worst, distance(block, pauli), float(mixing / np.abs(block).max()))
    return worst


@claim(
    "(20)",
    "a_kl = nu pi int dp int dp' G delta |T|^2",
    correction="2 pi nu: the bracket in (7) is 2 T rho T^+ - {T^+ T, rho}; so the optical theorem",
)
def rates(rng: np.random.Generator) -> Residual:
    """(8) of (9), collisions counted one by one, the library's rates."""
    case = random_case(rng, 3)
    x = Collisions(case)
    found = np.exp(scattering_rates(case.target, case.gas).log_rates)
    from_equation = np.einsum("kkll->kl", x.averaged.reshape(3, 3, 3, 3)).real
    printed = 0.5 * from_equation
    return max(distance(found[OFF], x.rates[OFF]), distance(from_equation[OFF], x.rates[OFF])), distance(
        printed[OFF], x.rates[OFF]
    )


@claim("(21)-(22)", "a_kl e^(-beta E_l) = a_lk e^(-beta E_k) I(k,l), I a ratio of two integrals")
def ratio(rng: np.random.Generator) -> Residual:
    """(22) by quadrature over waves that were matched, against the library's I."""
    case = random_case(rng, 3)
    x = Collisions(case)
    gibbs = case.gibbs
    explicit = (x.rates * gibbs[None, :])[OFF] / (x.rates.T * gibbs[:, None])[OFF]
    found = np.exp(scattering_rates(case.target, case.gas).log_balance_ratio)
    return max(distance(explicit, found[OFF]), distance(found[OFF] * found.T[OFF], 1.0))


@claim(
    "after (22), Born",
    "I = 1 in the Born approximation, where T = H_int; the effect is of higher order",
    tolerance=1e-6,
)
def born(rng: np.random.Generator) -> Residual:
    """Logarithm of I over V at three strengths near 0, against the second Born term."""
    case = random_case(rng, 3)
    expected = first_order(case)

    def relative(factor: float) -> RealArray:
        weak = replace(case, couplings=factor * case.couplings)
        return np.asarray(scattering_rates(weak.target, weak.gas).log_balance_ratio / factor)

    return distance(extrapolated(relative, 1e-4), expected)


def first_order(case: Case) -> RealArray:
    r"""Coefficient of V in log I(k,l): `sum_n int 4 (m/p_n) Im(V_lk V_kn V_nl)` over `|V_kl|^2`, shape (d, d)."""
    V, m, beta = case.couplings, case.mass, case.inverse_temperature
    found = np.zeros(V.shape)
    parts = segments(case.levels, 1 / beta)
    for k in range(case.dimension):
        for j in range(k):
            above = [part for part in parts if part.lower >= case.levels[k] - 1e-9]
            E = np.concatenate([part.above + part.lower for part in above])
            weight = np.concatenate([part.weights for part in above]) * np.exp(-beta * (E - case.levels[k]))
            p = [
                np.sqrt(2 * m * np.concatenate([np.maximum(part.beyond(e), 0.0) for part in above]))
                for e in case.levels
            ]
            norm = np.abs(V[k, j]) ** 2 * np.sum(weight / (p[k] * p[j]))
            total = 0.0
            for n in range(case.dimension):
                inverse = np.divide(1.0, p[n], out=np.zeros_like(E), where=p[n] > 0)
                strength = 4 * m * float((V[j, k] * V[k, n] * V[n, j]).imag)
                total += strength * float(np.sum(weight * inverse / (p[k] * p[j])))
            found[k, j], found[j, k] = total / norm, -total / norm
    return found


@claim(
    "after (22), Hermitian",
    "a Hermitian T is a symmetry that suffices, and represents a lossless system",
    instead="T - T^+ = -i T^+ T: on shell a Hermitian T is 0; lossless means that S is unitary",
)
def lossless(rng: np.random.Generator) -> Residual:
    """Random lossless target, S unitary: |T - T^+| / |T|."""
    case = random_case(rng, 3)
    shell = EnergyShell.above(case.target.spectrum, case.mass, 2, np.array([0.05, 0.5, 2.0]) / case.inverse_temperature)
    T = case.target.interaction.transition_matrix(shell)[:, 0, :, 0, :]
    dagger = T.conj().swapaxes(1, 2)
    S = np.eye(3) - 1j * T
    unitary = float(np.abs(S @ S.conj().swapaxes(1, 2) - np.eye(3)).max())
    theorem = distance(T - dagger, -1j * dagger @ T)
    size = float(np.min(np.linalg.norm(T - dagger, axis=(1, 2)) / np.linalg.norm(T, axis=(1, 2))))
    return size if max(unitary, theorem) < 1e-12 else 0.0


@claim("after (22), reciprocal", "I = 1 if T is a symmetric matrix")
def symmetric(rng: np.random.Generator) -> Residual:
    """Real V, random d = 4: T - T^T and log I; the library names the symmetry."""
    case = random_case(rng, 4, real=True)
    shell = EnergyShell.above(case.target.spectrum, case.mass, 3, np.array([0.1, 1.0]))
    T = case.target.interaction.transition_matrix(shell)[:, 0, :, 0, :]
    logs = scattering_rates(case.target, case.gas).log_balance_ratio
    named = "symmetric T" in balance_symmetries(case.target, case.gas).protecting
    return max(distance(T, T.swapaxes(1, 2)), float(np.abs(logs).max())) if named else 1.0


@claim("(23)", "time reversal, |T_{kp',lp}| = |T_{l-p,k-p'}|, gives I = 1")
def reversal(rng: np.random.Generator) -> Residual:
    """Real dots at three places by matching waves, without parity; the library's log I."""
    levels, V, q = _sites(rng)
    return _protected(levels, V, q, thermal_gas(float(rng.uniform(0.5, 1.5))), parity=False)


@claim("(24)", "time reversal with parity, |T_{kp',lp}| = |T_{lp,kp'}|, gives I = 1")
def reversal_with_parity(rng: np.random.Generator) -> Residual:
    """Ring in a flux, two equal dots as mirror images: (24) holds, (23) does not; log I."""
    levels, waves = ring_states(float(rng.uniform(0.6, 0.9)))
    equal, other = rng.uniform(0.5, 2.0, size=2)
    x = float(rng.uniform(0.3, 1.0))
    V = np.array([v * np.outer(waves[n].conj(), waves[n]) for n, v in enumerate((equal, other, equal))])
    gas = thermal_gas(float(rng.uniform(0.5, 1.5)))
    return _protected(levels, V, np.array([-x, 0.0, x]), gas, parity=True)


def _protected(levels: RealArray, V: ComplexArray, q: RealArray, gas: Gas, *, parity: bool) -> float:
    """log I and the symmetry of |T|, matched waves against the library; 1 where the other symmetry holds too."""
    target = Target(levels, PointScatterers(list(q), list(V)))
    logs = scattering_rates(target, gas).log_balance_ratio
    named = balance_symmetries(target, gas).protecting
    worst, other = float(np.abs(logs).max()), np.inf
    for excess in (0.1, 0.9):
        S = scattering_matrix(levels[-1] + excess, levels, q, V)
        shell = EnergyShell.above(target.spectrum, 1.0, 2, np.array([excess]))
        T = target.interaction.transition_matrix(shell)[0]
        worst = max(worst, distance(np.eye(6) - 1j * T.reshape(6, 6), S.reshape(6, 6)))
        probability = np.abs(S) ** 2
        # [s', k, s, l] against [-s, l, -s', k], and with parity against [s, l, s', k].
        both = probability.transpose(2, 3, 0, 1)
        reversed_, mirrored = (distance(probability, turned) for turned in (both[::-1, :, ::-1, :], both))
        holds, breaks = (mirrored, reversed_) if parity else (reversed_, mirrored)
        worst, other = max(worst, holds), min(other, breaks)
    return worst if other > 1e-3 and ("reversal and parity" if parity else "time reversal") in named else 1.0


def _sites(rng: np.random.Generator) -> tuple[RealArray, ComplexArray, RealArray]:
    """Levels, a real rank-one potential for each of three places, and the places."""
    q = np.cumsum(rng.uniform(0.3, 1.0, size=3))
    vectors = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    strengths = rng.uniform(0.5, 2.0, size=3)
    V = np.array([v * np.outer(f, f) for v, f in zip(strengths, vectors, strict=True)], dtype=complex)
    return random_levels(rng, 3), V, q
