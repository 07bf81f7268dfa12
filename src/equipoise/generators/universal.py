"""Completely positive generators without the secular approximation: universal Lindblad and geometric-arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from equipoise._checks import ComplexArray, RealArray, require
from equipoise.generators._elements import derived_generator
from equipoise.generators._geometric_shift import geometric_shift
from equipoise.generators._one_sided import Exchange, exchanges
from equipoise.generators.generator import Dissipator, Generator, Undetermined, require_system
from equipoise.generators.representations import Jumps
from equipoise.spectrum import Spectrum
from equipoise.systems import OpenSystem

BALANCED = (
    "completely positive; the dissipator of each reservoir is in KMS detailed balance with the Gibbs state at its "
    "temperature: no flow at equal temperatures, non-negative entropy production; no level shifts"
)

CoherentTerm = Callable[[Spectrum, list[Exchange]], ComplexArray]

NOTE = (
    "completely positive; the jump part of each thermal reservoir satisfies standard quantum detailed balance with the "
    "Gibbs state at its temperature, the coherent term does not: reservoirs of one temperature may carry a heat flow, "
    "and the entropy production may be negative"
)


def universal_lindblad(system: OpenSystem, *, lamb_shift: bool = True, resolution: float | None = None) -> Generator:
    r"""Universal Lindblad equation: one jump for each operator that meets a reservoir operator, no secular cut.

    With `rate(w)` of the part `B_w` that lowers the energy by w::

        L = sum_w sqrt(rate(w)) B_w,
        K = sum_{w1, w2} f(w1, w2) B_w1^dagger B_w2,
        f(w1, w2) = -(1 / 2 pi) P int sqrt(rate(v + w1) rate(v + w2)) / v dv.

    In Kossakowski form the pair w1, w2 has the weight `sqrt(rate(w1) rate(w2))`, where Redfield has the arithmetic
    mean and a phase. A Hermitian coupling to bosons is one such B; any other is two, D and `D^dagger`. K is one
    matrix-valued integral, found when first needed, adaptively to 1e-9 or better; nothing larger than d x d is
    formed.

    Which laws it keeps: complete positivity; the first law; the jump part of a thermal reservoir satisfies standard
    quantum detailed balance exactly (`rate(-w) = e^{-beta w} rate(w)`). Which it does not: the coherent term is not
    the one that detailed balance asks for, so the Gibbs state is stationary to lowest order only, reservoirs of one
    temperature may carry a stationary heat flow and the Clausius entropy production may be negative, each of second
    order in the coupling relative to the rates. `kms_balanced` has the coherent term that repairs this.

    Parameters
    ----------
    system : OpenSystem
    lamb_shift : bool, default True
        Include K.
    resolution : float, optional
        Coupling elements left out as round-off, as in `weak_coupling`.

    Returns
    -------
    Generator
        One dissipator represented by Jumps for each reservoir.

    Raises
    ------
    InputError
        A correlation matrix between channels that depends on frequency.
    NumericalError
        When K is first needed and its integral does not converge (a band without edges).

    References
    ----------
    Nathan & Rudner (2020), with `rate = 2 pi gamma J` in their convention.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling
    >>> bath = Reservoir("bath", bose_einstein(temperature=0.5), Ohmic(0.01, 10.0))
    >>> system = OpenSystem([0.0, 1.0], [Coupling(bath, [[0.5, 1.0], [1.0, -0.5]])])
    >>> universal_lindblad(system).dissipators[0].representation.operators.shape
    (1, 2, 2)
    """
    limit = "universal Lindblad equation (geometric-mean kernel)"
    return _geometric(system, geometric_shift if lamb_shift else None, resolution, limit)


def geometric_arithmetic(system: OpenSystem, *, lamb_shift: bool = True, resolution: float | None = None) -> Generator:
    r"""Geometric-arithmetic master equation: the jumps of `universal_lindblad`, arithmetic means of level shifts.

    `K = sum_{w1, w2} (S(w1) + S(w2))/2 B_w1^dagger B_w2`, S the level shifts: the coherent term of Redfield's
    equation without the part that unequal rates bring. Laws kept, parameters and errors as in `universal_lindblad`.

    Raises
    ------
    InputError
        A correlation matrix between channels that depends on frequency.
    NumericalError
        When K is first needed and a level shift diverges.

    References
    ----------
    Davidovic (2020).
    """
    limit = "geometric-arithmetic master equation (geometric-mean kernel)"
    return _geometric(system, _arithmetic_shift if lamb_shift else None, resolution, limit)


def kms_weak_coupling(system: OpenSystem, *, resolution: float | None = None) -> Generator:
    r"""KMS-balanced weak coupling: the jumps of `universal_lindblad`, the coherent term of detailed balance.

    For each thermal reservoir, in the energy basis::

        L = sum_w sqrt(rate(w)) B_w,   K_ij = (i/2) tanh(beta (e_i - e_j) / 4) M_ij,   M = sum L^dagger L.

    No secular approximation, one jump for each operator that meets a reservoir operator, nothing larger than d x d.

    Which laws it keeps: complete positivity; the first law; the dissipator of each reservoir, K included, is in exact
    KMS detailed balance with the Gibbs state of H at its temperature, so that reservoirs of one temperature drive
    the system there without any flow and `dS/dt - sum_r beta_r J_Q,r >= 0` in every state. Which it does not: level
    shifts are left out, and at second order in the coupling its state is the Gibbs state of H, not the mean-force
    state.

    Parameters
    ----------
    system : OpenSystem
        All reservoirs thermal; with a chemical potential, couplings graded by the number of particles.
    resolution : float, optional
        Coupling elements left out as round-off, as in `weak_coupling`.

    Returns
    -------
    Generator
        One dissipator represented by Jumps for each reservoir.

    Raises
    ------
    InputError
        A reservoir that is not thermal; a correlation matrix between channels that depends on frequency.

    References
    ----------
    Ding, Li & Lin (2025); Scandi & Alhambra (2025), without their renormalised Hamiltonian.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling
    >>> bath = Reservoir("bath", bose_einstein(temperature=0.5), Ohmic(0.01, 10.0))
    >>> system = OpenSystem([0.0, 1.0], [Coupling(bath, [[0.5, 1.0], [1.0, -0.5]])])
    >>> gibbs = np.diag(np.exp([0.0, -2.0])) / (1 + np.exp(-2.0))
    >>> bool(np.abs(kms_weak_coupling(system).apply(gibbs)).max() < 1e-16)
    True
    """
    require_system(system)
    for reservoir in system.reservoirs:
        require(
            reservoir.inverse_temperature is not None,
            f"reservoir {reservoir.name!r}",
            "be thermal",
            f"its distribution is {type(reservoir.distribution).__name__}",
            "Use universal_lindblad or weak_coupling, which take any distribution.",
        )
        require(
            reservoir.chemical_potential == 0.0 or system.is_graded is True,
            f"reservoir {reservoir.name!r}",
            "have mu = 0 unless the couplings remove one particle, [N, D] = -D, for a given number operator",
            f"has mu = {reservoir.chemical_potential}",
            "Pass number=N to the OpenSystem.",
        )
    limit = "weak coupling, KMS-balanced (geometric-mean kernel)"
    return _geometric(system, _balanced_shift, resolution, limit, BALANCED)


def _balanced_shift(spectrum: Spectrum, found: list[Exchange]) -> ComplexArray:
    """`(i/2) tanh(beta (e_i - e_j) / 4) M_ij` of all exchanges of a thermal reservoir."""
    beta = found[0].reservoir.inverse_temperature
    assert beta is not None
    energies = spectrum.state_energies
    gaps = energies[:, None] - energies[None, :]
    jumps = [_jump(exchange, spectrum) for exchange in found]
    M = sum(L.conj().T @ L for L in jumps)
    # At zero temperature the tanh is the sign of the gap.
    slope = np.sign(gaps) * np.sign(beta) if np.isinf(beta) else np.tanh(0.25 * beta * gaps)
    return np.asarray(0.5j * slope * M)


def _geometric(
    system: OpenSystem, term: CoherentTerm | None, resolution: float | None, limit: str, note: str = NOTE
) -> Generator:
    require_system(system)
    spectrum = system.spectrum
    dissipators: list[Dissipator] = []
    undetermined: list[Undetermined] = []
    for reservoir in system.reservoirs:
        found, dropped = exchanges(system, reservoir, resolution)
        undetermined += dropped
        elements = np.array([_jump(e, spectrum) for e in found], dtype=complex)
        operators = np.array([spectrum.to_given_basis(L) for L in elements], dtype=complex)
        coherent = None if term is None else partial(_in_given_basis, term, spectrum, found)
        dissipators.append(
            Dissipator(Jumps(operators, (1,) * len(found), elements), reservoir=reservoir, coherent_term=coherent)
        )
    options = {"lamb shift": term is not None}
    return derived_generator(system, dissipators, undetermined, limit, options, resolution=resolution, notes=(note,))


def _jump(exchange: Exchange, spectrum: Spectrum) -> ComplexArray:
    rates: RealArray = exchange.rates(spectrum)
    return np.asarray(np.sqrt(rates) * exchange.operator)


def _in_given_basis(term: CoherentTerm, spectrum: Spectrum, found: list[Exchange]) -> ComplexArray:
    return np.asarray(spectrum.to_given_basis(term(spectrum, found)), dtype=complex)


def _arithmetic_shift(spectrum: Spectrum, found: list[Exchange]) -> ComplexArray:
    """`(B^dagger Sigma + Sigma^dagger B) / 2`, `Sigma[i, j] = S(e_j - e_i) B[i, j]`."""
    total = np.zeros((spectrum.dimension, spectrum.dimension), dtype=complex)
    for exchange in found:
        product = exchange.operator.conj().T @ (exchange.shifts(spectrum) * exchange.operator)
        total += 0.5 * (product + product.conj().T)
    return total
