"""The papers behind the library, recomputed: every claim as a row of evidence, every figure."""

from __future__ import annotations

import importlib

from equipoise._checks import require
from equipoise.reproduce.evidence import Evidence, Standing
from equipoise.reproduce.reproduction import Reproduction

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

    Raises
    ------
    InputError
        For an unknown paper.
    """
    require(paper in PAPERS, "paper", f"be one of {', '.join(PAPERS)}", f"got {paper!r}")
    require(seed >= 0, "seed", "be >= 0", f"got {seed}")
    module = importlib.import_module(f"equipoise.reproduce.{PAPERS[paper]}")
    found = module.reproduction(seed)
    assert isinstance(found, Reproduction)
    return found


__all__ = ["PAPERS", "Evidence", "Reproduction", "Standing", "reproduce"]
