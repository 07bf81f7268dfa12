"""Liouvillians and Bloch-Redfield tensors between QuTiP and the generators of this library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise._checks import ROUND_OFF, Array, ComplexArray, require
from equipoise.generators import Dissipator, Generator, MatrixFree
from equipoise.generators.given_jumps import named_reservoirs
from equipoise.io.qutip._qutip import operator_from_qutip, printed_dims, qutip_package, require_operator
from equipoise.provenance import Provenance
from equipoise.reservoirs import Reservoir
from equipoise.spectrum import spectrum_of_matrix
from equipoise.tolerances import PRESERVED


def generator_from_qutip(
    superoperator: Any | Mapping[Reservoir | str | None, Any], hamiltonian: Any, number: Any | None = None
) -> Generator:
    """Generator of a QuTiP superoperator: a Liouvillian, or the tensor of `qutip.bloch_redfield_tensor`.

    The Hamiltonian is named apart, since a superoperator does not say which part of it is bare; what is left,
    `L(rho) + i[H, rho]`, is one dissipator known by its action. It need not be completely positive. A mapping gives
    each reservoir a dissipator of its own.

    Parameters
    ----------
    superoperator : qutip.Qobj, or mapping of Reservoir, str or None to qutip.Qobj
        Of type 'super' and representation 'super', such as `qutip.liouvillian(H, c_ops)` or
        `qutip.bloch_redfield_tensor(H, a_ops, fock_basis=True)`: in the basis of the Hamiltonian. In a mapping each
        holds what one reservoir does, and may hold the commutator with the Hamiltonian beside it, as the tensor of its
        `a_ops` does; the generator has that commutator once. A key that is a str names a reservoir of unknown
        temperature, the key None what has no known origin.
    hamiltonian : qutip.Qobj
        Bare Hamiltonian, in the basis of the Hilbert space, with the dims on which the superoperator acts.
    number : qutip.Qobj, optional

    Returns
    -------
    Generator
        Of kind MatrixFree. Every notion of detailed balance holds for it up to dimension 32, the metrics beyond.

    Raises
    ------
    InputError
        No superoperator, another representation, dims that differ, a trace or Hermiticity that is not preserved (a
        channel, for instance); a tensor in the eigenbasis of the Hamiltonian; in a mapping no entry, two reservoirs of
        one name, or a superoperator of which it cannot be told whether it holds the Hamiltonian.

    Examples
    --------
    >>> import qutip
    >>> L = qutip.liouvillian(qutip.sigmaz(), [qutip.sigmam()])
    >>> generator = generator_from_qutip(L, qutip.sigmaz())
    >>> bool((liouvillian_to_qutip(generator, qutip.sigmaz()) - L).norm() < 1e-14)
    True
    >>> both = {"loss": qutip.lindblad_dissipator(qutip.sigmam()), "gain": qutip.lindblad_dissipator(qutip.sigmap())}
    >>> generator_from_qutip(both, qutip.sigmaz()).names
    ('loss', 'gain')
    """
    operator_from_qutip(hamiltonian, "hamiltonian")
    if isinstance(superoperator, Mapping):
        parts = _named_parts(superoperator, hamiltonian)
    else:
        S = _row_major(superoperator, hamiltonian, "superoperator")
        parts = ((None, S - _commutator(hamiltonian.full())),)
    dissipators = tuple(
        Dissipator(MatrixFree(_Action(D), _Action(D.conj().T)), reservoir=reservoir) for reservoir, D in parts
    )
    N = None if number is None else operator_from_qutip(number, "number", hamiltonian)
    spectrum = spectrum_of_matrix(hamiltonian.full())
    return Generator(spectrum, dissipators, number=N, provenance=Provenance("given superoperator"))


def _named_parts(
    given: Mapping[Reservoir | str | None, Any], hamiltonian: Any
) -> tuple[tuple[Reservoir | None, ComplexArray], ...]:
    """What each reservoir does, without the commutator with the Hamiltonian where its superoperator holds that."""
    require(len(given) > 0, "superoperator", "hold at least one superoperator", "is empty")
    owners = named_reservoirs(given, "superoperator")
    H = np.asarray(hamiltonian.full(), dtype=complex)
    own = H - np.trace(H) / len(H) * np.eye(len(H))
    parts = []
    for reservoir, (key, value) in zip(owners, given.items(), strict=True):
        name = f"superoperator[{key if isinstance(key, str | None) else key.name!r}]"
        S = _row_major(value, hamiltonian, name)
        K, _ = _coherent_part(S, len(H))
        without, within = float(np.linalg.norm(K)), float(np.linalg.norm(K - own))
        # What a reservoir adds to the Hamiltonian is of the order of its rates, and so one reading is much nearer.
        require(
            max(without, within) > 2 * min(without, within) or not _acts(own, H),
            name,
            "hold the commutator with the Hamiltonian, or nothing of it",
            f"holds a commutator that is {without:.3g} away from none and {within:.3g} from that of the Hamiltonian",
            "Pass the whole Liouvillian as one superoperator, or c_ops with their reservoirs to from_qutip.",
        )
        parts.append((reservoir, S - _commutator(H) if within < without else S))
    return tuple(parts)


def _acts(traceless: ComplexArray, H: ComplexArray) -> bool:
    """Whether a Hamiltonian is more than a multiple of the identity."""
    return float(np.abs(traceless).max()) > 64 * ROUND_OFF * float(np.abs(H).max())


def _row_major(superoperator: Any, hamiltonian: Any, name: str) -> ComplexArray:
    """The checked matrix of a generator given by QuTiP, row-major."""
    qutip = qutip_package()
    is_qobj = isinstance(superoperator, qutip.Qobj)
    require(
        is_qobj and superoperator.issuper,
        name,
        "be a qutip.Qobj of type 'super'",
        f"got {superoperator.type!r}" if is_qobj else f"got {type(superoperator).__name__}",
        "For a Hamiltonian and collapse operators use from_qutip; of a tensor in its eigenbasis take fock_basis=True.",
    )
    require(
        superoperator.superrep == "super",
        name,
        "be in the representation 'super'",
        f"is in {superoperator.superrep!r}",
        "Convert it with qutip.to_super.",
    )
    require(
        superoperator._dims == qutip.spre(qutip.qeye_like(hamiltonian))._dims,
        name,
        f"act on operators with the dims {printed_dims(hamiltonian)} of the Hamiltonian",
        f"has the dims {printed_dims(superoperator)}",
    )
    d = hamiltonian.shape[0]
    S = _exchanged(np.asarray(superoperator.full(), dtype=complex), d)
    _require_generator(S, d, name)
    _require_given_basis(S, hamiltonian, name)
    return S


def _require_given_basis(S: ComplexArray, hamiltonian: Any, name: str) -> None:
    """Refuse a Bloch-Redfield tensor in the eigenbasis of the Hamiltonian.

    Its Hamiltonian `K` is that of the eigenbasis, up to a part of second order in the coupling. In the given basis `K`
    is the Hamiltonian up to such a part, which for a Bloch-Redfield coupling `-[A, Lambda rho - rho Lambda^dagger]` is
    smaller than the dissipator: `|A Lambda - Lambda^dagger A|/2 <= |A||Lambda| <= |C|/sqrt(2)` in the Frobenius norm,
    where `C = |Lambda><A| + |A><Lambda|` and `<A, Lambda> >= 0`; for traceless jump operators it is zero. So what
    differs from the Hamiltonian by more than the dissipator, and lies four times nearer to its eigenbasis form, is in
    the eigenbasis. A Hamiltonian that was named apart from a drive differs from `K` by the drive, and passes.
    """
    H = np.asarray(hamiltonian.full(), dtype=complex)
    K, dissipative = _coherent_part(S, len(H))
    mean = np.trace(H).real / len(H)
    apart = float(np.linalg.norm(K - H + mean * np.eye(len(H))))
    if apart <= dissipative:
        return
    # QuTiP 5.3 turns the commutator by V X V^dagger instead of V^dagger X V; its own tensor without couplings has it.
    theirs = qutip_package().bloch_redfield_tensor(hamiltonian, [])[0]
    turned, _ = _coherent_part(_exchanged(np.asarray(theirs.full(), dtype=complex), len(H)), len(H))
    diagonal = np.diag(np.linalg.eigvalsh(H) - mean)
    nearest = min(float(np.linalg.norm(K - form)) for form in (diagonal, turned))
    require(
        nearest > apart / 4,
        name,
        "be in the basis of the Hamiltonian",
        f"holds a commutator that is {nearest:.3g} away from that of the Hamiltonian in its own eigenbasis, and "
        f"{apart:.3g} from that of the Hamiltonian given",
        "Make the tensor with qutip.bloch_redfield_tensor(H, a_ops, fock_basis=True).",
    )


def _coherent_part(S: ComplexArray, d: int) -> tuple[ComplexArray, float]:
    """Traceless `K` of a row-major generator `-i[K, .] + D` with traceless jumps, and the norm of the jump matrix of D.

    With `S(rho) = sum_ab X_ab F_a rho F_b^dagger` and `e = 1/sqrt(d)` one of the orthonormal F, `G rho + rho G^dagger`
    is all of X in the row and the column of e, and what is left is the positive matrix C of D where D is of GKSL form.
    """
    X = S.reshape(d, d, d, d).transpose(0, 2, 1, 3).reshape(d * d, d * d)
    e = np.eye(d).ravel() / np.sqrt(d)
    G = (X @ e).reshape(d, d) / np.sqrt(d)
    K = 0.5j * (G - G.conj().T)
    rest = X - np.outer(X @ e, e) - np.outer(e, e @ X) + (e @ X @ e) * np.outer(e, e)
    return np.asarray(K - np.trace(K) / d * np.eye(d)), float(np.linalg.norm(rest))


def _commutator(H: ComplexArray) -> ComplexArray:
    """Row-major matrix of `-i[H, .]`: H rho is H (x) 1 and rho H is 1 (x) H^T."""
    one = np.eye(len(H))
    return np.asarray(-1j * (np.kron(H, one) - np.kron(one, H.T)))


def _exchanged(matrix: ComplexArray, d: int) -> ComplexArray:
    """Row-major to column-stacking, and back: exchange the two indices of each operator."""
    return np.asarray(matrix.reshape(d, d, d, d).transpose(1, 0, 3, 2).reshape(d * d, d * d))


def _require_generator(S: ComplexArray, d: int, name: str) -> None:
    """Refuse a row-major superoperator that does not preserve trace and Hermiticity."""
    size = max(float(np.linalg.norm(S)), np.finfo(float).tiny)
    lost = float(np.linalg.norm(np.einsum("iijk->jk", S.reshape(d, d, d, d)))) / size
    require(
        lost <= PRESERVED,
        name,
        "preserve the trace, Tr L(rho) = 0",
        f"changes it by {lost:.2g} of its norm",
        "A channel is no generator: its Kraus operators go to equipoise.generators.kraus_channel.",
    )
    C = S.reshape(d, d, d, d).transpose(0, 2, 1, 3).reshape(d * d, d * d)
    defect = float(np.linalg.norm(C - C.conj().T)) / size
    require(defect <= PRESERVED, name, "preserve Hermiticity", f"breaks it by {defect:.2g} of its norm")


def liouvillian_to_qutip(generator: Generator, like: Any) -> Any:
    """The generator as a QuTiP superoperator (column-stacking) with the dims of `like`."""
    qutip = qutip_package()
    require_operator(like)
    d = generator.dimension
    require(like.shape == (d, d), "like", f"have the shape {(d, d)} of the generator", f"has shape {like.shape}")
    columns = _exchanged(generator.superoperator(), d)
    return qutip.Qobj(columns, dims=[like._dims, like._dims], superrep="super")


@dataclass(frozen=True, eq=False)
class _Action:
    """A row-major superoperator as a function of a matrix."""

    matrix: ComplexArray

    def __call__(self, X: Array) -> ComplexArray:
        return np.asarray((self.matrix @ np.asarray(X).ravel()).reshape(X.shape))
