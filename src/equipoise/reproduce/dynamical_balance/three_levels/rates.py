r"""Rates of three levels in one or more fields, for one point or for millions.

Arrays have the transitions as their last axis, in the order 21, 31, 32, the reservoirs before it, and any batch axes in
front; numpy broadcasting applies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, RealArray, require
from equipoise._printed import counted
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.reproduce.dynamical_balance.three_levels.spanning_trees import log_rates, log_sum
from equipoise.reservoirs import Statistics
from equipoise.stationary.sectors import log_rates_of_dissipators

UPPER, LOWER = np.array([1, 2, 2]), np.array([0, 0, 1])
"""Levels (from 0) above and below each of the transitions 21, 31, 32."""

NAMES = ("21", "31", "32")


@dataclass(frozen=True, eq=False)
class ThreeLevelRates:
    r"""Rates of three levels `e_1 < e_2 < e_3`, kept as a strength and the log-ratio of the two directions.

    .. math::
        \Gamma_- = \frac{g}{1 \mp e^{-x}}, \qquad \Gamma_+ = \frac{g}{e^x \mp 1}, \qquad x = \log(\Gamma_-/\Gamma_+)

    Upper sign bosons; with the lower one any pair of rates has this form, g being their sum. x keeps its digits where
    the rates differ by a factor of 1e300 or by one part in 1e15.

    Parameters
    ----------
    levels : array_like, shape (..., 3)
        Ascending energies.
    log_strengths : array_like, shape (..., R, 3)
        log g of the transitions 21, 31, 32 and each reservoir; -inf for a transition it does not drive.
    exponents : array_like, shape (..., R, 3)
        x; for a field :math:`\beta(\omega)\,\omega`, or :math:`\beta(\omega - \mu)`. May be infinite (one-way).
    statistics : Statistics, default FERMION
        BOSON asks for x > 0.

    Raises
    ------
    InputError
        A shape that does not end in (R, 3) or that does not broadcast, NaN, log_strengths of +inf, levels that do not
        ascend, a bosonic exponent <= 0.
    """

    levels: RealArray
    log_strengths: RealArray
    exponents: RealArray
    statistics: Statistics = Statistics.FERMION

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", ascending(self.levels))
        for name in ("log_strengths", "exponents"):
            object.__setattr__(self, name, _table(getattr(self, name), name, (3,)))
        require(
            self.log_strengths.max(initial=0.0) < np.inf,
            "log_strengths",
            "lie below +inf",
            "contains +inf: an infinite rate",
        )
        x = self.exponents
        if self.statistics is Statistics.BOSON and not x.min(initial=np.inf) > 0:
            *point, r, t = index = _first(~(x > 0))
            raise InputError(
                f"Argument `exponents` must be > 0 for bosons, but is {x[index]:.6g} on the transition "
                f"{NAMES[t]} in reservoir {r}{at(point)}. Give the sum of both rates and FERMION "
                "(the default) for rates that no bosonic field has."
            )
        try:
            assert self._shape
        except ValueError:
            raise InputError(
                f"Arguments `levels` {self.levels.shape}, `log_strengths` {self.log_strengths.shape} and `exponents` "
                f"{self.exponents.shape} must broadcast (levels without the axis of reservoirs), but do not."
            ) from None

    @classmethod
    def from_numbers(cls, levels: ArrayLike, up: ArrayLike, down: ArrayLike) -> ThreeLevelRates:
        """Rates up and down the transitions 21, 31, 32 by each reservoir, shape (..., R, 3), given as numbers >= 0."""
        u, d = np.broadcast_arrays(np.asarray(up, dtype=float), np.asarray(down, dtype=float))
        for name, rate in (("up", u), ("down", d)):
            require(bool(np.all((rate >= 0) & (rate < np.inf))), name, "be >= 0 and finite", "is not")
        with np.errstate(divide="ignore"):
            return cls._from_logarithms(levels, np.log(u), np.log(d))

    @classmethod
    def from_generator(cls, generator: Generator) -> ThreeLevelRates:
        """Rates of a secular generator with three levels, none degenerate; one row for each dissipator."""
        require_generator(generator)
        require(
            generator.is_secular and generator.dimension == 3 and generator.spectrum.size == 3,
            "generator",
            "be secular (weak_coupling, rate_equation), with three levels and none degenerate",
            f"has dimension {generator.dimension} and {generator.spectrum.size} levels",
            "stationary_state and currents take any generator.",
        )
        logs = log_rates_of_dissipators(generator)
        return cls._from_logarithms(generator.spectrum.levels, logs[:, UPPER, LOWER], logs[:, LOWER, UPPER])

    @classmethod
    def _from_logarithms(cls, levels: ArrayLike, log_up: RealArray, log_down: RealArray) -> ThreeLevelRates:
        totals = np.logaddexp(log_up, log_down)
        with np.errstate(invalid="ignore"):
            x = np.where(totals == -np.inf, 0.0, log_down - log_up)
        return cls(np.asarray(levels, dtype=float), totals, x)

    @cached_property
    def _shape(self) -> tuple[int, ...]:
        levels = (*self.levels.shape[:-1], 1, 3)
        return tuple(np.broadcast_shapes(levels, self.log_strengths.shape, self.exponents.shape))

    @property
    def batch(self) -> tuple[int, ...]:
        """Shape of the batch."""
        return self._shape[:-2]

    @property
    def reservoirs(self) -> int:
        """Number R of reservoirs."""
        return self._shape[-2]

    @property
    def _log_rates(self) -> tuple[RealArray, RealArray]:
        logs, x = np.broadcast_arrays(self.log_strengths, self.exponents)
        return log_rates(logs, x, self.statistics)

    @property
    def gaps(self) -> RealArray:
        """Energies of the quanta, shape (..., 3)."""
        return np.asarray(self.levels[..., UPPER] - self.levels[..., LOWER])

    @property
    def log_down(self) -> RealArray:
        r"""Logarithm of the rate down each transition, :math:`\Gamma_-`, shape (..., R, 3)."""
        return self._log_rates[0]

    @property
    def log_up(self) -> RealArray:
        r"""Logarithm of the rate up each transition, :math:`\Gamma_+`, shape (..., R, 3)."""
        return self._log_rates[1]

    def matrix(self) -> RealArray:
        r"""Matrix A of the rate equation :math:`\dot p = -A p`, shape (..., 3, 3).

        Accardi & Imafuku (2002), (103), corrected: :math:`A_{22} = \Gamma_-(21) + \Gamma_+(32)` and
        :math:`A_{33} = \Gamma_-(31) + \Gamma_-(32)`, so that each column sums to zero.
        """
        down, up = (np.exp(logs).sum(axis=-2) for logs in (self.log_down, self.log_up))
        A = np.zeros((*down.shape[:-1], 3, 3))
        A[..., LOWER, UPPER], A[..., UPPER, LOWER] = -down, -up
        A[..., np.arange(3), np.arange(3)] = -A.sum(axis=-2)
        return A

    def relaxation_rates(self) -> ComplexArray:
        r"""The two non-zero eigenvalues of A, :math:`(b \pm \sqrt{b^2 - 4c})/2`, larger first, shape (..., 2).

        A complex pair where the field breaks detailed balance strongly enough; its real parts are positive. A small
        real one is c over the large one, so that it keeps its digits. Accardi & Imafuku (2002), (104): b and c are
        right, "> 0" holds for the real parts only.

        Examples
        --------
        >>> ring = ThreeLevelRates.from_numbers([0.0, 1.0, 2.0], up=[[1.0, 0.0, 1.0]], down=[[0.0, 1.0, 0.0]])
        >>> ring.relaxation_rates()  # 1 -> 2 -> 3 -> 1 only
        array([1.5+0.8660254j, 1.5-0.8660254j])
        """
        (d21, d31, d32), (u21, u31, u32) = (
            np.moveaxis(np.exp(logs).sum(axis=-2), -1, 0) for logs in (self.log_down, self.log_up)
        )
        b = d21 + d31 + d32 + u21 + u31 + u32
        # Relative to b, so that c does not underflow before its quotient does.
        s = np.where(b > 0, b, 1.0)
        c = (d21 / s * (d31 + d32) + d31 / s * u32) + (u21 / s * (d31 + d32) + u31 / s * d32)
        c = c + (u31 / s * (d21 + u32) + u21 / s * u32)
        root = np.sqrt((1 - 4 * c / s).astype(complex))
        large = 0.5 * b * (1 + root)
        small = np.where(root.imag == 0, 2 * c / (1 + root.real), large.conj())
        return np.stack([large, small], axis=-1)

    def affinity(self) -> RealArray:
        r"""Affinity :math:`\delta` of the cycle 1 -> 3 -> 2 -> 1 with the rates of all reservoirs, shape (...).

        For one field :math:`\delta = x(21) - x(31) + x(32)`, to the digits of x. Infinite where a rate of one direction
        of the cycle vanishes; 0 where both directions do. Accardi & Imafuku (2002), (106), (111).
        """
        if self.reservoirs == 1:
            total = self.exponents[..., 0, :]
            open_ = np.asarray(np.isfinite(self.log_strengths[..., 0, :]).all(axis=-1))
        else:
            down, up = (log_sum(np.moveaxis(logs, -2, 0)) for logs in (self.log_down, self.log_up))
            open_ = np.asarray((np.maximum(down, up) > -np.inf).all(axis=-1))
            with np.errstate(invalid="ignore"):
                total = np.where(open_[..., None], down - up, 0.0)
        with np.errstate(invalid="ignore"):
            delta = total[..., 0] - total[..., 1] + total[..., 2]
        return np.asarray(np.where(open_ & ~np.isnan(delta), delta, 0.0))

    def __repr__(self) -> str:
        return f"rates of three levels at {points(self)}"


def three_level_rates(
    levels: ArrayLike,
    strengths: ArrayLike,
    inverse_temperatures: ArrayLike,
    chemical_potentials: ArrayLike = 0.0,
    statistics: Statistics = Statistics.BOSON,
) -> ThreeLevelRates:
    r"""Rates of three levels in thermal reservoirs or in fields with a temperature for each energy.

    .. math::
        \Gamma_- = \Gamma (1 \pm n), \quad \Gamma_+ = \Gamma n, \quad n = 1/(e^x \mp 1), \quad
        x = \beta(\omega) (\omega - \mu)

    Parameters
    ----------
    levels, statistics
        As in `ThreeLevelRates`; by default bosons.
    strengths : array_like, broadcast to (..., R, 3)
        :math:`\Gamma = 2\pi J(\omega) |\langle n|D|m\rangle|^2 \ge 0` of the transitions 21, 31, 32.
    inverse_temperatures : array_like, broadcast to (..., R, 3)
        Of each reservoir and transition: shape (..., R, 1) for thermal reservoirs, (..., R, 3) for
        :math:`\beta(\omega)` of a non-equilibrium field. Any batch axes broadcast, so a map over two temperatures needs
        no copies of the rest.
    chemical_potentials : array_like, broadcast to (..., R, 3)

    Raises
    ------
    InputError
        As `ThreeLevelRates`; a negative strength; for bosons :math:`\beta(\omega)(\omega - \mu) \le 0`, naming the
        frequency, the reservoir and the transition.

    References
    ----------
    Accardi & Imafuku (2002), (95), (96), (100)-(101).

    Examples
    --------
    A map over two temperatures in one call, heat flowing from the hotter:

    >>> T = np.linspace(0.5, 1.5, 3)
    >>> beta = np.stack(np.broadcast_arrays(1 / T[:, None], 1 / T[None, :]), axis=-1)[..., None]
    >>> rates = three_level_rates([0.0, 1.0, 2.5], [[0.1, 0.2, 0.3], [0.3, 0.1, 0.2]], beta)
    >>> from equipoise.reproduce.dynamical_balance.three_levels.state import three_level_state
    >>> np.sign(three_level_state(rates).energy_currents[..., 0].round(12))
    array([[ 0., -1., -1.],
           [ 1.,  0., -1.],
           [ 1.,  1.,  0.]])
    """
    e = ascending(levels)
    omega = (e[..., UPPER] - e[..., LOWER])[..., None, :]
    g, beta = _table(strengths, "strengths", (1, 3)), _table(inverse_temperatures, "inverse_temperatures", (1, 3))
    require(g.min(initial=0.0) >= 0 and g.max(initial=0.0) < np.inf, "strengths", "be >= 0 and finite", "is not")
    distance = omega - np.asarray(chemical_potentials, dtype=float)
    # With the batch as the contiguous axis: a loop over three transitions is several times slower.
    dimensions = max(beta.ndim, distance.ndim)
    inner = [np.moveaxis(a[(None,) * (dimensions - a.ndim)], (-2, -1), (0, 1)) for a in (beta, distance)]
    x = np.moveaxis(np.multiply(*inner, order="C"), (0, 1), (-2, -1))
    with np.errstate(divide="ignore"):
        log_g = np.log(np.broadcast_to(g, np.broadcast_shapes(g.shape, (1, 3))))
    if statistics is Statistics.BOSON and not x.min(initial=np.inf) > 0:
        *point, r, t = index = _first(~(x > 0))
        raise InputError(
            f"Argument `inverse_temperatures` must give beta(omega) (omega - mu) > 0 for bosons, but it is "
            f"{x[index]:.6g} at omega = {np.broadcast_to(omega, x.shape)[index]:.6g}, the transition {NAMES[t]} in "
            f"reservoir {r}{at(point)}."
        )
    return ThreeLevelRates(e, log_g, np.broadcast_to(x, np.broadcast_shapes(x.shape, log_g.shape[-2:])), statistics)


def ascending(given: ArrayLike) -> RealArray:
    """Energies of three levels, shape (..., 3), checked."""
    levels = np.asarray(given, dtype=float)
    require(levels.shape[-1:] == (3,), "levels", "have shape (..., 3)", f"has shape {levels.shape}")
    bad = ~(np.isfinite(levels).all(axis=-1) & (np.diff(levels, axis=-1) > 0).all(axis=-1))
    if bad.any():
        index = _first(bad)
        raise InputError(
            f"Argument `levels` must be finite and ascend, but is {levels[index].tolist()}{at(index)}. Sort them; "
            "degenerate levels have coherences: use weak_coupling and stationary_state."
        )
    return levels


def _table(given: ArrayLike, name: str, widths: tuple[int, ...]) -> RealArray:
    table = np.asarray(given, dtype=float)
    require(
        table.ndim >= 2 and table.shape[-1] in widths and table.shape[-2] > 0,
        name,
        "have shape (..., R, 3)" + " or (..., R, 1)" * (1 in widths) + ": reservoirs, then the transitions 21, 31, 32",
        f"has shape {table.shape}",
        "Give a single field an axis of length 1: table[..., None, :].",
    )
    # The extremes of an array are NaN if any element is.
    require(not np.isnan(table.max(initial=-np.inf)), name, "be numbers", "contains NaN")
    return table


def _first(bad: np.ndarray) -> tuple[int, ...]:
    return tuple(int(k) for k in np.argwhere(bad)[0])


def at(index: Sequence[int]) -> str:
    """Where in the batch: ` at point [3, 0]`; nothing where there is no batch."""
    return f" at point {list(index)}" if index else ""


def points(rates: ThreeLevelRates) -> str:
    """Size of the batch and number of reservoirs, in words."""
    size = " x ".join(str(n) for n in rates.batch) + " points" if rates.batch else "one point"
    return f"{size}, {counted(rates.reservoirs, 'reservoir')}"
