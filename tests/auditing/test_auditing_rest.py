"""Rest is read off what the jumps do: within levels, in any basis, beyond round-off, and from what was given only."""

import numpy as np
import pytest

import equipoise as eq
from equipoise.auditing import Question, Verdict
from equipoise.auditing.activity import activities
from equipoise.balance import StandardQuantum, detailed_balance
from equipoise.fluxes import at_state
from equipoise.generators import MetropolisFilter, ding_li_lin
from equipoise.generators.given_jumps import lindbladian
from random_systems import complex_matrix, unitary

REST = (Verdict.EQUILIBRIUM, Verdict.BALANCED_NOT_THERMAL, Verdict.DARK_STATE)
LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def jump(d: int, to: int, start: int, rate: float) -> np.ndarray:
    L = np.zeros((d, d))
    L[to, start] = np.sqrt(rate)
    return L


def ring(d: int, size: int, forward: float, backward: float) -> list[np.ndarray]:
    steps = [(i, (i + 1) % size) for i in range(size)]
    return [jump(d, b, a, forward) for a, b in steps] + [jump(d, a, b, backward) for a, b in steps]


@pytest.mark.parametrize("step", [1e-3, 0.0])
@pytest.mark.parametrize(("backward", "verdict"), [(1.0, Verdict.IRREVERSIBLE), (2.0, Verdict.REVERSIBLE)])
@pytest.mark.parametrize("size", [3, 5])
def test_making_all_energies_equal_does_not_bring_given_jumps_to_rest(size, backward, verdict, step):
    H, jumps = step * np.diag(np.arange(size)), ring(size, size, 2.0, backward)
    assert eq.audit(lindbladian(H, jumps)).verdict is verdict
    if step == 0:
        V = unitary(np.random.default_rng(size), size)
        assert eq.audit(lindbladian(H, [V @ L @ V.conj().T for L in jumps])).verdict is verdict


@pytest.mark.parametrize("energy", [1e-6, 0.0])
def test_a_dot_at_any_energy_carries_particles_between_leads(energy):
    jumps, owners = [], []
    for name, mu in (("L", 0.5), ("R", -0.5)):
        f = 1 / (np.exp(energy - mu) + 1)
        jumps += [np.sqrt(0.1 * (1 - f)) * LOWER, np.sqrt(0.1 * f) * LOWER.T]
        owners += 2 * [eq.Reservoir(name, eq.fermi_dirac(temperature=1.0, chemical_potential=mu))]
    found = eq.audit(lindbladian(np.diag([0.0, energy]), jumps, owners, number=np.diag([0.0, 1.0])))
    np.testing.assert_allclose(found.flows.particles[0], 0.05 * np.tanh(0.25), rtol=1e-5)
    assert found.verdict is Verdict.BALANCED_BETWEEN_UNEQUAL
    assert found.finding(Question.FLOWS_VANISH, "L").answer == "no"


def test_two_reservoirs_that_cancel_within_a_level_are_not_at_rest():
    # Each moves the pair of equal states one way more than the other; together they are balanced.
    a, b = eq.Reservoir("a"), eq.Reservoir("b")
    jumps = [jump(2, 1, 0, 2.0), jump(2, 0, 1, 1.0), jump(2, 1, 0, 1.0), jump(2, 0, 1, 2.0)]
    found = eq.audit(lindbladian(np.zeros((2, 2)), jumps, [a, a, b, b]))
    assert found.verdict is Verdict.BALANCED_BETWEEN_UNEQUAL
    assert found.finding(Question.SQDB).answer == "yes"
    assert {found.finding(Question.FLOWS_VANISH, name).answer for name in "ab"} == {"no"}


@pytest.mark.parametrize("named", [False, True])
def test_a_ring_within_a_level_beside_a_thermal_one_is_not_at_rest(named):
    # A fourth state, 1 higher, exchanged with the three at exp(-1) and 1: p = (1, 1, 1, exp(-1)), a Gibbs state.
    jumps = ring(4, 3, 2.0, 1.0) + [jump(4, i, 3, 1.0) for i in range(3)]
    jumps += [jump(4, 3, i, np.exp(-1.0)) for i in range(3)]
    bath, drive = eq.Reservoir("bath", eq.bose_einstein(temperature=1.0)), eq.Reservoir("drive")
    owners = [drive] * 6 + [bath] * 6 if named else [bath] * 12
    found = eq.audit(lindbladian(np.diag([0.0, 0.0, 0.0, 1.0]), jumps, owners))
    assert found.finding(Question.GIBBS).answer == "yes"
    assert found.verdict not in REST


