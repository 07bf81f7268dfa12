"""Given generators: actions, adjoints and superoperators of every kind agree with each other."""

import numpy as np
import pytest
from scipy.sparse import eye_array

from equipoise import InputError, Reservoir, currents, lindbladian, rate_equation, stationary_state, weak_coupling
from equipoise.generators import Dissipator, FrequencyResolved, Generator, Jumps, MatrixFree
from equipoise.generators.restriction import restricted_to
from random_systems import Draw, bosonic_system, complex_matrix


def example_generators():
    rng = np.random.default_rng(5)
    H = complex_matrix(rng, 4, 4)
    given = lindbladian(H + H.conj().T, [complex_matrix(rng, 4, 4) for _ in range(2)], signs=[1, -1])
    rates = rate_equation(rng.uniform(size=(4, 4)), energies=[0.0, 1.0, 0.3, 2.0])
    generic = weak_coupling(bosonic_system(Draw(3, 4, 2, False)), lamb_shift=False)
    degenerate = weak_coupling(bosonic_system(Draw(4, 4, 2, True)), lamb_shift=False)
    part = given.dissipators[0]
    free = Generator(given.spectrum, (Dissipator(MatrixFree(part.representation.apply, part.representation.adjoint)),))
    return {"jumps": given, "rates": rates, "generic": generic, "degenerate": degenerate, "matrix-free": free}


@pytest.mark.parametrize("name", ["jumps", "rates", "generic", "degenerate", "matrix-free"])
def test_action_adjoint_and_superoperator_agree(name):
    generator = example_generators()[name]
    rng = np.random.default_rng(6)
    rho, X = complex_matrix(rng, 4, 4), complex_matrix(rng, 4, 4)
    out = generator.apply(rho)
    np.testing.assert_allclose(generator.superoperator() @ rho.ravel(), out.ravel(), atol=1e-12)
    assert np.trace(X @ out) == pytest.approx(np.trace(generator.adjoint(X) @ rho), abs=1e-11)
    assert abs(np.trace(out)) < 1e-12
    np.testing.assert_allclose(generator.apply(rho.conj().T), out.conj().T, atol=1e-12)
    elements = generator.apply_elements(generator.spectrum.to_energy_basis(rho))
    np.testing.assert_allclose(generator.spectrum.to_given_basis(elements), out, atol=1e-12)


@pytest.mark.parametrize("name", ["generic", "degenerate"])
def test_the_implicit_jumps_of_a_secular_generator_rebuild_it(name):
    generator = example_generators()[name]
    rho = complex_matrix(np.random.default_rng(7), 4, 4)
    for part in generator.dissipators:
        assert isinstance(part.representation, FrequencyResolved)
        jumps = part.representation.jump_operators()
        explicit = Jumps(jumps, (1,) * len(jumps))
        np.testing.assert_allclose(explicit.apply(rho), part.representation.apply(rho), atol=1e-12)


def test_jumps_of_one_reservoir_form_one_dissipator():
    hot, cold = Reservoir("hot"), Reservoir("cold")
    L = [[0.0, 1.0], [0.0, 0.0]]
    generator = lindbladian(np.diag([0.0, 1.0]), [L, L, L, L], reservoirs=[hot, cold, hot, None])
    assert generator.names == ("hot", "cold", "unattributed")
    assert [len(part.representation.operators) for part in generator.dissipators] == [2, 1, 1]


