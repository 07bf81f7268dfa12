"""Generators of one Hamiltonian side by side."""

import numpy as np
import pytest

from equipoise import InputError
from equipoise.generators import low_density, rate_equation, sum_of, weak_coupling
from equipoise.reservoirs import Flat, Ohmic, Reservoir, bose_einstein, fermi_dirac
from equipoise.scattering import DeltaInteraction, Gas, Target, maxwell_boltzmann
from equipoise.stationary import gibbs_state, stationary_state
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import currents, entropy_production

H = np.array([[0.0, 0.3, 0.2j], [0.3, 0.7, 0.1], [-0.2j, 0.1, 1.9]])
V = np.array([[1.0, 0.3j, 0.0], [-0.3j, 0.7, 0.2], [0.0, 0.2, 1.5]])
D = np.array([[0, 1, 0.5], [1, 0, 0.3j], [0.5, -0.3j, 0]])


def gas(name: str, temperature: float) -> Gas:
    return Gas(name, maxwell_boltzmann(temperature=temperature), density=0.01)


def light(temperature: float) -> Reservoir:
    return Reservoir("light", bose_einstein(temperature=temperature), Ohmic(1e-3, 5.0))


def test_dissipators_add() -> None:
    system = OpenSystem(H, [Coupling(light(1.0), D)])
    first, second = weak_coupling(system), low_density(Target(H, DeltaInteraction(V)), [gas("a", 1.0), gas("b", 2.0)])
    both = sum_of(first, second)
    motion = np.kron(H, np.eye(3)) - np.kron(np.eye(3), H.T)
    expected = first.superoperator() + second.superoperator() + 1j * motion
    assert np.allclose(both.superoperator(), expected, atol=1e-15)
    assert both.names == ("light", "a", "b")
    assert both.provenance.limit == "weak coupling (stochastic limit), secular + low density, secular"


def test_heat_flows_from_a_hot_gas_to_light() -> None:
    system = OpenSystem(H, [Coupling(light(1.0), D)])
    both = sum_of(weak_coupling(system), low_density(Target(H, DeltaInteraction(V)), gas("gas", 3.0)))
    state = stationary_state(both)
    flows = currents(both, state)
    assert flows.heat[1] > 0 > flows.heat[0]
    assert abs(flows.heat.sum()) < 1e-14 * flows.heat[1]
    assert entropy_production(both, state).clausius.value > 0
    equal = sum_of(weak_coupling(system), low_density(Target(H, DeltaInteraction(V)), gas("gas", 1.0)))
    gibbs = gibbs_state(both.spectrum, 1.0)
    assert np.allclose(stationary_state(equal).weights, gibbs.weights, rtol=1e-9)


def test_gases_of_different_interactions_relax_to_their_common_temperature() -> None:
    parts = [low_density(Target(H, DeltaInteraction(c)), gas(name, 0.7)) for name, c in (("a", V), ("b", 0.3 * V @ V))]
    both = sum_of(*parts)
    assert np.allclose(stationary_state(both).weights, gibbs_state(both.spectrum, 1 / 0.7).weights, rtol=1e-9)


def test_messages() -> None:
    target = Target(H, DeltaInteraction(V))
    a, b = low_density(target, gas("a", 1.0)), low_density(target, gas("b", 1.0))
    with pytest.raises(InputError, match="`generators` must be two or more, but got 1"):
        sum_of(a)
    with pytest.raises(InputError, match=r"`generators\[1\]` must be a Generator, but got Target"):
        sum_of(a, target)
    with pytest.raises(InputError, match="name their reservoirs differently, but 'a' occurs 2 times"):
        sum_of(a, b, a)
    with pytest.raises(InputError, match=r"`generators\[1\]` must have the Hamiltonian .* differs from it by 0.1 in"):
        sum_of(a, low_density(Target(H + np.diag([0.1, 0, 0]), DeltaInteraction(V)), gas("c", 1.0)))
    with pytest.raises(InputError, match="have the dimension 3 of the first generator, but has 2"):
        sum_of(a, rate_equation([[0, 1], [1, 0]]))
    coarse = Target([0.0, 1.0, 1.5], DeltaInteraction(V), tolerance=0.6)
    with pytest.raises(InputError, match="resolves the same Hamiltonian otherwise"):
        sum_of(
            low_density(Target([0.0, 1.0, 1.5], DeltaInteraction(V)), gas("a", 1.0)), low_density(coarse, gas("b", 1.0))
        )


def test_the_particle_number_must_be_conserved_by_those_that_do_not_count_it() -> None:
    lead = Reservoir("lead", fermi_dirac(temperature=1.0, chemical_potential=0.2), Flat(0.01))
    number = np.diag([0.0, 1.0])
    dot = weak_coupling(OpenSystem([0.0, 1.0], [Coupling(lead, [[0, 1], [0, 0]])], number=number))
    elastic = low_density(Target([0.0, 1.0], DeltaInteraction([1.0, 2.0])), gas("gas", 1.0))
    both = sum_of(dot, elastic)
    assert np.array_equal(both.number, number)
    assert both.is_graded == dot.is_graded
    mixing = low_density(Target([0.0, 1.0], DeltaInteraction([[1.0, 0.4], [0.4, 2.0]])), gas("gas", 1.0))
    with pytest.raises(InputError, match=r"conserve the particle number that generators\[0\] counts"):
        sum_of(dot, mixing)
