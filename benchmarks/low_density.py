"""Rates of a target in a dilute gas against one batched inverse per energy, and against SciPy's adaptive quadrature.

Run with one BLAS thread: OPENBLAS_NUM_THREADS=1 python benchmarks/low_density.py. Candidates are interleaved in one
process and medians of ratios of processor time are printed, not absolute times, for machines differ. Random levels,
random complex contact potentials that attract as often as they repel, relative tolerance 1e-10.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from scipy.integrate import quad_vec

from equipoise.scattering import DeltaInteraction, EnergyShell, Gas, Target, maxwell_boltzmann, scattering_rates

GAS = Gas("gas", maxwell_boltzmann(temperature=1.0))
TOLERANCE = 1e-10


def target_of(rng: np.random.Generator, d: int) -> Target:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return Target(np.sort(rng.uniform(0, 4, d)), DeltaInteraction((A + A.conj().T) / np.sqrt(4 * d)))


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def median_ratios(works: list[Callable[[], object]], reference: Callable[[], object], repetitions: int) -> list[float]:
    for work in (*works, reference):
        work()
    rows = []
    for _ in range(repetitions):
        unit = seconds(reference)
        rows.append([seconds(work) / unit for work in works])
    return [float(x) for x in np.median(rows, axis=0)]


def against_inverses(d: int, repetitions: int) -> tuple[int, list[float]]:
    """Energies; T-matrices, resonances and all rates in units of a batched inverse at as many energies."""
    target = target_of(np.random.default_rng(d), d)
    count = scattering_rates(target, GAS, tolerance=TOLERANCE).energies
    shell = EnergyShell.above(target.spectrum, 1.0, 0, np.linspace(0.01, 6.0, count))
    # No more than the T-matrices held at once: larger batches are slower for want of cache.
    block = 1 + 2**22 // (64 * d * d)
    shells = [EnergyShell(target.spectrum, 1.0, shell.kinetic[i : i + block]) for i in range(0, count, block)]
    matrices = [np.eye(d) * shell.momenta[:, :, None] + 1j * target.interaction.matrix for shell in shells]
    works: list[Callable[[], object]] = [
        lambda: [target.interaction.transition_matrix(shell) for shell in shells],
        lambda: target.interaction.resonances(target.spectrum, 1.0, 0.0, 70.0),
        lambda: scattering_rates(target, GAS, tolerance=TOLERANCE),
    ]
    return count, median_ratios(works, lambda: [np.linalg.inv(matrix) for matrix in matrices], repetitions)


def by_quad_vec(target: Target) -> np.ndarray:
    """The same integrals, segment by segment in the same variables, by SciPy."""
    levels, total = target.spectrum.levels, np.zeros((target.dimension,) * 2)
    for m, level in enumerate(levels):
        gap = levels[m + 1] - level if m + 1 < levels.size else np.inf

        def integrand(x: float, level: float = level, gap: float = gap) -> np.ndarray:
            above, slope = (x * x, 2 * x) if gap == np.inf else (gap * np.sin(x) ** 2, gap * np.sin(2 * x))
            kinetic = above + (level - levels)
            T = target.interaction.transition_matrix(EnergyShell(target.spectrum, 1.0, kinetic[None, :]))[0, 0, :, 0, :]
            arriving = np.where(kinetic > 0, np.exp(-np.maximum(kinetic, 0.0)), 0.0)
            return slope / np.sqrt(2 * np.pi) * np.abs(T) ** 2 * arriving

        end = 8.0 if gap == np.inf else 0.5 * np.pi
        total += quad_vec(integrand, 1e-12, end - 1e-12, epsrel=TOLERANCE, epsabs=1e-15, norm="max")[0]
    return total


def by_user(target: Target) -> np.ndarray:
    """The same integrals as one would ask SciPy for them: all pairs over total energy, broken at the thresholds."""
    levels, V, d = target.spectrum.levels, np.asarray(target.interaction.matrix), target.dimension

    def integrand(E: float) -> np.ndarray:
        p = np.sqrt(2 * (E - levels) + 0j)
        flux = np.sqrt(np.where(levels < E, p.real, 0.0))
        T = 2 * flux[:, None] * np.linalg.solve(np.diag(p) + 1j * V, V * flux[None, :] / np.where(p == 0, 1.0, p))
        return np.abs(T) ** 2 * np.exp(levels[0] - E) / np.sqrt(2 * np.pi)

    top = float(levels[-1])
    # Weighed from the lowest level, as the sums that are to cancel in the Gibbs state; 60 temperatures above the last.
    fluxes = quad_vec(
        integrand, levels[0], top + 60.0, epsrel=TOLERANCE, epsabs=1e-15, norm="max", points=levels[1:], limit=100_000
    )[0]
    return np.asarray(fluxes * np.exp(levels - levels[0])[None, :]).reshape(d, d)


def against_quad_vec(d: int, repetitions: int) -> list[tuple[float, float]]:
    """Ratio of SciPy's time to ours and largest relative difference of the rates, without our hints and with them."""
    target = target_of(np.random.default_rng(d), d)
    ours = np.exp(scattering_rates(target, GAS, tolerance=TOLERANCE).log_rates)
    theirs = (by_user, by_quad_vec)
    differences = [float(np.abs(way(target) / ours - 1).max()) for way in theirs]
    ratios = median_ratios(
        [lambda way=way: way(target) for way in theirs],
        lambda: scattering_rates(target, GAS, tolerance=TOLERANCE),
        repetitions,
    )
    return list(zip(ratios, differences, strict=True))


def peak_memory(d: int) -> float:
    """Peak of all rates, in MiB."""
    target = target_of(np.random.default_rng(d), d)
    tracemalloc.start()
    scattering_rates(target, GAS, tolerance=TOLERANCE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def main() -> None:
    sizes = ((3, 21), (10, 21), (30, 5), (100, 1))
    print("d      energies  T / inverses  resonances / inverses  rates / inverses  peak MiB")
    times = []
    for d, repetitions in sizes:
        count, (transition, resonances, whole) = against_inverses(d, repetitions)
        target = target_of(np.random.default_rng(d), d)
        times.append(seconds(lambda target=target: scattering_rates(target, GAS, tolerance=TOLERANCE)))
        print(f"{d:<6} {count:<9} {transition:<13.2f} {resonances:<22.2f} {whole:<17.2f} {peak_memory(d):.0f}")
    power = np.polyfit(np.log([d for d, _ in sizes[1:]]), np.log(times[1:]), 1)[0]
    print(f"time of all rates grows as d^{power:.1f} from 10 to 100")
    print("\nd      quad_vec over energy / rates   difference   in our segments and variables / rates   difference")
    for d in (3, 10):
        (plain, far), (hinted, near) = against_quad_vec(d, 5)
        print(f"{d:<6} {plain:<30.0f} {far:<12.1e} {hinted:<39.0f} {near:.1e}")


if __name__ == "__main__":
    main()
