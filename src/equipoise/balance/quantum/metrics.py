"""Distance of a generator from self-adjointness in the metric of a mean of the weights of the state.

Element (i, j) of an observable is multiplied by `r = exp(log_weight(h_i - h_j)/2)` on top of the symmetrised picture:
the generator becomes `Lhat_pq r_p / r_q`, and the residual is the norm of its anti-Hermitian part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, Array, ComplexArray, RealArray
from equipoise.balance.quantum._low_rank import product_norm
from equipoise.balance.quantum.notions import AbstractMetric, InnerProduct
from equipoise.balance.quantum.parts import Parts
from equipoise.balance.quantum.symmetrised import Symmetrised
from equipoise.fluxes import GeneratorAtState
from equipoise.stationary import DensityMatrix
from equipoise.tolerances import EQUAL_WEIGHTS

LARGEST_DENSE = 32
"""Largest dimension at which the d^2 x d^2 matrix of a generator is formed for a metric."""

PROBES = 16
"""Random matrices from which a norm is estimated; the standard error is measured, some per cent at d = 64."""

_BATCH = 2**18
"""Matrix elements of the probes that are worked on at once."""


@dataclass(frozen=True, kw_only=True)
class MetricResidual:
    """Norms of the anti-Hermitian part and of the dissipative part, and the standard error of the former.

    `parts` is the anti-Hermitian part of the jumps and of the rest (which are orthogonal for `InnerProduct` only),
    `jump_norm` the norm of the jumps; both are None where they are not known apart.
    """

    value: float
    norm: float
    method: str
    error: float = 0.0
    parts: Parts | None = None
    jump_norm: float | None = None


def metric_residual(picture: Symmetrised, metric: AbstractMetric) -> MetricResidual:
    """Exact for `InnerProduct` (QR) and up to dimension 32 (dense); estimated from random matrices beyond."""
    if isinstance(metric, InnerProduct):
        return _of_power(picture, 0.5 * (metric.s - 0.5))
    if picture.dimension <= LARGEST_DENSE:
        return _dense(picture, metric)
    G, half = picture.effective, 0.5 * picture.decay

    def free(X: Array, image: Array) -> ComplexArray:
        extra = G + half
        return np.asarray(image - extra.conj().T @ X - X @ extra)

    whole = Action(apply=picture.apply, adjoint=picture.adjoint, free=free)
    return estimated(whole, picture.frequency, metric)


@dataclass(frozen=True, kw_only=True)
class Action:
    """A map of matrices of shape (..., d, d) in the eigenbasis of the state, and its Hilbert-Schmidt adjoint.

    `free(X, apply(X))` is its part without Hamiltonian.
    """

    apply: Callable[[Array], ComplexArray]
    adjoint: Callable[[Array], ComplexArray]
    free: Callable[[Array, Array], ComplexArray]


def estimated(whole: Action, frequency: RealArray, metric: AbstractMetric) -> MetricResidual:
    """The norms from their action on random matrices (Hutchinson's estimate), O(K d^3) for each."""
    half = 0.5 * metric.log_weight(frequency)
    raised, lowered = np.exp(half), np.exp(-half)
    d = frequency.shape[0]
    rng = np.random.default_rng(1976)
    values, sizes = [], []
    batch = max(1, min(PROBES, _BATCH // d**2))
    for start in range(0, PROBES, batch):
        shape = (min(batch, PROBES - start), d, d)
        X = np.exp(2j * np.pi * rng.random(shape))  # unit phases: the estimate with the least variance
        image = whole.apply(lowered * X)
        up = raised * image
        down = lowered * whole.adjoint(raised * X)
        values += list(np.linalg.norm(0.5 * (up - down), axis=(1, 2)) ** 2)
        sizes += list(np.linalg.norm(raised * whole.free(lowered * X, image), axis=(1, 2)) ** 2)
    mean = float(np.mean(values))
    value = float(np.sqrt(mean))
    spread = float(np.std(values, ddof=1) / np.sqrt(PROBES))
    return MetricResidual(
        value=value,
        norm=float(np.sqrt(np.mean(sizes))),
        method=f"estimated from {PROBES} random matrices",
        error=spread / (2 * value) if value > 0 else 0.0,
    )


def _dense(picture: Symmetrised, metric: AbstractMetric) -> MetricResidual:
    half = 0.5 * metric.log_weight(picture.frequency).ravel()
    scale = np.exp(half[:, None] - half[None, :])
    jumps = scale * picture.jump_superoperator()
    identity = np.eye(picture.dimension)

    def of_sides(G: Array) -> ComplexArray:
        return np.asarray(scale * (np.kron(G.conj().T, identity) + np.kron(identity, G.T)))

    of_jumps, of_rest = _antihermitian(jumps), _antihermitian(of_sides(picture.effective))
    return MetricResidual(
        value=float(np.linalg.norm(of_jumps + of_rest)),
        norm=float(np.linalg.norm(jumps + of_sides(-0.5 * picture.decay))),
        method="dense",
        parts=Parts(float(np.linalg.norm(of_jumps)), float(np.linalg.norm(of_rest))),
        jump_norm=float(np.linalg.norm(jumps)),
    )


def _antihermitian(matrix: ComplexArray) -> ComplexArray:
    return np.asarray(0.5 * (matrix - matrix.conj().T))


def _of_power(picture: Symmetrised, t: float) -> MetricResidual:
    """`r = exp(t nu)` factorises: the scaled jump part is a low-rank matrix, its norm a matter of two QRs."""
    d = picture.dimension
    single = picture.singles
    jump2 = 0.25 * float(np.sum((single.forward - single.backward) ** 2))
    size2 = float(np.sum(single.forward**2))
    for group in picture.groups:
        up, down = np.exp(t * group.frequency)[:, None], np.exp(-t * group.frequency)[:, None]
        a, b, s = group.forward, group.backward, group.signs
        left = np.hstack([0.5 * s * up * a, -0.5 * s * down * b])
        jump2 += product_norm(left, np.hstack([down * a, up * b])) ** 2
        size2 += product_norm(s * up * a, down * a) ** 2
    # The traces of the two sides of the decay part, which every scaling leaves as they are, overlap.
    coherent2, decay2 = 0.0, 0.5 * float(np.trace(picture.decay).real) ** 2
    tilt = np.exp(t * picture.frequency)
    for side, decay in (
        (tilt * picture.effective.conj().T, tilt * picture.decay.conj().T),
        (tilt * picture.effective, tilt * picture.decay),
    ):
        D = 0.5 * (side - side.conj().T)
        # The trace is that of a Hamiltonian constant.
        D = D - np.trace(D) / d * np.eye(d)
        coherent2 += d * float(np.linalg.norm(D)) ** 2
        decay2 += d * float(np.linalg.norm(0.5 * decay)) ** 2
    parts = Parts(float(np.sqrt(jump2)), float(np.sqrt(coherent2)))
    return MetricResidual(
        value=parts.total,
        norm=float(np.sqrt(size2 + decay2)),
        method="QR",
        parts=parts,
        jump_norm=float(np.sqrt(size2)),
    )


def unresolved_residual(pair: GeneratorAtState, metric: AbstractMetric) -> tuple[MetricResidual, float, float]:
    """Estimated residual of a generator too large to be resolved into jumps, known by its action.

    The second number is its value without the commuting part of the given Hamiltonian, the third the rounding of both.
    """
    generator, density = pair.generator, pair.density
    h = -density.log_weights
    frequency = h[:, None] - h[None, :]
    terms = [part.coherent for part in generator.dissipators if part.coherent is not None]
    H = generator.spectrum.to_energy_basis(np.asarray(sum(terms, start=generator.hamiltonian)))
    K = np.where(np.abs(frequency) <= EQUAL_WEIGHTS, density.in_eigenbasis(H), 0)

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

    found = estimated(Action(apply=forward, adjoint=backward, free=free), frequency, metric)
    rest = Action(apply=lambda X: forward(X) + without(X), adjoint=lambda X: backward(X) - without(X), free=free)
    beyond = estimated(rest, frequency, metric)
    spread = float(np.ptp(h)) + float(np.ptp(metric.log_weight(frequency)))
    return found, beyond.value, ROUND_OFF * found.norm * generator.dimension * float(np.exp(0.5 * spread))


def _seen(density: DensityMatrix, action: Callable[[Array], Array], X: Array) -> ComplexArray:
    """An action in the given basis, on a matrix in the eigenbasis of the state."""
    inner = X if density.basis is None else density.basis @ X @ density.basis.conj().T
    image = action(density.spectrum.to_given_basis(inner))
    return np.asarray(density.in_eigenbasis(density.spectrum.to_energy_basis(image)))


def _each(action: Callable[[Array], Array]) -> Callable[[Array], ComplexArray]:
    """The action on each matrix of a stack."""
    return lambda stack: np.asarray([action(X) for X in stack])
