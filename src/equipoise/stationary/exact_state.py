"""Stationary states with all their digits: uniqueness decided modulo a prime, weights computed in ball arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise._checks import ComplexArray, NumericalError, RealArray
from equipoise.linalg.exact import (
    Echelon,
    at_rising_precision,
    echelon,
    graded_eigenvalues,
    rank_modulo_prime,
    solve_in_balls,
    solve_modulo_prime,
)
from equipoise.linalg.null_space import NullSpace
from equipoise.stationary.jump_model import JumpModel, ball_arithmetic, modular_arithmetic


class NegativeWeightError(NumericalError):
    """The stationary matrix has a negative eigenvalue, proved by ball arithmetic."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ExactBlock:
    """A closed block of elements of the state with its evolution modulo a prime, and what that says of its rank."""

    model: JumpModel
    rows: np.ndarray
    columns: np.ndarray
    modular: np.ndarray
    echelon: Echelon

    @classmethod
    def of(cls, model: JumpModel, rows: np.ndarray, columns: np.ndarray) -> ExactBlock:
        """The block of the elements `rho[rows, columns]`, which must hold each element with its transpose."""
        modular = model.evolution(rows, columns, modular_arithmetic())
        return cls(model=model, rows=rows, columns=columns, modular=modular, echelon=echelon(modular))

    @property
    def nullity(self) -> int:
        """Number of independent stationary matrices."""
        return self.echelon.nullity

    @property
    def populations(self) -> np.ndarray:
        """Positions of the populations among the elements."""
        return np.nonzero(self.rows == self.columns)[0]

    def eigenstates(self) -> tuple[RealArray, ComplexArray]:
        """Log weights (d,), -inf where exactly zero, and eigenvectors (d, d) of the one stationary state.

        The eigenvectors are columns in the basis of the model.

        Raises
        ------
        NegativeWeightError
            If the matrix is not positive.
        """
        blocks = self._ranks()

        def attempt() -> list[Any] | None:
            elements = self._solution()
            if elements is None:
                return None
            found = [graded_eigenvalues(elements[np.ix_(states, states)], rank) for states, rank in blocks]
            return None if any(one is None for one in found) else found

        try:
            found = at_rising_precision(attempt, "The stationary state")
        except ArithmeticError:
            raise NegativeWeightError("The stationary matrix is not positive.") from None
        d = self.model.dimension
        log_weights, vectors = np.full(d, -np.inf), np.eye(d, dtype=complex)
        for (states, rank), one in zip(blocks, found, strict=True):
            log_weights[states[:rank]] = one.log_values
            vectors[np.ix_(states, states)] = one.vectors
        return log_weights, vectors

    def _ranks(self) -> list[tuple[np.ndarray, int]]:
        """States that share coherences, group by group, and the exact rank of the state on each group."""
        from scipy.sparse.csgraph import connected_components

        d, matrix = self.model.dimension, self.modular.copy()
        matrix[self.populations[0]] = 0
        matrix[self.populations[0], self.populations] = 1
        right = np.zeros((len(matrix), 1), dtype=object)
        right[self.populations[0]] = 1
        rho = np.zeros((d, d), dtype=object)
        rho[self.rows, self.columns] = solve_modulo_prime(matrix, right)[:, 0]
        count, group = connected_components(rho != 0, directed=False)
        groups = [np.nonzero(group == k)[0] for k in range(count)]
        return [(states, rank_modulo_prime(rho[np.ix_(states, states)])) for states in groups]

    def _solution(self) -> np.ndarray | None:
        """The stationary matrix of trace one as complex balls, (d, d); None if these digits do not decide.

        The unknowns are real: populations, real and imaginary parts of rho[i, j] with i < j. The row of one population
        is implied by the others, since the trace does not change, and gives way to the trace itself.
        """
        import flint

        d, rows, columns = self.model.dimension, self.rows, self.columns
        evolution = self.model.evolution(rows, columns, ball_arithmetic())
        place = {(int(i), int(j)): k for k, (i, j) in enumerate(zip(rows, columns, strict=True))}
        upper = np.array([k for (i, j), k in place.items() if i < j], dtype=int)
        lower = np.array([place[int(columns[k]), int(rows[k])] for k in upper], dtype=int)
        diagonal, i = self.populations, flint.acb(0, 1)
        # x = Re rho[i, j] enters as rho[i, j] + rho[j, i], y = Im rho[i, j] as i (rho[i, j] - rho[j, i]).
        wide = np.hstack(
            [
                evolution[:, diagonal],
                evolution[:, upper] + evolution[:, lower],
                i * (evolution[:, upper] - evolution[:, lower]),
            ]
        )
        real, imaginary = np.frompyfunc(lambda z: z.real, 1, 1), np.frompyfunc(lambda z: z.imag, 1, 1)
        system = np.vstack([real(wide[diagonal]), real(wide[upper]), imaginary(wide[upper])])
        one, zero = flint.arb(1), flint.arb(0)
        system[0] = [one] * diagonal.size + [zero] * (2 * upper.size)
        right = np.full((len(system), 1), zero, dtype=object)
        right[0] = one
        found = solve_in_balls(system, right)
        if found is None:
            return None
        x = found[:, 0]
        rho = np.full((d, d), flint.acb(0), dtype=object)
        first, second = x[diagonal.size : diagonal.size + upper.size], x[diagonal.size + upper.size :]
        for k, at in enumerate(diagonal):
            rho[rows[at], rows[at]] = flint.acb(x[k])
        for at, re, im in zip(upper, first, second, strict=True):
            rho[rows[at], columns[at]] = flint.acb(re, im)
            rho[columns[at], rows[at]] = flint.acb(re, -im)
        return rho

    def null_space(self) -> NullSpace:
        """Right and left null vectors in doubles, orthonormal, from ball arithmetic."""
        kept, free = self.echelon, self.echelon.free
        spare = np.setdiff1d(np.arange(len(self.rows)), kept.rows)

        def attempt() -> tuple[np.ndarray, np.ndarray] | None:
            matrix = self.model.evolution(self.rows, self.columns, ball_arithmetic())
            regular = matrix[np.ix_(kept.rows, kept.columns)]
            right = solve_in_balls(regular, -matrix[np.ix_(kept.rows, free)])
            left = solve_in_balls(regular.T, -matrix[np.ix_(spare, kept.columns)].T)
            return None if right is None or left is None else (right, left)

        right, left = at_rising_precision(attempt, "The null space of the generator")
        return NullSpace(
            _orthonormal(right, kept.columns, free),
            _orthonormal(left, kept.rows, spare).conj(),
            np.inf,
        )

    def moved(self) -> ExactBlock:
        """The block of the model with each element moved by its error."""
        return ExactBlock.of(self.model.perturbed(7), self.rows, self.columns)


def _orthonormal(found: np.ndarray, solved: np.ndarray, free: np.ndarray) -> ComplexArray:
    """Null vectors with `found` on the solved unknowns and one on a free one each, made orthonormal; any size."""
    vectors = np.zeros((solved.size + free.size, free.size), dtype=complex)
    for k in range(free.size):
        column = list(found[:, k])
        largest = max([1.0] + [abs(x).mid() for x in column])
        vectors[solved, k] = [complex(x / largest) for x in column]
        vectors[free[k], k] = float(1 / largest)
    return np.asarray(np.linalg.qr(vectors)[0])
