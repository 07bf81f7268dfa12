"""The low-density limit: against a naive double quadrature, its state, its structure, several gases, errors."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import kve

from equipoise import InputError, audit
from equipoise.balance import detailed_balance, hidden_time_reversal, microscopic_origin
from equipoise.generators import Dissipator, FrequencyResolved, low_density
from equipoise.generators.channel import choi_of_superoperator
from equipoise.generators.pairing import jump_pairs
from equipoise.scattering import (
    Beams,
    DeltaInteraction,
    EnergyShell,
    Gas,
    MomentumDistribution,
    PointScatterers,
    Target,
    Waves,
    maxwell_boltzmann,
)
from equipoise.scattering.coherences import scattering_shift
from equipoise.scattering.shell_integrals.amplitudes import ResolvedAmplitudes
from equipoise.stationary import NotUniqueError, gibbs_state, stationary_state, stationary_states
from equipoise.stationary.sectors import log_population_rates
from equipoise.thermodynamics import (
    currents,
    emission_spectrum,
    entropy_production,
)
from reference.low_density import superoperator

WARM = maxwell_boltzmann(temperature=1.25)


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return 0.5 * (A + A.conj().T)


def with_levels(rng: np.random.Generator, levels: list[float]) -> np.ndarray:
    U = np.linalg.qr(hermitian(rng, len(levels)))[0]
    H = U @ np.diag(levels) @ U.conj().T
    return 0.5 * (H + H.conj().T)


def motion(H: np.ndarray) -> np.ndarray:
    one = np.eye(len(H))
    return -1j * (np.kron(H, one) - np.kron(one, H.T))


CASES = {
    "generic": [0.0, 0.4, 1.3],
    "equidistant": [0.0, 0.7, 1.4],
    "degenerate": [0.0, 0.9, 0.9],
}


@pytest.mark.slow
@pytest.mark.parametrize("levels", CASES.values(), ids=CASES)
def test_the_generator_is_that_of_naive_quadratures(levels: list[float]) -> None:
    rng = np.random.default_rng(5)
    H, V = with_levels(rng, levels), np.array([1.0, 0.7, 1.5])
    gas = Gas("gas", WARM, density=0.01, mass=1.3)
    L = low_density(Target(H, DeltaInteraction(V)), gas).superoperator() - motion(H)
    expected = superoperator(H, V, np.zeros(3), beta=0.8, density=0.01, mass=1.3, parts=1) - motion(H)
    assert np.abs(L - expected).max() < 1e-10 * np.abs(expected).max()


def test_two_levels_in_two_beams_at_two_places_are_those_of_naive_quadratures() -> None:
    rng = np.random.default_rng(6)
    H, V, q = with_levels(rng, [0.0, 0.8]), np.array([0.9, 1.4]), np.array([0.0, 0.6])
    gas = Gas("gas", Beams(maxwell_boltzmann(inverse_temperature=0.7), WARM), density=0.01, mass=1.3)
    L = low_density(Target(H, PointScatterers(q, V)), gas).superoperator() - motion(H)
    expected = superoperator(H, V, q, beta=0.8, betas=(0.7, 0.8), density=0.01, mass=1.3, parts=1) - motion(H)
    assert np.abs(L - expected).max() < 1e-10 * np.abs(expected).max()


@pytest.mark.parametrize("levels", CASES.values(), ids=CASES)
def test_structure(levels: list[float]) -> None:
    rng = np.random.default_rng(7)
    H = with_levels(rng, levels)
    target = Target(H, DeltaInteraction(hermitian(rng, 3)))
    generator = low_density(target, Gas("gas", WARM, density=0.01))
    dissipator = generator.dissipators[0]
    D = dissipator.representation.superoperator(3)
    size = np.abs(D).max()
    vec_one = np.eye(3).ravel()
    assert np.abs(vec_one @ D).max() < 1e-14 * size
    U = motion(H)
    assert np.abs(U @ D - D @ U).max() < 1e-8 * size * np.abs(U).max()
    # Completely positive: the Choi matrix is positive off the maximally entangled state.
    J = choi_of_superoperator(D)
    P = np.eye(9) - np.outer(vec_one, vec_one) / 3
    assert np.linalg.eigvalsh(P @ J @ P).min() > -1e-13 * size
    assert np.allclose(dissipator.coherent @ H, H @ dissipator.coherent, atol=1e-12)
    gibbs = gibbs_state(target.spectrum, 0.8)
    state = stationary_state(generator)
    assert np.abs(state.density.elements - gibbs.elements).max() < 1e-9


def test_messages() -> None:
    target, gas = Target([0.0, 1.0], DeltaInteraction([[1, 0.5], [0.5, 2]])), Gas("gas", WARM)
    with pytest.raises(InputError, match="`target` must be a Target, but got list"):
        low_density([0.0, 1.0], gas)
    with pytest.raises(InputError, match="`gas` must be a Gas or a sequence of gases, but got float"):
        low_density(target, 1.0)
    with pytest.raises(InputError, match="`gas` must be a Gas or a sequence of gases, but is empty"):
        low_density(target, [])
    with pytest.raises(InputError, match="`gas` must name its gases differently"):
        low_density(target, [gas, gas])
    with pytest.raises(InputError, match="`resolution` must be >= 0, but got -1"):
        low_density(target, gas, resolution=-1)


def test_equal_couplings_scatter_elastically_only_and_are_named() -> None:
    rng = np.random.default_rng(8)
    target = Target(hermitian(rng, 3), DeltaInteraction([1.3, 1.3, 1.3]))
    generator = low_density(target, Gas("gas", WARM, density=0.01))
    assert not np.any(np.isfinite(generator.dissipators[0].representation.log_rates[:, ~np.eye(3, dtype=bool)]))
    with pytest.raises(NotUniqueError, match=r"3 extremal stationary states.*\n.*projector of rank 1 on level 0"):
        stationary_state(generator)
    # One coupling that differs connects all levels again, and they relax to Gibbs.
    other = low_density(Target(target.hamiltonian, DeltaInteraction([1.3, 1.3, 1.4])), Gas("gas", WARM, density=0.01))
    assert not other.undetermined
    weights = stationary_state(other).weights
    assert np.allclose(weights, gibbs_state(target.spectrum, 0.8).weights, rtol=1e-9)


def test_transitions_below_the_resolution_are_left_out_and_named() -> None:
    V = np.array([[1.0, 1e-5, 0.3], [1e-5, 0.5, 0.0], [0.3, 0.0, 1.5]])
    target, gas = Target([0.0, 0.6, 1.5], DeltaInteraction(V)), Gas("gas", WARM, density=0.01)
    whole, coarse = low_density(target, gas), low_density(target, gas, resolution=1e-3)
    assert not whole.undetermined
    (left_out,) = coarse.undetermined
    assert (left_out.reservoir, left_out.count) == ("gas", 4)
    assert 1e-7 < left_out.largest < 1e-4
    assert [s.support_levels for s in stationary_states(coarse)] == [(0, 2), (1,)]


def test_two_blocks_that_collisions_do_not_connect_do_not_relax_to_gibbs() -> None:
    V = np.array([[1.0, 0.4, 0, 0], [0.4, 0.5, 0, 0], [0, 0, 0.7, 0.3j], [0, 0, -0.3j, 1.1]])
    generator = low_density(Target([0.0, 0.6, 0.9, 1.6], DeltaInteraction(V)), Gas("gas", WARM, density=0.01))
    states = stationary_states(generator)
    assert [s.support_levels for s in states] == [(0, 1), (2, 3)]
    V[1, 2] = V[2, 1] = 1e-3
    connected = low_density(Target([0.0, 0.6, 0.9, 1.6], DeltaInteraction(V)), Gas("gas", WARM, density=0.01))
    gibbs = gibbs_state(connected.spectrum, 0.8)
    assert np.allclose(stationary_state(connected).weights, gibbs.weights, rtol=1e-9)


@pytest.mark.parametrize("beta", [1e-2, 30.0, 1e4, 1e6])
def test_hot_and_cold_gases_keep_gibbs_to_the_digits_of_its_logarithms(beta: float) -> None:
    H = with_levels(np.random.default_rng(9), [0.0, 0.8, 0.8, 1.5])
    target = Target(H, DeltaInteraction([1.0, 0.7, 1.5, 0.4]))
    generator = low_density(target, Gas("gas", maxwell_boltzmann(inverse_temperature=beta), density=0.01))
    state, gibbs = stationary_state(generator), gibbs_state(generator.spectrum, beta)
    kept = gibbs.log_weights > -600
    assert np.allclose(state.log_weights[kept], gibbs.log_weights[kept], rtol=1e-9, atol=1e-9)
    kind = generator.dissipators[0].representation
    assert np.isfinite(np.logaddexp.reduce(kind.log_transition_rates)).all()
    assert np.isfinite(generator.dissipators[0].coherent).all()


def test_one_level_and_no_interaction_give_results() -> None:
    alone = low_density(Target([0.3], DeltaInteraction([2.0])), Gas("gas", WARM))
    assert np.abs(alone.superoperator()).max() < 1e-15
    assert stationary_state(alone).weights.tolist() == [1.0]
    nothing = low_density(Target([0.0, 1.0], DeltaInteraction([0.0, 0.0])), Gas("gas", WARM))
    assert np.allclose(nothing.apply(np.full((2, 2), 0.5)), -1j * 0.5 * np.array([[0, -1], [1, 0]]), atol=1e-15)


def test_the_shift_is_an_option_and_leaves_populations_alone() -> None:
    rng = np.random.default_rng(10)
    target, gas = Target(hermitian(rng, 3), DeltaInteraction(hermitian(rng, 3))), Gas("gas", WARM, density=0.01)
    on, off = low_density(target, gas), low_density(target, gas, scattering_shift=False)
    assert off.dissipators[0].coherent is None
    difference = on.apply(rho := hermitian(rng, 3)) - off.apply(rho)
    K = scattering_shift(ResolvedAmplitudes(target, gas))
    R = target.spectrum.to_energy_basis(rho)
    assert np.allclose(target.spectrum.to_energy_basis(difference), -1j * (K @ R - R @ K), atol=1e-15)
    assert np.abs(np.diag(target.spectrum.to_energy_basis(difference))).max() < 1e-16


def test_coherences_decay_as_the_optical_theorem_says() -> None:
    # The loss M_l = sum_k a_kl is -2 Im of the forward amplitude: int de/2pi f i(T - T^dagger)_ll.
    rng = np.random.default_rng(11)
    target, gas = (
        Target(hermitian(rng, 3), DeltaInteraction(hermitian(rng, 3) + 2 * np.eye(3))),
        Gas("gas", WARM, density=0.01),
    )
    M = np.diag(low_density(target, gas).dissipators[0].representation.decay).real
    x, w = np.polynomial.legendre.leggauss(200)
    levels = target.spectrum.levels
    for state in range(3):
        total = 0.0
        cuts = [*(levels[state:] - levels[state]), 60.0]
        for a, b in itertools.pairwise(cuts):
            angle = 0.25 * np.pi * (x + 1)
            e = a + (b - a) * np.sin(angle) ** 2
            T = target.interaction.transition_matrix(EnergyShell.above(target.spectrum, 1.0, state, e))
            forward = T[:, 0, state, 0, state]
            f = np.exp(gas.log_occupation(e, Waves.EVEN)[:, 0])
            total += np.sum(0.25 * np.pi * w * (b - a) * np.sin(2 * angle) * f * -2 * forward.imag) / (2 * np.pi)
        assert M[state] == pytest.approx(total, rel=1e-9)


def test_symmetric_t_matrices_balance_populations_and_time_reversal_but_not_dephasing() -> None:
    rng = np.random.default_rng(12)
    real = hermitian(rng, 3).real + 2 * np.eye(3)
    gas = Gas("gas", WARM, density=0.01)
    generator = low_density(Target([0.0, 0.4, 1.3], DeltaInteraction(real)), gas)
    state = stationary_state(generator)
    assert (
        np.abs(currents(generator, state).microcurrents).max() < 1e-14 * np.exp(log_population_rates(generator)).max()
    )
    assert hidden_time_reversal(generator, state).relative < 1e-12
    # The phases of elastic amplitudes at three levels are no Hamiltonian: KMS balance fails where d >= 3 ...
    assert detailed_balance(generator, state).kms.relative_without_hamiltonian > 1e-3
    # ... and holds at two levels, where any phase is one.
    pair = low_density(Target([0.0, 0.4], DeltaInteraction(real[:2, :2])), gas)
    assert detailed_balance(pair, stationary_state(pair)).kms.relative_without_hamiltonian < 1e-12
    assert microscopic_origin(pair, 0.8).is_balanced()
    twisted = real + np.array([[0, 0.5j, 0], [-0.5j, 0, 0], [0, 0, 0]])
    broken = low_density(Target([0.0, 0.4, 1.3], DeltaInteraction(twisted)), gas)
    assert hidden_time_reversal(broken, stationary_state(broken)).relative > 1e-4


def occupied(statistics: int, beta: float, mass: float, density: float) -> Gas:
    """Ideal Bose (+1) or Fermi (-1) gas of one density, by its momentum distribution; 0 for Boltzmann's."""

    def occupation(p: np.ndarray, log_z: float) -> np.ndarray:
        return 1 / (np.exp(beta * p**2 / (2 * mass) - log_z) - statistics)

    grid, weights = np.polynomial.legendre.leggauss(400)
    p = 6 * (grid + 1) / np.sqrt(beta / mass)
    counted = lambda z: float(np.sum(6 / np.sqrt(beta / mass) * weights * occupation(p, z))) / np.pi  # noqa: E731
    log_z = brentq(lambda z: counted(z) - density, -40.0, -1e-3, xtol=1e-15)
    G = MomentumDistribution(lambda k: occupation(k, log_z) / (2 * np.pi * density), scale=float(np.sqrt(mass / beta)))
    return Gas("gas", G, density, mass)


