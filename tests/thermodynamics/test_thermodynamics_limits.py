"""Entropy productions at zero temperature and where a particle flow is not known."""

import numpy as np

from equipoise.auditing import Verdict, audit
from equipoise.generators import lindbladian, rate_equation, weak_coupling
from equipoise.reservoirs import Lorentzian, Ohmic, Reservoir, bose_einstein, fermi_dirac
from equipoise.stationary import stationary_state
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import entropy_production
from equipoise.thermodynamics.entropy import Production

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def _bath(name: str, temperature: float) -> Reservoir:
    return Reservoir(name, bose_einstein(temperature=temperature), Ohmic(0.01, 10.0))


def test_heat_into_a_reservoir_at_zero_temperature_produces_infinite_entropy_of_one_sign() -> None:
    hot, cold = _bath("hot", 1.0), _bath("cold", 0.0)
    found = audit(OpenSystem([0.0, 1.0], [Coupling(hot, LOWER + LOWER.T), Coupling(cold, LOWER + LOWER.T)]))
    assert [entry.value for entry in found.entropy] == [np.inf] * 3


def test_weight_that_leaves_the_complement_of_the_stationary_support_has_infinite_spohn_production() -> None:
    # On 0 <- 1 <- 2 the weight outside the support does not change when 2 -> 1 balances 1 -> 0.
    generator = rate_equation([[0, 1, 0], [0, 0, 1], [0, 0, 0]])
    state = stationary_state(generator)
    for weights in ([0.5, 0.25, 0.25], [0.25, 0.25, 0.5], [0.5, 0.0, 0.5]):
        assert entropy_production(generator, np.diag(weights), stationary=state).spohn.value == np.inf
    assert entropy_production(generator, state).spohn.value == 0.0


def test_minus_infinity_is_a_deficit() -> None:
    assert Production(name="x", value=-np.inf, is_never_negative=True, scale=np.inf).deficit == 1.0


def test_clausius_is_not_applicable_where_the_particle_flow_is_not_known() -> None:
    left = Reservoir("left", fermi_dirac(inverse_temperature=1.0, chemical_potential=0.9))
    right = Reservoir("right", fermi_dirac(inverse_temperature=0.5))
    f, g = 1 / (np.exp(0.1) + 1), 1 / (np.exp(0.5) + 1)
    factors = [(1 - f, LOWER), (f, LOWER.T), (1 - g, LOWER), (g, LOWER.T)]
    jumps = [np.sqrt(rate) * A for rate, A in factors]
    owners = [left, left, right, right]
    blind = audit(lindbladian(np.diag([0.0, 1.0]), jumps, owners))
    assert blind.entropy[0].value is None
    assert "number operator" in blind.entropy[0].reason
    assert blind.verdict is Verdict.BALANCED_BETWEEN_UNEQUAL
    counted = audit(lindbladian(np.diag([0.0, 1.0]), jumps, owners, number=np.diag([0.0, 1.0])))
    assert counted.entropy[0].value is not None
    np.testing.assert_allclose(counted.entropy[0].value, (f - g) * 0.5 * 0.4, rtol=1e-12)


def test_phonons_that_move_electrons_share_the_equilibrium_of_the_lead() -> None:
    a, b = np.kron(LOWER, np.eye(2)), np.kron(np.diag([1.0, -1.0]), LOWER)
    lead = Reservoir("lead", fermi_dirac(temperature=1.0, chemical_potential=0.7), Lorentzian(0.1, 0.0, 10.0))
    phonons = _bath("phonons", 1.0)
    na, nb = a.T @ a, b.T @ b
    couplings = [Coupling(lead, a, 0), Coupling(lead, b, 1), Coupling(phonons, a.T @ b + b.T @ a)]
    assert audit(OpenSystem(na + 1.6 * nb, couplings, number=na + nb)).verdict is Verdict.EQUILIBRIUM
    other = Coupling(_bath("phonons", 2.0), a.T @ b + b.T @ a)
    hotter = audit(OpenSystem(na + 1.6 * nb, [*couplings[:2], other], number=na + nb))
    assert hotter.verdict is Verdict.NON_EQUILIBRIUM
    assert weak_coupling(hotter.generator.system).is_graded is False  # type: ignore[arg-type]


def _level_at_zero(mu_left: float, mu_right: float) -> OpenSystem:
    baths = [
        Reservoir(name, fermi_dirac(temperature=1.0, chemical_potential=mu), Lorentzian(0.1, 0.0, 10.0))
        for name, mu in (("left", mu_left), ("right", mu_right))
    ]
    return OpenSystem([0.0, 0.0], [Coupling(bath, LOWER) for bath in baths])


def test_a_particle_current_through_a_level_at_zero_energy_is_seen_without_a_number_operator() -> None:
    found = audit(_level_at_zero(1.0, -1.0))
    assert found.flows.particles[0] > 0.02
    assert found.verdict is Verdict.BALANCED_BETWEEN_UNEQUAL
    assert audit(_level_at_zero(0.0, 0.0)).verdict is Verdict.EQUILIBRIUM
    # Without a number operator the grand canonical state cannot be recognised, but it is not dark.
    assert audit(_level_at_zero(1.0, 1.0)).verdict is Verdict.REVERSIBLE


def test_the_entropy_of_any_pure_state_that_decays_grows_infinitely_fast() -> None:
    rng = np.random.default_rng(7)
    A = rng.normal(size=(3, 3))
    generator = weak_coupling(OpenSystem([0.0, 1.0, 2.7], [Coupling(_bath("bath", 1.0), A + A.T)]))
    for _ in range(30):
        psi = rng.normal(size=3) + 1j * rng.normal(size=3)
        psi /= np.linalg.norm(psi)
        assert entropy_production(generator, np.outer(psi, psi.conj())).of_system == np.inf
