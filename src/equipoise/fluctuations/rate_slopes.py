r"""Exact derivatives of the rates and level shifts of a thermal reservoir with respect to its forces.

A reservoir at `beta = beta_0 - X_E`, `beta mu = beta_0 mu_0 + X_N` has the exponent
`x = beta_0 (w - mu_0) - (w X_E + X_N)`, so that every derivative follows from those in x::

    d(1 +- n)/dx = dn (+-1),   dn/dx = -n (1 +- n),   d^2 n/dx^2 = n (1 +- n)(1 +- 2n),

with `1 +- 2n = coth(x/2)` for bosons and `tanh(x/2)` for fermions: nothing is subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, NumericalError, RealArray
from equipoise.generators import Dissipator, FrequencyResolved, Generator
from equipoise.generators._lamb_shift import summed_shift
from equipoise.reservoirs import AbstractDistribution, CorrelatedDensity, Reservoir, Statistics, Thermal
from equipoise.spectrum import Spectrum

_NEAR_THE_EDGE = np.array([1e-50, 1e-70])
"""Where the limit of v J(v) n'(v) towards a band edge at 0 is read off."""


@dataclass(frozen=True, eq=False)
class RateDerivatives:
    r"""Relative derivatives of the out- and in-rates of one reservoir, element by element.

    With the weights `u_E = w`, `u_N = 1` of the two forces and `h = (1 +- 2n)/2` at `w = e_j - e_i`::

        d log(out)/dX_a = (h - 1/2) u_a,               d log(in)/dX_a = (h + 1/2) u_a,
        d^2 out/dX_a dX_b / out = 2 h (h - 1/2) u_a u_b,   d^2 in/dX_a dX_b / in = 2 h (h + 1/2) u_a u_b.

    At w = 0 a bosonic reservoir dephases with out- and in-rate equal to `G/2`, G proportional to 1/beta at mu = 0:
    there `u = 0` and only the products `u_E h = 1/beta` enter; they do not exist for X_N, since G jumps to zero at
    any mu < 0.

    Parameters
    ----------
    weights : RealArray, shape (2, d, d)
        `u_E`, `u_N` at [i, j] for the out-process j -> i; zero where there is none.
    half : RealArray, shape (2, d, d)
        `h u_E`, `h u_N`.
    still : ndarray of bool, shape (d, d)
        Where a bosonic process at w = 0 has a rate.
    """

    weights: RealArray
    half: RealArray
    still: np.ndarray

    def first(self, force: int, *, outward: bool) -> RealArray:
        """`d log(rate)/dX` of the out-rate at [i, j], or of the in-rate of the same mode."""
        return np.asarray(self.half[force] + (-0.5 if outward else 0.5) * self.weights[force])

    def second(self, force: int, other: int, *, outward: bool) -> RealArray:
        """`d^2 rate/dX dX' / rate` of the out-rate at [i, j], or of the in-rate of the same mode."""
        return np.asarray(2 * self.half[force] * self.first(other, outward=outward))


