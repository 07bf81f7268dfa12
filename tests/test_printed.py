"""Nouns print themselves as a person would write them down: the numbers that matter, in 80 columns, at any size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import equipoise as eq
from equipoise import balance, fluctuations, generators, stationary, thermodynamics
from equipoise._printed import amounts, counted, described, table
from equipoise.balance.quantum.parts import Parts
from equipoise.balance.quantum.residual import Notions
from equipoise.provenance import Provenance
from equipoise.reproduce.dynamical_balance import three_levels
from equipoise.reservoirs import CorrelationSpectrum, FormFactor
from equipoise.stationary.support import Support
from equipoise.thermodynamics.entropy import Production
from equipoise.tomography import GeneratorEstimate

RATES = three_levels.three_level_rates([0.0, 1.0, 2.5], [[0.1, 0.1, 0.1]], [[1.0, 1.2, 1.0]])
MANY_RATES = three_levels.three_level_rates([0.0, 1.0, 2.5], [[0.1, 0.1, 0.1]], np.ones((7, 1, 3)))


def system(size: int) -> eq.OpenSystem:
    light = FormFactor(lambda k: 1e-4 * np.exp(-k / 4), lambda k: k, 3)
    D = np.random.default_rng(size).normal(size=(size, size))
    reservoirs = [
        eq.Reservoir(name, eq.bose_einstein(temperature=T), light) for name, T in (("hot", 2.0), ("cold", 0.5))
    ]
    levels = np.cumsum(np.random.default_rng(3).uniform(0.9, 1.1, size))
    return eq.OpenSystem(levels - levels[0], [eq.Coupling(r, D + D.T) for r in reservoirs])


def nouns(size: int) -> dict[str, object]:
    device = system(size)
    generator = eq.weak_coupling(device, lamb_shift=False)
    state = eq.stationary_state(generator)
    start = np.diag(np.eye(size)[0])
    coherent = np.full((size, size), 1.0 / size)
    relaxation = stationary.evolution(generator, start, np.geomspace(1e-3, 1e5, 40))
    reference = fluctuations.mean_reference(device)
    found = (
        device,
        generator,
        generator.spectrum,
        state,
        state.density,
        stationary.density_matrix(generator.spectrum, coherent),
        eq.currents(generator, state),
        relaxation,
        thermodynamics.currents_along(generator, relaxation),
        stationary.relaxation_spectrum(generator),
        fluctuations.linear_response(device, reference),
        fluctuations.second_order(device, reference),
        fluctuations.nonlinearity(device, [0.0, 0.5, 1.0]),
        fluctuations.transition_response(device, reference),
        balance.temperature_function(state),
        balance.effective_temperatures(generator),
        eq.cycles(generator, state).tree,
        eq.cycles(generator, state).largest,
        balance.population_bounds(generator, state),
        balance.currents_against_bias(generator, state),
        balance.fit_generalised_gibbs(state.density, 2),
        balance.local_kms_residual(state),
        eq.cycles(generator, state),
        RATES,
        MANY_RATES,
        three_levels.three_level_state(RATES),
        three_levels.three_level_state(MANY_RATES),
        thermodynamics.field_emission(generator, state),
        thermodynamics.emission_spectrum(generator, state, reservoir="hot", frequencies=np.linspace(0.5, 3, 5)),
    )
    return {f"{type(noun).__name__} {k}": noun for k, noun in enumerate(found)}


@pytest.mark.parametrize("size", [3, 12])
def test_nouns_print_themselves_in_a_few_lines_of_80_columns(size: int) -> None:
    for name, noun in nouns(size).items():
        lines = str(noun).splitlines()
        assert 0 < len(lines) <= 22, name
        assert max(map(len, lines)) <= 80, name
        assert "array(" not in str(noun), name
        assert repr(noun) == str(noun), name


def nouns_of_detailed_balance() -> tuple[object, ...]:
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    driven = generators.lindbladian([[0.0, 0.2], [0.2, 1.0]], [lower, 0.5 * lower.T])
    state = eq.stationary_state(driven)
    matrix = state.density_matrix()
    thermal = generators.lindbladian(np.diag([0.0, 1.0]), [lower, np.exp(-0.25) * lower.T])
    bath = CorrelationSpectrum(frequencies=[-2.0, -1.0, 1.0, 2.0], values=[0.1, 0.4, 1.0, 1.2])
    measured = [driven.superoperator() + 1e-3 * k * driven.superoperator() for k in range(3)]
    return (
        balance.compare_gaps(driven, state, factors=(1.0, 2.0)),
        balance.microscopic_origin(driven, 1.0),
        balance.microscopic_origin(thermal, 0.5),
        balance.microscopic_origin(eq.weak_coupling(system(8), lamb_shift=False), 1.0, 0.0),
        balance.hidden_time_reversal(driven, state),
        bath.kms_residual(1.0),
        bath.kms_residual(1.0, np.full(4, 0.1)),
        driven.channel(0.3),
        balance.channel_balance(driven.channel(0.3), matrix),
        thermodynamics.entropy_production(driven).fagnola_rebolledo,
        thermodynamics.entropy_production(thermal).fagnola_rebolledo,
        thermodynamics.entropy_production(driven),
        thermodynamics.entropy_production(thermal, np.eye(2) / 2),
        thermodynamics.green_kubo(thermal, 0.5),
        thermodynamics.gibbs_thermodynamics(thermal.spectrum, 0.5),
        thermodynamics.geometric_split(driven, state),
        thermodynamics.adiabatic_split(driven, np.eye(2) / 2, state, [state]),
        thermodynamics.reversal_symmetry(driven, state, lower, lower.T, [0.0, 1.0]),
        GeneratorEstimate.from_repetitions(measured),
        *entropy_productions(),
        *(balance.detailed_balance(driven, state).of(notion) for notion in (balance.KMS(), balance.BKM())),
        balance.detailed_balance(thermal).of(balance.PopulationBalance()),
        balance.detailed_balance(cold_qubit(), np.diag([1.0, 0.0])).kms,
        balance.detailed_balance(driven, state),
        balance.detailed_balance(cold_qubit(), np.diag([1.0, 0.0])),
    )


def cold_qubit() -> eq.Generator:
    return generators.lindbladian(np.diag([0.0, 1.0]), [np.array([[0.0, 1.0], [0.0, 0.0]])])


def notions_at_dimension_34() -> tuple[Notions, ...]:
    rng = np.random.default_rng(2)
    jumps = generators.lindbladian(np.diag(np.arange(34.0)), [rng.normal(size=(34, 34))])
    kind = jumps.dissipators[0].representation
    action = replace(
        jumps,
        dissipators=(replace(jumps.dissipators[0], representation=generators.MatrixFree(kind.apply, kind.adjoint)),),
    )
    sigma = np.diag(np.linspace(1.0, 2.0, 34))
    return tuple(balance.detailed_balance(each, sigma / np.trace(sigma)).notions() for each in (jumps, action))


def entropy_productions() -> tuple[Production, ...]:
    found = thermodynamics.entropy_production(eq.weak_coupling(system(3), lamb_shift=False))
    unknown = eq.rate_equation([[0.0, 1.0], [2.0, 0.0]], energies=[0.0, 1.0])
    return (
        found.clausius,
        found.by_transition,
        found.spohn_of_reservoirs,
        thermodynamics.entropy_production(unknown).clausius,
        thermodynamics.entropy_production(unknown, np.diag([0.5, 0.5])).spohn,
    )


@pytest.mark.parametrize("noun", nouns_of_detailed_balance(), ids=lambda noun: type(noun).__name__)
def test_nouns_of_detailed_balance_print_themselves(noun: object) -> None:
    lines = str(noun).splitlines()
    assert 0 < len(lines) <= 22
    assert max(map(len, lines)) <= 80
    assert "array(" not in str(noun)
    assert "=" not in lines[0]
    assert repr(noun) == str(noun)


def test_conditions_of_thermal_origin_print_the_offender() -> None:
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    printed = str(balance.microscopic_origin(generators.lindbladian(np.diag([0.0, 1.0]), [lower, lower.T]), 1.0))
    assert "balanced        no" in printed
    assert "log rate ratio of 'unattributed' at omega = 1 is" in printed


def test_an_entropy_production_prints_its_name_value_sign_and_formula() -> None:
    clausius, resolved, _, unknown, _ = entropy_productions()
    assert str(clausius).startswith(f"entropy production (Clausius)\n  value    {clausius.value:.6g} k_B per unit time")
    assert "sign     positive; the second law allows no negative value\n  formula  dS/dt" in str(clausius)
    assert str(unknown).splitlines()[1:] == [
        "  value   not applicable",
        "  reason  reservoir 'unattributed' has no temperature",
    ]
    printed = {
        "infinite": replace(resolved, value=np.inf, scale=np.inf),
        "negative": replace(resolved, value=-1.0),
        "allowed": replace(resolved, value=-1.0, is_never_negative=False),
        "zero": replace(resolved, value=0.0),
        "error": replace(resolved, value=1e-9, error=1e-8),
        "round-off": replace(resolved, value=-1e-16 * resolved.scale),
    }
    words = {name: str(entry).splitlines()[2].split("     ")[1] for name, entry in printed.items()}
    assert words == {
        "infinite": "infinite; the second law allows no negative value",
        "negative": "negative, though the second law forbids it",
        "allowed": "negative; for this generator nothing forbids a negative value",
        "zero": "zero; the second law allows no negative value",
        "round-off": "zero within its error; the second law allows no negative value",
        "error": "zero within its error; the second law allows no negative value",
    }


def test_a_residual_prints_its_notion_its_verdict_and_what_it_is_relative_to() -> None:
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    thermal = generators.lindbladian(np.diag([0.0, 1.0]), [lower, 0.5 * lower.T])
    lines = str(balance.detailed_balance(thermal, np.diag([0.8, 0.2])).kms).splitlines()
    # Jump elements sqrt(w_up w_down) = 0.5 both ways; M = diag(0.25, 1) has 0.5 (2 * 1.0625 + 1.25^2) as its square.
    whole = np.sqrt(2 * 0.5**2 + 0.5 * (2 * 1.0625 + 1.25**2))
    assert lines[:2] == [
        "KMS detailed balance: holds but for H",
        "  asks      L' = L, the dual in Tr[s^(1/2) A^+ s^(1/2) B]",
    ]
    # The commutator with H = diag(-1/2, 1/2) has the norm sqrt(2).
    assert f"; {np.sqrt(2) / whole:.3g} with H, the Hamiltonian that commutes with the state" in lines[2]
    assert lines[3].endswith("; 1.41 with H, in the unit of the rates")
    assert lines[4].endswith(" relative to 0.707107 of all jumps")
    assert lines[5].endswith(f" relative to {whole:.6g} of all that dissipates")
    assert lines[6].endswith(", relative")
    assert lines[7:] == ["  reason    Hamiltonian that commutes with the state", "  method    QR"]
    lines = str(balance.detailed_balance(thermal, eq.stationary_state(thermal))).splitlines()
    assert lines[0] == "detailed balance of a generator with respect to a state"
    assert lines[7].startswith("  KMS       holds but for H: ")
    assert lines[8].startswith("  standard  holds: ")
    assert lines[9].startswith("  GNS       holds but for H: ")
    assert lines[10].startswith("  Alicki    holds: ")


def test_an_audit_at_a_prompt_is_its_balance_sheet() -> None:
    found = eq.audit(cold_qubit())
    assert repr(found) == str(found)
    assert str(found).startswith("verdict")


def test_verdicts_of_a_notion() -> None:
    one = generators.lindbladian(np.diag([0.0, 1.0]), [np.array([[0.0, 1.0], [0.5, 0.0]])])
    found = balance.detailed_balance(one, np.diag([0.6, 0.4])).sqdb
    assert found.jump_norm is not None
    size = found.jump_norm
    assert found.verdict == "broken"
    assert replace(found, parts=Parts(0.0, 0.0), value=0.0, without_hamiltonian=0.0).verdict == "holds"
    small = replace(found, parts=Parts(1e-6 * size, 0.0), value=1e-6 * size, without_hamiltonian=1e-6 * size)
    assert small.verdict == "broken"
    assert replace(small, noise_parts=Parts(1e-5 * size, 0.0)).verdict == "holds within its noise"
    assert replace(small, noise_parts=Parts(1e-2 * size, 0.0)).verdict == "not resolved"
    assert replace(small, value=size, noise_parts=Parts(1e-5 * size, 0.0)).verdict == "holds but for H"
    assert "(1 of 2 states)" in str(replace(found, support=Support(1, 2)))


def test_notions_print_a_verdict_for_each_and_each_reason_once() -> None:
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    driven = generators.lindbladian([[0.0, 0.2], [0.2, 1.0]], [lower, 0.5 * lower.T])
    every = [
        balance.detailed_balance(driven, eq.stationary_state(driven)).notions(),
        balance.detailed_balance(driven, np.eye(2) / 2).notions(),
    ]
    every += [*notions_at_dimension_34(), balance.detailed_balance(cold_qubit(), np.diag([1.0, 0.0])).notions()]
    for found in every:
        lines = str(found).splitlines()
        assert len(lines) <= 26
        assert max(map(len, lines)) <= 80
        assert repr(found) == str(found)
        reasons = {residual.reason for residual in found.residuals}
        assert all(" ".join(str(found).split()).count(f": {reason} ") <= 1 for reason in reasons)
        for residual in found.residuals:
            (line,) = [line for line in lines if line.startswith(f"  {residual.notion.name} ")]
            assert line.endswith(residual.verdict)
    _, equal, estimated, action, pure = map(str, every)
    assert "HiddenTimeReversal not asked: not sought for a state with equal weights" in equal
    assert "~  broken" in estimated
    assert "~ estimated from random matrices" in estimated
    assert "StandardQuantum, GNS, Alicki, PopulationBalance, HiddenTimeReversal not asked: needs " in " ".join(
        action.split()
    )
    assert pure.endswith("restricted to the support of the state (1 of 2 states)")


def test_what_is_printed_are_the_numbers() -> None:
    generator = eq.weak_coupling(system(3), lamb_shift=False)
    state = eq.stationary_state(generator)
    assert f"{state.populations[2]:.6g}" in str(state)
    flows = eq.currents(generator, state)
    assert f"{flows.energy[0]:.6g}" in str(flows)
    assert str(stationary.relaxation_spectrum(generator)).splitlines()[1].startswith("  populations    0, -")


def test_unknown_particle_flows_are_said_to_be_unknown() -> None:
    generator = eq.rate_equation([[0.0, 1.0], [2.0, 0.0]], energies=[0.0, 1.0])
    assert "not known" in str(eq.currents(generator, eq.stationary_state(generator)))


def test_long_lists_and_wide_tables_are_cut_with_a_word() -> None:
    assert amounts(range(100)) == "0, 1, 2, 3, ... 99 (100 in all)"
    assert counted(1, "frequency") == "1 frequency"
    assert counted(0, "frequency") == "0 frequencies"
    assert max(map(len, described("x " * 100, ("label", "y " * 200)).splitlines())) <= 80
    lines = table([f"column {k}" for k in range(20)], [["1"] * 20] * 30, "flow")
    assert lines[-1] == "  (and 12 columns more)"
    assert lines[-3] == "  ... (30 flows in all)"


def test_a_provenance_prints_its_rows_and_escapes_them_in_a_notebook() -> None:
    made = Provenance("weak coupling", {"rate < gap": True}, notes=("one <note>",))
    assert repr(made).splitlines()[:4] == [
        "How it was made",
        "  limit       weak coupling",
        "  rate < gap  True",
        "  note 1      one <note>",
    ]
    assert "<th>rate &lt; gap</th><td>True</td>" in made._repr_html_()


def test_a_reservoir_prints_its_temperature_and_a_notebook_shows_what_a_prompt_does() -> None:
    bath = eq.Reservoir("hot <bath>", eq.bose_einstein(temperature=2.0), eq.Ohmic(0.1, cutoff=10.0))
    assert str(bath).splitlines()[:3] == ["reservoir 'hot <bath>'", "  distribution  Thermal", "  beta          0.5"]
    assert str(eq.Reservoir("bath")) == "reservoir 'bath'"
    device = eq.OpenSystem([0.0, 1.0], [eq.Coupling(bath, np.ones((2, 2)))])
    for noun in (bath, device, eq.weak_coupling(device)):
        assert "hot &lt;bath&gt;" in noun._repr_html_()  # type: ignore[attr-defined]
