"""Fermionic sites with Coulomb interaction between leads, by the Jordan-Wigner transformation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, diags_array

from equipoise._checks import ComplexArray, RealArray, finite_real, require
from equipoise.reservoirs import Reservoir
from equipoise.systems._parameters import (
    amplitude_rows,
    diagonal_or_matrix,
    integer,
    pairs_of_sites,
    real_numbers,
    require_sites,
    reservoir_pairs,
    row_couplings,
)
from equipoise.systems.open_system import OpenSystem
from equipoise.systems.operators import jordan_wigner, ring_hopping


def fermionic_dots(
    energies: Sequence[float] | RealArray,
    leads: Sequence[tuple[Reservoir, ArrayLike | int]],
    *,
    hoppings: ArrayLike = 0.0,
    interactions: ArrayLike = 0.0,
) -> OpenSystem:
    r"""Fermionic sites with hopping and Coulomb interaction, coupled to leads.

    .. math::
        H = \sum_i \epsilon_i n_i + \sum_{i \ne j} h_{ij} c_i^\dagger c_j + \sum_{i<j} U_{ij} n_i n_j, \quad
        D_p = \sum_i v_{pi} c_i, \quad N = \sum_i n_i

    A site is one orbital of one spin direction: the two spins of a dot are two sites, and U between them is
    its charging energy. Each row p of the amplitudes of a lead is one independent channel, so a lead that
    couples to both spins, without turning one into the other, has the rows `[[1, 0], [0, 1]]`.

    Parameters
    ----------
    energies : sequence of float, shape (N,)
        epsilon_i.
    leads : sequence of (Reservoir, int or array_like of shape (N,) or (channels, N))
        A site (from 0), or amplitudes v of every site.
    hoppings : float or array_like, shape (N - 1,) or (N, N)
        Hermitian matrix h with zero diagonal; or the bonds h[j, j+1] of a chain, one number if they are
        equal. Note the sign: nothing is put before h.
    interactions : float or array_like, shape (N, N)
        Symmetric matrix U with zero diagonal, each pair counted once; or one number for every pair.

    Returns
    -------
    OpenSystem
        Dimension 2^N, with its particle number; couplings graded by it. Occupation basis, see
        `systems.operators.jordan_wigner`.

    Raises
    ------
    InputError
        Hopping not Hermitian, interaction not real and symmetric, a diagonal in either, amplitudes (which) of
        another length, more sites than memory holds (before anything is built), a bosonic lead.

    References
    ----------
    Beenakker, "Theory of Coulomb-blockade oscillations in the conductance of a quantum dot" (1991).

    Examples
    --------
    >>> from equipoise.reservoirs import Flat, fermi_dirac
    >>> lead = Reservoir("lead", fermi_dirac(temperature=0.1, chemical_potential=0.5), Flat(0.01))
    >>> atom = fermionic_dots([0.0, 0.0], [(lead, [[1, 0], [0, 1]])], interactions=2.0)
    >>> atom.spectrum.energies, atom.is_graded
    (array([0., 0., 0., 2.]), True)
    """
    require(
        np.ndim(energies) == 1 and np.size(energies) > 0,
        "energies",
        "hold the energy of each site, shape (N,)",
        f"has shape {np.shape(energies)}",
    )
    count = int(np.size(energies))
    pairs = reservoir_pairs(leads, "leads")
    rows = [amplitude_rows(v, f"leads[{k}].amplitudes", count) for k, (_, v) in enumerate(pairs)]
    for index, (reservoir, _) in enumerate(pairs):
        require(
            reservoir.distribution is None or reservoir.statistics.sign < 0,
            f"leads[{index}]",
            "be fermionic: it exchanges electrons with the dots",
            f"{reservoir.name!r} has the statistics {reservoir.statistics.name}",
            "Use fermi_dirac(...).",
        )
    require_sites(count, "energies", sum(len(row) for row in rows) + 1)
    epsilon = real_numbers(energies, "energies", count, "site")
    h = pairs_of_sites(hoppings, "hoppings", count, chain=True)
    U = pairs_of_sites(interactions, "interactions", count, chain=False)
    require(not np.any(U.imag), "interactions", "be real", f"has an imaginary part up to {np.abs(U.imag).max():g}")
    c = jordan_wigner(count)
    H = _many_body_hamiltonian(c, epsilon, h, U.real)
    number = np.diag(_occupations(c).sum(axis=0))
    couplings = row_couplings(pairs, "leads", c, hermitian=False)
    return OpenSystem(diagonal_or_matrix(H), tuple(couplings), number)


def double_dot(
    energies: float | Sequence[float] | RealArray,
    tunnelling: complex,
    interaction: float,
    left: Reservoir,
    right: Reservoir,
) -> OpenSystem:
    r"""Two dots in series between two leads, spinless, with Coulomb repulsion between them.

    .. math::
        H = \epsilon_1 n_1 + \epsilon_2 n_2 + t c_1^\dagger c_2 + t^* c_2^\dagger c_1 + U n_1 n_2, \quad
        D_\mathrm{left} = c_1, \quad D_\mathrm{right} = c_2

    The electron is shared between levels :math:`(\epsilon_1 + \epsilon_2)/2 \pm \sqrt{(\epsilon_1 -
    \epsilon_2)^2/4 + |t|^2}`. Coulomb blockade: for U far above the chemical potentials a second electron
    cannot enter.

    Parameters
    ----------
    energies : float or sequence of float, shape (2,)
        epsilon_1, epsilon_2.
    tunnelling : complex
        t; not small against the rates of the leads, or the secular approximation fails.
    interaction : float
        U.
    left, right : Reservoir
        Fermionic leads of the first and of the second dot.

    Returns
    -------
    OpenSystem
        Dimension 4, basis (empty, second, first, both), with its particle number.

    Raises
    ------
    InputError
        As `fermionic_dots`.

    References
    ----------
    van der Wiel et al., "Electron transport through double quantum dots" (2003).

    Examples
    --------
    >>> from equipoise.reservoirs import Flat, fermi_dirac
    >>> left = Reservoir("left", fermi_dirac(temperature=0.1, chemical_potential=1.0), Flat(0.01))
    >>> right = Reservoir("right", fermi_dirac(temperature=0.1, chemical_potential=-1.0), Flat(0.01))
    >>> double_dot(0.0, 0.5, 10.0, left, right).spectrum.levels.round(12).tolist()
    [-0.5, 0.0, 0.5, 10.0]
    """
    t = np.asarray(tunnelling)
    require(t.ndim == 0, "tunnelling", "be one number", f"has shape {t.shape}")
    U = finite_real(interaction, "interaction")
    epsilon = real_numbers(energies, "energies", 2, "dot")
    return fermionic_dots(epsilon, [(left, 0), (right, 1)], hoppings=t, interactions=U)


def ring_with_flux(
    sites: int,
    hopping: float,
    flux: float,
    leads: Sequence[tuple[Reservoir, ArrayLike | int]],
    *,
    energies: float | Sequence[float] | RealArray = 0.0,
    interactions: ArrayLike = 0.0,
) -> OpenSystem:
    r"""Fermions on a ring of N sites threaded by a flux, between leads.

    .. math::
        H = \sum_j \epsilon_j n_j - t \sum_{j=1}^N \left( e^{i\phi/N} c_{j+1}^\dagger c_j + h.c. \right)
            + \sum_{i<j} U_{ij} n_i n_j

    Without interaction and at equal energies the one-particle levels are :math:`\epsilon - 2t \cos((2\pi k +
    \phi)/N)`. Bond currents around the ring are internal: they are no flow between reservoirs.
    `excitation_ring` is its counterpart for bosonic reservoirs.

    Parameters
    ----------
    sites : int
        N >= 3.
    hopping : float
        t.
    flux : float
        phi, the phase gathered around the ring.
    leads : sequence of (Reservoir, int or array_like of shape (N,) or (channels, N))
        A site (from 0), or amplitudes of every site.
    energies : float or sequence of float, shape (N,)
        epsilon_j.
    interactions : float or array_like, shape (N, N)
        As in `fermionic_dots`.

    Returns
    -------
    OpenSystem
        Dimension 2^N, with its particle number.

    Raises
    ------
    InputError
        Fewer than three sites, and as `fermionic_dots`.

    References
    ----------
    Büttiker, Imry & Landauer, "Josephson behavior in small normal one-dimensional rings" (1983).

    Examples
    --------
    >>> from equipoise.reservoirs import Flat, fermi_dirac
    >>> lead = Reservoir("lead", fermi_dirac(temperature=0.1), Flat(0.01))
    >>> ring = ring_with_flux(3, 1.0, np.pi / 2, [(lead, 0)])
    >>> round(float(ring.spectrum.levels[0]), 12)  # -2 cos(pi/6): two electrons, the second at zero energy
    -1.732050807569
    """
    count = integer(sites, "sites", minimum=3)
    require_sites(count, "sites", 2)
    epsilon = real_numbers(energies, "energies", count, "site")
    hoppings = ring_hopping(count, hopping, flux)
    return fermionic_dots(epsilon, leads, hoppings=hoppings, interactions=interactions)


def _occupations(c: Sequence[csr_array]) -> RealArray:
    """Occupation of each site in each basis state, shape (N, 2^N)."""
    return np.array([(operator.T @ operator).diagonal() for operator in c])


def _many_body_hamiltonian(c: Sequence[csr_array], epsilon: RealArray, h: ComplexArray, U: RealArray) -> ComplexArray:
    n = _occupations(c)
    diagonal = (epsilon @ n + 0.5 * np.einsum("is,is->s", n, U @ n)).astype(complex)
    H = csr_array(diags_array(diagonal))
    for i, j in zip(*np.nonzero(h), strict=True):
        H = H + h[i, j] * (c[i].T @ c[j])
    return np.asarray(H.toarray())
