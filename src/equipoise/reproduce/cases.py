"""Random systems at weak coupling on which claims are recomputed, with their generators written out as matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.generators import Generator, weak_coupling
from equipoise.reproduce.explicit import applied, commutator, dissipator
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.stationary import DensityMatrix
from equipoise.systems import Coupling, OpenSystem

DENSITY = Ohmic(0.05, 8.0)
"""Of every reservoir."""


@dataclass(frozen=True, eq=False)
class Case:
    """A system in its energy basis between bosonic reservoirs: no two gaps are equal, every transition is open.

    `generator` is the library's. Everything else is written out from J(w), n(w) and the couplings, in the interaction
    picture; only the Lamb shift is taken from the library's generator. Tables [j, m, n] of transitions of reservoir j
    are zero unless m is above n.

    Parameters
    ----------
    levels : RealArray, shape (d,)
        Ascending.
    couplings : ComplexArray, shape (R, d, d)
        Not Hermitian; only elements that lower the energy.
    inverse_temperatures, chemical_potentials : RealArray, shape (R,)
        Of the reservoirs, "field 1" and so on.
    """

    levels: RealArray
    couplings: ComplexArray
    inverse_temperatures: RealArray
    chemical_potentials: RealArray

    @property
    def reservoirs(self) -> tuple[Reservoir, ...]:
        """Bosonic fields of one Ohmic density."""
        parameters = zip(self.inverse_temperatures, self.chemical_potentials, strict=True)
        return tuple(
            Reservoir(f"field {j}", bose_einstein(inverse_temperature=beta, chemical_potential=mu), DENSITY)
            for j, (beta, mu) in enumerate(parameters, start=1)
        )

    @property
    def system(self) -> OpenSystem:
        """The open system."""
        pairs = zip(self.reservoirs, self.couplings, strict=True)
        return OpenSystem(self.levels, tuple(Coupling(reservoir, D) for reservoir, D in pairs))

    @cached_property
    def generator(self) -> Generator:
        """Its generator in the weak-coupling limit, Lamb shift included."""
        return weak_coupling(self.system, warn=False)

    @property
    def dimension(self) -> int:
        """Number of levels."""
        return int(self.levels.size)

    @property
    def gaps(self) -> RealArray:
        """`e_m - e_n`, shape (d, d)."""
        return np.asarray(self.levels[:, None] - self.levels[None, :])

    @cached_property
    def exponents(self) -> RealArray:
        """`beta_j (e_m - e_n - mu_j)`, shape (R, d, d), for m above n; 1 elsewhere."""
        beta, mu = (table[:, None, None] for table in (self.inverse_temperatures, self.chemical_potentials))
        return np.asarray(np.where(self.gaps > 0, beta * (self.gaps - mu), 1.0))

    @cached_property
    def strengths(self) -> RealArray:
        """`2 gamma_{j,mn} = 2 pi J_j(e_m - e_n) |<n|D_j|m>|^2`, shape (R, d, d)."""
        J = DENSITY(np.maximum(self.gaps, 0.0))
        return np.asarray(2 * np.pi * J * np.abs(self.couplings.transpose(0, 2, 1)) ** 2)

    @cached_property
    def down(self) -> RealArray:
        """`Gamma_{-,j} = 2 gamma (N + 1)` of m -> n, shape (R, d, d)."""
        return np.asarray(self.strengths * (1 + 1 / np.expm1(self.exponents)))

    @cached_property
    def up(self) -> RealArray:
        """`Gamma_{+,j} = 2 gamma N` of n -> m, shape (R, d, d)."""
        return np.asarray(self.strengths / np.expm1(self.exponents))

    @cached_property
    def rates(self) -> RealArray:
        """`Gamma_ml` of m -> l by all reservoirs, shape (d, d), indexed [m, l]."""
        return np.asarray(self.down.sum(axis=0) + self.up.sum(axis=0).T)

    @cached_property
    def weights(self) -> RealArray:
        """Stationary populations, by linear solution of the rate equation."""
        A = np.diag(self.rates.sum(axis=1)) - self.rates.T
        A[0] = 1.0
        return np.asarray(np.linalg.solve(A, np.eye(self.dimension)[0]))

    @property
    def flows(self) -> RealArray:
        """`rho_mm Gamma_ml` of m -> l in the stationary state, shape (d, d)."""
        return np.asarray(self.weights[:, None] * self.rates)

    def given(self, populations: RealArray) -> RealArray:
        """Net flow m -> n by each reservoir, shape (R, d, d): quanta that the transition gives to it."""
        p = populations
        return np.asarray(self.down * p[None, :, None] - self.up * p[None, None, :])

    @cached_property
    def rho(self) -> ComplexArray:
        """Stationary state as a matrix."""
        return np.diag(self.weights).astype(complex)

    @cached_property
    def state(self) -> DensityMatrix:
        """Stationary state for the library."""
        return DensityMatrix(self.generator.spectrum, np.log(self.weights))

    @cached_property
    def delta(self) -> ComplexArray:
        """The Lamb shift Hamiltonian `Delta`, by the library."""
        terms = [part.coherent for part in self.generator.dissipators if part.coherent is not None]
        return np.asarray(sum(terms, np.zeros((self.dimension, self.dimension), dtype=complex)))

    @cached_property
    def transitions(self) -> list[tuple[int, int, ComplexArray, float, float]]:
        """(m, n, E = |n><m|, Gamma_-, Gamma_+) of every transition, m above n."""
        one, down, up = np.eye(self.dimension, dtype=complex), self.down.sum(axis=0), self.up.sum(axis=0)
        return [
            (m, n, np.outer(one[n], one[m]), float(down[m, n]), float(up[m, n]))
            for m in range(self.dimension)
            for n in range(m)
        ]

    @cached_property
    def jumps(self) -> list[ComplexArray]:
        """Jump operators with the square roots of their rates, down and up each transition."""
        parts = [(np.sqrt(down) * E, np.sqrt(up) * E.conj().T) for _, _, E, down, up in self.transitions]
        return [np.asarray(L) for pair in parts for L in pair]

    @cached_property
    def dissipative(self) -> ComplexArray:
        """The jumps as a superoperator on observables, shape (d^2, d^2)."""
        return np.asarray(dissipator(self.jumps, self.dimension).conj().T)

    @cached_property
    def rotation(self) -> ComplexArray:
        """`X -> i [Delta, X]` as a superoperator, shape (d^2, d^2)."""
        return 1j * commutator(self.delta)

    @cached_property
    def coherent(self) -> ComplexArray:
        """`X -> i [H + Delta, X]` as a superoperator, shape (d^2, d^2)."""
        return self.rotation + 1j * commutator(np.diag(self.levels))

    @property
    def gibbs(self) -> ComplexArray:
        """`exp(-beta H)/Z` at the temperature of the first field."""
        weights = np.exp(-self.inverse_temperatures[0] * self.levels)
        return np.diag(weights / weights.sum()).astype(complex)

    def forward(self, X: ComplexArray) -> ComplexArray:
        """`L(X)` on observables, in the interaction picture."""
        return applied(self.rotation + self.dissipative, X)

    def backward(self, X: ComplexArray) -> ComplexArray:
        """`L_B(X)`: the rotation reversed."""
        return applied(self.dissipative - self.rotation, X)

    def dual(self, X: ComplexArray) -> ComplexArray:
        """`L_G^+(X)` from `Tr[rho L_G^+(X) Y] = Tr[rho X L(Y)]`, by linear algebra on d^2 x d^2 matrices."""
        left = np.kron(self.rho, np.eye(self.dimension))
        schroedinger = (self.rotation + self.dissipative).conj().T
        return applied(np.linalg.solve(left, schroedinger @ left), X)

    def mean(self, A: ComplexArray) -> complex:
        """`Tr[rho A]`."""
        return complex(np.trace(self.rho @ A))

    def in_interaction_picture(self, image: ComplexArray, X: ComplexArray, sign: float = 1.0) -> ComplexArray:
        """Take the part of the bare Hamiltonian, `sign * i [H, X]`, out of what the library's generator makes of X."""
        H = np.diag(self.levels)
        return np.asarray(image - sign * 1j * (H @ X - X @ H))


