"""What can be asked beyond the verdict: each answer says what its numbers are, or why it does not apply."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise import Coupling, InputError, OpenSystem, Reservoir, audit, bose_einstein, currents
from equipoise.auditing.analyses import (
    Answer,
    EvolutionAnalysis,
    FieldAnalysis,
    LocalKmsAnalysis,
    OnsagerAnalysis,
    analyse,
)
from equipoise.auditing.analyses.answer import AbstractAnalysis
from equipoise.auditing.blocks import Table
from equipoise.fluctuations import Reference, linear_response
from equipoise.generators import rate_equation
from equipoise.io import load_model
from equipoise.reservoirs import FormFactor, Ohmic
from random_systems import Draw, bosonic_system, fermionic_system

EVERY: tuple[AbstractAnalysis, ...] = (
    OnsagerAnalysis(),
    LocalKmsAnalysis(),
    EvolutionAnalysis((0.0, 1e-6, 1.0, 1e9)),
    FieldAnalysis(),
)


def heat_valve() -> OpenSystem:
    system = load_model("heat-valve").subject
    assert isinstance(system, OpenSystem)
    return system


def ask(system: OpenSystem, analysis: AbstractAnalysis) -> Answer:
    (answer,) = analyse(audit(system), [analysis])
    return answer


@pytest.mark.parametrize("analysis", EVERY, ids=lambda analysis: analysis.name)
@pytest.mark.parametrize(
    "system",
    [
        bosonic_system(Draw(1, 4, 3, degenerate=False, mu=True)),
        bosonic_system(Draw(2, 4, 2, degenerate=True)),
        fermionic_system(Draw(4, 4, 2, degenerate=False)),
    ],
    ids=["generic", "degenerate", "fermions"],
)
def test_every_analysis_answers_for_every_system_in_80_columns(system: OpenSystem, analysis: AbstractAnalysis) -> None:
    answer = ask(system, analysis)
    assert max(len(line) for line in str(answer).splitlines()) <= 80
    assert "nan" not in str(answer)
    assert answer.facts
    answer.to_dataset()


def test_the_last_times_of_an_evolution_have_the_flows_of_the_audit() -> None:
    system = bosonic_system(Draw(3, 4, 3, degenerate=False))
    found = audit(system)
    (answer,) = analyse(
        found, [EvolutionAnalysis((1e9,), "level 2" if "level 2" in found.generator.spectrum.labels else None)]
    )
    dataset = answer.to_dataset()
    np.testing.assert_allclose(dataset["energy_flow"][0], found.flows.energy, rtol=1e-9)


def test_the_onsager_matrix_is_that_of_the_reference() -> None:
    system = heat_valve()
    reference = Reference(0.4)
    dataset = ask(system, OnsagerAnalysis(reference)).to_dataset()
    np.testing.assert_array_equal(dataset["onsager_matrix"], linear_response(system, reference).matrix)
    assert float(dataset["linear_error"][-1]) > float(dataset["linear_error"][1]) > 0


def test_the_field_gives_what_the_system_gains() -> None:
    system = bosonic_system(Draw(5, 4, 2, degenerate=False))
    found = audit(system)
    (answer,) = analyse(found, [FieldAnalysis()])
    energy = answer.to_dataset()["absorbed_energy"].sum("frequency")
    np.testing.assert_allclose(energy, currents(found.generator, found.state).energy, rtol=1e-10)


def test_a_form_factor_shows_its_momentum_shells() -> None:
    light = Reservoir(
        "light",
        bose_einstein(temperature=1.0),
        FormFactor(lambda k: 0.1 * k * np.exp(-((k / 4) ** 2)), lambda k: k**2, 1),
    )
    cold = Reservoir("cold", bose_einstein(temperature=0.5), Ohmic(0.01, 10.0))
    system = OpenSystem([0.0, 4.0], (Coupling(light, [[0, 1], [0, 0]]), Coupling(cold, [[0, 1], [0, 0]])))
    shells = ask(system, FieldAnalysis()).tables[-1]
    assert shells.title == "Momentum shells"
    assert sorted(float(row[3]) for row in shells.rows if row[3] is not None) == pytest.approx([-2.0, 2.0])


def test_an_unknown_level_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"`initial` must name a level, but got 'x'\. The levels are 'ground'"):
        ask(heat_valve(), EvolutionAnalysis((1.0,), "x"))


def test_populations_must_add_up() -> None:
    with pytest.raises(
        InputError, match=r"`initial` must be 3 populations >= 0 that add up to 1, but got 3 that add up to 1\.5"
    ):
        ask(heat_valve(), EvolutionAnalysis((1.0,), (0.5, 0.5, 0.5)))


def test_analyses_need_one_stationary_state() -> None:
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    D = np.zeros((4, 4))
    D[0, 1] = D[2, 3] = 1.0
    two = audit(OpenSystem([0.0, 1.0, 1.7, 3.0], (Coupling(bath, D),)))
    with pytest.raises(InputError, match="must have one stationary state"):
        analyse(two, EVERY)


def test_an_ingarden_state_of_full_order_misses_nothing() -> None:
    answer = ask(bosonic_system(Draw(7, 4, 2, degenerate=False)), LocalKmsAnalysis(3))
    table = answer.tables[-1]
    assert table.title == "Ingarden state of order 3"
    assert len(table.rows) == 3


def test_a_wide_table_is_printed_in_parts_that_begin_with_its_names() -> None:
    table = Table("wide", ("name", *(f"column number {k}" for k in range(8))), (("row", *(1.0 for _ in range(8))),))
    lines = table.lines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("  row") for line in lines) == 2


def triangle(*baths: Reservoir) -> OpenSystem:
    """Every transition of four levels driven by every reservoir."""
    rng = np.random.default_rng(4)
    couplings = [Coupling(bath, np.triu(rng.uniform(0.5, 1.5, size=(4, 4)), 1)) for bath in baths]
    return OpenSystem([0.0, 1.0, 1.77, 3.14159], couplings)


def thermal(name: str, beta: float, exponent: float = 1.0, chemical_potential: float = 0.0) -> Reservoir:
    distribution = bose_einstein(inverse_temperature=beta, chemical_potential=chemical_potential)
    return Reservoir(name, distribution, Ohmic(1e-6, 8.0, exponent))


def test_nothing_is_gained_or_converted_at_equilibrium() -> None:
    facts = dict(ask(triangle(thermal("one", 1.3), thermal("two", 1.3, 3.0)), FieldAnalysis()).facts)
    for name in ("one", "two"):
        assert facts[name] == "gives no energy; gives quanta at no frequency, takes them at no frequency"
    assert facts["conversion"] == "no cycle of three levels turns"


def test_quanta_turn_over_while_the_energy_of_a_single_field_stays() -> None:
    facts = dict(ask(triangle(thermal("field", 1.0, chemical_potential=-0.4)), FieldAnalysis()).facts)
    assert facts["field"].startswith("gives no energy; gives quanta at")
    assert "no frequency" not in facts["field"]
    assert facts["conversion"] == "4 cycles of three levels splitting one quantum into two"


def test_currents_of_1e_230_are_in_the_table() -> None:
    baths = [Reservoir(f"{b}", bose_einstein(inverse_temperature=b), Ohmic(1e-6, 1e3)) for b in (1.0, 1.1)]
    cold = OpenSystem([0.0, 550.0], [Coupling(bath, [[0, 1], [0, 0]]) for bath in baths])
    (row,) = ask(cold, FieldAnalysis()).tables[0].rows
    assert isinstance(row[1], float)
    assert 0 < row[1] < 1e-200


@pytest.mark.parametrize("split", [3e-9, 1e-3])
def test_levels_that_nearly_coincide_are_gibbs_too(split: float) -> None:
    D = np.ones((4, 4))
    bath = Reservoir("bath", bose_einstein(inverse_temperature=1.3), Ohmic(1e-14, 8.0))
    system = OpenSystem([0.0, 1.0, 1.0 + split, 2.9], [Coupling(bath, D)], tolerance=1e-14)
    assert dict(ask(system, LocalKmsAnalysis()).facts)["state"] == "Gibbs: beta_S = 1.3 between all levels"


def test_one_way_cycles_are_not_called_additive() -> None:
    ring = rate_equation([[0, 1, 0], [0, 0, 1], [1, 0, 0]], energies=[0.0, 1.0, 2.5])
    (answer,) = analyse(audit(ring), [LocalKmsAnalysis()])
    assert dict(answer.facts)["field"] == "beta(w) is infinite on 3 transitions, open one way only"


def test_an_ingarden_state_that_is_not_there_leaves_the_rest() -> None:
    vacuum = Reservoir("vacuum", bose_einstein(temperature=0.0), Ohmic(1e-6, 8.0))
    answer = ask(triangle(vacuum), LocalKmsAnalysis(2))
    facts = dict(answer.facts)
    assert facts["Ingarden state"].startswith("not applicable: Argument `state` must be faithful")
    assert facts["field"] == "beta(w) is infinite on 6 transitions, open one way only"


def test_no_number_of_a_dataset_is_nan() -> None:
    system = bosonic_system(Draw(1, 4, 3, degenerate=False))
    for analysis in EVERY:
        dataset = ask(system, analysis).to_dataset()
        assert not any(bool(dataset[name].isnull().any()) for name in dataset.variables)
