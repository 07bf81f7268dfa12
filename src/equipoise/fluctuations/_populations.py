r"""Expansion of the stationary populations in the forces, where they obey a rate equation of their own.

For the out-processes j -> i of one reservoir let F = W_out p_j, B = W_in p_i be the flows there and back, T their
mean and D = F - B (zero at equilibrium). With phi = d log p, its mean `phi_m` and its difference `dphi = phi_j - phi_i`
the net flow changes by ::

    delta_a      = T (dphi_a - u_a) + D (phi_m,a + h u_a),
    delta_ab     = u_a (h (T dphi_b + D phi_m,b) - T phi_m,b - D dphi_b / 4) + (a <-> b) + 2 h u_a u_b (h D - T)
                   + T dphi_ab + D phi_m,ab,

u and h of `RateDerivatives` (u = 0 for the forces of other reservoirs; `phi_ab = p_ab / p`). At equilibrium this is a
network of conductances T with electromotive forces u: phi is found on it without forming a difference of rates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from equipoise._checks import Array, RealArray
from equipoise.fluctuations._expansion import AbstractExpansion
from equipoise.fluctuations.rate_slopes import RateDerivatives, rate_derivatives
from equipoise.generators import FrequencyResolved, Generator
from equipoise.linalg.potentials import Potentials
from equipoise.stationary import DensityMatrix

_E, _N = 0, 1

_ROWS = 256
"""Rows of a table of transitions treated at once where one table is needed for each force."""


@dataclass(frozen=True, eq=False)
class Edges:
    """The out-processes of one reservoir: logarithms of the flows there and back, [i, j] for the out-process j -> i."""

    log_out: RealArray
    log_in: RealArray
    rates: RateDerivatives

    def tables(self, reference: Array, *, balanced: bool) -> tuple[RealArray, RealArray | float]:
        """T and D in units of `exp(reference)`; D is the number 0 at equilibrium."""
        forward = np.exp(self.log_out - reference)
        if balanced:
            return forward, 0.0
        backward = np.exp(self.log_in - reference)
        return 0.5 * (forward + backward), forward - backward


@dataclass(frozen=True, eq=False)
class PopulationExpansion(AbstractExpansion):
    """Expansion of a stationary state that is diagonal: see the module."""

    generator: Generator
    density: DensityMatrix
    is_equilibrium: bool
    edges: tuple[Edges, ...] = field(init=False)

    def __post_init__(self) -> None:
        log_p = self.density.log_weights
        parts = enumerate(self.generator.dissipators)
        edges = tuple(_edges(part.representation, log_p, rate_derivatives(self.generator, r)) for r, part in parts)
        object.__setattr__(self, "edges", edges)

    @cached_property
    def _tables(self) -> list[tuple[RealArray, RealArray | float]]:
        return [edges.tables(np.zeros(1), balanced=self.is_equilibrium) for edges in self.edges]

    def is_balanced(self, tolerance: float) -> bool:
        """Whether every transition carries, relative to its activity, no more net flow than a tolerance."""
        return all(bool(np.all(np.abs(D) <= tolerance * 2 * T)) for T, D in self._tables)

    @cached_property
    def _gaps(self) -> RealArray:
        energies = self.generator.spectrum.state_energies
        return np.asarray(energies[None, :] - energies[:, None])

    @cached_property
    def zeroth(self) -> RealArray:
        """Flows at the reference."""
        return self._flows_of(iter([np.broadcast_to(D, self._gaps.shape) for _, D in self._tables]))

    def _flows_of(self, net: Iterator[RealArray]) -> RealArray:
        """Energy and particle flows of tables of net out-flows, one for each reservoir."""
        flows = np.array([(float(np.vdot(self._gaps, table)), float(table.sum())) for table in net])
        return np.asarray(-flows.T.ravel())

    # The network: one factorisation serves every force and order.

    @cached_property
    def _order(self) -> np.ndarray:
        """States from the most to the least populated, which is eliminated first."""
        return np.argsort(-self.density.log_weights, kind="stable")

    @cached_property
    def _exits(self) -> RealArray:
        """Logarithm of the total rate out of each state."""
        leaving = [np.logaddexp(_log_sum(e.log_out, 0), _log_sum(e.log_in, 1)) for e in self.edges]
        total = np.logaddexp.reduce(leaving)
        # A single level has no exit, and any unit of its flows will do.
        return np.asarray(np.where(np.isneginf(total), 0.0, total) - self.density.log_weights)

    @cached_property
    def _reversed_chain(self) -> RealArray:
        """`V[j, i]`: probability that a step into state i, read backwards, leads to j; columns sum to one."""
        chain = np.zeros(self._gaps.shape)
        reference = (self._exits + self.density.log_weights)[:, None]
        for edges in self.edges:
            chain += np.exp(edges.log_out - reference)
            chain += np.exp(edges.log_in.T - reference)
        return np.asarray(chain.T)

    @cached_property
    def _solver(self) -> Potentials:
        return Potentials(self._reversed_chain[np.ix_(self._order, self._order)])

    def _potentials(self, sources: RealArray) -> RealArray:
        """`phi` of populations fed with `sources` (k, d), given relative to p times the exit rate; mean zero."""
        phi = np.empty_like(sources)
        phi[:, self._order] = self._solver.solve(sources[:, self._order])
        return np.asarray(phi - (phi @ np.exp(self.density.log_weights))[:, None])

    def _relative_tables(self) -> Iterator[tuple[int, int, float, tuple[RealArray, RealArray | float]]]:
        """For each reservoir, T and D in units of the exits of the states that out-processes lead to, and come from.

        With the axis over which a net flow is summed to what feeds those states, and the sign of the sum.
        """
        reference = self._exits + self.density.log_weights
        for r, edges in enumerate(self.edges):
            for axis, sign, unit in ((1, 1.0, reference[:, None]), (0, -1.0, reference[None, :])):
                yield r, axis, sign, edges.tables(unit, balanced=self.is_equilibrium)

    @cached_property
    def first(self) -> RealArray:
        """`phi = d log p` for each force, shape (2R, d)."""
        R, d = self.reservoirs, self.density.log_weights.size
        sources = np.zeros((2, R, d))
        for r, axis, sign, (T, D) in self._relative_tables():
            rates = self.edges[r].rates
            for a in (_E, _N):
                sources[a, r] += sign * (rates.half[a] * D - rates.weights[a] * T).sum(axis=axis)
        phi = self._potentials(sources.reshape(2 * R, d))
        return phi + self._potentials(self._residuals(phi)) if self.is_equilibrium else phi

    def _residuals(self, phi: RealArray) -> RealArray:
        """Sources that potentials leave over at equilibrium, (2R, d), from what each transition still dissipates.

        Parts that hardly exchange anything float against each other by the round-off of all that is exchanged within
        them. But within them the emf is met by the potentials, and what is left of it has the digits that tell.
        """
        R, sources = self.reservoirs, np.zeros_like(phi)
        for r, axis, sign, (T, _) in self._relative_tables():
            for force, potential in enumerate(phi):
                losses = potential[:, None] - potential[None, :]
                if force % R == r:
                    losses += self.edges[r].rates.weights[force // R]
                sources[force] -= sign * np.einsum("ij,ij->i" if axis == 1 else "ij,ij->j", T, losses)
        return sources

    def populations(self, derivative: Array) -> RealArray:
        """`dp = p phi`."""
        return np.asarray(np.exp(self.density.log_weights) * derivative)

    def flows(self) -> RealArray:
        """First derivative of the flows: each flow read where it flows."""
        R = self.reservoirs
        result = np.zeros((2, R, 2, R))
        for r, (edges, (T, D)) in enumerate(zip(self.edges, self._tables, strict=True)):
            for y, carried in ((_E, self._gaps), (_N, None)):
                yT = T if carried is None else T * carried
                yD = D if carried is None else D * carried
                response = yT.sum(axis=0) - yT.sum(axis=1)
                if not self.is_equilibrium:
                    response = response + 0.5 * (np.sum(yD, axis=0) + np.sum(yD, axis=1))
                result[y, r] -= (self.first @ response).reshape(2, R)
                for a in (_E, _N):
                    result[y, r, a, r] += float(np.vdot(edges.rates.weights[a], yT))
                    result[y, r, a, r] -= 0.0 if self.is_equilibrium else float(np.vdot(edges.rates.half[a], yD))
        return np.asarray(result.reshape(2 * R, 2 * R))

    def matrix(self) -> RealArray:
        """At equilibrium the dissipated power `sum T (u_a - dphi_a)(u_b - dphi_b)`: no term of it is negative.

        An error of phi enters it squared, and `first` corrects phi once: conductances that are 1e-18 of what a
        reservoir exchanges with the system (weak links, cold bottlenecks) keep their digits.
        """
        if not self.is_equilibrium:
            return self.flows()
        R, d = self.reservoirs, self.density.log_weights.size
        total = np.zeros((2 * R, 2 * R))
        for start in range(0, d, _ROWS):
            rows = slice(start, min(start + _ROWS, d))
            drops = self.first[:, rows, None] - self.first[:, None, :]
            for r, (edges, (T, _)) in enumerate(zip(self.edges, self._tables, strict=True)):
                losses = drops.copy()
                losses[r] += edges.rates.weights[_E, rows]
                losses[R + r] += edges.rates.weights[_N, rows]
                losses *= np.sqrt(T[rows])
                flat = losses.reshape(2 * R, -1)
                total += flat @ flat.T
        return total

    def exchange(self) -> RealArray:
        """`sum T u_a^2`."""
        pairs = zip(self.edges, self._tables, strict=True)
        return np.array([[float(np.vdot(T, u**2)) for u in edges.rates.weights] for edges, (T, _) in pairs]).T.ravel()

    def _net(self, r: int, forces: RealArray, phi: RealArray) -> RealArray:
        """First change of the net out-flows of a reservoir."""
        edges, (T, D) = self.edges[r], self._tables[r]
        u, h = _combined(edges.rates, forces, r)
        drop, mean = _across(phi)
        return np.asarray(T * (drop - u) + D * (mean + h))

    def microcurrents(self, forces: RealArray) -> RealArray:
        """Change of the microcurrents to first order."""
        phi = forces @ self.first
        net = np.array([self._net(r, forces, phi) for r in range(self.reservoirs)])
        return self._between_levels(net - net.transpose(0, 2, 1))

    def second(self, first: RealArray, second: RealArray) -> tuple[Array, RealArray]:
        """`p_ab / p` and the second derivative of the flows along two directions."""
        between = ~np.eye(self.density.log_weights.size, dtype=bool)
        for r, edges in enumerate(self.edges):
            self._refuse_jump_of_dephasing(r, edges.rates.still[between], (first, second))
        a, b = first @ self.first, second @ self.first
        source = np.zeros_like(a)
        for r, axis, sign, tables in self._relative_tables():
            source += sign * self._second_net(r, tables, (first, second), (a, b)).sum(axis=axis)
        phi = self._potentials(source[None])[0]
        drop, mean = _across(phi)
        net_flows = (
            self._second_net(r, tables, (first, second), (a, b)) + tables[0] * drop + tables[1] * mean
            for r, tables in enumerate(self._tables)
        )
        return phi, self._flows_of(net_flows)

    def _second_net(
        self,
        r: int,
        tables: tuple[RealArray, RealArray | float],
        directions: tuple[RealArray, RealArray],
        phi: tuple[RealArray, RealArray],
    ) -> RealArray:
        """Second change of the net out-flows at fixed second change of the populations."""
        T, D = tables
        rates = self.edges[r].rates
        u, h = zip(*(_combined(rates, forces, r) for forces in directions), strict=True)
        total = -2 * T * h[0] * u[1] + 2 * D * h[0] * h[1]
        for this, other in ((0, 1), (1, 0)):
            drop, mean = _across(phi[other])
            total = total + h[this] * (T * drop + D * mean) - u[this] * (T * mean + 0.25 * D * drop)
        return np.asarray(total)


def _across(phi: RealArray) -> tuple[RealArray, RealArray]:
    """`phi_j - phi_i` and the mean of the two at [i, j], for the out-process j -> i."""
    return phi[None, :] - phi[:, None], 0.5 * (phi[None, :] + phi[:, None])


def _combined(rates: RateDerivatives, forces: RealArray, r: int) -> tuple[RealArray, RealArray]:
    """`u` and `h u` of a direction of the space of forces, as reservoir r feels it."""
    own = forces.reshape(2, -1)[:, r]
    return np.tensordot(own, rates.weights, 1), np.tensordot(own, rates.half, 1)


def _edges(kind: object, log_p: RealArray, rates: RateDerivatives) -> Edges:
    assert isinstance(kind, FrequencyResolved)
    assert kind.reverse is not None
    out = kind.out_operators
    log_out = np.logaddexp.reduce([kind.log_transition_rates[k] for k in out])
    log_in = np.logaddexp.reduce([kind.log_transition_rates[kind.reverse[k]].T for k in out])
    np.fill_diagonal(log_out, -np.inf)
    np.fill_diagonal(log_in, -np.inf)
    return Edges(log_out + log_p[None, :], log_in + log_p[:, None], rates)


def _log_sum(table: RealArray, axis: int) -> RealArray:
    """Logarithm of the sum of exponentials, -inf where there is nothing."""
    top = table.max(axis=axis, keepdims=True)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(table - safe).sum(axis=axis)) + np.squeeze(safe, axis))
