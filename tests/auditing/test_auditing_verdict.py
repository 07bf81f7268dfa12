"""The verdict table, row by row, and what is undecided; each on a system made to be that row."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from equipoise import (
    Coupling,
    InputError,
    Ohmic,
    OpenSystem,
    Reservoir,
    Verdict,
    audit,
    bose_einstein,
    fermi_dirac,
    lindbladian,
    rate_equation,
    stationary_state,
    weak_coupling,
)
from equipoise.auditing.findings import balance_findings
from equipoise.auditing.measurements import _totals
from equipoise.auditing.questions import Question, compare
from equipoise.auditing.verdict import Measurements, classify, first_match, meaning_of
from equipoise.balance import GNS, KMS, StandardQuantum, detailed_balance
from equipoise.balance.quantum.parts import Parts
from equipoise.fluxes import at_state
from equipoise.generators import low_density
from equipoise.reservoirs import Flat, LocalTemperature, Statistics
from equipoise.scattering import DeltaInteraction, Gas, Target, maxwell_boltzmann
from equipoise.stationary import NotUniqueError
from equipoise.systems.operators import ring_hopping
from random_systems import complex_matrix, unitary


def bath(name, temperature, mu=0.0):
    return Reservoir(name, bose_einstein(temperature=temperature, chemical_potential=mu), Ohmic(0.05, 10.0))


def link(d, *pairs):
    D = np.zeros((d, d))
    for i, j in pairs:
        D[i, j] = D[j, i] = 1.0
    return D


def valve(hot, cold, mu=0.0):
    levels = [0.0, 1.0, 2.5]
    pump = Coupling(bath("hot", hot, mu), link(3, (0, 2)))
    return OpenSystem(levels, [pump, Coupling(bath("cold", cold, mu), link(3, (0, 1), (1, 2)))])


def ladder(cold=1.0):
    D = link(3, (0, 1), (1, 2))
    return OpenSystem([0.0, 1.0, 2.2], [Coupling(bath("hot", 2.0), D), Coupling(bath("cold", cold), D)])


def test_heat_valve_is_a_non_equilibrium_steady_state():
    found = audit(valve(2.0, 1.0))
    assert found.verdict is Verdict.NON_EQUILIBRIUM
    assert found.finding(Question.FLOWS_VANISH, "hot").answer == "no"
    assert found.finding(Question.KMS).answer == "no"
    assert found.flows.energy.sum() == pytest.approx(0.0, abs=1e-16)
    assert found.flows.energy[0] > 0, "heat enters from the hot reservoir"


def test_equal_temperatures_are_an_equilibrium():
    found = audit(valve(1.5, 1.5))
    assert found.verdict is Verdict.EQUILIBRIUM
    assert found.gibbs.inverse_temperature == pytest.approx(1 / 1.5, rel=1e-12)
    assert found.finding(Question.FLOWS_VANISH, "hot").answer == "yes"
    for question in (Question.AFFINITIES_VANISH, Question.KMS, Question.GNS, Question.SQDB):
        assert found.finding(question).answer == "yes", question


def test_a_ladder_between_two_baths_is_balanced_between_unequal_reservoirs():
    found = audit(ladder())
    assert found.verdict is Verdict.BALANCED_BETWEEN_UNEQUAL
    assert found.finding(Question.AFFINITIES_VANISH).detail.endswith("there is no cycle")
    assert found.finding(Question.GIBBS).answer == "no"
    assert found.flows.heat[0] > 0


def test_chemical_potential_on_an_open_cycle_drives_a_loop_at_equal_reservoirs():
    # One path from 0 to 2 absorbs one quantum, the other two: affinity |beta mu|.
    found = audit(valve(1.0, 1.0, mu=-0.4))
    assert found.verdict is Verdict.NON_EQUILIBRIUM
    assert found.cycles.largest.affinity == pytest.approx(0.4, rel=1e-12)
    assert "at equal reservoirs" in str(found)


def test_non_thermal_field_on_a_tree_is_balanced_not_thermal():
    field = LocalTemperature(Statistics.BOSON, lambda w: 1.0 + 0.3 * w)
    only = Reservoir("field", field, Ohmic(0.05, 10.0))
    found = audit(OpenSystem([0.0, 1.0, 2.2], [Coupling(only, link(3, (0, 1), (1, 2)))]))
    assert found.verdict is Verdict.BALANCED_NOT_THERMAL
    assert found.finding(Question.TEMPERATURE_ADDITIVE, "field").answer == "yes"
    on_a_cycle = audit(OpenSystem([0.0, 1.0, 2.2], [Coupling(only, link(3, (0, 1), (1, 2), (0, 2)))]))
    assert on_a_cycle.verdict is Verdict.NON_EQUILIBRIUM
    assert on_a_cycle.finding(Question.TEMPERATURE_ADDITIVE, "field").answer == "no"
    assert "kept up by a reservoir that is not in equilibrium itself" in " ".join(repr(on_a_cycle).split())
    affinity = 2.2 * 1.66 - 1.0 * 1.3 - 1.2 * 1.36
    assert on_a_cycle.cycles.largest.affinity == pytest.approx(affinity, rel=1e-12)


def test_stalled_unequal_reservoirs_are_balanced_not_thermal():
    # One transition: beta_1 (w - mu_1) = beta_2 (w - mu_2) stops the flow although temperatures differ.
    first = Reservoir("a", fermi_dirac(temperature=1.0, chemical_potential=0.0), Flat(0.1))
    second = Reservoir("b", fermi_dirac(temperature=2.0, chemical_potential=-1.0), Flat(0.2))
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    dot = OpenSystem([0.0, 1.0], [Coupling(first, lower), Coupling(second, lower)], number=np.diag([0.0, 1.0]))
    found = audit(weak_coupling(dot, lamb_shift=False))
    assert found.verdict is Verdict.BALANCED_NOT_THERMAL


def test_zero_temperature_bath_is_an_equilibrium_and_unknown_decay_a_dark_state():
    cold = OpenSystem([0.0, 1.0, 2.5], [Coupling(bath("vacuum", 0.0), np.ones((3, 3)))])
    found = audit(cold)
    assert found.verdict is Verdict.EQUILIBRIUM
    assert "restricted to the support" in found.finding(Question.KMS).detail
    decay = audit(lindbladian(np.diag([0.0, 1.0, 2.5]), [np.diag([1.0, 0.5], 1)]))
    assert decay.verdict is Verdict.DARK_STATE


def test_persistent_loop_in_a_thermal_state_is_told_from_equilibrium():
    gas = Reservoir("gas", bose_einstein(temperature=1.0))
    W = np.array([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]])
    found = audit(rate_equation({gas: W}, energies=[0.0, 0.0, 0.0]))
    assert found.verdict is Verdict.THERMAL_WITHOUT_DETAILED_BALANCE
    assert found.cycles.largest.levels == (0, 1, 2)


def test_broken_second_law_is_an_inconsistent_generator():
    # Rates of the wrong ratio: the "reservoir" at T = 1 pumps the upper state.
    wrong = Reservoir("wrong", bose_einstein(temperature=1.0))
    pump = audit(rate_equation({wrong: [[0.0, 1.0], [5.0, 0.0]]}, energies=[0.0, 1.0]))
    assert pump.verdict is Verdict.INCONSISTENT
    # p1/p0 = 5 where exp(-1) is due.
    assert "log of the population of 1 over that of 0 is 2.60944 above what is due" in " ".join(str(pump).split())
    # Cold to hot: heat flows against the temperature difference.
    hot, cold = bath("hot", 2.0), bath("cold", 1.0)
    down = np.array([[0.0, 1.0], [0.0, 0.0]])
    against = lindbladian(
        np.diag([0.0, 1.0]),
        [down, np.exp(-0.5) * down.T, 0.3 * down, 0.9 * down.T],
        reservoirs=[hot, hot, cold, cold],
    )
    found = audit(against)
    assert found.entropy[0].value < 0
    assert found.verdict is Verdict.INCONSISTENT
    share = min(found.entropy[0].by_reservoir)
    assert f"Clausius: {found.entropy[0].value:.6g}:" in " ".join(str(found).split())
    assert f"the share of cold is {share:.6g}" in " ".join(str(found).split())


def test_given_jumps_are_reversible_or_irreversible():
    d = np.diag([0.0, 1.0, 2.5])
    L = np.diag([1.0, 0.5], 1)
    assert audit(lindbladian(d, [L, 0.5 * L.T])).verdict is Verdict.REVERSIBLE
    assert audit(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])).verdict is Verdict.IRREVERSIBLE


def decoupled():
    H, D = np.zeros((4, 4)), np.zeros((4, 4))
    H[:2, :2], H[2:, 2:] = [[0.0, 0.3], [0.3, 1.0]], [[0.2, 0.1], [0.1, 1.7]]
    D[:2, :2], D[2:, 2:] = [[1.0, 0.3], [0.3, -1.0]], [[0.2, 0.1], [0.1, -1.7]]
    return H, D


def test_decoupled_parts_get_a_verdict_each():
    H, D = decoupled()
    found = audit(OpenSystem(H, [Coupling(bath("bath", 2.0), D)]))
    assert found.verdict is Verdict.NOT_UNIQUE
    assert [sector.verdict for sector in found.sectors] == [Verdict.EQUILIBRIUM] * 2
    assert "projector of rank 2 on levels 0, 2" in str(found)


def test_parts_are_named_by_the_levels_they_reach_and_not_by_rounding():
    dephasing = lindbladian(np.diag([0.0, 1.0]), [np.diag([1.0, -1.0])])
    found = str(audit(dephasing))
    assert "projector of rank 1 on level 0" in found
    assert "projector of rank 1 on level 1" in found
    with pytest.raises(NotUniqueError, match="projector of rank 1 on level 0\n"):
        stationary_state(dephasing)


def test_decoupled_parts_in_a_rotated_basis_are_shown_both_ways():
    H, D = decoupled()
    V = unitary(np.random.default_rng(0), 4)
    found = audit(OpenSystem(V @ H @ V.conj().T, [Coupling(bath("bath", 2.0), V @ D @ V.conj().T)]))
    assert found.verdict is Verdict.UNDECIDED
    assert set(found.both_sides) == {Verdict.NOT_UNIQUE, Verdict.EQUILIBRIUM}
    assert "below round-off" in found.alternatives[0].reading
    assert len(found.sectors) == 2, "the sectors are still shown"


def test_forbidden_transition_of_a_dense_ladder_is_undetermined_and_of_given_levels_is_not():
    D = link(4, (0, 1), (2, 3)) + 1e-17 * link(4, (1, 2))
    levels = [0.0, 1.0, 2.2, 3.1]
    dense = audit(OpenSystem(np.diag(levels), [Coupling(bath("bath", 1.0), D)]))
    assert dense.verdict is Verdict.UNDECIDED
    assert set(dense.both_sides) == {Verdict.NOT_UNIQUE, Verdict.EQUILIBRIUM}
    exact = audit(OpenSystem(levels, [Coupling(bath("bath", 1.0), D)]))
    assert exact.verdict is Verdict.EQUILIBRIUM
    D = link(4, (0, 1), (2, 3)) + 1e-150 * link(4, (1, 2))
    tiny = audit(OpenSystem(levels, [Coupling(bath("bath", 1.0), D)]))
    assert tiny.verdict is Verdict.EQUILIBRIUM


def test_two_levels_near_the_clustering_tolerance_are_shown_on_both_sides():
    # Degenerate: a dark combination, not unique. Distinct: one stationary state.
    D = np.zeros((3, 3))
    D[0, 1] = D[0, 2] = D[1, 0] = D[2, 0] = 1.0
    found = audit(OpenSystem([0.0, 1.0, 1.0 + 1e-10], [Coupling(bath("bath", 1.0), D)]))
    assert found.verdict is Verdict.UNDECIDED
    assert {Verdict.NOT_UNIQUE, Verdict.EQUILIBRIUM} <= set(found.both_sides)
    assert any("distinct: clustering tolerance" in alternative.reading for alternative in found.alternatives)


def test_a_residual_near_the_tolerance_is_undecided():
    assert compare(Question.KMS, 2e-9, 1e-9, norm="norm").answer == "undecided"
    assert compare(Question.KMS, 2e-8, 1e-9, norm="norm").answer == "no"
    assert compare(Question.KMS, 2e-11, 1e-9, norm="norm").answer == "yes"
    at_rest = Measurements(
        reservoirs_known=True,
        sqdb=None,
        broken=0.0,
        entropy_deficit=0.0,
        by_reservoir=(0.0,),
        summed_flows=0.0,
        totals=0.0,
        is_dark=False,
        gibbs_at_reservoirs=0.0,
        gibbs=0.0,
        common_equilibrium_is_due=True,
    )
    assert first_match(at_rest, 1e-9) is Verdict.EQUILIBRIUM
    flowing = replace(
        at_rest,
        by_reservoir=(2e-9,),
        summed_flows=2e-9,
        gibbs_at_reservoirs=None,
        gibbs=0.1,
        common_equilibrium_is_due=False,
    )
    assert classify(flowing, 1e-9) == (
        Verdict.UNDECIDED,
        (Verdict.NON_EQUILIBRIUM, Verdict.BALANCED_NOT_THERMAL),
    )


def test_slightly_unequal_temperatures_near_the_tolerance_are_undecided():
    # A relative difference 3e-9 of the temperatures gives net over one-way flows of about 1e-9.
    found = audit(valve(1.0 * (1 + 3e-9), 1.0))
    assert found.verdict is Verdict.UNDECIDED
    assert Verdict.NON_EQUILIBRIUM in found.both_sides


@pytest.mark.parametrize("ratio", [1e-6, 1e-3])
def test_small_but_clear_bias_is_not_equilibrium(ratio):
    assert audit(valve(1.0 * (1 + ratio), 1.0)).verdict is Verdict.NON_EQUILIBRIUM


def test_audit_refuses_what_it_does_not_know():
    with pytest.raises(InputError, match="must be an OpenSystem, a Generator or .* but got ndarray. Build one with"):
        audit(np.eye(2))
    with pytest.raises(InputError, match=r"must be one that this audit answers, but got Question.GAS_DILUTE: it has"):
        audit(valve(1.0, 1.0)).finding(Question.GAS_DILUTE)


def test_a_pair_is_audited_at_its_state():
    generator = rate_equation([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]])
    found = audit(at_state(generator))
    assert found.verdict is Verdict.IRREVERSIBLE
    assert str(found) == str(audit(generator))
    with pytest.raises(InputError, match="must be at a stationary state, but its state is not known to be one"):
        audit(at_state(generator, np.diag([0.5, 0.25, 0.25])))


@pytest.mark.parametrize("tolerance", [-1.0, 0.0, np.nan, np.inf, "small"])
def test_audit_refuses_a_tolerance_that_is_none(tolerance):
    with pytest.raises(InputError, match="Argument `tolerance` must be"):
        audit(valve(2.0, 1.0), tolerance=tolerance)


@pytest.mark.parametrize("seed", range(4))
def test_an_audit_states_the_residuals_of_the_notions(seed):
    rng = np.random.default_rng(seed)
    d = 2 + seed
    H = complex_matrix(rng, d, d)
    found = audit(lindbladian(H + H.conj().T, [complex_matrix(rng, d, d) for _ in range(2)]))
    for name, notion in (("KMS", KMS()), ("GNS", GNS()), ("SQDB", StandardQuantum())):
        due = detailed_balance(found.generator, found.state).of(notion).relative_without_hamiltonian
        assert found.finding(Question[name]).value == pytest.approx(due, rel=1e-12)
        assert due > 0.1


def test_a_notion_that_noise_may_explain_is_undecided():
    # 1e-6 of the jumps, where the errors of the state may make 1e-5 of it; clear violations and clear noise decide.
    cycle = detailed_balance(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))

    def broken(jump, noise=1e-5, exchange=0.0, exchange_noise=0.0):
        """The answers of a cycle whose residuals, of jumps of norm one, are these."""
        sizes = {"value": jump, "without_hamiltonian": jump, "parts": Parts(jump, 0.0), "jump_norm": 1.0, "norm": 10.0}
        standard = replace(cycle.sqdb, **sizes, noise_parts=Parts(noise, 0.0), among_known=lambda: 0.0)
        whole = float(np.hypot(jump, exchange))
        sizes = {"value": whole, "without_hamiltonian": whole, "parts": Parts(whole, 0.0)}
        gns = replace(standard, **sizes, noise_parts=Parts(noise + exchange_noise, 0.0))
        return SimpleNamespace(kms=standard, sqdb=standard, gns=gns, jump=jump, noncommuting=0.0, commuting=0.0)

    found = broken(1e-6)
    assert [finding.answer for finding in balance_findings(found, "", 1e-9)] == ["undecided"] * 3
    assert "noise 1.0e-05" in balance_findings(found, "", 1e-9)[0].detail
    answers = [balance_findings(broken(size), "", 1e-9)[2].answer for size in (0.0, 1e-11, 1e-2)]
    assert answers == ["yes", "yes", "no"]
    # Where the error of the state leaves open which modular frequencies are equal, GNS alone is so.
    open_to = broken(0.0, exchange=0.5, exchange_noise=0.5)
    assert [finding.answer for finding in balance_findings(open_to, "", 1e-9)] == ["yes", "undecided", "yes"]
    assert "noise 5.0e-01" in balance_findings(open_to, "", 1e-9)[1].detail


@pytest.mark.parametrize("beta", [1.0, 20.0, 60.0, 150.0])
def test_a_rare_cycle_beside_fast_balanced_jumps_is_irreversible(beta):
    # Levels 0 and 1 exchange quickly and in balance; the driven cycle 0 -> 2 -> 3 lies high above them.
    energies = np.array([0.0, 0.1, 3.0, 3.5])
    rates = np.exp(-beta * np.clip(np.subtract.outer(energies, energies), 0.0, None))
    rates[2:, 1] = rates[1, 2:] = 0.0
    for push, verdict, answer in ((1.0, Verdict.REVERSIBLE, "yes"), (3.0, Verdict.IRREVERSIBLE, "no")):
        driven = rates.copy()
        driven[3, 2] *= push
        found = audit(rate_equation(driven, energies))
        assert found.verdict is verdict
        assert {found.finding(Question[name]).answer for name in ("KMS", "GNS", "SQDB")} == {answer}
        assert found.cycles.largest.affinity == pytest.approx(np.log(push), abs=1e-9)


def test_an_undecided_audit_names_the_verdict_of_each_reading():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    H, D = np.diag([0.0, 1.0, 0.3, 1.5]), np.kron(np.eye(2), [[0.0, 1.0], [1.0, 0.0]])
    H = turn @ H @ turn.T
    found = audit(OpenSystem((H + H.T) / 2, [Coupling(bath("hot", 2.0), turn @ D @ turn.T)]))
    assert found.verdict is Verdict.UNDECIDED
    text = " ".join(str(found).split())
    assert "not unique: as audited below, undetermined elements left out" in text
    assert "undetermined coupling elements (below round-off" in text


def test_summary_is_a_dozen_aligned_lines_and_dataset_has_named_dimensions():
    found = audit(valve(2.0, 1.0))
    lines = str(found).splitlines()
    assert 12 <= len(lines) <= 18
    assert all(line[18] == " " for line in lines if len(line) > 18)
    assert max(map(len, lines)) <= 80
    assert [line.split()[-1] for line in lines if "each transition" in line] == ["transition"]
    assert sum(line.endswith("   not at rest") for line in lines) == 2
    assert any(line.startswith("energy levels      transitions not balanced (") for line in lines)
    assert "   at rest" in str(audit(valve(2.0, 2.0)))
    data = found.to_dataset()
    assert data["microcurrent"].dims == ("reservoir", "to_level", "from_level")
    assert float(data["microcurrent"].sel(reservoir="hot", to_level="2", from_level="0")) > 0
    assert data["energy_flow"].attrs["units"]
    assert data.attrs["verdict"] == "non-equilibrium steady state"
    first_law = data["first_law"].values
    assert first_law[:-1].sum() == pytest.approx(first_law[-1], abs=1e-16)


def test_flows_that_underflow_are_not_a_dark_state():
    # Populations of exp(-1000): every flow underflows, and yet the state is an equilibrium and not dark.
    D = link(3, (0, 1), (1, 2))
    found = audit(OpenSystem([0.0, 1000.0, 2000.0], [Coupling(bath("cold", 1.0), D)]))
    assert found.verdict is Verdict.EQUILIBRIUM
    assert found.flows.fluxes.max() < 1e-300
    unequal = [Coupling(bath("a", 1.0), D), Coupling(bath("b", 0.9), D)]
    assert audit(OpenSystem([0.0, 1000.0, 2000.0], unequal)).verdict is not Verdict.DARK_STATE


@pytest.mark.parametrize("beta", [1e3, 1e4, 1e6])
def test_a_cold_ring_in_a_gas_is_thermal_without_detailed_balance(beta):
    def ring(couplings):
        target = Target(ring_hopping(3, 0.5 / np.sqrt(3), 1.5 * np.pi), DeltaInteraction(couplings))
        return low_density(target, Gas("gas", maxwell_boltzmann(inverse_temperature=beta), density=1e-4))

    found = audit(ring([1.0, 0.7, 1.5]))
    assert found.flows.activity.max() < 1e-200
    assert found.verdict is Verdict.THERMAL_WITHOUT_DETAILED_BALANCE
    finding = found.finding(Question.FLOWS_VANISH, "gas")
    assert finding.value == pytest.approx(0.2137, abs=1e-4)
    assert finding.detail.startswith("largest exp(-1")
    # Two equal scatterers: no level pair carries a net flow, but elastic collisions turn coherences one way round.
    mirror = audit(ring([1.0, 1.0, 1.5]))
    assert mirror.finding(Question.FLOWS_VANISH, "gas").answer == "yes"
    assert mirror.finding(Question.SUMMED_FLOWS_VANISH).answer == "yes"
    assert mirror.finding(Question.SQDB).answer == "no"
    assert mirror.verdict is Verdict.THERMAL_WITHOUT_DETAILED_BALANCE


def test_flows_that_underflow_between_unequal_baths_are_no_equilibrium():
    # Every one-way flow is below the smallest number; the energy that goes through is told by logarithms.
    couplings = [Coupling(bath("hot", 1.0), link(2, (0, 1))), Coupling(bath("cold", 0.5), link(2, (0, 1)))]
    found = audit(OpenSystem([0.0, 1000.0], couplings))
    assert not np.any(found.flows.energy)
    assert found.verdict is Verdict.BALANCED_BETWEEN_UNEQUAL
    loop = [Coupling(bath("hot", 1.0), link(3, (0, 2))), Coupling(bath("cold", 0.5), link(3, (0, 1), (1, 2)))]
    found = audit(OpenSystem([0.0, 1000.0, 2500.0], loop))
    assert not np.any(found.flows.energy)
    assert found.verdict is Verdict.NON_EQUILIBRIUM


@pytest.mark.parametrize("gap", [1.0, 1000.0])
def test_what_a_reservoir_brings_in_total_is_measured_at_any_size(gap):
    couplings = [Coupling(bath("hot", 1.0), link(2, (0, 1))), Coupling(bath("cold", 0.5), link(2, (0, 1)))]
    found = audit(OpenSystem([0.0, gap], couplings))
    assert 0.1 < _totals(at_state(found.generator, found.state), found.flows, found.state.relative_accuracy) <= 1.0
    equal = audit(OpenSystem([0.0, gap], couplings[:1]))
    assert _totals(at_state(equal.generator, equal.state), equal.flows, equal.state.relative_accuracy) == 0.0


def test_one_thermal_reservoir_is_not_said_to_pass_anything_on():
    assert meaning_of(Verdict.NON_EQUILIBRIUM, [1.0, 2.0]).startswith("Something flows from reservoir to reservoir")
    assert "only one reservoir, a thermal one" in meaning_of(Verdict.NON_EQUILIBRIUM, [1.0])
    assert meaning_of(Verdict.EQUILIBRIUM, [1.0]).startswith("Nothing flows")


def test_one_state_is_its_own_stationary_state():
    assert audit(lindbladian([[1.0]], [[[0.5]]])).verdict is Verdict.DARK_STATE


def test_reversible_jumps_under_a_hamiltonian_far_above_the_rates_are_not_called_irreversible():
    rng = np.random.default_rng(3)
    V = unitary(rng, 3)
    H = V @ np.diag([0.0, 1.0, 2.7]) @ V.conj().T
    down, up = np.zeros((3, 3)), np.zeros((3, 3))
    down[0, 1], up[1, 0], down[1, 2], up[2, 1] = 1.0, 0.6, 0.7, 0.7 * 0.6
    jumps = [1e-5 * V @ L @ V.conj().T for L in (down, up)]
    found = audit(lindbladian((H + H.conj().T) / 2, jumps))
    assert found.verdict in (Verdict.REVERSIBLE, Verdict.UNDECIDED)


def test_noiseless_subsystem_is_said_to_be_a_continuum():
    # Two qubits, noise on the first only: every state of the second is conserved.
    L = np.kron([[0.0, 1.0], [0.0, 0.0]], np.eye(2))
    found = audit(lindbladian(np.diag([0.0, 0.0, 1.0, 1.0]), [L, 0.5 * L.T]))
    assert found.verdict is Verdict.NOT_UNIQUE
    assert "one choice of a continuum" in found.finding(Question.UNIQUE).detail


def test_a_reading_without_a_lamb_shift_leaves_the_verdict_open_and_says_why():
    # As one level, the two have a part of D that is not normal: an Ohmic bath shifts it without bound.
    rng = np.random.default_rng(1)
    D = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    weak = Reservoir("weak", bose_einstein(temperature=1.0), Ohmic(1e-16, 10.0))
    found = audit(OpenSystem([0.0, 1.0, 1.0 + 3e-10, 2.7], [Coupling(weak, D)]))
    assert found.verdict is Verdict.UNDECIDED
    (open_,) = [alternative for alternative in found.alternatives if alternative.verdict is Verdict.UNDECIDED]
    assert "equal: clustering tolerance" in open_.reading
    assert "no verdict: A level shift of reservoir 'weak' diverges at omega = 0" in open_.reading


@pytest.mark.parametrize("beta", [1.0, 50.0, 100.0])
def test_a_cold_driven_cycle_without_reservoirs_is_irreversible(beta):
    energies = np.array([0.0, 1.0, 2.0])
    gain = np.subtract.outer(energies, energies)
    rates = np.where(gain > 0, np.exp(-beta * gain), 1.0)
    assert audit(rate_equation(rates, energies=energies)).verdict is Verdict.REVERSIBLE
    rates[2, 0] *= 50
    assert audit(rate_equation(rates, energies=energies)).verdict is Verdict.IRREVERSIBLE
