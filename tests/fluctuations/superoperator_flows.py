"""Flows of an open system under forces from explicit superoperators, and derivatives of them by extrapolation."""

import itertools
from dataclasses import replace

import numpy as np

from equipoise.reservoirs import Statistics, Thermal
from reference import secular

TOLERANCE = 1e-8


def _at(reservoir, beta, beta_mu):
    return replace(
        reservoir, distribution=Thermal(reservoir.statistics, float(beta), float(beta_mu / beta if beta_mu else 0.0))
    )


def _channels(reservoir, operators, frequencies):
    """Channels of the secular twin with all rates and shifts asked in one call."""
    bosonic = reservoir.statistics is Statistics.BOSON
    shift_out, shift_in = np.zeros(frequencies.size), np.zeros(frequencies.size)
    finite = frequencies != 0 if bosonic else np.ones(frequencies.size, dtype=bool)
    shift_out[finite] = reservoir.level_shift_out(frequencies[finite])
    shift_in[finite] = reservoir.level_shift_in(frequencies[finite])
    if not finite.all():
        # S_out and S_in of an Ohmic bath diverge at w = 0, where only their difference acts on a normal D_0.
        shift_out[~finite] = reservoir.level_shift_difference(0.0)
    tables = (reservoir.rate_out(frequencies), reservoir.rate_in(frequencies), shift_out, shift_in)

    def function(table):
        return lambda w: table[int(np.argmin(np.abs(frequencies - w)))]

    return [([D], *map(function, tables)) for D in operators]


def flows(system, beta, beta_mu):
    """Energy and quanta into the system, shape (2R,), from the null vector of the d^2 x d^2 generator."""
    H = np.asarray(system.hamiltonian)
    levels, _ = secular.levels_and_projectors(H, TOLERANCE)
    frequencies = np.array([w for w, _ in secular.bohr_frequencies(levels, TOLERANCE)])
    frequencies[np.abs(frequencies) < TOLERANCE] = 0.0
    baths = [_at(reservoir, b, nu) for reservoir, b, nu in zip(system.reservoirs, beta, beta_mu, strict=True)]
    channels = [
        _channels(bath, system.channels(old), frequencies) for bath, old in zip(baths, system.reservoirs, strict=True)
    ]
    rho = secular.stationary_state(secular.full_superoperator(H, channels, TOLERANCE))
    energy, quanta = [], []
    for bath in channels:
        _, dissipator, _ = secular.reservoir_parts(bath, H, TOLERANCE)
        energy.append(secular.current(H, dissipator, rho))
        count = 0.0
        for operators, out, into, *_ in bath:
            for sign, pair in ((-1, (out, lambda w: 0.0)), (1, (lambda w: 0.0, into))):
                jump, _, _ = secular.channel_parts((operators, *pair, lambda w: 0.0, lambda w: 0.0), H, TOLERANCE)
                count += sign * np.trace(secular.apply(jump, rho)).real
        quanta.append(count)
    return np.array(energy + quanta)


def derivatives(function, step):
    """First and second derivative at 0 of a smooth function of one number, three-fold extrapolated."""
    centre = function(0.0)
    h = step * 0.5 ** np.arange(4)
    pairs = [(function(k), function(-k)) for k in h]
    first = [(up - down) / (2 * k) for k, (up, down) in zip(h, pairs, strict=True)]
    second = [(up - 2 * centre + down) / k**2 for k, (up, down) in zip(h, pairs, strict=True)]
    for order in (1, 2, 3):
        first, second = (
            [(4**order * b - a) / (4**order - 1) for a, b in itertools.pairwise(rows)] for rows in (first, second)
        )
    return first[0], second[0]
