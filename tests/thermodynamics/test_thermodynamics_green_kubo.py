"""Green-Kubo: equal to the differentiated stationary state, secular or not; Onsager and Casimir; errors."""

import numpy as np
import pytest

from equipoise import InputError, lindbladian, rate_equation, stationary_state, weak_coupling
from equipoise.fluctuations import linear_response
from equipoise.generators import Dissipator, Generator, Jumps
from equipoise.reservoirs import Reservoir
from equipoise.spectrum import spectrum_of_matrix
from equipoise.thermodynamics import green_kubo
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system, unitary


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
@pytest.mark.parametrize("seed", [3, 4])
def test_equals_the_linear_response_of_secular_generators(make, degenerate, seed):
    system = make(Draw(seed, 4, 2, degenerate, equal=True, mu=make is fermionic_system))
    generator = weak_coupling(system)
    bath = generator.dissipators[0].reservoir
    found = green_kubo(generator, bath.inverse_temperature, bath.chemical_potential)
    response = linear_response(system)
    size = len(found.matrix)
    assert found.labels == response.labels[:size]
    expected = response.matrix[:size, :size]
    np.testing.assert_allclose(found.matrix, expected, atol=1e-12 * np.abs(expected).max())
    assert found.stationarity < 1e-14
    assert np.linalg.eigvalsh(found.matrix + found.matrix.T).min() > -1e-12


def kms_reservoir(energies, jumps, beta):
    """A dissipator that is KMS-balanced for exp(-beta H), of Hermitian Lambda: with the tanh Hamiltonian."""
    h = beta * energies
    operators = np.array([np.exp(-0.25 * (h[:, None] - h)) * Lambda for Lambda in jumps])
    M = np.einsum("kji,kjl->il", operators.conj(), operators)
    H = 0.5j * np.tanh((h[:, None] - h) / 4) * M
    return Dissipator(Jumps(operators, (1,) * len(operators)), coherent_term=lambda: 0.5 * (H + H.conj().T))


def flows(energies, jumps, betas):
    spectrum = spectrum_of_matrix(np.diag(energies))
    parts = tuple(kms_reservoir(energies, own, beta) for own, beta in zip(jumps, betas, strict=True))
    generator = Generator(spectrum, parts)
    rho = stationary_state(generator).density_matrix()
    return np.array([np.trace(np.diag(energies) @ part.apply(rho)).real for part in parts]), generator


@pytest.mark.parametrize("real", [True, False])
def test_equals_the_differences_of_stationary_heats_without_secular_approximation(real):
    rng = np.random.default_rng(7)
    energies = np.array([0.0, 0.5, 1.3])
    jumps = []
    for _ in range(3):
        A = complex_matrix(rng, 3, 3)
        A = A.real if real else A
        jumps.append([A + A.conj().T])
    beta, step = 0.9, 1e-4
    found = green_kubo(flows(energies, jumps, [beta] * 3)[1], beta)
    for k in range(3):
        shifted = [np.full(3, beta) for _ in range(2)]
        shifted[0][k] -= step
        shifted[1][k] += step
        slope = (flows(energies, jumps, shifted[0])[0] - flows(energies, jumps, shifted[1])[0]) / (2 * step)
        np.testing.assert_allclose(found.matrix[:, k], slope, atol=1e-7 * np.abs(found.matrix).max())
    np.testing.assert_allclose(found.matrix.sum(axis=0), 0, atol=1e-12)
    assert np.linalg.eigvalsh(found.matrix + found.matrix.T).min() > -1e-12
    if real:
        assert found.asymmetry < 1e-12
        return
    assert found.asymmetry > 1e-4
    # Relative to the diagonal, the same in any unit of energy.
    other = green_kubo(flows(9 * energies, [[3 * A for A in own] for own in jumps], [beta / 9] * 3)[1], beta / 9)
    np.testing.assert_allclose(other.matrix, 9**3 * found.matrix, rtol=1e-9)
    assert other.asymmetry == pytest.approx(found.asymmetry, rel=1e-9)
    # Casimir: all fields reversed, the transpose.
    reversed_ = green_kubo(flows(energies, [[A.conj() for A in own] for own in jumps], [beta] * 3)[1], beta)
    np.testing.assert_allclose(reversed_.matrix, found.matrix.T, atol=1e-12)


