"""How far a generator deviates from its backward evolution in a state: applied, and as summed microcurrents.

Operators X and Y are d x d matrices in the given basis, as are results. Where a generator has to be generic it is
secular, without degenerate levels, and no two transitions of a reservoir have one gap; any other is refused.
"""

from __future__ import annotations

import numpy as np

from equipoise._checks import Array, ComplexArray, require, square_matrix
from equipoise.balance.cycles.time_reversal import backward_generator
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.stationary.pairwise import (
    State,
    diagonal_log_weights,
    difference_of_exponentials,
    require_distinct_gaps,
    require_pairwise_rates,
)
from equipoise.stationary.sectors import log_rates_of_dissipators
from equipoise.stationary.state import density_in
from equipoise.thermodynamics import currents

_DUAL = "Use dual(generator, state, GNS()), which holds for any generator and any faithful state."
_APPLIED = "Use balance_deviation(generator, state, X, Y), which applies the generators and holds for all."


def dual_minus_backward(generator: Generator, state: State, m: int, n: int, X: Array) -> ComplexArray:
    r"""The part of `L_G^+ - L_B` that the transition m <-> n causes, applied to X ::

        Pi(X) = (w[m,n] p_n/p_m - w[n,m]) X_nn |m><m| + (w[n,m] p_m/p_n - w[m,n]) X_mm |n><n|,

    `w` summed over the reservoirs: zero for all X if and only if their microcurrents on m <-> n cancel. The sum over
    transitions of Pi(1) is zero in a stationary state; a single one is not. The generator is generic, the state
    faithful and diagonal; m and n are two levels in either order.

    References
    ----------
    Accardi & Imafuku (2002), (88b), `E_w = |n><m|`.
    """
    require_generator(generator)
    require_pairwise_rates(generator, _DUAL)
    require_distinct_gaps(generator, _DUAL)
    logs = diagonal_log_weights(density_in(generator.spectrum, state), _DUAL)
    d = generator.dimension
    require(m != n and min(m, n) >= 0 and max(m, n) < d, "m, n", f"be two levels of 0 .. {d - 1}", f"got {m}, {n}")
    log_w = np.logaddexp.reduce(log_rates_of_dissipators(generator))
    elements = generator.spectrum.to_energy_basis(square_matrix(X, "X", d))
    out = np.zeros((d, d), dtype=complex)
    for a, b in ((m, n), (n, m)):
        excess = difference_of_exponentials(log_w[a, b] + logs[b] - logs[a], log_w[b, a])
        out[a, a] = excess * elements[b, b]
    return np.asarray(generator.spectrum.to_given_basis(out))


def balance_deviation(generator: Generator, state: State, X: Array, Y: Array) -> complex:
    """`Tr[rho X L(Y)] - Tr[rho L_B(X) Y]`, from the two generators as they act, for any generator and state.

    Zero for all X, Y at equilibrium. For a generic generator and any diagonal state it is `current_deviation`; for
    coinciding gaps, degenerate levels or coherences it is not, and this is its value.

    References
    ----------
    Accardi & Imafuku (2002), left side of (68b) and, for projectors on levels, of (70). (71), which has L in place
    of L_B, needs X or Y to commute with the Hamiltonians: see `backward_generator`.
    """
    require_generator(generator)
    d = generator.dimension
    X, Y = square_matrix(X, "X", d), square_matrix(Y, "Y", d)
    rho = density_in(generator.spectrum, state).matrix()
    forward = np.einsum("ij,ji->", rho @ X, generator.adjoint(Y))
    backward = np.einsum("ij,ji->", rho @ backward_generator(generator).adjoint(X), Y)
    return complex(forward - backward)


def current_deviation(generator: Generator, state: State, X: Array, Y: Array) -> complex:
    """`sum_lm X_ll Y_mm J[m, l]`, J[m, l] the net current l -> m of all reservoirs together.

    Equals `balance_deviation` for every diagonal state, stationary or not: an identity of generic generators that
    carries no condition on the state. For a generator that is not generic it is false.

    References
    ----------
    Accardi & Imafuku (2002), right side of (68b), (70), with parentheses around the difference of step functions.
    """
    require_generator(generator)
    require_pairwise_rates(generator, _APPLIED)
    require_distinct_gaps(generator, _APPLIED)
    d, spectrum = generator.dimension, generator.spectrum
    x, y = (np.diag(spectrum.to_energy_basis(square_matrix(A, name, d))) for A, name in ((X, "X"), (Y, "Y")))
    return complex(y @ currents(generator, state).summed @ x)
