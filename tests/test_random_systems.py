"""What must hold for every open system, on random ones: d = 2-8, both statistics, 1-3 reservoirs, degenerate or not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import Coupling, OpenSystem, Reservoir, Verdict, audit, bose_einstein, currents, weak_coupling
from equipoise.auditing import Question
from equipoise.reservoirs import CorrelatedDensity, Ohmic, Statistics
from equipoise.stationary import gibbs_state
from equipoise.stationary.solve import stationary_states
from equipoise.thermodynamics import entropy_production
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system
from reference import secular

draws = st.builds(
    Draw,
    seed=st.integers(0, 10**6),
    dimension=st.integers(2, 8),
    reservoirs=st.integers(1, 3),
    degenerate=st.booleans(),
    equal=st.booleans(),
    mu=st.booleans(),
)
kinds = st.sampled_from([bosonic_system, fermionic_system])


def reference_channels(system, reservoir):
    """The channels of one reservoir as the slow twin wants them: one operator, four functions of frequency."""

    def scalar(function):
        return lambda w: float(function(np.array([_snap(w)]))[0])

    def finite_shift(function):
        # At w = 0 only the difference of the two shifts exists for an Ohmic bath; all of it is put in the first.
        def value(w):
            if abs(w) > 1e-9 or reservoir.statistics is Statistics.FERMION:
                return float(function(np.array([_snap(w)]))[0])
            if function == reservoir.level_shift_in:
                return 0.0
            return float(reservoir.level_shift_difference(np.zeros(1))[0])

        return value

    return [
        (
            [D],
            scalar(reservoir.rate_out),
            scalar(reservoir.rate_in),
            finite_shift(reservoir.level_shift_out),
            finite_shift(reservoir.level_shift_in),
        )
        for D in system.channels(reservoir)
    ]


def _at_zero_all_in_the_first(bath, shift, w):
    """The emission part of the Lamb shift, holding the difference of both parts at w = 0, where they diverge."""
    if _snap(w) == 0:
        return bath.level_shift_matrix_difference(np.zeros(1))[0]
    return shift(np.array([w]))[0]


def _snap(w):
    return 0.0 if abs(w) < 1e-9 else w


def size_of(generator):
    """Largest element of the generator, or of the Hamiltonian if all its gaps vanish."""
    return max(np.abs(generator.superoperator()).max(), np.abs(generator.spectrum.energies).max())


def reference_generator(system):
    return secular.full_superoperator(
        system.spectrum.hamiltonian, [reference_channels(system, r) for r in system.reservoirs], 1e-8
    )


@settings(max_examples=25)
@given(draw=draws, make=kinds)
def test_sector_wise_generator_is_the_full_superoperator(draw, make):
    system = make(draw)
    generator = weak_coupling(system)
    theirs = reference_generator(system)
    ours = generator.superoperator()
    np.testing.assert_allclose(ours, theirs, atol=1e-10 * np.abs(theirs).max())
    rho = complex_matrix(np.random.default_rng(draw.seed), system.dimension, system.dimension)
    np.testing.assert_allclose(generator.apply(rho).ravel(), theirs @ rho.ravel(), atol=1e-9 * np.abs(theirs).max())


@settings(max_examples=40)
@given(draw=draws, make=kinds)
def test_trace_hermiticity_and_complete_positivity(draw, make):
    generator = weak_coupling(make(draw), lamb_shift=False)
    d = generator.dimension
    rho = complex_matrix(np.random.default_rng(draw.seed), d, d)
    out = generator.apply(rho)
    scale = size_of(generator)
    assert abs(np.trace(out)) <= 1e-12 * scale * d
    np.testing.assert_allclose(generator.apply(rho.conj().T), out.conj().T, atol=1e-12 * scale * d)
    # Choi matrix of L, projected off the maximally entangled vector: positive iff exp(tL) is completely positive.
    choi = generator.superoperator().reshape(d, d, d, d).transpose(0, 2, 1, 3).reshape(d * d, d * d)
    omega = np.eye(d).reshape(d * d, 1) / np.sqrt(d)
    off = np.eye(d * d) - omega @ omega.T
    projected = off @ choi @ off
    assert np.linalg.eigvalsh(0.5 * (projected + projected.conj().T)).min() >= -1e-12 * scale * d


@settings(max_examples=60)
@given(draw=draws, make=kinds)
def test_balance_of_energy_particles_and_entropy_at_stationarity(draw, make):
    system = make(draw)
    generator = weak_coupling(system, lamb_shift=False)
    for state in stationary_states(generator):
        flows = currents(generator, state)
        moved = np.abs(generator.spectrum.levels[:, None] - generator.spectrum.levels) * flows.fluxes
        # The largest term; or, where nothing moves, round-off of the rates of order one tenth.
        assert abs(flows.energy.sum()) <= 1e-12 * moved.sum() + 1e-16
        if system.is_graded:
            assert abs(flows.particles.sum()) <= 1e-12 * flows.fluxes.sum() + 1e-16
        produced = entropy_production(generator, state).clausius
        assert produced.value >= -1e-12 * produced.scale
        rho = state.density_matrix()
        assert np.abs(generator.apply(rho)).max() <= 1e-11 * size_of(generator)
        assert np.trace(rho).real == pytest.approx(1.0, abs=1e-13)
        assert np.linalg.eigvalsh(rho).min() >= -1e-14


@settings(max_examples=40)
@given(draw=draws, make=kinds)
def test_equal_reservoirs_give_their_gibbs_state_where_it_is_due(draw, make):
    system = make(Draw(draw.seed, draw.dimension, draw.reservoirs, draw.degenerate, equal=True, mu=False))
    generator = weak_coupling(system, lamb_shift=False)
    found = audit(generator)
    beta = system.reservoirs[0].inverse_temperature
    mu = system.reservoirs[0].chemical_potential
    gibbs = gibbs_state(system.spectrum, beta, mu, system.number)
    assert np.abs(generator.apply(gibbs.matrix())).max() <= 1e-12 * size_of(generator)
    for part in found.sectors or (found,):
        assert part.verdict is Verdict.EQUILIBRIUM
        assert part.finding(Question.KMS).answer in ("yes", "not applicable")
        assert part.finding(Question.GNS).answer in ("yes", "not applicable")


def test_ungraded_couplings_with_chemical_potential_are_out_of_equilibrium_at_equal_reservoirs():
    for seed in range(5):
        system = bosonic_system(Draw(seed, 4, 2, False, equal=True, mu=True))
        found = audit(weak_coupling(system, lamb_shift=False))
        assert found.verdict is Verdict.NON_EQUILIBRIUM
        assert found.entropy[0].value > 0


# The slow twin asks for each principal value of a callable correlation alone: half a minute.
@pytest.mark.parametrize("varying", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_correlated_channels_match_the_full_superoperator(varying):
    rng = np.random.default_rng(4)
    base = Ohmic(0.05, 6.0)
    mix = complex_matrix(rng, 2, 2)
    constant = mix @ mix.conj().T

    def correlation(w):
        phase = np.diag([1.0, np.exp(1j * w / 5)])
        return phase @ constant @ phase.conj().T

    density = CorrelatedDensity(base, correlation, channels=2) if varying else CorrelatedDensity(base, constant)
    bath = Reservoir("common", bose_einstein(temperature=1.2), density)
    D = [complex_matrix(rng, 3, 3) for _ in range(2)]
    system = OpenSystem([0.0, 1.0, 2.7], [Coupling(bath, D[0], 0), Coupling(bath, D[1], 1)])
    scalar = Reservoir("common", bose_einstein(temperature=1.2), base)

    def C(w):
        return correlation(max(w, 0.0)) if varying else constant

    # Coefficients of D_a rho D_b^dagger and of D_a^dagger rho D_b.
    channel = (
        D,
        lambda w: scalar.rate_out(np.array([_snap(w)]))[0] * C(_snap(w)),
        lambda w: scalar.rate_in(np.array([_snap(w)]))[0] * C(_snap(w)).conj(),
        lambda w: _at_zero_all_in_the_first(bath, bath.level_shift_matrix_out, w),
        lambda w: np.zeros((2, 2)) if _snap(w) == 0 else bath.level_shift_matrix_in(np.array([w]))[0],
    )
    theirs = secular.full_superoperator(system.spectrum.hamiltonian, [[channel]], 1e-8)
    ours = weak_coupling(system).superoperator()
    np.testing.assert_allclose(ours, theirs, atol=1e-11 * np.abs(theirs).max())


def test_frequency_dependent_correlation_gives_the_lamb_shift_of_a_constant_one_when_constant():
    rng = np.random.default_rng(1)
    mix = complex_matrix(rng, 2, 2)
    constant = mix @ mix.conj().T
    base = Ohmic(0.05, 6.0)
    D = [complex_matrix(rng, 3, 3) for _ in range(2)]
    shifts = []
    for density in (CorrelatedDensity(base, constant), CorrelatedDensity(base, lambda w: constant, channels=2)):
        bath = Reservoir("common", bose_einstein(temperature=1.2), density)
        system = OpenSystem([0.0, 1.0, 2.7], [Coupling(bath, D[0], 0), Coupling(bath, D[1], 1)])
        shifts.append(weak_coupling(system).dissipators[0].coherent)
    np.testing.assert_allclose(shifts[0], shifts[1], atol=1e-9 * np.abs(shifts[0]).max())
