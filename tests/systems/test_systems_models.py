"""Textbook systems: spectra against closed forms, conservation laws, and what the constructors refuse."""

from itertools import product

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal

from equipoise import (
    InputError,
    Ohmic,
    Reservoir,
    Verdict,
    audit,
    bose_einstein,
    currents,
    fermi_dirac,
    stationary_state,
    weak_coupling,
)
from equipoise.reservoirs import Flat
from equipoise.systems.models import (
    double_dot,
    excitation_ring,
    fermionic_dots,
    harmonic_ladder,
    lambda_system,
    ring_with_flux,
    spin_chain_ising,
    spin_chain_xxz,
    three_level_maser,
    three_levels,
    two_coupled_qubits,
    v_system,
)

HOT = Reservoir("hot", bose_einstein(temperature=2.0), Ohmic(0.01, 10.0))
COLD = Reservoir("cold", bose_einstein(temperature=0.7), Ohmic(0.02, 10.0))
HOT_TOO = Reservoir("hot too", bose_einstein(temperature=2.0), Ohmic(0.03, 5.0))
LUKEWARM = Reservoir("lukewarm", bose_einstein(temperature=1.1), Ohmic(0.005, 10.0))
LEFT = Reservoir("left", fermi_dirac(temperature=0.5, chemical_potential=0.4), Flat(0.02))
RIGHT = Reservoir("right", fermi_dirac(temperature=0.3, chemical_potential=-0.2), Flat(0.03))

TIGHT = 1e-13
"""Absolute, on levels of order one: a dozen round-offs of a dense diagonalisation."""


def energies_of(system):
    return np.sort(system.spectrum.energies)


def occupied_sums(one_particle):
    """Every sum of a subset of one-particle energies, ascending."""
    return np.sort([np.dot(n, one_particle) for n in product((0, 1), repeat=len(one_particle))])


def random_hopping(rng, sites):
    h = rng.normal(size=(sites, sites)) + 1j * rng.normal(size=(sites, sites))
    h = h + h.conj().T
    np.fill_diagonal(h, 0.0)
    return h


# --- levels


def test_maser_without_load_stalls():
    found = audit(weak_coupling(three_level_maser([0.0, 0.4, 1.7], HOT, COLD), lamb_shift=False))
    assert found.verdict is Verdict.BALANCED_NOT_THERMAL


@pytest.mark.parametrize("e1", [0.2, 1.2])
def test_maser_is_tightly_coupled_and_runs_where_its_affinity_says(e1):
    e = np.array([0.0, e1, 1.7])
    generator = weak_coupling(three_level_maser(e, HOT, COLD, load=LUKEWARM), lamb_shift=False)
    flows = currents(generator, stationary_state(generator))
    J = dict(zip(flows.reservoirs, flows.energy, strict=True))
    assert J["lukewarm"] / J["hot"] == pytest.approx(-(e[1] - e[0]) / (e[2] - e[0]), rel=1e-10)
    assert J["cold"] / J["hot"] == pytest.approx(-(e[2] - e[1]) / (e[2] - e[0]), rel=1e-10)
    affinity = (e[2] - e[1]) / 0.7 + (e[1] - e[0]) / 1.1 - (e[2] - e[0]) / 2.0
    assert np.sign(J["hot"]) == np.sign(affinity)


def test_rows_of_amplitudes_are_channels():
    parallel = v_system([0.0, 1.0, 1.0], [(HOT, [1.0, 2.0])])
    assert len(parallel.channels(HOT)) == 1
    np.testing.assert_array_equal(parallel.channels(HOT)[0], [[0, 1, 2], [1, 0, 0], [2, 0, 0]])
    orthogonal = v_system([0.0, 1.0, 1.0], [(HOT, [[1.0, 0.0], [0.0, 2.0]])])
    first, second = orthogonal.channels(HOT)
    np.testing.assert_array_equal(first + second, parallel.channels(HOT)[0])
    assert audit(weak_coupling(orthogonal, lamb_shift=False)).verdict is Verdict.EQUILIBRIUM