def test_particles_come_second():
    left, right, W = Reservoir("left"), Reservoir("right"), [[0, 2.0], [1.0, 0]]
    generator = rate_equation({left: W, right: W}, energies=[0.0, 1.0], particles=[0.0, 1.0])
    found = green_kubo(generator, np.log(2.0))
    assert found.labels == ("E left", "E right", "N left", "N right")
    block = np.array([[1, -1], [-1, 1]]) / 3
    np.testing.assert_allclose(found.matrix, np.block([[block, block], [block, block]]), atol=1e-14)


def test_errors_say_who_is_out_of_equilibrium():
    generator = weak_coupling(bosonic_system(Draw(3, 3, 2, False)))
    beta = generator.dissipators[0].reservoir.inverse_temperature
    with pytest.raises(
        InputError, match="in equilibrium.*'bath 1' changes the Gibbs state .* that all reservoirs share"
    ):
        green_kubo(generator, beta)
    with pytest.raises(InputError, match="`number` must be the particle-number operator where the chem"):
        green_kubo(generator, beta, 0.3)
    qubit = lindbladian(np.diag([0.0, 1.0]), [[[0, 1], [0, 0]], [[0, 0], [1, 0]]])
    local = Generator(qubit.spectrum, (Dissipator(qubit.dissipators[0].representation, energy=np.eye(2)),))
    with pytest.raises(InputError, match="accounted with one H and one N, but dissipator 'unattributed' has operators"):
        green_kubo(local, 0.0)


def test_a_unital_dissipator_is_judged_by_its_rates():
    # Equal rates both ways change a Gibbs state however slow they are, and leave the uniform one as it is.
    for rate in (1.0, 1e-12):
        flip = rate_equation([[0, rate], [rate, 0]], energies=[0.0, 1.0])
        with pytest.raises(InputError, match="in equilibrium.*'unattributed' changes the Gibbs state"):
            green_kubo(flip, 1.0)
    rng = np.random.default_rng(0)
    V = unitary(rng, 3)
    H, z = (V @ np.diag(values) @ V.conj().T for values in ([0.0, 1.0, 2.5], [1.0, 0.2, -1.0]))
    dephasing = lindbladian(0.5 * (H + H.conj().T), [1e6 * 0.5 * (z + z.conj().T)])
    assert abs(green_kubo(dephasing, 1.0).matrix).max() < 1e-2


def test_conserved_observables_are_no_obstacle():
    # Two pairs of levels that never exchange anything: the coefficients are those of each, with its share.
    left, right = Reservoir("left"), Reservoir("right")
    W = np.zeros((4, 4))
    W[0, 1], W[1, 0], W[2, 3], W[3, 2] = 1.0, np.exp(-1.0), 2.0, 2 * np.exp(-0.5)
    energies = np.array([0.0, 1.0, 0.2, 0.7])
    matrix = green_kubo(rate_equation({left: W, right: 3 * W}, energies), 1.0).matrix
    weights = np.exp(-energies) / np.exp(-energies).sum()
    expected = 0.0
    for i, j in ((0, 1), (2, 3)):
        gap = energies[j] - energies[i]
        # Two levels between two reservoirs in equilibrium: half the exchange through both in series.
        exchange = W[i, j] * weights[j]
        expected += gap**2 * exchange * 3 / 4
    np.testing.assert_allclose(matrix, expected * np.array([[1, -1], [-1, 1]]), rtol=1e-10)
    single = lindbladian([[1.0]], [[[2.0]]])
    np.testing.assert_array_equal(green_kubo(single, 1.0).matrix, 0.0)
