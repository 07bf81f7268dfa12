r"""Between S and T, and how far a T-matrix is from conserving probability.

.. math:: S = 1 - iT, \qquad S^\dagger S - 1 = -i\,(T - T^\dagger + i\,T^\dagger T).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, RealArray, require
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.scattering.shell import EnergyShell


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


def unitarity_defect(interaction: AbstractInteraction, shell: EnergyShell) -> RealArray:
    r"""Largest element of :math:`|S^\dagger S - 1|` between open channels, at each energy of a shell.

    Its diagonal is how far the optical theorem of each incoming channel fails,
    :math:`|2\,\mathrm{Im}\,T_{ll} + \sum_k |T_{kl}|^2|`: what leaves the forward wave against what arrives anywhere.

    The largest over the parts of the interaction, shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from equipoise.scattering import DeltaInteraction, EnergyShell, Target
    >>> target = Target([0.0, 1.0], DeltaInteraction([[1.0, 0.5], [0.5, 2.0]]))
    >>> shell = EnergyShell.above(target.spectrum, 1.0, 1, np.array([0.3]))
    >>> bool(unitarity_defect(target.interaction, shell)[0] < 1e-14)
    True
    """
    parts = (defect_of(part.transition_matrix(shell)) for _, part in interaction.parts())
    return np.asarray(np.max([np.abs(defect).max(axis=(1, 2)) for defect in parts], axis=0))


def defect_of(transition: ComplexArray) -> ComplexArray:
    """`T - T^dagger + i T^dagger T` of matrices of shape (n, A, d, A, d), as matrices of shape (n, A d, A d)."""
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
