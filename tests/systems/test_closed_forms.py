"""The library against the closed form of every exactly solvable system, shipped models included."""

from dataclasses import replace

import numpy as np
import pytest

from equipoise import (
    Generator,
    OpenSystem,
    StationaryState,
    Verdict,
    audit,
    currents,
    cycles,
    stationary_state,
    weak_coupling,
)
from equipoise.reproduce.dynamical_balance.three_levels import ThreeLevelRates, three_level_state
from systems.blockaded_dot import BlockadedDot
from systems.common_qubits import CommonQubits
from systems.cyclic_chain import CyclicChain
from systems.damped_qubit import DampedQubit
from systems.double_dot import DoubleDot
from systems.doublet import Doublet
from systems.exact import ExactSystem
from systems.heat_valve import HeatValve
from systems.quantum_splitter import QuantumSplitter
from systems.resonant_level import ResonantLevel
from systems.thermal_ladder import ThermalLadder
from systems.two_qubits import TwoQubits

VALVE = HeatValve((0.0, 2.0, 5.0), 4.0, 2.0, hot_coupling=0.001, cold_coupling=0.002, cutoff=50.0)
SHIPPED = {
    "heat-valve": VALVE,
    "heat-valve-equal-temperatures": replace(VALVE, hot=2.0, names=("upper", "lower")),
    "double-dot": BlockadedDot(),
    "cyclic-chain": CyclicChain(name="drive", has_energies=True),
    "quantum-splitter": QuantumSplitter(),
}
"""The shipped models with a unique stationary state; `two-qubits` is `CommonQubits()`."""

VARIED = {
    "valve": HeatValve(),
    "dot": DoubleDot(),
    "dot in blockade at rest": BlockadedDot(potentials=(0.1, 0.1)),
    "dot in blockade between unequal leads": BlockadedDot(temperatures=(0.05, 0.2), rates=(0.001, 0.003)),
    "qubits": TwoQubits(),
    "chain of unknown origin": CyclicChain(),
    "chain without energies": CyclicChain(name="drive"),
    "valve in the deep cold": HeatValve(hot=0.012, cold=0.008),
    "valve at nearly equal temperatures": HeatValve(hot=1.0 + 1e-6, cold=1.0),
    "valve with equal gaps": HeatValve(energies=(-1.0, 0.5, 2.0)),
    "dot without interaction": DoubleDot(interaction=0.0),
    "dot with complex tunnelling": DoubleDot(tunnelling=0.3 * np.exp(1.1j), temperatures=(0.4, 0.2)),
    "dot at rest": DoubleDot(potentials=(0.3, 0.3)),
    "attractive dot": DoubleDot(interaction=-3.0, temperatures=(0.6, 0.9)),
    "qubits at one temperature": TwoQubits(hot=0.5),
    "reversible chain": CyclicChain(forward=1.5, backward=1.5),
    "splitter that joins": QuantumSplitter(hot=0.5),
    "splitter with unequal couplings": QuantumSplitter((0.3, 1.0, 2.9), amplitudes=(0.7j, 1.2 - 0.4j, -0.5)),
    "damped qubit": DampedQubit(),
    "cold qubit": DampedQubit(temperatures=(0.0,)),
    "qubit between three": DampedQubit(temperatures=(0.7, 1.4, 0.2), couplings=(0.01, 0.02, 0.005)),
    "thermal ladder": ThermalLadder(),
    "driven ladder": ThermalLadder(levels=30, temperatures=(0.4, 1.1), couplings=(0.01, 0.03)),
    "resonant level": ResonantLevel(),
    "resonant level below zero": ResonantLevel(energy=-0.3),
    "stalled level": ResonantLevel(energy=1.0, temperatures=(0.5, 0.25), potentials=(0.0, 0.5)),
}
SYSTEMS = {**SHIPPED, **VARIED}

ROUND_OFF = 1e-12
"""Relative to the activity: a few hundred round-offs of d = 30 levels and of the diagonalisation."""

every_system = pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)


def check_flows(generator: Generator, state: StationaryState, system: ExactSystem) -> None:
    flows = currents(generator, state)
    activity = float(flows.activity.sum())
    scale = activity * max(1.0, float(np.abs(generator.spectrum.levels).max()))
    particles = dict(zip(flows.reservoirs, flows.particles, strict=True))
    energy = dict(zip(flows.reservoirs, flows.energy, strict=True))
    assert particles == pytest.approx(system.particle_currents, rel=0, abs=ROUND_OFF * activity, nan_ok=True)
    assert energy == pytest.approx(system.energy_currents, rel=0, abs=ROUND_OFF * scale)


