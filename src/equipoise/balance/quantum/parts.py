"""How far from balance: what the jumps break relative to the jumps, the rest relative to all dissipation.

In a cold state coherences decay at rates far above those of the rare jumps. Relative to the norm of the whole
dissipative part a violation by the jumps would look tiny, however one-sided they are; relative to the norm of the jumps
rounding of the coherent part would look large. Each is compared with its own kind, and the ratios are added in
quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.tolerances import BALANCED

RESOLVED = 1e-3
"""Noise above this excuses nothing, and leaves a violation below it undecided."""


@dataclass(frozen=True)
class Parts:
    """A norm of what the jumps do, and one of what the coherent part does."""

    jump: float
    coherent: float

    @property
    def total(self) -> float:
        """Both, in quadrature."""
        return float(np.hypot(self.jump, self.coherent))

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.jump + other.jump, self.coherent + other.coherent)

    def relative_to(self, jump_norm: float, norm: float) -> float:
        """`((jump / jump_norm)^2 + (coherent / norm)^2)^(1/2)`; see `ratio`."""
        return float(np.hypot(ratio(self.jump, jump_norm, norm), ratio(self.coherent, norm)))


def relative_size(value: float, parts: Parts | None, jump_norm: float | None, norm: float) -> float:
    """A violation relative to its scales, which is zero only if the violation is.

    Where the parts are not orthogonal (the metric of a mean, a hidden time reversal) they may cancel, and what is left
    is compared with the smaller scale if that makes less of it; where they are not known apart, always.
    """
    bound = ratio(value, norm if jump_norm is None else min(jump_norm, norm), norm)
    if parts is None or jump_norm is None:
        return bound
    return min(bound, parts.relative_to(jump_norm, norm))


def ratio(part: float, *scales: float) -> float:
    """A part over the first of the scales that is not zero; infinite, or zero for no part, if all are."""
    for scale in scales:
        if scale > 0:
            return part / scale
    return float(np.inf) if part > 0 else 0.0


def is_within(relative: float, noise: float, tolerance: float) -> bool:
    """Whether a relative violation is below a tolerance, or below its noise if that is small itself."""
    return bool(relative <= max(tolerance, noise if noise <= RESOLVED else 0.0))


def verdict(relative: float, noise: float) -> str:
    """One word, or two, for a relative violation and its noise."""
    if relative <= BALANCED:
        return "holds"
    if is_within(relative, noise, BALANCED):
        return "holds within its noise"
    return "broken" if relative > noise else "not resolved"
