"""All microcurrents, the criteria of detailed balance and the Onsager matrix against one diagonalisation.

Run with one BLAS thread: OPENBLAS_NUM_THREADS=1 python benchmarks/response.py. The generator is given. Candidates are
interleaved in one process and medians of their ratios are printed; absolute times are not quoted, for machines differ.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np

import equipoise as eq
from equipoise.balance import fit_gibbs
from equipoise.fluctuations import linear_response, mean_reference
from equipoise.generators import FrequencyResolved

HOT = eq.Reservoir("hot", eq.bose_einstein(temperature=2.0), eq.Ohmic(0.01, 10.0))
COLD = eq.Reservoir("cold", eq.bose_einstein(temperature=1.0), eq.Ohmic(0.01, 10.0))


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return (A + A.conj().T) / np.sqrt(8 * d)


def fresh(generator: eq.Generator) -> eq.Generator:
    """The same generator with nothing cached."""
    parts = []
    for part in generator.dissipators:
        assert isinstance(part.representation, FrequencyResolved)
        parts.append(replace(part, representation=replace(part.representation)))
    return replace(generator, dissipators=tuple(parts))


def flows(generator: eq.Generator) -> object:
    """Stationary state and every microcurrent."""
    state = eq.stationary_state(generator)
    found = eq.currents(generator, state)
    return state, found, found.microcurrents


def criteria(generator: eq.Generator) -> object:
    """The same with affinities of cycles and the fit of a Gibbs state."""
    state = eq.stationary_state(generator)
    found = eq.currents(generator, state)
    return found.microcurrents, eq.cycles(generator, state).affinities, fit_gibbs(state.density)


def onsager(generator: eq.Generator) -> object:
    """The Onsager matrix at the mean temperature."""
    return linear_response(generator, mean_reference(generator)).matrix


def everything(generator: eq.Generator) -> object:
    """All of the above."""
    return criteria(generator), onsager(generator)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median_ratios(
    works: list[Callable[[eq.Generator], object]], generator: eq.Generator, H: np.ndarray, repetitions: int
) -> list[float]:
    def reference() -> object:
        return np.linalg.eigh(H)

    reference()
    for work in works:
        work(fresh(generator))
    ratios: list[list[float]] = [[] for _ in works]
    for _ in range(repetitions):
        for kept, work in zip(ratios, works, strict=True):
            # The construction of the generator is not counted, nor is anything it leaves behind.
            given = fresh(generator)
            kept.append(seconds(lambda w=work, g=given: w(g)) / seconds(reference))
    return [float(np.median(kept)) for kept in ratios]


def peak(generator: eq.Generator) -> float:
    """Peak memory beyond the generator's own, in complex d x d matrices."""
    given = fresh(generator)
    tracemalloc.start()
    everything(given)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / (16 * generator.dimension**2)


def main() -> None:
    sizes = [int(argument) for argument in sys.argv[1:]] or [64, 256, 1000]
    print("d      currents   with criteria   Onsager   all (in eigh)   peak (complex d x d)")
    for d in sizes:
        rng = np.random.default_rng(d)
        H = hermitian(rng, d)
        couplings = [eq.Coupling(bath, hermitian(rng, d)) for bath in (HOT, COLD)]
        generator = eq.weak_coupling(eq.OpenSystem(H, couplings))
        found = median_ratios([flows, criteria, onsager, everything], generator, H, 21 if d < 500 else 5)
        print(f"{d:<6} {found[0]:<10.2f} {found[1]:<15.2f} {found[2]:<9.2f} {found[3]:<15.2f} {peak(generator):.0f}")


if __name__ == "__main__":
    main()