def check_triplet(generator: Generator, qubits: CommonQubits) -> None:
    """Two sectors: the singlet at rest, and the triplet that conducts."""
    found = audit(generator)
    assert found.verdict is Verdict.NOT_UNIQUE
    singlet, triplet = sorted(found.sectors, key=lambda sector: sector.generator.dimension)
    assert (singlet.generator.dimension, triplet.generator.dimension) == (1, 3)
    assert triplet.verdict is Verdict.BALANCED_BETWEEN_UNEQUAL
    np.testing.assert_allclose(triplet.state.populations, qubits.triplet_populations, rtol=ROUND_OFF)
    heat = dict(zip(triplet.flows.reservoirs, triplet.flows.heat, strict=True))
    assert heat == pytest.approx({"hot": qubits.triplet_heat, "cold": -qubits.triplet_heat}, rel=1e-11)
    assert np.abs(generator.apply(qubits.singlet)).max() < 1e-15


@pytest.mark.parametrize("name", [*SHIPPED, "two-qubits"])
def test_shipped_models_have_these_numbers(name: str) -> None:
    model = pytest.importorskip("equipoise.io.model", reason="model files come later")
    subject = model.load_model(name).subject
    generator = weak_coupling(subject, lamb_shift=False) if isinstance(subject, OpenSystem) else subject
    if name == "two-qubits":
        check_triplet(generator, CommonQubits())
        return
    state = stationary_state(generator)
    np.testing.assert_allclose(state.populations, SHIPPED[name].populations, rtol=ROUND_OFF)
    check_flows(generator, state, SHIPPED[name])
    assert audit(generator).verdict is SHIPPED[name].verdict


def test_qubits_in_common_reservoirs() -> None:
    qubits = CommonQubits()
    check_triplet(qubits.generator(), qubits)


@every_system
def test_populations(system: ExactSystem) -> None:
    state = stationary_state(system.generator())
    np.testing.assert_allclose(state.populations, system.populations, rtol=ROUND_OFF)


@every_system
def test_currents(system: ExactSystem) -> None:
    generator = system.generator()
    check_flows(generator, stationary_state(generator), system)


@every_system
def test_verdict_and_entropy_production(system: ExactSystem) -> None:
    found = audit(system.generator())
    assert found.verdict is system.verdict
    named = {entry.name: entry for entry in found.entropy if entry.value is not None}
    entry = named.get("Clausius", named["transition-resolved"])
    assert entry.value == pytest.approx(system.entropy_production, rel=1e-9, abs=ROUND_OFF * entry.scale)


def test_the_numbers_of_the_cyclic_chain() -> None:
    generator = CyclicChain().generator()
    flows = currents(generator, stationary_state(generator))
    for start in range(3):
        assert flows.microcurrents[0, (start + 1) % 3, start] == pytest.approx(1 / 3, rel=ROUND_OFF)
    production = {entry.name: entry.value for entry in audit(generator).entropy}
    assert production["transition-resolved"] == pytest.approx(np.log(2), rel=ROUND_OFF)


def test_every_flow_of_the_heat_valve_is_its_cycle_current() -> None:
    valve = HeatValve()
    generator = valve.generator()
    flows = currents(generator, stationary_state(generator))
    J = valve.cycle_current
    assert J > 0
    hot, cold = (flows.reservoirs.index(name) for name in ("hot", "cold"))
    for reservoir, to, start in ((hot, 2, 0), (cold, 1, 2), (cold, 0, 1)):
        assert flows.microcurrents[reservoir, to, start] == pytest.approx(J, rel=1e-11)


def test_heat_valve_at_equal_temperatures_is_gibbs() -> None:
    valve = HeatValve(hot=1.5, cold=1.5)
    weights = np.exp(-np.array(valve.energies) / 1.5)
    state = stationary_state(valve.generator())
    np.testing.assert_allclose(state.populations, weights / weights.sum(), rtol=ROUND_OFF)


def test_populations_of_the_cold_valve_carry_full_relative_accuracy() -> None:
    valve = HeatValve(hot=0.012, cold=0.008)
    populations = stationary_state(valve.generator()).populations
    assert populations[2] < 1e-80
    np.testing.assert_allclose(populations, valve.populations, rtol=ROUND_OFF)


