"""Errors of the distance from balance: those from rounding of the given operators, and those of the state."""

from __future__ import annotations

import numpy as np

from equipoise._checks import ROUND_OFF, Array, ComplexArray, RealArray
from equipoise.balance.quantum.parts import Parts
from equipoise.fluxes.jumps import PairedJumps, resolves_frequencies, scaled
from equipoise.generators import Generator
from equipoise.stationary import DensityMatrix
from equipoise.tolerances import EQUAL_WEIGHTS, ROUNDED


def is_exact(generator: Generator, density: DensityMatrix) -> bool:
    """Whether each element of the dissipators is known in the eigenbasis of the state to its own digits."""
    return density.basis is None and all(part.has_exact_elements(generator.spectrum) for part in generator.dissipators)


def rounded(elements: Array, *, exact: bool, largest: float = 0.0) -> RealArray:
    """Rounding error of matrix elements: of each of its own where no basis was changed, of the largest otherwise.

    `largest`: of the terms that add up to them, where they may cancel.
    """
    size = np.abs(elements)
    if exact:
        return np.asarray(ROUND_OFF * size)
    return np.full(size.shape, 2 * ROUND_OFF * max(largest, float(size.max(initial=0.0))))


def jump_rounding(jumps: PairedJumps, generator: Generator, density: DensityMatrix) -> float:
    """Rounding of the jump part: rounded elements scaled, times the jumps they multiply."""
    size = sum(float(np.linalg.norm(group.forward)) ** 2 for group in jumps.groups)
    total = ROUNDED * (float(np.linalg.norm(jumps.singles.forward)) + size)
    if resolves_frequencies(generator.dissipators, density):
        # Each element of a jump is known to its own digits.
        return total
    d = density.log_weights.size
    exact = is_exact(generator, density)
    identity = np.eye(d) if exact else np.ones((d, d))
    for group in jumps.groups:
        undo = np.exp(np.clip(-0.25 * group.frequency, -700, 700))
        tilt = 0.25 * group.frequency.reshape(d, d)
        for column, removed in zip(group.forward.T, group.removed, strict=True):
            elements = (column * undo).reshape(d, d)
            error = scaled(rounded(elements, exact=exact) + ROUND_OFF * removed * identity, tilt)
            total += float(np.linalg.norm(error)) * float(np.linalg.norm(column))
    return total


def state_noise(jumps: PairedJumps, effective: ComplexArray, generator: Generator, density: DensityMatrix) -> Parts:
    """Errors of the residuals that come from those of the weights and of the eigenvectors of a computed state.

    A weight known to `dp` scales elements by `(1 + dp/p)^(1/4)`; two eigenvectors turn into each other by `dp` over
    the difference of their weights. For a cold state both are far above the accuracy of its large weights.
    """
    error = density.relative_weight_error
    if error is None:
        return Parts(0.0, 0.0)
    d = error.size
    # The diagonal is not scaled.
    tilted = np.where(np.eye(d, dtype=bool), 0.0, 0.25 * (error[:, None] + error[None, :]))
    single = jumps.singles
    noise = 2 * float(np.linalg.norm(tilted[single.rows, single.columns] * single.forward))
    for group in jumps.groups:
        change = np.linalg.norm(tilted[group.rows, group.columns][:, None] * group.forward)
        noise += 2 * float(change * np.linalg.norm(group.forward))
    found = Parts(noise, float(np.sqrt(2 * d) * np.linalg.norm(tilted * np.abs(effective))))
    if density.basis is None or generator.is_secular:
        # The basis stays within levels, where the Hamiltonian is a number.
        return found
    return found + _turned(jumps, effective, density, float(np.max(error * density.weights)))


def _turned(jumps: PairedJumps, effective: ComplexArray, density: DensityMatrix, error: float) -> Parts:
    """Change of the residuals when the eigenvectors turn by `error` over the differences of their weights."""
    d = density.weights.size
    frequency = density.log_weights[None, :] - density.log_weights[:, None]
    commutes = np.abs(frequency) <= EQUAL_WEIGHTS
    angle = turning(density.weights, error, commutes)
    tilt = np.exp(0.25 * frequency)
    G = np.abs(effective) / tilt
    mean = 1j * float(np.trace(effective).imag) / d
    own = np.diag(effective) - mean
    G[np.diag_indices(d)] = 0.0
    turned = angle @ G + G @ angle + angle * np.abs(own[:, None] - own[None, :])
    coherent = float(np.sqrt(2 * d) * np.linalg.norm(np.where(commutes, 0, tilt * turned)))
    noise = 0.0
    for group in jumps.groups:
        for column in group.forward.T:
            L = np.zeros((d, d))
            L[group.rows, group.columns] = np.abs(column)
            L = L / tilt
            noise += 2 * float(np.linalg.norm(tilt * (angle @ L + L @ angle)) * np.linalg.norm(column))
    return Parts(noise, coherent)


def turning(weights: RealArray, error: float, commutes: np.ndarray) -> RealArray:
    """Angles by which an error of a state turns its eigenvectors into each other, those of equal weight left out."""
    gap = np.abs(weights[:, None] - weights[None, :])
    return np.asarray(np.where(commutes, 0.0, error / np.maximum(gap, max(error, np.finfo(float).tiny))))
