"""Claims of a paper, each with the function that recomputes it, and how they stand after that."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from equipoise._checks import require

Residual = float | tuple[float, float]
"""What recomputing a claim gives: the relative residual of the form that holds, followed, for a claim that was
corrected, by that of the form as printed. For a false statement, the size of the counterexample."""

Recomputation = Callable[[np.random.Generator], "Residual | list[Residual]"]
"""A function that recomputes one claim, or several, on random systems."""


class Standing(enum.Enum):
    """How a claim stands after it was recomputed."""

    HOLDS = "holds"
    CORRECTED = "holds as corrected"
    REFUTED = "false as stated"
    FAILED = "not confirmed"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A numbered claim of a paper, and how it is checked; the arguments are those of `claim`."""

    equation: str
    statement: str
    checked: str
    correction: str = ""
    instead: str = ""
    tolerance: float = 1e-9

    def __post_init__(self) -> None:
        require(
            not (self.correction and self.instead),
            "claim",
            "have either a correction or a statement that is true instead of it",
            f"got both: {self.correction!r} and {self.instead!r}",
            f"Row {self.equation}.",
        )

    @property
    def remark(self) -> str:
        """The correction, or what is true instead; empty where the paper is right."""
        return self.correction or self.instead


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A claim of a paper and what recomputing it gave: as `Residual`, the form that holds and the one as printed.

    Examples
    --------
    >>> rate = Claim(equation="(38c)", statement="rate of an emission", checked="shell integral", correction="|g|^2")
    >>> Evidence(claim=rate, residual=3e-17, printed=0.18).standing.value
    'holds as corrected'
    """

    claim: Claim
    residual: float
    printed: float | None = None

    def __post_init__(self) -> None:
        require(
            bool(self.claim.correction) == (self.printed is not None),
            "printed",
            "be given exactly where the claim has a correction",
            f"got correction {self.claim.correction!r} with printed residual {self.printed}",
            f"Row {self.claim.equation}.",
        )

    @property
    def standing(self) -> Standing:
        """How the claim stands: a misprint counts only if the printed form misses by far."""
        clear = 1e3 * self.claim.tolerance
        if self.claim.instead:
            return Standing.REFUTED if self.residual > clear else Standing.FAILED
        if not self.residual <= self.claim.tolerance:
            return Standing.FAILED
        if self.printed is None:
            return Standing.HOLDS
        return Standing.CORRECTED if self.printed > clear else Standing.FAILED


@dataclass(frozen=True)
class Check:
    """Claims and the function that recomputes them together, giving one residual or a list; made by `claim`."""

    claims: tuple[Claim, ...]
    recompute: Recomputation

    def __call__(self, rng: np.random.Generator) -> list[Evidence]:
        """Rows of evidence, one for each claim, on systems drawn from `rng`."""
        found = self.recompute(rng)
        residuals = found if isinstance(found, list) else [found]
        rows = []
        for claim, residual in zip(self.claims, residuals, strict=True):
            value, printed = residual if isinstance(residual, tuple) else (residual, None)
            rows.append(Evidence(claim=claim, residual=value, printed=printed))
        return rows


def claim(
    equation: str,
    statement: str,
    checked: str | None = None,
    *,
    correction: str = "",
    instead: str = "",
    tolerance: float = 1e-9,
) -> Callable[[Recomputation | Check], Check]:
    """Decorate the function that recomputes a claim; several claims stand above one another in their order.

    Parameters
    ----------
    equation : str
        Number or place in the paper: "(38c)", "after (26)", "Theorem 1".
    statement : str
        What the paper says, in a few words.
    checked : str, optional
        How it is recomputed, and against what; by default the first line of the function's docstring.
    correction : str
        For a misprint: how the form that holds differs from the printed one.
    instead : str
        For a false statement with a counterexample: what is true instead.
    tolerance : float
        Below it a residual confirms a claim: the round-off, or the accuracy of the check.

    Examples
    --------
    >>> @claim("(1)", "sines and cosines are bounded")
    ... def bounded(rng):
    ...     "Squares at a random angle."
    ...     angle = rng.uniform(0, 6)
    ...     return abs(np.cos(angle) ** 2 + np.sin(angle) ** 2 - 1)
    >>> [(row.claim.checked, row.standing.value) for row in bounded(np.random.default_rng(0))]
    [('Squares at a random angle', 'holds')]
    """

    def decorated(function: Recomputation | Check) -> Check:
        below = function if isinstance(function, Check) else Check((), function)
        made = Claim(
            equation=equation,
            statement=statement,
            checked=checked or (below.recompute.__doc__ or "").partition("\n")[0].rstrip("."),
            correction=correction,
            instead=instead,
            tolerance=tolerance,
        )
        return Check((made, *below.claims), below.recompute)

    return decorated


def evidence_of(part: ModuleType, seed: int) -> list[Evidence]:
    """Rows of every check defined in a module, in their order; each draws its systems afresh from the seed."""
    checks = [value for value in vars(part).values() if isinstance(value, Check)]
    return [row for check in checks for row in check(np.random.default_rng(seed))]
