"""The collision model: physical at any step, and the semigroup and its currents as the step tends to zero."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise import InputError
from equipoise.generators import collision_step, stochastic_equation, weak_coupling
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import currents
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system

CASES = [
    (bosonic_system, Draw(3, 3, 2, degenerate=False, mu=True)),
    (bosonic_system, Draw(4, 3, 2, degenerate=True)),
    (fermionic_system, Draw(6, 4, 2, degenerate=False)),
]


def even_part(rng, system):
    """A random state; of definite parity for fermions."""
    d = system.dimension
    A = complex_matrix(rng, d, d)
    rho = A @ A.conj().T
    if system.number is not None:
        N = system.number
        values, vectors = np.linalg.eigh(N)
        sign = vectors @ np.diag((-1.0) ** np.rint(values)) @ vectors.conj().T
        rho = rho + sign @ rho @ sign
    return rho / np.trace(rho).real


def interaction_picture(generator):
    """Superoperator of L + i [H, .]."""
    d, H = generator.dimension, generator.hamiltonian
    return generator.superoperator() + 1j * (np.kron(H, np.eye(d)) - np.kron(np.eye(d), H.T))


@pytest.mark.parametrize(("make", "draw"), CASES)
def test_one_round_is_the_semigroup_to_second_order(make, draw):
    system = make(draw)
    generator, equation = weak_coupling(system), stochastic_equation(system)
    rho = even_part(np.random.default_rng(1), system)
    L = interaction_picture(generator)
    steps = np.array([0.004, 0.002, 0.001])
    errors = []
    for dt in steps:
        exact = (expm(L * dt) @ rho.ravel()).reshape(rho.shape)
        errors.append(np.abs(collision_step(equation, dt).apply(rho) - exact).max())
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.1)


def test_many_rounds_converge_to_first_order_and_count_the_quanta():
    system = bosonic_system(CASES[0][1])
    generator, equation = weak_coupling(system), stochastic_equation(system)
    rho = even_part(np.random.default_rng(2), system)
    L, d = interaction_picture(generator), system.dimension
    # The state and its integral over time in one exponential.
    both = np.block([[L, np.zeros_like(L)], [np.eye(d * d), np.zeros_like(L)]])
    exact = (expm(both) @ np.concatenate([rho.ravel(), np.zeros(d * d)])).reshape(2, d, d)
    steps = np.array([32, 64, 128])
    errors, miscounts = [], []
    for rounds in steps:
        step = collision_step(equation, 1 / rounds)
        state, quanta = step.repeat(rho, int(rounds))
        errors.append(np.abs(state - exact[0]).max())
        counted = np.array([np.trace(noise.quanta @ exact[1]).real for noise in step.noises])
        miscounts.append(np.abs(quanta - counted).max())
    for values in (errors, miscounts):
        assert np.polyfit(np.log(1 / steps), np.log(values), 1)[0] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("make", "draw"), CASES)
def test_quanta_of_the_ancillas_are_the_microcurrents(make, draw):
    """Richardson-extrapolated counts per time, by reservoir and Bohr frequency."""
    system = make(draw)
    generator, equation = weak_coupling(system), stochastic_equation(system)
    rho = even_part(np.random.default_rng(3), system)
    h = 1e-4
    (step, coarse), (fine, _) = ((s := collision_step(equation, dt), s.advance(rho)[1]) for dt in (h, h / 2))
    found = 2 * fine.advance(rho)[1] / (h / 2) - coarse / h
    flows = currents(generator, rho)
    frequencies, absorbed = flows.by_bohr_frequency()
    scale = np.abs(flows.fluxes).max()
    for r, name in enumerate(flows.reservoirs):
        here = [(n.frequency, q) for n, q in zip(step.noises, found, strict=True) if n.reservoir == name]
        assert sum(q for _, q in here) == pytest.approx(flows.particles[r], abs=1e-5 * scale)
        for w, expected in zip(frequencies, absorbed[r], strict=True):
            counted = sum(np.sign(v) * q for v, q in here if abs(abs(v) - w) < 1e-9)
            assert counted == pytest.approx(expected, abs=1e-5 * scale)


def test_every_round_is_completely_positive_and_unital_in_the_heisenberg_picture():
    step = collision_step(stochastic_equation(bosonic_system(CASES[0][1])), 0.7)
    d = step.dimension
    choi = np.zeros((d, d, d, d), dtype=complex)
    for i in range(d):
        for j in range(d):
            unit = np.zeros((d, d))
            unit[i, j] = 1
            choi[i, :, j, :] = step.apply(unit)
            assert np.trace(step.apply(unit)) == pytest.approx(float(i == j), abs=1e-14)
    assert np.linalg.eigvalsh(choi.reshape(d * d, d * d)).min() > -1e-14
    np.testing.assert_allclose(step.adjoint(np.eye(d)), np.eye(d), atol=1e-14)
    np.testing.assert_allclose(step.backward(np.eye(d)), np.eye(d), atol=1e-14)


def test_pictures_are_dual():
    step = collision_step(stochastic_equation(bosonic_system(CASES[1][1])), 0.3)
    rng = np.random.default_rng(4)
    X, rho = complex_matrix(rng, 3, 3), complex_matrix(rng, 3, 3)
    assert np.trace(X @ step.apply(rho)) == pytest.approx(np.trace(step.adjoint(X) @ rho), rel=1e-12)


def test_forward_and_backward_generators_differ_by_the_sign_of_the_lamb_shift():
    system = bosonic_system(CASES[0][1])
    equation = stochastic_equation(system)
    X = complex_matrix(np.random.default_rng(5), 3, 3)
    shift = equation.hamiltonian
    forward = equation.langevin(X)
    backward = forward - 2j * (shift @ X - X @ shift)
    for name, expected in (("adjoint", forward), ("backward", backward)):
        rates = []
        for h in (1e-3, 5e-4, 2.5e-4):
            rates.append((getattr(collision_step(equation, h), name)(X) - X) / h)
        first = [2 * rates[1] - rates[0], 2 * rates[2] - rates[1]]
        np.testing.assert_allclose((4 * first[1] - first[0]) / 3, expected, atol=1e-7 * np.abs(expected).max())


def test_arguments_are_checked():
    bath = Reservoir("bath", bose_einstein(temperature=0.0), Ohmic(0.05, 5.0))
    equation = stochastic_equation(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])]))
    with pytest.raises(InputError, match="`duration` must be positive, but got 0"):
        collision_step(equation, 0.0)
    step = collision_step(equation, 0.1)
    with pytest.raises(InputError, match="`rounds` must be >= 0, but got -1"):
        step.repeat(np.eye(2) / 2, -1)
    with pytest.raises(InputError, match=r"`rho` must have shape \(2, 2\)"):
        step.apply(np.eye(3))
