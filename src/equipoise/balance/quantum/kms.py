"""KMS, GNS and standard quantum detailed balance of a generator with respect to a state, and the budget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray
from equipoise._printed import amount, described
from equipoise.balance.quantum._exchange import beyond_gns
from equipoise.balance.quantum._scales import RESOLVED, Parts, ratio, verdict
from equipoise.balance.quantum._symmetrised import Symmetrised, symmetrised
from equipoise.fluxes.jumps import JumpGroup
from equipoise.generators import Generator
from equipoise.stationary import DensityMatrix, StationaryState, Support, on_support


@dataclass(frozen=True, repr=False)
class DetailedBalance:
    """How far a generator is from detailed balance with respect to a state sigma, split by cause.

    All norms are Hilbert-Schmidt norms of the generator in the symmetrised picture,
    `Lhat = sigma^(1/4) L(sigma^(-1/4) . sigma^(-1/4)) sigma^(1/4)` (Heisenberg), in the traceless gauge of the jump
    operators, and

        ||(Lhat - Lhat^dagger)/2||^2 = jump^2 + noncommuting^2 + commuting^2   (exactly).

    The relative residuals compare what the jumps break with `jump_norm` and what the coherent part breaks with
    `norm`, and add the two ratios in quadrature. Print it for the answers.

    Parameters
    ----------
    jump : float
        Antisymmetric part of the jump (completely positive) part.
    noncommuting, commuting : float or None
        Antisymmetric coherent part between unequal and equal weights of sigma. None if a coherent term does not
        exist (a divergent Lamb shift); it then commutes with sigma and enters no notion below.
    jump_exchange, coherent_exchange : float
        What of the symmetric jump part, and of the symmetric coherent part, joins unequal modular frequencies: together
        the distance of the KMS-balanced part from the nearest GNS-balanced generator, if the state is stationary.
    norm : float
        Norm of the dissipative part (of the commuting Hamiltonian where nothing dissipates).
    jump_norm : float
        Norm of the jump part alone: far below `norm` for a cold state, whose coherences decay much faster than its
        rare jumps happen.
    jump_noise, coherent_noise : float
        Rounding of the given operators, and what comes with the error of the state, in the jump part and in the
        non-commuting part: a Hamiltonian far above the rates turns a small error of its eigenbasis into a residual.
    relative_exchange_noise : float
        What of `relative_exchange` the error of the state makes, where that is above a thousandth of a weight and
        leaves open which modular frequencies are equal.
    support : Support or None
        Of the state, to which the generator was restricted; None if it has full rank.
    """

    jump: float
    noncommuting: float
    commuting: float | None
    jump_exchange: float
    coherent_exchange: float
    norm: float
    jump_norm: float
    jump_noise: float = 0.0
    coherent_noise: float = 0.0
    relative_exchange_noise: float = 0.0
    support: Support | None = None

    @property
    def relative_jump(self) -> float:
        """`jump / jump_norm`: from zero to `1/sqrt(2)`, where nothing goes back the way it came."""
        return ratio(self.jump, self.jump_norm, self.norm)

    @property
    def relative_noncommuting(self) -> float:
        """`noncommuting / norm`."""
        return ratio(self.noncommuting, self.norm)

    @property
    def relative_commuting(self) -> float | None:
        """`commuting / norm`; None if there is no such term."""
        return None if self.commuting is None else ratio(self.commuting, self.norm)

    @property
    def relative_noise(self) -> float:
        """The noise in the unit of the relative residuals: what of them it may explain."""
        return Parts(self.jump_noise, self.coherent_noise).beside(self.jump_norm, self.norm)

    @property
    def relative_gns_noise(self) -> float:
        """The noise of `gns`: to that of the others comes which modular frequencies are equal."""
        return self.relative_noise + self.relative_exchange_noise

    @property
    def is_resolved(self) -> bool:
        """Whether the relative noise is small enough, a thousandth, for a residual to decide anything."""
        return self.relative_noise <= RESOLVED

    @property
    def sqdb(self) -> float:
        """Relative residual of standard quantum detailed balance, `L - L' = 2i[K, .]` with [K, sigma] = 0."""
        return float(np.hypot(self.relative_jump, self.relative_noncommuting))

    @property
    def kms(self) -> float:
        """Relative residual of KMS detailed balance with a Hamiltonian that commutes with sigma removed."""
        return self.sqdb

    @property
    def kms_with_hamiltonian(self) -> float | None:
        """Relative residual of KMS detailed balance of the generator as it is, commuting Hamiltonian included."""
        commuting = self.relative_commuting
        return None if commuting is None else float(np.hypot(self.sqdb, commuting))

    @property
    def gns(self) -> float:
        """Relative distance to the nearest GNS-balanced generator, with the commuting Hamiltonian left free.

        As `balance_residual(generator, state, GNS()).relative_without_hamiltonian`.
        """
        return float(np.hypot(self.sqdb, self.relative_exchange))

    @property
    def exchange(self) -> float:
        """`(jump_exchange^2 + coherent_exchange^2)^(1/2)`."""
        return float(np.hypot(self.jump_exchange, self.coherent_exchange))

    @property
    def relative_exchange(self) -> float:
        """`((jump_exchange / jump_norm)^2 + (coherent_exchange / norm)^2)^(1/2)`: breaks GNS only."""
        return Parts(self.jump_exchange, self.coherent_exchange).beside(self.jump_norm, self.norm)

    def __repr__(self) -> str:
        noise = self.relative_noise
        jumps, dissipation = f"{amount(self.jump_norm)} of all jumps", f"{amount(self.norm)} of all that dissipates"
        commuting = "undefined: a Lamb shift diverges"
        if self.commuting is not None:
            commuting = f"{self.commuting:.3g} beside the same: {self.relative_commuting:.3g}, left out above"
        facts = [
            ("KMS, standard", f"{verdict(self.sqdb, noise)}: {self.sqdb:.3g}"),
            ("GNS", f"{verdict(self.gns, self.relative_gns_noise)}: {self.gns:.3g}"),
            ("jumps", f"{self.jump:.3g} beside {jumps}: {self.relative_jump:.3g}"),
            ("exchange", f"{self.exchange:.3g} between frequencies: {self.relative_exchange:.3g}, breaks GNS only"),
            ("coherent", f"{self.noncommuting:.3g} beside {dissipation}: {self.relative_noncommuting:.3g}"),
            ("commuting H", commuting),
            ("noise", f"{noise:.1g}, relative"),
        ]
        if self.support is not None:
            facts.append(("state", str(self.support)))
        return described("detailed balance of a generator with respect to a state", *facts)


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
        A state without full rank restricts the generator to its support.

    Returns
    -------
    DetailedBalance

    Raises
    ------
    InputError
        If the generator leaves the support of the state, or a dissipator is known by its action only above dimension
        32.

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
    found, density, support = on_support(generator, state)
    picture = symmetrised(found, density)
    jump, size = jump_norms(picture)
    exchange, exchange_noise = beyond_gns(picture)
    commuting = picture.commuting_norm if picture.is_defined else None
    noise = picture.noise + state_noise(picture, found, density)
    return DetailedBalance(
        jump,
        picture.noncommuting_norm,
        commuting,
        exchange.jump,
        exchange.coherent,
        picture.dissipative_norm(size),
        size,
        noise.jump,
        noise.coherent,
        exchange_noise.beside(size, picture.dissipative_norm(size)),
        support,
    )


def state_noise(picture: Symmetrised, generator: Generator, density: DensityMatrix) -> Parts:
    """What the errors of a computed state make of the residuals: those of its weights, and of its eigenvectors.

    A weight known to `dp` scales elements by `(1 + dp/p)^(1/4)`; two eigenvectors turn into each other by `dp` over
    the difference of their weights. For a cold state both are far above the accuracy of its large weights.
    """
    error = density.relative_weight_error
    if error is None:
        return Parts(0.0, 0.0)
    d = picture.dimension
    # The diagonal is not scaled.
    tilted = np.where(np.eye(d, dtype=bool), 0.0, 0.25 * (error[:, None] + error[None, :]))
    single = picture.singles
    noise = 2 * float(np.linalg.norm(tilted[single.rows, single.columns] * single.forward))
    for group in picture.groups:
        change = np.linalg.norm(tilted[group.rows, group.columns][:, None] * group.forward)
        noise += 2 * float(change * np.linalg.norm(group.forward))
    found = Parts(noise, float(np.sqrt(2 * d) * np.linalg.norm(tilted * np.abs(picture.effective))))
    if density.basis is None or generator.is_secular:
        # The basis stays within levels, where the Hamiltonian is a number.
        return found
    return found + _turned(picture, float(np.max(error * density.weights)))


def _turned(picture: Symmetrised, error: float) -> Parts:
    """Change of the residuals when the eigenvectors turn by `error` over the differences of their weights."""
    d = picture.dimension
    p = np.exp(-picture.h)
    gap = np.abs(p[:, None] - p[None, :])
    angle = np.where(picture.commutes, 0.0, error / np.maximum(gap, error))
    tilt = np.exp(0.25 * picture.frequency)
    G = np.abs(picture.effective) / tilt
    mean = 1j * float(np.trace(picture.effective).imag) / d
    own = np.diag(picture.effective) - mean
    G[np.diag_indices(d)] = 0.0
    turned = angle @ G + G @ angle + angle * np.abs(own[:, None] - own[None, :])
    coherent = float(np.sqrt(2 * d) * np.linalg.norm(np.where(picture.commutes, 0, tilt * turned)))
    noise = 0.0
    for group in picture.groups:
        for column in group.forward.T:
            L = np.zeros((d, d))
            L[group.rows, group.columns] = np.abs(column)
            L = L / tilt
            noise += 2 * float(np.linalg.norm(tilt * (angle @ L + L @ angle)) * np.linalg.norm(column))
    return Parts(noise, coherent)


def jump_norms(picture: Symmetrised) -> tuple[float, float]:
    """Norms `||(C - C')/2||` and `||C||` of the jump part, group by group."""
    norms = np.array([_norms(group) for group in picture.groups] or [(0.0, 0.0)])
    jump, size = np.sqrt(np.sum(norms**2, axis=0))
    single = picture.singles
    jump = np.hypot(jump, 0.5 * np.linalg.norm(single.forward - single.backward))
    return float(jump), float(np.hypot(size, np.linalg.norm(single.forward)))


def _norms(group: JumpGroup) -> tuple[float, float]:
    """The same norms of one group from one thin QR."""
    K = group.forward.shape[1]
    R: ComplexArray = np.asarray(np.linalg.qr(np.hstack([group.forward, group.backward]), mode="r"))
    a, b = R[:, :K], R[:, K:]
    signed = a * group.signs
    jump = 0.5 * (signed @ a.conj().T - (b * group.signs) @ b.conj().T)
    return float(np.linalg.norm(jump)), float(np.linalg.norm(signed @ a.conj().T))
