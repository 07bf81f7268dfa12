"""The effective inverse temperature that the reservoirs impose on each transition: log-ratios of their rates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import InputError, RealArray, require
from equipoise._printed import amount, described, table
from equipoise.fluxes import GeneratorAtState
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.spectrum import Spectrum
from equipoise.stationary.pairwise import require_pairwise_rates
from equipoise.stationary.sectors import log_rates_of_dissipators


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class EffectiveTemperatures:
    """Exponents `x(w) = log(rate down / rate up)` at every open transition, and the inverse temperatures `x / w`.

    Parameters
    ----------
    spectrum : Spectrum
    reservoirs : tuple of str, length R
    transitions : ndarray of int, shape (K, 2)
        Pairs (m, n), m above n, that some reservoir drives.
    log_rates : RealArray, shape (R, L, L)
        Logarithm of the rate n -> m that each reservoir causes, [r, m, n].
    """

    spectrum: Spectrum
    reservoirs: tuple[str, ...]
    transitions: np.ndarray
    log_rates: RealArray

    @cached_property
    def frequencies(self) -> RealArray:
        """Bohr frequency `e_m - e_n` of each transition, shape (K,)."""
        levels = self.spectrum.levels
        return np.asarray(levels[self.transitions[:, 0]] - levels[self.transitions[:, 1]])

    @cached_property
    def log_summed_rates(self) -> RealArray:
        """Logarithm of the rate n -> m of all reservoirs together, shape (L, L)."""
        return np.asarray(np.logaddexp.reduce(self.log_rates))

    @cached_property
    def is_open(self) -> np.ndarray:
        """Which reservoir drives which transition, shape (R, K), bool."""
        m, n = self.transitions.T
        return np.asarray(np.isfinite(self.log_rates[:, m, n]) | np.isfinite(self.log_rates[:, n, m]))

    @cached_property
    def exponents(self) -> RealArray:
        """`x_r(w)`, shape (R, K): `beta_r (w - mu_r)` of a thermal reservoir; 0 where `is_open` is false.

        Infinite where the reservoir only emits or only absorbs (zero temperature).
        """
        m, n = self.transitions.T
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(self.is_open, self.log_rates[:, n, m] - self.log_rates[:, m, n], 0.0))

    @cached_property
    def summed_exponents(self) -> RealArray:
        """`x(w) = log(Gamma_out / Gamma_in)` of the fields of all reservoirs together, shape (K,)."""
        m, n = self.transitions.T
        return np.asarray(self.log_summed_rates[n, m] - self.log_summed_rates[m, n])

    def inverse_temperature(self, m: int, n: int, reservoir: int | str | None = None) -> float:
        """`x / (e_m - e_n)` at one transition, of one reservoir, by index or name, or (None) of all together.

        Raises
        ------
        InputError
            If the transition is closed or at frequency zero, or there is no such level or reservoir.
        """
        last = self.spectrum.size - 1
        require(min(m, n) >= 0 and max(m, n) <= last, "m, n", f"be levels, 0 .. {last}", f"got {m}, {n}")
        if isinstance(reservoir, str) and reservoir in self.reservoirs:
            reservoir = self.reservoirs.index(reservoir)
        count = len(self.reservoirs)
        if reservoir is not None and (isinstance(reservoir, str) or not 0 <= reservoir < count):
            names = ", ".join(repr(name) for name in self.reservoirs)
            raise InputError(
                f"Argument `reservoir` must be one of {names}, an index from 0 to {count - 1}, or None for all "
                f"together, but got {reservoir!r}."
            )
        frequency = float(self.spectrum.levels[m] - self.spectrum.levels[n])
        rates = self.log_summed_rates if reservoir is None else self.log_rates[reservoir]
        pair = f"{self.spectrum.labels[m]!r} <-> {self.spectrum.labels[n]!r}"
        if np.isneginf(rates[m, n]) and np.isneginf(rates[n, m]):
            who = "all reservoirs" if reservoir is None else f"reservoir {self.reservoirs[reservoir]!r}"
            raise InputError(f"Arguments `m, n` must name an open transition, but the rate of {who} on {pair} is zero.")
        if frequency == 0.0:
            raise InputError(
                f"Arguments `m, n` must have different energies, but {pair} is at frequency zero, where a temperature "
                "is undefined. Use exponents."
            )
        return float((rates[n, m] - rates[m, n]) / frequency)

    def __repr__(self) -> str:
        labels = self.spectrum.labels
        rows = []
        for k, (m, n) in enumerate(self.transitions):
            omega = self.frequencies[k]
            each = [
                x[k] / omega if is_open[k] and omega else None
                for x, is_open in zip(self.exponents, self.is_open, strict=True)
            ]
            each.append(self.summed_exponents[k] / omega if omega else None)
            shown = ("-" if beta is None else amount(beta) for beta in each)
            rows.append([f"{labels[m]} -> {labels[n]}", amount(omega), *shown])
        columns = ["transition", "omega", *(f"beta {name}" for name in self.reservoirs), "together"]
        return described("effective inverse temperature of each transition", below=table(columns, rows, "transition"))


def effective_temperatures(generator: Generator | GeneratorAtState) -> EffectiveTemperatures:
    """The effective inverse temperature of each transition, of every reservoir and of all together.

    `x_r(w) = log(rate of m -> n / rate of n -> m)`, `w = e_m - e_n > 0`, from the rates of the generator: for one
    coupling per transition this is the exponent of the reservoir's own distribution, `beta_r (w - mu_r)` if thermal.
    All reservoirs together have `x = log(sum_r out_r / sum_r in_r)`, in general neither proportional to w nor additive
    on cycles of transitions, whose affinities `cycles(generator)` gives. A fermion that leaves the system while its
    energy rises has the exponent `beta_r (w + mu_r)`.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Secular, without degenerate levels. The state of a pair does not matter.

    Returns
    -------
    EffectiveTemperatures

    Raises
    ------
    InputError
        If populations do not obey rates between pairs of levels.

    References
    ----------
    Accardi & Imafuku (2002), (24c), (101), (106), for any number of levels.

    Examples
    --------
    >>> from equipoise.generators import weak_coupling
    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> bath = Reservoir("bath", bose_einstein(inverse_temperature=0.7), Ohmic(0.001, 10.0))
    >>> system = OpenSystem([0.0, 1.0, 2.5], [Coupling(bath, np.ones((3, 3)) - np.eye(3))])
    >>> found = effective_temperatures(weak_coupling(system, lamb_shift=False))
    >>> round(found.inverse_temperature(2, 0), 12), round(found.inverse_temperature(1, 0, "bath"), 12)
    (0.7, 0.7)
    """
    if isinstance(generator, GeneratorAtState):
        generator = generator.generator
    require_generator(generator)
    require_pairwise_rates(generator, "Ask each reservoir: reservoir.distribution.local_inverse_temperature(omega).")
    log_rates = log_rates_of_dissipators(generator)
    summed = np.logaddexp.reduce(log_rates)
    m, n = np.nonzero(np.tril(np.isfinite(summed) | np.isfinite(summed.T), -1))
    return EffectiveTemperatures(
        spectrum=generator.spectrum,
        reservoirs=generator.names,
        transitions=np.stack([m, n], axis=1),
        log_rates=log_rates,
    )
