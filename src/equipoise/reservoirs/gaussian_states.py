"""Gaussian states of free fields: n-point functions at complex times, and the local KMS condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, NumericalError, RealArray, require
from equipoise.reservoirs.distributions import AbstractDistribution, Statistics, log_complement_at, occupation_at

MAXIMUM_PAIRS = 16
"""Pairs in a bosonic n-point function: a permanent of 2^16 terms is a second of work."""


@dataclass(frozen=True)
class FieldOperator:
    r""":math:`a_k(t) = e^{-i\omega_k t} a_k` or :math:`a_k^\dagger(t) = e^{+i\omega_k t} a_k^\dagger`, t complex.

    Parameters
    ----------
    mode : int
        Index of the mode.
    creates : bool
        Whether it is :math:`a_k^\dagger`.
    time : complex
        Analytic continuation included: at complex t the two are not each other's adjoint.
    """

    mode: int
    creates: bool
    time: complex = 0.0


@dataclass(frozen=True)
class LocalKMS:
    """Both sides of the local KMS condition for one pair of products of field operators.

    Parameters
    ----------
    shifted : complex
        `<L R(t + i beta)>`, each operator of R shifted by the inverse temperature of its own mode.
    exchanged : complex
        `<R(t) L>`.
    residual : float
        Modulus of their difference over the larger sum of moduli of pairings; 0 where both vanish by gauge invariance.
    """

    shifted: complex
    exchanged: complex
    residual: float


@dataclass(frozen=True, eq=False)
class GaussianField:
    r"""Mean-zero, gauge-invariant Gaussian state of finitely many modes, :math:`\rho \propto e^{-\sum_k x_k n_k}`.

    .. math:: \langle a_k^\dagger a_{k'}\rangle = n_k\,\delta_{kk'}, \qquad
              \langle a_k a_{k'}^\dagger\rangle = (1 + q\,n_k)\,\delta_{kk'}
              = \frac{e^{x_k}}{e^{x_k} - q}\,\delta_{kk'}, \qquad q = +1\ \text{(bosons)},\ -1\ \text{(fermions)}

    Parameters
    ----------
    statistics : Statistics
    frequencies : RealArray, shape (N,)
        omega_k; not zero where a local temperature is asked.
    exponents : RealArray, shape (N,)
        :math:`x_k = \log[(1 + q n_k)/n_k] = \beta_k\omega_k`, finite; > 0 for bosons.

    Raises
    ------
    InputError
        Arrays of different length, exponents that are not finite, or not positive for bosons.

    References
    ----------
    Accardi & Imafuku (2002), (116)-(117), corrected: q = +1 is for bosons, -1 for fermions.

    Examples
    --------
    >>> field = GaussianField(Statistics.FERMION, [1.0, 2.0], [0.0, np.log(3.0)])
    >>> field.occupations.round(12).tolist(), field.local_inverse_temperatures.round(6).tolist()
    ([0.5, 0.25], [0.0, 0.549306])
    """

    statistics: Statistics
    frequencies: RealArray
    exponents: RealArray

    def __post_init__(self) -> None:
        omega, x = np.asarray(self.frequencies, dtype=float), np.asarray(self.exponents, dtype=float)
        require(
            omega.ndim == 1 and omega.shape == x.shape and omega.size > 0,
            "exponents",
            "be a list with one entry for each of the frequencies",
            f"has shape {x.shape} for frequencies of shape {omega.shape}",
        )
        require(bool(np.isfinite(omega).all()), "frequencies", "be finite", "contains NaN or infinity")
        bad = ~np.isfinite(x) | ((x <= 0) & (self.statistics is Statistics.BOSON))
        require(
            not bad.any(),
            "exponents",
            "be finite" + (" and > 0 for bosons" if self.statistics is Statistics.BOSON else ""),
            f"exponents[{int(np.argmax(bad))}] is {x[int(np.argmax(bad))]:.6g}",
            "An empty or a filled mode has no local temperature.",
        )
        object.__setattr__(self, "frequencies", omega)
        object.__setattr__(self, "exponents", x)

    @classmethod
    def of(cls, distribution: AbstractDistribution, frequencies: ArrayLike, branch: int = 1) -> GaussianField:
        """Return the field whose modes of these frequencies, shape (N,), are occupied as a distribution says.

        Modes of the momentum branch -1 are asked for with `branch=-1`. An empty or a filled mode (zero temperature) is
        refused.

        Examples
        --------
        >>> from equipoise.reservoirs import bose_einstein
        >>> GaussianField.of(bose_einstein(temperature=0.5), [1.0, 3.0]).local_inverse_temperatures.tolist()
        [2.0, 2.0]
        """
        omega = np.atleast_1d(np.asarray(frequencies, dtype=float))
        return cls(distribution.statistics, omega, np.asarray(distribution.exponent(omega, branch)))

    @staticmethod
    def create(mode: int, time: complex = 0.0) -> FieldOperator:
        r"""Return :math:`a_k^\dagger(t)`."""
        return FieldOperator(mode, True, time)

    @staticmethod
    def annihilate(mode: int, time: complex = 0.0) -> FieldOperator:
        r"""Return :math:`a_k(t)`."""
        return FieldOperator(mode, False, time)

    @property
    def occupations(self) -> RealArray:
        r""":math:`n_k = 1/(e^{x_k} - q)`, shape (N,)."""
        return occupation_at(self.statistics, self.exponents)

    @property
    def complements(self) -> RealArray:
        r""":math:`m_k = 1 + q n_k = \langle a_k a_k^\dagger\rangle`, shape (N,)."""
        return np.asarray(np.exp(log_complement_at(self.statistics, self.exponents)))

    @property
    def local_inverse_temperatures(self) -> RealArray:
        r""":math:`\beta_k = x_k/\omega_k = \log(m_k/n_k)/\omega_k`, shape (N,).

        Raises
        ------
        InputError
            Where a frequency is zero.
        """
        zero = self.frequencies == 0
        require(
            not zero.any(),
            "frequencies",
            "be nonzero for a local inverse temperature x/omega",
            f"frequencies[{int(np.argmax(zero))}] is 0",
        )
        return np.asarray(self.exponents / self.frequencies)

    def correlation(self, operators: Sequence[FieldOperator]) -> complex:
        r"""n-point function :math:`\langle A_1 A_2 \dots A_n\rangle`, by Wick's theorem.

        The sum over pairings of creators with annihilators, each pair in the order in which it stands, is a permanent
        for bosons and a determinant for fermions: no sum over (n - 1)!! pairings.

        Parameters
        ----------
        operators : sequence of FieldOperator
            In the order of the product.

        Returns
        -------
        complex
            Zero unless half of the operators create.

        Raises
        ------
        InputError
            For a mode that does not exist; more than 32 operators.
        NumericalError
            Where a two-point function overflows, far outside the strip of the KMS condition.

        Examples
        --------
        >>> field = GaussianField(Statistics.BOSON, [1.0], [np.log(2.0)])
        >>> up, down = field.create(0), field.annihilate(0)
        >>> field.correlation([up, up, down, down]).real
        2.0
        """
        table = self._pairing_table(operators)
        if table is None:
            return 0j
        matrix, sign = table
        if self.statistics is Statistics.BOSON:
            return permanent(matrix)
        return complex(sign * np.linalg.det(matrix)) if len(matrix) else 1 + 0j

    def local_kms(self, left: Sequence[FieldOperator], right: Sequence[FieldOperator]) -> LocalKMS:
        r"""Both sides of the local KMS condition for n-point functions, and how far they differ.

        .. math:: \langle A_1 \dots A_m\; B_n(t + i\beta_n) \dots B_1(t + i\beta_1)\rangle
                  = \langle B_n(t) \dots B_1(t)\; A_1 \dots A_m\rangle

        with :math:`\beta_j` the local inverse temperature of the mode of B_j. It holds for every state of the form
        :math:`e^{-\sum_k x_k n_k}`, since the shift is conjugation with the density matrix and the trace is cyclic.
        For that reason it holds for fermions too, for products of any parity and without any sign, although the paper
        proves it for bosons only; the form with the sign (-1)^(mn) of exchanged fermions is false.

        Parameters
        ----------
        left, right : sequence of FieldOperator
            L and R in the order of the product, each operator with its own time t (R at t, without i beta).

        Returns
        -------
        LocalKMS

        Raises
        ------
        InputError
            As in :meth:`correlation`; a mode of zero frequency.

        References
        ----------
        Accardi & Imafuku (2002), (115)-(120), corrected: q in (117), and (120).

        Examples
        --------
        >>> field = GaussianField(Statistics.FERMION, [1.0, 2.0], [0.3, -1.2])
        >>> field.local_kms([field.create(1)], [field.annihilate(1, time=0.7)]).residual < 1e-15
        True
        """
        beta = self.local_inverse_temperatures
        self._require_modes(right, "right")
        later = [FieldOperator(b.mode, b.creates, b.time + 1j * beta[b.mode]) for b in right]
        shifted, exchanged = [*left, *later], [*right, *left]
        scale = max(self.magnitude(shifted), self.magnitude(exchanged))
        first, second = self.correlation(shifted), self.correlation(exchanged)
        return LocalKMS(first, second, abs(first - second) / scale if scale else 0.0)

    def magnitude(self, operators: Sequence[FieldOperator]) -> float:
        """Sum of the moduli of all pairings, the scale of the round-off of a correlation."""
        table = self._pairing_table(operators)
        return 0.0 if table is None else permanent(np.abs(table[0]).astype(complex)).real

    def _pairing_table(self, operators: Sequence[FieldOperator]) -> tuple[ComplexArray, int] | None:
        """Contractions [creator, annihilator] with their fermionic signs, and the sign of the pairing in order."""
        self._require_modes(operators, "operators")
        creators = [i for i, operator in enumerate(operators) if operator.creates]
        annihilators = [i for i, operator in enumerate(operators) if not operator.creates]
        if len(creators) != len(annihilators):
            return None
        require(
            len(creators) <= MAXIMUM_PAIRS,
            "operators",
            f"hold at most {2 * MAXIMUM_PAIRS} operators",
            f"holds {len(operators)}",
            "A permanent takes 2^(n/2) terms.",
        )
        q = self.statistics.sign
        left, right = [operators[i] for i in creators], [operators[i] for i in annihilators]
        first = np.array(creators)[:, None] < np.array(annihilators)[None, :] if creators else np.zeros((0, 0))
        # Of each pair only the order in which it stands counts; the other may overflow at complex times.
        with np.errstate(over="ignore", invalid="ignore"):
            in_order = self._contractions(left, right)
            reversed_order = self._contractions(right, left).T
            matrix = np.where(first, in_order, q * reversed_order)
        if not np.isfinite(matrix).all():
            raise NumericalError(
                "A two-point function of `operators` overflows: their imaginary times differ by more than the inverse "
                "temperature of the mode. Take times within the strip of the KMS condition."
            )
        order = [position for pair in zip(creators, annihilators, strict=True) for position in pair]
        return matrix, _parity(order) if q < 0 else 1

    def _require_modes(self, operators: Sequence[FieldOperator], name: str) -> None:
        modes = self.frequencies.size
        for k, operator in enumerate(operators):
            require(
                0 <= operator.mode < modes, f"{name}[{k}].mode", f"be one of the {modes} modes", f"got {operator.mode}"
            )

    def _contractions(self, left: Sequence[FieldOperator], right: Sequence[FieldOperator]) -> ComplexArray:
        """Two-point functions of every left with every right operator."""
        table = np.zeros((len(left), len(right)), dtype=complex)
        # Complex times multiply by exponentials as large as the occupations are small: logarithms throughout.
        m = log_complement_at(self.statistics, self.exponents)
        n = m - self.exponents
        for i, a in enumerate(left):
            for j, b in enumerate(right):
                if a.mode == b.mode and a.creates != b.creates:
                    omega = self.frequencies[a.mode]
                    phase = 1j * omega * (a.time - b.time) * (1 if a.creates else -1)
                    table[i, j] = np.exp(phase + (n[a.mode] if a.creates else m[a.mode]))
        return table


def permanent(matrix: ComplexArray) -> complex:
    """Permanent of an (n, n) matrix by Ryser's formula over subsets of columns, O(2^n n) vectorised."""
    n = len(matrix)
    if n == 0:
        return 1 + 0j
    chosen = (np.arange(1, 2**n)[:, None] >> np.arange(n)) & 1
    signs = np.where((n - chosen.sum(axis=1)) % 2 == 0, 1.0, -1.0)
    return complex(np.sum(signs * np.prod(chosen @ matrix.T, axis=1)))


def _parity(order: Sequence[int]) -> int:
    """Sign of a permutation."""
    inversions = sum(a > b for i, a in enumerate(order) for b in order[i + 1 :])
    return -1 if inversions % 2 else 1
