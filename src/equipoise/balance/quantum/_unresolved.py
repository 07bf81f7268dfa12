"""Residuals of a generator that is known by its action only, too large to be resolved into jump operators."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equipoise._checks import ROUND_OFF, Array, ComplexArray
from equipoise.balance.quantum._metrics import Action, MetricResidual, estimated
from equipoise.balance.quantum._symmetrised import COMMUTING_TOLERANCE
from equipoise.balance.quantum.notions import AbstractMetric
from equipoise.generators import Generator
from equipoise.stationary import DensityMatrix


def unresolved_residual(
    generator: Generator, density: DensityMatrix, metric: AbstractMetric
) -> tuple[MetricResidual, float, float]:
    """Estimated residual, the same without the commuting part of the given Hamiltonian, and the rounding of both."""
    h = -density.log_weights
    frequency = h[:, None] - h[None, :]
    H = generator.spectrum.to_energy_basis(_total_hamiltonian(generator))
    K = np.where(np.abs(frequency) <= COMMUTING_TOLERANCE, density.in_eigenbasis(H), 0)

    def without(X: Array) -> ComplexArray:
        return np.asarray(-1j * (K @ X - X @ K))

    up, down = 0.25 * (h[:, None] + h[None, :]), -0.25 * (h[:, None] + h[None, :])
    forward = _each(lambda X: np.exp(down) * _seen(density, generator.adjoint, np.exp(up) * X))
    backward = _each(lambda X: np.exp(up) * _seen(density, generator.apply, np.exp(down) * X))

    def dissipative(X: Array) -> ComplexArray:
        return np.asarray(sum(part.representation.adjoint(X) for part in generator.dissipators))

    each = _each(lambda X: np.exp(down) * _seen(density, dissipative, np.exp(up) * X))

    def free(X: Array, image: Array) -> ComplexArray:
        return each(X)

    found = estimated(Action(forward, backward, free), frequency, metric)
    rest = Action(lambda X: forward(X) + without(X), lambda X: backward(X) - without(X), free)
    beyond = estimated(rest, frequency, metric)
    spread = float(np.ptp(h)) + float(np.ptp(metric.log_weight(frequency)))
    return found, beyond.value, ROUND_OFF * found.norm * generator.dimension * float(np.exp(0.5 * spread))


def _total_hamiltonian(generator: Generator) -> ComplexArray:
    terms = [part.coherent for part in generator.dissipators if part.coherent is not None]
    return np.asarray(sum(terms, start=generator.hamiltonian))


def _seen(density: DensityMatrix, action: Callable[[Array], Array], X: Array) -> ComplexArray:
    """An action in the given basis, on a matrix in the eigenbasis of the state."""
    inner = X if density.basis is None else density.basis @ X @ density.basis.conj().T
    image = action(density.spectrum.to_given_basis(inner))
    return np.asarray(density.in_eigenbasis(density.spectrum.to_energy_basis(image)))


def _each(action: Callable[[Array], Array]) -> Callable[[Array], ComplexArray]:
    """The action on each matrix of a stack."""
    return lambda stack: np.asarray([action(X) for X in stack])
