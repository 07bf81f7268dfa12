"""Filter functions of Gibbs samplers: how strongly a jump weighs the energy that it gains."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, RealArray, UserCodeError, finite_real, require
from equipoise.tolerances import EQUAL


class AbstractFilter(ABC):
    """Weight `q(nu) e^{-beta nu / 4}` of the elements that raise the energy by nu, with `q(-nu) = q(nu)^*`."""

    @abstractmethod
    def log_weight(self, frequencies: RealArray, inverse_temperature: float) -> ComplexArray | RealArray:
        """`log q(nu)`, -inf where q vanishes; shape of `frequencies`."""


@dataclass(frozen=True)
class GaussianFilter(AbstractFilter):
    r"""`q(nu) = exp(-(beta nu)^2 / (2 width^2))`, a Gaussian in time too.

    With the default width 2, `q = e^{-(beta nu)^2 / 8}`: the rate `|q|^2 e^{-beta nu / 2}` peaks at nu = -1/beta, for
    jumps that lose about one thermal energy.

    Parameters
    ----------
    width : float
        In units of the temperature, > 0.
    """

    width: float = 2.0

    def __post_init__(self) -> None:
        require(finite_real(self.width, "width") > 0, "width", "be > 0 (in units of T)", f"got {self.width}")

    def log_weight(self, frequencies: RealArray, inverse_temperature: float) -> RealArray:
        """`-(beta nu)^2 / (2 width^2)`."""
        return np.asarray(-0.5 * (inverse_temperature * frequencies / self.width) ** 2)


@dataclass(frozen=True)
class MetropolisFilter(AbstractFilter):
    r"""`q(nu) = exp(-sqrt(1 + (beta nu)^2) / 4)`: rates of order one downward, `e^{-beta nu}` upward, smooth."""

    def log_weight(self, frequencies: RealArray, inverse_temperature: float) -> RealArray:
        """`-sqrt(1 + (beta nu)^2) / 4`."""
        return np.asarray(-0.25 * np.hypot(1.0, inverse_temperature * frequencies))


@dataclass(frozen=True)
class FilterFunction(AbstractFilter):
    """Any `q(nu)`, a vectorised function of the energy gained; `q(-nu) = q(nu)^*` is checked where it is used.

    Parameters
    ----------
    function : callable
    """

    function: Callable[[RealArray], ArrayLike]

    def log_weight(self, frequencies: RealArray, inverse_temperature: float) -> ComplexArray:
        """Logarithm of the function's values."""
        try:
            q, reverse = (np.asarray(self.function(nu), dtype=complex) for nu in (frequencies, -frequencies))
        except Exception as error:
            raise UserCodeError(f"The filter function failed at the Bohr frequencies of the system: {error}") from error
        require(
            q.shape == frequencies.shape,
            "filter_function",
            "return one value for each frequency",
            f"got shape {q.shape} for {frequencies.shape}",
        )
        defect = np.abs(reverse - q.conj())
        worst = np.unravel_index(int(np.argmax(defect)), defect.shape)
        require(
            bool(np.isfinite(q).all()) and bool(defect.max() <= EQUAL * np.abs(q).max()),
            "filter_function",
            "be finite with q(-nu) = conj(q(nu))",
            f"at nu = {frequencies[worst]:.6g} it is {q[worst]:.6g} and {reverse[worst]:.6g} at -nu",
        )
        with np.errstate(divide="ignore"):
            # Symmetric to the last bit, as detailed balance needs it.
            return np.asarray(np.log(0.5 * (q + reverse.conj())))
