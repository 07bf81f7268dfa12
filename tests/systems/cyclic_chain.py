"""Three states in a ring with the rate a one way round and b the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise import Generator, Reservoir, Verdict, rate_equation


@dataclass(frozen=True)
class CyclicChain:
    """By symmetry p = 1/3, the current is (a - b)/3 on each edge and the affinity 3 log(a/b)."""

    forward: float = 2.0
    backward: float = 1.0
    name: str | None = None
    has_energies: bool = False

    def generator(self) -> Generator:
        a, b = self.forward, self.backward
        # W[i, j] is the rate j -> i.
        W = [[0, b, a], [a, 0, b], [b, a, 0]]
        energies = [0.0, 0.0, 0.0] if self.has_energies else None
        return rate_equation(W if self.name is None else {Reservoir(self.name): W}, energies=energies)

    @property
    def verdict(self) -> Verdict:
        if self.name is None:
            return Verdict.REVERSIBLE if self.forward == self.backward else Verdict.IRREVERSIBLE
        if self.forward == self.backward:
            return Verdict.BALANCED_NOT_THERMAL
        # Uniform at equal energies is Gibbs (beta = 0); without energies no state is thermal.
        return Verdict.THERMAL_WITHOUT_DETAILED_BALANCE if self.has_energies else Verdict.NON_EQUILIBRIUM

    @property
    def populations(self) -> np.ndarray:
        return np.full(3, 1 / 3)

    @property
    def cycle_current(self) -> float:
        return (self.forward - self.backward) / 3

    @property
    def particle_currents(self) -> dict[str, float]:
        # Bare rates do not tell how many particles a jump exchanges.
        return {self.name or "unattributed": float("nan")}

    @property
    def energy_currents(self) -> dict[str, float]:
        return {self.name or "unattributed": 0.0}

    @property
    def entropy_production(self) -> float:
        return self.cycle_current * 3 * float(np.log(self.forward / self.backward))
