"""What can be asked beyond the verdict: each answer says what its numbers are, or why it does not apply."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise import Coupling, InputError, OpenSystem, Reservoir, audit, bose_einstein, currents
from equipoise.audit.analyses import (
    AbstractAnalysis,
    Answer,
    EvolutionAnalysis,
    FieldAnalysis,
    LocalKmsAnalysis,
    OnsagerAnalysis,
    Table,
    analyse,
)
from equipoise.fluctuations import Reference, linear_response
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
    assert found.flows is not None
    np.testing.assert_allclose(dataset["energy_flow"][0], found.flows.energy, rtol=1e-9)


def test_the_onsager_matrix_is_that_of_the_reference() -> None:
    system = heat_valve()
    reference = Reference(0.4)
    dataset = ask(system, OnsagerAnalysis(reference)).to_dataset()
    np.testing.assert_array_equal(dataset["onsager_matrix"], linear_response(system, reference).matrix)
    assert float(dataset["linear_error"][-1]) > float(dataset["linear_error"][1]) > 0


def test_the_field_gains_what_the_system_gives() -> None:
    system = bosonic_system(Draw(5, 4, 2, degenerate=False))
    found = audit(system)
    (answer,) = analyse(found, [FieldAnalysis()])
    assert found.state is not None
    energy = answer.to_dataset()["emitted_energy"].sum("frequency")
    np.testing.assert_allclose(energy, -currents(found.generator, found.state).energy, rtol=1e-10)


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
