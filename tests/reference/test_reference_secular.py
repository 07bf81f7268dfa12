"""The secular twin against the double commutator with an explicit bath, and its conservation laws."""

import numpy as np
import pytest

from reference import nested_commutator, secular

TOLERANCE = 1e-9
LOWER = np.array([[0, 1], [0, 0]], dtype=complex)
PARITY = np.diag([1.0, -1.0]).astype(complex)
ONE = np.eye(2, dtype=complex)


def random_matrix(rng, dimension):
    return rng.normal(size=(dimension, dimension)) + 1j * rng.normal(size=(dimension, dimension))


def with_spectrum(rng, levels):
    """A Hamiltonian with the given levels in a random basis."""
    unitary, _ = np.linalg.qr(random_matrix(rng, len(levels)))
    return unitary @ np.diag(levels) @ unitary.conj().T


SPECTRA = {
    "generic": [0.0, 0.37, 1.0, 2.31],
    "harmonic ladder": [0.0, 1.0, 2.0, 3.0],
    "degenerate levels": [0.0, 0.0, 1.3, 1.3],
    "degenerate and equal gaps": [-1.0, 0.0, 0.0, 1.0],
    "fully degenerate": [0.5, 0.5, 0.5, 0.5],
}


def random_state_of_mode(rng, dimension):
    weights = rng.uniform(size=dimension)
    return np.diag(weights / weights.sum()).astype(complex)


def channel_of(operators, couplings, frequencies, annihilators, state, kappa):
    """The channel of broadened modes: half-sided transforms sum_k weight_k / (kappa + i (v_k - w)).

    A_a = sum_k g_ak a_k; couplings[a][k] = g_ak. Averages are traces, so truncated bosons are exact too.
    """
    g = np.array(couplings)
    empty = np.array([np.trace(state @ a @ a.conj().T).real for a in annihilators])
    full = np.array([np.trace(state @ a.conj().T @ a).real for a in annihilators])
    frequencies = np.array(frequencies)

    def half_out(w):  # int_0^inf ds exp(i w s) <A_b(s) A_a^dagger>
        return np.einsum("ak,bk,k->ab", g.conj(), g, empty / (kappa + 1j * (frequencies - w)))

    def half_in(w):  # int_0^inf ds exp(-i w s) <A_b^dagger(s) A_a>
        return np.einsum("ak,bk,k->ab", g, g.conj(), full / (kappa - 1j * (frequencies - w)))

    def twice_hermitian(m):
        return m + m.conj().T

    def antihermitian(m):
        return (m - m.conj().T) / 2j

    return (
        operators,
        lambda w: twice_hermitian(half_out(w)),
        lambda w: twice_hermitian(half_in(w)),
        lambda w: antihermitian(half_out(w)),
        lambda w: -antihermitian(half_in(w)),
    )


def bosonic_bath(rng, modes, cutoff):
    """Frequencies, annihilators, Hamiltonian and a random diagonal state of truncated bosonic modes."""
    ladder = np.diag(np.sqrt(np.arange(1, cutoff)), 1).astype(complex)
    one = np.eye(cutoff)
    annihilators = []
    for k in range(modes):
        factors = [one] * modes
        factors[k] = ladder
        annihilators.append(factors[0] if modes == 1 else np.kron(*factors))
    frequencies = rng.uniform(0.3, 1.5, modes)
    hamiltonian = sum(v * a.conj().T @ a for v, a in zip(frequencies, annihilators, strict=True))
    states = [random_state_of_mode(rng, cutoff) for _ in range(modes)]
    return frequencies, annihilators, hamiltonian, states[0] if modes == 1 else np.kron(*states)