@pytest.mark.parametrize("statistics", [1, -1], ids=["bosons", "fermions"])
def test_statistics_of_the_gas_matter_in_the_next_order_of_the_density_only(statistics: int) -> None:
    rng = np.random.default_rng(13)
    target = Target(hermitian(rng, 2), DeltaInteraction(hermitian(rng, 2) + 2 * np.eye(2)))
    densities = np.array([0.04, 0.01, 0.0025])
    off = []
    for density in densities:
        L = low_density(target, occupied(statistics, 0.8, 1.3, density)).superoperator() - motion(target.hamiltonian)
        classical = Gas("gas", WARM, density, 1.3)
        B = low_density(target, classical).superoperator() - motion(target.hamiltonian)
        off.append(np.abs(L - B).max() / np.abs(B).max())
    order = np.polyfit(np.log(densities), np.log(off), 1)[0]
    assert order == pytest.approx(1.0, abs=0.05)


def test_the_born_limit_is_the_golden_rule() -> None:
    # Second order in V: 2 pi sum over final momenta |<k, p'|V|l, p>|^2 delta(E), with <p'|delta(q)|p> = 1/(2 pi).
    rng = np.random.default_rng(14)
    V, beta, m, n = 1e-6 * hermitian(rng, 3), 0.8, 1.3, 0.01
    levels = np.array([0.0, 0.4, 1.3])
    kind = low_density(Target(levels, DeltaInteraction(V)), Gas("gas", WARM, n, m)).dissipators[0].representation
    rates = np.exp(np.logaddexp.reduce(kind.log_transition_rates))
    for k, i in itertools.permutations(range(3), 2):
        w = levels[k] - levels[i]
        # sum over both directions: n int dp G 2 |V|^2 m / p', and int dp G / p' is a Bessel function.
        exact = n * 2 * abs(V[k, i]) ** 2 * np.sqrt(m * beta / (2 * np.pi)) * kve(0, beta * abs(w) / 2)
        exact *= np.exp(-beta * w / 2 - beta * abs(w) / 2)
        assert rates[k, i] == pytest.approx(exact, rel=1e-4)


