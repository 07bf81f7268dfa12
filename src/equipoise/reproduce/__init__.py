"""The papers behind the library, recomputed: every claim as a row of evidence, every figure."""

from __future__ import annotations

import importlib

from equipoise._checks import require
from equipoise.reproduce.reproduction import Paper, Reproduction

PAPERS = {
    "dynamical-balance": "dynamical_balance",
    "quantum-detailed-balance": "quantum_detailed_balance",
    "low-density": "low_density",
}
"""Name of each paper, as the command line takes it, and the module that recomputes it."""


def reproduce(paper: str, seed: int = 0) -> Reproduction:
    """Recompute every claim of a paper.

    Parameters
    ----------
    paper : str
        "dynamical-balance": Accardi & Imafuku, "Dynamical detailed balance and local KMS condition for
        non-equilibrium states" (2002). "quantum-detailed-balance": an introductory article on quantum detailed
        balance and the second law. "low-density": Alicki, Sindelka & Gelbwaser-Klimovsky, "Violation of detailed
        balance in quantum open systems" (2023).
    seed : int, default 0
        Of the random systems on which the claims are recomputed.

    Returns
    -------
    Reproduction
        Prints as a table with a row for each claim.

    Raises
    ------
    InputError
        For an unknown paper or a negative seed.

    Examples
    --------
    >>> reproduce("quantum-detailed-balance").failed
    ()
    """
    require(paper in PAPERS, "paper", f"be one of {', '.join(PAPERS)}", f"got {paper!r}")
    require(seed >= 0, "seed", "be >= 0", f"got {seed}")
    module = importlib.import_module(f"equipoise.reproduce.{PAPERS[paper]}")
    described = module.PAPER
    assert isinstance(described, Paper)
    return described.recompute(seed)


__all__ = ["PAPERS", "Reproduction", "reproduce"]
