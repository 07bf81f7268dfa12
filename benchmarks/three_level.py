"""Many three-level points in one vectorised call against a Python loop over QuTiP's stationary state.

Run ``OPENBLAS_NUM_THREADS=1 python benchmarks/three_level.py`` (QuTiP installed). Two Ohmic baths, random temperatures:
populations and both heat currents of each point. The loop gets the jump operators ready made; per point it only scales
them, builds the Liouvillian with numpy, asks ``qutip.steadystate`` (whichever of its methods is fastest at d = 3) and
takes the currents by a trace. Candidates are timed in turn in one process and medians compared: only ratios carry over.
Also: the elimination for any d on stacks of random rate matrices against numpy.linalg.solve, which gives p only.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import qutip

from equipoise.linalg.batched_elimination import stationary_log_weights_batch
from equipoise.reproduce.dynamical_balance.three_levels import three_level_rates, three_level_state
from equipoise.reproduce.dynamical_balance.three_levels.rates import LOWER, UPPER

LEVELS = np.array([0.0, 1.0, 2.5])
GAPS = LEVELS[UPPER] - LEVELS[LOWER]
STRENGTHS = 2 * np.pi * 0.01 * GAPS * np.array([[1.0, 2.0, 0.5], [0.3, 1.0, 2.0]])
METHODS = {"direct": {}, "svd": {}, "eigen": {}, "direct, dense": {"sparse": False}, "power": {}}


def vectorised(temperatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = three_level_state(three_level_rates(LEVELS, STRENGTHS, 1 / temperatures[..., None]))
    return found.populations, found.energy_currents


def unit_dissipators() -> list[list[np.ndarray]]:
    """Superoperators of the jumps down and up each transition, at rate one, in QuTiP's column-major order."""
    found = []
    for lower, upper in zip(LOWER, UPPER, strict=True):
        down = qutip.basis(3, int(lower)) * qutip.basis(3, int(upper)).dag()
        found.append([qutip.lindblad_dissipator(jump).full() for jump in (down, down.dag())])
    return found


def qutip_loop(temperatures: np.ndarray, method: str, units: list[list[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    H = qutip.Qobj(np.diag(LEVELS).astype(complex))
    unitary = qutip.liouvillian(H).full()
    dims = qutip.liouvillian(H).dims
    populations, heat = np.empty((len(temperatures), 3)), np.empty((len(temperatures), 2))
    for point, pair in enumerate(temperatures):
        parts = []
        for r, T in enumerate(pair):
            n = 1 / np.expm1(GAPS / T)
            parts.append(sum(STRENGTHS[r, t] * ((1 + n[t]) * units[t][0] + n[t] * units[t][1]) for t in range(3)))
        L = qutip.Qobj(unitary + parts[0] + parts[1], dims=dims)
        rho = qutip.steadystate(L, method=method.split(",")[0], **METHODS[method]).full()
        populations[point] = np.diag(rho).real
        heat[point] = [(LEVELS @ np.diag((part @ rho.ravel("F")).reshape(3, 3, order="F"))).real for part in parts]
    return populations, heat


def usual_loop(temperatures: np.ndarray, method: str) -> np.ndarray:
    """As a user writes it: a list of collapse operators for each point. Populations only."""
    H = qutip.Qobj(np.diag(LEVELS).astype(complex))
    kets = [qutip.basis(3, k) for k in range(3)]
    lowering = [kets[m] * kets[n].dag() for m, n in zip(LOWER, UPPER, strict=True)]
    raising = [jump.dag() for jump in lowering]
    populations = np.empty((len(temperatures), 3))
    for point, pair in enumerate(temperatures):
        jumps = []
        for r, T in enumerate(pair):
            n = 1 / np.expm1(GAPS / T)
            jumps += [np.sqrt(STRENGTHS[r, t] * (1 + n[t])) * lowering[t] for t in range(3)]
            jumps += [np.sqrt(STRENGTHS[r, t] * n[t]) * raising[t] for t in range(3)]
        rho = qutip.steadystate(H, jumps, method=method.split(",")[0], **METHODS[method])
        populations[point] = rho.diag().real
    return populations


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def against_qutip(points: int, loop_points: int, repetitions: int) -> None:
    rng = np.random.default_rng(0)
    temperatures = rng.uniform(0.5, 2.0, size=(points, 2))
    few = temperatures[:loop_points]
    units = unit_dissipators()
    trial = {}
    for method in METHODS:
        try:
            error = np.abs(qutip_loop(few[:5], method, units)[0] - vectorised(few[:5])[0]).max()
            trial[method] = min(seconds(lambda m=method: qutip_loop(few[:5], m, units)) for _ in range(3)) / 5
            print(f"    qutip {method:<14} {trial[method] * 1e6:8.0f} us a point, differs by {error:.0e}")
        except Exception as problem:
            print(f"    qutip {method:<14} {type(problem).__name__}: {problem}")
    best = min(trial, key=lambda method: trial[method])
    ours, theirs, usual = [], [], []
    for _ in range(repetitions):
        ours.append(seconds(lambda: vectorised(temperatures)) / points)
        theirs.append(seconds(lambda: qutip_loop(few, best, units)) / loop_points)
        usual.append(seconds(lambda: usual_loop(few, best)) / loop_points)
    fast, slow, slower = (statistics.median(times) for times in (ours, theirs, usual))
    here, there = vectorised(few), qutip_loop(few, best, units)
    print(f"{1 / fast:.2g} points/s; {slow / fast:.3g} times a loop over qutip.steadystate ({best}, {1 / slow:.3g}/s)")
    print(f"    and {slower / fast:.3g} times the usual steadystate(H, jumps) for each point ({1 / slower:.3g}/s)")
    print(
        f"    largest difference: p {np.abs(here[0] - there[0]).max():.0e}, heat {np.abs(here[1] - there[1]).max():.0e}"
    )


def elimination(dimension: int, points: int) -> None:
    rng = np.random.default_rng(0)
    logs = rng.normal(size=(points, dimension, dimension))
    rates = np.exp(logs)
    generators = rates - rates.sum(axis=1)[:, None, :] * np.eye(dimension)
    generators[:, 0] = 1.0
    right = np.zeros((points, dimension, 1))
    right[:, 0] = 1.0
    ours, theirs = [], []
    for _ in range(5):
        ours.append(seconds(lambda: stationary_log_weights_batch(logs)))
        theirs.append(seconds(lambda: np.linalg.solve(generators, right)))
    fast, slow = statistics.median(ours), statistics.median(theirs)
    print(f"d = {dimension}: elimination {points / fast:.2g} points/s, {slow / fast:.2f} times numpy.linalg.solve")


if __name__ == "__main__":
    against_qutip(1_000_000, 100, 5)
    for dimension, points in ((3, 200_000), (5, 60_000), (8, 20_000)):
        elimination(dimension, points)