def test_two_gases_at_two_temperatures_carry_heat() -> None:
    rng = np.random.default_rng(15)
    target = Target(hermitian(rng, 3), DeltaInteraction(hermitian(rng, 3)))
    hot, cold = (Gas(name, maxwell_boltzmann(temperature=T), 0.01) for name, T in (("hot", 2.0), ("cold", 0.5)))
    generator = low_density(target, [hot, cold])
    state = stationary_state(generator)
    flows = currents(generator, state)
    assert flows.heat[0] > 0 > flows.heat[1]
    assert flows.heat.sum() == pytest.approx(0.0, abs=1e-14 * flows.heat[0])
    assert flows.particles.tolist() == [0.0, 0.0]
    produced = entropy_production(generator, state)
    assert produced.clausius.value == pytest.approx(flows.heat[0] * (2.0 - 0.5), rel=1e-9)
    assert produced.spohn_of_reservoirs.is_never_negative


def test_beams_leave_no_gibbs_state() -> None:
    rng = np.random.default_rng(16)
    target = Target(hermitian(rng, 3), PointScatterers([0.0, 0.4], [hermitian(rng, 3), hermitian(rng, 3)]))
    beams = Beams(maxwell_boltzmann(temperature=0.5), maxwell_boltzmann(temperature=3.0))
    state = stationary_state(low_density(target, Gas("beams", beams, 0.01)))
    p, e = np.log(state.weights), target.spectrum.levels
    slopes = np.diff(p) / np.diff(e)
    assert abs(slopes[0] / slopes[1] - 1) > 1e-2


