"""The generator of a generic case written out from its formula, as matrices: the other side of each comparison."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.generators import Generator
from equipoise.reproduce.dynamical_balance.cases import Case
from equipoise.stationary import DensityMatrix


def distance(found: object, expected: object) -> float:
    """Largest modulus of the difference, relative to the larger of the two."""
    a, b = np.asarray(found), np.asarray(expected)
    scale = max(float(np.abs(a).max(initial=0.0)), float(np.abs(b).max(initial=0.0)))
    return float(np.abs(a - b).max(initial=0.0)) / scale if scale > 0 else 0.0


def random_operator(rng: np.random.Generator, dimension: int) -> ComplexArray:
    """A full complex matrix, not Hermitian."""
    return np.asarray(rng.normal(size=(dimension, dimension)) + 1j * rng.normal(size=(dimension, dimension)))


@dataclass(frozen=True, eq=False)
class Explicit:
    """(22a) and (65) for a case, in the interaction picture, from `J(w)`, `N(w)` and the couplings.

    Parameters
    ----------
    case : Case
    generator : Generator
        The library's generator, from which only the Lamb shift is taken.
    """

    case: Case
    generator: Generator

    @property
    def dimension(self) -> int:
        """Number of levels."""
        return int(self.case.levels.size)

    @cached_property
    def exponents(self) -> RealArray:
        """`beta_j (e_m - e_n - mu_j)`, shape (R, d, d), for m above n; 1 elsewhere."""
        gaps = self.case.levels[:, None] - self.case.levels[None, :]
        beta = np.array([reservoir.inverse_temperature for reservoir in self.case.reservoirs], dtype=float)
        mu = np.array([reservoir.chemical_potential for reservoir in self.case.reservoirs], dtype=float)
        return np.asarray(np.where(gaps > 0, beta[:, None, None] * (gaps - mu[:, None, None]), 1.0))

    @cached_property
    def strengths(self) -> RealArray:
        """`2 gamma_{j,mn} = 2 pi J_j(e_m - e_n) |<n|D_j|m>|^2`, shape (R, d, d), zero unless m is above n."""
        gaps = self.case.levels[:, None] - self.case.levels[None, :]
        table = np.zeros(self.case.couplings.shape)
        for j, (reservoir, D) in enumerate(zip(self.case.reservoirs, self.case.couplings, strict=True)):
            assert reservoir.spectral_density is not None
            J = np.asarray(reservoir.spectral_density(np.maximum(gaps, 0.0)))
            table[j] = np.where(gaps > 0, 2 * np.pi * J * np.abs(D.T) ** 2, 0.0)
        return table

    @cached_property
    def out(self) -> RealArray:
        """`Gamma_{-,j}` of m -> n, [j, m, n], m above n: `2 gamma (N + 1)`."""
        return np.asarray(self.strengths * (1 + 1 / np.expm1(self.exponents)))

    @cached_property
    def into(self) -> RealArray:
        """`Gamma_{+,j}` of n -> m, [j, m, n], m above n: `2 gamma N`."""
        return np.asarray(self.strengths / np.expm1(self.exponents))

    @cached_property
    def rates(self) -> RealArray:
        """The paper's `Gamma_ml` of m -> l, all reservoirs, shape (d, d), indexed [m, l]."""
        return np.asarray(self.out.sum(axis=0) + self.into.sum(axis=0).T)

    @cached_property
    def weights(self) -> RealArray:
        """Stationary populations, by linear solution of (24)."""
        A = np.diag(self.rates.sum(axis=1)) - self.rates.T
        A[0] = 1.0
        return np.asarray(np.linalg.solve(A, np.eye(self.dimension)[0]))

    @cached_property
    def rho(self) -> ComplexArray:
        """Stationary state as a matrix."""
        return np.diag(self.weights).astype(complex)

    @cached_property
    def state(self) -> DensityMatrix:
        """The same for the library."""
        return DensityMatrix(self.generator.spectrum, np.log(self.weights))

    @cached_property
    def delta(self) -> ComplexArray:
        """The Lamb shift Hamiltonian `Delta`."""
        terms = [part.coherent for part in self.generator.dissipators if part.coherent is not None]
        return np.asarray(sum(terms, np.zeros((self.dimension, self.dimension), dtype=complex)))

    @cached_property
    def jumps(self) -> list[tuple[int, int, ComplexArray, float, float]]:
        """(m, n, E = |n><m|, Gamma_-, Gamma_+) of every transition, m above n."""
        found = []
        for m in range(self.dimension):
            for n in range(m):
                E = np.zeros((self.dimension, self.dimension), dtype=complex)
                E[n, m] = 1.0
                found.append((m, n, E, float(self.out[:, m, n].sum()), float(self.into[:, m, n].sum())))
        return found

    @cached_property
    def dissipative(self) -> ComplexArray:
        """Dissipative part of (65a) as a d^2 x d^2 matrix on vec(X), row-major."""
        one = np.eye(self.dimension)
        matrix = np.zeros((self.dimension**2,) * 2, dtype=complex)
        for _, _, E, lowering, raising in self.jumps:
            for rate, L in ((lowering, E), (raising, E.conj().T)):
                decay = L.conj().T @ L
                matrix += rate * (np.kron(L.conj().T, L.T) - 0.5 * (np.kron(decay, one) + np.kron(one, decay.T)))
        return matrix

    @cached_property
    def rotation(self) -> ComplexArray:
        """`X -> i [Delta, X]` as a matrix."""
        one = np.eye(self.dimension)
        return np.asarray(1j * (np.kron(self.delta, one) - np.kron(one, self.delta.T)))

    def forward(self, X: ComplexArray) -> ComplexArray:
        """(65a): `L(X)`."""
        return self.on(self.rotation + self.dissipative, X)

    def backward(self, X: ComplexArray) -> ComplexArray:
        """(65b): `L_B(X)`."""
        return self.on(self.dissipative - self.rotation, X)

    def dual(self, X: ComplexArray) -> ComplexArray:
        """(87): `L_G^+(X)` from `Tr[rho L_G^+(X) Y] = Tr[rho X L(Y)]`, by linear algebra on d^2 x d^2 matrices."""
        left = np.kron(self.rho, np.eye(self.dimension))
        schroedinger = (self.rotation + self.dissipative).conj().T
        return self.on(np.asarray(np.linalg.solve(left, schroedinger @ left), dtype=np.complex128), X)

    def mean(self, A: ComplexArray) -> complex:
        """`<<A>> = Tr[rho A]`."""
        return complex(np.trace(self.rho @ A))

    def on(self, superoperator: ComplexArray, X: ComplexArray) -> ComplexArray:
        """Apply a d^2 x d^2 matrix to an operator."""
        return np.asarray((superoperator @ X.ravel()).reshape(X.shape))

    def in_interaction_picture(self, image: ComplexArray, X: ComplexArray, sign: float = 1.0) -> ComplexArray:
        """Take the part of the bare Hamiltonian, `sign * i [H, X]`, out of what the library's generator makes of X."""
        H = np.diag(self.case.levels)
        return np.asarray(image - sign * 1j * (H @ X - X @ H))


def explicit(case: Case) -> Explicit:
    """The case with its library generator."""
    return Explicit(case, case.generator)