def bosonic_pair(rng, hamiltonian, operators, kappa):
    """(double commutator, channel) of bosonic modes that all `operators` couple to."""
    frequencies, annihilators, bath, state = bosonic_bath(rng, 2, 3)
    couplings = rng.normal(size=(len(operators), 2)) + 1j * rng.normal(size=(len(operators), 2))
    interaction = 0
    for operator, g in zip(operators, couplings, strict=True):
        a = sum(g_k * a_k for g_k, a_k in zip(g, annihilators, strict=True))
        interaction = interaction + np.kron(operator, a.conj().T)
    interaction = interaction + interaction.conj().T
    exact = nested_commutator.double_commutator(hamiltonian, bath, state, interaction, kappa)
    return exact, channel_of(operators, couplings, frequencies, annihilators, state, kappa)


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("count", [1, 2])
def test_bosons_agree_with_the_double_commutator(name, count):
    """Random complex operators, one or two correlated through common modes: generator, Lamb shift and all."""
    rng = np.random.default_rng([list(SPECTRA).index(name), count])
    hamiltonian = with_spectrum(rng, SPECTRA[name])
    operators = [random_matrix(rng, 4) for _ in range(count)]
    exact, channel = bosonic_pair(rng, hamiltonian, operators, kappa=0.23)
    expected = nested_commutator.secular_projection(exact, hamiltonian, TOLERANCE)
    actual = secular.full_superoperator(hamiltonian, [[channel]], TOLERANCE) - secular.commutator(hamiltonian)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12 * np.abs(exact).max())


def two_site_dot(rng, *, interaction=0.7):
    """An even Hamiltonian of two fermionic sites (hopping, pairing, interaction) and its annihilators."""
    left, right = np.kron(LOWER, ONE), np.kron(PARITY, LOWER)
    hopping = (rng.normal() + 1j * rng.normal()) * left.conj().T @ right
    pairing = (rng.normal() + 1j * rng.normal()) * left @ right
    off = hopping + pairing
    n_left, n_right = left.conj().T @ left, right.conj().T @ right
    hamiltonian = 0.4 * n_left - 0.3 * n_right + interaction * n_left @ n_right + off + off.conj().T
    return hamiltonian, left, right


@pytest.mark.parametrize("interaction", [0.0, 0.7])
@pytest.mark.parametrize("count", [1, 2])
def test_fermions_agree_with_the_double_commutator(count, interaction):
    """Odd operators of two sites, bath modes that anticommute with them: equal on all states of even parity.

    Between even and odd states the sign of the jump term is a convention; no state has such elements.
    Without interaction the Bohr frequencies coincide in pairs.
    """
    rng = np.random.default_rng([count, int(10 * interaction)])
    hamiltonian, left, right = two_site_dot(rng, interaction=interaction)
    odd = [left, right, left.conj().T, right.conj().T, left @ right.conj().T @ right]
    operators = [sum((rng.normal() + 1j * rng.normal()) * x for x in odd) for _ in range(count)]
    parity = np.kron(PARITY, PARITY)
    modes = [np.kron(LOWER, ONE), np.kron(PARITY, LOWER)]
    frequencies, kappa = rng.uniform(-1.0, 1.0, 2), 0.31
    bath = sum(v * a.conj().T @ a for v, a in zip(frequencies, modes, strict=True))
    state = np.kron(random_state_of_mode(rng, 2), random_state_of_mode(rng, 2))
    couplings = rng.normal(size=(count, 2)) + 1j * rng.normal(size=(count, 2))
    one = np.eye(4)
    joint = 0
    for operator, g in zip(operators, couplings, strict=True):
        # The Jordan-Wigner string of the system stands before every bath operator.
        a = np.kron(parity, sum(g_k * a_k for g_k, a_k in zip(g, modes, strict=True)))
        joint = joint + np.kron(operator, one) @ a.conj().T
    joint = joint + joint.conj().T
    exact = nested_commutator.double_commutator(hamiltonian, bath, state, joint, kappa)
    expected = nested_commutator.secular_projection(exact, hamiltonian, TOLERANCE)
    channel = channel_of(operators, couplings, frequencies, modes, state, kappa)
    actual = secular.full_superoperator(hamiltonian, [[channel]], TOLERANCE) - secular.commutator(hamiltonian)
    even = np.kron(np.diag(parity), np.diag(parity)).real > 0
    assert np.abs(actual[np.ix_(~even, even)]).max() < 1e-12
    np.testing.assert_allclose(
        actual[np.ix_(even, even)],
        expected[np.ix_(even, even)],
        rtol=0,
        atol=1e-12 * np.abs(exact).max(),
    )


