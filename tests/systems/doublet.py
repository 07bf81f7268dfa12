"""V and Lambda systems with a degenerate doublet: a stationary state with coherence, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import Generator, Ohmic, Reservoir, bose_einstein, weak_coupling
from equipoise.systems import models
from systems.formulas import bose, ohmic_rate


@dataclass(frozen=True)
class Doublet:
    """One state and a doublet at distance `gap`; each reservoir couples one bright state of the doublet.

    With `|b_r>` the unnormalised bright states, `A` the rates into and `B` the rates out of the doublet, its block
    obeys `(1/2) {M, rho} = p S`, `M = sum B_r |b_r><b_r|`, `S = sum A_r |b_r><b_r|`, p the population of the single
    state. In the eigenbasis of M this is `rho_ij = 2 p S_ij / (m_i + m_j)`.
    """

    is_v: bool = True
    gap: float = 1.0
    dipoles: tuple[tuple[complex, complex], ...] = ((1.0, 0.5 + 0.3j), (0.4, -1.0))
    temperatures: tuple[float, ...] = (2.0, 0.6)
    couplings: tuple[float, ...] = (0.01, 0.02)
    cutoff: float = 10.0

    def generator(self) -> Generator:
        pairs = [
            (Reservoir(f"light {k}", bose_einstein(temperature=T), Ohmic(c, self.cutoff)), d)
            for k, (T, c, d) in enumerate(zip(self.temperatures, self.couplings, self.dipoles, strict=True))
        ]
        build = models.v_system if self.is_v else models.lambda_system
        levels = [0.0, self.gap, self.gap] if self.is_v else [0.0, 0.0, self.gap]
        return weak_coupling(build(levels, pairs), lamb_shift=False)

    def _sums(self) -> tuple[np.ndarray, np.ndarray]:
        """S and M."""
        S, M = np.zeros((2, 2), dtype=complex), np.zeros((2, 2), dtype=complex)
        for T, c, dipole in zip(self.temperatures, self.couplings, self.dipoles, strict=True):
            gamma, n = ohmic_rate(self.gap, c, self.cutoff), bose(self.gap, T)
            # V: D = |g><b| = sum d_k |g><k|, so b = d*. Lambda: D = |b><e| = sum d_k |k><e|, so b = d.
            bright = np.conj(dipole) if self.is_v else np.array(dipole)
            projector = np.outer(bright, bright.conj())
            into, out = (gamma * n, gamma * (1 + n)) if self.is_v else (gamma * (1 + n), gamma * n)
            S, M = S + into * projector, M + out * projector
        return S, M

    @property
    def density(self) -> np.ndarray:
        """Stationary state in the given basis, (g, 1, 2) for V and (1, 2, e) for Lambda."""
        S, M = self._sums()
        m, V = np.linalg.eigh(M)
        block = V @ (2 * (V.conj().T @ S @ V) / (m[:, None] + m[None, :])) @ V.conj().T
        rho = np.zeros((3, 3), dtype=complex)
        place, single = (slice(1, 3), 0) if self.is_v else (slice(0, 2), 2)
        rho[place, place], rho[single, single] = block, 1.0
        return rho / np.trace(rho)
