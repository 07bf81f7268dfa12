"""Canonical signed jumps of a dissipator, and the eigenvalues that decide complete positivity."""

from __future__ import annotations

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray
from equipoise.generators.generator import Dissipator, Generator
from equipoise.generators.representations import split_traces


def canonical_jumps(operators: ComplexArray, weights: ComplexArray) -> tuple[RealArray, ComplexArray, ComplexArray]:
    r"""Diagonalise `sum_ab C_ab (O_a rho O_b^dagger - {O_b^dagger O_a, rho}/2)` into traceless orthonormal jumps.

    With `O_a = O_a0 + c_a` the scalars leave the Hamiltonian `(i/2)(Y - Y^dagger)`, `Y = sum_ab C_ab c_b^* O_a0`;
    the rest is `sum_k r_k D[F_k]` with `Tr F_k = 0`, `Tr F_k^dagger F_l = delta_kl`, unique up to rotations within
    equal rates. The generator is completely positive iff every r_k is >= 0. Operators O (P, d, d) and Hermitian weights
    C (P, P) give the rates r (r,), ascending, those within round-off of zero left out, F (r, d, d) and the Hamiltonian.
    """
    P, d, _ = operators.shape
    c, traceless = split_traces(operators)
    Y = np.einsum("a,aij->ij", weights @ c.conj(), traceless)
    Q, R = np.linalg.qr(traceless.reshape(P, -1).T)
    values, vectors = np.linalg.eigh(R @ weights @ R.conj().T)
    # What a QR of P columns and an eigensolver leave of an exact zero.
    kept = np.abs(values) > 8 * P * ROUND_OFF * np.abs(values).max(initial=0.0)
    jumps = (Q @ vectors[:, kept]).T.reshape(-1, d, d)
    return values[kept], np.asarray(jumps), np.asarray(0.5j * (Y - Y.conj().T))


def kossakowski_eigenvalues(subject: Generator | Dissipator) -> RealArray:
    """Canonical rates of a generator or of one dissipator: it is completely positive iff none is negative.

    The eigenvalues, ascending, of the Kossakowski matrix in an orthonormal basis of traceless operators, which do
    not depend on how the jump operators were chosen; those within round-off of zero are left out.

    Parameters
    ----------
    subject : Generator or Dissipator

    Returns
    -------
    RealArray, shape (r,), r < d^2
        In units of a rate.

    Raises
    ------
    InputError
        If a dissipator is known by its action only (MatrixFree).

    References
    ----------
    Gorini, Kossakowski & Sudarshan (1976); Lindblad (1976). As canonical rates: Hall, Cresser, Li & Andersson
    (2014).

    Examples
    --------
    >>> from equipoise.generators import lindbladian
    >>> kossakowski_eigenvalues(lindbladian(np.diag([0.0, 1.0]), [[[0, 2], [0, 0]]])).tolist()
    [4.0]
    """
    parts = subject.dissipators if isinstance(subject, Generator) else (subject,)
    found = [part.representation.signed_jumps() for part in parts]
    signs, operators = (np.concatenate(stack) for stack in zip(*found, strict=True))
    if not len(operators):
        return np.zeros(0)
    return canonical_jumps(operators, np.diag(signs).astype(complex))[0]


def smallest_kossakowski_eigenvalue(subject: Generator | Dissipator) -> float:
    """The most negative canonical rate, or 0 for a completely positive generator (jumps then need no algebra)."""
    parts = subject.dissipators if isinstance(subject, Generator) else (subject,)
    if all(part.representation.is_completely_positive for part in parts):
        return 0.0
    return float(min(kossakowski_eigenvalues(subject).min(initial=0.0), 0.0))