def test_the_projection_is_the_average_over_long_times():
    """The finite-time average approaches the projection as one over the duration."""
    rng = np.random.default_rng(4)
    hamiltonian = with_spectrum(rng, [0.0, 1.0, 2.7])
    matrix = rng.normal(size=(9, 9)) + 0j
    limit = nested_commutator.secular_projection(matrix, hamiltonian, TOLERANCE)
    averages = [nested_commutator.time_average(matrix, hamiltonian, t, 4000) for t in (40.0, 400.0)]
    errors = [np.linalg.norm(average - limit) for average in averages]
    assert errors[1] < 0.2 * errors[0]
    assert errors[1] < 0.02 * np.linalg.norm(matrix)


def test_two_reservoirs_add_and_their_currents_balance():
    """Trace and Hermiticity are preserved; the stationary energy currents cancel; H_LS commutes with H."""
    rng = np.random.default_rng(7)
    hamiltonian = with_spectrum(rng, SPECTRA["degenerate levels"])
    reservoirs = [[bosonic_pair(rng, hamiltonian, [random_matrix(rng, 4)], 0.2)[1]] for _ in range(2)]
    full = secular.full_superoperator(hamiltonian, reservoirs, TOLERANCE)
    parts = [secular.reservoir_parts(channels, hamiltonian, TOLERANCE) for channels in reservoirs]
    rebuilt = secular.commutator(hamiltonian)
    for _, dissipator, lamb in parts:
        rebuilt = rebuilt + dissipator + secular.commutator(lamb)
        np.testing.assert_allclose(hamiltonian @ lamb, lamb @ hamiltonian, atol=1e-12)
    np.testing.assert_allclose(full, rebuilt, atol=1e-12)
    np.testing.assert_allclose(np.eye(4).reshape(-1) @ full, 0, atol=1e-12)
    rho = secular.stationary_state(full)
    np.testing.assert_allclose(rho, rho.conj().T, atol=1e-12)
    assert np.linalg.eigvalsh(rho).min() > 0
    energy = [secular.current(hamiltonian, dissipator, rho) for _, dissipator, _ in parts]
    assert abs(sum(energy)) < 1e-12 * max(np.abs(energy))
    # Stationary coherences live inside levels only, so the microcurrents carry the whole energy current.
    levels, projectors = secular.levels_and_projectors(hamiltonian, TOLERANCE)
    for (jump, _, _), total in zip(parts, energy, strict=True):
        flows = secular.microcurrents(jump, projectors, rho)
        np.testing.assert_allclose(0.5 * np.sum((levels[:, None] - levels) * flows), total, atol=1e-11)


def test_a_thermal_qubit_relaxes_to_its_gibbs_state():
    """Rates gamma (1 + n) and gamma n at w = 1: population ratio exp(-beta), decay (2 n + 1) gamma."""
    beta, gamma = 1.7, 0.3
    n = 1 / np.expm1(beta)
    channel = (
        [LOWER],
        lambda w: gamma * (1 + n) if w > 0 else 0.0,
        lambda w: gamma * n if w > 0 else 0.0,
        lambda w: 0.05,
        lambda w: 0.02,
    )
    hamiltonian = np.diag([0.0, 1.0])
    full = secular.full_superoperator(hamiltonian, [[channel]], TOLERANCE)
    p = np.diag(secular.stationary_state(full)).real
    assert p[1] / p[0] == pytest.approx(np.exp(-beta), rel=1e-12)
    values = np.linalg.eigvals(full)
    # Shift: out on the upper level, minus in on the lower one: the gap becomes 1 + 0.05 + 0.02.
    for expected in (0, -(2 * n + 1) * gamma, -(n + 0.5) * gamma + 1.07j, -(n + 0.5) * gamma - 1.07j):
        assert np.abs(values - expected).min() < 1e-12


def test_degenerate_subspaces_without_coupling_have_several_stationary_states():
    hamiltonian = np.diag([0.0, 1.0, 2.5])
    silent = ([np.diag([1.0, 2.0, 3.0])], lambda w: 0.0, lambda w: 0.0, lambda w: 0.0, lambda w: 0.0)
    full = secular.full_superoperator(hamiltonian, [[silent]], TOLERANCE)
    assert len(secular.stationary_states(full)) == 3
