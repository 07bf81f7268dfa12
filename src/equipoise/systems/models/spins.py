"""Qubits and spin chains between reservoirs that flip their end spins.

The basis of each spin is (up, down) and the first spin is the slowest index; `S = sigma / 2`. Every reservoir
couples to `sigma_x` of its spin.
"""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from equipoise._checks import RealArray, finite_real, require
from equipoise.reservoirs import Reservoir
from equipoise.systems._parameters import diagonal_or_matrix, integer, real_numbers, require_sites
from equipoise.systems.coupling import Coupling
from equipoise.systems.open_system import OpenSystem
from equipoise.systems.operators import site_operator, spin_operators


def two_coupled_qubits(
    frequencies: float | Sequence[float] | RealArray, coupling: float, reservoirs: Sequence[Reservoir]
) -> OpenSystem:
    r"""Two qubits that exchange excitations, each with its reservoir.

    .. math::
        H = \sum_{i=1,2} \tfrac{\omega_i}{2} \sigma_z^{(i)}
            + g \left( \sigma_+^{(1)} \sigma_-^{(2)} + h.c. \right), \quad
        D_i = \sigma_x^{(i)}

    At resonance the dynamics is that of two independent modes at :math:`\omega \pm g`, each coupled to both
    reservoirs with half of their rates; the heat current is a sum over the two.

    Parameters
    ----------
    frequencies : float or sequence of float, shape (2,)
        omega_i, the splitting of each qubit.
    coupling : float
        g.
    reservoirs : sequence of two Reservoir
        Of the first and of the second qubit. The same one twice sees the sum of the two dipoles (collective
        decay).

    Returns
    -------
    OpenSystem
        Dimension 4, basis (up up, up down, down up, down down).

    Raises
    ------
    InputError
        If there are not two reservoirs, or the frequencies are not one or two finite numbers.

    References
    ----------
    Levy & Kosloff, "The local approach to quantum transport may violate the second law of thermodynamics"
    (2014), for the need of the eigenmodes.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> hot = Reservoir("hot", bose_einstein(temperature=2.0), Ohmic(0.01, 10.0))
    >>> cold = Reservoir("cold", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> two_coupled_qubits(1.0, 0.25, [hot, cold]).spectrum.levels.round(12).tolist()
    [-1.0, -0.25, 0.25, 1.0]
    """
    omega = real_numbers(frequencies, "frequencies", 2, "qubit")
    given = tuple(reservoirs)
    require(len(given) == 2, "reservoirs", "hold two Reservoirs, one for each qubit", f"has {len(given)}")
    # g (s+ s- + h.c.) = 2 g (Sx Sx + Sy Sy)
    exchange = 2 * finite_real(coupling, "coupling")
    Sx, Sy, Sz = (_of_all(component, 2) for component in range(3))
    H = omega[0] * Sz[0] + omega[1] * Sz[1] + exchange * (Sx[0] @ Sx[1] + Sy[0] @ Sy[1])
    return _open_chain(H, Sx, given[0], given[1])


def spin_chain_xxz(
    sites: int,
    exchange: ArrayLike,
    anisotropy: ArrayLike,
    fields: ArrayLike,
    left: Reservoir,
    right: Reservoir | None = None,
) -> OpenSystem:
    r"""Open XXZ chain of N spins 1/2 with a reservoir at each end.

    .. math::
        H = \sum_{j=1}^{N-1} J_j \left( S^x_j S^x_{j+1} + S^y_j S^y_{j+1} + \Delta_j S^z_j S^z_{j+1} \right)
            + \sum_{j=1}^N h_j S^z_j, \quad
        D_\mathrm{left} = \sigma^x_1, \quad D_\mathrm{right} = \sigma^x_N

    J > 0 is antiferromagnetic. At Delta = 0 in uniform J, h the levels are those of free fermions of energies
    :math:`h + J \cos(k \pi / (N + 1))`, k = 1, ..., N, less N h / 2.

    Parameters
    ----------
    sites : int
        N >= 2.
    exchange, anisotropy : float or array_like, shape (N - 1,)
        J_j in the unit of energy, Delta_j dimensionless; one for each bond.
    fields : float or array_like, shape (N,)
        h_j, the splitting of each spin.
    left, right : Reservoir
        Of the first and the last spin; without `right` the far end is free.

    Returns
    -------
    OpenSystem
        Dimension 2^N.

    Raises
    ------
    InputError
        Fewer than two sites, more than memory holds (before anything is built), or parameters of another
        length.

    References
    ----------
    Lieb, Schultz & Mattis, "Two soluble models of an antiferromagnetic chain" (1961).

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> chain = spin_chain_xxz(2, 1.0, 1.0, 0.0, bath)  # singlet at -3/4, triplet at 1/4
    >>> chain.spectrum.levels.round(12).tolist(), chain.spectrum.degeneracies.tolist()
    ([-0.75, 0.25], [1, 3])
    """
    count = _chain_sites(sites)
    J = real_numbers(exchange, "exchange", count - 1, "bond")
    Delta = real_numbers(anisotropy, "anisotropy", count - 1, "bond")
    h = real_numbers(fields, "fields", count, "site")
    Sx, Sy, Sz = (_of_all(component, count) for component in range(3))
    H = h[0] * Sz[0]
    for j in range(1, count):
        bond = Sx[j - 1] @ Sx[j] + Sy[j - 1] @ Sy[j] + Delta[j - 1] * (Sz[j - 1] @ Sz[j])
        H = H + h[j] * Sz[j] + J[j - 1] * bond
    return _open_chain(H, Sx, left, right)