def random_levels(rng: np.random.Generator, dimension: int) -> RealArray:
    """Ascending levels from 0 whose gaps all differ by at least 0.05."""
    while True:
        levels = np.concatenate([[0.0], np.cumsum(rng.uniform(0.5, 1.5, size=dimension - 1))])
        gaps = np.sort((levels[:, None] - levels[None, :])[np.tril_indices(dimension, -1)])
        if gaps.size < 2 or np.diff(gaps).min() > 0.05:
            return np.asarray(levels)


def lowering(rng: np.random.Generator, dimension: int) -> ComplexArray:
    """A complex operator with elements |n><m| for m above n only, none of them small."""
    phases = np.exp(2j * np.pi * rng.uniform(size=(dimension, dimension)))
    return np.asarray(np.triu(rng.uniform(0.5, 1.5, size=(dimension, dimension)) * phases, 1))


def random_case(
    rng: np.random.Generator,
    dimension: int = 4,
    inverse_temperatures: Sequence[float] = (0.6, 1.1),
    chemical_potentials: Sequence[float] = (0.0, 0.0),
) -> Case:
    """A generic case with one Ohmic reservoir for each inverse temperature, all with couplings of their own."""
    levels = random_levels(rng, dimension)
    couplings = np.array([lowering(rng, dimension) for _ in inverse_temperatures])
    return Case(levels, couplings, np.array(inverse_temperatures), np.array(chemical_potentials))


def unequal_fields(rng: np.random.Generator) -> Case:
    """Four levels between three reservoirs of unlike temperatures and chemical potentials."""
    return random_case(rng, 4, (0.5, 1.1, 1.6), (-0.3, 0.0, -0.1))


def equal_fields(rng: np.random.Generator) -> Case:
    """Four levels between two reservoirs of one temperature without chemical potentials."""
    return random_case(rng, 4, (0.8, 0.8))
