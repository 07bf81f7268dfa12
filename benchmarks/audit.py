"""The weak-coupling pipeline against one diagonalisation of H, and against QuTiP's stationary state.

Run with one BLAS thread: OPENBLAS_NUM_THREADS=1 python benchmarks/audit.py. Candidates are interleaved in one
process and medians of their ratios are printed; absolute times are not quoted, for machines differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import qutip
from scipy.linalg import eigh

import equipoise as eq

HOT = eq.Reservoir("hot", eq.bose_einstein(temperature=2.0), eq.Ohmic(0.01, 10.0))
COLD = eq.Reservoir("cold", eq.bose_einstein(temperature=1.0), eq.Ohmic(0.01, 10.0))


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return (A + A.conj().T) / np.sqrt(8 * d)


def system(rng: np.random.Generator, d: int) -> tuple[np.ndarray, list[eq.Coupling]]:
    return hermitian(rng, d), [eq.Coupling(bath, hermitian(rng, d)) for bath in (HOT, COLD)]


def pipeline(H: np.ndarray, couplings: list[eq.Coupling]) -> eq.Generator:
    """Generator, stationary state and every current; the Lamb shift waits until it is needed, and here it is not."""
    generator = eq.weak_coupling(eq.OpenSystem(H, couplings))
    eq.currents(generator, eq.stationary_state(generator))
    return generator


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median_ratio(work: Callable[[], object], reference: Callable[[], object], repetitions: int) -> float:
    work(), reference()
    return float(np.median([seconds(work) / seconds(reference) for _ in range(repetitions)]))


def against_diagonalisation(d: int, repetitions: int) -> tuple[float, float]:
    """Ratios of all currents, and of a full audit, to one diagonalisation of H."""
    H, couplings = system(np.random.default_rng(d), d)

    def reference() -> object:
        return eigh(H, driver="evr")

    flows = median_ratio(lambda: pipeline(H, couplings), reference, repetitions)
    whole = median_ratio(lambda: eq.audit(eq.OpenSystem(H, couplings)), reference, max(3, repetitions // 3))
    return flows, whole


def against_qutip(d: int, repetitions: int) -> float:
    """Ratio of QuTiP's stationary state, its Liouvillian given, to generator, state and all currents here."""
    H, couplings = system(np.random.default_rng(d), d)
    generator = pipeline(H, couplings)
    c_ops = [qutip.Qobj(L) for part in generator.dissipators for L in part.representation.jump_operators()]
    liouvillian = qutip.liouvillian(qutip.Qobj(H), c_ops)
    return median_ratio(
        lambda: qutip.steadystate(liouvillian, method="direct"), lambda: pipeline(H, couplings), repetitions
    )


def main() -> None:
    print("d      currents / eigh(H)   audit / eigh(H)")
    for d, repetitions in ((16, 21), (64, 11), (256, 7), (1000, 3)):
        flows, whole = against_diagonalisation(d, repetitions)
        print(f"{d:<6} {flows:<20.2f} {whole:.2f}")
    print("\nd      qutip.steadystate (direct) / currents")
    for d, repetitions in ((8, 7), (16, 5), (24, 3)):
        print(f"{d:<6} {against_qutip(d, repetitions):.0f}")


if __name__ == "__main__":
    main()
