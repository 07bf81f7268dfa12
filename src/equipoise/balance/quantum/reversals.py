"""Detailed balance up to a time reversal: for one that is given, and for the best one there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import Array, ComplexArray, RealArray, require, require_memory
from equipoise._printed import amount, counted, described
from equipoise.balance.quantum._low_rank import product_norm
from equipoise.balance.quantum.parts import Parts, ratio, relative_size
from equipoise.balance.quantum.symmetrised import Symmetrised, symmetrised
from equipoise.fluxes import GeneratorAtState, at_state
from equipoise.fluxes.generator_at_state import State
from equipoise.generators import Generator

LARGEST_HIDDEN = 48
"""Largest dimension in which a time reversal is sought: a few matrices of d^4 elements, 85 MB each."""

TRY_THETA = "Test a time reversal that you suspect with StandardQuantumTheta, which has no such limit."
"""Remedy where none can be sought."""

_DENSE = 400
"""Largest matrix of which every eigenvector is computed to find the leading one."""

_KNOWN = 1e-12
"""Matrix elements below this, relative to the largest of their kind, have no phase."""

_STEPS = 400
"""Largest number of improvements of the phases from one start."""

_NEAR = 1e-6
"""Change of the phases from which on Newton steps find the minimum; absolute."""

_NEWTON_STEPS = 8
"""Largest number of them; each doubles the digits."""


@dataclass(frozen=True, eq=False, kw_only=True)
class HiddenReversal:
    """The time reversal theta that leaves a state as it is and comes nearest to reversing a generator.

    Parameters
    ----------
    unitary : ComplexArray, shape (d, d)
        `theta psi = U conj(psi)` in the given basis of the generator (restricted to the support of the state).
    phases : RealArray, shape (d,)
        `theta = diag(exp(i phase)) K`, K conjugation in the eigenbasis of the state.
    value : float
        Half the norm of `<X, L Y> - <theta Y^dagger theta^-1, L (theta X^dagger theta^-1)>` in the KMS inner product;
        zero if the generator has the hidden time reversal.
    norm : float
        Norm of `<X, L Y>` without Hamiltonian.
    parts : Parts
        The value of the jumps alone, and of the rest alone, decay and Hamiltonian; together they may cancel, or exceed
        `value`.
    jump_norm : float
        Norm of the jumps alone.
    noise : float
        Largest value that the error of the state may make; zero for a state without one.
    """

    unitary: ComplexArray
    phases: RealArray
    value: float
    norm: float
    parts: Parts
    jump_norm: float
    noise: float

    @property
    def relative(self) -> float:
        """The jumps relative to `jump_norm` and the rest relative to `norm`, in quadrature; as `Residual.relative`."""
        return relative_size(self.value, self.parts, self.jump_norm, self.norm)

    @property
    def relative_noise(self) -> float:
        """The noise relative to the smaller of the two norms: what of `relative` the error of the state may explain."""
        return ratio(self.noise, min(self.jump_norm, self.norm), self.norm)

    def __repr__(self) -> str:
        residual = f"{self.value:.3g}, relative {self.relative:.3g}"
        title = f"hidden time reversal of {counted(len(self.unitary), 'state')}, the nearest one"
        return described(
            title,
            ("residual", residual),
            ("jumps", f"{self.parts.jump:.3g} relative to {amount(self.jump_norm)}"),
            ("coherent", f"{self.parts.coherent:.3g} relative to {amount(self.norm)}"),
            ("noise", f"{self.relative_noise:.1g}, relative"),
            ("unitary", "in `unitary`: theta psi = U conj(psi)"),
        )


def hidden_time_reversal(generator: Generator | GeneratorAtState, state: State | None = None) -> HiddenReversal:
    """Seek the antiunitary theta with which the generator satisfies SQDB-theta, and say how nearly it does.

    With distinct weights theta is a conjugation in the eigenbasis of the state up to d phases. They are found from
    the leading eigenvector of a signless Laplacian (exact where a hidden time reversal exists) and improved by a
    descent that never goes up; a residual that is not zero is that of the best local minimum found. Matrix elements
    are weighted as in the KMS inner product, otherwise the rounding of tiny populations would drown the answer; in turn
    what rare states break hardly shows. `detailed_balance(generator, state).of(HiddenTimeReversal())` counts all states
    alike, knows its noise, and says where that decides nothing.

    Parameters
    ----------
    generator : Generator
        Dimension up to 48.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Without equal weights.

    Returns
    -------
    HiddenReversal

    Raises
    ------
    InputError
        Dimension above 48, a state with equal weights.

    References
    ----------
    Roberts, Lingenfelter & Clerk (2021); Fagnola & Umanita (2010).

    Examples
    --------
    A driven qubit that decays into the vacuum breaks standard quantum detailed balance, and yet:

    >>> from equipoise.generators import lindbladian
    >>> from equipoise.stationary import stationary_state
    >>> qubit = lindbladian([[0.3, 0.5], [0.5, -0.3]], [[[0, 0], [1.0, 0]]])
    >>> hidden_time_reversal(qubit, stationary_state(qubit)).relative < 1e-12
    True
    """
    picture = symmetrised(at_state(generator, state))
    why = why_not_sought(picture)
    require(not why, "generator, state", "allow a search for a hidden time reversal", f"it is {why}", TRY_THETA)
    return best_time_reversal(picture)


def why_not_sought(picture: Symmetrised) -> str:
    """The reason why no hidden time reversal is sought; empty where one is."""
    if picture.dimension > LARGEST_HIDDEN:
        return f"sought up to dimension {LARGEST_HIDDEN} only, not {picture.dimension}"
    return "not sought for a state with equal weights" if picture.has_equal_weights else ""


def reversal_residual(picture: Symmetrised, U: Array) -> tuple[float, float, float]:
    """Jump and coherent part of `(L' - R L R)/2` and the norm of the jump part, for theta = U K in the eigenbasis."""
    signs, stack = picture.jumps
    d = picture.dimension
    require_memory(4, int(np.sqrt(max(signs.size, 1)) * d), "generator", "Use a generator with fewer jump operators.")
    dual = stack.conj().transpose(0, 2, 1).reshape(-1, d * d).T
    reversed_jumps = (U @ stack.conj() @ U.conj().T).reshape(-1, d * d).T
    jump = product_norm(0.5 * np.hstack([signs * dual, -signs * reversed_jumps]), np.hstack([dual, reversed_jumps]))
    G = picture.effective
    coherent = np.sqrt(2 * d) * np.linalg.norm(0.5 * (G.conj().T - U @ G.conj() @ U.conj().T))
    return jump, float(coherent), product_norm(signs * dual, dual)


def best_time_reversal(picture: Symmetrised) -> HiddenReversal:
    """The best phases of the eigenvectors of the state."""
    d = picture.dimension
    weight = np.sqrt(np.outer(picture.root_weights, picture.root_weights)).ravel()
    B = weight[:, None] * picture.superoperator() * weight[None, :]
    Q = _with_phase(B * B.T.conj(), d)
    found = _improved(_starts(picture, Q), Q)
    values = [_mismatch(B, phases) for phases in found]
    best = found[int(np.argmin(values))]
    free = weight[:, None] * picture.superoperator(hamiltonian=False) * weight[None, :]
    jumps = weight[:, None] * picture.jump_superoperator() * weight[None, :]
    parts = Parts(_mismatch(jumps, best), _mismatch(B - jumps, best))
    V = picture.pair.density.eigenvectors
    return HiddenReversal(
        unitary=np.asarray((V * np.exp(1j * best)) @ V.T),
        phases=best,
        value=min(values),
        norm=float(np.linalg.norm(free)),
        parts=parts,
        jump_norm=float(np.linalg.norm(jumps)),
        noise=_noise(picture, B),
    )


def _noise(picture: Symmetrised, B: ComplexArray) -> float:
    """Error that an error of the state causes in `B = S L`, `S(X) = r X r`, `r = sigma^(1/2)`.

    The root is known to the root of the error e of the state, `||dr||^2 <= e`, so that with both factors
    `||dS L|| <= 2 e^(1/2) ||L(.) r||`: a rare state below e is not known at all, and hides the element r of its own.
    """
    r = picture.root_weights
    error = float(np.max(picture.weight_error * r**2))
    # Row (i, j) of B has the factor r_i r_j.
    return float(2 * np.sqrt(error) * np.linalg.norm(B / np.repeat(r, r.size)[:, None]))


def evenly_best_time_reversal(picture: Symmetrised) -> tuple[RealArray, float, float, float]:
    """The best phases with all states counted alike: phases, jump and coherent part of `(L' - R L R)/2`, jump norm.

    Jumps and coherent part are sought with equal weight, each relative to itself: in a cold state one is far above the
    other, and populations span more than a double resolves.
    """
    d = picture.dimension
    J = picture.jump_superoperator()
    G, one = picture.effective, np.eye(d)
    K = np.asarray(np.kron(G.conj().T, one) + np.kron(one, G.T))
    size, scale = float(np.linalg.norm(J)), float(np.linalg.norm(K))
    Q, even = np.zeros_like(J), np.zeros_like(J)
    for matrix, norm in ((J, size), (K, scale)):
        if norm > 0:
            Q += (matrix / norm) * (matrix / norm).T.conj()
            even += _directions(matrix)
    Q, even = _with_phase(Q, d), _with_phase(even, d)
    exact = _from_pairs(even, d)
    found = [exact, *_improved([exact, *_starts(picture, Q)], Q)]
    parts = [(_mismatch(J, phases), _mismatch(K, phases)) for phases in found]
    best = int(np.argmin([np.hypot(ratio(jump, size), ratio(coherent, scale)) for jump, coherent in parts]))
    return found[best], *parts[best], size


def _with_phase(Q: ComplexArray, d: int) -> ComplexArray:
    """The elements between pairs of states that depend on the phases: rounding of the others would drown small ones."""
    out = Q.copy()
    np.fill_diagonal(out, 0.0)
    populations = np.arange(d) * (d + 1)
    out[np.ix_(populations, populations)] = 0.0
    largest = float(np.abs(out).max(initial=0.0))
    return out / largest if largest > 0 else out


def _directions(matrix: ComplexArray) -> ComplexArray:
    """Phases of `B_pq conj(B_qp)` where both are above rounding; each counts for how nearly their moduli are equal."""
    size = np.abs(matrix)
    smallest = _KNOWN * float(size.max())
    known = (size > smallest) & (smallest < size.T)
    unit = np.where(known, matrix / np.where(known, size, 1.0), 0)
    share = np.minimum(size, size.T) / np.where(known, np.maximum(size, size.T), 1.0)
    return np.asarray(share * unit * unit.T.conj())


def _mismatch(B: ComplexArray, phases: RealArray) -> float:
    """`||B - B'||/2`, where `B'_pq = u_p B_qp conj(u_q)` with `u_ij = exp(i (phase_i - phase_j))`."""
    u = np.exp(1j * (phases[:, None] - phases[None, :])).ravel()
    return float(0.5 * np.linalg.norm(B.T - u.conj()[:, None] * B * u[None, :]))


def _on_states(matrix: Array, d: int) -> RealArray:
    """A quadratic form of the d^2 phases `phase_i - phase_j` as one of the d phases."""
    X = matrix.reshape(d, d, d, d)
    first, second = X.sum(axis=1), X.sum(axis=0)
    return np.asarray(first.sum(axis=2) - first.sum(axis=1) - second.sum(axis=2) + second.sum(axis=1))


def _improved(starts: list[RealArray], Q: ComplexArray) -> list[RealArray]:
    """Minimise `sum |Q_pq| (1 - cos(arg Q_pq - phase_p + phase_q))` from each start; see `_descended`."""
    strength = np.abs(Q)
    bound = _on_states(np.diag(strength.sum(axis=1)) - strength, starts[0].size)
    inverse = np.asarray(np.linalg.pinv(bound, rcond=1e-13, hermitian=True), dtype=float)
    return [_descended(start, Q, inverse) for start in starts]


def _descended(phases: RealArray, Q: ComplexArray, descent: RealArray) -> RealArray:
    """The minimum that one start leads to.

    A bound on the curvature makes every step descend, ever more slowly where the phases hardly matter; Newton steps
    then find the minimum to its digits, on which the parts of the residual depend to first order.
    """
    d = phases.size
    for _ in range(_STEPS):
        u = np.exp(1j * (phases[:, None] - phases[None, :])).ravel()
        force = np.imag(u.conj() * (Q @ u)).reshape(d, d)
        step = descent @ (force.sum(axis=1) - force.sum(axis=0))
        phases = phases + step
        if np.abs(step).max() < _NEAR:
            break
    last = np.inf
    for _ in range(_NEWTON_STEPS):
        u = np.exp(1j * (phases[:, None] - phases[None, :])).ravel()
        turned = u.conj()[:, None] * Q * u[None, :]
        force = turned.imag.sum(axis=1).reshape(d, d)
        values, vectors = np.linalg.eigh(_on_states(np.diag(turned.real.sum(axis=1)) - turned.real, d))
        kept = values > 1e-13 * values[-1]
        step = (vectors[:, kept] / values[kept]) @ (vectors[:, kept].T @ (force.sum(axis=1) - force.sum(axis=0)))
        # A negative curvature is that of a saddle; steps that do not shrink are rounding, or lead elsewhere.
        if values[0] < -1e-13 * values[-1] or not np.abs(step).max() < min(last, 0.1):
            break
        phases, last = phases + step, 0.5 * float(np.abs(step).max())
    return phases


def _starts(picture: Symmetrised, Q: ComplexArray) -> list[RealArray]:
    """Phases from the whole generator, from its coherent part, and a few at random.

    All of them change with the phases of the eigenvectors of the state, on which the answer must not depend.
    """
    d = picture.dimension
    whole = _from_pairs(Q, d)
    root = np.sqrt(picture.root_weights)
    G = root[:, None] * picture.effective * root[None, :]
    P = G * G.T.conj()
    np.fill_diagonal(P, 0.0)
    coherent = np.angle(_leading(P + np.diag(np.abs(P).sum(axis=1))))
    rng = np.random.default_rng(1976)
    return [whole, coherent, *(whole + rng.uniform(-np.pi, np.pi, size=d) for _ in range(3))]


def _from_pairs(Q: ComplexArray, d: int) -> RealArray:
    """Phases of the states from those of the pairs of states, the leading eigenvector of the signless Laplacian."""
    vector = _leading(Q + np.diag(np.abs(Q).sum(axis=1))).reshape(d, d)
    vector = vector * np.exp(-1j * np.angle(np.trace(vector)))
    # In exact reversal vector_ij = r_ij exp(i (phase_i - phase_j)) with r > 0.
    return np.asarray(np.angle(_leading(0.5 * (vector + vector.conj().T) + 2 * np.abs(vector).sum() * np.eye(d))))


def _leading(matrix: ComplexArray) -> ComplexArray:
    """Eigenvector of the largest eigenvalue of a Hermitian matrix."""
    from scipy.sparse.linalg import eigsh

    n = matrix.shape[0]
    if not matrix.any():
        # Nothing depends on the phases.
        return np.full(n, 1 / np.sqrt(n), dtype=complex)
    if n <= _DENSE:
        return np.asarray(np.linalg.eigh(matrix)[1][:, -1], dtype=complex)
    start = np.asarray(np.random.default_rng(1976).normal(size=n), dtype=complex)
    return np.asarray(eigsh(matrix, k=1, which="LA", v0=start, tol=1e-6)[1][:, 0], dtype=complex)