def test_the_splitter_turns_one_quantum_into_two_as_its_closed_form_says() -> None:
    for splitter in (QuantumSplitter(), QuantumSplitter(hot=0.5), QuantumSplitter((0.3, 1.0, 2.9), hot=1.1)):
        generator = splitter.generator()
        (process,) = cycles(generator).conversions
        assert process.conversion == ("1 -> 2" if splitter.delta > 0 else "2 -> 1")
        assert process.flux == pytest.approx(abs(splitter.conversion), rel=1e-11)
        assert process.affinity == pytest.approx(abs(splitter.delta), rel=1e-12)
        assert float(three_level_state(ThreeLevelRates.from_generator(generator)).conversion) == pytest.approx(
            splitter.conversion, rel=1e-11
        )


def test_two_dots_without_interaction_conduct_through_independent_orbitals() -> None:
    dot = DoubleDot(interaction=0.0)
    generator = dot.generator()
    flows = currents(generator, stationary_state(generator))
    assert flows.particles[0] == pytest.approx(dot.free_current, rel=1e-11)
    assert dot.particle_currents["left"] == pytest.approx(dot.free_current, rel=1e-11)


def test_blockaded_current_at_zero_temperature() -> None:
    dot = DoubleDot(energies=(0.0, 0.0), tunnelling=0.3, interaction=20.0, temperatures=(0.0, 0.0))
    generator = dot.generator()
    flows = currents(generator, stationary_state(generator))
    assert flows.particles[0] == pytest.approx(dot.blockade_current, rel=1e-12)


def test_qubits_carry_heat_from_hot_to_cold_only() -> None:
    generator = TwoQubits().generator()
    flows = currents(generator, stationary_state(generator))
    assert flows.heat[flows.reservoirs.index("hot")] > 0
    assert flows.heat.sum() == pytest.approx(0.0, abs=1e-15)


def test_coherence_of_the_damped_qubit_decays_at_half_the_relaxation_rate() -> None:
    qubit = DampedQubit(temperatures=(0.7, 0.2), couplings=(0.01, 0.02))
    generator = qubit.generator()
    coherence = np.array([[0.0, 1.0], [0.0, 0.0]])
    # |0><1| turns with +i omega.
    expected = (1j * qubit.frequency - qubit.relaxation_rate / 2) * coherence
    np.testing.assert_allclose(generator.apply(coherence), expected, atol=1e-14)
    inversion = np.diag([1.0, -1.0])
    np.testing.assert_allclose(generator.apply(inversion), -qubit.relaxation_rate * inversion, atol=1e-14)


@pytest.mark.parametrize("is_v", [True, False], ids=["V", "Lambda"])
@pytest.mark.parametrize("temperatures", [(2.0, 0.6), (0.7, 0.7), (0.05, 3.0)])
def test_doublet_keeps_its_coherence(is_v: bool, temperatures: tuple[float, float]) -> None:
    doublet = Doublet(is_v=is_v, temperatures=temperatures)
    rho = stationary_state(doublet.generator()).density_matrix()
    np.testing.assert_allclose(rho, doublet.density, atol=1e-13)
    inside = rho[1, 2] if is_v else rho[0, 1]
    equal = temperatures[0] == temperatures[1]
    assert (abs(inside) < 1e-13) == equal


@pytest.mark.parametrize("is_v", [True, False], ids=["V", "Lambda"])
def test_parallel_dipoles_alone_leave_a_dark_state(is_v: bool) -> None:
    lone = Doublet(is_v=is_v, dipoles=((1.0, 0.5 + 0.3j),), temperatures=(1.0,), couplings=(0.01,))
    assert audit(lone.generator()).verdict is Verdict.NOT_UNIQUE


def test_coherent_trapping_in_the_lambda_system() -> None:
    dipole = np.array([1.0, 0.5 + 0.3j])
    trap = Doublet(is_v=False, dipoles=(tuple(dipole), (0.4, -1.0)), temperatures=(1.0, 0.0))
    rho = stationary_state(trap.generator()).density_matrix()
    dark = np.array([dipole[1].conj(), -dipole[0].conj(), 0.0])
    dark /= np.linalg.norm(dark)
    np.testing.assert_allclose(rho, np.outer(dark, dark.conj()), atol=1e-13)


def test_coherent_trapping_is_a_dark_state() -> None:
    trap = Doublet(is_v=False, dipoles=((1.0, 0.5 + 0.3j), (0.4, -1.0)), temperatures=(1.0, 0.0))
    assert audit(trap.generator()).verdict is Verdict.DARK_STATE