def test_complex_dipoles_give_hermitian_couplings():
    D = lambda_system([0.0, 0.3, 1.0], [(HOT, [1.0, 1j])]).channels(HOT)[0]
    np.testing.assert_array_equal(D, [[0, 0, 1], [0, 0, 1j], [1, -1j, 0]])


def test_reservoir_given_twice_sees_the_coherent_sum():
    qubits = two_coupled_qubits(1.0, 0.2, [HOT, HOT])
    (D,) = qubits.channels(HOT)
    np.testing.assert_array_equal(D, [[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]])
    # Resonant collective decay leaves the singlet alone.
    assert audit(weak_coupling(qubits, lamb_shift=False)).verdict is Verdict.NOT_UNIQUE


def test_ladder_is_given_by_levels_and_couples_neighbours():
    ladder = harmonic_ladder(4, 0.5, [HOT, COLD])
    assert ladder.is_given_by_levels
    np.testing.assert_allclose(np.diag(ladder.channels(COLD)[0], 1), np.sqrt([1, 2, 3]))


@pytest.mark.parametrize("flux", [0.0, 1.0, np.pi])
def test_excitation_ring_levels_and_equilibrium(flux):
    ring = excitation_ring(4, 3.0, 0.6, flux, [(HOT, 0), (HOT_TOO, 1)])
    one = 3.0 - 1.2 * np.cos((2 * np.pi * np.arange(4) + flux) / 4)
    np.testing.assert_allclose(energies_of(ring), np.sort([0.0, *one]), atol=TIGHT)
    assert audit(weak_coupling(ring, lamb_shift=False)).verdict is Verdict.EQUILIBRIUM


# --- spins


def test_qubit_levels():
    detuned = two_coupled_qubits([1.0, 0.6], 0.3, [HOT, COLD])
    root = np.hypot(0.2, 0.3)
    np.testing.assert_allclose(energies_of(detuned), [-0.8, -root, root, 0.8], atol=TIGHT)


@pytest.mark.parametrize("sites", [2, 3, 6])
def test_xx_chain_is_free_fermions(sites):
    J, h = 1.3, 0.4
    k = np.arange(1, sites + 1) * np.pi / (sites + 1)
    expected = occupied_sums(h + J * np.cos(k)) - sites * h / 2
    np.testing.assert_allclose(
        energies_of(spin_chain_xxz(sites, J, 0.0, h, HOT, COLD)), np.sort(expected), atol=TIGHT * 10
    )


def test_xx_chain_in_random_fields_is_free_fermions():
    rng = np.random.default_rng(3)
    J, h = rng.normal(size=4), rng.normal(size=5)
    one = eigh_tridiagonal(h, J / 2, eigvals_only=True)
    chain = spin_chain_xxz(5, J, 0.0, h, HOT)
    np.testing.assert_allclose(energies_of(chain), occupied_sums(one) - h.sum() / 2, atol=TIGHT * 10)


def test_heisenberg_chain_of_four():
    # Ground state of the open antiferromagnetic chain of four spins: -(3 + 2 sqrt 3) / 4.
    chain = spin_chain_xxz(4, 1.0, 1.0, 0.0, HOT)
    assert chain.spectrum.levels[0] == pytest.approx(-(3 + 2 * np.sqrt(3)) / 4, abs=TIGHT)


def test_classical_limit_of_the_xxz_chain_is_given_by_levels():
    chain = spin_chain_xxz(2, [0.0], 0.0, [0.5, 0.8], HOT, COLD)
    assert chain.is_given_by_levels
    np.testing.assert_allclose(chain.hamiltonian, [0.65, -0.15, 0.15, -0.65])


