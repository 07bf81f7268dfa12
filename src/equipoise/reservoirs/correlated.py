"""Several channels of one reservoir with correlated couplings: a matrix-valued spectral density."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, RealArray, UserCodeError, hermitian_matrix, require
from equipoise.reservoirs.density import AbstractSpectralDensity
from equipoise.reservoirs.distributions import _frequencies
from equipoise.tolerances import POSITIVE


@dataclass(frozen=True, eq=False)
class CorrelatedDensity(AbstractSpectralDensity):
    r"""Density matrix of channels, :math:`J_{ab} = \sum_k g_{ka}^* g_{kb}\,\delta(\omega - \omega_k)`.

    Given as :math:`J_{ab} = J(\omega)\,C_{ab}(\omega)` with C Hermitian and positive semidefinite. With the
    interaction :math:`\sum_a D_a \otimes A_a^\dagger + h.c.`, :math:`A_a = \sum_k g_{ka} a_k`, the
    out-process has the coefficients :math:`2\pi J_{ab}(1 \pm n)` of :math:`D_a \rho D_b^\dagger`, and the
    in-process :math:`2\pi J_{ab}^* n` of :math:`D_a^\dagger \rho D_b`. C = 1 is independent channels with the
    same J; a matrix of ones is one channel.

    Called like a function it is J(omega), without C.

    Parameters
    ----------
    density : AbstractSpectralDensity
        J.
    correlation : array_like, shape (K, K), or callable
        C, or a function ``C(omega)`` of one frequency that returns it.
    channels : int, optional
        K; needed where `correlation` is a function.

    Raises
    ------
    InputError
        If C is not Hermitian or has a negative eigenvalue (at some frequency, which is named).

    Examples
    --------
    >>> from equipoise.reservoirs import Flat
    >>> import numpy as np
    >>> common = CorrelatedDensity(Flat(2 * np.pi), [[1.0, 0.5j], [-0.5j, 1.0]])
    >>> complex(common.matrix(0.3)[0, 1])
    0.5j
    """

    density: AbstractSpectralDensity
    correlation: ArrayLike | Callable[[float], Any]
    channels: int = 0

    def __post_init__(self) -> None:
        require(
            isinstance(self.density, AbstractSpectralDensity) and not isinstance(self.density, CorrelatedDensity),
            "density",
            "be a scalar spectral density",
            f"got {type(self.density).__name__}",
        )
        if callable(self.correlation):
            require(
                isinstance(self.channels, int) and self.channels > 0,
                "channels",
                "be given (the number of rows of C) where `correlation` is a function",
                f"got {self.channels!r}",
            )
            return
        matrix = _positive_matrix(self.correlation, "correlation", self.channels or None)
        matrix.setflags(write=False)
        object.__setattr__(self, "correlation", matrix)
        object.__setattr__(self, "channels", matrix.shape[0])

    @property
    def is_constant(self) -> bool:
        """Whether C is one matrix for all frequencies."""
        return not callable(self.correlation)

    @property
    def support(self) -> tuple[float, float]:
        """Support of J."""
        return self.density.support

    def _evaluate(self, omega: RealArray) -> RealArray:
        return self.density._evaluate(omega)

    def low_frequency_slope(self) -> float:
        """Return the slope of J."""
        return self.density.low_frequency_slope()

    def structure_points(self) -> tuple[float, ...]:
        """Return the structure points of J."""
        return self.density.structure_points()

    def correlation_matrix(self, omega: ArrayLike) -> ComplexArray:
        """Return C at `omega`, shape (..., K, K)."""
        points = _frequencies(omega)
        if not callable(self.correlation):
            return np.broadcast_to(np.asarray(self.correlation), (*points.shape, self.channels, self.channels))
        matrices = [self._correlation_at(float(point)) for point in points.flat]
        return np.array(matrices).reshape(*points.shape, self.channels, self.channels)

    def matrix(self, omega: ArrayLike) -> ComplexArray:
        """Return J_ab at `omega`, shape (..., K, K), Hermitian."""
        return np.asarray(np.asarray(self(omega))[..., None, None] * self.correlation_matrix(omega))

    def by_polarisation(self, shift: Callable[[AbstractSpectralDensity], RealArray]) -> ComplexArray:
        r"""Return a linear functional of every J_ab, shape (..., K, K), from its values for scalar densities.

        With :math:`J_u = \sum_{ab} u_a^* J_{ab} u_b`, a density for any combination u of the channels, Re
        J_ab and Im J_ab are differences of J_u for u = e_a + e_b and e_a + i e_b, and of J_aa + J_bb.
        """
        if self.is_constant:
            return np.asarray(shift(self.density)[..., None, None] * self.correlation_matrix(0.0))
        unit = np.eye(self.channels, dtype=complex)
        diagonal = [shift(_Projected(self, row)) for row in unit]
        matrix = np.empty((*diagonal[0].shape, self.channels, self.channels), dtype=complex)
        for a in range(self.channels):
            matrix[..., a, a] = diagonal[a]
            for b in range(a):
                alone = diagonal[a] + diagonal[b]
                real = (shift(_Projected(self, unit[a] + unit[b])) - alone) / 2
                imaginary = (alone - shift(_Projected(self, unit[a] + 1j * unit[b]))) / 2
                matrix[..., a, b] = real + 1j * imaginary
                matrix[..., b, a] = real - 1j * imaginary
        return matrix

    def _correlation_at(self, omega: float) -> ComplexArray:
        assert callable(self.correlation)
        name = f"correlation(omega = {omega:.6g})"
        try:
            value = self.correlation(omega)
        except Exception as error:
            raise UserCodeError(
                f"The function given as `CorrelatedDensity.correlation` raised {type(error).__name__} "
                f"at omega = {omega:.6g}: {error}"
            ) from error
        return _positive_matrix(value, name, self.channels)


@dataclass(frozen=True, eq=False)
class _Projected(AbstractSpectralDensity):
    """Density of the combination `vector` of the channels of a correlated one."""

    correlated: CorrelatedDensity
    vector: ComplexArray

    @property
    def support(self) -> tuple[float, float]:
        return self.correlated.support

    def _evaluate(self, omega: RealArray) -> RealArray:
        matrices = self.correlated.correlation_matrix(omega)
        overlap = np.einsum("a,...ab,b->...", self.vector.conj(), matrices, self.vector).real
        # Positive semidefinite to round-off, as checked: what is left below zero is that round-off.
        return np.asarray(self.correlated.density._evaluate(omega) * np.maximum(overlap, 0.0))

    def structure_points(self) -> tuple[float, ...]:
        return self.correlated.structure_points()


def _positive_matrix(value: Any, name: str, channels: int | None) -> ComplexArray:
    matrix = hermitian_matrix(value, name)
    if channels is not None:
        require(
            matrix.shape[0] == channels,
            name,
            f"have shape ({channels}, {channels}), one row per channel",
            f"has shape {matrix.shape}",
        )
    lowest = np.linalg.eigvalsh(matrix)
    if lowest[0] < -POSITIVE * max(abs(lowest[0]), abs(lowest[-1])):
        raise InputError(
            f"Argument `{name}` must be positive semidefinite, as a matrix of overlaps of couplings is, "
            f"but has the eigenvalue {lowest[0]:.6g}."
        )
    return matrix
