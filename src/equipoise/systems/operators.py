"""Operators of oscillators, spins and fermions, the material of Hamiltonians and couplings.

Operators of one site are dense; operators of a chain are sparse (`scipy.sparse.csr_array`), with the first
site as the slowest index: `A_1 (x) A_2 (x) ...`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, eye_array, kron

from equipoise._checks import ComplexArray, RealArray, finite_real, require, square_matrix
from equipoise.systems._parameters import integer, require_sparse, require_states


def annihilation(levels: int) -> RealArray:
    r"""Annihilation operator of an oscillator truncated to its lowest levels.

    :math:`a = \sum_{n=1}^{L-1} \sqrt{n}\, |n-1\rangle\langle n|`; with two levels it empties a fermionic
    site. Truncation breaks :math:`[a, a^\dagger] = 1` in the last level only.

    Parameters
    ----------
    levels : int
        Number L >= 2 of levels kept.

    Returns
    -------
    ndarray, shape (L, L)
        Index n is the number of quanta.

    Raises
    ------
    InputError
        If `levels` is not an integer >= 2, or the matrix does not fit in memory.

    Examples
    --------
    >>> a = annihilation(4)
    >>> (a.T @ a).diagonal().round(12).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    count = integer(levels, "levels", minimum=2)
    require_states(count, "levels", 0, "Keep fewer levels.")
    return np.diag(np.sqrt(np.arange(1.0, count)), 1)


def spin_operators(spin: float = 0.5) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    r"""Components :math:`S_x, S_y, S_z` of a spin, with :math:`[S_x, S_y] = i S_z` and :math:`S^2 = s(s+1)`.

    Parameters
    ----------
    spin : float, default 1/2
        Positive multiple of 1/2.

    Returns
    -------
    tuple of ndarray, each of shape (2s + 1, 2s + 1)
        Index 0 is m = +s (up), the last is m = -s. For s = 1/2 they are the Pauli matrices over two.

    Raises
    ------
    InputError
        If `spin` is not a positive multiple of 1/2, or the matrices do not fit in memory.

    Examples
    --------
    >>> x, y, z = spin_operators()
    >>> z.real.tolist()
    [[0.5, 0.0], [0.0, -0.5]]
    """
    s = finite_real(spin, "spin")
    require(s > 0 and float(2 * s).is_integer(), "spin", "be a positive multiple of 1/2", f"got {spin!r}")
    require_states(int(2 * s) + 1, "spin", 0, "Use a smaller spin.")
    m = s - np.arange(int(2 * s) + 1)
    raising = np.diag(np.sqrt(s * (s + 1) - m[1:] * (m[1:] + 1)), 1).astype(complex)
    return (raising + raising.T) / 2, (raising - raising.T) / 2j, np.diag(m).astype(complex)


def site_operator(operator: ArrayLike, site: int, dimensions: Sequence[int]) -> csr_array:
    r"""Operator of one site of a composite system, :math:`1 \otimes \dots \otimes A \otimes \dots \otimes 1`.

    Parameters
    ----------
    operator : array_like, shape (dimensions[site], dimensions[site])
    site : int
        From 0.
    dimensions : sequence of int
        Dimension of each site.

    Returns
    -------
    csr_array, shape (d, d) with d the product of `dimensions`

    Raises
    ------
    InputError
        If there is no such site, the shape is not that of the site, or the result does not fit in memory.

    Examples
    --------
    >>> site_operator([[0, 1], [0, 0]], 1, (3, 2)).shape
    (6, 6)
    """
    sizes = [integer(size, f"dimensions[{k}]", minimum=1) for k, size in enumerate(dimensions)]
    place = integer(site, "site", minimum=0)
    require(place < len(sizes), "site", f"be one of the {len(sizes)} sites, 0..{len(sizes) - 1}", f"got {place}")
    matrix = square_matrix(operator, "operator")
    require(
        matrix.shape[0] == sizes[place],
        "operator",
        f"have shape ({sizes[place]}, {sizes[place]}), the dimension of site {place}",
        f"has shape {matrix.shape}",
    )
    require_sparse(prod(sizes) * int(np.count_nonzero(matrix, axis=1).max()), "dimensions")
    before, after = prod(sizes[:place]), prod(sizes[place + 1 :])
    local = csr_array(matrix if np.any(matrix.imag) else matrix.real)
    return csr_array(kron(kron(eye_array(before), local), eye_array(after), format="csr"))


def jordan_wigner(sites: int) -> tuple[csr_array, ...]:
    r"""Annihilation operators of N fermionic sites, by the Jordan-Wigner transformation.

    :math:`c_j = (-1)^{n_1} \otimes \dots \otimes (-1)^{n_{j-1}} \otimes c \otimes 1 \otimes \dots`, with
    :math:`\{c_i, c_j^\dagger\} = \delta_{ij}` and :math:`\{c_i, c_j\} = 0`.

    Parameters
    ----------
    sites : int
        Number N >= 1 of sites.

    Returns
    -------
    tuple of csr_array, N of shape (2^N, 2^N)
        In the occupation basis :math:`|n_1 n_2 \dots\rangle`, the first site the slowest index; index 0 is
        empty.

    Raises
    ------
    InputError
        If `sites` is not an integer >= 1, or the operators do not fit in memory.

    References
    ----------
    Jordan & Wigner, "Über das Paulische Äquivalenzverbot" (1928).

    Examples
    --------
    >>> c = jordan_wigner(3)
    >>> float(abs(c[0] @ c[2] + c[2] @ c[0]).max())
    0.0
    """
    count = integer(sites, "sites", minimum=1)
    # min: 2^count itself may be too large to write down.
    require_sparse(count << min(count, 1100), "sites")
    empty, string = csr_array(annihilation(2)), csr_array(np.diag([1.0, -1.0]))
    operators = []
    signs = eye_array(1, format="csr")
    for site in range(count):
        operators.append(csr_array(kron(kron(signs, empty), eye_array(2 ** (count - site - 1)), format="csr")))
        signs = kron(signs, string, format="csr")
    return tuple(operators)


def ring_hopping(sites: int, hopping: float, flux: float) -> ComplexArray:
    r"""One-particle hopping matrix of a ring of N sites threaded by a flux, with Peierls phases.

    :math:`h_{j+1,j} = h_{j,j+1}^* = -t\, e^{i\phi/N}`, indices modulo N; its eigenvalues are
    :math:`-2t\cos((2\pi k + \phi)/N)`, k = 0, ..., N - 1.

    Parameters
    ----------
    sites : int
        N >= 3.
    hopping : float
        t, in the unit of the Hamiltonian.
    flux : float
        phi, the phase gathered around the ring; the spectrum has the period 2 pi.

    Returns
    -------
    ndarray, shape (N, N)
        Hermitian with zero diagonal.

    Raises
    ------
    InputError
        Fewer than three sites, or numbers that are not finite.

    References
    ----------
    Peierls, "Zur Theorie des Diamagnetismus von Leitungselektronen" (1933).

    Examples
    --------
    >>> np.linalg.eigvalsh(ring_hopping(4, 1.0, 0.0)).round(12).tolist()
    [-2.0, 0.0, 0.0, 2.0]
    """
    count = integer(sites, "sites", minimum=3)
    require_states(count, "sites", 0, "Use fewer sites.")
    matrix = np.zeros((count, count), dtype=complex)
    here = np.arange(count)
    there = (here + 1) % count
    matrix[there, here] = -finite_real(hopping, "hopping") * np.exp(1j * finite_real(flux, "flux") / count)
    matrix[here, there] = matrix[there, here].conj()
    return matrix
