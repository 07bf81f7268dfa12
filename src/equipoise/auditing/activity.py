"""How often the jumps of each reservoir change a state, within its levels too: dark is the state that none changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, Array, RealArray
from equipoise.fluxes.generator_at_state import GeneratorAtState
from equipoise.fluxes.jumps import less_identity
from equipoise.generators import Dissipator, FrequencyResolved, Generator
from equipoise.spectrum import rounding_of
from equipoise.thermodynamics.jump_exchange import weight_errors


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Jumps per unit time of one dissipator that change the state.

    A jump operator L may be shifted by a multiple of the identity without a change of the generator, if the Hamiltonian
    is shifted with it. With the multiple that makes `Tr[sigma L] = 0` the jumps of a state are fewest, and none at all
    if and only if every vector in the support of sigma is an eigenvector of L with the same eigenvalue::

        value = sum over jumps of Tr[sigma L^dagger L],     Tr[sigma L] = 0.

    Parameters
    ----------
    value : float
        Per unit time, >= 0. It may underflow to 0 where `is_present` is true.
    error : float
        Bound of what the rounding of the operators, and the error of the state, make of zero.
    is_present : bool
        Whether the jumps change the state for sure, beyond that error.
    is_absent : bool
        Whether they are no more than the rounding of the operators. Neither holds where the error of the state leaves
        it open.
    """

    value: float
    error: float
    is_present: bool
    is_absent: bool


def activities(pair: GeneratorAtState) -> tuple[Activity, ...]:
    """The activity of each dissipator; of one known by its action only, that of the transitions between levels."""
    return pair.once(_activities)


def _activities(pair: GeneratorAtState) -> tuple[Activity, ...]:
    directed, error = pair.directed_fluxes, weight_errors(pair)
    found = []
    for r, part in enumerate(pair.generator.dissipators):
        moved, lost = float(directed.fluxes[r].sum()), float(directed.errors[r].sum())
        # A flux that underflows is still one: its logarithm is finite.
        between = bool(np.any(directed.log_fluxes[r] > directed.log_errors[r]))
        elements = _elements(part, pair.generator)
        if len(elements) and not pair.density.is_diagonal and not part.representation.is_frequency_resolved:
            # Between eigenvectors of H a multiple of the identity is no jump, between those of other operators it is.
            between = False
        value, noise, known, is_rounding = _of_jumps(elements, part, pair, error)
        if part.representation.is_frequency_resolved:
            # The elements are those within levels, the rest is the fluxes between them.
            value, noise = value + moved, noise + lost
        elif not len(elements):
            value, noise = moved, lost
        is_present = between or known > 0
        is_absent = not is_present and is_rounding
        found.append(Activity(value=value, error=noise, is_present=is_present, is_absent=is_absent))
    return tuple(found)


def _elements(part: Dissipator, generator: Generator) -> Array:
    """Jumps in the energy basis, shape (K, d, d); of a frequency-resolved dissipator those of frequency zero."""
    kind, spectrum = part.representation, generator.spectrum
    if isinstance(kind, FrequencyResolved):
        if kind.each_pair_alone:
            return np.zeros((0, spectrum.dimension, spectrum.dimension))
        return np.array([spectrum.within_levels(A) for A in kind.amplitudes])
    if not kind.has_jump_operators:
        return np.zeros((0, spectrum.dimension, spectrum.dimension))
    # The identity is taken out where the operators are known, so that its rounding is not spread.
    return kind.gauged_jumps(spectrum)[2]


def _of_jumps(
    elements: Array, part: Dissipator, pair: GeneratorAtState, error: RealArray
) -> tuple[float, float, float, bool]:
    """`sum_k ||L_k sigma^(1/2)||^2` with `Tr[sigma L_k] = 0`, its error, what is sure, whether it is rounding.

    For sure jumps leave a vector j of the state whose weight exceeds its error, if `||L_k|j>||` exceeds the rounding of
    the operator and what the turning of j by the error of the state makes.
    """
    density, generator = pair.density, pair.generator
    if not len(elements):
        return 0.0, 0.0, 0.0, True
    jumps = less_identity(np.asarray(density.in_eigenbasis(elements)), density, 0.5)
    of_vectors, p = np.linalg.norm(jumps, axis=1), density.weights
    whole, total = np.linalg.norm(elements, axis=(1, 2)), float(error.sum())
    rounding = np.zeros(len(elements))
    if not (density.is_diagonal and part.has_exact_elements(generator.spectrum)):
        rounding = np.linalg.norm(rounding_of(elements, generator.spectrum), axis=(1, 2))
    sizes = np.linalg.norm(of_vectors * np.sqrt(p), axis=1)
    noise = rounding * (2 * sizes + rounding) + whole**2 * total
    # Eigenvectors of the state are rounded where it is not diagonal, even if the operators are not.
    given = 4 * np.sqrt(len(p)) * ROUND_OFF * whole * (not density.is_diagonal)
    is_rounding = bool(np.all(sizes <= np.maximum(rounding, given)))
    # Vectors whose weights cannot be told apart span a subspace; it turns against the others.
    gap = np.abs(p[:, None] - p[None, :])
    gap[gap <= 2 * (error[:, None] + error[None, :])] = np.inf
    turned = 2 * total / gap.min(axis=1)
    left = np.maximum(of_vectors - rounding[:, None] - whole[:, None] * turned[None, :], 0.0)
    sure = float(np.sum(left**2 * np.maximum(p - error, 0.0)))
    return float(np.sum(sizes**2)), float(np.sum(noise)), sure, is_rounding
