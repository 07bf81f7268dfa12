r"""Resonances: poles of the T-matrix close below the real axis of total energy, for a quadrature to split at.

With its open channels switched off a target and a particle have bound states, some of them above the lowest
threshold; where those are weakly coupled to the open channels they are narrow resonances. Counting the negative
eigenvalues of a Hermitian matrix finds the bound states, however narrow; Newton's method in the complex plane goes from
each to its pole.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equipoise._checks import Array, ComplexArray, RealArray
from equipoise.spectrum import Spectrum

STEPS = 60
"""Halvings of an interval that holds a zero."""

SHALLOWEST = 1e-7
"""Smallest momentum of a bound state of point scatterers, relative to the largest possible, that is looked for."""

NEWTON = 8
"""Steps of Newton's method; the fifth is at rounding for a narrow resonance."""

Matrices = Callable[[ComplexArray], tuple[ComplexArray, ComplexArray]]
"""A matrix that is singular at a pole, and its derivative, at complex energies: shapes (n, r, r)."""


def complex_momenta(spectrum: Spectrum, mass: float, energies: ComplexArray, is_open: np.ndarray) -> ComplexArray:
    """Momenta continued from the real axis, where `is_open` says which are real, shape (n, d)."""
    kinetic = energies[:, None] - spectrum.state_energies[None, :]
    return np.asarray(np.where(is_open, np.sqrt(2 * mass * kinetic), 1j * np.sqrt(-2 * mass * kinetic)))


def contact_bound_states(
    V: ComplexArray, thresholds: RealArray, mass: float, low: RealArray, high: RealArray
) -> tuple[RealArray, np.ndarray]:
    r"""Energies at which :math:`\mathrm{diag}(\kappa_k) + mV` of the closed channels is singular, in intervals.

    The matrix decreases with energy, so its count of negative eigenvalues at the ends is the number of zeros. V is in
    the energy basis; the intervals hold no threshold, and the channels above `low` are closed. Returns the energies and
    the number of the interval of each.
    """
    V, d = mass * V, V.shape[0]
    is_closed = thresholds[None, :] > low[:, None]
    together = is_closed[:, :, None] & is_closed[:, None, :]
    # Open channels are put far above zero, where they are not counted.
    aside = np.where(is_closed, 0.0, 1.0 + np.abs(V).sum(axis=1).max())

    def eigenvalues(energies: RealArray, interval: np.ndarray) -> RealArray:
        stack = np.where(together[interval], V, 0.0)
        depth = np.where(is_closed[interval], np.maximum(thresholds[None, :] - energies[:, None], 0.0), 0.0)
        stack.reshape(energies.size, -1)[:, :: d + 1] += np.sqrt(2 * mass * depth) + aside[interval]
        return np.linalg.eigvalsh(stack)

    every = np.arange(low.size)
    counts = [np.sum(eigenvalues(end, every) < 0, axis=1) for end in (low, high)]
    interval = np.repeat(every, counts[1] - counts[0])
    wanted = np.concatenate([np.arange(a, b) for a, b in zip(*counts, strict=True)])
    found = _crossings(lambda E: eigenvalues(E, interval), low[interval], high[interval], wanted)
    return found, interval


def contact_binding_momenta(V: ComplexArray, thresholds: RealArray, mass: float) -> RealArray:
    """Kappa of the lowest channel for each bound state below all thresholds of a contact potential, largest first."""
    V = mass * V
    above = thresholds - thresholds.min()

    def matrix(minus_kappa: RealArray) -> ComplexArray:
        decay = np.sqrt(minus_kappa[:, None] ** 2 + 2 * mass * above[None, :])
        return np.asarray(V + decay[:, :, None] * np.eye(V.shape[0]))

    try:
        np.linalg.cholesky(matrix(np.zeros(1)))
        return np.zeros(0)
    except np.linalg.LinAlgError:
        deepest = float(np.abs(V).sum(axis=1).max()) * (1 + 1e-9)
    wanted = np.arange(int(np.sum(np.linalg.eigvalsh(matrix(np.zeros(1))) < 0)))
    return -_crossings(lambda s: np.linalg.eigvalsh(matrix(s)), -deepest, 0.0, wanted, 1e-15)


