"""A measured map in the symmetrised picture of a state, with the covariance of any of its linear components.

The state is given without error, or is the stationary state of the estimate, whose error comes from the same data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, RealArray, hermitian_matrix, require
from equipoise.tolerances import EQUAL_WEIGHTS, TRACE
from equipoise.tomography.estimates import AbstractEstimate, ChannelEstimate, hermitian_basis

UNRESOLVED = 4.0
"""Two weights closer than so many standard errors count as equal: the test then asks for less, never for more."""

CURVED = 0.3
"""Two weights count as equal, too, where their eigenvectors are so uncertain that the second order of that rotation
shifts a component by more than this many standard errors: the first order would not do."""


@dataclass(frozen=True, eq=False, kw_only=True)
class MeasuredMap:
    """An estimate in the eigenbasis of a reference state.

    Parameters
    ----------
    basis : ComplexArray, shape (d, d)
        Eigenvectors of the state in the given basis, as columns.
    weights : RealArray, shape (d,)
    transfer : RealArray, shape (d^2, d^2)
        Schroedinger, in the Hermitian basis of the eigenbasis.
    covariance : RealArray, shape (d^4, d^4)
        Of `transfer`.
    is_channel, is_stationary : bool
        `is_stationary`: the state is that of the estimate.
    """

    basis: ComplexArray
    weights: RealArray
    transfer: RealArray
    covariance: RealArray
    is_channel: bool
    is_stationary: bool

    @property
    def dimension(self) -> int:
        """Dimension d of the Hilbert space."""
        return len(self.weights)

    @property
    def state(self) -> RealArray:
        """The state in the Hermitian basis: its weights, then zeros for the coherences, shape (d^2,)."""
        return np.concatenate([self.weights, np.zeros(self.dimension * (self.dimension - 1))])

    @property
    def change(self) -> RealArray:
        """What the map adds to a state, shape (d^2, d^2)."""
        return self.transfer - np.eye(len(self.transfer)) if self.is_channel else self.transfer

    @cached_property
    def scales(self) -> RealArray:
        """`(s_i s_j)^(1/4)` of each element of the Hermitian basis, shape (d^2,)."""
        d = self.dimension
        i, j = np.triu_indices(d, 1)
        return np.concatenate([np.sqrt(self.weights), np.repeat((self.weights[i] * self.weights[j]) ** 0.25, 2)])

    @cached_property
    def symmetrised(self) -> RealArray:
        """Heisenberg map in the symmetrised picture: `R[a, b] = g_a S[b, a] / g_b`."""
        return np.asarray(self.scales[:, None] * self.transfer.T / self.scales[None, :])

    @cached_property
    def state_response(self) -> RealArray:
        """Change of the stationary state with `transfer`, `d sigma = -L^D dL sigma`, shape (d^2, d^4)."""
        n, v = len(self.transfer), self.state
        if not self.is_stationary:
            return np.zeros((n, n * n))
        # |sigma>><<1|: the trace has a one where the state has a weight. It stays out, for no error may change it.
        outer = np.outer(v, v > 0)
        inverse = np.linalg.inv(self.change + outer) - outer
        return np.asarray(-(inverse[:, :, None] * v[None, None, :]).reshape(n, n * n))

    @cached_property
    def log_weight_covariance(self) -> RealArray:
        """Covariance of the logarithms of the weights, shape (d, d)."""
        d = self.dimension
        J = self.state_response[:d] / self.weights[:, None]
        return np.asarray(J @ self.covariance @ J.T)

    def equal_weights(self) -> np.ndarray:
        """Whether two weights count as equal, within round-off or within their errors, shape (d, d)."""
        h, C = -np.log(self.weights), self.log_weight_covariance
        variance = np.diag(C)[:, None] + np.diag(C)[None, :] - 2 * C
        near = np.abs(h[:, None] - h[None, :]) <= np.maximum(
            EQUAL_WEIGHTS, UNRESOLVED * np.sqrt(np.maximum(variance, 0))
        )
        near = near | (self._rotations() * np.abs(self.symmetrised).max() > CURVED * self._typical_error())
        for k in range(self.dimension):
            # Two weights that equal a third count as equal to each other: equality makes blocks.
            near = near | (near[:, k][:, None] & near[k][None, :])
        return np.asarray(near)

    def _rotations(self) -> RealArray:
        """Mean squared angle by which the errors turn each pair of eigenvectors, shape (d, d)."""
        d = self.dimension
        variance = np.einsum("ca,ab,cb->c", self.state_response, self.covariance, self.state_response, optimize=True)
        i, j = np.triu_indices(d, 1)
        angles = np.zeros((d, d))
        gaps = np.maximum(np.abs(self.weights[i] - self.weights[j]), np.finfo(float).tiny ** 0.25)
        angles[i, j] = 0.5 * (variance[d::2] + variance[d + 1 :: 2]) / gaps**2
        return np.asarray(angles + angles.T)

    def _typical_error(self) -> float:
        """Root mean square error of an element in the symmetrised picture."""
        variance = np.diag(self.covariance).reshape(self.transfer.shape)
        scaled = (self.scales[None, :] / self.scales[:, None]) ** 2 * variance
        return float(np.sqrt(np.mean(np.maximum(scaled, 0.0))))

    def kept_frequencies(self, equal: np.ndarray) -> np.ndarray:
        """Whether two modular frequencies count as equal, [k, l, i, j], shape (d, d, d, d)."""
        d = self.dimension
        # Weights of one block count as equal exactly.
        block = np.array([np.nonzero(equal[i])[0] for i in range(d)], dtype=object)
        average = np.array([[1.0 / len(block[i]) if equal[i, j] else 0.0 for j in range(d)] for i in range(d)])
        h, C = average @ -np.log(self.weights), average @ self.log_weight_covariance @ average.T
        one = np.eye(d)
        signs = (
            one[:, None, None, None, :]
            - one[None, :, None, None, :]
            - one[None, None, :, None, :]
            + one[None, None, None, :, :]
        )
        variance = np.einsum("klija,ab,klijb->klij", signs, C, signs, optimize=True)
        mismatch = np.abs(signs @ h)
        return np.asarray(mismatch <= np.maximum(EQUAL_WEIGHTS, UNRESOLVED * np.sqrt(np.maximum(variance, 0))))

    def components(self, rows: RealArray, equal: np.ndarray) -> tuple[RealArray, RealArray]:
        """`Tr[Q_r^T R]` of each row Q_r and their covariance, the error of the state included.

        Parameters
        ----------
        rows : RealArray, shape (p, d^2, d^2)
        equal : ndarray of bool, shape (d, d)
            Pairs of states between which the eigenbasis is held fixed; elsewhere it turns with the state.
        """
        p, n, _ = rows.shape
        values = np.einsum("rab,ab->r", rows, self.symmetrised)
        g = self.scales
        J = (rows * (g[:, None] / g[None, :])).transpose(0, 2, 1).reshape(p, n * n)
        if self.is_stationary:
            turned = np.array([W @ self.symmetrised - self.symmetrised @ W for W in self._tilts(equal)])
            J = J + np.einsum("rab,cab->rc", rows, turned, optimize=True) @ self.state_response
        return values, np.asarray(J @ self.covariance @ J.T)

    def _tilts(self, equal: np.ndarray) -> RealArray:
        """`d(V) V^(-1)` for `V(X) = s^(1/4) U^+ X U s^(1/4)` and each element E_c of a change of the state."""
        d = self.dimension
        s = self.weights
        quarter = s**0.25
        gap = s[:, None] - s[None, :]
        # (s_i^(1/4) - s_j^(1/4))/(s_i - s_j) without a difference of near numbers.
        q, r = quarter[:, None], quarter[None, :]
        divided = 1 / ((q + r) * (q**2 + r**2))
        held = divided / r
        with np.errstate(divide="ignore", invalid="ignore"):
            turning = np.where(gap == 0, 0.0, q / r / np.where(gap == 0, 1.0, gap))
        factor = np.where(equal, held, turning)
        T = hermitian_basis(d)
        one = np.eye(d)
        tilts = []
        for column in T.T:
            N = factor * column.reshape(d, d)
            tilts.append((T.conj().T @ (np.kron(N, one) + np.kron(one, N.conj())) @ T).real)
        return np.array(tilts)


def measured(estimate: AbstractEstimate, state: ArrayLike | None) -> MeasuredMap:
    """An estimate in the eigenbasis of a given state, or of its own stationary state."""
    d = estimate.dimension
    T = hermitian_basis(d)
    if state is None:
        sigma = _stationary(estimate)
    else:
        sigma = hermitian_matrix(state, "state", d)
        trace = float(np.trace(sigma).real)
        require(abs(trace - 1) <= TRACE, "state", "have trace 1", f"has trace {trace:.12g}", "Divide it by its trace.")
    weights, U = np.linalg.eigh(sigma)
    weights, U = weights[::-1], U[:, ::-1]
    if weights[-1] <= 1e-12:
        which = "The stationary state of the estimate" if state is None else "Argument `state`"
        raise InputError(
            f"{which} must have full rank, but its least weight is {weights[-1]:.3g}. Detailed balance weighs by the "
            "state: measure more, restrict the map to the support, or name a reference state of full rank."
        )
    turn = (T.conj().T @ np.kron(U.conj().T, U.T) @ T).real
    n = d * d
    transfer = turn @ estimate.transfer @ turn.T
    C = estimate.covariance.reshape(n, n, n, n)
    for axis in range(4):
        C = np.moveaxis(np.tensordot(turn, C, axes=(1, axis)), 0, axis)
    return MeasuredMap(
        basis=U,
        weights=weights,
        transfer=transfer,
        covariance=C.reshape(n * n, n * n),
        is_channel=isinstance(estimate, ChannelEstimate),
        is_stationary=state is None,
    )


def _stationary(estimate: AbstractEstimate) -> ComplexArray:
    d = estimate.dimension
    n = d * d
    _, values, right = np.linalg.svd(estimate.change)
    require(
        bool(values[-2] > 1e-9 * values[0]) if n > 1 else True,
        "estimate",
        "have one stationary state",
        f"its second smallest singular value is {values[-2]:.3g} of {values[0]:.3g}",
        "Name the reference state.",
    )
    sigma = (hermitian_basis(d) @ right[-1]).reshape(d, d)
    return np.asarray(sigma / np.trace(sigma))
