"""The Onsager matrix against superoperators and many digits; reciprocity, positivity, conservation, messages."""

import mpmath as mp
import numpy as np
import pytest
import superoperator_flows

from equipoise import (
    Coupling,
    InputError,
    NumericalError,
    OpenSystem,
    Reservoir,
    bose_einstein,
    currents,
    fermi_dirac,
    lindbladian,
    stationary_state,
    weak_coupling,
)
from equipoise.fluctuations import Reference, linear_response, mean_reference, second_order
from equipoise.fluctuations.reference import generator_at_reference
from equipoise.fluxes import at_state
from equipoise.reservoirs import Flat, LocalTemperature, Newns, Ohmic, Statistics
from equipoise.stationary import NotUniqueError
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system

CASES = {
    "bosons": (bosonic_system(Draw(1, 3, 2, False)), Reference(1.0), False),
    "bosons below the band": (bosonic_system(Draw(2, 3, 3, False)), Reference(0.8, -0.3), True),
    "degenerate bosons": (bosonic_system(Draw(3, 4, 3, True)), Reference(1.2), False),
    "degenerate bosons below the band": (bosonic_system(Draw(4, 4, 2, True)), Reference(1.0, -0.2), True),
    "fermions": (fermionic_system(Draw(5, 4, 3, False)), Reference(0.7, 0.3), True),
    "degenerate fermions": (fermionic_system(Draw(6, 4, 3, True)), Reference(1.0, 0.4), True),
}
EQUILIBRIA = {name: case for name, case in CASES.items() if "below" not in name}


@pytest.mark.parametrize(("system", "reference", "particles"), CASES.values(), ids=CASES)
def test_first_and_second_derivative_are_those_of_the_superoperator(system, reference, particles):
    R = len(system.reservoirs)
    direction = np.random.default_rng(R).normal(size=2 * R) * ([1] * R + [particles] * R)
    beta, mu = reference.inverse_temperature, reference.chemical_potential

    def along(s):
        energy, number = (s * direction).reshape(2, -1)
        return superoperator_flows.flows(system, beta - energy, beta * mu + number)

    first, second = superoperator_flows.derivatives(along, 0.02)
    response = linear_response(system, reference)
    scale = np.abs(response.matrix).max()
    # Round-off of the differences: 1e-16 of the exchange over the smallest step, and over its square.
    np.testing.assert_allclose(response.matrix @ direction, first, atol=1e-10 * scale)
    np.testing.assert_allclose(response.zeroth, along(0.0), atol=1e-12 * scale)
    _, curvature = response.expansion.second(direction, direction)
    np.testing.assert_allclose(curvature, second, atol=3e-8 * np.abs(curvature).max())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_first_and_second_derivative_of_many_random_systems(seed):
    rng = np.random.default_rng(seed)
    draw = Draw(seed, int(rng.integers(2, 6)), int(rng.integers(2, 5)), bool(rng.integers(2)))
    bosonic = bool(rng.integers(2))
    system = bosonic_system(draw) if bosonic else fermionic_system(draw)
    beta = float(rng.uniform(0.5, 2.0))
    reference = Reference(beta, float(-rng.uniform(0.1, 0.5) if bosonic else rng.uniform(-1, 1)))
    test_first_and_second_derivative_are_those_of_the_superoperator(system, reference, True)


def mp_flows(levels, couplings, cutoff, strength, beta, beta_mu):
    """Energy flows of a bosonic rate equation in many digits; couplings[r][i, j] lower from j to i."""
    d = len(levels)
    W = [[[mp.mpf(0)] * d for _ in range(d)] for _ in couplings]
    for r, D in enumerate(couplings):
        for i in range(d):
            for j in range(d):
                w = mp.mpf(float(levels[j])) - mp.mpf(float(levels[i]))
                if w <= 0 or D[i, j] == 0:
                    continue
                J = strength * w * mp.exp(-w / cutoff)
                n = 1 / mp.expm1(beta[r] * w - beta_mu[r])
                square = mp.mpf(float(D[i, j].real)) ** 2 + mp.mpf(float(D[i, j].imag)) ** 2
                W[r][i][j] += 2 * mp.pi * J * (1 + n) * square
                W[r][j][i] += 2 * mp.pi * J * n * square
    G = mp.matrix(d, d)
    for j in range(d):
        for i in range(d):
            if i != j:
                G[i, j] = mp.fsum(w[i][j] for w in W)
    for j in range(d):
        G[j, j] = -mp.fsum(G[i, j] for i in range(d) if i != j)
        G[d - 1, j] = mp.mpf(1)
    for j in range(d - 1):
        G[d - 1, j] = mp.mpf(1)
    right = mp.matrix(d, 1)
    right[d - 1] = 1
    p = mp.lu_solve(G, right)
    gap = [[mp.mpf(float(levels[i])) - mp.mpf(float(levels[j])) for j in range(d)] for i in range(d)]
    return [mp.fsum(gap[i][j] * w[i][j] * p[j] for i in range(d) for j in range(d)) for w in W]