def test_jump_pairs_need_dephasing_that_is_its_own_reverse() -> None:
    gas = Gas("gas", WARM, density=0.01)
    complex_dephasing = low_density(
        Target([0.0, 0.4, 1.3], DeltaInteraction(np.ones((3, 3)) + np.diag([1, 2, 3]))), gas
    )
    with pytest.raises(InputError, match="dissipator 'gas' lacks the reverse at frequency 0"):
        jump_pairs(complex_dephasing)
    rates = np.logaddexp.reduce(complex_dephasing.dissipators[0].representation.log_transition_rates)
    np.fill_diagonal(rates, -np.inf)
    kind = FrequencyResolved(
        complex_dephasing.spectrum,
        coupling_operators=np.ones((1, 3, 3), dtype=complex),
        log_rates=rates[None],
        particles_per_jump=(0,),
        reverse=None,
    )
    pairs = jump_pairs(replace(complex_dephasing, dissipators=(Dissipator(kind, reservoir=gas),)))
    assert len(pairs.entropies) == 3
    assert np.allclose(np.abs(pairs.entropies), 0.8 * np.array([0.4, 1.3, 0.9]), rtol=1e-9)


def test_processes_of_a_degenerate_level_have_no_rate_ratio() -> None:
    rng = np.random.default_rng(18)
    target = Target(with_levels(rng, [0.0, 0.9, 0.9]), DeltaInteraction([1.0, 0.7, 1.5]))
    hot, cold = (Gas(name, maxwell_boltzmann(temperature=T), 0.01) for name, T in (("hot", 2.0), ("cold", 0.5)))
    generator = low_density(target, [hot, cold])
    state = stationary_state(generator)
    flows = currents(generator, state)
    produced = entropy_production(generator, state)
    resolved = produced.by_transition
    assert resolved.value is None
    assert "reverse of a jump of 'hot' is not known" in resolved.reason
    change = generator.dissipators[0].apply(state.density_matrix())
    assert flows.energy[0] == pytest.approx(float(np.trace(target.hamiltonian @ change).real), rel=1e-9)
    assert produced.spohn_of_reservoirs.value > 0


