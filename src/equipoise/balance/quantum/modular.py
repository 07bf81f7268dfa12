"""The part of a generator that is balanced in KMS, but not in GNS: it joins unequal modular frequencies.

A GNS-balanced generator is a KMS-balanced one that commutes with the modular flow. Dropping the blocks between unequal
modular frequencies is the orthogonal projection on those that do, so the norm of what is dropped is the distance.
Frequencies of a computed state are equal, too, where its error may explain their difference.
"""

from __future__ import annotations

import numpy as np

from equipoise.balance.quantum._low_rank import split_norms
from equipoise.balance.quantum.parts import RESOLVED, Parts
from equipoise.balance.quantum.symmetrised import Symmetrised
from equipoise.spectrum import UNSAFE_FACTOR
from equipoise.tolerances import EQUAL_WEIGHTS


def kms_but_not_gns(picture: Symmetrised, tolerance: float = EQUAL_WEIGHTS) -> tuple[Parts, Parts]:
    """Distance of the symmetric part from the nearest GNS-balanced generator, and what of it the state's error makes.

    An error above a thousandth of a weight makes no frequencies equal: it leaves open whether they are.
    """
    found = modular_split(picture, tolerance)[1]
    if float(picture.weight_error.max()) <= 0.25 * RESOLVED:
        return found, Parts(0.0, 0.0)
    sure = modular_split(picture, tolerance, np.inf)[1]
    return found, Parts(
        float(np.sqrt(max(0.0, found.jump**2 - sure.jump**2))),
        float(np.sqrt(max(0.0, found.coherent**2 - sure.coherent**2))),
    )


def modular_split(picture: Symmetrised, tolerance: float, largest: float = RESOLVED) -> tuple[Parts, Parts]:
    """Norms of the symmetric jump and coherent parts within, and between, modular frequencies."""
    single, d = picture.singles, picture.dimension
    inside2, outside2 = float(np.sum((0.5 * (single.forward + single.backward)) ** 2)), 0.0
    for group in picture.groups:
        # (C + C')/2 of the jumps and their reverses.
        vectors = np.hstack([group.forward, group.backward]) * np.sqrt(0.5)
        signs = np.concatenate([group.signs, group.signs])
        label = frequency_labels(picture, group.rows, group.columns, tolerance, largest)
        inside, outside = split_norms(vectors, signs, label)
        inside2, outside2 = inside2 + inside**2, outside2 + outside**2
    symmetric = 0.5 * (picture.effective + picture.effective.conj().T)
    within = equal_weights(picture, tolerance, largest)
    kept, left = np.where(within, symmetric, 0), np.where(within, 0, symmetric)
    # The two sides of X -> G^dagger X + X G overlap in the trace.
    kept2 = 2 * d * float(np.linalg.norm(kept)) ** 2 + 2 * float(np.trace(kept).real) ** 2
    return (
        Parts(float(np.sqrt(inside2)), float(np.sqrt(kept2))),
        Parts(float(np.sqrt(outside2)), float(np.sqrt(2 * d) * np.linalg.norm(left))),
    )


def is_split_safe(picture: Symmetrised, tolerance: float) -> bool:
    """Whether a tolerance a thousand times as wide, or as narrow, gives the same clusters of modular frequencies."""
    for frequency in (picture.frequency.ravel(), *(group.frequency for group in picture.groups)):
        steps = np.diff(np.sort(frequency))
        if np.any((steps > tolerance / UNSAFE_FACTOR) & (steps < UNSAFE_FACTOR * tolerance)):
            return False
    return True


def equal_weights(picture: Symmetrised, tolerance: float, largest: float = RESOLVED) -> np.ndarray:
    """Whether two weights count as equal, shape (d, d)."""
    error = picture.weight_error
    slack = np.minimum(error[:, None] + error[None, :], largest)
    return np.asarray(np.abs(picture.frequency) <= np.maximum(slack, tolerance))


def frequency_labels(
    picture: Symmetrised, rows: np.ndarray, columns: np.ndarray, tolerance: float, largest: float = RESOLVED
) -> np.ndarray:
    """Label of the modular frequency of each pair of states: sorted neighbours within the tolerance share one.

    That of two neighbours is the given one, or what the errors of their weights explain, up to `largest`.
    """
    frequency = picture.frequency[rows, columns]
    slack = np.where(rows == columns, 0.0, picture.weight_error[rows] + picture.weight_error[columns])
    order = np.argsort(frequency, kind="stable")
    width = np.minimum(slack[order][1:] + slack[order][:-1], largest)
    label = np.empty(frequency.size, dtype=np.int64)
    label[order] = np.concatenate([[0], np.cumsum(np.diff(frequency[order]) > np.maximum(width, tolerance))])
    return label
