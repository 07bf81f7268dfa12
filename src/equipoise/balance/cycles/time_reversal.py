"""Backward and time-reversed generators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.fluxes import GeneratorAtState, at_state
from equipoise.fluxes.generator_at_state import State
from equipoise.generators import Dissipator, FrequencyResolved, Generator
from equipoise.generators.generator import require_generator
from equipoise.generators.representations import AbstractRepresentation
from equipoise.provenance import Provenance
from equipoise.stationary.pairwise import (
    diagonal_log_weights,
    require_distinct_gaps,
    require_pairwise_rates,
    require_stationary_flows,
)
from equipoise.stationary.sectors import log_rates_of_dissipators

_DUAL = "Use dual(generator, state, GNS()), which holds for any generator and any faithful state."


def backward_generator(generator: Generator) -> Generator:
    r"""The generator of the backward evolution: the same dissipators, every Hamiltonian reversed.

        L(X) - L_B(X) = 2i [H + H_LS, X]   (Heisenberg).

    In the interaction picture, in which the paper works, H is absent from both and the difference is
    `2i [H_LS, X]`, `H_LS` the Lamb shift (its Delta). Here a generator carries H, and so does the difference. The
    stationary populations, rates and microcurrents are those of the forward generator, and energies are still
    counted with H.

    Parameters
    ----------
    generator : Generator
        Of any kind; derived as a backward evolution for a secular one.

    Returns
    -------
    Generator
        On the same spectrum; `-2 H` is part of the coherent term of its first dissipator.

    References
    ----------
    Accardi & Imafuku (2002), (64)-(68a), with Delta Hermitian: (22b) has no factor i.

    Examples
    --------
    >>> from equipoise.generators import lindbladian
    >>> forward = lindbladian([[1.0, 0.0], [0.0, 2.0]], [[[0, 1], [0, 0]]])
    >>> X = np.array([[0, 1], [0, 0]])
    >>> backward_generator(forward).adjoint(X) - forward.adjoint(X)
    array([[0.+0.j, 0.+2.j],
           [0.+0.j, 0.+0.j]])
    """
    require_generator(generator)
    first, *rest = generator.dissipators
    reversed_ = (replace(first, coherent_term=_reversed_with(first, generator)), *map(_reversed, rest))
    return replace(generator, dissipators=reversed_, provenance=_made("backward evolution", generator), system=None)


def time_reversed_generator(generator: Generator | GeneratorAtState, state: State | None = None) -> Generator:
    r"""The dual `L_G^+` of a generator in its stationary state, which is itself a generator.

    `Tr[rho L_G^+(X) Y] = Tr[rho X L(Y)]` for all X, Y. Each jump m -> n of rate `w[n, m]` is replaced by one of rate

        w^+[n, m] = w[m, n] p_n / p_m,

    and the Hamiltonians are reversed: the time-reversed semigroup, in and out of equilibrium. Its stationary state
    is the same, its microcurrents are the negatives. It equals `backward_generator` if and only if the summed
    microcurrents vanish; the difference is `sum_w Pi_w`, see Accardi & Imafuku (2002), (88b).

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Secular, without degenerate levels, no two transitions of a reservoir at one gap.
    state : StationaryState, DensityMatrix or array_like of shape (d, d), optional
        Default: the stationary state. Faithful, diagonal, stationary: otherwise `L_G^+(1) != 0`.

    Returns
    -------
    Generator
        One dissipator for each of the given ones, made of its reversed jumps. Their out- and in-rates are not those
        of the reservoir whose name they keep.

    Raises
    ------
    InputError
        If the generator is not generic or the state not faithful, diagonal and stationary.

    References
    ----------
    Accardi & Imafuku (2002), (87)-(88a), corrected: the statement after Theorem 2 that `L_G^+(1) != 0` and that it
    generates no semigroup out of equilibrium is false, since `Tr[rho L(Y)] = 0` forces `L_G^+(1) = 0`.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> chain = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> np.round(time_reversed_generator(chain).dissipators[0].representation.rates, 12)
    array([[0., 2., 1.],
           [1., 0., 2.],
           [2., 1., 0.]])
    """
    pair = at_state(generator, state)
    generator = pair.generator
    require_pairwise_rates(generator, _DUAL)
    require_distinct_gaps(generator, _DUAL)
    logs = diagonal_log_weights(pair.density, _DUAL)
    log_flows = np.logaddexp.reduce(log_rates_of_dissipators(generator)) + logs[None, :]
    require_stationary_flows(log_flows, generator.spectrum.labels)
    backward = backward_generator(generator)
    parts = [
        replace(turned, representation=_reversed_jumps(part.representation, logs))
        for turned, part in zip(backward.dissipators, generator.dissipators, strict=True)
    ]
    return replace(backward, dissipators=tuple(parts), provenance=_made("time reversal", generator))


def _made(how: str, generator: Generator) -> Provenance:
    """The record of a generator made from another one."""
    given = generator.provenance
    return replace(given, limit=f"{how} of: {given.limit}")


def _reversed(part: Dissipator) -> Dissipator:
    if part.coherent_term is None:
        return part

    def term() -> ComplexArray:
        # Through the cached property: a Lamb shift is computed once, however often it is turned round.
        assert part.coherent is not None
        return np.asarray(-part.coherent)

    return replace(part, coherent_term=term)


def _reversed_with(part: Dissipator, generator: Generator) -> Callable[[], ComplexArray]:
    """The coherent term of the first dissipator, which also turns the bare Hamiltonian round."""

    def term() -> ComplexArray:
        own = 0.0 if part.coherent is None else part.coherent
        return np.asarray(-2.0 * generator.hamiltonian - own)

    return term


def _reversed_jumps(kind: AbstractRepresentation, logs: RealArray) -> AbstractRepresentation:
    """Jumps `p^(1/2) L^dagger p^(-1/2)`: the rate j -> i becomes `w[j, i] p_i / p_j`."""
    ratio = logs[:, None] - logs[None, :]
    assert isinstance(kind, FrequencyResolved)
    return replace(
        kind,
        coupling_operators=kind.coupling_operators.conj().transpose(0, 2, 1),
        log_rates=kind.log_rates.transpose(0, 2, 1) + ratio,
        particles_per_jump=tuple(None if quanta is None else -quanta for quanta in kind.particles_per_jump),
    )
