"""Generators in exact KMS detailed balance with a given state, from any jump operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from equipoise._checks import (
    ROUND_OFF,
    ComplexArray,
    RealArray,
    hermitian_matrix,
    require,
    require_several,
    square_matrix,
)
from equipoise._printed import counted
from equipoise.generators._elements import drop_round_off
from equipoise.generators.generator import Dissipator, EnergyBasisTerm, Generator, Undetermined
from equipoise.generators.representations import Jumps
from equipoise.provenance import Provenance
from equipoise.reservoirs import Reservoir
from equipoise.spectrum import Spectrum, clusters
from equipoise.tolerances import COMMUTES_WITH_STATE, EQUAL_LEVELS, EQUAL_WEIGHTS, TRACE


def kms_balanced(
    jump_operators: Sequence[object],
    state: object,
    *,
    hamiltonian: object | None = None,
    reservoir: Reservoir | None = None,
    number: object | None = None,
) -> Generator:
    r"""Generator in exact KMS detailed balance with a full-rank state, from any jump operators.

    Each `L_k` is joined by its KMS dual, and the coherent term is the only one that detailed balance allows::

        {L_k, sigma^{1/2} L_k^dagger sigma^{-1/2}} / sqrt 2,
        K_ij = (i/2) tanh((h_i - h_j)/4) M_ij,   h = -log sigma,   M = sum L^dagger L   (eigenbasis of sigma).

    So sigma is stationary and the Heisenberg generator is self-adjoint in `Tr[sigma^{1/2} A^dagger sigma^{1/2} B]`;
    jumps that come with their dual already are left as they are. Everything is elementwise in the eigenbasis of
    sigma, with logarithmic weights: O(K d^3) time, 2K matrices. In general it is not GNS-balanced (the jumps need
    not be eigenoperators of sigma).

    Parameters
    ----------
    jump_operators : sequence of array_like, each of shape (d, d)
        In the given basis, dimension square root of a rate. Choose jumps towards larger weights: the dual of a jump
        from weight s to s' is slower by s/s' in rate.
    state : array_like of shape (d, d), or DensityMatrix
        sigma, full rank. A matrix holds weights down to 1e-16 of the largest; for smaller ones pass a state with
        logarithmic weights, such as `gibbs_state(...)`.
    hamiltonian : array_like, shape (d, d), optional
        Bare Hamiltonian H, which must commute with sigma. It adds `-i[H, rho]`: sigma stays stationary, and the
        generator satisfies standard detailed balance (SQDB) rather than KMS. Default: none, H = 0.
    reservoir : Reservoir, optional
        Who causes the jumps.
    number : array_like, shape (d, d), optional
        Particle-number operator.

    Returns
    -------
    Generator
        Its energy basis is an eigenbasis of sigma.

    Raises
    ------
    InputError
        State not full rank, Hamiltonian that does not commute with it (by how much), a dual too fast for a double.

    References
    ----------
    Fagnola & Umanita (2010) for the dual; Ding, Li & Lin (2025) for the coherent term; Carlen & Maas (2017).

    Examples
    --------
    >>> sigma = np.diag([0.7, 0.3])
    >>> generator = kms_balanced([[[0.2, 1.0], [0.0, 0.5]]], sigma)
    >>> bool(np.abs(generator.apply(sigma)).max() < 1e-16)
    True
    """
    spectrum, log_weights = _eigenbasis(state, hamiltonian)
    d = spectrum.dimension
    require_several(jump_operators, "jump_operators", "matrices")
    matrices = [square_matrix(L, f"jump_operators[{k}]", d) for k, L in enumerate(jump_operators)]
    require(len(matrices) > 0, "jump_operators", "hold at least one operator", "is empty")
    elements = np.array([spectrum.to_energy_basis(L) for L in matrices])
    name = "unattributed" if reservoir is None else reservoir.name
    undetermined: list[Undetermined] = []
    if spectrum.vectors is not None:
        # What a change of basis leaves as round-off could be blown up in a dual.
        relative = 4 * np.sqrt(d) * ROUND_OFF
        undetermined = drop_round_off(elements, relative, np.linalg.norm(elements, axis=(1, 2)), name)
    h = -log_weights
    dual = elements.conj().transpose(0, 2, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        dual = np.where(dual == 0, 0, np.exp(-0.5 * (h[:, None] - h[None, :])) * dual)
    bad = np.argwhere(~(np.abs(dual) < 1e150))
    if bad.size:
        k, i, j = bad[0]
        require(
            False,
            f"jump_operators[{k}]",
            "have a KMS dual with finite rates",
            f"the reverse of its element {i} -> {j} is faster by a factor e^{h[j] - h[i]:.4g}",
            "Give the jump in the direction of larger weight.",
        )
    stack = np.concatenate([elements, dual]) / np.sqrt(2)
    N = None if number is None else hermitian_matrix(number, "number", d)
    provenance = Provenance("KMS-balanced, from given jumps and state", {"hamiltonian": hamiltonian is not None})
    return balanced_generator(spectrum, h, stack, provenance, reservoir, N, tuple(undetermined))


def balanced_generator(
    spectrum: Spectrum,
    h: RealArray,
    elements: ComplexArray,
    provenance: Provenance,
    reservoir: Reservoir | None = None,
    number: ComplexArray | None = None,
    undetermined: tuple[Undetermined, ...] = (),
    *,
    interaction_picture: bool = False,
) -> Generator:
    """The generator of jumps whose map is its own KMS dual, with the coherent term `(i/2) tanh(ad_h / 4)(M)`.

    Elements (K, d, d) and `h = -log sigma` in the energy basis of `spectrum`. In the interaction picture the coherent
    term takes the bare Hamiltonian back.
    """
    M = np.einsum("kli,klj->ij", elements.conj(), elements, optimize=True)
    K = 0.5j * np.tanh(0.25 * (h[:, None] - h[None, :])) * M
    if interaction_picture:
        K = K - np.diag(spectrum.energies)
    operators = np.array([spectrum.to_given_basis(L) for L in elements])
    jumps = Jumps(operators, (1,) * len(elements), elements)
    part = Dissipator(jumps, reservoir=reservoir, coherent_term=EnergyBasisTerm(spectrum, K))
    return Generator(spectrum, (part,), number=number, provenance=provenance, undetermined=undetermined)


def _eigenbasis(state: object, hamiltonian: object | None) -> tuple[Spectrum, RealArray]:
    """Spectrum of H in a common eigenbasis with sigma, and the log weights of its states."""
    frame, log_weights = _frame(state)
    d = frame.dimension
    require(
        bool(np.isfinite(log_weights).all()),
        "state",
        "have full rank",
        f"has {counted(int((~np.isfinite(log_weights)).sum()), 'empty state')}",
        "Restrict the system to the support of the state.",
    )
    if hamiltonian is None:
        zero = np.zeros(d, dtype=np.int64)
        return Spectrum(np.zeros(d), frame.vectors, frame.order, zero, 0.0, ("0",)), log_weights
    H = frame.to_energy_basis(hermitian_matrix(hamiltonian, "hamiltonian", d))
    equal = clusters(log_weights, EQUAL_WEIGHTS)
    defect = float(np.linalg.norm(np.where(equal[:, None] == equal[None, :], 0, H)))
    scale = float(np.linalg.norm(H))
    require(
        defect <= COMMUTES_WITH_STATE * scale,
        "hamiltonian",
        "commute with the state",
        f"its elements between unequal weights have norm {defect:.3g}, and all its elements {scale:.3g}",
        "Leave it out: the coherent term of detailed balance is made here.",
    )
    vectors = frame.vectors
    energies = np.diag(H).real.copy()
    rest = H - np.diag(np.diag(H))
    if float(np.abs(np.where(equal[:, None] == equal[None, :], rest, 0)).max(initial=0.0)) > 64 * ROUND_OFF * scale:
        rotation = np.zeros_like(H)
        for block in range(int(equal.max()) + 1):
            members = np.nonzero(equal == block)[0]
            energies[members], rotation[np.ix_(members, members)] = np.linalg.eigh(H[np.ix_(members, members)])
        vectors = rotation[np.argsort(frame.order)] if vectors is None else vectors @ rotation
    order = np.argsort(energies, kind="stable")
    tolerance = max(EQUAL_LEVELS * float(np.ptp(energies)), 64 * ROUND_OFF * float(np.abs(energies).max()))
    level_of = clusters(energies[order], tolerance)
    labels = tuple(str(m) for m in range(int(level_of[-1]) + 1))
    if vectors is None:
        spectrum = Spectrum(energies[order], None, frame.order[order], level_of, tolerance, labels)
    else:
        spectrum = Spectrum(energies[order], vectors[:, order], np.arange(d), level_of, tolerance, labels)
    return spectrum, log_weights[order]


def _frame(state: object) -> tuple[Spectrum, RealArray]:
    """An eigenbasis of the state, as a spectrum without energies, and its log weights."""
    density: Any = getattr(state, "density", state)
    if hasattr(density, "log_weights"):
        # A DensityMatrix, from the floor above: eigenvectors `basis` in the energy basis, None if they are that basis.
        inner, weights = density.spectrum, np.asarray(density.log_weights, dtype=float)
        if density.basis is None:
            return inner, weights
        vectors = density.basis[np.argsort(inner.order)] if inner.vectors is None else inner.vectors @ density.basis
        return Spectrum(np.zeros(len(weights)), vectors, inner.order, inner.level_of, 0.0, inner.labels), weights
    rho = hermitian_matrix(density, "state")
    d = len(rho)
    trace = float(np.trace(rho).real)
    require(abs(trace - 1) <= TRACE, "state", "have trace 1", f"has trace {trace:.12g}", "Divide it by its trace.")
    zero = np.zeros(d, dtype=np.int64)
    if not np.any(rho - np.diag(np.diag(rho))):
        values, found = np.diag(rho).real, Spectrum(np.zeros(d), None, np.arange(d), zero, 0.0, ("0",))
        resolved = 0.0
    else:
        values, vectors = np.linalg.eigh(rho)
        found = Spectrum(np.zeros(d), vectors, np.arange(d), zero, 0.0, ("0",))
        resolved = 64 * d * ROUND_OFF
    require(
        float(values.min()) > resolved,
        "state",
        "have full rank" + (f" (eigenvalues above its round-off, {resolved:.1e})" if resolved else ""),
        f"has the eigenvalue {values.min():.3g}",
        "Pass a state with logarithmic weights, such as stationary.gibbs_state(...), or restrict the system to the "
        "support of the state.",
    )
    return found, np.log(values)
