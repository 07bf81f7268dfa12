"""What of the symmetric part of a generator joins unequal modular frequencies: balanced in KMS, but not in GNS.

A GNS-balanced generator is a KMS-balanced one that commutes with the modular flow. Dropping the blocks between unequal
modular frequencies is the orthogonal projection on those that do, so the norm of what is dropped is the distance.
Frequencies of a computed state are equal, too, where its error may explain their difference.
"""

from __future__ import annotations

import numpy as np

from equipoise.balance.quantum._low_rank import split_norms
from equipoise.balance.quantum._scales import RESOLVED, Parts
from equipoise.balance.quantum._symmetrised import COMMUTING_TOLERANCE, Symmetrised


def beyond_gns(picture: Symmetrised) -> tuple[Parts, Parts]:
    """Distance of the symmetric part from the nearest GNS-balanced generator, and what of it the state's error makes.

    An error above a thousandth of a weight makes no frequencies equal: it leaves open whether they are.
    """
    found = _exchange(picture, RESOLVED)
    if float(picture.weight_error.max()) <= 0.25 * RESOLVED:
        return found, Parts(0.0, 0.0)
    sure = _exchange(picture, np.inf)
    return found, Parts(
        float(np.sqrt(max(0.0, found.jump**2 - sure.jump**2))),
        float(np.sqrt(max(0.0, found.coherent**2 - sure.coherent**2))),
    )


def _exchange(picture: Symmetrised, largest: float) -> Parts:
    _, outside = pinched_jump_norms(picture, COMMUTING_TOLERANCE, largest)
    symmetric = 0.5 * (picture.effective + picture.effective.conj().T)
    apart = ~equal_weights(picture, COMMUTING_TOLERANCE, largest)
    return Parts(outside, float(np.sqrt(2 * picture.dimension) * np.linalg.norm(symmetric[apart])))


def pinched_jump_norms(picture: Symmetrised, tolerance: float, largest: float = RESOLVED) -> tuple[float, float]:
    """Norms of the symmetric jump part `(C + C')/2` within, and between, modular frequencies."""
    single = picture.singles
    inside2, outside2 = float(np.sum((0.5 * (single.forward + single.backward)) ** 2)), 0.0
    for group in picture.groups:
        vectors = np.hstack([group.forward, group.backward]) * np.sqrt(0.5)
        signs = np.concatenate([group.signs, group.signs])
        label = frequency_labels(picture, group.rows, group.columns, tolerance, largest)
        inside, outside = split_norms(vectors, signs, label)
        inside2, outside2 = inside2 + inside**2, outside2 + outside**2
    return float(np.sqrt(inside2)), float(np.sqrt(outside2))


def equal_weights(picture: Symmetrised, tolerance: float, largest: float = RESOLVED) -> np.ndarray:
    """Whether two weights count as equal, shape (d, d)."""
    error = picture.weight_error
    slack = np.minimum(error[:, None] + error[None, :], largest)
    return np.asarray(np.abs(picture.frequency) <= np.maximum(slack, tolerance))


def frequency_labels(
    picture: Symmetrised, rows: np.ndarray, columns: np.ndarray, tolerance: float, largest: float = RESOLVED
) -> np.ndarray:
    """Label of the modular frequency of each pair of states: sorted neighbours within the tolerance share one.

    The tolerance of two neighbours is the given one, or what the errors of their weights make of their difference up
    to `largest`.
    """
    frequency = picture.frequency[rows, columns]
    slack = np.where(rows == columns, 0.0, picture.weight_error[rows] + picture.weight_error[columns])
    order = np.argsort(frequency, kind="stable")
    width = np.minimum(slack[order][1:] + slack[order][:-1], largest)
    label = np.empty(frequency.size, dtype=np.int64)
    label[order] = np.concatenate([[0], np.cumsum(np.diff(frequency[order]) > np.maximum(width, tolerance))])
    return label
