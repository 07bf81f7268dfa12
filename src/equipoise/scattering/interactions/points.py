r"""Point scatterers on a line: contact potentials :math:`\sum_j V_j\,\delta(q - q_j)` that act on the levels.

The T-matrix is algebraic. With every channel in the sum, closed ones included,

.. math::
    G_{ij}(E) = \sum_k \langle f_i|k\rangle\, g_k\, e^{i p_k |q_i - q_j|}\, \langle k|f_j\rangle, \quad g_k = -im/p_k,
    \qquad \hat t = (1 - vG)^{-1} v

for :math:`V_j = \sum_i |f_i\rangle v_i \langle f_i|`, the sum over the vectors that sit at q_j.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray, finite_real, require
from equipoise._printed import amounts, counted, described
from equipoise.scattering.interactions.couplings import (
    coupling_matrix,
    couplings_in_words,
    largest_in_words,
    without_round_off,
)
from equipoise.scattering.interactions.interaction import AbstractLineInteraction
from equipoise.scattering.interactions.resonances import (
    Matrices,
    complex_momenta,
    contact_binding_momenta,
    contact_bound_states,
    point_binding_momenta,
    poles,
    sampled_zeros,
)
from equipoise.scattering.shell import EnergyShell, Waves
from equipoise.spectrum import Spectrum

_BATCH = 2**20
"""Numbers of a Green's function that are summed at a time."""

IN_CACHE = 2**14
"""Numbers of a stack of matrices that are inverted at a time: what stays in the cache, and in memory once got."""

WEAK = 0.05
"""Elements of T below which they are not computed as a difference of numbers of the order of one."""

ELIMINATED = 24
"""States from which on the closed channels are eliminated before the open ones are inverted: half the work."""

GROWTH = 32.0
"""Largest element that eliminating the closed channels may bring; beyond it all channels are inverted together."""

TOGETHER = 12
"""Segments whose resonances are looked for together."""


