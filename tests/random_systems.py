"""Random open systems for property tests: both statistics, degenerate or not, one to three reservoirs."""

from dataclasses import dataclass

import numpy as np

from equipoise import Coupling, OpenSystem, Reservoir, bose_einstein, fermi_dirac
from equipoise.reservoirs import Newns, Ohmic


@dataclass(frozen=True)
class Draw:
    """What a random system is drawn from."""

    seed: int
    dimension: int
    reservoirs: int
    degenerate: bool
    equal: bool = False
    mu: bool = False


def unitary(rng: np.random.Generator, d: int) -> np.ndarray:
    return np.linalg.qr(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)))[0]


def complex_matrix(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    return rng.normal(size=(rows, columns)) + 1j * rng.normal(size=(rows, columns))


def levels(rng: np.random.Generator, draw: Draw) -> np.ndarray:
    """Generic levels, or levels on a lattice: degenerate levels and coinciding gaps at once."""
    if draw.degenerate:
        return np.sort(rng.integers(0, max(2, draw.dimension // 2 + 1), size=draw.dimension)).astype(float)
    return np.sort(rng.uniform(0, 4, size=draw.dimension))


def bosonic_system(draw: Draw) -> OpenSystem:
    """Complex, non-Hermitian couplings to Ohmic reservoirs, in a rotated basis."""
    rng = np.random.default_rng(draw.seed)
    V = unitary(rng, draw.dimension)
    H = V @ np.diag(levels(rng, draw)) @ V.conj().T
    common = rng.uniform(0.4, 2.0)
    couplings = []
    for r in range(draw.reservoirs):
        temperature = common if draw.equal else rng.uniform(0.4, 2.0)
        mu = -rng.uniform(0.1, 0.5) if draw.mu else 0.0
        bath = Reservoir(f"bath {r}", bose_einstein(temperature=temperature, chemical_potential=mu), Ohmic(0.05, 6.0))
        for channel in range(1 + r % 2):
            D = complex_matrix(rng, draw.dimension, draw.dimension)
            # The zero-frequency part must be normal within degenerate levels for an Ohmic Lamb shift to exist.
            couplings.append(Coupling(bath, D + D.conj().T if draw.degenerate else D, channel))
    return OpenSystem(0.5 * (H + H.conj().T), couplings)


def fermionic_system(draw: Draw) -> OpenSystem:
    """Number-conserving H on blocks N = 0, 1, 2 and couplings that remove one particle, in a rotated basis."""
    rng = np.random.default_rng(draw.seed)
    sizes = [1, max(1, draw.dimension - 2), 1] if draw.dimension >= 3 else [1, 1]
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    energies = levels(rng, Draw(draw.seed, numbers.size, draw.reservoirs, draw.degenerate))
    rng.shuffle(energies)
    common = (rng.uniform(0.4, 2.0), rng.uniform(-1, 1))
    couplings = []
    for r in range(draw.reservoirs):
        T, mu = common if draw.equal else (rng.uniform(0.4, 2.0), rng.uniform(-1, 1))
        lead = Reservoir(f"lead {r}", fermi_dirac(temperature=T, chemical_potential=mu), Newns(0.1, 8.0))
        D = np.where(numbers[:, None] == numbers[None, :] - 1, complex_matrix(rng, numbers.size, numbers.size), 0)
        couplings.append((lead, D))
    V = unitary(rng, numbers.size)
    # Rotate within blocks of one particle number only in half of the draws, so that both kinds of input occur.
    if draw.seed % 2:
        V = np.where(numbers[:, None] == numbers[None, :], V, 0)
        V = np.linalg.qr(V)[0]
    H = V @ np.diag(energies) @ V.conj().T
    N = V @ np.diag(numbers).astype(complex) @ V.conj().T
    rotated = [Coupling(lead, V @ D @ V.conj().T) for lead, D in couplings]
    return OpenSystem(0.5 * (H + H.conj().T), rotated, number=0.5 * (N + N.conj().T))
