"""The whole classification of a generator against the dense d^2 x d^2 route, and its memory at d = 512.

Run with one BLAS thread: OPENBLAS_NUM_THREADS=1 python benchmarks/notions.py. Candidates are interleaved in one
process and medians of their ratios are printed; absolute times are not quoted, for machines differ.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np

import equipoise as eq
from equipoise.balance import (
    GNS,
    KMS,
    Alicki,
    InnerProduct,
    PopulationBalance,
    StandardQuantum,
    StandardQuantumTheta,
    detailed_balance,
)
from equipoise.stationary import DensityMatrix

FAST = [KMS(), StandardQuantum(), GNS(), Alicki(), InnerProduct(0.0), PopulationBalance()]


def case(d: int, count: int) -> tuple[eq.Generator, DensityMatrix]:
    rng = np.random.default_rng(d)
    jumps = [(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))) / d for _ in range(count)]
    h = np.sort(rng.uniform(0, 4, size=d))
    generator = eq.lindbladian(np.diag(h), jumps)
    return generator, DensityMatrix(generator.spectrum, -h - np.logaddexp.reduce(-h))


def dense_kms(generator: eq.Generator, state: DensityMatrix) -> float:
    """One notion, KMS, from the superoperator."""
    L = generator.superoperator().conj().T
    root = np.exp(0.25 * np.add.outer(state.log_weights, state.log_weights)).ravel()
    L *= root[:, None]
    L /= root[None, :]
    return float(np.linalg.norm(L - L.conj().T) / 2)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(d: int, count: int, repetitions: int) -> None:
    generator, state = case(d, count)
    theta = StandardQuantumTheta(np.eye(d))
    routes: dict[str, Callable[[], object]] = {
        "one notion (KMS) by QR": lambda: detailed_balance(generator, state).of(KMS()),
        "the seven notions that need no estimate": lambda: [
            detailed_balance(generator, state).of(notion) for notion in [*FAST, theta]
        ],
        "the split": lambda: detailed_balance(generator, state).parts(),
        "every notion, BKM and other means estimated": lambda: detailed_balance(generator, state).notions(np.eye(d)),
    }
    ratios: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(repetitions):
        dense = seconds(lambda: dense_kms(generator, state))
        for name, work in routes.items():
            ratios[name].append(dense / seconds(work))
    for name, found in ratios.items():
        print(f"  {name:46} dense KMS alone / ours {np.median(found):8.3g}")


def memory(d: int, count: int) -> None:
    generator, state = case(d, count)
    for name, work in (
        ("split", lambda: detailed_balance(generator, state).parts()),
        ("every notion", lambda: detailed_balance(generator, state).notions()),
    ):
        tracemalloc.start()
        work()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"  {name:46} peak {peak / (16 * d * d):.0f} matrices of d x d")


if __name__ == "__main__":
    print("d = 64, K = 8")
    report(64, 8, 3)
    print("d = 512, K = 4")
    memory(512, 4)