@pytest.mark.parametrize(
    ("spread", "link"),
    [(1.0, 1.0), (40.0, 1.0), (1.0, 1e-6), (1.0, 1e-10), (30.0, 1e-3)],
    ids=["warm", "cold", "weak link", "hardly a link", "both"],
)
def test_digits_against_multiple_precision(spread, link):
    """Cold levels, and a link of 1e-20 between two well coupled parts, keep eleven digits of the conductance."""
    rng = np.random.default_rng(7)
    levels = np.array([0.0, 0.31, 1.0, 1.43]) * spread
    D = [np.triu(complex_matrix(rng, 4, 4), 1) for _ in range(2)]
    D[0][:, 2:] *= link  # the left bath holds 0 and 1 together,
    D[1][:2, :2] = 0.0  # the right one the upper two,
    D[1][:2, 2:] *= link  # and little connects the pairs
    cutoff = 8.0 * spread
    baths = [Reservoir(name, bose_einstein(inverse_temperature=1.0), Ohmic(0.05, cutoff)) for name in "LR"]
    response = linear_response(OpenSystem(levels, [Coupling(b, A) for b, A in zip(baths, D, strict=True)]))
    with mp.workdps(200):

        def along(s):
            return mp_flows(levels, D, cutoff, mp.mpf(0.05), [1 - s, mp.mpf(1)], [mp.mpf(0)] * 2)

        h = mp.mpf(10) ** -50
        exact = [float((a - b) / (2 * h)) for a, b in zip(along(h), along(-h), strict=True)]
    np.testing.assert_allclose(response.matrix[:2, 0], exact, rtol=1e-11)
    # What one gives the other takes, whichever of them is heated.
    np.testing.assert_allclose(response.matrix[:2, 1], exact[::-1], rtol=1e-11)


def test_gaps_beyond_the_range_of_doubles():
    """At beta w = 900 the rate up is no double; the flows are zero to that accuracy and nothing else breaks."""
    baths = [Reservoir(name, bose_einstein(inverse_temperature=900.0), Ohmic(0.05, 8.0)) for name in "LR"]
    D = np.triu(np.ones((3, 3)), 1)
    response = linear_response(OpenSystem([0.0, 1.0, 2.5], [Coupling(bath, D) for bath in baths]))
    assert np.all(np.isfinite(response.expansion.first))
    assert np.abs(response.matrix).max() == 0.0
    # phi is that of a Gibbs state in equal measure from both sides.
    np.testing.assert_allclose(np.diff(response.expansion.first[0]), [0.5, 0.75], rtol=1e-12)


@pytest.mark.parametrize("beta", [1e-3, 10.0, 100.0, 300.0])
def test_coherences_keep_the_laws_from_hot_to_cold(beta):
    """Dephasing within a level is e^300 times faster than what carries heat; its round-off stays out of the flows."""
    system = CASES["degenerate bosons"][0]
    response = linear_response(system, Reference(beta))
    R = len(system.reservoirs)
    scale = np.abs(response.matrix).max()
    np.testing.assert_allclose(response.matrix[:R].sum(axis=0), 0, atol=1e-12 * scale)
    np.testing.assert_allclose(response.matrix @ np.repeat([1.0, 0.0], R), 0, atol=1e-12 * scale)
    assert response.smallest_eigenvalue > -1e-12
    gap = float(np.min(np.diff(system.spectrum.levels)))
    assert np.log(scale) == pytest.approx(-beta * gap, abs=12)


def test_degenerate_levels_beyond_the_range_of_doubles():
    with pytest.raises(NumericalError, match="beyond the range in which coherences within degenerate levels"):
        linear_response(CASES["degenerate bosons"][0], Reference(1000.0))


