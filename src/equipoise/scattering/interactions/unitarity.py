r"""Between S and T, and how far a T-matrix is from conserving probability.

.. math:: S = 1 - iT, \qquad S^\dagger S - 1 = -i\,(T - T^\dagger + i\,T^\dagger T).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, RealArray, require


def t_from_s(scattering: ArrayLike) -> ComplexArray:
    """T = i (S - 1) of S-matrices.

    Where S is near one T has lost the digits that it shares with one: give T itself where it is known.

    Parameters
    ----------
    scattering : array_like, shape (..., d, d) or (..., A, d, A, d)
        Four last axes, [wave out, state out, wave in, state in], are taken if there are at least four.

    Examples
    --------
    >>> float(abs(t_from_s([[-1.0]])[0, 0]))
    2.0
    """
    S, one = _with_unit(scattering, "scattering")
    return np.asarray(1j * (S - one))


def s_from_t(transition: ArrayLike) -> ComplexArray:
    """S = 1 - i T of transition matrices; see `t_from_s`.

    Parameters
    ----------
    transition : array_like, shape (..., d, d) or (..., A, d, A, d)

    Examples
    --------
    >>> complex(s_from_t([[-2j]])[0, 0]).real
    -1.0
    """
    T, one = _with_unit(transition, "transition")
    return np.asarray(one - 1j * T)


def defect_of(transition: ComplexArray) -> ComplexArray:
    """`T - T^dagger + i T^dagger T` of matrices of shape (n, A, d, A, d), as matrices of shape (n, A d, A d).

    Its diagonal is how far the optical theorem of each incoming channel fails: `2 Im T_ll + sum_k |T_kl|^2`.
    """
    n, size = transition.shape[0], transition.shape[1] * transition.shape[2]
    T = transition.reshape(n, size, size)
    adjoint = T.conj().transpose(0, 2, 1)
    return np.asarray(T - adjoint + 1j * (adjoint @ T))


def _with_unit(value: ArrayLike, name: str) -> tuple[ComplexArray, RealArray]:
    array = np.array(value, dtype=complex)
    require(
        array.ndim >= 2 and array.shape[-2:] == (array.shape[-4:-2] if array.ndim >= 4 else array.shape[-1:] * 2),
        name,
        "have shape (..., d, d) or (..., A, d, A, d)",
        f"has shape {array.shape}",
    )
    if array.ndim < 4:
        return array, np.eye(array.shape[-1])
    size = array.shape[-1] * array.shape[-2]
    return array, np.eye(size).reshape(array.shape[-4:])