def test_a_gas_has_no_lines() -> None:
    generator = low_density(Target([0.0, 0.7], DeltaInteraction([[1, 0.5], [0.5, 2]])), Gas("gas", WARM))
    with pytest.raises(InputError, match="a reservoir of a generator made by weak_coupling, but 'gas' has no quanta"):
        emission_spectrum(generator, stationary_state(generator), reservoir="gas", frequencies=np.array([0.7]))


def test_bound_states_are_counted_in_the_notes_and_printed_by_the_audit() -> None:
    target = Target([0.0, 0.6, 1.5], DeltaInteraction([[-1.0, 0.3, 0.1], [0.3, -0.5, 0.2], [0.1, 0.2, 0.4]]))
    generator = low_density(target, Gas("gas", WARM, density=0.01))
    (note,) = generator.provenance.notes
    assert note.startswith("1 bound state of the target and a particle of 'gas': the wave operators reach the")
    assert "1 bound state of the target and a particle of 'gas'" in " ".join(str(audit(generator)).split())
    gibbs = gibbs_state(generator.spectrum, 0.8)
    assert np.allclose(stationary_state(generator).weights, gibbs.weights, rtol=1e-10)
    assert not low_density(Target([0.0, 1.0], DeltaInteraction([1.0, 2.0])), Gas("gas", WARM)).provenance.notes
