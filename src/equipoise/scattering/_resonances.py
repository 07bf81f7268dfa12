r"""Resonances: poles of the T-matrix close below the real axis of total energy, for a quadrature to split at.

With its open channels switched off a target and a particle have bound states, some of them above the lowest
threshold; where those are weakly coupled to the open channels they are narrow resonances. Counting the negative
eigenvalues of a Hermitian matrix finds the bound states, however narrow; Newton's method in the complex plane goes from
each to its pole.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.spectrum import Spectrum

STEPS = 60
"""Halvings of an interval that holds a zero."""

NEWTON = 8
"""Steps of Newton's method; the fifth is at rounding for a narrow resonance."""

Matrices = Callable[[ComplexArray], tuple[ComplexArray, ComplexArray]]
"""A matrix that is singular at a pole, and its derivative, at complex energies: shapes (n, r, r)."""


def complex_momenta(spectrum: Spectrum, mass: float, energies: ComplexArray, is_open: np.ndarray) -> ComplexArray:
    """Momenta continued from the real axis, where `is_open` says which are real, shape (n, d)."""
    kinetic = energies[:, None] - spectrum.state_energies[None, :]
    return np.asarray(np.where(is_open, np.sqrt(2 * mass * kinetic), 1j * np.sqrt(-2 * mass * kinetic)))


def contact_bound_states(V: ComplexArray, thresholds: RealArray, mass: float, low: float, high: float) -> RealArray:
    r"""Energies in (low, high) at which :math:`\mathrm{diag}(\kappa_k) + mV` is singular, all below `thresholds`.

    The matrix decreases with energy, so its count of negative eigenvalues at the ends is the number of zeros.

    Parameters
    ----------
    V : ComplexArray, shape (c, c)
        Among the closed channels, in the energy basis.
    thresholds : RealArray, shape (c,)
    mass, low, high : float
        `low` may be minus infinity.
    """
    V = mass * V

    def matrix(energies: RealArray) -> ComplexArray:
        stack = np.broadcast_to(V, (energies.size, *V.shape)).copy()
        depth = np.maximum(thresholds[None, :] - energies[:, None], 0.0)
        stack.reshape(energies.size, -1)[:, :: V.shape[0] + 1] += np.sqrt(2 * mass * depth)
        return stack

    if _is_positive(matrix(np.array([high]))[0]):
        return np.zeros(0)
    if np.isneginf(low):
        norm = float(np.abs(V).sum(axis=1).max())
        low = float(thresholds.min()) - norm**2 / (2 * mass) * (1 + 1e-9) - 1e-300
    ends = np.array([low, high])
    at_low, at_high = np.sum(np.linalg.eigvalsh(matrix(ends)) < 0, axis=1)
    wanted = np.arange(at_low, at_high)
    return _crossings(lambda E: np.linalg.eigvalsh(matrix(E)), low, high, wanted)


def _is_positive(matrix: ComplexArray) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def _crossings(eigenvalues: Callable[[RealArray], RealArray], low: float, high: float, wanted: np.ndarray) -> RealArray:
    """Where the eigenvalues with indices `wanted` go through zero, from positive at `low` to negative at `high`."""
    if not wanted.size:
        return np.zeros(0)
    rows = np.arange(wanted.size)
    start, stop = np.full(wanted.size, low), np.full(wanted.size, high)
    above, below = (eigenvalues(np.array([end]))[0, wanted] for end in (low, high))
    for step in range(STEPS):
        # False position with the older end's value halved (Illinois), and a halving now and then.
        with np.errstate(invalid="ignore", divide="ignore"):
            secant = start + (stop - start) * above / (above - below)
        middle = 0.5 * (start + stop)
        guess = np.where((secant > start) & (secant < stop) & (step % 4 != 3), secant, middle)
        value = eigenvalues(guess)[rows, wanted]
        positive = value > 0
        above, below = np.where(positive, value, 0.5 * above), np.where(positive, 0.5 * below, value)
        start, stop = np.where(positive, guess, start), np.where(positive, stop, guess)
        if np.all((stop - start <= 1e-6 * (high - low)) | (np.abs(value) < 1e-13 * np.abs(above - below).max())):
            break
        if np.all(value == 0):
            break
    return np.asarray(guess)


def sampled_zeros(
    matrix: Callable[[RealArray], ComplexArray], energies: RealArray
) -> RealArray:
    """Energies at which an eigenvalue of a Hermitian matrix changes sign between samples; not all, if two do at once.

    Parameters
    ----------
    matrix : callable
        Hermitian matrices at an array of energies, shape (n, r, r).
    energies : RealArray
        Ascending samples.
    """
    counts = np.sum(np.linalg.eigvalsh(matrix(energies)) < 0, axis=1)
    found = [np.zeros(0)]
    for i in np.flatnonzero(np.diff(counts)):
        rising = counts[i + 1] < counts[i]
        wanted = np.arange(min(counts[i], counts[i + 1]), max(counts[i], counts[i + 1]))
        if rising:
            size = matrix(energies[:1]).shape[1]
            found.append(
                _crossings(lambda E: -np.linalg.eigvalsh(matrix(E))[:, ::-1], *energies[i : i + 2], size - 1 - wanted)
            )
        else:
            found.append(_crossings(lambda E: np.linalg.eigvalsh(matrix(E)), *energies[i : i + 2], wanted))
    return np.concatenate(found)


def poles(matrices: Matrices, energies: RealArray, low: float, high: float) -> tuple[RealArray, RealArray]:
    """Real parts and widths of the poles that Newton's method finds from real energies, those between low and high.

    Parameters
    ----------
    matrices : callable
    energies : RealArray, shape (n,)
    """
    if not energies.size:
        return np.zeros(0), np.zeros(0)
    E = energies.astype(complex)
    F, slope = matrices(E)
    _, _, rows = np.linalg.svd(F)
    vector = rows[:, -1, :].conj()  # of the smallest singular value
    fixed = vector.conj()
    for _ in range(NEWTON):
        # An exactly singular matrix is a pole found: a shift by rounding keeps the solver going.
        F = F + 1e-300 * np.eye(F.shape[1])
        with np.errstate(all="ignore"):
            try:
                solved = np.linalg.solve(F, np.einsum("nij,nj->ni", slope, vector)[:, :, None])[:, :, 0]
            except np.linalg.LinAlgError:
                break
            step = 1.0 / np.einsum("ni,ni->n", fixed, solved)
        moved = E - np.where(np.isfinite(step), step, 0.0)
        vector = np.where(np.isfinite(step)[:, None], solved * step[:, None], vector)
        change = np.abs(moved - E)
        E = moved
        if np.all(change <= 1e-15 * np.abs(E)):
            break
        F, slope = matrices(E)
    inside = np.isfinite(E) & (E.real > low) & (E.real < high) & (change < 1e-3 * (high - low))
    position, width = E.real[inside], -2 * E.imag[inside]
    # Rounding may put a width of 1e-17 above the axis.
    return position[width > -1e-12 * np.abs(position)], np.maximum(width, 0.0)[width > -1e-12 * np.abs(position)]