def rate_derivatives(generator: Generator, index: int) -> RateDerivatives:
    """Derivatives of the rates of dissipator `index` of a weak-coupling generator, whose reservoir is thermal."""
    part = generator.dissipators[index]
    kind, thermal = part.representation, thermal_of(part)
    assert isinstance(kind, FrequencyResolved)
    energies = generator.spectrum.state_energies
    frequencies = energies[None, :] - energies[:, None]
    out = kind.out_operators
    active = np.any(np.isfinite(kind.log_rates[out]) & (kind.coupling_operators[out] != 0), axis=0)
    weights = np.where(active, np.stack([frequencies, np.ones_like(frequencies)]), 0.0)
    half = np.zeros_like(weights)
    w = frequencies[active]
    x = thermal.inverse_temperature * (w - thermal.chemical_potential)
    if thermal.statistics is Statistics.FERMION:
        half[:, active] = 0.5 * np.tanh(x / 2) * weights[:, active]
        return RateDerivatives(weights, half, np.zeros_like(active))
    zero = active & (frequencies == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        half[:, active] = 0.5 / np.tanh(x / 2) * weights[:, active]
    half[0, zero] = 1.0 / thermal.inverse_temperature
    half[1, zero] = 0.0
    weights[:, zero] = 0.0
    return RateDerivatives(weights, half, zero)


def thermal_of(part: Dissipator) -> Thermal:
    """The thermal distribution of the reservoir of a dissipator."""
    assert part.field is not None
    assert isinstance(part.field.distribution, Thermal)
    return part.field.distribution


@dataclass(frozen=True)
class OccupationDerivative(AbstractDistribution):
    """`d^k n / dX^k` of a thermal occupation, which the derivative of a level shift integrates.

    `v^p n (1 +- n)` for the first derivative, `v^p n (1 +- n)(1 +- 2n)` for the second, p of the k forces being X_E.
    """

    thermal: Thermal
    power: int
    order: int

    @property
    def statistics(self) -> Statistics:  # type: ignore[override]
        """Statistics of the quanta."""
        return self.thermal.statistics

    @property
    def is_branch_independent(self) -> bool:
        """True: a thermal occupation depends on energy alone."""
        return True

    def exponent(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        """The exponent of the thermal occupation."""
        return self.thermal.exponent(omega, branch)

    def occupation(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        """The derivative of the occupation with respect to the forces."""
        x, v = np.asarray(self.thermal.exponent(omega, branch)), np.asarray(omega)
        small = np.exp(-np.abs(x))
        if self.thermal.statistics is Statistics.BOSON:
            factors = [-1 / np.expm1(-np.abs(x))] * 2 + [1 / np.tanh(x / 2)]
        else:
            factors = [1 / (1 + small)] * 2 + [np.tanh(x / 2)]
        # A power of v beside each factor 1/x: v/x is finite where 1/x^2 is not.
        for k, factor in enumerate(factors[: self.order + 1]):
            small = small * (factor * v if k < self.power else factor)
        return np.asarray(small)

    def structure_points(self) -> tuple[float, ...]:
        """Return mu."""
        return self.thermal.structure_points()

    def thermal_scale(self) -> float:
        """Return abs(T)."""
        return self.thermal.thermal_scale()


def lamb_shift_derivative(
    generator: Generator, index: int, elements: ComplexArray, power: int, order: int
) -> ComplexArray:
    r"""Derivative of the Lamb shift of one reservoir with respect to its forces, energy basis, shape (d, d).

    `sum_w S'(w) (+- D_w^dagger D_w - D_w D_w^dagger)` with `S'(w) = -P int J(v) n'(v) / (v - w) dv`, since
    `S_out` and `S_in` of bosons share the derivative, and those of fermions have opposite ones. A derivative
    commutes with every state that is a function of H (and of N, where the couplings are graded).

    `elements` are the couplings in the energy basis, (K, d, d), as `coupling_elements` gives them; `power` of the
    `order` forces are X_E.

    Raises
    ------
    NumericalError
        Where it diverges: for bosons at mu = 0 with respect to X_N.
    """
    part = generator.dissipators[index]
    thermal = thermal_of(part)
    assert part.field is not None
    occupation = OccupationDerivative(thermal, power, order)
    _refuse_divergence(part.field, occupation)
    integral = replace(part.field, distribution=occupation)
    return _shift(generator.spectrum, integral, elements, thermal.statistics.sign)


def _refuse_divergence(reservoir: Reservoir, occupation: OccupationDerivative) -> None:
    """Bosons at the edge of their band: J n' must grow less than 1/v towards it."""
    thermal, density = occupation.thermal, reservoir.spectral_density
    if thermal.statistics is Statistics.FERMION or density is None or thermal.chemical_potential != 0:
        return
    scalar = density.density if isinstance(density, CorrelatedDensity) else density
    if scalar.support[0] > 0:
        return
    far, near = _NEAR_THE_EDGE * np.asarray(scalar(_NEAR_THE_EDGE)) * occupation.occupation(_NEAR_THE_EDGE)
    if near > 1e-5 * far > 0:
        raise NumericalError(
            f"The derivative of the Lamb shift of reservoir {reservoir.name!r} with respect to X_N diverges at mu = 0: "
            "the occupation of its lowest modes grows without bound. Take the reference at mu < 0, or leave the Lamb "
            "shift out: weak_coupling(system, lamb_shift=False)."
        )


def _shift(spectrum: Spectrum, reservoir: Reservoir, elements: ComplexArray, sign: int) -> ComplexArray:
    energies = spectrum.state_energies
    frequencies = energies[None, :] - energies[:, None]
    same = spectrum.level_of[:, None] == spectrum.level_of[None, :]
    active = np.any(elements != 0, axis=0)
    inside = np.where(same, elements, 0)
    commutator = sum(D.conj().T @ D - D @ D.conj().T for D in inside)
    if sign > 0 and np.linalg.norm(commutator) <= 1e-12 * np.linalg.norm(inside) ** 2:
        # For bosons the shift at w = 0, which may diverge, multiplies the commutator only.
        active &= ~same
    absorption = np.zeros((*active.shape, *(2 * (reservoir.channels,))), dtype=complex)
    distinct, inverse = np.unique(frequencies[active], return_inverse=True)
    if distinct.size:
        absorption[active] = reservoir.level_shift_matrix_in(distinct)[inverse]
    return summed_shift(spectrum, reservoir, elements, lambda _: (sign * absorption.conj(), absorption))
