"""The irreversibility budget: what of a generator is balanced, in which notion, and what carries the currents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import finite_real, require
from equipoise.balance.quantum._exchange import equal_weights, pinched_jump_norms
from equipoise.balance.quantum._prepared import prepared
from equipoise.balance.quantum._symmetrised import COMMUTING_TOLERANCE, Symmetrised
from equipoise.balance.quantum.kms import jump_norms
from equipoise.generators import Generator
from equipoise.spectrum import UNSAFE_FACTOR
from equipoise.stationary import DensityMatrix, StationaryState, Support

_WIDTH = 58
"""Characters of the printed bar."""


@dataclass(frozen=True, repr=False)
class IrreversibilityBudget:
    """A generator split into orthogonal parts, in the Hilbert-Schmidt norm of the symmetrised picture of a state.

        ||Lhat||^2 = gns^2 + beyond_gns^2 + jump^2 + noncommuting^2 + commuting^2,

    and the last three are `||(Lhat - Lhat^dagger)/2||^2`, the distance to the nearest KMS-balanced generator if the
    state is stationary. Print it for a bar.

    Parameters
    ----------
    gns : float
        The GNS-balanced part: symmetric, and without exchange between modular frequencies.
    beyond_gns : float
        KMS-balanced, but not GNS-balanced.
    jump : float
        Antisymmetric part of the jumps: it carries currents.
    noncommuting : float
        Antisymmetric coherent part between states of unequal weight.
    commuting : float or None
        The Hamiltonian that commutes with the state, which standard quantum detailed balance leaves free. None if a
        coherent term does not exist (a divergent Lamb shift); it is then left out of the sum.
    stationarity : float
        `||sigma^(-1/4) L_*(sigma) sigma^(-1/4)||`: zero if the state is stationary, at most twice the
        current-carrying part. Otherwise this is the budget of a candidate state.
    noise : float
        What the rounding of the given operators, and of the state, makes of the antisymmetric parts.
    is_clustering_safe : bool
        False if some modular frequencies are neither clearly equal nor clearly distinct, so that `gns` and
        `beyond_gns` depend on the tolerance; the other parts never do.
    support : Support or None
        Of the state, to which the generator was restricted; None if it has full rank.
    """

    gns: float
    beyond_gns: float
    jump: float
    noncommuting: float
    commuting: float | None
    stationarity: float
    noise: float
    is_clustering_safe: bool
    support: Support | None = None

    @property
    def current_carrying(self) -> float:
        """`(jump^2 + noncommuting^2)^(1/2)`, the violation of standard quantum detailed balance."""
        return float(np.hypot(self.jump, self.noncommuting))

    @property
    def irreversible(self) -> float:
        """`||(Lhat - Lhat^dagger)/2||`, the commuting Hamiltonian included."""
        return float(np.hypot(self.current_carrying, self.commuting or 0.0))

    @property
    def total(self) -> float:
        """`||Lhat||`."""
        return float(np.sqrt(self.gns**2 + self.beyond_gns**2 + self.irreversible**2))

    def parts(self) -> list[tuple[str, float]]:
        """Name and norm of each part, in the order of the ladder."""
        rows = [
            ("GNS-balanced", self.gns),
            ("KMS-balanced beyond GNS", self.beyond_gns),
            ("jumps, antisymmetric", self.jump),
            ("coherent, unequal weights", self.noncommuting),
        ]
        return rows if self.commuting is None else [*rows, ("Hamiltonian commuting with state", self.commuting)]

    def __repr__(self) -> str:
        total2 = max(self.total**2, np.finfo(float).tiny)
        marks = "=-#%."
        shares = [value**2 / total2 for _, value in self.parts()]
        ends = np.rint(_WIDTH * np.cumsum(shares)).astype(int)
        bar = "".join(mark * int(end - start) for mark, start, end in zip(marks, [0, *ends], ends, strict=False))
        lines = ["irreversibility budget of a generator with respect to a state", f"  [{bar}]  share of ||L||^2"]
        for mark, (name, value), share in zip(marks, self.parts(), shares, strict=False):
            lines.append(f"  {mark} {name:34}{value:12.4g}  {100 * share:6.2f} %")
        lines.append(f"  noise {self.noise:.1g}")
        lines.append(f"  norm of L applied to the state {self.stationarity:.3g}, zero if it is stationary")
        if not self.is_clustering_safe:
            lines.append("  GNS against KMS: some modular frequencies are nearly equal, the split depends on it")
        if self.support is not None:
            lines.append(f"  {self.support}")
        return "\n".join(lines)


def irreversibility_budget(
    generator: Generator,
    state: StationaryState | DensityMatrix | ArrayLike,
    tolerance: float = COMMUTING_TOLERANCE,
) -> IrreversibilityBudget:
    """Split a generator into its GNS-balanced, KMS-balanced and irreversible parts with respect to a state.

    Exact and independent of the gauge of the jump operators, O(K^2 d^2 + K d^3) and never a d^2 x d^2 matrix: the
    jump part comes from a QR factorisation of the jump operators and resolves violations of 1e-11 of the norm.

    Parameters
    ----------
    generator : Generator
        With jump operators (signs -1 allowed), or of dimension up to 32.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary, or a candidate. A state without full rank restricts the generator to its support.
    tolerance : float
        Modular frequencies (differences of log-weights) are equal when linked by steps below this.

    Returns
    -------
    IrreversibilityBudget

    Raises
    ------
    InputError
        Wrong dimension, a support that the generator leaves, no jump operators above dimension 32.

    References
    ----------
    Fagnola & Umanita (2010) for the conditions; Carlen & Maas (2017) for GNS against KMS.

    Examples
    --------
    A classical cycle with rates 2 and 1: half of the difference on each of six directed pairs is irreversible.

    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import stationary_state
    >>> cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> budget = irreversibility_budget(cycle, stationary_state(cycle))
    >>> round(budget.jump**2, 12), round(budget.irreversible**2, 12), budget.beyond_gns
    (1.5, 1.5, 0.0)
    """
    tolerance = finite_real(tolerance, "tolerance")
    require(tolerance > 0, "tolerance", "be positive", f"got {tolerance:g}")
    ready = prepared(generator, state)
    picture = ready.picture
    inside, outside = pinched_jump_norms(picture, tolerance)
    d = picture.dimension
    symmetric = 0.5 * (picture.effective + picture.effective.conj().T)
    within = equal_weights(picture, tolerance)
    kept, left = np.where(within, symmetric, 0), np.where(within, 0, symmetric)
    gns2 = inside**2 + 2 * d * float(np.linalg.norm(kept)) ** 2 + 2 * float(np.trace(kept).real) ** 2
    beyond2 = outside**2 + 2 * d * float(np.linalg.norm(left)) ** 2
    jump, _ = jump_norms(picture)
    return IrreversibilityBudget(
        float(np.sqrt(gns2)),
        float(np.sqrt(beyond2)),
        jump,
        picture.noncommuting_norm,
        picture.commuting_norm if picture.is_defined else None,
        picture.stationarity,
        ready.noise.total,
        _is_safe(picture, tolerance),
        ready.support,
    )


def _is_safe(picture: Symmetrised, tolerance: float) -> bool:
    """Whether a tolerance a thousand times as wide, or as narrow, gives the same clusters."""
    for frequency in [picture.frequency.ravel(), *(group.frequency for group in picture.groups)]:
        steps = np.diff(np.sort(frequency))
        if np.any((steps > tolerance / UNSAFE_FACTOR) & (steps < UNSAFE_FACTOR * tolerance)):
            return False
    return True