@pytest.mark.parametrize(("system", "reference", "particles"), EQUILIBRIA.values(), ids=EQUILIBRIA)
def test_second_law_conservation_and_null_directions(system, reference, particles):
    response = linear_response(system, reference)
    R = len(system.reservoirs)
    scale = np.abs(response.matrix).max()
    assert response.is_equilibrium
    assert np.abs(response.zeroth).max() < 1e-14 * scale
    assert response.smallest_eigenvalue > -1e-12
    # Energy is conserved in the system at stationarity; a common change of temperature drives nothing.
    common = np.repeat([1.0, 0.0], R)
    np.testing.assert_allclose(response.matrix[:R].sum(axis=0), 0, atol=1e-13 * scale)
    np.testing.assert_allclose(response.matrix @ common, 0, atol=1e-13 * scale)
    inside = response.null_space.T @ (response.null_space @ common)
    np.testing.assert_allclose(inside, common, atol=1e-6)
    if system.is_graded:
        np.testing.assert_allclose(response.matrix[R:].sum(axis=0), 0, atol=1e-13 * scale)
        assert len(response.null_space) >= 2
        np.testing.assert_allclose(response.matrix @ (1 - common), 0, atol=1e-13 * scale)
    forces = np.random.default_rng(0).normal(size=2 * R)
    assert response.entropy_production(forces) > 0
    np.testing.assert_allclose(response.entropy_production(common), 0, atol=1e-12 * scale)


@pytest.mark.parametrize(("system", "reference", "particles"), CASES.values(), ids=CASES)
def test_transitions_add_up_to_the_macroscopic_flows(system, reference, particles):
    response = linear_response(system, reference)
    R = len(system.reservoirs)
    forces = np.random.default_rng(1).normal(size=2 * R)
    levels = response.expansion.generator.spectrum.levels
    change = response.microcurrents(forces)
    np.testing.assert_allclose(change, -change.transpose(0, 2, 1), atol=1e-15)
    energy = 0.5 * np.sum((levels[:, None] - levels[None, :]) * change, axis=(1, 2))
    scale = np.abs(response.matrix).max()
    np.testing.assert_allclose(energy, (response.matrix @ forces)[:R], atol=1e-13 * scale)
    # Every level keeps its probability: what all reservoirs bring in is nothing.
    np.testing.assert_allclose(change.sum(axis=(0, 2)), 0, atol=1e-13 * scale)


def conjugated(system):
    """The same levels with all couplings complex conjugated in the energy basis."""
    spectrum = system.spectrum
    couplings = [
        Coupling(c.reservoir, spectrum.to_given_basis(spectrum.to_energy_basis(c.operator).conj()), c.channel)
        for c in system.couplings
    ]
    number = None
    if system.number is not None:
        number = spectrum.to_given_basis(spectrum.to_energy_basis(system.number).conj())
    return OpenSystem(system.hamiltonian, couplings, number=number)


class TestReciprocity:
    """Symmetric if populations are closed; otherwise the Lamb shift may turn coherences and break it."""

    @pytest.mark.parametrize("seed", range(4))
    def test_holds_for_complex_couplings_of_generic_systems(self, seed):
        assert linear_response(bosonic_system(Draw(seed, 6, 3, False)), Reference(1.0)).asymmetry < 1e-12
        assert linear_response(fermionic_system(Draw(seed, 6, 3, False)), Reference(1.0, 0.3)).asymmetry < 1e-12

    def test_holds_without_lamb_shift(self):
        generator = weak_coupling(CASES["degenerate fermions"][0], lamb_shift=False)
        assert linear_response(generator, Reference(1.0, 0.4)).asymmetry < 1e-12

    def test_holds_for_real_couplings(self):
        system = CASES["degenerate fermions"][0]
        real = [c.operator + conjugated(system).couplings[k].operator for k, c in enumerate(system.couplings)]
        # The sum of an operator and its conjugate in the energy basis is real there.
        couplings = [Coupling(c.reservoir, D) for c, D in zip(system.couplings, real, strict=True)]
        response = linear_response(OpenSystem(system.hamiltonian, couplings, number=system.number), Reference(1.0, 0.4))
        assert response.asymmetry < 1e-12

    def test_fails_with_the_lamb_shift_and_becomes_that_of_onsager_and_casimir(self):
        system, reference, _ = CASES["degenerate fermions"]
        response = linear_response(system, reference)
        assert response.asymmetry > 1e-3
        other = linear_response(conjugated(system), reference)
        scale = np.abs(response.matrix).max()
        np.testing.assert_allclose(response.matrix.T, other.matrix, atol=1e-12 * scale)

    def test_fails_at_a_reference_with_loops(self):
        """Bosons with mu_0 != 0 on open cycles are out of equilibrium at equal reservoirs."""
        response = linear_response(*CASES["bosons below the band"][:2])
        assert not response.is_equilibrium
        assert response.asymmetry > 1e-3


