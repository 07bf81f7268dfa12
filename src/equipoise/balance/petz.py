"""Detailed balance of a channel: its Petz dual, and how far it is from it, split by cause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, RealArray, hermitian_matrix, require
from equipoise._printed import amount, described
from equipoise.generators import Channel, kraus_channel
from equipoise.generators.channel import CHANNEL_TOLERANCE, require_channel
from equipoise.generators.kinds import split_traces

_EQUAL_WEIGHTS = 1e-9
"""Two weights of the state are equal when their logarithms differ by less."""


@dataclass(frozen=True)
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
    modular : float
        `||[ad_h, T]||`, h = -log sigma: the failure to commute with the modular flow, unsymmetrised.
    stationarity : float
        `||T(sigma) - sigma||`.
    norm : float
        `||That||`, to which the residuals are relative.
    """

    jump: float
    noncommuting: float
    commuting: float
    modular: float
    stationarity: float
    norm: float

    @property
    def kms(self) -> float:
        """Relative residual of KMS detailed balance: the channel is its own Petz dual."""
        return float(np.sqrt(self.jump**2 + self.noncommuting**2 + self.commuting**2)) / self.norm

    @property
    def gns(self) -> float:
        """Relative residual of GNS detailed balance: KMS, and the channel commutes with the modular flow."""
        return float(np.hypot(self.kms * self.norm, self.modular)) / self.norm

    def __repr__(self) -> str:
        return described(
            "detailed balance of a channel",
            ("KMS residual", f"{self.kms:.3g}, relative to the norm {amount(self.norm)}"),
            ("GNS residual", f"{self.gns:.3g}"),
            ("jumps", f"{self.jump:.3g}, antisymmetric"),
            ("coherent", f"{self.noncommuting:.3g} between unequal weights, {self.commuting:.3g} between equal ones"),
            ("modular", f"{self.modular:.3g}"),
            ("stationarity", f"{self.stationarity:.3g}, ||T(sigma) - sigma||"),
        )


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
    weights, basis = _weights(channel, state)
    residual = _stationarity(channel, state)
    require(
        residual <= CHANNEL_TOLERANCE,
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
        In the given basis, full rank; `fixed_point(channel)`, or any candidate.

    Returns
    -------
    ChannelBalance

    Raises
    ------
    InputError
        A state of the wrong shape, not Hermitian, of trace other than 1, or not of full rank.

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
    weights, basis = _weights(channel, state)
    h = -np.log(weights)
    d = channel.dimension
    elements = basis.conj().T @ channel.kraus @ basis
    c, rest = split_traces(elements)
    one = np.eye(d)
    scaled = np.exp(0.25 * (h[:, None] - h[None, :])) * rest
    G = np.einsum("k,kij->ij", c.conj(), scaled) + 0.5 * float(np.sum(np.abs(c) ** 2)) * one
    K = len(scaled)
    forward = scaled.reshape(K, -1).T
    backward = scaled.conj().transpose(0, 2, 1).reshape(K, -1).T
    R: ComplexArray = np.asarray(np.linalg.qr(np.hstack([forward, backward]), mode="r"))
    a, b = R[:, :K], R[:, K:]
    jump = 0.5 * float(np.linalg.norm(a @ a.conj().T - b @ b.conj().T))
    size2 = float(np.linalg.norm(a @ a.conj().T)) ** 2
    # <Lambda^+ X Lambda, G^+ X + X G> vanishes for traceless Lambda; the rest of the norm is that of G (+) G.
    coherent2 = 2 * d * float(np.linalg.norm(G)) ** 2 + 2 * float(abs(np.trace(G)) ** 2)
    D = 0.5 * (G - G.conj().T)
    D = D - np.trace(D) / d * one
    equal = np.abs(h[:, None] - h[None, :]) <= _EQUAL_WEIGHTS
    root = np.sqrt(2 * d)
    return ChannelBalance(
        jump,
        float(root * np.linalg.norm(np.where(equal, 0, D))),
        float(root * np.linalg.norm(np.where(equal, D, 0))),
        _modular(elements, h),
        _stationarity(channel, state),
        float(np.sqrt(size2 + coherent2)),
    )


def _modular(elements: ComplexArray, h: RealArray) -> float:
    """`||[ad_h, C]||` for `C = sum |K>><<K|`, from one QR of {K, [h, K]}."""
    K = len(elements)
    plain = elements.reshape(K, -1).T
    twisted = ((h[:, None] - h[None, :]) * elements).reshape(K, -1).T
    R: ComplexArray = np.asarray(np.linalg.qr(np.hstack([plain, twisted]), mode="r"))
    a, t = R[:, :K], R[:, K:]
    return float(np.linalg.norm(t @ a.conj().T - a @ t.conj().T))


def _weights(channel: Channel, state: ArrayLike) -> tuple[RealArray, ComplexArray]:
    sigma = hermitian_matrix(state, "state", channel.dimension)
    trace = float(np.trace(sigma).real)
    require(abs(trace - 1) <= 1e-9, "state", "have trace 1", f"has trace {trace:.12g}", "Divide it by its trace.")
    weights, basis = np.linalg.eigh(sigma)
    least = float(weights[0])
    require(
        least > 1e-14,
        "state",
        "have full rank",
        f"its least weight is {least:.3g}",
        "Restrict the channel to the support of the state.",
    )
    return weights, basis


def _stationarity(channel: Channel, state: ArrayLike) -> float:
    sigma = hermitian_matrix(state, "state", channel.dimension)
    return float(np.linalg.norm(channel.apply(sigma) - sigma))
