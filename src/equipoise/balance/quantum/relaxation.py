"""Relaxation and detailed balance: gaps of a generator and of its reversible part, Dirichlet form, primitivity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, Array, ComplexArray, finite_real, require, require_several, square_matrix
from equipoise._printed import amount, described
from equipoise.balance.quantum.symmetrised import Symmetrised, stationary_symmetrised
from equipoise.fluxes import GeneratorAtState, at_state
from equipoise.fluxes.generator_at_state import State
from equipoise.generators import Generator
from equipoise.spectrum import clusters
from equipoise.tolerances import EQUAL_WEIGHTS, NULL

LARGEST_DENSE = 24
"""Largest dimension at which every eigenvalue of the d^2 x d^2 generator is computed."""


@dataclass(frozen=True, kw_only=True)
class GapComparison:
    """How fast a generator relaxes, and how fast its reversible part does.

    Parameters
    ----------
    generator : float or None
        Smallest `-Re lambda` of L other than that of the stationary state; None above dimension 24.
    reversible : float
        The same of `S = (L + L')/2`, at most as large: `||T_t X|| <= exp(-gap(S) t) ||X||` in the KMS norm, with
        prefactor one, for all X with `Tr[sigma X] = 0`. Negative only for a generator with signs -1 (Redfield, say):
        some X then grows at first.
    factors, accelerated : tuple of float
        Gap of `S + a A` for each factor a of the irreversible part.
    """

    generator: float | None
    reversible: float
    factors: tuple[float, ...] = ()
    accelerated: tuple[float, ...] = ()

    @property
    def acceleration(self) -> float | None:
        """`gap(L) / gap(S)`, at least one: what the currents gain in speed; None where gap(S) is zero or negative."""
        if self.generator is None or self.reversible <= 0:
            return None
        return self.generator / self.reversible

    def __repr__(self) -> str:
        whole = "not computed above dimension 24" if self.generator is None else amount(self.generator)
        facts = [("of the generator", whole), ("of its reversible part", amount(self.reversible))]
        facts += [] if self.acceleration is None else [("acceleration", amount(self.acceleration))]
        facts += [
            (f"of S + {amount(factor)} A", amount(gap))
            for factor, gap in zip(self.factors, self.accelerated, strict=True)
        ]
        return described("spectral gaps", *facts)


def compare_gaps(
    generator: Generator | GeneratorAtState, state: State | None = None, factors: tuple[float, ...] = ()
) -> GapComparison:
    """Spectral gaps of a generator and of its reversible part, and of the latter with more irreversibility.

    The reversible part is Hermitian in the symmetrised picture: its gap comes from Lanczos steps of O(K d^3).

    Parameters
    ----------
    generator : Generator
        With jump operators, or of dimension up to 32.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary.
    factors : tuple of float, optional
        Values of a for which the gap of `S + a A` is wanted; dimension up to 24.

    Returns
    -------
    GapComparison

    Raises
    ------
    InputError
        If the state is not stationary: the generator then has no reversible part.

    Examples
    --------
    On a cycle of three states the current makes the decay oscillate, no faster:

    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import stationary_state
    >>> cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> found = compare_gaps(cycle, stationary_state(cycle))
    >>> round(found.generator, 9), round(found.reversible, 9)
    (3.0, 3.0)
    """
    picture = stationary_symmetrised(at_state(generator, state))
    d = picture.dimension
    require_several(factors, "factors", "numbers")
    factors = tuple(finite_real(a, f"factors[{k}]") for k, a in enumerate(factors))
    if d > LARGEST_DENSE:
        require(
            len(factors) == 0,
            "factors",
            f"be empty above dimension {LARGEST_DENSE}",
            f"holds {len(factors)} and the dimension is {d}",
        )
        return GapComparison(generator=None, reversible=_lanczos_gap(picture))
    matrix = picture.superoperator()
    S, A = 0.5 * (matrix + matrix.conj().T), 0.5 * (matrix - matrix.conj().T)
    accelerated = tuple(_dense_gap(S + a * A, picture) for a in factors)
    return GapComparison(
        generator=_dense_gap(matrix, picture),
        reversible=_dense_gap(S, picture),
        factors=factors,
        accelerated=accelerated,
    )


def _dense_gap(matrix: ComplexArray, picture: Symmetrised) -> float:
    size, root = float(np.linalg.norm(matrix)), np.diag(picture.root_weights).ravel()
    # The eigenvalue 0 of the stationary state is moved beyond the least of the others.
    moved = matrix - 2 * size * np.outer(root, root)
    hermitian = bool(np.linalg.norm(matrix - matrix.conj().T) <= 64 * ROUND_OFF * size)
    values = np.linalg.eigvalsh(moved) if hermitian else np.linalg.eigvals(moved).real
    return _above_rounding(-float(values.max()), size)


def _above_rounding(gap: float, scale: float) -> float:
    """A gap within rounding is zero, whatever its sign; one that is negative by more says that something grows."""
    return 0.0 if abs(gap) <= 256 * ROUND_OFF * scale else gap


def _lanczos_gap(picture: Symmetrised) -> float:
    from scipy.sparse.linalg import LinearOperator, eigsh

    d = picture.dimension
    root = np.diag(picture.root_weights)
    # Of the size of the reversible part: a Hamiltonian far above it would hide small eigenvalues in the tolerance.
    shift = 2 * float(np.linalg.norm(picture.effective + picture.effective.conj().T))

    def moved(x: Array) -> ComplexArray:
        X = x.reshape(d, d)
        out = 0.5 * (picture.apply(X) + picture.adjoint(X))
        return np.asarray((out - shift * np.trace(root @ X) * root).ravel())

    operator = LinearOperator((d * d, d * d), matvec=moved, dtype=complex)
    start = np.random.default_rng(1976).normal(size=d * d).astype(np.complex128)
    largest = eigsh(operator, k=1, which="LA", v0=start, return_eigenvectors=False)
    return _above_rounding(-float(largest[0]), shift)


def dirichlet_form(generator: Generator | GeneratorAtState, state: State | None, observable: Array) -> float:
    """`-Re <X, L X>` in the KMS inner product: the rate at which `||X||^2` decays, over two; >= 0 for a GKSL one.

    Only the reversible part enters. It is zero on conserved observables of that part, the identity among them.

    Parameters
    ----------
    generator : Generator
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary. Without full rank: the rate on its support.
    observable : array_like, shape (d, d)
        X in the given basis, Hermitian or not.

    References
    ----------
    Carlen & Maas (2017).

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import stationary_state
    >>> cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> round(dirichlet_form(cycle, stationary_state(cycle), np.diag([1.0, 0, 0])), 12)
    1.0
    """
    picture = stationary_symmetrised(at_state(generator, state))
    V = picture.pair.vectors
    X = square_matrix(observable, "observable", len(V))
    half = np.sqrt(picture.root_weights)
    scaled = half[:, None] * (V.conj().T @ X @ V) * half[None, :]
    return float(-np.vdot(scaled, picture.apply(scaled)).real)


def conserved_dimension(generator: Generator | GeneratorAtState, state: State | None = None) -> int:
    """Dimension of the commutant of the jumps resolved in modular frequency: 1 if the reversible part is primitive.

    The kernel of the reversible part is the algebra of operators that commute with every frequency component of
    `L_k` and of its adjoint. With dimension 1 the generator itself relaxes to the state whatever the start, at
    least at the gap of the reversible part; a larger one does not say that it does not. For dimension up to 32 and
    signs +1.

    Examples
    --------
    >>> from equipoise.generators import lindbladian
    >>> dephasing = lindbladian([[0, 0], [0, 1.0]], [[[1.0, 0], [0, -1.0]]])
    >>> conserved_dimension(dephasing, np.diag([0.3, 0.7]))
    2
    """
    picture = stationary_symmetrised(at_state(generator, state))
    d = picture.dimension
    require(
        d <= 32, "generator", "have dimension up to 32", f"has {d}", "compare_gaps(...).reversible > 0 says it too."
    )
    signs, stack = picture.jumps
    require(
        bool(np.all(signs > 0)),
        "generator",
        "be of GKSL form",
        f"{int(np.sum(signs < 0))} of its jumps have sign -1",
        "compare_gaps(...).reversible holds for it: above 0 it says the same.",
    )
    both = np.concatenate([stack, stack.conj().transpose(0, 2, 1)])
    label = clusters(picture.frequency.ravel(), EQUAL_WEIGHTS).reshape(d, d)
    # sum of ad_B^dagger ad_B over components B and their adjoints: BB^dagger X + X BB^dagger - 2 B X B^dagger.
    C = np.einsum("kij,klm->ijlm", both, both.conj(), optimize=True)
    C = np.where(label[:, :, None, None] == label[None, None, :, :], C, 0)
    total = np.einsum("ijlj->il", C)
    identity = np.eye(d)
    matrix = np.kron(total, identity) + np.kron(identity, total.T)
    matrix = matrix - 2 * C.transpose(0, 2, 1, 3).reshape(d * d, d * d)
    values = np.linalg.eigvalsh(0.5 * (matrix + matrix.conj().T))
    return int(np.sum(values <= NULL * max(float(values[-1]), np.finfo(float).tiny)))
