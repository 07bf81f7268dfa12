"""A hard case: what the library is given, and the raw ingredients from which the reference works the answer out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from reference.ball_generator import Ingredients


@dataclass(frozen=True, kw_only=True)
class Case:
    """One random system.

    `build()` makes the library's generator. `basis` holds the states of the ingredients as columns in the basis
    that the library was given (None: the same). `given`, where the input was rounded to write it (a rotated basis,
    mixed jumps), are the ingredients of the matrices as they were written, in the library's basis: what the library
    can know lies between both. `expected` is the right verdict where the construction knows better than the table.
    """

    kind: str
    seed: int
    build: Callable[[], object]
    ingredients: Ingredients
    basis: np.ndarray | None = None
    given: Ingredients | None = None
    expected: frozenset[str] | None = None
    resolves_levels: bool = True
    """Whether the levels of the library are those of the ingredients (a drive makes others)."""

    @property
    def is_rounded(self) -> bool:
        return self.given is not None or self.basis is not None

    def __str__(self) -> str:
        return f"{self.kind} {self.seed}"


def unitary(rng: np.random.Generator, d: int, real: bool = False) -> np.ndarray:
    matrix = rng.normal(size=(d, d)) + (0 if real else 1j * rng.normal(size=(d, d)))
    return np.linalg.qr(matrix)[0]


def hermitian(matrix: np.ndarray) -> np.ndarray:
    return 0.5 * (matrix + matrix.conj().T)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(10.0 ** rng.uniform(np.log10(low), np.log10(high)))


def beta_of(rng: np.random.Generator, span: float, coldest: float = 700.0, zero: float = 0.1) -> float:
    """beta * span from 0.01 to `coldest`; infinite now and then."""
    return float("inf") if rng.random() < zero else log_uniform(rng, 1e-2, coldest) / span


__all__ = ["Case", "Ingredients", "beta_of", "hermitian", "log_uniform", "replace", "unitary"]