def test_a_name_without_energies_makes_no_thermal_state():
    W = np.array([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]])
    for reservoir in ("motor", eq.Reservoir("gas", eq.bose_einstein(temperature=1.0))):
        found = eq.audit(eq.rate_equation({reservoir: W}))
        assert found.verdict is Verdict.NON_EQUILIBRIUM
        assert eq.audit(eq.rate_equation({reservoir: W}, np.zeros(3))).verdict is not Verdict.EQUILIBRIUM
        assert eq.audit(eq.rate_equation({reservoir: W + W.T})).verdict is Verdict.REVERSIBLE


@pytest.mark.parametrize("seed", range(6))
def test_decay_to_the_ground_state_in_any_basis_is_at_rest(seed):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 5))
    A = complex_matrix(rng, d, d)
    H = A + A.conj().T
    V = np.linalg.eigh(H)[1]
    steps = [0.5 * np.outer(V[:, k], V[:, k + 1].conj()) for k in range(d - 1)]
    vacuum = eq.Reservoir("vacuum", eq.bose_einstein(temperature=0.0))
    found = eq.audit(lindbladian(H, steps, [vacuum] * (d - 1)))
    assert found.verdict is Verdict.EQUILIBRIUM
    assert all(entry.value in (None, 0.0) or abs(entry.value) < 1e-14 for entry in found.entropy)
    assert eq.audit(lindbladian(H, steps)).verdict is Verdict.DARK_STATE


@pytest.mark.parametrize("drives", [(0.15, 0.45), (0.2, -0.7j), (1e-3, 1e-3)])
def test_a_driven_lambda_atom_in_its_dark_state_is_dark(drives):
    H = np.zeros((3, 3), dtype=complex)
    H[0, 2], H[1, 2] = drives
    H = H + H.conj().T
    jumps = [jump(3, 0, 2, 1.0), jump(3, 1, 2, 0.7)]
    vacuum = eq.Reservoir("vacuum", eq.bose_einstein(temperature=0.0))
    assert eq.audit(lindbladian(H, jumps, [vacuum, vacuum])).verdict is Verdict.DARK_STATE
    assert eq.audit(lindbladian(H, jumps)).verdict is Verdict.DARK_STATE


def test_dark_is_asked_in_the_gauge_of_the_state():
    # A jump shifted by a multiple of the identity, with the Hamiltonian that goes with it, is the same generator.
    c, H = 0.8 + 0.3j, np.diag([0.0, 1.0])
    shifted = H - 0.5j * (np.conj(c) * LOWER - c * LOWER.T)
    for jumps, hamiltonian in (([LOWER], H), ([LOWER + c * np.eye(2)], shifted)):
        pair = at_state(lindbladian(hamiltonian, jumps))
        (found,) = activities(pair)
        assert not found.is_present
        assert found.value <= found.error < 1e-10
        assert eq.audit(lindbladian(hamiltonian, jumps)).verdict is Verdict.DARK_STATE
    (warm,) = activities(at_state(lindbladian(H, [LOWER, 0.5 * LOWER.T])))
    # p_e = 0.2, rates 1 and 0.25: 0.2 + 0.8 / 4.
    assert warm.is_present
    assert warm.value == pytest.approx(0.4, rel=1e-12)


@pytest.mark.parametrize(("n", "element"), [(0.05, 0.02228110), (0.0, 0.00961827)])
@pytest.mark.parametrize("states", [8, 12, 16])
def test_states_below_round_off_do_not_hide_what_the_known_ones_show(states, n, element):
    a = np.diag(np.sqrt(np.arange(1.0, states)), 1)
    H = 0.1 * a.T @ a + 0.05 * a.T @ a.T @ a @ a + 0.05 * (a + a.T)
    generator = lindbladian(H, [np.sqrt(0.2 * (n + 1)) * a] + ([np.sqrt(0.2 * n) * a.T] if n else []))
    found = eq.audit(generator)
    assert found.verdict is Verdict.IRREVERSIBLE
    assert found.finding(Question.SQDB).answer == "no"
    # The largest element projector -> coherence among the three largest weights bounds the residual from below.
    assert element / 10 < detailed_balance(generator, found.state).of(StandardQuantum()).violation < 1.0