def test_a_tree_of_transitions_is_an_equilibrium_at_any_chemical_potential():
    baths = [
        Reservoir(name, bose_einstein(temperature=1.0, chemical_potential=-0.4), Ohmic(0.05, 8.0)) for name in "LR"
    ]
    ladder = np.diag([1.0, 0.7, 1.3], 1)
    response = linear_response(OpenSystem([0.0, 1.0, 1.9, 3.1], [Coupling(bath, ladder) for bath in baths]))
    assert response.is_equilibrium
    assert response.asymmetry < 1e-13
    assert np.abs(response.zeroth).max() < 1e-16


def test_flows_at_the_reference_are_those_of_currents():
    system, reference, _ = CASES["bosons below the band"]
    response = linear_response(system, reference)
    generator = generator_at_reference(weak_coupling(system), reference)
    flows = currents(generator, stationary_state(generator))
    np.testing.assert_allclose(response.zeroth, np.concatenate([flows.energy, flows.particles]), atol=1e-15)
    assert np.abs(response.zeroth).max() > 1e-4
    np.testing.assert_array_equal(response.flows(np.zeros(6)), response.zeroth)


def test_phonons_at_zero_beside_electrons_at_their_chemical_potential():
    """A reservoir that conserves N has mu_0 = 0 of its own, and the reference is an equilibrium."""
    lower = np.diag([1.0], 1)
    orbitals = np.kron(lower, np.eye(2)), np.kron(np.diag([1.0, -1.0]), lower)
    number = sum(D.conj().T @ D for D in orbitals)
    H = sum(e * D.conj().T @ D for e, D in zip((0.3, 1.1), orbitals, strict=True))
    leads = [Reservoir(name, fermi_dirac(temperature=0.5, chemical_potential=0.6), Newns(0.1, 8.0)) for name in "LR"]
    phonons = Reservoir("phonons", bose_einstein(temperature=0.5), Ohmic(0.02, 8.0))
    couplings = [Coupling(leads[0], orbitals[0]), Coupling(leads[1], orbitals[1])]
    couplings.append(Coupling(phonons, orbitals[0].conj().T @ orbitals[1]))
    response = linear_response(OpenSystem(H, couplings, number=number), Reference(2.0, (0.6, 0.6, 0.0)))
    assert response.is_equilibrium
    assert response.asymmetry < 1e-12
    # Phonon-assisted transport: each electron that crosses absorbs one phonon.
    np.testing.assert_allclose(response.matrix[5], response.matrix[3], atol=1e-16)
    np.testing.assert_allclose(response.matrix[4], -response.matrix[3], atol=1e-16)


def test_state_derivative_is_that_of_the_gibbs_state():
    """Raising every temperature alike moves the Gibbs populations along: dp/dX = p (E - <E>)."""
    for name in ("bosons", "degenerate bosons"):
        system, reference, _ = CASES[name]
        response = linear_response(system, reference)
        spectrum = response.expansion.generator.spectrum
        p = response.expansion.density.populations
        R = len(system.reservoirs)
        expected = p * (spectrum.state_energies - p @ spectrum.state_energies)
        np.testing.assert_allclose(response.state_derivative[:R].sum(axis=0), expected, atol=1e-14)
        np.testing.assert_allclose(response.state_derivative.sum(axis=1), 0, atol=1e-14)


def test_default_reference_is_what_all_reservoirs_share():
    baths = [Reservoir(name, bose_einstein(temperature=2.0), Ohmic(0.05, 8.0)) for name in "LR"]
    qubit = OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]]) for bath in baths])
    assert linear_response(qubit).reference == Reference(0.5, 0.0)
    assert linear_response(weak_coupling(qubit)).labels == ("E L", "E R", "N L", "N R")


HOT = Reservoir("hot", bose_einstein(temperature=2.0), Ohmic(0.05, 8.0))
COLD = Reservoir("cold", bose_einstein(temperature=1.0), Ohmic(0.05, 8.0))
FROZEN = Reservoir("frozen", bose_einstein(temperature=0.0), Ohmic(0.05, 8.0))
FIELD = Reservoir("field", LocalTemperature(Statistics.BOSON, lambda w: 1.0 + w), Ohmic(0.05, 8.0))
X = [[0, 1], [1, 0]]


