"""The quantum stochastic equation of the stochastic limit: the field survives as quantum white noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import Array, ComplexArray, InputError, RealArray, UserCodeError, require, square_matrix
from equipoise.generators._elements import elements_of_couplings, on_elements
from equipoise.generators._lamb_shift import level_product, level_shift_tables
from equipoise.generators.generator import require_system
from equipoise.generators.representations import FrequencyResolved
from equipoise.reservoirs import CorrelatedDensity, Reservoir
from equipoise.spectrum import Spectrum
from equipoise.systems import OpenSystem


@dataclass(frozen=True, eq=False)
class Noise:
    r"""One white noise: the modes of a reservoir that resonate with one Bohr frequency.

    Parameters
    ----------
    reservoir : str
    channel : int
        Position among the channels of the reservoir.
    frequency : float
        Bohr frequency w, of either sign.
    operator : ComplexArray, shape (d, d)
        :math:`E_w = \sum_{\epsilon_n - \epsilon_m = w} P_m D P_n` in the given basis. The paper's is
        :math:`|m\rangle\langle n|`, with the modulus of the element of D in its susceptibility.
    gamma_minus, gamma_plus : complex
        Susceptibilities of the processes that give a quantum to the field and take one from it.
    """

    reservoir: str
    channel: int
    frequency: float
    operator: ComplexArray
    gamma_minus: complex
    gamma_plus: complex

    @property
    def ito(self) -> tuple[float, float]:
        """`dB dB^dagger / dt` and `dB^dagger dB / dt`: twice the real parts, the rates out and in."""
        return 2 * self.gamma_minus.real, 2 * self.gamma_plus.real

    @property
    def quanta(self) -> ComplexArray:
        r"""Operator of the flow of quanta from these modes into the system, shape (d, d).

        :math:`2 Re\gamma_+ E E^\dagger - 2 Re\gamma_- E^\dagger E`; its mean is -d<n>/dt, the deterministic part of the
        Langevin equation of the number.
        """
        out, back = self.ito
        E = self.operator
        return np.asarray(back * (E @ E.conj().T) - out * (E.conj().T @ E))


@dataclass(frozen=True, eq=False)
class StochasticEquation:
    r"""Unitary evolution of system and field in the stochastic limit, interaction picture.

    .. math:: dU_t = \left[-i\sum_{r, w}\left(E_w\,dB_w^\dagger + E_w^\dagger\,dB_w\right) - K\,dt\right] U_t, \qquad
              K = \sum_{r, w} \gamma_-(w) E_w^\dagger E_w + \gamma_+^*(w) E_w E_w^\dagger

    with the Ito table :math:`dB\,dB^\dagger = 2 Re\gamma_-\,dt`, :math:`dB^\dagger dB = 2 Re\gamma_+\,dt`, all other
    products zero. The up to R d^2 noises stay implicit.

    Parameters
    ----------
    spectrum : Spectrum
    reservoirs : tuple of str, length F
        Reservoir of each of the F channels.
    operators : ComplexArray, shape (F, d, d)
        D of each channel in the energy basis; element [i, j] belongs to the noise at w = e_j - e_i.
    gamma_minus, gamma_plus : ComplexArray, shape (F, d, d)
        Susceptibilities at that frequency; zero where D has no element.
    """

    spectrum: Spectrum
    reservoirs: tuple[str, ...]
    operators: ComplexArray
    gamma_minus: ComplexArray
    gamma_plus: ComplexArray

    @property
    def dimension(self) -> int:
        """Dimension d of the system."""
        return self.spectrum.dimension

    @cached_property
    def drift(self) -> ComplexArray:
        """K in the given basis, shape (d, d)."""
        return np.asarray(self.spectrum.to_given_basis(self._within(self.gamma_minus, self.gamma_plus.conj())))

    @cached_property
    def hamiltonian(self) -> ComplexArray:
        """Lamb shift `(K - K^dagger)/2i` in the given basis, shape (d, d)."""
        K = self.drift
        return np.asarray((K - K.conj().T) / 2j)

    @cached_property
    def noises(self) -> tuple[Noise, ...]:
        """Every noise with its operator, by channel and ascending Bohr frequency: O(F d^4) memory, for small d."""
        return tuple(self._noises())

    @property
    def ito_table(self) -> RealArray:
        """`dB dB^dagger / dt` and `dB^dagger dB / dt` of each of `noises`, shape (n, 2); all other products vanish."""
        return np.array([noise.ito for noise in self.noises]).reshape(-1, 2)

    def langevin(self, observable: Array) -> ComplexArray:
        r"""Deterministic part of the Langevin equation of X, shape (d, d) in the given basis.

        .. math:: -K^\dagger X - X K + \sum_w 2 Re\gamma_- E_w^\dagger X E_w + 2 Re\gamma_+ E_w X E_w^\dagger

        The Heisenberg generator of the weak-coupling limit less i[H, X]: the state of the field taken, the noises drop.
        """
        X = square_matrix(observable, "observable", self.dimension)
        gain = self._rates.adjoint(X) + 0.5 * (self._ito_decay @ X + X @ self._ito_decay)
        return np.asarray(gain - self.drift.conj().T @ X - X @ self.drift)

    def noise_coefficients(self, observable: Array) -> ComplexArray:
        r"""Coefficients of :math:`dB_w^\dagger` and :math:`dB_w` in the Langevin equation of X.

        Returns
        -------
        ComplexArray, shape (n, 2, d, d)
            :math:`i[E_w, X]` and :math:`i[E_w^\dagger, X]` for each of `noises`, in the given basis.
        """
        X = square_matrix(observable, "observable", self.dimension)
        pairs = [(noise.operator, noise.operator.conj().T) for noise in self.noises]
        stack = np.array(pairs).reshape(-1, 2, self.dimension, self.dimension)
        return np.asarray(1j * (stack @ X - X @ stack))

    def unitarity_defect(self) -> float:
        r"""`||K + K^dagger - sum 2 Re gamma_- E^dagger E + 2 Re gamma_+ E E^dagger|| / ||K||`: zero if U is unitary."""
        scale = float(np.linalg.norm(self.drift))
        defect = float(np.linalg.norm(self.drift + self.drift.conj().T - self._ito_decay))
        return defect / scale if scale else defect

    @cached_property
    def _ito_decay(self) -> ComplexArray:
        """`sum dB dB^dagger E^dagger E + dB^dagger dB E E^dagger` per time, in the given basis."""
        return np.asarray(self.spectrum.to_given_basis(self._rates.decay))

    @cached_property
    def _rates(self) -> FrequencyResolved:
        """The jumps that the noises cause on average."""
        reverse = self.operators.conj().transpose(0, 2, 1)
        rates = np.concatenate([2 * self.gamma_minus.real, 2 * self.gamma_plus.real.transpose(0, 2, 1)])
        with np.errstate(divide="ignore"):
            logs = np.log(rates)
        F = len(self.operators)
        pairs = (*range(F, 2 * F), *range(F))
        operators = np.concatenate([self.operators, reverse])
        return FrequencyResolved(
            self.spectrum,
            coupling_operators=operators,
            log_rates=logs,
            particles_per_jump=(-1,) * F + (1,) * F,
            reverse=pairs,
        )

    def _within(self, minus: ComplexArray, plus: ComplexArray) -> ComplexArray:
        """`sum_w minus E^dagger E + plus E E^dagger`, in the energy basis."""
        total = np.zeros((self.dimension, self.dimension), dtype=complex)
        for D, a, b in zip(self.operators, minus, plus, strict=True):
            total += level_product(self.spectrum, D.conj().T, a * D)
            total += level_product(self.spectrum, b * D, D.conj().T)
        return total

    def _noises(self) -> Iterator[Noise]:
        spectrum = self.spectrum
        labels = spectrum.state_frequency_labels
        channel: dict[str, int] = {}
        for name, D, minus, plus in zip(
            self.reservoirs, self.operators, self.gamma_minus, self.gamma_plus, strict=True
        ):
            number = channel.get(name, 0)
            channel[name] = number + 1
            for label in np.unique(labels[D != 0]):
                of = (labels == label) & (D != 0)
                i, j = (int(index[0]) for index in np.nonzero(of))
                w = float(np.sign(label) * spectrum.bohr_frequencies[abs(label) - 1]) if label else 0.0
                operator = np.asarray(spectrum.to_given_basis(np.where(of, D, 0)), dtype=complex)
                yield Noise(name, number, w, operator, complex(minus[i, j]), complex(plus[i, j]))


def stochastic_equation(system: OpenSystem, *, lamb_shift: bool = True) -> StochasticEquation:
    r"""Quantum stochastic equation of a system and its fields in the weak-coupling (stochastic) limit.

    The susceptibilities are half-sided Fourier transforms of the correlations of the fields,

    .. math:: \gamma_-(w) = \int dv\, J(v) \frac{-i (1 \pm n(v))}{v - w - i0} = \tfrac{1}{2}\Gamma_-(w) + i S_{out}(w),
              \qquad \gamma_+(w) = \tfrac{1}{2}\Gamma_+(w) + i S_{in}(w),

    with the rates and level shifts of :class:`~equipoise.reservoirs.Reservoir`, at Bohr frequencies of both signs and
    zero: those off the band have no noise, but their imaginary parts shift the levels (counter-rotating terms).

    At w = 0, where both shifts of an Ohmic field diverge but only their difference acts, :math:`Im\gamma_+` is set to
    zero and :math:`Im\gamma_-` to the difference. The field operators of fermions anticommute with odd operators of the
    system; the formulas here are the same.

    Parameters
    ----------
    system : OpenSystem
    lamb_shift : bool, default True
        Keep the imaginary parts of the susceptibilities; they diverge for a band without edges.

    Returns
    -------
    StochasticEquation

    Raises
    ------
    InputError
        If a reservoir has correlated channels (only scalar spectral densities are covered here).
    NumericalError
        Where a level shift diverges.

    References
    ----------
    Accardi & Imafuku (2002), (19)-(21), corrected: in (19a) the drift has ``gamma_-`` with ``E^dagger E`` and the
    complex conjugate of ``gamma_+`` with ``E E^dagger``, summed over w; in the first lines of (20a,b) the denominator
    is ``omega(k) - w - i0``; (21) has E and its adjoint interchanged.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> from equipoise.systems import Coupling
    >>> bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> equation = stochastic_equation(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])]))
    >>> equation.unitarity_defect() < 1e-15
    True
    >>> out, back = equation.noises[-1].ito
    >>> round(out / back / np.e, 12)
    1.0
    """
    require_system(system)
    spectrum = system.spectrum
    names: list[str] = []
    operators: list[ComplexArray] = []
    minus: list[ComplexArray] = []
    plus: list[ComplexArray] = []
    for reservoir in system.reservoirs:
        require(
            not isinstance(reservoir.spectral_density, CorrelatedDensity),
            "system",
            "have scalar spectral densities for a stochastic equation",
            f"the channels of reservoir {reservoir.name!r} are correlated",
            "weak_coupling(system) covers them.",
        )
        for D in elements_of_couplings(system, reservoir, None)[0]:
            try:
                a, b = _susceptibilities(spectrum, reservoir, D, lamb_shift=lamb_shift)
            except (InputError, UserCodeError) as error:
                raise type(error)(f"{error} This is reservoir {reservoir.name!r}.") from error.__cause__
            names.append(reservoir.name)
            operators.append(D)
            minus.append(a)
            plus.append(b)
    return StochasticEquation(spectrum, tuple(names), np.array(operators), np.array(minus), np.array(plus))


def _susceptibilities(
    spectrum: Spectrum, reservoir: Reservoir, D: ComplexArray, *, lamb_shift: bool
) -> tuple[ComplexArray, ComplexArray]:
    """`gamma = rate / 2 + i S` of both processes at `w = e_j - e_i` where D has an element, else 0; shape (d, d)."""
    out, back = (0.5 * on_elements(spectrum, D != 0, rate) for rate in (reservoir.rate_out, reservoir.rate_in))
    if not lamb_shift:
        return out.astype(complex), back.astype(complex)
    emission, absorption = level_shift_tables(spectrum, reservoir, D[None])
    return out + 1j * emission[:, :, 0, 0], back + 1j * absorption[:, :, 0, 0]
