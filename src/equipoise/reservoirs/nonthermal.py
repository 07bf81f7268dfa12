"""Fields that are not thermal: local temperatures, mixtures, generalised Gibbs states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, RealArray, finite_real, require, require_type
from equipoise.reservoirs._callables import evaluate, require_callable, takes_branch
from equipoise.reservoirs.distributions import (
    AbstractDistribution,
    Statistics,
    _frequencies,
    _require_branch,
    _require_statistics,
)
from equipoise.tolerances import WEIGHTS_SUM


@dataclass(frozen=True)
class LocalTemperature(AbstractDistribution):
    r"""Occupation with a temperature for each energy, :math:`x(\omega) = \beta(\omega)\,\omega`.

    Such a field keeps the local KMS condition at every frequency without being thermal (Accardi & Imafuku,
    "Dynamical detailed balance and local KMS condition for non-equilibrium states", 2002).

    Parameters
    ----------
    statistics : Statistics
    beta_of_omega : callable
        ``beta_of_omega(omega)``, for an array of frequencies or for one. For bosons beta(omega) omega must be
        > 0 wherever the occupation is asked, which for a Lamb shift is the whole band.

    Raises
    ------
    UserCodeError
        If `beta_of_omega` raises; the message names the frequency.

    Examples
    --------
    >>> field = LocalTemperature(Statistics.BOSON, lambda omega: 1.0 + omega)
    >>> float(field.exponent(2.0))
    6.0
    """

    statistics: Statistics
    beta_of_omega: Callable[..., Any]

    def __post_init__(self) -> None:
        _require_statistics(self.statistics)
        require_callable(self.beta_of_omega, "beta_of_omega", "beta(omega)")

    def exponent(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        r"""Return :math:`\beta(\omega)\,\omega`."""
        points = _frequencies(omega)
        return np.asarray(self.local_inverse_temperature(points, branch) * points)[()]

    def local_inverse_temperature(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        """Return beta(omega) itself, also at omega = 0."""
        _require_branch(branch)
        return evaluate(self.beta_of_omega, omega, "LocalTemperature.beta_of_omega")[()]

    def _no_bosonic_occupation(self, omega: float, x: float) -> str:
        return (
            "Argument `beta_of_omega` must give beta(omega) * omega > 0 for bosons, "
            f"but it is {x:.6g} at omega = {omega:.6g}. "
            "Rates need it at the Bohr frequencies, level shifts in the whole band: make it positive there."
        )


@dataclass(frozen=True)
class Mixture(AbstractDistribution):
    r"""Weighted mean of occupations, :math:`n = \sum_i w_i n_i` with :math:`\sum_i w_i = 1`.

    Because the weights sum to one, :math:`1 \pm n = \sum_i w_i (1 \pm n_i)`: both are sums of positive terms,
    taken in logarithms, and the exponent is their difference.

    Parameters
    ----------
    weights : sequence of float or callable
        Each a number >= 0, or a function ``w(omega)`` or ``w(omega, branch)``.
    components : sequence of AbstractDistribution
        As many, all of the same statistics.

    Raises
    ------
    InputError
        If the weights are negative or do not sum to one (at some frequency, which is named).

    Examples
    --------
    >>> from equipoise.reservoirs import fermi_dirac
    >>> left, right = fermi_dirac(temperature=0.0, chemical_potential=1.0), fermi_dirac(temperature=0.0)
    >>> float(Mixture((0.25, 0.75), (left, right)).occupation(0.5))
    0.25
    """

    weights: Sequence[float | Callable[..., Any]]
    components: Sequence[AbstractDistribution]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(self.weights))
        object.__setattr__(self, "components", tuple(self.components))
        require(len(self.components) > 0, "components", "hold at least one distribution", "is empty")
        n, given = len(self.components), len(self.weights)
        require(given == n, "weights", f"have one entry per component, {n}", f"has {given}")
        first = self.components[0]
        for index, component in enumerate(self.components):
            require_type(component, AbstractDistribution, f"components[{index}]", "a distribution")
            require(
                component.statistics is first.statistics,
                f"components[{index}]",
                f"have the statistics of components[0], {first.statistics.value}",
                f"is a {component.statistics.value} distribution",
            )
        if not any(callable(weight) for weight in self.weights):
            numbers = tuple(finite_real(weight, f"weights[{i}]") for i, weight in enumerate(self.weights))
            object.__setattr__(self, "weights", numbers)
            self._weights(np.zeros(1), 1)

    @property
    def statistics(self) -> Statistics:  # type: ignore[override]
        """Statistics of the components."""
        return self.components[0].statistics

    @property
    def is_branch_independent(self) -> bool:
        """Whether no component, and no weight, takes the branch."""
        return all(component.is_branch_independent for component in self.components) and not any(
            callable(weight) and takes_branch(weight) for weight in self.weights
        )

    def exponent(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        r"""Return :math:`\log[(1 \pm n)/n]`; for bosons as log(1 + 1/n), which is exact at large n."""
        log_n = self.log_occupation(omega, branch)
        if self.statistics is Statistics.BOSON:
            return np.asarray(np.logaddexp(0.0, -log_n))[()]
        return np.asarray(self.log_complement(omega, branch) - log_n)[()]

    def occupation(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        """Return the weighted sum of the components' occupations."""
        points = _frequencies(omega)
        weights = self._weights(points, branch)
        parts = np.stack([np.asarray(part.occupation(points, branch)) for part in self.components])
        return np.asarray((weights * parts).sum(axis=0))[()]

    def log_occupation(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        """Return log n: a logarithm of a sum of positive terms, or log1p of the holes near a filled mode."""
        log_n = self._log_mean([part.log_occupation for part in self.components], omega, branch)
        if self.statistics is Statistics.BOSON:
            return log_n[()]
        holes = np.exp(self._log_mean([part.log_complement for part in self.components], omega, branch))
        return np.asarray(np.where(holes < 0.5, np.log1p(-np.minimum(holes, 0.5)), log_n))[()]

    def log_complement(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        r"""Return :math:`\log(1 \pm n)`, as log1p of n where n is small."""
        n = np.asarray(self.occupation(omega, branch))
        if self.statistics is Statistics.BOSON:
            return np.asarray(np.log1p(n))[()]
        log_holes = self._log_mean([part.log_complement for part in self.components], omega, branch)
        return np.asarray(np.where(n < 0.5, np.log1p(-np.minimum(n, 0.5)), log_holes))[()]

    def structure_points(self) -> tuple[float, ...]:
        """Return those of the components."""
        return tuple(point for part in self.components for point in part.structure_points())

    def thermal_scale(self) -> float:
        """Return that of the coldest component."""
        return min(part.thermal_scale() for part in self.components)

    def _log_mean(self, logs: list[Callable[..., RealArray]], omega: ArrayLike, branch: int) -> RealArray:
        """log sum_i w_i exp(l_i), l_i = log n_i or log(1 +- n_i)."""
        points = _frequencies(omega)
        with np.errstate(divide="ignore"):
            log_weights = np.log(self._weights(points, branch))
        parts = np.stack([log(points, branch) for log in logs])
        return np.asarray(np.logaddexp.reduce(log_weights + parts, axis=0))

    def _weights(self, points: RealArray, branch: int) -> RealArray:
        _require_branch(branch)
        rows = [
            evaluate(weight, points, f"weights[{index}]", branch=branch)
            if callable(weight)
            else np.full(points.shape, weight)
            for index, weight in enumerate(self.weights)
        ]
        weights = np.stack(rows)
        for index, row in enumerate(rows):
            if np.any(row < 0):
                where = int(np.argmax(row < 0))
                raise InputError(
                    f"Argument `weights[{index}]` must be >= 0, but is {row.flat[where]:.6g} "
                    f"at omega = {points.flat[where]:.6g}."
                )
        defect = np.abs(weights.sum(axis=0) - 1)
        if np.any(defect > WEIGHTS_SUM):
            where = int(np.argmax(defect))
            raise InputError(
                f"Argument `weights` must sum to one to {WEIGHTS_SUM:.0e}, but the sum differs "
                f"by {defect.flat[where]:.3g} at omega = {points.flat[where]:.6g}. Divide by the sum."
            )
        return weights


@dataclass(frozen=True)
class GeneralizedGibbs(AbstractDistribution):
    r"""Occupation of a state with several conserved charges, :math:`x = \sum_k \lambda_k q_k(\omega)`.

    Thermal is the case of two charges: q_1 = omega with lambda_1 = beta, q_2 = 1 with lambda_2 = -beta mu. A
    charge odd in momentum depends on the branch.

    Parameters
    ----------
    statistics : Statistics
    multipliers : sequence of float
        lambda_k.
    charges : sequence of callable
        As many; each ``q(omega)`` or ``q(omega, branch)``: the charge that one quantum carries.

    Raises
    ------
    UserCodeError
        If a charge raises; the message names it and the frequency.

    Examples
    --------
    >>> charges = (lambda w: w, lambda w, branch: branch * w**2)
    >>> state = GeneralizedGibbs(Statistics.FERMION, (2.0, 0.5), charges)
    >>> float(state.exponent(1.0, branch=-1))
    1.5
    """

    statistics: Statistics
    multipliers: Sequence[float]
    charges: Sequence[Callable[..., Any]]

    def __post_init__(self) -> None:
        _require_statistics(self.statistics)
        numbers = tuple(finite_real(value, f"multipliers[{i}]") for i, value in enumerate(self.multipliers))
        object.__setattr__(self, "multipliers", numbers)
        object.__setattr__(self, "charges", tuple(self.charges))
        require(
            len(self.charges) == len(numbers) > 0,
            "charges",
            f"have one function per multiplier, {len(numbers)} and at least one",
            f"has {len(self.charges)}",
        )
        for index, charge in enumerate(self.charges):
            require_callable(charge, f"charges[{index}]", "q(omega) or q(omega, branch)")

    @property
    def is_branch_independent(self) -> bool:
        """Whether no charge takes the branch."""
        return not any(takes_branch(charge) for charge in self.charges)

    def exponent(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        r"""Return :math:`\sum_k \lambda_k q_k(\omega)`."""
        _require_branch(branch)
        points = _frequencies(omega)
        total = np.zeros(points.shape)
        for index, (multiplier, charge) in enumerate(zip(self.multipliers, self.charges, strict=True)):
            total = total + multiplier * evaluate(charge, points, f"charges[{index}]", branch=branch)
        return np.asarray(total)[()]