@pytest.mark.parametrize("sites", [2, 5])
def test_ising_chain_in_transverse_field_by_bogoliubov(sites):
    rng = np.random.default_rng(sites)
    J, h = rng.normal(size=sites - 1), rng.normal(size=sites)
    epsilon = np.linalg.svd(np.diag(h) + np.diag(J / 2, 1), compute_uv=False)
    chain = spin_chain_ising(sites, J, h, HOT, COLD)
    np.testing.assert_allclose(energies_of(chain), occupied_sums(epsilon) - epsilon.sum() / 2, atol=TIGHT * 10)


def test_critical_ising_chain():
    # |J| = 2 |h|: epsilon_k = 2 h sin(k/2) with k = (2 m + 1) pi / (2 N + 1), m = 0, ..., N - 1.
    N, h = 5, 0.7
    epsilon = 2 * h * np.sin((2 * np.arange(N) + 1) * np.pi / (2 * N + 1) / 2)
    chain = spin_chain_ising(N, -2 * h, h, HOT)
    np.testing.assert_allclose(energies_of(chain), occupied_sums(epsilon) - epsilon.sum() / 2, atol=TIGHT * 10)


def test_ising_chain_without_transverse_field_is_classical():
    J, b = np.array([1.0, -0.7]), np.array([0.2, 0.0, -0.4])
    expected = [J[0] * s[0] * s[1] + J[1] * s[1] * s[2] + b @ np.array(s) for s in product((0.5, -0.5), repeat=3)]
    chain = spin_chain_ising(3, J, 0.0, HOT, longitudinal_fields=b)
    np.testing.assert_allclose(energies_of(chain), np.sort(expected), atol=TIGHT)


def test_chains_between_reservoirs():
    for build in (
        lambda left, right: spin_chain_xxz(3, 0.8, 0.5, [1.0, 1.1, 0.9], left, right),
        lambda left, right: spin_chain_ising(3, 0.5, 1.0, left, right, longitudinal_fields=0.2),
    ):
        equal = audit(weak_coupling(build(HOT, HOT_TOO), lamb_shift=False))
        assert equal.verdict is Verdict.EQUILIBRIUM
        unequal = audit(weak_coupling(build(HOT, COLD), lamb_shift=False))
        assert unequal.verdict is Verdict.NON_EQUILIBRIUM
        assert unequal.flows.heat[unequal.flows.reservoirs.index("hot")] > 0


# --- dots


@pytest.mark.parametrize("seed", range(4))
def test_free_fermions_fill_one_particle_levels(seed):
    rng = np.random.default_rng(seed)
    N = 2 + seed
    epsilon, h = rng.normal(size=N), random_hopping(rng, N)
    system = fermionic_dots(epsilon, [(LEFT, 0), (RIGHT, rng.normal(size=N))], hoppings=h)
    one = np.linalg.eigvalsh(np.diag(epsilon) + h)
    np.testing.assert_allclose(energies_of(system), occupied_sums(one), atol=TIGHT * 10)


@pytest.mark.parametrize("seed", range(3))
def test_dots_conserve_the_particle_number_and_are_graded(seed):
    rng = np.random.default_rng(seed)
    N = 3
    U = np.abs(rng.normal(size=(N, N)))
    U = U + U.T
    np.fill_diagonal(U, 0.0)
    amplitudes = rng.normal(size=(2, N)) + 1j * rng.normal(size=(2, N))
    system = fermionic_dots(rng.normal(size=N), [(LEFT, amplitudes)], hoppings=random_hopping(rng, N), interactions=U)
    H, number = system.spectrum.hamiltonian, system.number
    np.testing.assert_allclose(H @ number, number @ H, atol=TIGHT)
    np.testing.assert_array_equal(np.bincount(np.diag(number).real.astype(int)), [1, 3, 3, 1])
    assert system.is_graded is True
    assert len(system.channels(LEFT)) == 2


