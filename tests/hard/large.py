"""Larger GKSL generators given by jump operators: coupled modes and qubits, long ladders; d = 4 to 12."""

from __future__ import annotations

import itertools

import numpy as np

from hard.case import Case, beta_of, log_uniform
from hard.jumps import Drawing, levels, log_ratio, unit


def coupled(seed, rng):
    """Two or three damped modes or qubits with hopping between them, each in a field of its own occupation."""
    size, count = [(2, 2), (2, 3), (3, 2)][int(rng.integers(0, 3))]
    d = size**count
    lower = np.diag(np.sqrt(np.arange(1.0, size)), 1)
    each = [np.kron(np.kron(np.eye(size**k), lower), np.eye(size ** (count - k - 1))) for k in range(count)]
    energies = np.round(rng.uniform(0.5, 1.5, size=count), 2)
    E = sum(e * np.diag(a.T @ a) for e, a in zip(energies, each, strict=True))
    g = log_uniform(rng, 1e-6, 1.0)
    drive = sum(g * (a.T @ b + b.T @ a) for a, b in itertools.pairwise(each))
    equal, x = rng.random() < 0.3, log_uniform(rng, 0.1, 30.0)
    draw = Drawing(d)
    draw.bath(None)
    for a in each:
        draw.pair(a, log_uniform(rng, 1e-6, 1.0), x if equal else log_uniform(rng, 0.1, 30.0))
    rotate, gauge = bool(rng.random() < 0.2), bool(rng.random() < 0.2)
    return draw.case("jumps, coupled", seed, rng, E, drive.astype(complex), False, rotate, gauge)


def long_ladder(seed, rng):
    """Up to twelve levels with thermal jumps between neighbours and some others, cold or not."""
    d = int(rng.integers(7, 13))
    E = levels(rng, d)
    draw = Drawing(d)
    equal, common = rng.random() < 0.5, beta_of(rng, float(E[-1]), 300.0)
    for _ in range(2):
        draw.bath(common if equal else beta_of(rng, float(E[-1]), 300.0))
    for i in range(1, d):
        draw.pair(unit(d, i - 1, i), log_uniform(rng, 1e-4, 1.0), log_ratio(draw.baths[0].beta, E[i] - E[i - 1]), 0)
        k = int(rng.integers(0, i))
        draw.pair(unit(d, k, i), log_uniform(rng, 1e-4, 1.0), log_ratio(draw.baths[1].beta, E[i] - E[k]), 1)
    return draw.case(
        "jumps, long ladder", seed, rng, E, named=bool(rng.random() < 0.7), rotate=bool(rng.random() < 0.3)
    )


FAMILIES = (coupled, long_ladder)


def draw(seed: int) -> Case:
    """The larger generator of this seed."""
    rng = np.random.default_rng([seed, 3])
    return FAMILIES[seed % len(FAMILIES)](seed, rng)
