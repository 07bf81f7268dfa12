"""What paired jumps give to their reservoir: the logarithm of a rate over that of its reverse, jump by jump."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, RealArray
from equipoise.fluxes.generator_at_state import GeneratorAtState
from equipoise.generators import Dissipator, Jumps
from equipoise.generators.pairing import directed_jumps
from equipoise.spectrum import rounding_of


@dataclass(frozen=True, eq=False, kw_only=True)
class JumpExchange:
    """How often each jump of one dissipator takes place in a state, and what it gives to the reservoir.

    A jump with the rate r whose reverse has the rate r' gives `log(r / r')` to its reservoir, whatever its energy is:
    no Hamiltonian enters. Multiples of the identity are taken out of the jumps, and jumps that a unitary mixed are
    told apart again where that is possible, so that the numbers belong to the generator and not to the operators it
    was written with.

    Parameters
    ----------
    fluxes, errors : RealArray, shape (n,)
        `Tr[L_k rho L_k^dagger]` per unit time, and its error.
    log_ratios : RealArray, shape (n,)
        `log(rate / rate of the reverse)`; infinite where there is no reverse.
    ratio_errors : RealArray, shape (n,)
        Of the logarithms.
    """

    fluxes: RealArray
    errors: RealArray
    log_ratios: RealArray
    ratio_errors: RealArray


def jump_exchange(pair: GeneratorAtState, part: Dissipator) -> JumpExchange | None:
    """Of a dissipator of given jumps; None where the reverse of a jump is not known."""
    kind, density, spectrum = part.representation, pair.density, pair.generator.spectrum
    if not isinstance(kind, Jumps) or not kind.is_completely_positive:
        return None
    found = directed_jumps(kind.gauged_jumps(spectrum)[2])
    if found is None:
        return None
    jumps, ratios, inexact = found
    if not len(jumps):
        return JumpExchange(fluxes=np.zeros(0), errors=np.zeros(0), log_ratios=ratios, ratio_errors=inexact)
    each = np.abs(np.asarray(density.in_eigenbasis(jumps))) ** 2
    fluxes, weights = each.sum(axis=1) @ density.weights, weight_errors(pair)
    sizes, rounding = np.linalg.norm(jumps, axis=(1, 2)), np.zeros(len(jumps))
    if not (density.is_diagonal and part.has_exact_elements(spectrum)):
        rounding = np.linalg.norm(rounding_of(jumps, spectrum), axis=(1, 2))
    # Eigenvectors of weights that are not known turn into each other: then only the whole rate is a bound.
    lost = each.sum(axis=1) @ weights if density.is_diagonal else sizes**2 * float(weights.sum())
    turned = rounding * (2 * np.sqrt(fluxes) + rounding) + lost
    errors = turned + 32 * ROUND_OFF * fluxes
    return JumpExchange(fluxes=fluxes, errors=errors, log_ratios=ratios, ratio_errors=inexact)


def weight_errors(pair: GeneratorAtState) -> RealArray:
    """Absolute error of each weight of the state, shape (d,)."""
    density, found = pair.density, pair.stationary
    if found is not None and pair.support is None and not density.is_diagonal:
        return found.weight_error
    relative = density.relative_weight_error
    if relative is not None:
        return np.asarray(relative * density.weights)
    return np.asarray((0.0 if found is None else found.relative_accuracy) * density.weights)