def qubit(*baths):
    return OpenSystem([0.0, 1.0], [Coupling(bath, X) for bath in baths])


class TestMessages:
    def test_unequal_reservoirs_without_reference(self):
        with pytest.raises(InputError, match=r"`reference` must be given.*\(0.5, 0.0\) for 'hot'.*mean_reference"):
            linear_response(qubit(HOT, COLD))

    def test_zero_temperature(self):
        with pytest.raises(InputError, match="`reservoir 'frozen'` must have a finite inverse temperature"):
            linear_response(qubit(HOT, FROZEN), Reference(1.0))
        with pytest.raises(InputError, match="`inverse_temperature` must be finite: at zero temperature"):
            Reference(np.inf)

    def test_reservoir_that_is_not_thermal(self):
        with pytest.raises(InputError, match="`reservoir 'field'` must be thermal"):
            linear_response(qubit(HOT, FIELD), Reference(1.0))

    def test_generator_of_given_jumps(self):
        generator = lindbladian(np.diag([0.0, 1.0]), [np.array(X, dtype=complex)])
        with pytest.raises(InputError, match="must have a reservoir of quanta behind every dissipator"):
            linear_response(generator, Reference(1.0))

    def test_not_a_system(self):
        with pytest.raises(InputError, match="an OpenSystem, a Generator or a GeneratorAtState, but got int"):
            linear_response(3)
        with pytest.raises(InputError, match="an OpenSystem, a Generator or a GeneratorAtState, but got int"):
            mean_reference(3)
        with pytest.raises(InputError, match="`reference` must be a Reference, but got float"):
            linear_response(qubit(HOT), 1.0)

    def test_chemical_potentials_of_the_wrong_number(self):
        with pytest.raises(InputError, match="name each of the 2 reservoirs, but has 3 values"):
            linear_response(qubit(HOT, COLD), Reference(1.0, (0.0, 0.0, 0.0)))

    def test_forces_of_the_wrong_shape(self):
        response = linear_response(qubit(HOT))
        with pytest.raises(InputError, match=r"`forces` must have shape \(2,\): X_E of each.*\(3,\)"):
            response.flows([1.0, 2.0, 3.0])
        with pytest.raises(InputError, match="`forces` must be finite"):
            response.flows([np.nan, 0.0])

    def test_stationary_state_that_is_not_unique(self):
        dark = OpenSystem([0.0, 1.0, 2.0], [Coupling(HOT, np.diag([1.0, 0.0], 1))])
        with pytest.raises(NotUniqueError):
            linear_response(dark)

    def test_second_order_that_does_not_exist(self):
        system, reference, _ = CASES["degenerate bosons"]
        with pytest.raises(NumericalError, match="second-order response to X_N of bosonic reservoir 'bath 0'"):
            second_order(system, reference)


def test_mean_reference_of_two_fields():
    assert mean_reference(qubit(HOT, COLD)) == Reference(0.75, 0.0)


def test_second_order_tensor_contracts_to_the_directional_derivative():
    system, reference, _ = CASES["fermions"]
    response = second_order(system, reference)
    forces = np.random.default_rng(3).normal(size=6)
    _, curvature = response.linear.expansion.second(forces, forces)
    np.testing.assert_allclose(response.tensor @ forces @ forces, curvature, atol=1e-13 * np.abs(curvature).max())
    np.testing.assert_array_equal(response.tensor, response.tensor.transpose(0, 2, 1))
    assert response.labels[0] == "E lead 0"


def test_correlated_channels_are_differentiated_with_their_lamb_shift():
    from equipoise.reservoirs import CorrelatedDensity

    rng = np.random.default_rng(11)
    C = np.array([[1.0, 0.3 + 0.4j], [0.3 - 0.4j, 1.2]])
    baths = [
        Reservoir(name, bose_einstein(temperature=1.0, chemical_potential=-0.3), CorrelatedDensity(Ohmic(0.05, 8.0), C))
        for name in "LR"
    ]
    couplings = []
    for bath in baths:
        for channel in range(2):
            D = complex_matrix(rng, 3, 3)
            couplings.append(Coupling(bath, np.triu(D, 1) * (1 - np.eye(3)), channel))
    # Two degenerate excited states: coherences matter, and the two channels interfere.
    for coupling in couplings:
        coupling.operator[1, 2] = 0.0
    system = OpenSystem(np.diag([0.0, 1.0, 1.0]).astype(complex), couplings)
    response = linear_response(system, Reference(1.0, -0.3))
    direction = np.array([0.5, -0.2, 0.3, 0.7])
    generator = weak_coupling(system)
    from equipoise.fluctuations.reference import generator_at

    def along(s):
        energy, number = (s * direction).reshape(2, -1)
        biased = generator_at(generator, 1.0 - energy, -0.3 + number)
        flows = currents(biased, stationary_state(biased))
        return np.concatenate([flows.energy, flows.particles])

    first, second = superoperator_flows.derivatives(along, 0.02)
    scale = np.abs(response.matrix).max()
    np.testing.assert_allclose(response.matrix @ direction, first, atol=1e-9 * scale)
    _, curvature = response.expansion.second(direction, direction)
    np.testing.assert_allclose(curvature, second, atol=1e-6 * np.abs(curvature).max())


