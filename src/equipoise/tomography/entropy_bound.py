"""A lower confidence bound on the entropy production of a measured map, finite and valid at any distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.generators.channel import choi_of_superoperator
from equipoise.tomography.estimates import hermitian_basis
from equipoise.tomography.measured import MeasuredMap

_STEP = 1e-4
"""Step of the central difference over the state, in units of its least weight."""


@dataclass(frozen=True, kw_only=True)
class EntropyBound:
    """`EP >= t log((a + t)/(a - t))` of a measured map, per unit time (generator) or per step (channel).

    Parameters
    ----------
    estimate : float
        The bound evaluated at the measured map: biased upwards, since t is a norm of something noisy.
    lower : float
        Lower confidence bound: zero where no violation is resolved.
    confidence : float
        Its level.
    distance, activity : float
        `t = ||C_f - C_b||_1 / 2` and `a = Tr C_f` at the measured map: rate of jumps forward that are not matched
        backward, and of all jumps.
    distance_error, activity_error : float
        Their standard errors (of t along the direction in which it was found).
    """

    estimate: float
    lower: float
    confidence: float
    distance: float
    activity: float
    distance_error: float
    activity_error: float


def entropy_bound(found: MeasuredMap, quantile: float, confidence: float) -> EntropyBound:
    """The bound, with `quantile` the squared radius of the simultaneous confidence region.

    t is the largest of `Tr P (C_f - C_b)/2` over -1 <= P <= 1; P is chosen on the same data, so its error is that of
    all such P at once: `sqrt(quantile)` standard errors (Scheffe).
    """
    T = hermitian_basis(found.dimension)
    S = T @ found.transfer @ T.conj().T
    root = np.sqrt(found.weights)
    forward = _forward(S, np.diag(root).astype(complex), found.is_channel)
    difference = forward - _swapped(forward)
    values, vectors = np.linalg.eigh(difference)
    P = (vectors * np.sign(values)) @ vectors.conj().T
    W = 0.5 * (P - _swapped(P))
    t = 0.5 * float(np.abs(values).sum())
    a = float(np.trace(forward).real)
    one = np.eye(len(S), dtype=complex)
    errors = [float(np.sqrt(_variance(found, S, X))) for X in (W, one)]
    radius = float(np.sqrt(quantile))
    return EntropyBound(
        estimate=_production(t, a),
        lower=_production(max(t - radius * errors[0], 0.0), a + radius * errors[1]),
        confidence=confidence,
        distance=t,
        activity=a,
        distance_error=errors[0],
        activity_error=errors[1],
    )


def _production(t: float, a: float) -> float:
    if t <= 0:
        return 0.0
    return float(t * (np.log(a + t) - np.log(a - t))) if t < a else float("inf")


def _forward(S: ComplexArray, root: ComplexArray, is_channel: bool) -> ComplexArray:
    """`C_f = sum_k |K s^(1/2)>><<.|`; of a generator the part orthogonal to s^(1/2), which no Hamiltonian enters."""
    d = len(root)
    right = np.kron(np.eye(d), root.T)
    C = right @ choi_of_superoperator(S) @ right.conj().T
    if is_channel:
        return np.asarray(C)
    v = root.ravel() / np.linalg.norm(root)
    C = C - np.outer(v, v.conj() @ C)
    return np.asarray(C - np.outer(C @ v, v.conj()))


def _swapped(C: ComplexArray) -> ComplexArray:
    """`C_b = sum_k |s^(1/2) K^+>><<.|` from C_f: vec(A^+) is the conjugate of vec(A) with its indices exchanged."""
    d = int(np.rint(np.sqrt(len(C))))
    flip = np.arange(d * d).reshape(d, d).T.ravel()
    return np.asarray(C[np.ix_(flip, flip)].conj())


def _variance(found: MeasuredMap, S: ComplexArray, W: ComplexArray) -> float:
    """Variance of `Tr[W C_f]`, by the map and, where it is estimated, by the state."""
    d = found.dimension
    T = hermitian_basis(d)
    root = np.diag(np.sqrt(found.weights)).astype(complex)
    right = np.kron(np.eye(d), root.T)
    projected = W
    if not found.is_channel:
        v = root.ravel() / np.linalg.norm(root)
        projected = W - np.outer(v, v.conj() @ W)
        projected = projected - np.outer(projected @ v, v.conj())
    dual = right.conj().T @ projected @ right
    gradient: RealArray = (T.conj().T @ choi_of_superoperator(dual) @ T).real.ravel()
    if found.is_stationary:
        step = _STEP * float(found.weights[-1])
        slopes = []
        for column in T.T:
            change = step * column.reshape(d, d)
            ends = [
                float(np.trace(W @ _forward(S, _root(np.diag(found.weights) + sign * change), found.is_channel)).real)
                for sign in (1, -1)
            ]
            slopes.append((ends[0] - ends[1]) / (2 * step))
        gradient = gradient + np.array(slopes) @ found.state_response
    return max(float(gradient @ found.covariance @ gradient), 0.0)


def _root(sigma: ComplexArray) -> ComplexArray:
    values, vectors = np.linalg.eigh(sigma)
    return np.asarray((vectors * np.sqrt(values)) @ vectors.conj().T)
