"""A whole relaxation, fifteen decades of time, against one matrix exponential per time and a time-stepping solver.

Run ``OPENBLAS_NUM_THREADS=1 python benchmarks/evolution.py``. Candidates are timed in turn in one process, and medians
are compared: only the ratios carry over to another machine. The population block is the same matrix for `evolution`
and for scipy.linalg.expm; QuTiP integrates the whole master equation of a small system to a time at which it is
stationary, which is as far as a time-stepping solver gets.
"""

from __future__ import annotations

import tracemalloc

import numpy as np
from elimination import interleaved_medians
from scipy.linalg import expm

from equipoise import Coupling, Generator, Ohmic, OpenSystem, Reservoir, bose_einstein
from equipoise.generators import weak_coupling
from equipoise.stationary import evolution, gibbs_state, relaxation_spectrum
from equipoise.stationary.sectors import log_population_rates
from equipoise.thermodynamics import currents_along

TIMES = np.logspace(-6, 9, 200)


def random_generator(dimension: int) -> Generator:
    """Two Ohmic reservoirs, random levels and complex couplings, no Lamb shift."""
    rng = np.random.default_rng(0)
    shape = (dimension, dimension)
    couplings = [
        Coupling(
            Reservoir(f"bath {r}", bose_einstein(temperature=T), Ohmic(1e-4, 10.0)),
            rng.normal(size=shape) + 1j * rng.normal(size=shape),
        )
        for r, T in enumerate((0.5, 1.0))
    ]
    system = OpenSystem(np.sort(rng.uniform(0, 4, size=dimension)), tuple(couplings))
    return weak_coupling(system, lamb_shift=False, warn=False)


def populations(dimension: int, repetitions: int) -> None:
    generator = random_generator(dimension)
    start = gibbs_state(generator.spectrum, 3.0)
    rates = np.exp(log_population_rates(generator))
    matrix = rates - np.diag(rates.sum(axis=0))
    # One exponential per time costs the same at any: the squarings grow with the logarithm of the time.
    few = TIMES[::10]

    def by_expm() -> object:
        with np.errstate(all="ignore"):
            return [expm(matrix * t) @ start.populations for t in few]

    path = evolution(generator, start, TIMES)
    medians = interleaved_medians(
        {
            "evolution, 200 times": lambda: evolution(generator, start, TIMES),
            "flows and entropy along it": lambda: currents_along(generator, path),
            "relaxation spectrum": lambda: relaxation_spectrum(generator),
            "expm of the populations, 200 times": by_expm,
        },
        repetitions,
    )
    medians["expm of the populations, 200 times"] *= TIMES.size / few.size
    unit = medians["evolution, 200 times"]
    tracemalloc.start()
    evolution(generator, start, TIMES)
    peak = tracemalloc.get_traced_memory()[1] / (8 * dimension**2)
    tracemalloc.stop()
    error = 0.0
    for t, exact in zip(few, by_expm(), strict=True):  # type: ignore[call-overload]
        found = evolution(generator, start, [t]).populations[0]
        with np.errstate(all="ignore"):
            error = max(error, float(np.nan_to_num(np.abs(exact / found - 1), nan=np.inf, posinf=np.inf).max()))
    print(f"d = {dimension}: evolution {unit * 1e3:.3g} ms, peak {peak:.1f} real matrices; in units of it:")
    for name, value in medians.items():
        print(f"    {name:<36}{value / unit:9.2f}")
    print(f"    relative difference of expm from evolution, largest of all: {error:.1e}")


def against_time_steps(dimension: int, repetitions: int) -> None:
    import qutip

    generator = random_generator(dimension)
    rho = gibbs_state(generator.spectrum, 3.0).matrix()
    jumps = [qutip.Qobj(L) for part in generator.dissipators for L in part.representation.jump_operators()]  # type: ignore[attr-defined]
    H = qutip.Qobj(generator.hamiltonian)
    last = 30 / relaxation_spectrum(generator).population_gap
    times = np.concatenate([[0.0], np.logspace(-6, np.log10(last), 199)])
    options = {"rtol": 1e-8, "atol": 1e-10, "nsteps": 10**8, "progress_bar": ""}
    liouvillian = qutip.liouvillian(H, jumps)

    def by_steps() -> object:
        return qutip.mesolve(liouvillian, qutip.Qobj(rho), times, options=options)

    medians = interleaved_medians(
        {"evolution": lambda: evolution(generator, rho, times), "mesolve": by_steps}, repetitions
    )
    end = by_steps().states[-1].full()  # type: ignore[attr-defined]
    error = np.abs(end - evolution(generator, rho, times).matrix(-1)).max()
    print(
        f"d = {dimension}: mesolve / evolution = {medians['mesolve'] / medians['evolution']:.0f} to t = {last:.2g}, "
        f"difference at the end {error:.1e}"
    )


if __name__ == "__main__":
    for dimension, repetitions in ((100, 7), (400, 3)):
        populations(dimension, repetitions)
    for dimension, repetitions in ((4, 5), (10, 3)):
        against_time_steps(dimension, repetitions)
