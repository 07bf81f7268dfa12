"""Operators of the system that meet an operator of a reservoir: their rates, level shifts and half-sided transforms.

The correlation function `C(t)` of the reservoir operator that a system operator B meets has the half-sided transform
`Gamma(w) = int_0^inf C(t) exp(i w t) dt = rate(w) / 2 + i shift(w)`, where w is the energy that B takes out of the
system. Non-secular generators are made of B and of `Lambda = sum_w Gamma(w) B_w`, elementwise in the energy basis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from equipoise._checks import (
    ComplexArray,
    InputError,
    NumericalError,
    RealArray,
    UserCodeError,
    require,
)
from equipoise.generators._elements import elements_of_couplings, on_elements
from equipoise.generators._lamb_shift import root_of_conjugate
from equipoise.generators.generator import Undetermined
from equipoise.reservoirs import CorrelatedDensity, Reservoir, Statistics
from equipoise.spectrum import Spectrum
from equipoise.systems import OpenSystem
from equipoise.tolerances import ROUNDED


@dataclass(frozen=True, eq=False)
class Exchange:
    """One operator of the system that is coupled to one operator of the reservoir.

    Parameters
    ----------
    reservoir : Reservoir
    operator : ComplexArray, shape (d, d)
        B in the energy basis.
    rate, shift : callable
        `rate(w) = 2 Re Gamma(w)` and `shift(w) = Im Gamma(w)` of the part of B that lowers the energy by w.
    """

    reservoir: Reservoir
    operator: ComplexArray
    rate: Callable[[RealArray], RealArray]
    shift: Callable[[RealArray], RealArray]

    def rates(self, spectrum: Spectrum) -> RealArray:
        """`rate(e_j - e_i)` where B has an element, else 0; shape (d, d)."""
        return self._table(spectrum, self.rate)

    def shifts(self, spectrum: Spectrum) -> RealArray:
        """`shift(e_j - e_i)` where B has an element, else 0; shape (d, d)."""
        try:
            return self._table(spectrum, self.shift)
        except NumericalError as error:
            raise NumericalError(
                f"{error} Here: the half-sided transform of the correlation function of reservoir "
                f"{self.reservoir.name!r} does not exist at a Bohr frequency of the system. A coupling that is not "
                "Hermitian needs out- and in-processes apart, which an Ohmic reservoir does not allow at frequency "
                "zero: remove the part of D that commutes with H, or pass lamb_shift=False."
            ) from error.__cause__

    def half_sided(self, spectrum: Spectrum, *, lamb_shift: bool) -> ComplexArray:
        """`Lambda[i, j] = Gamma(e_j - e_i) B[i, j]`, shape (d, d); without the shifts `Gamma = rate / 2`."""
        transform = 0.5 * self.rates(spectrum).astype(complex)
        if lamb_shift:
            transform = transform + 1j * self.shifts(spectrum)
        return np.asarray(transform * self.operator)

    def _table(self, spectrum: Spectrum, function: Callable[[RealArray], RealArray]) -> RealArray:
        try:
            return on_elements(spectrum, self.operator != 0, function)
        except (InputError, UserCodeError) as error:
            raise type(error)(f"{error} This is reservoir {self.reservoir.name!r}.") from error.__cause__


def exchanges(
    system: OpenSystem, reservoir: Reservoir, resolution: float | None
) -> tuple[list[Exchange], list[Undetermined]]:
    """The exchanges of a reservoir, and the coupling elements left out because they are round-off.

    A Hermitian coupling D to bosons is one exchange, with the reservoir operator `A + A^dagger`:
    `rate(w) = rate_out(w) + rate_in(-w)`. Any other is two: D with `A^dagger` and `D^dagger` with A.
    """
    elements, undetermined = elements_of_couplings(system, reservoir, resolution)
    scalar, mixed = _scalar_channels(reservoir, elements)
    found: list[Exchange] = []

    def both(w: RealArray) -> RealArray:
        return np.asarray(scalar.rate_out(w) + scalar.rate_in(-np.asarray(w)))

    for D in mixed:
        if scalar.statistics is Statistics.BOSON and np.abs(D - D.conj().T).max() <= ROUNDED * np.abs(D).max():
            found.append(Exchange(scalar, D, both, scalar.level_shift_symmetric))
        else:
            found.append(Exchange(scalar, D, scalar.rate_out, scalar.level_shift_out))
            found.append(
                Exchange(
                    scalar,
                    D.conj().T,
                    lambda w: scalar.rate_in(-np.asarray(w)),
                    lambda w: -scalar.level_shift_in(-np.asarray(w)),
                )
            )
    return found, undetermined


def _scalar_channels(reservoir: Reservoir, elements: ComplexArray) -> tuple[Reservoir, ComplexArray]:
    """Independent channels of a scalar density: `sum_a R_ka D_a`, `R = sqrt(conj C)`, for `J_ab = J C_ab`."""
    density = reservoir.spectral_density
    if not isinstance(density, CorrelatedDensity):
        return reservoir, elements
    require(
        density.is_constant,
        f"couplings to {reservoir.name!r}",
        "have a correlation matrix that does not depend on frequency",
        "it is a function of frequency",
        "Use weak_coupling, which resolves the Bohr frequencies.",
    )
    mixing = root_of_conjugate(density.correlation_matrix(0.0))
    return replace(reservoir, spectral_density=density.density), np.einsum("ka,aij->kij", mixing, elements)