def test_flat_band_of_a_level_at_the_fermi_energy():
    """Conductance of a resonant level in weak coupling: `beta Gamma_L Gamma_R / (4 (Gamma_L + Gamma_R))` at e = mu."""
    leads = [
        Reservoir(name, fermi_dirac(temperature=0.5, chemical_potential=1.0), Flat(rate / (2 * np.pi), -50.0, 50.0))
        for name, rate in (("L", 0.1), ("R", 0.3))
    ]
    dot = OpenSystem([0.0, 1.0], [Coupling(lead, [[0, 1], [0, 0]]) for lead in leads], number=[[0, 0], [0, 1]])
    rates = [float(lead.rate_out(1.0) + lead.rate_in(1.0)) for lead in leads]
    response = linear_response(dot)
    expected = rates[0] * rates[1] / sum(rates) / 4
    np.testing.assert_allclose(response.matrix[2, 2], expected, rtol=1e-14)


def weakly_linked(link):
    """Two well coupled pairs of levels with one way around between them: a single cycle, a matrix of rank one."""
    left, right = np.zeros((2, 4, 4))
    left[0, 1], left[0, 2] = 1.0, 1.3 * link
    right[2, 3], right[1, 2] = 1.0, link
    baths = [Reservoir(name, bose_einstein(temperature=1.0), Ohmic(1e-3, 10.0)) for name in ("left", "right")]
    return OpenSystem([0.0, 1.0, 2.3, 3.9], [Coupling(b, D) for b, D in zip(baths, (left, right), strict=True)])


@pytest.mark.parametrize("link", [1.0, 1e-3, 1e-5, 1e-7])
def test_round_off_of_a_weak_link_is_no_asymmetry_and_hides_no_null_direction(link):
    response = linear_response(weakly_linked(link))
    assert response.asymmetry < 1e-10
    assert len(response.null_space) == 3
    assert response.smallest_eigenvalue > -response.resolution


def test_an_asymmetry_beyond_round_off_is_found():
    """A reference out of equilibrium, where reciprocity does not hold."""
    system, reference, _ = CASES["bosons below the band"]
    response = linear_response(system, reference)
    assert not response.is_equilibrium
    assert response.asymmetry > 1e-4


def test_a_single_level_does_not_respond():
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.05, 8.0))
    system = OpenSystem([0.3], [Coupling(bath, [[1.0]])])
    np.testing.assert_array_equal(linear_response(system).matrix, 0.0)
    np.testing.assert_array_equal(second_order(system).tensor, 0.0)


def test_forces_and_coefficients_by_the_names_of_the_reservoirs():
    response = linear_response(qubit(HOT, COLD), Reference(0.75))
    hot, cold = response.reservoirs
    X = np.array([0.1, 0.0, 0.0, -0.2])
    named = {f"E {hot}": 0.1, f"N {cold}": -0.2}
    np.testing.assert_array_equal(response.flows(named), response.flows(X))
    np.testing.assert_array_equal(response.microcurrents(named), response.microcurrents(X))
    assert response.entropy_production(named) == response.entropy_production(X)
    assert response.coefficient(f"N {cold}", f"E {hot}") == response.matrix[3, 0]
    with pytest.raises(InputError, match=r"`label` must be one of E hot, E cold, N hot, N cold, but got 'E bath'"):
        response.flows({"E bath": 0.1})


def test_a_pair_responds_as_its_generator():
    generator = weak_coupling(qubit(HOT, COLD))
    pair, point = at_state(generator), mean_reference(generator)
    assert mean_reference(pair) == point
    np.testing.assert_array_equal(linear_response(pair, point).matrix, linear_response(generator, point).matrix)