def _crossings(
    eigenvalues: Callable[[RealArray], Array],
    low: RealArray | float,
    high: RealArray | float,
    wanted: np.ndarray,
    accuracy: float = 1e-4,
) -> RealArray:
    """Where the eigenvalues with indices `wanted` go through zero, from positive at `low` to negative at `high`."""
    if not wanted.size:
        return np.zeros(0)
    rows = np.arange(wanted.size)
    start, stop = (np.broadcast_to(end, wanted.shape).astype(float) for end in (low, high))
    width = stop - start
    above, below = (eigenvalues(end)[rows, wanted] for end in (start, stop))
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
        if np.all((stop - start <= accuracy * width) | (value == 0)):
            break
    return np.asarray(guess)


def sampled_zeros(matrix: Callable[[RealArray], ComplexArray], energies: RealArray) -> RealArray:
    """Energies at which an eigenvalue of a Hermitian matrix changes sign between ascending samples.

    Of two that change at once one may be missed.
    """
    counts = np.sum(np.linalg.eigvalsh(matrix(energies)) < 0, axis=1)
    found = [np.zeros(0)]
    for i in np.flatnonzero(np.diff(counts)):
        (low, high), (before, after) = energies[i : i + 2], counts[i : i + 2]
        if after > before:
            found.append(_crossings(lambda E: np.linalg.eigvalsh(matrix(E)), low, high, np.arange(before, after)))
        else:
            found.append(_rising(matrix, low, high, np.arange(after, before)))
    return np.concatenate(found)


def _rising(
    matrix: Callable[[RealArray], ComplexArray], low: float, high: float, wanted: np.ndarray, accuracy: float = 1e-4
) -> RealArray:
    """Where the eigenvalues with indices `wanted` of a Hermitian matrix go through zero from below."""
    return _crossings(lambda E: -np.linalg.eigvalsh(matrix(E)), low, high, wanted, accuracy)


def point_binding_momenta(
    q: RealArray, v: RealArray, elements: ComplexArray, thresholds: RealArray, mass: float
) -> RealArray:
    r"""Kappa of the lowest channel for each bound state of point scatterers below all thresholds, largest first.

    The matrix :math:`v^{-1} - G(E)` rises with E from `1/v` on: below the lowest threshold each zero takes one negative
    eigenvalue away. `elements`, shape (R, d), are `<f_i|k>`.
    """
    attractive = int(np.sum(v < 0))
    if attractive == 0:
        return np.zeros(0)
    above, distance = thresholds - thresholds.min(), np.abs(q[:, None] - q[None, :])

    def matrix(minus_kappa: RealArray) -> ComplexArray:
        kappa = np.sqrt(minus_kappa[:, None] ** 2 + 2 * mass * above[None, :])[:, :, None, None]
        return np.asarray(
            np.diag(1 / v)
            + np.einsum("ik,nkij,jk->nij", elements, mass / kappa * np.exp(-kappa * distance), elements.conj())
        )

    deepest = mass * v.size * float(np.abs(v).max()) * (1 + 1e-9)
    shallowest = SHALLOWEST * deepest
    left = int(np.sum(np.linalg.eigvalsh(matrix(np.array([-shallowest]))) < 0))
    return -_rising(matrix, -deepest, -shallowest, np.arange(left, attractive), 1e-15)[::-1]


def poles(
    matrices: Matrices, energies: RealArray, low: RealArray | float, high: RealArray | float
) -> tuple[RealArray, RealArray]:
    """Real parts and widths of the poles that Newton's method finds from real energies, those between low and high."""
    if not energies.size:
        return np.zeros(0), np.zeros(0)
    E = energies.astype(complex)
    F, slope = matrices(E)
    _, _, rows = np.linalg.svd(F)
    vector = rows[:, -1, :].conj()  # of the smallest singular value
    fixed = vector.conj()
    # Newton's method for F(E) v = 0 with u v = 1: F dv = -dE F' v, so that dE = -1 / (u F^-1 F' v).
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
        if np.all(change <= np.maximum(1e-15 * np.abs(E), 1e-2 * np.abs(E.imag))):
            break
        F, slope = matrices(E)
    inside = np.isfinite(E) & (E.real > low) & (E.real < high) & (change < 1e-3 * (high - low))
    # Rounding may put a width of 1e-17 above the axis.
    inside &= E.imag < 0.5e-12 * np.abs(E.real)
    return E.real[inside], np.maximum(-2 * E.imag[inside], 0.0)
