"""KMS, GNS and standard quantum detailed balance of a generator with respect to a state, and the budget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, require
from equipoise.balance._symmetrised import JumpGroup, Symmetrised, require_full_rank, symmetrised
from equipoise.generators import Generator, MatrixFree, Rates, Secular
from equipoise.generators.generator import require_generator
from equipoise.stationary import DensityMatrix, StationaryState, density_in


@dataclass(frozen=True)
class DetailedBalance:
    """How far a generator is from detailed balance with respect to a state sigma, split by cause.

    All norms are Hilbert-Schmidt norms of the generator in the symmetrised picture,
    `Lhat = sigma^(1/4) L(sigma^(-1/4) . sigma^(-1/4)) sigma^(1/4)` (Heisenberg), in the traceless gauge of the jump
    operators, and

        ||(Lhat - Lhat^dagger)/2||^2 = jump^2 + noncommuting^2 + commuting^2   (exactly).

    Parameters
    ----------
    jump : float
        Antisymmetric part of the jump (completely positive) part.
    noncommuting, commuting : float or None
        Antisymmetric coherent part between unequal and equal weights of sigma. None if a coherent term does not
        exist (a divergent Lamb shift); it then commutes with sigma and enters no notion below.
    modular : float
        `||[ad_h, C]||`, h = -log sigma: the jump part's failure to commute with the modular flow.
    norm : float
        Norm of the dissipative part, to which the residuals are relative.
    jump_norm : float
        Norm of the jump part alone: far below `norm` for a cold state, whose coherences decay much faster than its
        rare jumps happen.
    noise : float
        Rounding of the given operators, and the error of the non-commuting part that comes with the error of the
        state: a Hamiltonian far above the rates turns a small error of its eigenbasis into a residual.
    """

    jump: float
    noncommuting: float
    commuting: float | None
    modular: float
    norm: float
    jump_norm: float
    noise: float = 0.0

    @property
    def sqdb(self) -> float:
        """Relative residual of standard quantum detailed balance, `L - L' = 2i[K, .]` with [K, sigma] = 0."""
        return float(np.hypot(self.jump, self.noncommuting)) / self.norm

    @property
    def kms(self) -> float:
        """Relative residual of KMS detailed balance with a Hamiltonian that commutes with sigma removed."""
        return self.sqdb

    @property
    def kms_with_hamiltonian(self) -> float | None:
        """Relative residual of KMS detailed balance of the generator as it is, commuting Hamiltonian included."""
        if self.commuting is None:
            return None
        return float(np.sqrt(self.jump**2 + self.noncommuting**2 + self.commuting**2)) / self.norm

    @property
    def gns(self) -> float:
        """Relative residual of GNS detailed balance, commuting Hamiltonian removed."""
        return float(np.sqrt(self.jump**2 + self.noncommuting**2 + self.modular**2)) / self.norm


def detailed_balance(generator: Generator, state: StationaryState | DensityMatrix | ArrayLike) -> DetailedBalance:
    """Residuals of KMS, GNS and standard quantum detailed balance, and the irreversibility budget.

    KMS detailed balance is self-adjointness of the Heisenberg generator in `Tr[s^(1/2) A^dagger s^(1/2) B]`, GNS
    in `Tr[s A^dagger B]`. The jump parts are compared as completely positive maps, through a QR factorisation of
    the jump operators (a Gram matrix would hide violations below 1e-8); secular generators frequency by
    frequency, O(d^2) for a generic spectrum.

    Parameters
    ----------
    generator : Generator
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Full rank.

    Returns
    -------
    DetailedBalance

    Raises
    ------
    InputError
        If the state is not of full rank, or the generator has no jump operators (MatrixFree).

    References
    ----------
    Fagnola & Umanita (2007); Carlen & Maas (2017). A Hamiltonian that commutes with the state is anti-self-adjoint
    and never part of a violation: it is reported apart.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import stationary_state
    >>> cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> found = detailed_balance(cycle, stationary_state(cycle))
    >>> round(found.jump**2, 12)  # three pairs, both directions, (2 - 1)/2 each
    1.5
    """
    require_generator(generator)
    density = density_in(generator.spectrum, state)
    require_full_rank(density)
    require(
        not any(isinstance(part.kind, MatrixFree) for part in generator.dissipators),
        "generator",
        "have jump operators",
        "one dissipator is known by its action only",
    )
    picture = symmetrised(generator, density)
    jump, modular, size = jump_norms(picture)
    commuting = picture.commuting_norm if picture.is_defined else None
    norm = float(np.sqrt(size**2 + picture.decay_norm**2))
    noise = picture.noise + basis_noise(generator, state)
    return DetailedBalance(jump, picture.noncommuting_norm, commuting, modular, norm if norm > 0 else 1.0, size, noise)


def basis_noise(generator: Generator, state: StationaryState | DensityMatrix | ArrayLike) -> float:
    """What an error of the eigenbasis of the state makes of a Hamiltonian that commutes with the exact one."""
    if not isinstance(state, StationaryState) or state.density.basis is None:
        return 0.0
    if all(isinstance(part.kind, Secular | Rates) for part in generator.dissipators):
        # The basis stays within levels, where the Hamiltonian is a number.
        return 0.0
    spread = float(np.ptp(generator.spectrum.energies))
    return float(np.sqrt(2) * generator.dimension * spread * state.relative_accuracy)


def jump_norms(picture: Symmetrised) -> tuple[float, float, float]:
    """Norms `||(C - C')/2||`, `||[ad_h, C]||` and `||C||` of the jump part, group by group."""
    norms = np.array([_norms(group) for group in picture.groups] or [(0.0, 0.0, 0.0)])
    jump, modular, size = np.sqrt(np.sum(norms**2, axis=0))
    single = picture.singles
    jump = np.hypot(jump, 0.5 * np.linalg.norm(single.forward - single.backward))
    return float(jump), float(modular), float(np.hypot(size, np.linalg.norm(single.forward)))


def _norms(group: JumpGroup) -> tuple[float, float, float]:
    """The same norms of one group from one thin QR."""
    K = group.forward.shape[1]
    twisted = group.frequency[:, None] * group.forward
    R: ComplexArray = np.asarray(np.linalg.qr(np.hstack([group.forward, group.backward, twisted]), mode="r"))
    a, b, t = R[:, :K], R[:, K : 2 * K], R[:, 2 * K :]
    signed = a * group.signs
    jump = 0.5 * (signed @ a.conj().T - (b * group.signs) @ b.conj().T)
    modular = (t * group.signs) @ a.conj().T - signed @ t.conj().T
    return float(np.linalg.norm(jump)), float(np.linalg.norm(modular)), float(np.linalg.norm(signed @ a.conj().T))
