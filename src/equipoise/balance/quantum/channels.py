"""Detailed balance of a channel: its Petz dual, how far it is from it, and the generator that stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, hermitian_matrix, require, square_matrix
from equipoise._printed import amount, described
from equipoise.balance.quantum.modular import kms_but_not_gns
from equipoise.balance.quantum.parts import verdict
from equipoise.balance.quantum.symmetrised import symmetrised
from equipoise.fluxes import at_state
from equipoise.generators import Channel, Generator, kraus_channel, lindbladian
from equipoise.generators.generator import require_channel
from equipoise.provenance import Provenance
from equipoise.stationary.support import Support
from equipoise.tolerances import CHANNEL, TRACE

_EMPTY = 1e-14
"""An eigenvalue of a state below this is empty."""


@dataclass(frozen=True, kw_only=True)
class ChannelBalance:
    """How far a channel is from detailed balance with respect to a state sigma, split by cause.

    Hilbert-Schmidt norms in the symmetrised picture `That = sigma^(1/4) T(sigma^(-1/4) . sigma^(-1/4)) sigma^(1/4)`
    (Heisenberg). With `K_k = Lambda_k + c_k`, Lambda_k traceless, `That(X) = sum Lambda^+ X Lambda + G^+ X + X G` as
    for a generator, and

        ||(That - That^dagger)/2||^2 = jump^2 + noncommuting^2 + commuting^2   (exactly).

    Parameters
    ----------
    jump : float
        Antisymmetric part of the traceless part of the Kraus operators.
    noncommuting, commuting : float
        Antisymmetric part of G between unequal and equal weights of sigma; the commuting one is a rotation that
        leaves sigma as it is (to first order in its angle).
    exchange : float
        How much the symmetric part joins unequal modular frequencies: its distance from the nearest map that commutes
        with the modular flow.
    stationarity : float
        `||T(sigma) - sigma||`.
    norm : float
        `||That||`, to which the residuals are relative.
    noise, exchange_noise : float
        Errors of the residuals, from rounding of the Kraus operators and of the state; `exchange_noise` of `exchange`
        alone, where rounding leaves open which modular frequencies are equal.
    support : Support or None
        Of the state, to which the channel was restricted; None if it has full rank.
    """

    jump: float
    noncommuting: float
    commuting: float
    exchange: float
    stationarity: float
    norm: float
    noise: float = 0.0
    exchange_noise: float = 0.0
    support: Support | None = None

    @property
    def kms(self) -> float:
        """Relative residual of KMS detailed balance: the channel is its own Petz dual."""
        return float(np.sqrt(self.jump**2 + self.noncommuting**2 + self.commuting**2)) / self.norm

    @property
    def gns(self) -> float:
        """Relative distance to the nearest map in GNS detailed balance: KMS, and commuting with the modular flow."""
        return float(np.hypot(self.kms, self.exchange / self.norm))

    def __repr__(self) -> str:
        noise = self.noise / self.norm
        words = [verdict(self.kms, noise), verdict(self.gns, noise + self.exchange_noise / self.norm)]
        facts = [
            ("KMS", f"{words[0]}: {self.kms:.3g}, relative to the norm {amount(self.norm)}"),
            ("GNS", f"{words[1]}: {self.gns:.3g}"),
            ("jumps", f"{self.jump:.3g}, antisymmetric"),
            ("coherent", f"{self.noncommuting:.3g} between unequal weights, {self.commuting:.3g} between equal ones"),
            ("exchange", f"{self.exchange:.3g} between modular frequencies, breaks GNS only"),
            ("noise", f"{noise:.1g}, relative"),
            ("stationarity", f"{self.stationarity:.3g}, ||T(sigma) - sigma||"),
        ]
        if self.support is not None:
            facts.append(("state", str(self.support)))
        return described("detailed balance of a channel", *facts)


def petz_dual(channel: Channel, state: ArrayLike) -> Channel:
    """The KMS dual of a channel, which is its Petz recovery map: Kraus operators `s^(1/2) K^dagger s^(-1/2)`.

    Parameters
    ----------
    channel : Channel
    state : array_like, shape (d, d)
        In the given basis: full rank, and left as it is by the channel, without which the dual does not preserve
        the trace.

    Returns
    -------
    Channel

    Raises
    ------
    InputError
        A state that is not full rank or not stationary (with the residual).

    References
    ----------
    Petz (1988); Crooks (2008).

    Examples
    --------
    A channel in detailed balance is its own dual:

    >>> from equipoise.generators import kraus_channel
    >>> flip = kraus_channel([0.8 * np.eye(2), 0.6 * np.array([[0, 1], [1, 0]])])
    >>> dual = petz_dual(flip, np.eye(2) / 2)
    >>> bool(np.allclose(dual.superoperator(), flip.superoperator(), atol=1e-14))
    True
    """
    require_channel(channel)
    sigma = _unit_trace(channel, state)
    weights, basis = np.linalg.eigh(sigma)
    require(
        float(weights[0]) > _EMPTY,
        "state",
        "have full rank",
        f"its least weight is {weights[0]:.3g}",
        "The dual has no value outside the support of the state: restrict the channel to it.",
    )
    residual = float(np.linalg.norm(channel.apply(sigma) - sigma))
    require(
        residual <= CHANNEL,
        "state",
        "be left as it is by the channel",
        f"||T(sigma) - sigma|| = {residual:.3g}",
        "fixed_point(channel) gives the state that is.",
    )
    elements = basis.conj().T @ channel.kraus @ basis
    root = np.sqrt(weights)
    dual = (root[:, None] / root[None, :]) * elements.conj().transpose(0, 2, 1)
    return kraus_channel(list(basis @ dual @ basis.conj().T))


def channel_balance(channel: Channel, state: ArrayLike) -> ChannelBalance:
    """Residuals of KMS and GNS detailed balance of a channel, T' = T, and their split by cause; O(K^2 d^2 + K d^3).

    Parameters
    ----------
    channel : Channel
    state : array_like, shape (d, d)
        In the given basis; `fixed_point(channel)`, or any candidate. One without full rank restricts the channel to its
        support.

    Returns
    -------
    ChannelBalance

    Raises
    ------
    InputError
        A state of the wrong shape, not Hermitian, of trace other than 1, or with a support that the channel leaves.

    Examples
    --------
    A step of the cyclic chain, 0 -> 1 -> 2 -> 0 with certainty, is as far from its reverse as can be:

    >>> from equipoise.generators import kraus_channel
    >>> cycle = kraus_channel([np.diag(v)[:, [2, 0, 1]] for v in np.eye(3)])
    >>> found = channel_balance(cycle, np.eye(3) / 3)
    >>> round(found.jump**2, 12), round(found.kms**2, 12)
    (1.5, 0.5)
    """
    require_channel(channel)
    sigma = _unit_trace(channel, state)
    d = channel.dimension
    picture = symmetrised(at_state(lindbladian(np.zeros((d, d)), list(channel.kraus)), sigma))
    exchange, unresolved = kms_but_not_gns(picture)
    # T is its generator T - 1 and the identity, which goes to G. <Lambda^+ X Lambda, G^+ X + X G> vanishes for
    # traceless Lambda; the rest of the norm is that of G (+) G.
    G = picture.effective + 0.5 * np.eye(picture.dimension)
    rest2 = 2 * picture.dimension * float(np.linalg.norm(G)) ** 2 + 2 * float(abs(np.trace(G)) ** 2)
    return ChannelBalance(
        jump=picture.antisymmetric_jump_norm,
        noncommuting=picture.noncommuting_norm,
        commuting=picture.commuting_norm,
        exchange=exchange.total,
        stationarity=float(np.linalg.norm(channel.apply(sigma) - sigma)),
        norm=float(np.hypot(picture.jump_norm, np.sqrt(rest2))),
        noise=picture.noise.total,
        exchange_noise=unresolved.total,
        support=picture.pair.support,
    )


def _unit_trace(channel: Channel, state: ArrayLike) -> ComplexArray:
    sigma = hermitian_matrix(state, "state", channel.dimension)
    trace = float(np.trace(sigma).real)
    require(abs(trace - 1) <= TRACE, "state", "have trace 1", f"has trace {trace:.12g}", "Divide it by its trace.")
    return sigma


def generator_of_channel(kraus_operators: Channel | Sequence[object]) -> Generator:
    """The generator `T - 1` of a channel `T(rho) = sum_k K_k rho K_k^dagger` (of its Poisson process, at rate one).

    The identity is self-adjoint in every inner product, so the channel is in detailed balance in a metric if and
    only if `T - 1` is, with the same residual; the fixed points of T are the stationary states, and `dual` has
    the Petz map for its channel. For collision models, Floquet maps and measured process maps.

    Parameters
    ----------
    kraus_operators : Channel, or sequence of array_like, each of shape (d, d)

    Returns
    -------
    Generator

    Raises
    ------
    InputError
        If the map does not preserve the trace.

    References
    ----------
    Petz (1984).

    Examples
    --------
    >>> from equipoise.balance import detailed_balance
    >>> flip = generator_of_channel([np.sqrt(0.9) * np.eye(2), np.sqrt(0.1) * np.array([[0, 1], [1, 0]])])
    >>> detailed_balance(flip, np.eye(2) / 2).kms.is_satisfied()
    True
    """
    if isinstance(kraus_operators, Channel):
        kraus_operators = list(kraus_operators.kraus)
    require(len(kraus_operators) > 0, "kraus_operators", "hold at least one operator", "is empty")
    first = square_matrix(kraus_operators[0], "kraus_operators[0]")
    d = len(first)
    stack = [square_matrix(K, f"kraus_operators[{k}]", d) for k, K in enumerate(kraus_operators)]
    defect = np.abs(sum(K.conj().T @ K for K in stack) - np.eye(d))
    i, j = np.unravel_index(int(np.argmax(defect)), defect.shape)
    require(
        float(defect[i, j]) <= TRACE,
        "kraus_operators",
        f"preserve the trace, sum K^dagger K = 1 to {TRACE:.0e}",
        f"it differs by {defect[i, j]:.3g} at element [{i}, {j}]",
        "Jump operators of a generator go to lindbladian.",
    )
    return replace(lindbladian(np.zeros((d, d)), stack), provenance=Provenance("channel minus identity"))
