r"""Interactions of finite range on a line: matrices W(q) that act on the levels while the particle is near.

The target and the particle obey :math:`-\psi''/2m + (H_S + W(q))\psi = E\psi`. Layers of constant potential are solved
exactly, each diagonalised once for all energies, and glued by the Green's functions of their ends between real
impedances: no barrier is too thick, no closed channel grows. A smooth potential is replaced, layer by layer, by a
constant one between two contact potentials, such that the error is of fourth order (Magnus expansion at two Gauss
points); the layers are halved and the results extrapolated until they agree.

References
----------
Iserles, Munthe-Kaas, Norsett & Zanna, "Lie-group methods" (2000): the expansion. Redheffer, "On the relation of
transmission-line theory to scattering and transfer" (1962): how layers are glued.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import (
    ROUND_OFF,
    ComplexArray,
    InputError,
    NumericalError,
    RealArray,
    UserCodeError,
    finite_real,
    hermitian_matrix,
    require,
)
from equipoise.scattering._slab import Slab
from equipoise.scattering.interaction import AbstractInteraction
from equipoise.scattering.shell import EnergyShell
from equipoise.scattering.waves import Waves
from equipoise.spectrum import Spectrum

FIRST_LAYERS = 4
"""Layers between two breaks of a smooth potential on the coarsest of its meshes."""

MOST_LAYERS = 2**13
"""Layers between two breaks beyond which a potential is not smooth."""

COLUMNS = 4
"""Orders that the extrapolation removes: h^4, h^6, h^8, h^10."""


@dataclass(frozen=True, eq=False)
class PiecewiseConstant(AbstractInteraction):
    r"""A potential on a line that is constant between edges, with contact potentials on the edges if wanted.

    .. math:: W(q) = W_j \ \text{for}\ q_j < q < q_{j+1}, \qquad + \sum_j V_j\,\delta(q - q_j).

    Exact for any heights and widths.

    Parameters
    ----------
    edges : sequence of float, length n + 1
        Ascending positions.
    matrices : sequence, length n
        For each interval a Hermitian matrix of shape (d, d) in the given basis of the target, or its diagonal of
        shape (d,); energies.
    contacts : sequence, length n + 1, optional
        Strengths of contact potentials on the edges, likewise; energy times length.

    Raises
    ------
    InputError
        Edges that do not ascend, matrices that are not Hermitian, of another number or of several dimensions.

    Examples
    --------
    A barrier of height 1 and width 2 for a target in its upper state only:

    >>> PiecewiseConstant([0.0, 2.0], [[0.0, 1.0]]).edges
    (0.0, 2.0)
    """

    edges: Sequence[float]
    matrices: Sequence[ArrayLike]
    contacts: Sequence[ArrayLike] | None = None

    def __post_init__(self) -> None:
        edges = _ascending(self.edges, "edges")
        matrices = [_potential(W, f"matrices[{j}]") for j, W in enumerate(self.matrices)]
        require(
            len(matrices) == len(edges) - 1,
            "matrices",
            f"have one entry for each of the {len(edges) - 1} intervals between the {len(edges)} edges",
            f"has {len(matrices)}",
        )
        contacts = None
        if self.contacts is not None:
            contacts = tuple(_potential(V, f"contacts[{j}]") for j, V in enumerate(self.contacts))
            require(
                len(contacts) == len(edges),
                "contacts",
                f"have one entry for each of the {len(edges)} edges",
                f"has {len(contacts)}",
                "Write a matrix of zeros where there is none.",
            )
        sizes = sorted({W.shape[0] for W in (*matrices, *(contacts or ()))})
        require(len(sizes) == 1, "matrices", "be of one dimension", f"got the dimensions {sizes}")
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "matrices", tuple(matrices))
        object.__setattr__(self, "contacts", contacts)

    @property
    def waves(self) -> Waves:
        """Both directions."""
        return Waves.DIRECTIONS

    @property
    def dimension(self) -> int:
        """A line."""
        return 1

    @property
    def _size(self) -> int:
        return int(np.shape((*self.matrices, *(self.contacts or ()))[0])[0])

    def check(self, spectrum: Spectrum) -> None:
        """See `AbstractInteraction`."""
        _require_dimension(self._size, spectrum, "matrices")

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """See `AbstractInteraction`."""
        d, n = self._size, len(self.matrices)
        to_energy_basis = shell.spectrum.to_energy_basis
        matrices = np.array([to_energy_basis(np.asarray(W)) for W in self.matrices]).reshape(n, d, d)
        contacts = np.zeros((n + 1, d, d), dtype=complex)
        if self.contacts is not None:
            contacts[:] = [to_energy_basis(np.asarray(V)) for V in self.contacts]
        return Slab(np.asarray(self.edges), matrices, contacts).transition_matrix(shell)


@dataclass(frozen=True, eq=False)
class SmoothPotential(AbstractInteraction):
    r"""A potential on a line that varies smoothly on its support and vanishes outside of it.

    The error of T falls with the fourth power of the thickness of the layers and is extrapolated (the expansion has
    even powers only); the number of layers is doubled until two extrapolations agree, at each energy by itself.

    Parameters
    ----------
    function : callable
        W at an array of n positions: Hermitian matrices of shape (n, d, d) in the given basis of the target, or their
        diagonals of shape (n, d); energies.
    support : pair of float
        Where W is not zero. It may jump to zero there.
    breaks : sequence of float, optional
        Positions inside at which W or a derivative of it jumps.
    tolerance : float, optional
        Of T, relative to the largest element between the same two levels; default 1e-11.

    Raises
    ------
    InputError
        A support that does not ascend, breaks outside of it, values that are not Hermitian or not finite.
    UserCodeError
        The function fails; with the position.
    NumericalError
        Not smooth enough: the tolerance is not reached with 8192 layers.

    Examples
    --------
    >>> import numpy as np
    >>> bump = SmoothPotential(lambda q: np.exp(-(q**2))[:, None, None] * np.array([[0, 1], [1, 0]]), (-6.0, 6.0))
    >>> bump.support
    (-6.0, 6.0)
    """

    function: Callable[[RealArray], ArrayLike]
    support: Sequence[float]
    breaks: Sequence[float] = ()
    tolerance: float = 1e-11
    _slabs: dict[int, tuple[ComplexArray, ComplexArray]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        require(callable(self.function), "function", "be callable", f"got {type(self.function).__name__}")
        support = _ascending(self.support, "support")
        require(len(support) == 2, "support", "be a pair of positions", f"has {len(support)}")
        breaks = tuple(sorted({finite_real(q, "breaks") for q in self.breaks}))
        outside = [q for q in breaks if not support[0] < q < support[1]]
        require(not outside, "breaks", "lie inside the support", f"got {outside[:1]}")
        tolerance = finite_real(self.tolerance, "tolerance")
        require(1e-13 <= tolerance < 1, "tolerance", "lie between 1e-13 (rounding) and one", f"got {tolerance:g}")
        object.__setattr__(self, "support", support)
        object.__setattr__(self, "breaks", breaks)
        object.__setattr__(self, "tolerance", tolerance)

    @property
    def waves(self) -> Waves:
        """Both directions."""
        return Waves.DIRECTIONS

    @property
    def dimension(self) -> int:
        """A line."""
        return 1

    @cached_property
    def _size(self) -> int:
        return int(self.sampled(np.array([0.5 * (self.support[0] + self.support[1])])).shape[-1])

    def check(self, spectrum: Spectrum) -> None:
        """See `AbstractInteraction`."""
        _require_dimension(self._size, spectrum, "function")

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """See `AbstractInteraction`."""
        d, layers = shell.spectrum.dimension, FIRST_LAYERS
        out = np.zeros((shell.size, 2, d, 2, d), dtype=complex)
        left = np.arange(shell.size)
        row = [self.layered(shell, layers)]
        while left.size:
            layers *= 2
            part = EnergyShell(shell.spectrum, shell.mass, shell.kinetic[left])
            finer = _extrapolated(row, self.layered(part, layers))
            # Each entry of the row against the one of lower order: on coarse meshes the highest order is not the best.
            errors = np.array([_excess(b, a, self.tolerance) for a, b in pairwise(finer)])
            best = errors.argmin(axis=0)
            error = errors.min(axis=0)
            done = error <= 1
            out[left[done]] = np.array(finer)[best + 1, np.arange(left.size)][done]
            if layers >= MOST_LAYERS and not done.all():
                worst = int(np.argmax(error))
                raise NumericalError(
                    f"T of the potential on [{self.support[0]:g}, {self.support[1]:g}] did not settle at the energy "
                    f"{part.energies[worst]:.6g}: with {layers} layers its error is {error[worst]:.2g} times the "
                    f"tolerance {self.tolerance:g}. Name the points where the potential or its slope jumps as "
                    "`breaks`, or raise `tolerance`."
                )
            row = [term[~done] for term in finer]
            left = left[~done]
        return out

    def layered(self, shell: EnergyShell, layers: int) -> ComplexArray:
        """T with a given number of layers between two breaks, not extrapolated: of fourth order in their thickness.

        Parameters
        ----------
        shell : EnergyShell
        layers : int
        """
        marks = np.array([self.support[0], *self.breaks, self.support[1]])
        steps = np.arange(layers) / layers
        starts = marks[:-1, None] + np.diff(marks)[:, None] * steps
        edges = np.append(starts.ravel(), marks[-1])
        h = np.repeat(np.diff(marks) / layers, layers)
        if layers not in self._slabs:
            offset = h / (2 * np.sqrt(3))
            middle = edges[:-1] + 0.5 * h
            values = self.sampled(np.concatenate([middle - offset, middle + offset]))
            self._slabs[layers] = (values[: h.size], values[h.size :])
        U = shell.basis
        first, second = (U.conj().T @ W @ U for W in self._slabs[layers])
        # exp of the fourth-order Magnus exponent is a layer of constant potential between two contact potentials -V, V:
        # [A2, A1] of A = ((0, 1), (Q, 0)) has no commutator of the matrices Q.
        V = (np.sqrt(3) / 12) * h[:, None, None] * (second - first)
        potentials = 0.5 * (first + second) + 2 * shell.mass * (V @ V)
        contacts = np.zeros((edges.size, *V.shape[1:]), dtype=complex)
        contacts[:-1] -= V
        contacts[1:] += V
        return Slab(edges, potentials, contacts).transition_matrix(shell)

    def sampled(self, q: RealArray) -> ComplexArray:
        """W(q) at positions q, shape (n,), as matrices of shape (n, d, d) in the given basis of the target."""
        try:
            values = np.array(self.function(q), dtype=complex)
        except Exception as error:
            raise UserCodeError(
                f"The potential failed at {q.size} positions from q = {q.min():.6g} to {q.max():.6g}: {error}"
            ) from error
        if values.ndim == 2 and values.shape[0] == q.size:
            values = values[:, :, None] * np.eye(values.shape[1])
        require(
            values.ndim == 3 and values.shape[0] == q.size and values.shape[1] == values.shape[2],
            "function",
            f"return matrices of shape ({q.size}, d, d), or diagonals of shape ({q.size}, d), for {q.size} positions",
            f"returned shape {values.shape}",
        )
        finite = np.isfinite(values).all(axis=(1, 2))
        if not finite.all():
            raise InputError(
                f"Argument `function` must return finite potentials, but does not at q = {q[~finite][0]:.6g}."
            )
        defect = np.abs(values - values.conj().transpose(0, 2, 1)).max(axis=(1, 2))
        worst = int(np.argmax(defect))
        scale = float(np.abs(values[worst]).max())
        require(
            float(defect[worst]) <= 64 * ROUND_OFF * scale,
            "function",
            "return Hermitian matrices",
            f"|W - W^dagger| reaches {defect[worst]:.3g} at q = {q[worst]:.6g}",
        )
        return np.asarray(0.5 * (values + values.conj().transpose(0, 2, 1)))


def _extrapolated(row: list[ComplexArray], finer: ComplexArray) -> list[ComplexArray]:
    """The next row of the scheme of Romberg for errors h^4, h^6, ..."""
    out = [finer]
    for j, before in enumerate(row[:COLUMNS]):
        out.append(out[-1] + (out[-1] - before) / (2.0 ** (4 + 2 * j) - 1))
    return out


def _excess(new: ComplexArray, old: ComplexArray, tolerance: float) -> RealArray:
    """Change of T over what is allowed, the largest over pairs of levels, shape (n,)."""
    if not new.size:
        return np.zeros(0)
    size = np.abs(new).max(axis=(1, 3))
    allowed = tolerance * size + 64 * ROUND_OFF * size.max(axis=(1, 2), keepdims=True)
    change = np.abs(new - old).max(axis=(1, 3))
    return np.asarray((change / np.where(allowed > 0, allowed, 1.0)).max(axis=(1, 2)))


def _ascending(values: Sequence[float], name: str) -> tuple[float, ...]:
    numbers = tuple(finite_real(q, f"{name}[{j}]") for j, q in enumerate(values))
    require(len(numbers) > 0, name, "hold at least one position", "is empty")
    for j in range(1, len(numbers)):
        require(
            numbers[j] > numbers[j - 1],
            name,
            "ascend",
            f"{name}[{j}] = {numbers[j]:g} follows {numbers[j - 1]:g}",
        )
    return numbers


def _potential(value: ArrayLike, name: str) -> ComplexArray:
    if np.ndim(value) == 1:
        entries = np.asarray(value, dtype=object)
        return np.diag(np.array([finite_real(x, f"{name}[{i}]") for i, x in enumerate(entries)], dtype=complex))
    return hermitian_matrix(value, name)


def _require_dimension(size: int, spectrum: Spectrum, name: str) -> None:
    require(
        size == spectrum.dimension,
        f"interaction.{name}",
        f"act on the {spectrum.dimension} states of the target",
        f"acts on {size}",
    )
