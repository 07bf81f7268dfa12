"""One claim of a paper, recomputed: what was checked, the residual, and whether it holds as printed."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from equipoise._checks import require


class Standing(enum.Enum):
    """How a claim stands after it was recomputed."""

    HOLDS = "holds"
    CORRECTED = "holds as corrected"
    REFUTED = "false as stated"
    FAILED = "not confirmed"


@dataclass(frozen=True)
class Evidence:
    """A numbered claim of a paper and what recomputing it gave.

    Parameters
    ----------
    equation : str
        Number or place in the paper: "(38c)", "after (26)", "Theorem 1".
    claim : str
        What the paper says, in a few words.
    checked : str
        How it was recomputed, and against what.
    residual : float
        Relative residual of the claim in the form that holds. For a statement that is false: the size of the
        counterexample, and `printed` must repeat it.
    printed : float or None
        Relative residual of the form as printed, where that differs; None where the paper is right.
    correction : str
        How the form that holds differs from the printed one; for a false statement, what is true instead.
    tolerance : float
        Below it a residual confirms a claim: the round-off, or the accuracy of the check.
    refuted : bool
        Whether the claim is a statement with a counterexample rather than a formula with a misprint.

    Examples
    --------
    >>> row = Evidence("(38c)", "rate of an emission", "from the shell integral", 3e-17, 0.18, "|g|^2 for |g|")
    >>> row.standing.value
    'holds as corrected'
    """

    equation: str
    claim: str
    checked: str
    residual: float
    printed: float | None = None
    correction: str = ""
    tolerance: float = 1e-9
    refuted: bool = False

    def __post_init__(self) -> None:
        require(
            bool(self.correction) == (self.printed is not None),
            "correction",
            "be given exactly where the printed form fails",
            f"got correction {self.correction!r} with printed residual {self.printed}",
            f"Row {self.equation}.",
        )

    @property
    def standing(self) -> Standing:
        """How the claim stands: a misprint counts only if the printed form misses by far."""
        if self.refuted:
            clear = self.printed is not None and self.printed > 1e3 * self.tolerance
            return Standing.REFUTED if clear else Standing.FAILED
        if not self.residual <= self.tolerance:
            return Standing.FAILED
        if self.printed is None:
            return Standing.HOLDS
        return Standing.CORRECTED if self.printed > 1e3 * self.tolerance else Standing.FAILED
