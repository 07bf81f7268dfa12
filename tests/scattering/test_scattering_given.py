"""T-matrices that the user brings: round trips, partial waves in three dimensions, what is refused."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import spherical_jn, spherical_kn, spherical_yn

from equipoise import InputError, UserCodeError
from equipoise.generators import low_density
from equipoise.scattering import (
    AbstractInteraction,
    DeltaInteraction,
    EnergyShell,
    Gas,
    PartialWaves,
    PointScatterers,
    SMatrix,
    TabulatedSMatrix,
    Target,
    Waves,
    maxwell_boltzmann,
    s_from_t,
    scattering_rates,
    t_from_s,
)
from equipoise.scattering.interactions.unitarity import defect_of
from equipoise.spectrum import Spectrum

LEVELS = np.array([0.0, 0.4, 1.1])
MASS = 1.2
GAS = Gas("gas", maxwell_boltzmann(temperature=0.5), mass=MASS)


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return 0.5 * (A + A.conj().T)


def scatterers(seed: int = 1) -> tuple[AbstractInteraction, ...]:
    rng = np.random.default_rng(seed)
    return DeltaInteraction(hermitian(rng, 3)), PointScatterers([0.0, 0.7], [hermitian(rng, 3), hermitian(rng, 3)])


def as_function(interaction: AbstractInteraction, levels: np.ndarray = LEVELS) -> Callable[[np.ndarray], np.ndarray]:
    spectrum = Target(levels, interaction).spectrum

    def T(E: np.ndarray) -> np.ndarray:
        return interaction.transition_matrix(EnergyShell(spectrum, MASS, E[:, None] - levels[None, :]))

    return T


def grid(points: int, top: float = 12.0) -> np.ndarray:
    angle = 0.5 * np.pi * (np.arange(points) + 0.5) / points
    parts = [a + (b - a) * np.sin(angle) ** 2 for a, b in pairwise(LEVELS)]
    tail = (np.arange(3 * points) + 0.5) / (3 * points) * np.sqrt(top)
    return np.concatenate([*parts, LEVELS[-1] + tail**2])


@pytest.mark.parametrize("interaction", scatterers(), ids=["contact", "points"])
def test_a_function_gives_the_rates_of_what_it_computes(interaction: AbstractInteraction) -> None:
    given = SMatrix(as_function(interaction), waves=interaction.waves, dimension=1)
    theirs, mine = (scattering_rates(Target(LEVELS, x), GAS).log_rates for x in (given, interaction))
    assert np.allclose(theirs, mine, rtol=0, atol=1e-11)


@pytest.mark.parametrize("interaction", scatterers(), ids=["contact", "points"])
def test_an_s_matrix_with_nan_in_closed_channels_is_taken(interaction: AbstractInteraction) -> None:
    T = as_function(interaction)

    def S(E: np.ndarray) -> np.ndarray:
        out = s_from_t(T(E))
        closed = E[:, None] <= LEVELS[None, :]
        out[np.broadcast_to(closed[:, None, :, None, None], out.shape)] = np.nan
        out[np.broadcast_to(closed[:, None, None, None, :], out.shape)] = np.nan
        return out

    given = SMatrix(lambda E: t_from_s(S(E)), waves=interaction.waves, dimension=1)
    shell = EnergyShell.above(Target(LEVELS, interaction).spectrum, MASS, 1, np.array([-0.1, 0.3, 5.0]))
    assert np.allclose(given.transition_matrix(shell), interaction.transition_matrix(shell), atol=1e-14)


@pytest.mark.parametrize("interaction", scatterers(), ids=["contact", "points"])
def test_a_grid_gives_the_rates_to_its_stated_error(interaction: AbstractInteraction) -> None:
    exact = scattering_rates(Target(LEVELS, interaction), GAS).log_rates
    T, errors, stated = as_function(interaction), [], []
    for points in (16, 32, 64):
        E = grid(points)
        sampled = TabulatedSMatrix(E, T(E), waves=interaction.waves, dimension=1, accuracy=1.0)
        target = Target(LEVELS, sampled)
        stated.append(sampled.left_out_errors(target.spectrum)[1].max())
        errors.append(np.abs(scattering_rates(target, GAS, tolerance=1e-11).log_rates - exact).max())
    assert np.all(np.array(errors) < np.array(stated))
    assert errors[-1] < 1e-8
    assert errors[0] / errors[-1] > 100


def test_errors_of_a_grid_fall_with_the_ninth_power() -> None:
    interaction = scatterers()[1]
    spectrum = Target(LEVELS, interaction).spectrum
    shell = EnergyShell.above(spectrum, MASS, 1, np.array([-0.2, 0.1, 0.3, 0.6, 1.5]))
    exact, T, counts = interaction.transition_matrix(shell), as_function(interaction), np.array([12, 24, 48])
    errors = [
        np.abs(
            TabulatedSMatrix(grid(n), T(grid(n)), waves=Waves.DIRECTIONS, dimension=1).transition_matrix(shell) - exact
        ).max()
        for n in counts
    ]
    assert np.polyfit(np.log(counts), np.log(errors), 1)[0] < -7
    assert errors[-1] < 1e-9


def test_an_interpolated_t_matrix_goes_through_its_grid_and_stays_above_it() -> None:
    interaction = scatterers()[0]
    spectrum, E = Target(LEVELS, interaction).spectrum, grid(20)
    values = as_function(interaction)(E)
    sampled = TabulatedSMatrix(E, values[:, 0, :, 0, :], waves=Waves.EVEN, dimension=1)
    on_grid = sampled.transition_matrix(EnergyShell(spectrum, MASS, E[:, None] - LEVELS[None, :]))
    assert np.allclose(on_grid, values, atol=1e-12)
    above = EnergyShell.above(spectrum, MASS, 2, np.array([50.0, 500.0]))
    assert np.allclose(sampled.transition_matrix(above), values[-1], atol=1e-12)
    assert np.abs(defect_of(sampled.transition_matrix(above))).max() < 1e-11


def test_an_energy_on_a_threshold_counts_below_it() -> None:
    interaction = scatterers()[0]
    E = np.sort(np.append(grid(20), LEVELS))
    values = as_function(interaction)(np.where(np.isin(E, LEVELS), E - 1e-13, E))
    for k, threshold in enumerate(LEVELS):
        values[threshold == E, :, k] = np.nan
    sampled = TabulatedSMatrix(E, values, waves=Waves.EVEN, dimension=1)
    shell = EnergyShell.above(Target(LEVELS, sampled).spectrum, MASS, 1, np.array([-0.2, 0.1]))
    assert np.allclose(sampled.transition_matrix(shell), interaction.transition_matrix(shell), atol=1e-6)


class Well:
    """A spherical well of radius one for two levels: partial waves by matching at its surface."""

    levels = np.array([0.0, 0.6])
    depths = np.array([[-2.0, 0.5 - 0.3j], [0.5 + 0.3j, -1.2]])

    def transition_matrix(self, E: float, L: int) -> np.ndarray:
        """T between both channels at a total energy, zero where closed."""
        values, U = np.linalg.eigh(np.diag(self.levels) + self.depths)
        k = np.sqrt(2 * MASS * (E - values))
        inner, inner_slope = U * spherical_jn(L, k), U * (k * spherical_jn(L, k, True))
        p2 = 2 * MASS * (E - self.levels)
        is_open, p = p2 > 0, np.sqrt(np.abs(p2))
        h, slope = np.empty(2, complex), np.empty(2, complex)
        h[is_open] = spherical_jn(L, p[is_open]) + 1j * spherical_yn(L, p[is_open])
        slope[is_open] = p[is_open] * (spherical_jn(L, p[is_open], True) + 1j * spherical_yn(L, p[is_open], True))
        h[~is_open], slope[~is_open] = spherical_kn(L, p[~is_open]), p[~is_open] * spherical_kn(L, p[~is_open], True)
        # Regular inside = (h^* of the incoming channel + S h): value and slope, unit flux p^(1/2) h.
        unit = np.where(is_open, np.sqrt(p), 1.0)
        system = np.block([[inner, -np.diag(unit * h)], [inner_slope, -np.diag(unit * slope)]])
        incoming = np.vstack([np.diag(unit * h.conj()), np.diag(unit * slope.conj())])
        S = np.linalg.solve(system, incoming)[2:]
        return 1j * (S - np.eye(2)) * (is_open[:, None] & is_open[None, :])

    def interaction(self, L: int) -> SMatrix:
        """One partial wave."""
        return SMatrix(lambda E: np.array([self.transition_matrix(e, L) for e in E]))


def test_rates_in_three_dimensions_are_density_times_mean_speed_times_cross_section() -> None:
    well, beta, density = Well(), 1.3, 0.02
    gas = Gas("gas", maxwell_boltzmann(inverse_temperature=beta), density, MASS, dimension=3)
    waves = PartialWaves([(1, well.interaction(0)), (3, well.interaction(1))])
    rates = np.exp(scattering_rates(Target(well.levels, waves), gas, tolerance=1e-10).log_rates)
    nodes, weights = np.polynomial.legendre.leggauss(60)
    for k, j in ((1, 0), (0, 1), (0, 0)):
        # Kinetic energies of the incoming particle, split at the threshold of the other channel.
        gap = well.levels[1] - well.levels[0]
        pieces = [(gap, 30.0)] if j == 0 and k == 1 else [(0.0, gap), (gap, 30.0)] if j == 0 else [(0.0, 30.0)]
        total = 0.0
        for a, b in pieces:
            angle = 0.25 * np.pi * (nodes + 1)
            e = a + (b - a) * np.sin(angle) ** 2
            measure = 0.25 * np.pi * weights * (b - a) * np.sin(2 * angle)
            p = np.sqrt(2 * MASS * e)
            T2 = np.array([[abs(well.transition_matrix(x + well.levels[j], L)[k, j]) ** 2 for L in (0, 1)] for x in e])
            sigma = np.pi / p**2 * (T2[:, 0] + 3 * T2[:, 1])
            maxwell = 2 * beta**1.5 * np.sqrt(e / np.pi) * np.exp(-beta * e)
            total += measure @ (maxwell * (p / MASS) * sigma)
        assert rates[k, j] == pytest.approx(density * total, rel=1e-7)


def test_gibbs_is_stationary_in_three_dimensions() -> None:
    well, beta = Well(), 1.3
    gas = Gas("gas", maxwell_boltzmann(inverse_temperature=beta), 1.0, MASS, dimension=3)
    waves = PartialWaves([(1, well.interaction(0)), (3, well.interaction(1))])
    a = np.exp(scattering_rates(Target(well.levels, waves), gas, tolerance=1e-9).log_rates)
    p = np.exp(-beta * well.levels)
    assert a[1, 0] * p[0] == pytest.approx(a[0, 1] * p[1], rel=1e-9)


def test_blocks_stand_beside_each_other() -> None:
    well = Well()
    waves = PartialWaves([(1, PartialWaves([(2, well.interaction(0))])), (3, well.interaction(1))])
    assert [n for n, _ in waves.parts()] == [2.0, 3.0]
    target = Target(well.levels, waves)
    shell = EnergyShell.above(target.spectrum, MASS, 1, np.array([-0.3, 0.5]))
    T = waves.transition_matrix(shell)
    assert T.shape == (2, 2, 2, 2, 2)
    assert np.all(T[:, 0, :, 1, :] == 0)
    assert np.allclose(T[:, 1, :, 1, :], [well.transition_matrix(E, 1) for E in shell.energies])
    assert np.abs(defect_of(waves.transition_matrix(shell))).max() < 1e-12


def spectrum() -> Spectrum:
    return Target(LEVELS, scatterers()[0]).spectrum


def test_messages_of_functions() -> None:
    shell = EnergyShell.above(spectrum(), MASS, 2, np.array([0.2, 0.7]))
    good = as_function(scatterers()[0])

    def used(function: Callable[[np.ndarray], np.ndarray]) -> None:
        SMatrix(function, waves=Waves.EVEN, dimension=1).transition_matrix(shell)

    with pytest.raises(UserCodeError, match=r"T-matrix failed at 2 energies from 1.3 to 1.8: nothing here"):
        used(lambda E: _fail())
    with pytest.raises(InputError, match=r"give T in the shape \(2, 3, 3\) .* waves EVEN, but gave \(2, 2, 2\)"):
        used(lambda E: np.zeros((E.size, 2, 2)))
    with pytest.raises(InputError, match="finite T between open channels, but does not at the energy 1.3"):
        used(lambda E: np.full((E.size, 3, 3), np.nan))
    with pytest.raises(InputError, match=r"unitary between open channels to 1.0e-08 .* reaches .* at the energy 1.3"):
        used(lambda E: np.where((E < 1.5)[:, None, None, None, None], 1.1, 1.0) * good(E))
    with pytest.raises(InputError, match="`function` must be callable, but got ndarray"):
        SMatrix(np.eye(2))
    with pytest.raises(InputError, match="`waves` must be Waves.PARTIAL in 3 dimensions, but got Waves.EVEN"):
        SMatrix(good, waves=Waves.EVEN, dimension=3)
    with pytest.raises(InputError, match="`waves` must be Waves.EVEN, DIRECTIONS or PARTIAL, but got 'even'"):
        SMatrix(good, waves="even", dimension=1)
    with pytest.raises(InputError, match="`unitarity_tolerance` must be positive"):
        SMatrix(good, waves=Waves.EVEN, dimension=1, unitarity_tolerance=0.0)
    with pytest.raises(InputError, match=r"`scattering` must have shape .* but has shape \(2, 3\)"):
        t_from_s(np.ones((2, 3)))


def _fail() -> np.ndarray:
    raise ValueError("nothing here")


def test_messages_of_blocks() -> None:
    well = Well()
    with pytest.raises(InputError, match="`blocks` must hold at least one block, but is empty"):
        PartialWaves([])
    with pytest.raises(InputError, match=r"`blocks\[0\]` must be a pair of a multiplicity and an interaction"):
        PartialWaves([well.interaction(0)])
    with pytest.raises(InputError, match=r"`blocks\[1\]\[0\]` must be positive, but got 0"):
        PartialWaves([(1, well.interaction(0)), (0, well.interaction(0))])
    with pytest.raises(InputError, match=r"`blocks\[0\]\[1\]` must be that of a particle in 3 dimensions, but it is"):
        PartialWaves([(1, DeltaInteraction([1.0, 2.0]))])
    with pytest.raises(InputError, match=r"`blocks\[0\]\[1\]` must be an interaction, but got float"):
        PartialWaves([(1, 2.0)])
    with pytest.raises(InputError, match="`gas` must move in 3 dimensions, .* but 'gas' moves in 1"):
        scattering_rates(Target(well.levels, PartialWaves([(1, well.interaction(0))])), GAS)
    gas = Gas("gas", maxwell_boltzmann(temperature=1.0), dimension=2)
    with pytest.raises(InputError, match="`gas` must move in 1 dimension, .* but 'gas' moves in 2"):
        scattering_rates(Target(LEVELS, scatterers()[0]), gas)


def test_messages_of_grids() -> None:
    T = as_function(scatterers()[0])

    def sampled(E: np.ndarray, accuracy: float = 1e-6) -> TabulatedSMatrix:
        return TabulatedSMatrix(E, T(E), waves=Waves.EVEN, dimension=1, accuracy=accuracy)

    def rates(E: np.ndarray, accuracy: float = 1e-6) -> None:
        scattering_rates(Target(LEVELS, sampled(E, accuracy)), GAS)

    E = grid(64)
    with pytest.raises(InputError, match=r"`energies` must ascend, but energies\[1\] = 0.1 follows 0.2. Sort them"):
        TabulatedSMatrix([0.2, 0.1], np.zeros((2, 3, 3)))
    with pytest.raises(InputError, match="`matrices` must hold one T for each of the 2 energies, but has shape"):
        TabulatedSMatrix([0.1, 0.2], np.zeros((3, 3, 3)))
    with pytest.raises(InputError, match="`energies` must be a list of finite energies"):
        TabulatedSMatrix([[0.1]], np.zeros((1, 3, 3)))
    with pytest.raises(InputError, match=r"`matrices` must be unitary .* at the energy 0.2"):
        Target(LEVELS, TabulatedSMatrix([0.1, 0.2], np.diag([0.0, 1.0])[:, 1, None, None] * np.ones((2, 3, 3))))
    with pytest.raises(InputError, match=r"`matrices` must give T in the shape \(2, 3, 3\)"):
        Target(LEVELS, TabulatedSMatrix([0.1, 0.2], np.zeros((2, 2, 2))))
    with pytest.raises(InputError, match=r"reach as far up as the gas 'gas'.* they end at 2.95.*Continue the grid"):
        rates(E[E < 3.0])
    with pytest.raises(InputError, match=r"hold at least 4 between 0.4 and 1.1, where up to 0.* but there are 0"):
        rates(E[(E < 0.4) | (E > 1.1)])
    with pytest.raises(InputError, match=r"come near the thresholds at 0.4 and 1.1, .* run from 0.6.* leaves out 0"):
        rates(E[(E < 0.4) | (E > 0.6)])
    with pytest.raises(InputError, match=r"fine enough for the gas 'gas' to the accuracy 1e-06, .* most between "):
        rates(grid(12))
    with pytest.raises(InputError, match="must hold energies between 0.4 and 1.1, but there is none"):
        sampled(E[(E < 0.4) | (E > 1.1)]).transition_matrix(EnergyShell.above(spectrum(), MASS, 1, np.array([0.1])))
    rates(grid(12), accuracy=0.1)


def test_a_region_that_no_particle_reaches_need_not_be_fine() -> None:
    T, E = as_function(scatterers()[0]), grid(64)
    cold = Gas("cold", maxwell_boltzmann(temperature=0.005), mass=MASS)
    few = np.concatenate([E[(E > 0) & (E < 0.4)], E[(E > 0.4) & (E < 0.9)][::9], E[E > 1.1][::3]])
    sampled = TabulatedSMatrix(few, T(few), waves=Waves.EVEN, dimension=1, accuracy=1e-2)
    with pytest.raises(InputError, match="fine enough|come near"):
        sampled.require_coverage(GAS, spectrum())
    with pytest.raises(InputError, match="fine enough|come near"):
        sampled.require_coverage(cold, spectrum())  # particles arrive at the upper levels too


def test_an_s_matrix_in_the_place_of_t_is_recognised() -> None:
    T = as_function(DeltaInteraction(hermitian(np.random.default_rng(1), 3)))
    given = SMatrix(lambda E: s_from_t(T(E)), waves=Waves.EVEN, dimension=1)
    with pytest.raises(InputError, match=r"It is unitary itself, as S is: give t_from_s\(S\), in a"):
        scattering_rates(Target(LEVELS, given), GAS)


@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_a_coarse_or_noisy_grid_is_worked_at_no_finer_than_its_accuracy(noise: float) -> None:
    contact = DeltaInteraction(hermitian(np.random.default_rng(1), 3))
    T = as_function(contact)
    E = np.linspace(0.02, 12.0, 240) if noise == 0 else grid(30)
    rng = np.random.default_rng(5)
    values = T(E)[:, 0, :, 0, :] + noise * (rng.normal(size=(E.size, 3, 3)) + 1j * rng.normal(size=(E.size, 3, 3)))
    sampled = TabulatedSMatrix(E, values, waves=Waves.EVEN, dimension=1, accuracy=0.2, unitarity_tolerance=0.1)
    found, wanted = (scattering_rates(Target(LEVELS, x), GAS) for x in (sampled, contact))
    assert found.energies < 5000
    assert np.allclose(found.log_rates, wanted.log_rates, rtol=0, atol=0.05)
    generator = low_density(Target(LEVELS, sampled), GAS)
    assert generator.dissipators[0].coherent is not None


def test_the_error_of_a_given_grid_is_stated_with_the_rates() -> None:
    exact = Target([0.0, 1.0], DeltaInteraction([[1.0, 0.5], [0.5, 2.0]]))
    x = np.linspace(0.0, 1.0, 42)[1:-1]
    E = np.concatenate([np.sin(0.5 * np.pi * x) ** 2, 1.0 + (6.0 * x) ** 2])
    T = exact.interaction.transition_matrix(EnergyShell.above(exact.spectrum, 1.0, 0, E))
    gas = Gas("gas", maxwell_boltzmann(temperature=1.0))
    for accuracy in (1e-3, 1e-2):
        sampled = TabulatedSMatrix(E, T, waves=Waves.EVEN, dimension=1, accuracy=accuracy, unitarity_tolerance=accuracy)
        rates = scattering_rates(Target([0.0, 1.0], sampled), gas)
        true = np.abs(np.expm1(rates.log_rates - scattering_rates(exact, gas).log_rates))
        assert np.all(true <= rates.relative_error)
        assert np.all(rates.relative_error >= 2 * accuracy)
        assert rates.relative_error.max() < 20 * accuracy
