"""Signed jump operators of a dissipator that is known by its action only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, require
from equipoise.generators import Dissipator, Generator, Jumps
from equipoise.tolerances import PRESERVED

LARGEST_DENSE = 32
"""Largest dimension at which a d^2 x d^2 matrix is formed and diagonalised: a second or so."""


def signed_jumps(generator: Generator) -> Generator:
    """The same generator with each `MatrixFree` dissipator as jumps with signs; see `resolved_actions`."""
    return resolved_actions(generator)[0]


def resolved_actions(generator: Generator) -> tuple[Generator, float]:
    """The same generator with each `MatrixFree` dissipator as traceless jumps with signs and a coherent term.

    The Choi matrix of the action, projected on traceless operators, is `sum_k s_k |L_k>><<L_k|`: its eigenvectors are
    the jumps, its negative eigenvalues the signs -1. The second result is the rounding of an element of that Choi
    matrix: a double keeps no more of an action than the round-off of its largest element, and less where larger
    terms cancelled in it.

    Raises
    ------
    InputError
        If an action does not preserve Hermiticity or the trace (a channel given for a generator, for instance).
    """
    parts, rounded = [], 0.0
    for part in generator.dissipators:
        found, error = (part, 0.0) if part.representation.has_jump_operators else _resolved(part, generator.dimension)
        parts.append(found)
        rounded += error
    return replace(generator, dissipators=tuple(parts)), rounded


def _resolved(part: Dissipator, d: int) -> tuple[Dissipator, float]:
    """A dissipator as jumps, and the rounding of its Choi matrix."""
    S = part.representation.superoperator(d)
    # S[(i l), (j k)] = A[i, j] B[k, l] for A rho B; C[(i j), (l k)] = L[i, j] conj(L[l, k]).
    C = S.reshape(d, d, d, d).transpose(0, 2, 1, 3).reshape(d * d, d * d)
    size = float(np.linalg.norm(C))
    defect = float(np.linalg.norm(C - C.conj().T))
    require(
        defect <= PRESERVED * size,
        "generator",
        "preserve Hermiticity",
        f"the action of dissipator {part.name!r} does not, by {defect / max(size, 1e-300):.2g} of its norm",
    )
    trace = np.einsum("iijk->jk", S.reshape(d, d, d, d))
    lost = float(np.linalg.norm(trace)) / max(size, 1e-300)
    require(
        lost <= PRESERVED,
        "generator",
        "preserve the trace, Tr D(rho) = 0",
        f"the action of dissipator {part.name!r} changes it by {lost:.2g} of its norm",
        "A channel T keeps it as Tr T(rho) = Tr rho: pass rho -> T(rho) - rho.",
    )
    H, own = _coherent(C, d), part.coherent_term
    term = (lambda: H) if own is None else (lambda: H + own())
    found = replace(part, representation=_traceless_jumps(C, d), coherent_term=term)
    # Its own rounding shows where it fails to preserve Hermiticity and trace.
    shown = max(float(np.abs(C - C.conj().T).max()), float(np.abs(trace).max()))
    return found, max(2 * ROUND_OFF * float(np.abs(C).max()), shown)


def _traceless_jumps(C: ComplexArray, d: int) -> Jumps:
    one = np.eye(d).ravel() / np.sqrt(d)
    half = C - np.outer(one, one @ C)
    rest = half - np.outer(half @ one, one)
    values, vectors = np.linalg.eigh(0.5 * (rest + rest.conj().T))
    kept = np.abs(values) > 1e-15 * np.abs(values).max(initial=0.0)
    operators = (vectors[:, kept] * np.sqrt(np.abs(values[kept]))).T.reshape(-1, d, d)
    return Jumps(operators, tuple(int(sign) for sign in np.sign(values[kept])))


def _coherent(C: ComplexArray, d: int) -> ComplexArray:
    """H from `C |1>> = d |G>> + |1>> Tr G^*`, with Tr H = 0 and `G = -i H - M/2`."""
    image = (C @ np.eye(d).ravel()).reshape(d, d)
    G = (image - np.trace(image).real / (2 * d) * np.eye(d)) / d
    return np.asarray(0.5j * (G - G.conj().T))
