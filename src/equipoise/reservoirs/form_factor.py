"""Spectral density of a field with a form factor and a dispersion, in one to three dimensions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import RealArray, finite_real, require
from equipoise.linalg.monotone import MonotonePieces, derivative, monotone_pieces
from equipoise.reservoirs._callables import evaluate, evaluate_complex, require_callable
from equipoise.reservoirs.density import AbstractSpectralDensity
from equipoise.reservoirs.distributions import _frequencies
from equipoise.reservoirs.shells import Shells
from equipoise.tolerances import IMAGINARY_STEP

SURFACE = {1: 1.0, 2: 2 * np.pi, 3: 4 * np.pi}
"""Surface of the unit sphere; in one dimension the two directions are summed one by one."""


COMPLEX_STEP_AGREEMENT = 1e-5
"""Agreement with differences, relative, that shows a dispersion to be analytic as written (no abs)."""


@dataclass(frozen=True)
class FormFactor(AbstractSpectralDensity):
    r"""Field with coupling :math:`\int d^dk\,(g(k)\,a_k^\dagger D + h.c.)` and dispersion omega(k).

    .. math:: J(\omega) = \int d^dk\,|g(k)|^2\,\delta(\omega - \omega(k))
              = \sum_{k:\ \omega(k) = \omega} \frac{S_d\,k^{d-1}|g(k)|^2}{|\omega'(k)|}

    with S_2 = 2 pi and S_3 = 4 pi; in one dimension the sum runs over both momentum branches +k and -k. The
    measure is dk, without a factor 1/(2 pi)^d.

    Parameters
    ----------
    coupling : callable
        ``g(k)``, real or complex, for an array of momenta or for one; asked for k < 0 too in one dimension.
    dispersion : callable
        ``omega(k)``, likewise. Any number of turning points; plateaus are not allowed.
    dimension : int
        d = 1, 2 or 3; isotropic for d > 1.
    momentum_range : (float, float)
        Range of abs(k); the upper end may be infinite.
    velocity : callable, optional
        ``omega'(k)``. Without it the derivative is taken by a complex step where the dispersion is written
        analytically (no abs), else by sixth-order differences (relative 1e-11).

    Raises
    ------
    UserCodeError
        If a function raises; the message names the momentum.
    InputError
        At a frequency where the dispersion turns and J is infinite (van Hove), which is named.

    Examples
    --------
    Photons coupled by g(k) = sqrt(k) in three dimensions, :math:`J = 4\pi\omega^3`:

    >>> field = FormFactor(lambda k: k**0.5, lambda k: k, dimension=3)
    >>> round(float(field(2.0)) / (32 * np.pi), 12)
    1.0
    """

    coupling: Callable[..., Any]
    dispersion: Callable[..., Any]
    dimension: int = 3
    momentum_range: tuple[float, float] = (0.0, np.inf)
    velocity: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        require_callable(self.coupling, "coupling", "g(k)")
        require_callable(self.dispersion, "dispersion", "omega(k)")
        if self.velocity is not None:
            require_callable(self.velocity, "velocity", "omega'(k)")
        require(self.dimension in SURFACE, "dimension", "be 1, 2 or 3", f"got {self.dimension!r}")
        lower = finite_real(self.momentum_range[0], "momentum_range[0]")
        upper = finite_real(self.momentum_range[1], "momentum_range[1]", allow_infinite=True)
        require(
            0 <= lower < upper,
            "momentum_range",
            "be (lower, upper) with 0 <= lower < upper, the range of abs(k)",
            f"got ({lower}, {upper})",
        )
        object.__setattr__(self, "momentum_range", (lower, upper))
        low, high = self.support
        require(
            low < high,
            "dispersion",
            "change with momentum",
            f"is {low:.6g} throughout",
            "A flat band has no J.",
        )

    @cached_property
    def support(self) -> tuple[float, float]:
        """Lowest and highest energy of the dispersion in the range of momenta."""
        values = np.concatenate([pieces.values for pieces in self._branches.values()])
        return float(values.min()), float(values.max())

    def branch_density(self, omega: ArrayLike, branch: int) -> RealArray:
        """Return the part of J from momenta of one sign (`branch` +1 or -1); half of J for d > 1."""
        require(branch in (1, -1), "branch", "be +1 or -1", f"got {branch!r}")
        points = np.asarray(omega, dtype=float)
        if self.dimension > 1:
            return np.asarray(self(points) / 2)[()]
        return self._sum_over_roots(points.ravel(), branch).reshape(points.shape)[()]

    def shells(self, omega: ArrayLike) -> Shells:
        r"""Return the momenta with :math:`\omega(k) = \omega`, with their velocities, couplings and parts of J.

        Parameters
        ----------
        omega : array_like
            One energy or many; outside the band there are no momenta.

        Returns
        -------
        Shells
            Rows in the order of the energies, then of the branch (+1 first), then of abs(k).

        Raises
        ------
        InputError
            At an energy where the dispersion turns and J is infinite (van Hove).

        References
        ----------
        Accardi & Imafuku (2002), (37) and (38c), corrected: :math:`|g|^2` for :math:`|g|`.

        Examples
        --------
        >>> field = FormFactor(lambda k: 1.0, lambda k: k**2, dimension=1)
        >>> shells = field.shells(4.0)
        >>> [round(float(k), 12) for k in shells.momenta], [round(float(w), 12) for w in shells.weights]
        ([2.0, -2.0], [0.25, 0.25])
        """
        points = _frequencies(omega).ravel()
        with np.errstate(all="ignore"):
            rows = [self._roots(points, branch) for branch in self._branches]
        columns = [np.concatenate(column) for column in zip(*rows, strict=True)]
        if not np.isfinite(columns[5]).all():
            self(points)  # names the van Hove singularity
        index, k, branch = columns[0].astype(np.int64), columns[1], columns[2].astype(np.int64)
        order = np.lexsort((k, -branch, index))
        squared, velocity, weight = (column[order] for column in columns[3:])
        index, k, branch = index[order], k[order], branch[order]
        return Shells(index, points[index], branch * k, branch, velocity, squared, weight)

    def mode(self, momenta: ArrayLike) -> tuple[RealArray, RealArray]:
        r"""Return :math:`\omega(k)` and :math:`|g(k)|^2` of modes; k < 0 is the other branch in one dimension."""
        k = np.asarray(momenta, dtype=float)
        squared = np.abs(evaluate_complex(self.coupling, k, "FormFactor.coupling", variable="k")) ** 2
        return evaluate(self.dispersion, k, "FormFactor.dispersion", variable="k"), np.asarray(squared)

    def low_frequency_slope(self) -> float:
        """Return the limit of J/omega, read off at 1e-8 and 1e-10 of the scale of the dispersion."""
        values = np.concatenate([pieces.values for pieces in self._branches.values()])
        scale = np.min(np.abs(values[np.isfinite(values) & (values != 0)]), initial=1.0)
        return _slope_from_samples(self, small=1e-8 * float(scale), ratio=1e-2)

    def structure_points(self) -> tuple[float, ...]:
        """Return the energies at which the dispersion turns or ends."""
        values = np.concatenate([pieces.values for pieces in self._branches.values()])
        return tuple(float(value) for value in np.unique(values[np.isfinite(values)]))

    def _evaluate(self, omega: RealArray) -> RealArray:
        return np.asarray(sum(self._sum_over_roots(omega, branch) for branch in self._branches))

    def _sum_over_roots(self, omega: RealArray, branch: int) -> RealArray:
        index, _, _, _, _, weights = self._roots(omega, branch)
        return np.asarray(np.bincount(index.astype(np.int64), weights=weights, minlength=omega.size), dtype=float)

    def _roots(self, omega: RealArray, branch: int) -> tuple[RealArray, ...]:
        """Columns, one row for each root: index of the energy, abs(k), branch, |g|^2, d omega/dk, part of J."""
        parts = []
        for chosen, k in self._branches[branch].preimages(omega):
            squared = np.abs(evaluate_complex(self.coupling, branch * k, "FormFactor.coupling", variable="k")) ** 2
            velocity = self._velocity(k, branch)
            weight = SURFACE[self.dimension] * k ** (self.dimension - 1) * squared / np.abs(velocity)
            parts.append((chosen, k, np.full(k.shape, branch), squared, velocity, weight))
        if not parts:
            return (np.zeros(0),) * 6
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def _velocity(self, k: RealArray, branch: int) -> RealArray:
        if self.velocity is not None:
            return evaluate(self.velocity, branch * k, "FormFactor.velocity", variable="k")
        if self._is_analytic:
            return self._complex_step(branch * k)
        return branch * derivative(partial(self._omega_of_size, branch), k, *self.momentum_range)

    @cached_property
    def _branches(self) -> dict[int, MonotonePieces]:
        signs = (1, -1) if self.dimension == 1 else (1,)
        return {sign: monotone_pieces(partial(self._omega_of_size, sign), *self.momentum_range) for sign in signs}

    def _omega_of_size(self, branch: int, k: RealArray) -> RealArray:
        return evaluate(self.dispersion, branch * k, "FormFactor.dispersion", variable="k")

    def _complex_step(self, k: RealArray) -> RealArray:
        step = IMAGINARY_STEP * np.maximum(np.abs(k), IMAGINARY_STEP)
        return np.asarray(np.imag(self.dispersion(k + 1j * step)) / step)

    @cached_property
    def _is_analytic(self) -> bool:
        """Whether complex steps work: the dispersion takes complex arrays and differences agree."""
        lower, upper = self.momentum_range
        span = min(upper, lower + 10.0) - lower
        points = lower + span * np.array([0.07, 0.23, 0.41, 0.59, 0.73, 0.97])
        for sign in self._branches:
            expected = sign * derivative(partial(self._omega_of_size, sign), points, lower, upper)
            try:
                with np.errstate(all="ignore"):
                    found = self._complex_step(sign * points)
            except Exception:  # not written for complex arrays: differences will do
                return False
            scale = np.max(np.abs(expected))
            if found.shape != points.shape or not np.all(np.abs(found - expected) <= COMPLEX_STEP_AGREEMENT * scale):
                return False
        return True


_SLOPE_EXPONENT = 1e-3
"""A power law |p| of J/omega below this is read as a finite limit."""


def _slope_from_samples(density: FormFactor, small: float, ratio: float) -> float:
    """lim J/omega from its local power law at two frequencies far below the scale of the dispersion.

    The general limit asks at hundreds of frequencies, each of which costs the roots of the dispersion here.
    """
    points = np.array([small, small * ratio])
    values = np.asarray(density(points))
    if values[0] == 0 or values[1] == 0:
        return 0.0
    slopes = values / points
    power = float(np.log(slopes[0] / slopes[1]) / np.log(points[0] / points[1]))
    if abs(power) <= _SLOPE_EXPONENT:
        return float(slopes[1])
    return 0.0 if power > 0 else np.inf