@pytest.mark.parametrize("beta", [2.0, 3.0, 4.0, 5.0])
def test_a_fit_weighs_each_logarithm_with_its_own_error(beta):
    def at(operator: np.ndarray, k: int) -> np.ndarray:
        return np.kron(np.kron(np.eye(2**k), operator), np.eye(2 ** (2 - k)))

    X, Z = LOWER + LOWER.T, np.diag([1.0, -1.0])
    H = -at(Z, 0) @ at(Z, 1) - at(Z, 1) @ at(Z, 2) - sum(0.9 * at(X, k) + 0.7 * at(Z, k) for k in range(3))
    found = eq.audit(ding_li_lin(H, [at(A, k) for A in (X, Z) for k in range(3)], beta, MetropolisFilter()))
    assert found.finding(Question.GIBBS).answer != "no"
    assert found.gibbs.inverse_temperature == pytest.approx(beta, rel=1e-9)


@pytest.mark.parametrize("mu", [0.6, -0.4])
def test_a_missing_number_operator_is_asked_for(mu):
    T = 0.5
    lead = eq.Reservoir("lead", eq.fermi_dirac(temperature=T, chemical_potential=mu))
    f = 1 / (np.exp((1 - mu) / T) + 1)
    jumps = [np.sqrt(0.1 * (1 - f)) * LOWER, np.sqrt(0.1 * f) * LOWER.T]
    found = eq.audit(lindbladian(np.diag([0.0, 1.0]), jumps, [lead, lead]))
    assert found.verdict is Verdict.REVERSIBLE
    assert found.finding(Question.GIBBS_OF_RESERVOIRS).answer == "undecided"
    assert "pass number=..." in " ".join(str(found).split())
    given = eq.audit(lindbladian(np.diag([0.0, 1.0]), jumps, [lead, lead], number=np.diag([0.0, 1.0])))
    assert given.verdict is Verdict.EQUILIBRIUM


def test_nothing_is_said_of_energies_that_were_not_given():
    W = [[0.0, 0.3, 2.0, 0.1], [1.0, 0.0, 0.7, 0.4], [0.2, 2.0, 0.0, 5.0], [0.6, 0.9, 0.1, 0.0]]
    found = eq.audit(eq.rate_equation(W))
    for question in (Question.GIBBS, Question.GIBBS_OF_RESERVOIRS, Question.PASSIVE):
        assert found.finding(question).answer == "not applicable"
    sheet = str(found)
    assert not any(word in sheet for word in ("Gibbs", "ergotropy", "first law", "Clausius"))
    assert (found.reservoirs[0].energy, found.reservoirs[0].heat) == (None, None)
    row = next(line for line in sheet.splitlines() if line.split()[0] == "unattributed").split()
    assert row[1:4] == ["-", "-", "-"]
    with pytest.raises(eq.InputError, match="need the energies of the states: pass energies="):
        assert found.gibbs
    with_zeros = eq.audit(eq.rate_equation(W, energies=np.zeros(4)))
    assert with_zeros.reservoirs[0].energy == 0.0
    assert with_zeros.gibbs.inverse_temperature == 0.0


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("detuning", [0.0, 0.4])
def test_a_driven_damped_system_is_no_inconsistent_one(detuning, turned):
    # In the frame of the drive: jumps g (n + 1) and g n, H = detuning + (w/2) sigma_x.
    V = unitary(np.random.default_rng(0), 2) if turned else np.eye(2)
    bath = eq.Reservoir("bath", eq.bose_einstein(temperature=5.0 / np.log(6.0)))
    H = V @ (np.diag([0.0, detuning]) + 0.05 * (LOWER + LOWER.T)) @ V.conj().T
    jumps = [V @ L @ V.conj().T for L in (np.sqrt(0.12) * LOWER, np.sqrt(0.02) * LOWER.T)]
    found = eq.audit(lindbladian((H + H.conj().T) / 2, jumps, [bath, bath]))
    assert found.verdict is Verdict.NON_EQUILIBRIUM
    assert "The jumps of bath are no transitions of H" in " ".join(str(found).split())
    # Without the drive nothing is said of one.
    still = eq.audit(lindbladian(V @ np.diag([0.0, 5.0]) @ V.conj().T, jumps, [bath, bath]))
    assert still.verdict is Verdict.EQUILIBRIUM
    assert "no transitions of H" not in " ".join(str(still).split())


