"""Few-level systems between bosonic reservoirs: maser, V, Lambda, oscillator, ring of excitations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, RealArray, finite_real, require
from equipoise.reservoirs import Reservoir
from equipoise.systems._parameters import (
    diagonal_or_matrix,
    integer,
    real_numbers,
    require_states,
    reservoir_pairs,
    row_couplings,
)
from equipoise.systems.coupling import Coupling
from equipoise.systems.open_system import OpenSystem
from equipoise.systems.operators import annihilation, ring_hopping


def three_level_maser(
    energies: Sequence[float] | RealArray, hot: Reservoir, cold: Reservoir, load: Reservoir | None = None
) -> OpenSystem:
    r"""Three-level maser of Scovil and Schulz-DuBois; a heat valve if the cold reservoir is also the load.

    .. math::
        H = \sum_{i=0}^2 e_i |i\rangle\langle i|, \quad
        D_\mathrm{hot} = |0\rangle\langle 2| + h.c., \quad
        D_\mathrm{cold} = |1\rangle\langle 2| + h.c., \quad
        D_\mathrm{load} = |0\rangle\langle 1| + h.c.

    The hot reservoir pumps 0 -> 2, the cold one takes 2 -> 1, and the load closes the cycle with 1 -> 0. It
    runs in this sense if :math:`\beta_h (e_2 - e_0) < \beta_c (e_2 - e_1) + \beta_l (e_1 - e_0)`; of the
    energy that the hot reservoir gives, the load receives the fraction :math:`(e_1 - e_0) / (e_2 - e_0)`.
    Without a load the transitions form a tree: nothing flows, at any temperatures.

    Parameters
    ----------
    energies : sequence of float, shape (3,)
        Ascending, no two equal.
    hot, cold : Reservoir
        Of the transitions 0-2 and 1-2.
    load : Reservoir, optional
        Of the transition 0-1. The same as `cold` gives a heat valve: heat flows from hot to cold through the
        cycle.

    Returns
    -------
    OpenSystem
        Dimension 3, given by levels.

    Raises
    ------
    InputError
        If the energies are not three ascending numbers.

    References
    ----------
    Scovil & Schulz-DuBois, "Three-level masers as heat engines" (1959).

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> hot = Reservoir("hot", bose_einstein(temperature=2.0), Ohmic(0.01, 10.0))
    >>> cold = Reservoir("cold", bose_einstein(temperature=1.0), Ohmic(0.02, 10.0))
    >>> valve = three_level_maser([0.0, 1.0, 2.5], hot, cold, load=cold)
    >>> valve.spectrum.bohr_frequencies
    array([1. , 1.5, 2.5])
    """
    e = _ascending_energies(energies)
    couplings = [Coupling(hot, _transition(3, 0, 2)), Coupling(cold, _transition(3, 1, 2))]
    if load is not None:
        couplings.append(Coupling(load, _transition(3, 0, 1)))
    return OpenSystem(e, tuple(couplings))


def three_levels(energies: Sequence[float] | RealArray, fields: Sequence[tuple[Reservoir, ArrayLike]]) -> OpenSystem:
    r"""Three levels with all three transitions open, in one field or several.

    .. math::
        H = \sum_{i=1}^3 e_i |i\rangle\langle i|, \quad
        D = d_{21} |1\rangle\langle 2| + d_{31} |1\rangle\langle 3| + d_{32} |2\rangle\langle 3| + h.c.

    In one field whose temperature depends on frequency they convert quanta: one of energy :math:`e_3 - e_1` becomes
    two, :math:`e_2 - e_1` and :math:`e_3 - e_2`, if :math:`\delta > 0`, and two become one if :math:`\delta < 0`;
    :math:`\delta = x(e_2 - e_1) - x(e_3 - e_1) + x(e_3 - e_2)` and :math:`x = \beta(\omega)\,\omega`.
    `reproduce.dynamical_balance.three_levels` has the closed form, for many points at once.

    Parameters
    ----------
    energies : sequence of float, shape (3,)
        Ascending, no two equal. With equal gaps the transitions 2-1 and 3-2 share their quanta.
    fields : sequence of (Reservoir, array_like of shape (3,) or (channels, 3))
        Real or complex amplitudes d of the transitions 21, 31, 32; each row is one independent channel.

    Returns
    -------
    OpenSystem
        Dimension 3, given by levels.

    Raises
    ------
    InputError
        If the energies do not ascend, or the amplitudes of a reservoir (which) have another shape.

    References
    ----------
    Accardi & Imafuku (2002), (103)-(113).

    Examples
    --------
    >>> from equipoise.reservoirs import LocalTemperature, Ohmic, Statistics
    >>> light = LocalTemperature(Statistics.BOSON, lambda omega: 2.0 / (1.0 + omega))
    >>> splitter = three_levels([0.0, 1.0, 2.5], [(Reservoir("light", light, Ohmic(0.01, 10.0)), [1.0, 1.0, 1.0])])
    >>> splitter.spectrum.bohr_frequencies
    array([1. , 1.5, 2.5])
    """
    e = _ascending_energies(energies)
    lowering = [_element(3, 0, 1), _element(3, 0, 2), _element(3, 1, 2)]
    return OpenSystem(e, tuple(row_couplings(reservoir_pairs(fields, "fields"), "fields", lowering, True)))


def v_system(energies: Sequence[float] | RealArray, dipoles: Sequence[tuple[Reservoir, ArrayLike]]) -> OpenSystem:
    r"""V system: one ground state and two excited states, equal or split.

    .. math::
        H = e_g |g\rangle\langle g| + \sum_{k=1,2} e_k |k\rangle\langle k|, \quad
        D_p = \sum_k d_{pk} |g\rangle\langle k| + h.c.

    Each row p of the dipole amplitudes is one independent channel (a polarisation) of its reservoir: `[d1,
    d2]` are parallel dipoles, `[[d1, 0], [0, d2]]` orthogonal ones. Equal excited levels with parallel
    dipoles share their field coherently: a reservoir alone leaves the state :math:`d_2 |1\rangle - d_1
    |2\rangle` dark, and two reservoirs with different amplitudes and temperatures keep a stationary
    coherence.

    Parameters
    ----------
    energies : sequence of float, shape (3,)
        :math:`(e_g, e_1, e_2)`, the first below both others.
    dipoles : sequence of (Reservoir, array_like of shape (2,) or (channels, 2))
        Real or complex amplitudes.

    Returns
    -------
    OpenSystem
        Dimension 3, basis (g, 1, 2), given by levels.

    Raises
    ------
    InputError
        If the ground state is not the lowest, or the amplitudes of a reservoir (which) have another shape.

    References
    ----------
    Tscherbul & Brumer, "Long-lived quasistationary coherences in a V-type system driven by incoherent light"
    (2014).

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> light = Reservoir("light", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> v_system([0.0, 1.0, 1.0], [(light, [1.0, 0.5])]).spectrum.degeneracies
    array([1, 2])
    """
    e = _three_energies(energies)
    remedy = "lambda_system has one excited state above two ground states."
    is_v = bool(e[0] < e[1:].min())
    require(is_v, "energies", "be (e_g, e_1, e_2) with e_g below both others", f"got {e.tolist()}", remedy)
    lowering = [_element(3, 0, 1), _element(3, 0, 2)]
    return OpenSystem(e, tuple(row_couplings(reservoir_pairs(dipoles, "dipoles"), "dipoles", lowering, True)))


def lambda_system(energies: Sequence[float] | RealArray, dipoles: Sequence[tuple[Reservoir, ArrayLike]]) -> OpenSystem:
    r"""Lambda system: two ground states, equal or split, and one excited state.

    .. math::
        H = \sum_{k=1,2} e_k |k\rangle\langle k| + e_e |e\rangle\langle e|, \quad
        D_p = \sum_k d_{pk} |k\rangle\langle e| + h.c.

    Each row p of the dipole amplitudes is one independent channel of its reservoir, as in `v_system`. A
    reservoir with parallel dipoles to equal ground states neither fills nor empties :math:`d_2^* |1\rangle -
    d_1^* |2\rangle`; a second one at T = 0 with other amplitudes fills it, and all population ends there
    (coherent trapping).

    Parameters
    ----------
    energies : sequence of float, shape (3,)
        :math:`(e_1, e_2, e_e)`, the last above both others.
    dipoles : sequence of (Reservoir, array_like of shape (2,) or (channels, 2))
        Real or complex amplitudes.

    Returns
    -------
    OpenSystem
        Dimension 3, basis (1, 2, e), given by levels.

    Raises
    ------
    InputError
        If the excited state is not the highest, or the amplitudes of a reservoir (which) have another shape.

    References
    ----------
    Arimondo & Orriols, "Nonabsorbing atomic coherences by coherent two-photon transitions in a three-level
    optical pumping" (1976).

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> light = Reservoir("light", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> lambda_system([0.0, 0.2, 1.0], [(light, [[1.0, 0.0], [0.0, 1.0]])]).spectrum.levels
    array([0. , 0.2, 1. ])
    """
    e = _three_energies(energies)
    remedy = "v_system has one ground state below two excited states."
    is_lambda = bool(e[2] > e[:2].max())
    require(is_lambda, "energies", "be (e_1, e_2, e_e) with e_e above both others", f"got {e.tolist()}", remedy)
    lowering = [_element(3, 0, 2), _element(3, 1, 2)]
    return OpenSystem(e, tuple(row_couplings(reservoir_pairs(dipoles, "dipoles"), "dipoles", lowering, True)))


def harmonic_ladder(levels: int, frequency: float, reservoirs: Sequence[Reservoir]) -> OpenSystem:
    r"""Harmonic oscillator truncated to its lowest L levels.

    .. math::
        H = \omega \sum_{n=0}^{L-1} n |n\rangle\langle n|, \quad D_r = a + a^\dagger

    At one temperature the populations are :math:`p_n = (1 - q) q^n / (1 - q^L)`, :math:`q =
    e^{-\beta\omega}`; between several reservoirs with rates :math:`\Gamma_r = 2\pi J_r(\omega)` they keep
    that form with :math:`q = \sum_r \Gamma_r n_r / \sum_r \Gamma_r (1 + n_r)`.

    Parameters
    ----------
    levels : int
        L >= 2.
    frequency : float
        omega > 0.
    reservoirs : sequence of Reservoir
        Each coupled to `a + a^dagger`.

    Returns
    -------
    OpenSystem
        Dimension L, given by levels, index n the number of quanta.

    Raises
    ------
    InputError
        Fewer than two levels, more than memory holds, or a frequency that is not positive.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> harmonic_ladder(4, 0.5, [bath]).spectrum.levels
    array([0. , 0.5, 1. , 1.5])
    """
    found = tuple(reservoirs)
    require(len(found) > 0, "reservoirs", "hold at least one Reservoir", "is empty")
    count = integer(levels, "levels", minimum=2)
    require_states(count, "levels", len(found), "Keep fewer levels.")
    omega = finite_real(frequency, "frequency")
    require(omega > 0, "frequency", "be > 0", f"got {omega}")
    a = annihilation(count).astype(complex)
    couplings = tuple(Coupling(reservoir, a + a.T) for reservoir in found)
    return OpenSystem(omega * np.arange(float(count)), couplings)


def excitation_ring(
    sites: int,
    frequency: float,
    hopping: float,
    flux: float,
    dipoles: Sequence[tuple[Reservoir, ArrayLike | int]],
) -> OpenSystem:
    r"""At most one excitation on a ring of N sites threaded by a flux, between bosonic reservoirs.

    .. math::
        H = \sum_{j=1}^N \omega |j\rangle\langle j|
            - t \sum_j \left( e^{i\phi/N} |j+1\rangle\langle j| + h.c. \right), \quad
        D_p = \sum_j d_{pj} |0\rangle\langle j| + h.c.

    :math:`|0\rangle` is the state without excitation, at energy 0. The one-excitation levels are
    :math:`\omega - 2t \cos((2\pi k + \phi)/N)`; they are degenerate where phi is a multiple of pi.

    Parameters
    ----------
    sites : int
        N >= 3.
    frequency : float
        omega, the energy of an excitation on one site.
    hopping : float
        t.
    flux : float
        phi, the phase gathered around the ring.
    dipoles : sequence of (Reservoir, int or array_like of shape (N,) or (channels, N))
        A site (from 0), or amplitudes of every site, one row for each independent channel.

    Returns
    -------
    OpenSystem
        Dimension N + 1, basis (0, 1, ..., N).

    Raises
    ------
    InputError
        Fewer than three sites, more than memory holds, or amplitudes (which) of another shape.

    References
    ----------
    Byers & Yang, "Theoretical considerations concerning quantized magnetic flux in superconducting cylinders"
    (1961), for the period 2 pi of the spectrum in phi.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> ring = excitation_ring(3, 4.0, 0.5, np.pi / 2, [(bath, 0)])
    >>> ring.spectrum.levels.round(12) + 0.0  # 4 - cos(pi/6), 4, 4 + cos(pi/6)
    array([0.       , 3.1339746, 4.       , 4.8660254])
    """
    pairs = reservoir_pairs(dipoles, "dipoles")
    count = integer(sites, "sites", minimum=3)
    require_states(count + 1, "sites", len(pairs), "Use fewer sites.")
    H = np.zeros((count + 1, count + 1), dtype=complex)
    H[1:, 1:] = ring_hopping(count, finite_real(hopping, "hopping"), finite_real(flux, "flux"))
    H[1:, 1:] += finite_real(frequency, "frequency") * np.eye(count)
    lowering = [_element(count + 1, 0, j) for j in range(1, count + 1)]
    return OpenSystem(diagonal_or_matrix(H), tuple(row_couplings(pairs, "dipoles", lowering, True)))


def _three_energies(energies: ArrayLike) -> RealArray:
    require(np.ndim(energies) > 0, "energies", "hold three numbers", f"got {energies!r}")
    return real_numbers(energies, "energies", 3, "level")


def _ascending_energies(energies: ArrayLike) -> RealArray:
    e = _three_energies(energies)
    remedy = "Sort them; v_system and lambda_system take degenerate levels."
    require(bool(np.all(np.diff(e) > 0)), "energies", "be ascending, no two equal", f"got {e.tolist()}", remedy)
    return e


def _element(dimension: int, i: int, j: int) -> ComplexArray:
    """`|i><j|`."""
    matrix = np.zeros((dimension, dimension), dtype=complex)
    matrix[i, j] = 1.0
    return matrix


def _transition(dimension: int, i: int, j: int) -> ComplexArray:
    """`|i><j| + |j><i|`."""
    return _element(dimension, i, j) + _element(dimension, j, i)
