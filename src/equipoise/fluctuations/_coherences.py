"""Expansion of a stationary state that has coherences within degenerate levels, in the zero-frequency sector.

With `L` the generator at the reference and `L_a`, `L_ab` its derivatives::

    L rho_a = -L_a rho,    L rho_ab = -(L_ab rho + L_a rho_b + L_b rho_a),    Tr rho_a = Tr rho_ab = 0,

on the populations and the coherences within levels only. The derivative of the Lamb shift belongs to `L_a`; it
commutes with an equilibrium state, so it enters at second order, and at first order off equilibrium.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from equipoise._checks import Array, ComplexArray, NumericalError, RealArray
from equipoise.fluctuations._expansion import AbstractExpansion
from equipoise.fluctuations.rate_slopes import RateDerivatives, lamb_shift_derivative, rate_derivatives
from equipoise.generators import FrequencyResolved, Generator
from equipoise.generators.new_reservoirs import coupling_elements
from equipoise.stationary import DensityMatrix
from equipoise.stationary.sectors import Sector, zero_frequency_sector

SMALLEST_POPULATION = 1e-290
"""Below it a population, and the rates that feed it, leave the range of doubles."""


@dataclass(frozen=True, eq=False)
class CoherenceExpansion(AbstractExpansion):
    """Expansion of a stationary state with coherences within degenerate levels: see the module."""

    generator: Generator
    density: DensityMatrix
    is_equilibrium: bool
    origin: Generator
    rates: tuple[RateDerivatives, ...] = field(init=False)

    def __post_init__(self) -> None:
        rates = tuple(rate_derivatives(self.generator, r) for r in range(self.reservoirs))
        object.__setattr__(self, "rates", rates)

    @cached_property
    def _rho(self) -> ComplexArray:
        return self.density.within_levels

    @cached_property
    def zeroth(self) -> RealArray:
        """Flows at the reference."""
        return self._flows(self._rho)

    # The generator and its derivatives, reservoir by reservoir. Weights of 1 are the generator itself.

    def _kind(self, r: int) -> FrequencyResolved:
        kind = self.generator.dissipators[r].representation
        assert isinstance(kind, FrequencyResolved)
        return kind

    def _quanta(self, r: int) -> tuple[int, ...]:
        return tuple(quanta or 0 for quanta in self._kind(r).particles_per_jump)

    def _weights(self, r: int, *directions: RealArray) -> list[RealArray | float]:
        """Relative derivative of the rate of each coupling of a reservoir along one or two directions; 1 along none."""
        rates = self.rates[r]
        own = [direction.reshape(2, -1)[:, r] for direction in directions]
        found: list[RealArray | float] = []
        for quanta in self._quanta(r):
            weight: RealArray | float = 1.0
            if own:
                weight = np.asarray(sum(own[0][a] * rates.first(a, outward=quanta < 0) for a in (0, 1)))
            if len(own) == 2:
                weight = 2 * np.tensordot(own[1], rates.half, 1) * weight
            found.append(weight if quanta < 0 else np.transpose(weight))
        return found

    def _without_dephasing(self, r: int, weights: list[RealArray | float]) -> list[RealArray | float]:
        still = self.rates[r].still
        pairs = zip(weights, self._quanta(r), strict=True)
        return [np.where(still if quanta < 0 else still.T, 0.0, weight) for weight, quanta in pairs]

    def _dissipate(self, r: int, weights: list[RealArray | float], R: ComplexArray) -> ComplexArray:
        """The dissipator of reservoir r, its rates multiplied by weights, on a matrix without parts between levels."""
        spectrum = self.generator.spectrum
        out = np.zeros_like(R)
        for a, weight in zip(self._kind(r).amplitudes, weights, strict=True):
            weighted = weight * a
            decay = spectrum.within_levels(a.conj().T @ weighted)
            out += spectrum.within_levels(weighted @ R @ a.conj().T) - 0.5 * (decay @ R + R @ decay)
        return out

    def _read(self, r: int, weights: list[RealArray | float], R: ComplexArray) -> tuple[float, float]:
        """Energy and quanta that the jumps of reservoir r bring in."""
        kind = self._kind(r)
        energies = self.generator.spectrum.state_energies
        gaps = energies[:, None] - energies[None, :]
        energy = quanta = 0.0
        for a, weight, brought in zip(kind.amplitudes, weights, self._quanta(r), strict=True):
            flow = ((weight * a @ R) * a.conj()).real
            if self._keeps_quanta[r]:
                flow = np.where(gaps == 0, 0.0, flow)
            energy += float(np.vdot(gaps, flow))
            quanta += brought * float(flow.sum())
        return energy, quanta

    @cached_property
    def _keeps_quanta(self) -> tuple[bool, ...]:
        """For each reservoir, whether it gives and takes alike at w = 0: bosons whose D_0 are normal."""
        found = []
        for r, rates in enumerate(self.rates):
            kind = self._kind(r)
            inside = np.where(rates.still, kind.coupling_operators[kind.out_operators], 0)
            adjoint = inside.conj().transpose(0, 2, 1)
            commutator = float(np.linalg.norm(inside @ adjoint - adjoint @ inside))
            found.append(bool(rates.still.any()) and commutator <= 1e-12 * float(np.linalg.norm(inside)) ** 2)
        return tuple(found)

    def _flows(self, R: ComplexArray, *directions: RealArray) -> RealArray:
        pairs = [self._read(r, self._weights(r, *directions), R) for r in range(self.reservoirs)]
        return np.array(pairs).T.ravel()

    @cached_property
    def _shift_derivatives(self) -> dict[tuple[int, int, int], ComplexArray]:
        return {}

    def _shift(self, r: int, power: int, order: int) -> ComplexArray:
        key = (r, power, order)
        if key not in self._shift_derivatives:
            elements = coupling_elements(self.origin, r)
            self._shift_derivatives[key] = lamb_shift_derivative(self.generator, r, elements, power, order)
        return self._shift_derivatives[key]

    def _rotate(self, R: ComplexArray, *directions: RealArray) -> ComplexArray:
        """`-i[H', R]` with the derivative of the Lamb shift along the directions."""
        H = np.zeros_like(R)
        for r, part in enumerate(self.generator.dissipators):
            if part.coherent_term is None:
                continue
            own = [direction.reshape(2, -1)[:, r] for direction in directions]
            # Coefficients of (X_E)^power (X_N)^(order - power).
            polynomial = np.array([1.0])
            for energy, particles in own:
                polynomial = np.convolve(polynomial, [particles, energy])
            for power, coefficient in enumerate(polynomial):
                if coefficient:
                    H += coefficient * self._shift(r, power, len(own))
        return np.asarray(-1j * (H @ R - R @ H))

    def _derivative(self, R: ComplexArray, *directions: RealArray, shift: bool) -> ComplexArray:
        """`L_a R` or `L_ab R`."""
        out = np.zeros_like(R)
        for r in range(self.reservoirs):
            if all(np.any(direction.reshape(2, -1)[:, r]) for direction in directions):
                weights = self._weights(r, *directions)
                if R is self._rho and self.is_equilibrium:
                    # Equal rates there and back at w = 0 leave a Gibbs state as it is; their round-off would not.
                    weights = self._without_dephasing(r, weights)
                out += self._dissipate(r, weights, R)
        return out + self._rotate(R, *directions) if shift else out

    # The sector.

    @cached_property
    def _sector(self) -> Sector:
        return zero_frequency_sector(self.generator)

    @cached_property
    def _factored(self) -> tuple[RealArray, RealArray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """Scales of the elements, of the equations, the equations kept, and the factors of their matrix.

        Elements are counted in units of `sqrt(p_i p_i')`. Then rho is a vector of ones, which is fixed by grounding
        the most populated state, whose own equation follows from the others; each equation is divided by its decay.
        """
        rows, columns, matrix = self._sector.rows, self._sector.columns, self._sector.matrix
        populations = np.diag(self._rho).real
        if populations.min() < SMALLEST_POPULATION:
            state = int(np.argmin(populations))
            label = self.generator.spectrum.labels[int(self.generator.spectrum.level_of[state])]
            raise NumericalError(
                f"The population {populations[state]:.3g} of state {state} (level {label}) is beyond the "
                "range in which coherences within degenerate levels can be differentiated. Take the reference at a "
                "higher temperature, or lift the degeneracy: populations alone have no such limit."
            )
        scale = np.sqrt(populations[rows]) * np.sqrt(populations[columns])
        kept = np.flatnonzero((rows != columns) | (rows != int(np.argmax(populations))))
        # The equation that is left out may have no decay in doubles: that of a cold ground state.
        speed = np.ones(rows.size)
        speed[kept] = np.abs(np.diag(matrix))[kept]
        scaled = matrix * (scale[None, :] / scale[:, None]) / speed[:, None]
        return scale, speed, kept, lu_factor(scaled[np.ix_(kept, kept)])

    def _solve(self, source: ComplexArray) -> ComplexArray:
        """Traceless R with `L R = -source`."""
        scale, speed, kept, factors = self._factored
        rows, columns = self._sector.rows, self._sector.columns
        relative = np.zeros(rows.size, dtype=complex)
        relative[kept] = lu_solve(factors, (-source[rows, columns] / scale / speed)[kept])
        R = np.zeros_like(source)
        R[rows, columns] = scale * relative
        R = 0.5 * (R + R.conj().T)
        return np.asarray(R - np.trace(R) * self._rho)

    @cached_property
    def first(self) -> ComplexArray:
        """`rho_a` in the energy basis, shape (2R, d, d)."""
        units = np.eye(2 * self.reservoirs)
        shift = not self.is_equilibrium
        return np.array([self._solve(self._derivative(self._rho, unit, shift=shift)) for unit in units])

    def populations(self, derivative: Array) -> RealArray:
        """Diagonal of the derivative of the state."""
        return np.asarray(np.diag(derivative).real)

    def flows(self) -> RealArray:
        """First derivative of the flows."""
        units = np.eye(2 * self.reservoirs)
        pairs = zip(units, self.first, strict=True)
        return np.array([self._flows(self._rho, unit) + self._flows(derivative) for unit, derivative in pairs]).T

    def exchange(self) -> RealArray:
        """Half the sum of the one-way flows times the squares of what they carry."""
        found = np.zeros((2, self.reservoirs))
        for r in range(self.reservoirs):
            kind = self._kind(r)
            for a, quanta in zip(kind.amplitudes, self._quanta(r), strict=True):
                flow = np.abs(((a @ self._rho) * a.conj()).real)
                for axis, u in enumerate(self.rates[r].weights):
                    found[axis, r] += 0.5 * float(np.vdot(flow, (u if quanta < 0 else u.T) ** 2))
        return np.asarray(found.ravel())

    def microcurrents(self, forces: RealArray) -> RealArray:
        """Change of the microcurrents to first order."""
        derivative = np.tensordot(forces, self.first, 1)
        net = []
        for r in range(self.reservoirs):
            total = np.zeros(self._rho.shape)
            weights = self._weights(r, forces)
            for a, weight in zip(self._kind(r).amplitudes, weights, strict=True):
                total += ((a @ derivative + (weight * a) @ self._rho) * a.conj()).real
            net.append(total - total.T)
        return self._between_levels(np.array(net))

    def second(self, first: RealArray, second: RealArray) -> tuple[Array, RealArray]:
        """`rho_ab` and the second derivative of the flows along two directions."""
        degenerate = self.generator.spectrum.degeneracies[self.generator.spectrum.level_of] > 1
        for r, rates in enumerate(self.rates):
            self._refuse_jump_of_dephasing(r, rates.still[degenerate], (first, second))
        a, b = np.tensordot(first, self.first, 1), np.tensordot(second, self.first, 1)
        source = self._derivative(self._rho, first, second, shift=not self.is_equilibrium)
        source = source + self._derivative(b, first, shift=True) + self._derivative(a, second, shift=True)
        derivative = self._solve(source)
        flows = self._flows(derivative) + self._flows(self._rho, first, second)
        return derivative, flows + self._flows(b, first) + self._flows(a, second)
