"""The notions of detailed balance, each a small class: `detailed_balance(generator, state).of(GNS())`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from equipoise._checks import ComplexArray, InputError, RealArray, finite_real, require, square_matrix


class AbstractNotion(ABC):
    """A notion of detailed balance of a generator L with respect to a state sigma."""

    @property
    def name(self) -> str:
        """Name of the notion in tables."""
        return type(self).__name__

    definition: str
    """The equation that holds when the residual is zero."""


def require_notion(notion: object) -> None:
    """Refuse what is no notion: its name, or its class without parentheses."""
    came = f"the class {notion.__name__}" if isinstance(notion, type) else repr(notion)
    require(
        isinstance(notion, AbstractNotion),
        "notion",
        "be a notion of detailed balance such as KMS() or GNS()",
        f"got {came}",
        "detailed_balance(generator, state).notions() reports every one.",
    )


class AbstractMetric(AbstractNotion):
    """Self-adjointness in `<A, B> = sum_ij m(s_i, s_j) conj(A_ij) B_ij`, in the eigenbasis of sigma.

    `m` is homogeneous, so it is known from `log_weight`, its logarithm relative to the geometric mean, as a function
    of the modular frequency `h_i - h_j`, `h = -log s`: weights far below the smallest double stay in reach.
    """

    @abstractmethod
    def log_weight(self, frequency: RealArray) -> RealArray:
        """`log m(s_i, s_j) - (log s_i + log s_j)/2` at `frequency = h_i - h_j`."""


@dataclass(frozen=True)
class KMS(AbstractNotion):
    """KMS detailed balance: L is self-adjoint in `Tr[s^(1/2) A^dagger s^(1/2) B]`."""

    definition = "L' = L, the dual in Tr[s^(1/2) A^+ s^(1/2) B]"


@dataclass(frozen=True)
class StandardQuantum(AbstractNotion):
    """Standard quantum detailed balance (SQDB): `L - L' = 2i[K, .]`, L' the KMS dual, [K, sigma] = 0.

    KMS detailed balance with the Hamiltonian that commutes with sigma left free (Fagnola & Umanita 2010).
    """

    definition = "L - L' = 2i[K, .] with the KMS dual L', [K, s] = 0"


@dataclass(frozen=True)
class GNS(AbstractNotion):
    """GNS detailed balance: L is self-adjoint in `Tr[s A^dagger B]`, hence in every `InnerProduct` and every mean.

    Its residual is the distance to the nearest GNS-balanced generator, in the norm of the symmetrised picture; for
    self-adjointness in the norm of `Tr[s A^dagger B]` itself ask for `InnerProduct(0)`.
    """

    definition = "L = L^(s) for one s other than 1/2, hence for all"


@dataclass(frozen=True)
class Alicki(AbstractNotion):
    """Alicki's detailed balance: `L - L^(0) = 2i[H, .]`, [H, sigma] = 0: GNS with a free commuting Hamiltonian.

    References
    ----------
    Alicki (1976); Kossakowski, Frigerio, Gorini & Verri (1977).
    """

    definition = "L - L^(0) = 2i[H, .] with the GNS dual L^(0), [H, s] = 0"


@dataclass(frozen=True)
class InnerProduct(AbstractMetric):
    """Self-adjointness in `Tr[sigma^s A^dagger sigma^(1-s) B]`; s = 1/2 is KMS, s = 0 and 1 are GNS.

    Parameters
    ----------
    s : float
        In [0, 1].
    """

    s: float

    def __post_init__(self) -> None:
        s = finite_real(self.s, "s")
        require(0 <= s <= 1, "s", "be in [0, 1]", f"got {s:g}")

    @property
    def name(self) -> str:
        """Name of the notion in tables."""
        return f"InnerProduct({self.s:g})"

    definition = "L is self-adjoint in Tr[s^q A^+ s^(1 - q) B], q the given exponent"

    def log_weight(self, frequency: RealArray) -> RealArray:
        """`(s - 1/2) (h_i - h_j)`."""
        return np.asarray((self.s - 0.5) * frequency)


@dataclass(frozen=True)
class BKM(AbstractMetric):
    """Self-adjointness in the Bogoliubov-Kubo-Mori metric, the logarithmic mean `(x - y)/(log x - log y)`."""

    definition = "L is self-adjoint in the metric of the logarithmic mean"

    def log_weight(self, frequency: RealArray) -> RealArray:
        """`log(sinh(x)/x)`, `x = (h_i - h_j)/2`."""
        x = np.abs(0.5 * frequency)
        small = x < 1e-3
        y = np.where(small, 1.0, x)
        # sinh(x)/x = 1 + x^2/6 + x^4/120 + ...
        return np.where(small, np.log1p(x**2 / 6 + x**4 / 120), y + np.log(-np.expm1(-2 * y)) - np.log(2 * y))


@dataclass(frozen=True)
class SLD(AbstractMetric):
    """Self-adjointness in the symmetric-logarithmic-derivative metric, the arithmetic mean: `Tr[s {A^dagger, B}]/2`."""

    definition = "L is self-adjoint in the metric of the arithmetic mean"

    def log_weight(self, frequency: RealArray) -> RealArray:
        """`log cosh((h_i - h_j)/2)`."""
        x = np.abs(0.5 * frequency)
        return np.asarray(x + np.log1p(np.exp(-2 * x)) - np.log(2))


@dataclass(frozen=True)
class Harmonic(AbstractMetric):
    """Self-adjointness in the metric of the harmonic mean `2xy/(x + y)`, the smallest monotone metric."""

    definition = "L is self-adjoint in the metric of the harmonic mean"

    def log_weight(self, frequency: RealArray) -> RealArray:
        """`-log cosh((h_i - h_j)/2)`."""
        return -SLD().log_weight(frequency)


@dataclass(frozen=True)
class MonotoneMetric(AbstractMetric):
    """Self-adjointness in the metric of any mean of the weights.

    Parameters
    ----------
    mean : callable
        `m(x, y)` for arrays of positive numbers: symmetric, homogeneous of degree one, `m(x, x) = x`. The metric is
        monotone if `x -> m(x, 1)` is operator monotone, which is not checked.
    """

    mean: Callable[[RealArray, RealArray], RealArray]

    def __post_init__(self) -> None:
        require(callable(self.mean), "mean", "be a function m(x, y)", f"got {type(self.mean).__name__}")
        x, y = np.array([0.2, 1.0, 3.0, 5.0]), np.array([0.7, 1.0, 0.4, 5.0])
        found = self._means(x, y)
        for text, other in (
            ("be symmetric, m(x, y) = m(y, x)", self._means(y, x)),
            ("be homogeneous, m(2x, 2y) = 2 m(x, y)", 0.5 * self._means(2 * x, 2 * y)),
        ):
            k = int(np.argmax(np.abs(found - other)))
            at = f"at ({x[k]}, {y[k]}) the two are {found[k]:.6g} and {other[k]:.6g}"
            require(bool(np.abs(found - other).max() <= 1e-9), "mean", text, at)
        require(abs(found[1] - 1) <= 1e-9, "mean", "have m(x, x) = x", f"m(1, 1) = {found[1]:.6g}")

    def _means(self, x: RealArray, y: RealArray) -> RealArray:
        try:
            values = np.broadcast_to(np.asarray(self.mean(x, y), dtype=float), x.shape)
        except Exception as error:
            raise InputError(
                f"Argument `mean` must be a function of two arrays of positive numbers, but calling it raised "
                f"{type(error).__name__}: {error}. Write it with numpy functions."
            ) from error
        bad = ~(np.isfinite(values) & (values > 0))
        if bad.any():
            k = np.unravel_index(int(np.argmax(bad)), x.shape)
            require(False, "mean", "be finite and positive", f"m({x[k]:.6g}, {y[k]:.6g}) = {values[k]}")
        return values

    definition = "L is self-adjoint in the metric of the given mean"

    def log_weight(self, frequency: RealArray) -> RealArray:
        """`log m(e^(x), e^(-x))`, `x = (h_i - h_j)/2`."""
        x = 0.5 * frequency
        return np.asarray(np.log(self._means(np.exp(-x), np.exp(x))))


@dataclass(frozen=True, eq=False, repr=False)
class StandardQuantumTheta(AbstractNotion):
    """Standard quantum detailed balance with a given time reversal (SQDB-theta), Hamiltonian included.

    `L' = R L R`, L' the KMS dual, `R(X) = theta X^dagger theta^(-1)`, theta an antiunitary that leaves sigma as it
    is. It is the notion that time reversal of system and reservoir gives; unlike KMS it tolerates a real Hamiltonian.

    Parameters
    ----------
    unitary : array_like, shape (d, d)
        `theta psi = U conj(psi)` in the given basis; the unit matrix is complex conjugation there.

    References
    ----------
    Fagnola & Umanita (2010).
    """

    unitary: ComplexArray

    def __post_init__(self) -> None:
        U = square_matrix(self.unitary, "unitary")
        defect = float(np.abs(U.conj().T @ U - np.eye(len(U))).max())
        require(defect <= 1e-10, "unitary", "be unitary", f"|U^dagger U - 1| reaches {defect:.3g}")
        object.__setattr__(self, "unitary", U)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StandardQuantumTheta) and np.array_equal(self.unitary, other.unitary)

    def __hash__(self) -> int:
        return hash((StandardQuantumTheta, self.unitary.tobytes()))

    def __repr__(self) -> str:
        return f"StandardQuantumTheta(unitary of dimension {len(self.unitary)})"

    definition = "L' = R L R, R(X) = theta X^+ theta^-1 with theta given"


@dataclass(frozen=True)
class HiddenTimeReversal(AbstractNotion):
    """SQDB-theta for some time reversal theta that leaves sigma as it is; the residual is that of the best one found.

    References
    ----------
    Roberts, Lingenfelter & Clerk (2021).
    """

    definition = "L' = R L R, R(X) = theta X^+ theta^-1 for some theta"


@dataclass(frozen=True)
class PopulationBalance(AbstractNotion):
    """Detailed balance of the populations in the eigenbasis of sigma, `w_ij p_j = w_ji p_i`; coherences are ignored.

    Where weights are equal the eigenbasis is not unique, and neither is the residual: it is that of the eigenvectors
    the state comes with (the energy basis where that is one), and its reason says so. Standard detailed balance makes
    it zero in all of them.
    """

    definition = "w_ij p_j = w_ji p_i in the eigenbasis of the state"
