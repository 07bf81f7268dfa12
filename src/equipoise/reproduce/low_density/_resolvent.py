r"""Equilibrium of a contact target with one particle, from the resolvent on a contour: no scattering state enters.

With :math:`\kappa_k = \sqrt{2m(s + \epsilon_k)}` the resolvent at the contact is
:math:`\langle 0|(s + H)^{-1}|0\rangle = (\kappa/m + V)^{-1}`, and :math:`e^{-\beta H}` is its inverse Laplace
transform, bound states included.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from equipoise._checks import ComplexArray, RealArray
from equipoise.reproduce.low_density.cases import Case


def _inverse_laplace(case: Case, transform: Callable[[ComplexArray], ComplexArray]) -> ComplexArray:
    """At beta, on a parabola to the right of every bound state; Hermitian transforms, (n,) -> (n, d, d)."""
    beta, nodes = case.inverse_temperature, 24
    lowest = min([case.levels[0], *(energy for energy, _ in bound_states(case))])
    u = (np.arange(-nodes, nodes) + 0.5) * 3.0 / nodes
    mu = np.pi * nodes / (12 * beta)
    s = mu * (1j * u + 1) ** 2 - lowest
    weights = np.exp(beta * s) * (2j * mu * (1j * u + 1)) * (3.0 / nodes) / (2j * np.pi)
    return np.asarray(np.einsum("n,nkl->kl", weights, transform(s)))


def _decay(case: Case, s: ComplexArray) -> ComplexArray:
    """kappa, shape (n, d)."""
    return np.asarray(np.sqrt(2 * case.mass * (s[:, None] + case.levels[None, :])))


def at_contact(case: Case) -> ComplexArray:
    """`<0|exp(-beta H_tot)|0>`, shape (d, d)."""

    def transform(s: ComplexArray) -> ComplexArray:
        kappa = _decay(case, s)
        return np.asarray(np.linalg.inv(kappa[:, :, None] * np.eye(case.dimension) / case.mass + case.couplings))

    return _inverse_laplace(case, transform)


def excess_trace(case: Case, half_width: float = np.inf) -> ComplexArray:
    """`Tr_P [exp(-beta H_tot) - exp(-beta H_0)]` over |q| < half_width, shape (d, d)."""

    def transform(s: ComplexArray) -> ComplexArray:
        kappa, m = _decay(case, s), case.mass
        free = m / kappa
        t = np.linalg.solve(
            np.eye(case.dimension) + case.couplings * free[:, None, :],
            np.broadcast_to(case.couplings, (s.size, *case.couplings.shape)),
        )
        total = kappa[:, :, None] + kappa[:, None, :]
        overlap = 2 * (1 - np.exp(-total * half_width)) / total
        return np.asarray(-free[:, :, None] * t * free[:, None, :] * overlap)

    return _inverse_laplace(case, transform)


def bound_states(case: Case) -> list[tuple[float, ComplexArray]]:
    """Energies below the lowest level, and psi(0) of each: zeros of the eigenvalues of `kappa/m + V`."""

    def values(energy: float) -> RealArray:
        kappa = np.sqrt(2 * case.mass * (case.levels - energy))
        return np.asarray(np.linalg.eigvalsh(np.diag(kappa) / case.mass + case.couplings))

    top = float(case.levels[0])
    found = []
    for index in range(int(np.sum(values(top) < 0))):
        depth = 1.0
        while values(top - depth)[index] < 0:
            depth *= 2
        energy = float(brentq(lambda E, i=index: values(E)[i], top - depth, top, xtol=1e-15, rtol=1e-15))
        kappa = np.sqrt(2 * case.mass * (case.levels - energy))
        vector = np.linalg.eigh(np.diag(kappa) / case.mass + case.couplings)[1][:, index]
        # Norm of sum_k |v_k|^2 exp(-2 kappa_k |q|).
        found.append((energy, np.asarray(vector / np.sqrt(np.sum(np.abs(vector) ** 2 / kappa)))))
    return found


def of_bound_states(case: Case) -> ComplexArray:
    """Part of bound states in `<0|exp(-beta H_tot)|0>`, shape (d, d)."""
    total = np.zeros((case.dimension,) * 2, dtype=complex)
    for energy, psi in bound_states(case):
        total += np.exp(-case.inverse_temperature * energy) * np.outer(psi, psi.conj())
    return total
