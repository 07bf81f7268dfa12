"""Nouns of scattering print themselves in a few lines: what they are, no arrays, no fields of a dataclass."""

import numpy as np
import pytest

from equipoise import cycles, rate_equation
from equipoise.generators import low_density
from equipoise.scattering import (
    Beams,
    DeltaInteraction,
    EnergyShell,
    Gas,
    MomentumDistribution,
    PartialWaves,
    PiecewiseConstant,
    PointScatterers,
    SMatrix,
    SmoothPotential,
    TabulatedSMatrix,
    Target,
    balance_symmetries,
    bound_states,
    maxwell_boltzmann,
    scattering_rates,
)
from equipoise.scattering.coherences import CoherenceGroup, coherence_groups

V = np.array([[1.0, 0.5j, 0.1], [-0.5j, 2.0, 0.3], [0.1, 0.3, 0.7]])
GAS = Gas("helium", maxwell_boltzmann(temperature=0.5), 0.01)
TARGET = Target([0.0, 1.0, 2.0], DeltaInteraction(V))


def gaussian(p: np.ndarray) -> np.ndarray:
    return np.exp(-(p**2)) / np.sqrt(np.pi)


def bump(q):
    return np.exp(-(q**2))[:, None, None] * V


def no_scattering(E):
    return np.zeros((len(E), 3, 3))


GIVEN = SMatrix(no_scattering)
MANY = np.linspace(0.1, 9.0, 400)


def nouns() -> list[object]:
    generator = low_density(TARGET, GAS)
    symmetries = balance_symmetries(TARGET, GAS)
    rates = scattering_rates(TARGET, GAS)
    return [
        GAS,
        Gas("air", maxwell_boltzmann(inverse_temperature=1 / 3), 1e-4, 30.0, 3),
        GAS.momentum_distribution,
        Gas("beam", MomentumDistribution(gaussian, 2.0, [1.0]), 0.01),
        Beams(maxwell_boltzmann(temperature=1 / 3), maxwell_boltzmann(temperature=2 / 7)),
        MomentumDistribution(gaussian, 2.0, np.linspace(0.1, 3, 40)),
        DeltaInteraction(V),
        DeltaInteraction(np.linspace(0.0, 1.0, 200)),
        PointScatterers(np.linspace(0, 3, 100), np.ones(100)),
        PointScatterers([0.0, 1.0, 2.0], [V, V, V]),
        PiecewiseConstant(range(100), [V] * 99, [V] * 100),
        SmoothPotential(bump, (-6, 6), [0.0]),
        GIVEN,
        TabulatedSMatrix(MANY, no_scattering(MANY)),
        PartialWaves([(2 * L + 1, GIVEN) for L in range(20)]),
        EnergyShell.above(TARGET.spectrum, 1.0, 1, MANY),
        TARGET,
        rates,
        bound_states(TARGET),
        *coherence_groups(rates),
        symmetries,
        *symmetries.conditions,
        generator,
        generator.dissipators[0],
        generator.dissipators[0].representation,
        cycles(generator),
        cycles(generator).tree,
        balance_symmetries(Target([0.0, 1.0, 2.1], DeltaInteraction([1.0, 0.7, 1.0])), GAS).antiunitary,
    ]


def test_nouns_print_themselves_in_a_few_lines_of_80_columns() -> None:
    for noun in nouns():
        lines = str(noun).splitlines()
        assert 0 < len(lines) <= 22, noun
        assert max(map(len, lines)) <= 80, noun
        assert "array" not in str(noun), noun
        assert f"{type(noun).__name__}(" not in str(noun), noun
        assert " at 0x" not in str(noun), noun
        assert repr(noun) == str(noun)


@pytest.mark.parametrize(
    ("noun", "lines"),
    [
        (
            GAS,
            [
                "gas 'helium' in 1 dimension",
                "  momenta     thermal, beta = 2",
                "  density     0.01 per length",
                "  mass        1",
                "  occupation  0.035 of a wave at most",  # 0.01 sqrt(4 pi)
            ],
        ),
        (DeltaInteraction([1, 0.7]), ["contact potential at one point of a line, 2 states", "  couplings  1, 0.7"]),
        (
            PointScatterers([0, 2], [1, 0.7]),
            [
                "contact potentials at 2 points of a line, 2 states",
                "  positions         0, 2",
                "  of one site each  1, 0.7",
            ],
        ),
        (
            PiecewiseConstant([0, 1, 3], [[0.2, 0.4], [[1, 0.5], [0.5, 2]]]),
            [
                "2 layers of constant potential on a line, 2 states",
                "  edges           0, 1, 3",
                "  elements up to  2 on the diagonal, 0.5 between states",
            ],
        ),
        (
            GIVEN,
            [
                "T-matrix as a function of the energy, in 3 dimensions",
                "  function    no_scattering",
                "  waves       partial",
                "  unitary to  1.0e-08",
            ],
        ),
        (
            CoherenceGroup(np.array([1, 2]), np.array([0, 1]), np.array([[1, 0.5j], [-0.5j, 1]])),
            ["2 transitions of one Bohr frequency", "  states       0 -> 1, 1 -> 2", "  correlation  up to 0.5"],
        ),
        (
            cycles(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])).persistent_loops()[0],
            ["0 -> 1 -> 2 -> 0: flux 0.333333, affinity 2.07944"],
        ),
    ],
)
def test_what_is_printed(noun: object, lines: list[str]) -> None:
    assert str(noun).splitlines() == lines