def test_interaction_of_localised_electrons():
    epsilon, U = np.array([0.1, -0.3, 0.7]), np.array([[0, 2.0, 0.5], [2.0, 0, 1.0], [0.5, 1.0, 0]])
    system = fermionic_dots(epsilon, [(LEFT, 0)], interactions=U)
    expected = [
        np.dot(n, epsilon) + 2.0 * n[0] * n[1] + 0.5 * n[0] * n[2] + 1.0 * n[1] * n[2]
        for n in product((0, 1), repeat=3)
    ]
    assert system.is_given_by_levels  # no hopping: couplings stay exact
    np.testing.assert_allclose(system.hamiltonian, expected, atol=TIGHT)


def test_one_interaction_for_all_pairs_is_a_charging_energy():
    system = fermionic_dots(np.zeros(4), [(LEFT, 0)], interactions=0.5)
    N = np.diag(system.number).real
    np.testing.assert_allclose(system.hamiltonian, 0.5 * N * (N - 1) / 2, atol=TIGHT)


def test_hubbard_dimer():
    # Sites: left up, left down, right up, right down. Half filling: U/2 - sqrt(U^2/4 + 4 t^2).
    t, U = 0.6, 3.0
    h = np.zeros((4, 4))
    h[0, 2] = h[2, 0] = h[1, 3] = h[3, 1] = -t
    pairs = np.zeros((4, 4))
    pairs[0, 1] = pairs[1, 0] = pairs[2, 3] = pairs[3, 2] = U
    both_spins = np.eye(2, 4)
    system = fermionic_dots(np.full(4, -U / 2), [(LEFT, both_spins)], hoppings=h, interactions=pairs)
    expected = -U + U / 2 - np.sqrt(U**2 / 4 + 4 * t**2)
    assert system.spectrum.levels[0] == pytest.approx(expected, abs=TIGHT)


def test_bonds_of_a_chain():
    chain = fermionic_dots([0.0, 0.0, 0.0], [(LEFT, 0)], hoppings=[0.5, 0.7j])
    h = np.array([[0, 0.5, 0], [0.5, 0, 0.7j], [0, -0.7j, 0]])
    same = fermionic_dots([0.0, 0.0, 0.0], [(LEFT, 0)], hoppings=h)
    np.testing.assert_array_equal(chain.hamiltonian, same.hamiltonian)
    uniform = fermionic_dots([0.0, 0.0, 0.0], [(LEFT, 0)], hoppings=0.5)
    root = 0.5 * np.sqrt(2)
    np.testing.assert_allclose(energies_of(uniform), occupied_sums([-root, 0, root]), atol=TIGHT)


@pytest.mark.parametrize("flux", [0.0, 0.9, np.pi / 2])
def test_fermions_on_a_ring(flux):
    N = 4
    ring = ring_with_flux(N, 0.5, flux, [(LEFT, 0), (RIGHT, 2)], energies=0.3)
    one = 0.3 - 2 * 0.5 * np.cos((2 * np.pi * np.arange(N) + flux) / N)
    np.testing.assert_allclose(energies_of(ring), occupied_sums(one), atol=TIGHT)


def test_phases_of_hopping():
    # |10> is state 2 and |01> state 1: <10|H|01> is the factor of c_1^dagger c_2.
    assert double_dot(0.0, 0.3j, 1.0, LEFT, RIGHT).hamiltonian[2, 1] == pytest.approx(0.3j)
    # |100> is state 4, |010> is state 2: the flux turns from site 1 to site 2.
    ring = ring_with_flux(3, 1.3, 0.6, [(LEFT, 0)])
    assert ring.hamiltonian[2, 4] == pytest.approx(-1.3 * np.exp(0.2j))
    excitations = excitation_ring(3, 2.0, 1.3, 0.6, [(HOT, 0)])
    assert excitations.hamiltonian[2, 1] == pytest.approx(-1.3 * np.exp(0.2j))


def test_dots_between_equal_leads_are_in_equilibrium_at_their_potential():
    twin = Reservoir("twin", LEFT.distribution, Flat(0.01))
    ring = ring_with_flux(3, 0.5, 0.8, [(LEFT, 0), (twin, 1)], interactions=1.5)
    found = audit(weak_coupling(ring, lamb_shift=False))
    assert found.verdict is Verdict.EQUILIBRIUM
    assert found.gibbs.inverse_temperature == pytest.approx(2.0, rel=1e-8)
    assert found.gibbs.chemical_potential == pytest.approx(0.4, rel=1e-8)


