"""What the weights that are known show of a violation, where others of the state are below its round-off.

A dense solve knows weights to an absolute accuracy. In the norm of all jumps the states below it count as much as any,
and their noise may explain the whole residual. The elements of `Lhat - Lhat^dagger` between the states whose weights
are known do not contain the others, and their norm is a lower bound of the whole: a violation that shows there is one.
"""

from __future__ import annotations

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray
from equipoise.balance.quantum.noise import turning
from equipoise.balance.quantum.parts import Parts
from equipoise.balance.quantum.symmetrised import Symmetrised


def known_violation(picture: Symmetrised) -> float:
    """Relative violation of standard detailed balance beyond its noise among known states, the largest that shows."""
    signs, jumps = picture.jumps
    if not signs.size:
        return 0.0
    order = np.argsort(picture.weight_error, kind="stable")
    return max(
        (_between(picture, np.sort(order[:count]), signs, jumps) for count in range(2, picture.dimension)), default=0.0
    )


def _between(picture: Symmetrised, kept: np.ndarray, signs: RealArray, jumps: ComplexArray) -> float:
    """The violation among some states beyond its noise: jumps over jumps, the coherent part over all that dissipates.

    `P Lhat(P X P) P` has the jumps `P Lambda P` and `P Ghat P`. Made traceless, `P Lambda P = Lambda' + c`, they leave
    `sum s (c^* Lambda' + |c|^2 / 2)` to Ghat, and jumps and coherent part are orthogonal again.
    """
    k, block = kept.size, np.ix_(kept, kept)
    inner = jumps[:, kept[:, None], kept[None, :]]
    c = np.trace(inner, axis1=1, axis2=2) / k
    inner = inner - c[:, None, None] * np.eye(k)
    G = picture.effective[block] + np.einsum("k,kij->ij", signs * c.conj(), inner)
    unequal = ~picture.commutes[block]
    coherent = float(np.sqrt(2 * k) * np.linalg.norm(0.5 * (G - G.conj().T)[unequal]))
    jump, size = _sizes(signs, inner)
    noise = _noise(picture, kept, c, jumps)
    whole = float(np.hypot(size, np.sqrt(0.5 * k) * np.linalg.norm(picture.decay[block])))
    return Parts(max(0.0, jump - noise.jump), max(0.0, coherent - noise.coherent)).relative_to(size, whole)


def _sizes(signs: RealArray, jumps: ComplexArray) -> tuple[float, float]:
    """`||(C - C')/2||` and `||C||`."""
    forward = jumps.reshape(len(jumps), jumps.shape[1] ** 2).T
    backward = jumps.conj().transpose(0, 2, 1).reshape(len(jumps), jumps.shape[1] ** 2).T
    R: ComplexArray = np.asarray(np.linalg.qr(np.hstack([forward, backward]), mode="r"))
    a, b = np.hsplit(R, 2)
    there = (a * signs) @ a.conj().T
    return float(0.5 * np.linalg.norm(there - (b * signs) @ b.conj().T)), float(np.linalg.norm(there))


def _noise(picture: Symmetrised, kept: np.ndarray, c: ComplexArray, jumps: ComplexArray) -> Parts:
    """What rounding and the errors of all weights make of the residuals among some states."""
    density, k, block = picture.pair.on_support.density, kept.size, np.ix_(kept, kept)
    error, tilt = picture.weight_error, np.exp(0.25 * picture.frequency)
    angle = turning(density.weights, float(np.max(error * density.weights)), picture.commutes)
    scaling = np.where(np.eye(len(error), dtype=bool), 0.0, 0.25 * (error[:, None] + error[None, :]))

    def of_elements(scaled: ComplexArray, removed: float) -> RealArray:
        # In the given units the elements round, and turn with the eigenvectors; the tilt scales what is then wrong.
        plain = np.abs(scaled) / tilt
        rounding = 2 * ROUND_OFF * float(plain.max(initial=0.0)) + removed
        off = plain * ~np.eye(len(plain), dtype=bool)
        diagonal = np.diag(scaled)
        turned = angle @ off + off @ angle + angle * np.abs(diagonal[:, None] - diagonal[None, :])
        return np.asarray((tilt * (turned + rounding))[block] + (scaling * np.abs(scaled))[block])

    removed = np.zeros(len(jumps))
    groups = [group.removed for group in picture.groups]
    removed[: sum(map(len, groups))] = ROUND_OFF * np.concatenate([np.zeros(0), *groups])
    of_jumps = np.array([np.linalg.norm(of_elements(L, r)) for L, r in zip(jumps, removed, strict=True)])
    sizes = np.linalg.norm(jumps[:, kept[:, None], kept[None, :]], axis=(1, 2))
    of_rest = float(np.linalg.norm(of_elements(picture.effective, picture.rounding)[~picture.commutes[block]]))
    return Parts(
        float(np.sum(of_jumps * (2 * sizes + of_jumps))),
        float(np.sqrt(2 * k)) * (of_rest + float(np.sum((np.abs(c) + of_jumps) * of_jumps))),
    )