@pytest.mark.parametrize("elastic", [0.0, 0.5])
def test_heat_through_a_doublet_is_balanced_on_its_one_transition(elastic):
    # Each bath excites another superposition of the doublet; an elastic coupling mixes them and exchanges nothing.
    couplings = []
    for name, T, vector in (("a", 2.0, (1.0, 0.0)), ("b", 1.0, (0.6, 0.8))):
        D = np.zeros((3, 3))
        D[0, 1:] = vector
        D[1, 2] = elastic
        reservoir = eq.Reservoir(name, eq.bose_einstein(temperature=T), eq.Ohmic(0.01, 5.0))
        couplings.append(eq.Coupling(reservoir, D + D.T))
    found = eq.audit(eq.weak_coupling(eq.OpenSystem([0.0, 1.0, 1.0], couplings), lamb_shift=False))
    assert found.flows.heat[0] == pytest.approx(-found.flows.heat[1], rel=1e-9)
    assert found.flows.heat[0] > 0
    assert found.verdict is Verdict.BALANCED_BETWEEN_UNEQUAL


def test_two_reservoirs_at_zero_temperature_have_no_clausius_production():
    # Equal and opposite heat out of two vacua, times an infinite beta each.
    vacua = [eq.Reservoir(name, eq.bose_einstein(temperature=0.0)) for name in "vw"]
    H = np.diag([0.0, 1.0])
    found = eq.audit(lindbladian(H, [LOWER, LOWER.T], vacua))
    clausius = found.entropy[0]
    assert clausius.value is None
    assert "two reservoirs at T = 0" in clausius.reason


def test_a_pure_state_of_a_dense_solve_is_dark_only_if_its_rounding_allows_it():
    # Thermal pairs of 3e-26: the null space finds a pure state, of which exact jumps say that it is not stationary.
    jumps = [jump(2, 0, 1, 0.05), jump(2, 1, 0, 1.4e-16)]
    dephasing = np.diag([0.3, -0.2])
    found = eq.audit(lindbladian(np.zeros((2, 2)), [*jumps, dephasing]))
    assert found.verdict in (Verdict.REVERSIBLE, Verdict.UNDECIDED)
    assert eq.audit(lindbladian(np.zeros((2, 2)), [jumps[0], dephasing])).verdict is Verdict.DARK_STATE


@pytest.mark.parametrize("idle", [eq.Reservoir("idle", eq.bose_einstein(temperature=3.0)), None])
def test_a_reservoir_without_jumps_changes_no_verdict(idle):
    bath = eq.Reservoir("bath", eq.bose_einstein(temperature=1.0))
    rates = {bath: [[0.0, 1.0], [np.exp(-1.0), 0.0]], idle: np.zeros((2, 2))}
    assert eq.audit(eq.rate_equation(rates, energies=[0.0, 1.0])).verdict is Verdict.EQUILIBRIUM


def test_a_flow_within_the_error_of_a_cold_state_is_not_multiplied_by_an_infinite_beta():
    # A decay far slower than H turns: the null space knows the excited population to 1e-6 only.
    V = unitary(np.random.default_rng(1), 2)
    L = np.sqrt(7.6e-10) * V @ LOWER @ V.conj().T
    vacuum = eq.Reservoir("vacuum", eq.bose_einstein(temperature=0.0))
    found = eq.audit(lindbladian(V @ np.diag([0.0, 0.0935]) @ V.conj().T, [L], [vacuum]))
    assert not any(entry.value is not None and np.isinf(entry.value) for entry in found.entropy)
    assert found.verdict in (Verdict.EQUILIBRIUM, Verdict.UNDECIDED)


@pytest.mark.parametrize("seed", range(40))
def test_no_verdict_of_rest_beside_a_production_or_a_broken_notion(seed):
    rng = np.random.default_rng(seed)
    d, count = int(rng.integers(2, 5)), int(rng.integers(1, 4))
    V = unitary(rng, d) if seed % 2 else np.eye(d)
    H = V @ np.diag(rng.integers(0, 3, size=d).astype(float)) @ V.conj().T
    jumps, owners = [], []
    for r in range(count):
        reservoir = eq.Reservoir(f"bath {r}", eq.bose_einstein(temperature=rng.choice([0.0, 0.5, 1.0])))
        for _ in range(int(rng.integers(1, 4))):
            L = np.where(rng.random((d, d)) < 0.5, complex_matrix(rng, d, d), 0)
            jumps.append(V @ (L if seed % 3 else L + L.conj().T) @ V.conj().T)
            owners.append(reservoir)
    try:
        found = eq.audit(lindbladian((H + H.conj().T) / 2, jumps, owners))
    except eq.NumericalError:
        return
    for one in found.sectors or (found,):
        if one.verdict in REST:
            assert one.finding(Question.SQDB).answer != "no"
            for entry in one.entropy:
                assert entry.value is None or not entry.value > entry.error + 1e-9 * entry.scale