def test_restriction_to_a_conserved_block_is_the_block():
    block = np.array([[0.0, 1.0], [2.0, 0.0]])
    whole = np.zeros((4, 4))
    whole[:2, :2], whole[2:, 2:] = block, 3 * block
    part = restricted_to(rate_equation(whole, energies=[0, 1, 2, 4]), np.eye(4)[:, 2:])
    np.testing.assert_allclose(part.dissipators[0].representation.rates, 3 * block)
    assert part.spectrum.labels == ("2", "3")
    np.testing.assert_array_equal(part.spectrum.energies, [2, 4])


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: lindbladian(np.eye(2), []), "`jump_operators` must hold at least one operator"),
        (lambda: lindbladian(np.eye(2), [np.eye(3)]), r"`jump_operators\[0\]` must have shape \(2, 2\)"),
        (lambda: lindbladian(np.eye(2), [np.eye(2)], signs=[2]), "`signs` must be \\+1 or -1 for each of the 1"),
        (lambda: lindbladian(np.eye(2), [np.eye(2)], reservoirs=[]), "one entry .* for each of the 1 jump operators"),
        (lambda: lindbladian(np.eye(2), [np.eye(2)], reservoirs=["hot"]), r"`reservoirs\[0\]` must be a Reservoir"),
        (lambda: rate_equation([[0, -1], [1, 0]]), r"finite rates >= 0, but W\[0, 1\] \(the rate 1 -> 0\) is -1.0"),
        (lambda: rate_equation([[0, 1]]), r"square matrix of rates W\[i, j\]"),
        (lambda: rate_equation([[0, 1], [1, 0]], energies=[0.0]), "one entry for each of the 2 states, but has 1"),
        (
            lambda: rate_equation([[0, 1, 2], [1, 0]]),
            "`rates` must be an array of real numbers.* its rows differ",
        ),
        (lambda: rate_equation(eye_array(10**6)), "`rates` must fit in memory, but dimension 1000000 needs"),
        (lambda: lindbladian(eye_array(10**6), [np.eye(2)]), "`hamiltonian` must fit in memory"),
        (lambda: rate_equation({}), "`rates` must hold at least one rate matrix"),
    ],
)
def test_bad_input_is_refused_with_the_reason(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_failing_spectral_density_names_its_reservoir():
    from equipoise import Coupling, OpenSystem, UserCodeError, bose_einstein
    from equipoise.reservoirs import CallableDensity

    def failing(omega):
        raise ZeroDivisionError("no modes here")

    for function, error in ((failing, UserCodeError), (lambda omega: -1.0 + 0 * omega, InputError)):
        bath = Reservoir("phonons", bose_einstein(temperature=1.0), CallableDensity(function, (0.0, 5.0)))
        system = OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])])
        with pytest.raises(error, match=r"omega = 1.*This is reservoir 'phonons'"):
            weak_coupling(system)


def test_a_name_is_enough_for_the_reservoir_of_a_rate_matrix() -> None:
    rates = {"hot": [[0, 1.0], [2.0, 0]], "cold": [[0, 1.0], [0.5, 0]]}
    generator = rate_equation(rates)
    assert generator.names == ("hot", "cold")
    assert [part.field.inverse_temperature for part in generator.dissipators if part.field is not None] == [None, None]
    # Rates up 2.5, down 2: p_0 = 2 / 4.5. The hot one drives 2 p_0 - p_1 upwards, the cold one takes it down.
    flows = currents(generator, stationary_state(generator))
    assert np.allclose(flows.microcurrents[:, 1, 0], [1 / 3, -1 / 3])


@pytest.mark.parametrize("key", [3, ""])
def test_a_rate_matrix_belongs_to_a_reservoir_or_a_name(key: object) -> None:
    with pytest.raises(InputError, match="`rates` must have a Reservoir, or the name of one, for each key, but got"):
        rate_equation({key: [[0, 1], [1, 0]]})  # type: ignore[dict-item]


def test_a_reservoir_has_one_rate_matrix() -> None:
    W = [[0, 1], [1, 0]]
    with pytest.raises(InputError, match="name each reservoir once, but has two keys named 'hot'"):
        rate_equation({"hot": W, Reservoir("hot"): W})


def test_rates_of_unknown_origin_may_stand_beside_those_of_a_reservoir() -> None:
    mixed = rate_equation({None: [[0, 1.0], [2.0, 0]], "hot": [[0, 3.0], [1.0, 0]]})
    assert [part.reservoir is None for part in mixed.dissipators] == [True, False]
    np.testing.assert_allclose(mixed.apply(np.eye(2) / 2), rate_equation([[0, 4.0], [3.0, 0]]).apply(np.eye(2) / 2))