@dataclass(frozen=True, eq=False)
class DeltaInteraction(AbstractLineInteraction):
    r"""A contact potential :math:`V\,\delta(q)` at one point of the line, seen by every part of the target.

    Only even waves scatter. In them, with :math:`K = m\,p^{-1/2} V p^{-1/2}` in the energy basis,
    :math:`T = 2K(1 + iK)^{-1}`, closed channels included.

    Parameters
    ----------
    couplings : array_like, shape (d,) or (d, d)
        Strengths `V_i` of `sum_i V_i |i><i|` in the given basis of the target, or a Hermitian matrix; energy times
        length, positive for repulsion.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (29), with all dots at one place.

    Examples
    --------
    >>> DeltaInteraction([1.0, 0.7, 1.5]).matrix.real.diagonal()
    array([1. , 0.7, 1.5])
    """

    couplings: ArrayLike

    def __post_init__(self) -> None:
        object.__setattr__(self, "couplings", coupling_matrix(self.couplings, "couplings"))

    @property
    def matrix(self) -> ComplexArray:
        """V in the given basis, shape (d, d)."""
        return np.asarray(self.couplings)

    @property
    def waves(self) -> Waves:
        """Even waves."""
        return Waves.EVEN

    @property
    def coupling_profile(self) -> tuple[RealArray, ComplexArray]:
        """See `AbstractLineInteraction`."""
        return np.zeros(1), self.matrix[None]

    def __repr__(self) -> str:
        title = f"contact potential at one point of a line, {counted(self.matrix.shape[0], 'state')}"
        return described(title, ("couplings", couplings_in_words(self.matrix)))

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """See `AbstractInteraction`."""
        V, d = 0.5 * shell.mass * self.elements(shell.spectrum), shell.spectrum.dimension
        T = np.zeros((shell.size, d, d), dtype=complex)
        if d < ELIMINATED:
            size = max(1, IN_CACHE // d**2)
            for block in (slice(start, start + size) for start in range(0, shell.size, size)):
                T[block] = _contact_matrices(V, shell.momenta[block], shell.is_open[block])
            return T[:, None, :, None, :]
        # States ascend, so the open ones come first, and energies with as many of them are treated together.
        number = shell.is_open.sum(axis=1)
        for o in np.unique(number[number > 0]):
            rows = np.flatnonzero(number == o)
            coupling, is_stable = _without_closed(V, shell.momenta[rows], int(o))
            well, rest = rows[is_stable], rows[~is_stable]
            if well.size:
                inside = shell.is_open[well, :o]
                T[well, :o, :o] = _contact_matrices(coupling[is_stable], shell.momenta[well, :o], inside)
            if rest.size:
                T[rest] = _contact_matrices(V, shell.momenta[rest], shell.is_open[rest])
        return T[:, None, :, None, :]

    def elements(self, spectrum: Spectrum) -> ComplexArray:
        """V in the energy basis of a target, shape (d, d); elements that are round-off are zero."""
        return without_round_off(spectrum, self.matrix)

    def binding_energies(self, spectrum: Spectrum, mass: float) -> RealArray:
        """See `AbstractInteraction`; none is missed."""
        kappa = contact_binding_momenta(self.elements(spectrum), spectrum.state_energies, mass)
        return np.asarray(kappa**2 / (2 * mass))

    def resonances(self, spectrum: Spectrum, mass: float, lower: float, upper: float) -> tuple[RealArray, RealArray]:
        """See `AbstractInteraction`; none is missed, however narrow.

        Between two thresholds they are the poles near the bound states of the closed channels alone, as many as
        negative eigenvalues appear in `diag(kappa) + m V` of those channels.
        """
        V, energies = self.elements(spectrum), spectrum.state_energies
        low, high = np.maximum(spectrum.levels[:-1], lower), np.minimum(spectrum.levels[1:], upper)
        low, high = low[low < high], high[low < high]
        if np.all(V == 0) or not low.size or np.linalg.eigvalsh(V)[0] >= 0:
            return np.zeros(0), np.zeros(0)
        unit, found = np.eye(spectrum.dimension), []
        for first in range(0, low.size, TOGETHER):
            bottom, top = low[first : first + TOGETHER], high[first : first + TOGETHER]
            closed = energies > low[first]
            guesses, interval = contact_bound_states(V[np.ix_(closed, closed)], energies[closed], mass, bottom, top)

            def matrices(
                E: ComplexArray, is_open: np.ndarray = energies[None, :] <= bottom[interval][:, None]
            ) -> tuple[ComplexArray, ComplexArray]:
                """`p + i m V` and its derivative m / p."""
                p = complex_momenta(spectrum, mass, E, is_open)[:, :, None]
                return p * unit + 1j * mass * V, mass / p * unit

            found.append(poles(matrices, guesses, bottom[interval], top[interval]))
        return _all(found)


def _without_closed(V: ComplexArray, momenta: ComplexArray, o: int) -> tuple[ComplexArray, np.ndarray]:
    r"""Couplings of the o open channels with the closed ones eliminated, and where that kept its digits.

    :math:`V_{oo} - V_{oc} (\kappa/2 + V_{cc})^{-1} V_{co}`, Hermitian; close to a bound state of the closed channels
    what is subtracted is large relative to the rest.
    """
    n, c = momenta.shape[0], V.shape[0] - o
    if c == 0:
        return np.broadcast_to(V, (n, *V.shape)), np.ones(n, dtype=bool)
    closed = np.empty((n, c, c), dtype=complex)
    closed[:] = V[o:, o:]
    closed.reshape(n, -1)[:, :: c + 1] += 0.5 * momenta[:, o:].imag
    try:
        response = np.linalg.solve(closed, np.broadcast_to(V[o:, :o], (n, c, o)))
    except np.linalg.LinAlgError:
        return np.broadcast_to(V[:o, :o], (n, o, o)), np.zeros(n, dtype=bool)
    is_stable = np.maximum(np.abs(response.real), np.abs(response.imag)).max(axis=(1, 2)) < GROWTH
    return V[:o, :o] - V[:o, o:] @ response, is_stable


def _contact_matrices(V: ComplexArray, momenta: ComplexArray, is_open: np.ndarray) -> ComplexArray:
    """T of half the mass times the couplings, shape (d, d) or (n, d, d), at momenta of shape (n, d)."""
    n, d = momenta.shape
    system = np.empty((n, d, d), dtype=complex)
    system[:] = V
    system.reshape(n, -1)[:, :: d + 1] -= 0.5j * momenta
    T = _inverse(system)  # 2i (p + i m V)^-1 stays finite at thresholds
    elastic = momenta * T.reshape(n, -1)[:, :: d + 1] - 2j
    # 1 - p X loses a coupling that is small relative to 1; i m V X equals it without a subtraction.
    weak = np.flatnonzero(np.any(is_open & (np.abs(elastic) < WEAK), axis=1))
    if weak.size:
        elastic[weak] = -2j * np.sum((V if V.ndim == 2 else V[weak]) * T[weak].transpose(0, 2, 1), axis=2)
    roots = np.sqrt(np.where(is_open, momenta.real, 0.0))
    T *= roots[:, :, None] * roots[:, None, :]
    T.reshape(n, -1)[:, :: d + 1] = np.where(is_open, elastic, 0.0)
    return np.asarray(T)


@dataclass(frozen=True, eq=False)
class PointScatterers(AbstractLineInteraction):
    r"""Delta potentials :math:`\sum_j V_j\,\delta(q - q_j)` at several points of the line.

    Parameters
    ----------
    positions : sequence of float, length n
        q_j.
    couplings : sequence, length n
        For each position a Hermitian matrix of shape (d, d) in the given basis; or a list of n = d numbers `V_i`:
        position i is then that of site i, with the potential `V_i |i><i|`.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (29).

    Examples
    --------
    >>> PointScatterers([0.0, 1.0, 2.0], [1.0, 0.7, 1.5]).strengths
    array([1. , 0.7, 1.5])
    """

    positions: Sequence[float]
    couplings: Sequence[ArrayLike]

    def __post_init__(self) -> None:
        positions = tuple(finite_real(q, f"positions[{j}]") for j, q in enumerate(self.positions))
        require(len(positions) > 0, "positions", "hold at least one point", "is empty")
        given = list(self.couplings)
        require(
            len(given) == len(positions),
            "couplings",
            f"have one entry for each of the {len(positions)} positions",
            f"has {len(given)}",
        )
        if all(np.ndim(V) == 0 for V in given):
            sites = np.diag(coupling_matrix(np.array(given, dtype=object), "couplings").real)
            matrices = tuple(np.diag(row).astype(complex) for row in np.diag(sites))
        else:
            matrices = tuple(coupling_matrix(V, f"couplings[{j}]") for j, V in enumerate(given))
        sizes = {V.shape[0] for V in matrices}
        require(len(sizes) == 1, "couplings", "be matrices of one dimension", f"got the dimensions {sorted(sizes)}")
        object.__setattr__(self, "positions", positions)
        object.__setattr__(self, "couplings", matrices)

    @cached_property
    def _factors(self) -> tuple[RealArray, RealArray, ComplexArray]:
        """Positions (R,), strengths v (R,) and vectors f, shape (d, R), of the rank-one terms."""
        where, strengths, vectors = [], [], []
        for q, matrix in zip(self.positions, np.asarray(self.couplings), strict=True):
            if np.any(matrix - np.diag(np.diag(matrix))):
                values, f = np.linalg.eigh(matrix)
            else:
                values, f = np.diag(matrix).real, np.eye(matrix.shape[0], dtype=complex)
            kept = np.abs(values) > 4 * matrix.shape[0] * ROUND_OFF * np.abs(values).max(initial=0.0)
            where.append(np.full(int(kept.sum()), q))
            strengths.append(values[kept])
            vectors.append(f[:, kept])
        return np.concatenate(where), np.concatenate(strengths), np.concatenate(vectors, axis=1).astype(complex)

    @cached_property
    def coupling_profile(self) -> tuple[RealArray, ComplexArray]:
        """See `AbstractLineInteraction`; couplings at one position are added."""
        where, index = np.unique(np.asarray(self.positions), return_inverse=True)
        matrices = np.asarray(self.couplings)
        total = np.zeros((where.size, *matrices.shape[1:]), dtype=complex)
        np.add.at(total, index, matrices)
        return where, total

    @property
    def strengths(self) -> RealArray:
        """Eigenvalues of the coupling matrices that are not zero, in the order of the positions."""
        return self._factors[1]

    def __repr__(self) -> str:
        n, matrices = len(self.positions), np.asarray(self.couplings)
        at_sites = n == len(matrices[0]) and all(np.count_nonzero(V) == (V[j, j] != 0) for j, V in enumerate(matrices))
        strengths = amounts(V[j, j].real for j, V in enumerate(matrices)) if at_sites else largest_in_words(matrices)
        return described(
            f"contact potentials at {counted(n, 'point')} of a line, {counted(len(matrices[0]), 'state')}",
            ("positions", amounts(self.positions)),
            ("of one site each" if at_sites else "elements up to", strengths),
        )

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """See `AbstractInteraction`."""
        q, v, f = self._factors
        elements = f.conj().T @ shell.spectrum.basis  # <f_i|k>
        p = shell.momenta
        system = np.asarray(np.eye(q.size) - v[:, None] * _green(shell, q, elements), dtype=complex)
        try:
            t = np.linalg.solve(system, np.broadcast_to(np.diag(v).astype(complex), system.shape))
        except np.linalg.LinAlgError:
            t = _inverse(system) * v
        weight = np.where(shell.is_open, np.sqrt(shell.mass / np.where(shell.is_open, p.real, 1.0)), 0.0)
        # Amplitudes of incoming waves at the scatterers, shape (n, R, 2, d).
        signs = np.array([1.0, -1.0])
        moving = np.where(shell.is_open, p.real, 0.0)[:, None, None, :] * q[None, :, None, None]
        waves = elements[None, :, None, :] * np.exp(1j * signs[None, None, :, None] * moving) * weight[:, None, None, :]
        # T_{sk,tl} = sum_ij <s p_k, k|i> t_ij <j|t p_l, l>, directions s, t and scatterers i, j.
        out = np.einsum("nisk,nij,njtl->nsktl", waves.conj(), t, waves, optimize=True)
        return np.asarray(np.where(self.joined(shell.spectrum)[None, None, :, None, :], out, 0.0))

    def binding_energies(self, spectrum: Spectrum, mass: float) -> RealArray:
        """See `AbstractInteraction`; without those bound 1e14 times more weakly than the strongest can be."""
        q, v, f = self._factors
        kappa = point_binding_momenta(q, v, f.conj().T @ spectrum.basis, spectrum.state_energies, mass)
        return np.asarray(kappa**2 / (2 * mass))

    def resonances(self, spectrum: Spectrum, mass: float, lower: float, upper: float) -> tuple[RealArray, RealArray]:
        """See `AbstractInteraction`; two that are closer than a sample, of which there are 64 in a segment, may hide.

        Those of the closed channels, and those of a particle that is held between two scatterers.
        """
        q, v, f = self._factors
        elements, distance = f.conj().T @ spectrum.basis, np.abs(q[:, None] - q[None, :])
        found = []
        for low, high in pairwise([*spectrum.levels, np.inf]):
            first, last = max(low, lower), min(high, upper)
            if first >= last:
                continue

            def matrices(
                E: ComplexArray, is_open: np.ndarray = spectrum.state_energies <= low
            ) -> tuple[ComplexArray, ComplexArray]:
                """`1/v - G` and its derivative."""
                p = complex_momenta(spectrum, mass, E, is_open)[:, :, None, None]
                # Newton may stray to where a wave grows beyond all numbers: no step is taken from there.
                with np.errstate(over="ignore", invalid="ignore"):
                    green = -1j * mass / p * np.exp(1j * p * distance)
                    slope = mass / p * (1j * distance - 1 / p) * green
                    G, dG = (np.einsum("ik,nkij,jk->nij", elements, x, elements.conj()) for x in (green, slope))
                return np.diag(1 / v) - G, -dG

            def hermitian(E: RealArray, of: Matrices = matrices) -> ComplexArray:
                F = of(E.astype(complex))[0]
                return np.asarray(0.5 * (F + F.conj().transpose(0, 2, 1)))

            samples = first + (last - first) * np.sin(0.5 * np.pi * (np.arange(64) + 0.5) / 64) ** 2
            found.append(poles(matrices, sampled_zeros(hermitian, samples), first, last))
        return _all(found)


def _green(shell: EnergyShell, q: RealArray, elements: ComplexArray) -> ComplexArray:
    """`sum_k <f_i|k> g_k exp(i p_k |q_i - q_j|) <k|f_j>`, all channels, shape (n, R, R)."""
    distance = np.abs(q[:, None] - q[None, :])
    products = np.einsum("ik,jk->kij", elements, elements.conj())
    p = shell.momenta
    green = np.empty((shell.size, q.size, q.size), dtype=complex)
    batch = max(1, _BATCH // products.size)
    for start in range(0, shell.size, batch):
        now = p[start : start + batch, :, None, None]
        green[start : start + batch] = np.sum(np.exp(1j * now * distance) * (-1j * shell.mass / now) * products, axis=1)
    return green


def _inverse(matrices: ComplexArray) -> ComplexArray:
    """Inverses of a stack of matrices, each singular one shifted by round-off.

    One is singular at the energy of a bound state that no open channel reaches; the shift does not reach them either.
    """
    try:
        return np.asarray(np.linalg.inv(matrices), dtype=complex)
    except np.linalg.LinAlgError:
        size = np.abs(matrices).max(axis=(1, 2))
        shift = 1j * ROUND_OFF * size[:, None, None] * np.eye(matrices.shape[1])
        is_singular = np.isneginf(np.linalg.slogdet(matrices)[1])
        return np.asarray(np.linalg.inv(matrices + np.where(is_singular[:, None, None], shift, 0.0)), dtype=complex)


def _all(found: list[tuple[RealArray, RealArray]]) -> tuple[RealArray, RealArray]:
    """Energies ascending, and their widths."""
    energies, widths = np.concatenate([np.zeros((2, 0)), *found], axis=1)
    order = np.argsort(energies)
    return energies[order], widths[order]
