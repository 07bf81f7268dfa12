"""Blocked subtraction-free elimination against LAPACK's LU factorisation of the same matrix.

Run ``OPENBLAS_NUM_THREADS=1 python benchmarks/elimination.py``. The two are timed in turn in one process, and
medians are compared: only the ratios carry over to another machine. Also printed: the whole function with its
checks, logarithms and back substitution; the elimination over logarithms; and stacks of small matrices
against numpy.linalg.solve (which gives p only, and only where nothing is small).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy.linalg import lu_factor

from equipoise.linalg._linear_elimination import linear_factors, linear_weights
from equipoise.linalg._log_elimination import log_factors, log_weights
from equipoise.linalg.batched_elimination import stationary_log_weights_batch
from equipoise.linalg.elimination import stationary_log_weights


def interleaved_medians(candidates: dict[str, Callable[[], object]], repetitions: int) -> dict[str, float]:
    """Return the median seconds of each candidate, called in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(repetitions):
        for name, call in candidates.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def large(dimension: int, repetitions: int) -> None:
    logs = np.random.default_rng(0).normal(scale=2.0, size=(dimension, dimension))
    np.fill_diagonal(logs, -np.inf)
    rates = np.exp(logs - logs.max(axis=0))
    generator = rates - np.diag(rates.sum(axis=0))

    def factors_and_weights() -> object:
        result = linear_factors(rates)
        assert result is not None
        return linear_weights(*result)

    medians = interleaved_medians(
        {
            "LU": lambda: lu_factor(generator, check_finite=False),
            "elimination": lambda: linear_factors(rates),
            "elimination and weights": factors_and_weights,
            "stationary_log_weights": lambda: stationary_log_weights(logs),
            "over logarithms": lambda: log_weights(*log_factors(logs)),
        },
        repetitions,
    )
    unit = medians["LU"]
    print(f"d = {dimension}: LU {unit * 1e3:.3g} ms; ratios to it:")
    for name, value in medians.items():
        if name != "LU":
            print(f"    {name:<26}{value / unit:7.2f}")


def small(dimension: int, points: int) -> None:
    rng = np.random.default_rng(0)
    logs = rng.normal(size=(points, dimension, dimension))
    rates = np.exp(logs)
    generators = rates - rates.sum(axis=1)[:, None, :] * np.eye(dimension)
    generators[:, 0] = 1.0
    right = np.zeros((points, dimension, 1))
    right[:, 0] = 1.0
    medians = interleaved_medians(
        {
            "batch": lambda: stationary_log_weights_batch(logs),
            "solve": lambda: np.linalg.solve(generators, right),
        },
        5,
    )
    print(
        f"d = {dimension}: {points / medians['batch']:.2g} points/s, "
        f"{medians['solve'] / medians['batch']:.2f} times numpy.linalg.solve"
    )


if __name__ == "__main__":
    for dimension, repetitions in ((64, 51), (256, 31), (1024, 9)):
        large(dimension, repetitions)
    for dimension, points in ((3, 200_000), (8, 20_000)):
        small(dimension, points)