def spin_chain_ising(
    sites: int,
    exchange: ArrayLike,
    transverse_fields: ArrayLike,
    left: Reservoir,
    right: Reservoir | None = None,
    *,
    longitudinal_fields: ArrayLike = 0.0,
) -> OpenSystem:
    r"""Open Ising chain of N spins 1/2 in a transverse (and longitudinal) field with a reservoir at each end.

    .. math::
        H = \sum_{j=1}^{N-1} J_j S^x_j S^x_{j+1} + \sum_{j=1}^N \left( h_j S^z_j + b_j S^x_j \right), \quad
        D_\mathrm{left} = \sigma^x_1, \quad D_\mathrm{right} = \sigma^x_N

    J < 0 is ferromagnetic; in Pauli matrices the couplings are J/4 and h/2, so a uniform chain is critical at
    :math:`|J| = 2 |h|`. Without longitudinal field the levels are :math:`\sum_k \pm \epsilon_k / 2`,
    epsilon_k the singular values of the bidiagonal matrix with h_j on the diagonal and J_j / 2 beside it.

    Parameters
    ----------
    sites : int
        N >= 2.
    exchange : float or array_like, shape (N - 1,)
        J_j of each bond.
    transverse_fields, longitudinal_fields : float or array_like, shape (N,)
        h_j along z and b_j along x.
    left, right : Reservoir
        Of the first and the last spin; without `right` the far end is free.

    Returns
    -------
    OpenSystem
        Dimension 2^N.

    Raises
    ------
    InputError
        Fewer than two sites, more than memory holds (before anything is built), or parameters of another
        length.

    References
    ----------
    Pfeuty, "The one-dimensional Ising model with a transverse field" (1970).

    Examples
    --------
    Two spins: levels +-sqrt(h^2 + J^2 / 16) and +-J/4.

    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> spin_chain_ising(2, 3.0, 1.0, bath).spectrum.levels.round(12).tolist()
    [-1.25, -0.75, 0.75, 1.25]
    """
    count = _chain_sites(sites)
    J = real_numbers(exchange, "exchange", count - 1, "bond")
    h = real_numbers(transverse_fields, "transverse_fields", count, "site")
    b = real_numbers(longitudinal_fields, "longitudinal_fields", count, "site")
    Sx, Sz = _of_all(0, count), _of_all(2, count)
    H = h[0] * Sz[0] + b[0] * Sx[0]
    for j in range(1, count):
        H = H + h[j] * Sz[j] + b[j] * Sx[j] + J[j - 1] * (Sx[j - 1] @ Sx[j])
    return _open_chain(H, Sx, left, right)


def _chain_sites(sites: int) -> int:
    count = integer(sites, "sites", minimum=2)
    require_sites(count, "sites", 2)
    return count


def _of_all(component: int, sites: int) -> list[csr_array]:
    """One component (0, 1, 2 = x, y, z) of the spin 1/2 of every site."""
    return [site_operator(spin_operators()[component], j, [2] * sites) for j in range(sites)]


def _open_chain(H: csr_array, Sx: list[csr_array], left: Reservoir, right: Reservoir | None) -> OpenSystem:
    couplings = [Coupling(left, (2 * Sx[0]).toarray())]
    if right is not None:
        couplings.append(Coupling(right, (2 * Sx[-1]).toarray()))
    return OpenSystem(diagonal_or_matrix(H.toarray()), tuple(couplings))