def test_parallel_spins_double_the_current_of_one():
    spinless = fermionic_dots([0.1], [(LEFT, 0), (RIGHT, 0)])
    both = np.eye(2)
    spinful = fermionic_dots([0.1, 0.1], [(LEFT, both), (RIGHT, both)])
    J = []
    for system in (spinless, spinful):
        generator = weak_coupling(system, lamb_shift=False)
        J.append(currents(generator, stationary_state(generator)).particles[0])
    assert J[1] == pytest.approx(2 * J[0], rel=1e-11)


# --- bad input

ROWS = r"be a site or have 2 amplitudes, shape \(2,\) or \(channels, 2\), but has shape \(3,\)"

BAD_INPUT = {
    "lead given twice": (
        lambda: fermionic_dots([0, 0], [(LEFT, 0), (RIGHT, 1), (LEFT, 1)]),
        r"`leads\[2\]` must be a reservoir that is not listed before, but 'left' is. Give all its amplitudes",
    ),
    "two energies": (
        lambda: three_level_maser([0, 1], HOT, COLD),
        r"`energies` must be one number or have one entry for each level, shape \(3,\), but has shape \(2,\)",
    ),
    "one energy": (lambda: three_level_maser(1.0, HOT, COLD), r"`energies` must hold three numbers, but got 1.0"),
    "descending": (
        lambda: three_level_maser([2, 1, 0], HOT, COLD),
        r"`energies` must be ascending, no two equal, but got \[2.0, 1.0, 0.0\]. Sort them",
    ),
    "levels that descend": (
        lambda: three_levels([0, 2, 1], [(HOT, [1, 1, 1])]),
        r"`energies` must be ascending, no two equal, but got \[0.0, 2.0, 1.0\]. Sort them; v_system",
    ),
    "two amplitudes": (
        lambda: three_levels([0, 1, 2], [(HOT, [1, 1])]),
        r"`fields\[0\].amplitudes` must",
    ),
    "infinite": (
        lambda: three_level_maser([0, 1, np.inf], HOT, COLD),
        r"`energies` must be finite, but entry \[2\] is inf",
    ),
    "text": (
        lambda: three_level_maser(["a", "b", "c"], HOT, COLD),
        r"`energies` must hold real numbers, but got \['a'",
    ),
    "complex": (lambda: v_system([0, 1j, 1], [(HOT, [1, 1])]), r"`energies` must hold real numbers"),
    "no reservoir": (
        lambda: three_level_maser([0, 1, 2], "hot", COLD),
        r"`reservoir` must be a Reservoir, but got str",
    ),
    "V upside down": (
        lambda: v_system([1, 0, 2], [(HOT, [1, 1])]),
        r"e_g below both others, but got \[1.0, 0.0, 2.0\]",
    ),
    "Lambda upside down": (lambda: lambda_system([0, 1, 1], [(HOT, [1, 1])]), r"e_e above both others, but got"),
    "dipoles of another shape": (
        lambda: v_system([0, 1, 1], [(HOT, [1, 1]), (COLD, [1, 2, 3])]),
        rf"`dipoles\[1\].amplitudes` must {ROWS}",
    ),
    "infinite dipole": (
        lambda: v_system([0, 1, 1], [(HOT, [1, np.nan])]),
        r"`dipoles\[0\].amplitudes` must be finite, but got nan",
    ),
    "no pair": (
        lambda: v_system([0, 1, 1], [HOT]),
        r"`dipoles\[0\]` must be a pair \(reservoir, amplitudes\), but got Reservoir",
    ),
    "no list": (
        lambda: v_system([0, 1, 1], HOT),
        r"`dipoles` must be a sequence of pairs.*but got Reservoir. Write dipoles=",
    ),
    "no dipoles": (
        lambda: v_system([0, 1, 1], []),
        r"`dipoles` must hold at least one pair \(reservoir, amplitudes\), but is empty",
    ),
    "one pair, not in a list": (lambda: v_system([0, 1, 1], (HOT, [1, 1])), r"`dipoles\[0\]` must be a pair"),
    "one level": (lambda: harmonic_ladder(1, 1.0, [HOT]), r"`levels` must be an integer >= 2, but got 1"),
    "million levels": (
        lambda: harmonic_ladder(10**6, 1.0, [HOT]),
        r"`levels` must fit in memory, but dimension 1000000 needs about 1\d\d TiB.*Keep fewer levels",
    ),
    "negative frequency": (lambda: harmonic_ladder(3, -1.0, [HOT]), r"`frequency` must be > 0, but got -1.0"),
    "no bath": (lambda: harmonic_ladder(3, 1.0, []), r"`reservoirs` must hold at least one Reservoir, but is empty"),
    "small ring": (
        lambda: excitation_ring(2, 1.0, 1.0, 0.0, [(HOT, 0)]),
        r"`sites` must be an integer >= 3, but got 2",
    ),
    "site off the ring": (
        lambda: excitation_ring(3, 1.0, 1.0, 0.0, [(HOT, 3)]),
        r"`dipoles\[0\].amplitudes` must be one of the sites 0..2, but got 3",
    ),
    "large ring": (lambda: excitation_ring(10**6, 1.0, 1.0, 0.0, [(HOT, 3)]), r"`sites` must fit in memory"),
    "one bath for two qubits": (
        lambda: two_coupled_qubits(1.0, 0.1, [HOT]),
        r"`reservoirs` must hold two Reservoirs, one for each qubit, but has 1",
    ),
    "three qubits": (
        lambda: two_coupled_qubits([1, 1, 1], 0.1, [HOT, COLD]),
        r"`frequencies` must be one number or have one entry for each qubit, shape \(2,\), but has shape \(3,\)",
    ),
    "complex exchange": (
        lambda: two_coupled_qubits(1.0, 1j, [HOT, COLD]),
        r"`coupling` must be a real number, but got 1j",
    ),
    "one spin": (lambda: spin_chain_xxz(1, 1.0, 1.0, 1.0, HOT), r"`sites` must be an integer >= 2, but got 1"),
    "bonds": (
        lambda: spin_chain_xxz(3, [1, 1, 1], 1.0, 1.0, HOT),
        r"`exchange` must be one number or have one entry for each bond, shape \(2,\), but has shape \(3,\)",
    ),
    "anisotropies": (lambda: spin_chain_xxz(3, 1.0, [1], 1.0, HOT), r"`anisotropy` must .* each bond, shape \(2,\)"),
    "fields": (lambda: spin_chain_xxz(3, 1.0, 1.0, [1, 1], HOT), r"`fields` must .* each site, shape \(3,\)"),
    "long chain": (
        lambda: spin_chain_xxz(40, 1.0, 1.0, 1.0, HOT),
        r"`sites` must fit in memory, but dimension 1099511627776 needs about .* Use fewer sites",
    ),
    "endless chain": (
        lambda: spin_chain_ising(10**12, 1.0, 1.0, HOT),
        r"`sites` must fit in memory, but it asks for more than 2\^",
    ),
    "transverse fields": (lambda: spin_chain_ising(3, 1.0, [1, 1], HOT), r"`transverse_fields` must"),
    "longitudinal fields": (
        lambda: spin_chain_ising(3, 1.0, 1.0, HOT, longitudinal_fields=[1, 1]),
        r"`longitudinal_fields` must",
    ),
    "one energy for dots": (
        lambda: fermionic_dots(1.0, [(LEFT, 0)]),
        r"`energies` must hold the energy of each site, shape \(N,\), but has shape \(\)",
    ),
    "no dots": (lambda: fermionic_dots([], [(LEFT, 0)]), r"`energies` must hold the energy of each site"),
    "many dots": (
        lambda: fermionic_dots(np.zeros(30), [(LEFT, 0)]),
        r"`energies` must fit in memory, but dimension 1073741824 needs",
    ),
    "too many dots": (lambda: fermionic_dots(np.zeros(3000), [(LEFT, 0)]), r"`energies` must fit in memory"),
    "hopping not Hermitian": (
        lambda: fermionic_dots([0, 0], [(LEFT, 0)], hoppings=[[0, 1], [2, 0]]),
        r"`hoppings` must be Hermitian .* reaches 1 at element \[0, 1\]",
    ),
    "hopping with a diagonal": (
        lambda: fermionic_dots([0, 0], [(LEFT, 0)], hoppings=[[0, 1], [1, 3]]),
        r"`hoppings` must have a zero diagonal, but element \[1, 1\] is 3. Energies of single sites",
    ),
    "hopping of another shape": (
        lambda: fermionic_dots([0, 0, 0], [(LEFT, 0)], hoppings=[1, 2, 3]),
        r"`hoppings` must be one number or have shape \(3, 3\) or \(2,\) for the bonds of a chain, but has shape",
    ),
    "hopping not finite": (
        lambda: fermionic_dots([0, 0], [(LEFT, 0)], hoppings=np.nan),
        r"`hoppings` must be finite, but got nan",
    ),
    "hopping of text": (lambda: fermionic_dots([0, 0], [(LEFT, 0)], hoppings="t"), r"`hoppings` must hold numbers"),
    "complex interaction": (
        lambda: fermionic_dots([0, 0], [(LEFT, 0)], interactions=[[0, 1j], [-1j, 0]]),
        r"`interactions` must be real, but has an imaginary part up to 1",
    ),
    "interaction of another shape": (
        lambda: fermionic_dots([0, 0], [(LEFT, 0)], interactions=[1]),
        r"`interactions` must be one number or have shape \(2, 2\), but has shape \(1,\)",
    ),
    "asymmetric interaction": (
        lambda: fermionic_dots([0, 0], [(LEFT, 0)], interactions=[[0, 1], [0, 0]]),
        r"`interactions` must be Hermitian",
    ),
    "bosonic lead": (
        lambda: fermionic_dots([0], [(LEFT, 0), (HOT, 0)]),
        r"`leads\[1\]` must be fermionic.*'hot' has the statistics BOSON. Use fermi_dirac",
    ),
    "lead off the dots": (
        lambda: fermionic_dots([0, 0], [(LEFT, 5)]),
        r"`leads\[0\].amplitudes` must be one of the sites 0..1, but got 5",
    ),
    "lead of another shape": (
        lambda: fermionic_dots([0, 0], [(LEFT, [1, 2, 3])]),
        rf"`leads\[0\].amplitudes` must {ROWS}",
    ),
    "two tunnellings": (
        lambda: double_dot(0.0, [1, 2], 1.0, LEFT, RIGHT),
        r"`tunnelling` must be one number, but has shape \(2,\)",
    ),
    "infinite repulsion": (
        lambda: double_dot(0.0, 1.0, np.inf, LEFT, RIGHT),
        r"`interaction` must be finite, but got inf",
    ),
    "three dots": (lambda: double_dot([0, 0, 0], 1.0, 1.0, LEFT, RIGHT), r"`energies` must .* each dot, shape \(2,\)"),
    "ring of two": (lambda: ring_with_flux(2, 1.0, 0.0, [(LEFT, 0)]), r"`sites` must be an integer >= 3, but got 2"),
    "large fermionic ring": (lambda: ring_with_flux(50, 1.0, 0.0, [(LEFT, 0)]), r"`sites` must fit in memory"),
    "flux": (lambda: ring_with_flux(3, 1.0, np.nan, [(LEFT, 0)]), r"`flux` must be a number, but got NaN"),
}


@pytest.mark.parametrize(("call", "message"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()
