"""Random rate equations, and the ring of three dots in a gas as one."""

from dataclasses import replace

import numpy as np

from equipoise.generators import Dissipator, FrequencyResolved, Generator, rate_equation
from equipoise.provenance import Provenance
from equipoise.scattering import DeltaInteraction, Gas, Target, maxwell_boltzmann, scattering_rates
from equipoise.stationary import DensityMatrix
from equipoise.systems.operators import ring_hopping


def random_rates(rng: np.random.Generator, d: int, spread: float = 2.0) -> Generator:
    """Rates e^(normal) between all pairs of levels with random energies."""
    return rate_equation(np.exp(spread * rng.normal(size=(d, d))), energies=np.sort(rng.uniform(0, 3, size=d)))


def ring_in_a_gas(beta: float = 1.0, couplings: tuple[float, ...] = (1.0, 0.7, 1.5)) -> Generator:
    """Populations of the ring of three dots, levels -0.5, 0, 0.5 named -, 0, +."""
    target = Target(ring_hopping(3, 0.5 / np.sqrt(3), 1.5 * np.pi), DeltaInteraction(couplings))
    rates = scattering_rates(target, Gas("gas", maxwell_boltzmann(inverse_temperature=beta)))
    spectrum = replace(target.spectrum, labels=("-", "0", "+"))
    return Generator(
        spectrum, (Dissipator(FrequencyResolved.of_rates(spectrum, rates.log_rates)),), provenance=Provenance("rates")
    )


def populated(generator: Generator, populations: list[float]) -> DensityMatrix:
    """A state diagonal in the energy basis."""
    with np.errstate(divide="ignore"):
        return DensityMatrix(generator.spectrum, np.log(np.array(populations)))
