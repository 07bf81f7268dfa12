r"""Interactions of finite range on a line: matrices W(q) that act on the levels while the particle is near.

The target and the particle obey :math:`-\psi''/2m + (H_S + W(q))\psi = E\psi`. Layers of constant potential are solved
exactly, each diagonalised once for all energies, and glued by the Green's functions of their ends between real
impedances: no barrier is too thick, no closed channel grows. A smooth potential is solved on spectral elements, which
are glued likewise and halved until the result no longer changes.

References
----------
Redheffer, "On the relation of transmission-line theory to scattering and transfer" (1962): how layers are glued.
Patera, "A spectral element method for fluid dynamics" (1984): the elements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

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
    require,
)
from equipoise._printed import amount, amounts, counted, described, function_in_words
from equipoise.scattering.interactions.couplings import ascending, coupling_matrix, largest_in_words, without_round_off
from equipoise.scattering.interactions.elements import DEGREE, Elements, elements_of
from equipoise.scattering.interactions.interaction import AbstractLineInteraction
from equipoise.scattering.interactions.slabs import Slab
from equipoise.scattering.shell import EnergyShell

FEWEST_ELEMENTS = 2
"""Elements between two breaks of a smooth potential on the coarsest of its meshes."""

MOST_ELEMENTS = 2**8
"""Elements between two breaks beyond which a potential is not smooth."""

SAMPLE = 100
"""Positions at which a smooth potential is asked which levels it joins, and how it is symmetric."""

NOISE = 1e-9
"""Change of T that can be rounding, amplified by a narrow resonance."""


@dataclass(frozen=True, eq=False)
class PiecewiseConstant(AbstractLineInteraction):
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

    given_as = "matrices"
    edges: Sequence[float]
    matrices: Sequence[ArrayLike]
    contacts: Sequence[ArrayLike] | None = None

    def __post_init__(self) -> None:
        edges = ascending(self.edges, "edges")
        matrices = [coupling_matrix(W, f"matrices[{j}]") for j, W in enumerate(self.matrices)]
        require(
            len(matrices) == len(edges) - 1,
            "matrices",
            f"have one entry for each of the {len(edges) - 1} intervals between the {len(edges)} edges",
            f"has {len(matrices)}",
        )
        contacts = None
        if self.contacts is not None:
            contacts = tuple(coupling_matrix(V, f"contacts[{j}]") for j, V in enumerate(self.contacts))
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

    @cached_property
    def coupling_profile(self) -> tuple[RealArray, ComplexArray]:
        """See `AbstractLineInteraction`: middles of the intervals and edges between them, ascending."""
        edges, heights = np.asarray(self.edges), np.asarray(self.matrices)
        d = np.shape((*self.matrices, *(self.contacts or ()))[0])[0]
        where = np.empty(2 * edges.size - 1)
        where[::2], where[1::2] = edges, 0.5 * (edges[1:] + edges[:-1])
        total = np.zeros((where.size, d, d), dtype=complex)
        total[1::2] = heights.reshape(-1, d, d) * np.diff(edges)[:, None, None]
        if self.contacts is not None:
            total[::2] = np.asarray(self.contacts)
        return where, total

    def __repr__(self) -> str:
        n, d = len(self.matrices), self.coupling_profile[1].shape[-1]
        facts = [("edges", amounts(self.edges)), ("elements up to", largest_in_words(np.asarray(self.matrices)))]
        if self.contacts is not None:
            facts.append(("contacts up to", largest_in_words(np.asarray(self.contacts))))
        return described(f"{counted(n, 'layer')} of constant potential on a line, {counted(d, 'state')}", *facts)

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """See `AbstractInteraction`."""
        spectrum, n = shell.spectrum, len(self.matrices)
        d = spectrum.dimension
        matrices = np.array([without_round_off(spectrum, np.asarray(W)) for W in self.matrices]).reshape(n, d, d)
        contacts = np.zeros((n + 1, d, d), dtype=complex)
        if self.contacts is not None:
            contacts[:] = [without_round_off(spectrum, np.asarray(V)) for V in self.contacts]
        return Slab(np.asarray(self.edges), matrices, contacts).transition_matrix(shell)


@dataclass(frozen=True, eq=False)
class SmoothPotential(AbstractLineInteraction):
    r"""A potential on a line that varies smoothly on its support and vanishes outside of it.

    Solved on elements of polynomials of degree ten, whose error falls with the twentieth power of their width; their
    number is doubled until T no longer changes, at each energy by itself.

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
        Of T, relative to the largest element between the same two levels, or to its Born amplitude without interference
        where that is larger; at least 1e-12, default 1e-11. Near a narrow resonance rounding may leave up to 1e-9.

    Raises
    ------
    InputError
        A support that does not ascend, breaks outside of it, values that are not Hermitian or not finite.
    UserCodeError
        The function fails; with the position.
    NumericalError
        Not smooth enough: the tolerance is not reached with 256 elements.

    Examples
    --------
    >>> import numpy as np
    >>> bump = SmoothPotential(lambda q: np.exp(-(q**2))[:, None, None] * np.array([[0, 1], [1, 0]]), (-6.0, 6.0))
    >>> bump.support
    (-6.0, 6.0)
    """

    given_as = "function"
    function: Callable[[RealArray], ArrayLike]
    support: Sequence[float]
    breaks: Sequence[float] = ()
    tolerance: float = 1e-11
    _meshes: dict[tuple[int, int], tuple[RealArray, ComplexArray]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        require(callable(self.function), "function", "be callable", f"got {type(self.function).__name__}")
        support = ascending(self.support, "support")
        require(len(support) == 2, "support", "be a pair of positions", f"has {len(support)}")
        breaks = tuple(sorted({finite_real(q, "breaks") for q in self.breaks}))
        outside = [q for q in breaks if not support[0] < q < support[1]]
        require(not outside, "breaks", "lie inside the support", f"got {outside[:1]}")
        tolerance = finite_real(self.tolerance, "tolerance")
        require(1e-12 <= tolerance < 1, "tolerance", "lie between 1e-12 (rounding) and one", f"got {tolerance:g}")
        object.__setattr__(self, "support", support)
        object.__setattr__(self, "breaks", breaks)
        object.__setattr__(self, "tolerance", tolerance)

    @cached_property
    def coupling_profile(self) -> tuple[RealArray, ComplexArray]:
        """See `AbstractLineInteraction`; a sample at positions symmetric about the middle of the support."""
        nodes, weights = np.polynomial.legendre.leggauss(SAMPLE)
        lower, upper = self.support
        where = 0.5 * (lower + upper) + 0.5 * (upper - lower) * nodes
        return where, self.sampled(where) * weights[:, None, None]

    def __repr__(self) -> str:
        facts = [("potential", function_in_words(self.function)), ("support", " to ".join(map(amount, self.support)))]
        facts += [("breaks", amounts(self.breaks))] if self.breaks else []
        return described("smooth potential on a line", *facts, ("tolerance", f"{self.tolerance:.0e} of T"))

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """See `AbstractInteraction`."""
        d, count = shell.spectrum.dimension, FEWEST_ELEMENTS
        out = np.zeros((shell.size, 2, d, 2, d), dtype=complex)
        left, before = np.arange(shell.size), self.on_elements(shell, count)
        former = np.full(shell.size, np.inf)
        while left.size:
            count *= 2
            part = EnergyShell(shell.spectrum, shell.mass, shell.kinetic[left])
            elements = self._elements(part, count)
            after = elements.transition_matrix(part)
            error = _excess(after, before, self.tolerance, elements.born_scale(part))
            # The change is the error before; it goes on falling about as fast as it has just fallen.
            fall = np.where(np.isfinite(former), error / former, 1.0)
            done = error * np.where(fall < 0.1, 10 * np.maximum(fall, 1e-4), 1.0) <= 1
            out[left[done]] = after[done]
            # A resonance amplifies rounding: finer elements then make it worse, and the coarser ones are kept.
            noisy = ~done & (error * self.tolerance <= NOISE) & (error > 0.25 * former)
            out[left[noisy]] = before[noisy]
            done |= noisy
            if count >= MOST_ELEMENTS and not done.all():
                worst = int(np.argmax(error))
                raise NumericalError(
                    f"T of the potential on [{self.support[0]:g}, {self.support[1]:g}] did not settle at the energy "
                    f"{part.energies[worst]:.6g}: with {count} elements its error is {error[worst]:.2g} times the "
                    f"tolerance {self.tolerance:g}. Name the points where the potential or its slope jumps as "
                    "`breaks`, or raise `tolerance`."
                )
            before, left, former = after[~done], left[~done], error[~done]
        return out

    def on_elements(self, shell: EnergyShell, count: int, degree: int = DEGREE) -> ComplexArray:
        """T with `count` elements of polynomials between two breaks: its error falls as their width to 2 `degree`."""
        return self._elements(shell, count, degree).transition_matrix(shell)

    def _elements(self, shell: EnergyShell, count: int, degree: int = DEGREE) -> Elements:
        if (count, degree) not in self._meshes:
            marks = np.array([self.support[0], *self.breaks, self.support[1]])
            self._meshes[count, degree] = elements_of(self.sampled, marks, count, degree)
        edges, values = self._meshes[count, degree]
        elements = [without_round_off(shell.spectrum, W) for W in values.reshape(-1, *values.shape[2:])]
        return Elements(edges, np.reshape(elements, values.shape))

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


def _excess(new: ComplexArray, old: ComplexArray, tolerance: float, scale: RealArray) -> RealArray:
    """Change of T over what is allowed, the largest over pairs of open levels, shape (n,).

    A pair that interference makes small has the error of the amplitudes that interfere.
    """
    if not new.size:
        return np.zeros(0)
    size = np.abs(new).max(axis=(1, 3))
    allowed = tolerance * np.maximum(size, scale) + 64 * ROUND_OFF * size.max(axis=(1, 2), keepdims=True)
    change = np.abs(new - old).max(axis=(1, 3))
    return np.asarray((change / np.where(allowed > 0, allowed, 1.0)).max(axis=(1, 2)))
