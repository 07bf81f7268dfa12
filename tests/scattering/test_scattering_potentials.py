"""Potentials of finite range: wave matching, thick barriers, limits, orders, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from equipoise import InputError, NumericalError, UserCodeError
from equipoise.scattering import (
    DeltaInteraction,
    EnergyShell,
    Gas,
    PiecewiseConstant,
    PointScatterers,
    SmoothPotential,
    Target,
    maxwell_boltzmann,
    scattering_rates,
)
from equipoise.scattering.interactions.unitarity import defect_of
from equipoise.spectrum import Spectrum, spectrum_of_levels, spectrum_of_matrix
from reference.wave_matching import matched_transition_matrix

EXCESS = np.array([1e-3, 0.2, 0.6, 3.0, 50.0])
EVEN = np.array([1.0, 1.0]) / np.sqrt(2)


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return 0.5 * (A + A.conj().T)


def smooth(rng: np.random.Generator, d: int, size: float = 1.0) -> SmoothPotential:
    A, B = hermitian(rng, d), hermitian(rng, d)

    def W(q: np.ndarray) -> np.ndarray:
        return size * np.exp(-(q**2))[:, None, None] * (A + np.sin(q)[:, None, None] * B)

    return SmoothPotential(W, (-6.0, 6.0))


def integrated_transition_matrix(
    spectrum: Spectrum, mass: float, energy: float, W: SmoothPotential, support: tuple[float, float]
) -> np.ndarray:
    """T of open channels by an ordinary differential equation, from pure waves on the right; no closed channels."""
    d, U, p = spectrum.dimension, spectrum.basis, np.sqrt(2 * mass * (energy - spectrum.state_energies))
    left, right = support

    def slope(q: float, y: np.ndarray) -> np.ndarray:
        psi, derivative = y.reshape(2, d, 2 * d)
        potential = U.conj().T @ W.function(np.array([q]))[0] @ U
        return np.concatenate([derivative, 2 * mass * (potential @ psi) - p[:, None] ** 2 * psi]).ravel()

    out = np.exp(1j * np.outer((1, -1), p) * right)  # right-going, left-going on the right
    psi = np.hstack([np.diag(out[0]), np.diag(out[1])])
    derivative = np.hstack([np.diag(1j * p * out[0]), np.diag(-1j * p * out[1])])
    start = np.concatenate([psi, derivative]).ravel()
    y = solve_ivp(slope, (right, left), start, method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1].reshape(2, d, 2 * d)
    forward = 0.5 * np.exp(-1j * p * left)[:, None] * (y[0] + y[1] / (1j * p[:, None]))
    backward = 0.5 * np.exp(1j * p * left)[:, None] * (y[0] - y[1] / (1j * p[:, None]))
    # (forward, backward) on the left are linear in (right-going, left-going) on the right.
    a, b, c, e = forward[:, :d], forward[:, d:], backward[:, :d], backward[:, d:]
    transmit = np.linalg.inv(a)
    S = np.empty((2, d, 2, d), dtype=complex)
    S[0, :, 0], S[0, :, 1] = transmit, -transmit @ b
    S[1, :, 0], S[1, :, 1] = c @ transmit, e - c @ transmit @ b
    roots = np.sqrt(p)
    S = roots[None, :, None, None] * S / roots[None, None, None, :]
    return 1j * (S - np.eye(2 * d).reshape(2, d, 2, d))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(1, 4), n=st.integers(1, 5), contacts=st.booleans())
def test_layers_match_waves(seed: int, d: int, n: int, contacts: bool) -> None:
    rng = np.random.default_rng(seed)
    spectrum, m = spectrum_of_matrix(hermitian(rng, d)), float(rng.uniform(0.3, 3.0))
    edges = np.cumsum(rng.uniform(0.1, 1.0, size=n + 1)) - 1.0
    W = [3 * hermitian(rng, d) for _ in range(n)]
    V = [contacts * hermitian(rng, d) for _ in range(n + 1)]
    potential = PiecewiseConstant(edges, W, V if contacts else None)
    shell = EnergyShell.above(spectrum, m, int(rng.integers(d)), EXCESS)
    T = potential.transition_matrix(shell)
    for E, mine in zip(shell.energies, T, strict=True):
        theirs = matched_transition_matrix(spectrum.state_energies, spectrum.basis, m, float(E), edges, W, V)
        assert np.abs(mine - theirs).max() < 1e-10


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(1, 5))
def test_probability_is_conserved_down_to_the_thresholds(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    spectrum = spectrum_of_matrix(hermitian(rng, d))
    potential = PiecewiseConstant([-1.0, 0.0, 0.3, 2.0], [hermitian(rng, d) for _ in range(3)])
    shell = EnergyShell.above(spectrum, 1.0, int(rng.integers(d)), np.array([1e-14, 1e-9, 1e-4, 1.0, 1e4]))
    assert np.abs(defect_of(potential.transition_matrix(shell))).max() < 1e-12


def test_one_level_behind_a_barrier_is_the_textbook_transmission() -> None:
    m, height, width = 1.3, 2.0, 1.7
    spectrum = spectrum_of_levels(np.array([0.0]), None, None)
    shell = EnergyShell.above(spectrum, m, 0, np.array([0.1, 1.0, 1.9999999, 2.0000001, 3.0, 40.0]))
    E = shell.energies
    T = PiecewiseConstant([0.4, 0.4 + width], [[height]]).transition_matrix(shell)[:, :, 0, :, 0]
    q = np.sqrt(2 * m * (height - E).astype(complex))
    transmission = 1 / (1 + height**2 * (np.sinh(q * width) ** 2).real / (4 * E * (height - E)))
    assert np.allclose(np.abs(1 - 1j * T[:, 0, 0]) ** 2, transmission, rtol=1e-12)
    assert np.allclose(np.abs(T[:, 1, 0]) ** 2, 1 - transmission, rtol=1e-12)


@pytest.mark.parametrize("layers", [1, 2, 7])
def test_a_barrier_200_decay_lengths_thick_reflects(layers: int) -> None:
    rng = np.random.default_rng(3)
    d, m = 3, 1.0
    spectrum = spectrum_of_matrix(hermitian(rng, d))
    shell = EnergyShell.above(spectrum, m, d - 1, np.array([0.5]))
    kappa_width = 200.0
    height = float(shell.energies[0]) + 0.5 * (kappa_width / 10.0) ** 2
    W = height * np.eye(d) + 0.3 * hermitian(rng, d)
    edges = np.linspace(0.0, 10.0, layers + 1)
    T = PiecewiseConstant(edges, [W] * layers).transition_matrix(shell)
    S = np.eye(2 * d) - 1j * T.reshape(2 * d, 2 * d)
    assert np.allclose(S.conj().T @ S, np.eye(2 * d), atol=1e-13)
    assert np.abs(S[:d, :d]).max() < 1e-14
    half_space = PiecewiseConstant([0.0, 20.0], [W]).transition_matrix(shell)
    assert np.allclose(T[:, 1, :, 0], half_space[:, 1, :, 0], atol=1e-13)


def test_a_level_behind_two_barriers_keeps_its_digits() -> None:
    # A coupling seen through barriers of transmission e^-60 alone moves the target: amplitudes e^-120 of tunnelling.
    spectrum = spectrum_of_levels(np.array([0.0, 0.5]), None, None)
    coupling = np.array([[0.0, 1.0], [1.0, 0.0]])
    m, E, width = 1.0, 1.0, 6.0
    shell = EnergyShell.above(spectrum, m, 0, np.array([E]))

    def amplitude(height: float) -> complex:
        barrier = [height, height]
        potential = PiecewiseConstant([-width - 1, -1.0, 1.0, width + 1], [barrier, coupling, barrier])
        return complex(potential.transition_matrix(shell)[0, 1, 1, 0, 0])

    heights = np.array([50.0, 51.0, 52.0])
    logs = np.log(np.abs([amplitude(h) for h in heights]))
    assert logs[0] < -100
    decay = sum(np.sqrt(2 * m * (heights[:, None] - E + np.array([0.0, 0.5]))).T) * -width
    assert np.allclose(np.diff(logs), np.diff(decay), rtol=0.05)


def test_contacts_without_layers_are_point_scatterers() -> None:
    rng = np.random.default_rng(4)
    d = 4
    spectrum = spectrum_of_matrix(hermitian(rng, d))
    shell = EnergyShell.above(spectrum, 0.8, 2, EXCESS)
    q, V = [-0.4, 0.1, 1.3], [hermitian(rng, d) for _ in range(3)]
    layered = PiecewiseConstant(q, np.zeros((2, d)), V).transition_matrix(shell)
    assert np.allclose(layered, PointScatterers(q, V).transition_matrix(shell), atol=1e-12)
    alone = PiecewiseConstant([0.0], [], [V[0]]).transition_matrix(shell)
    even = np.einsum("a,nakbl,b->nkl", EVEN, alone, EVEN)
    assert np.allclose(even, DeltaInteraction(V[0]).transition_matrix(shell)[:, 0, :, 0, :], atol=1e-13)


def test_a_thin_layer_becomes_a_contact_potential_in_first_order() -> None:
    rng = np.random.default_rng(5)
    d = 3
    spectrum, V = spectrum_of_matrix(hermitian(rng, d)), hermitian(rng, d)
    shell = EnergyShell.above(spectrum, 1.0, 1, np.array([0.7]))
    contact = DeltaInteraction(V).transition_matrix(shell)[0, 0, :, 0, :]
    widths = np.array([1e-2, 1e-3, 1e-4])
    defects = []
    for w in widths:
        T = PiecewiseConstant([-w / 2, w / 2], [V / w]).transition_matrix(shell)[0]
        defects.append(np.abs(np.einsum("a,akbl,b->kl", EVEN, T, EVEN) - contact).max())
    slope = np.polyfit(np.log(widths), np.log(defects), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.05)  # |V|^2 w: the layer is not thin beside 1 / (m V)


@pytest.mark.parametrize("size", [1e-8, 1e-16])
def test_born_order_has_its_digits(size: float) -> None:
    rng = np.random.default_rng(6)
    d, m = 3, 1.1
    spectrum = spectrum_of_matrix(hermitian(rng, d))
    shell = EnergyShell.above(spectrum, m, d - 1, EXCESS)
    W, edges = [hermitian(rng, d), hermitian(rng, d)], np.array([-0.3, 0.4, 1.5])
    T = PiecewiseConstant(edges, [size * w for w in W]).transition_matrix(shell)
    p, s = shell.momenta.real, np.array([1.0, -1.0])
    # 2 pi <p'|W|p> = sum_j W_j int_j exp(i (p - p') q) dq
    transfer = s[None, None, None, :, None] * p[:, None, None, None, :] - (
        s[None, :, None, None, None] * p[:, None, :, None, None]
    )
    born = 0
    for w, a, b in zip(W, edges[:-1], edges[1:], strict=True):
        shape = np.exp(0.5j * transfer * (a + b)) * (b - a) * np.sinc(transfer * (b - a) / (2 * np.pi))
        born = born + shape * spectrum.to_energy_basis(w)[None, None, :, None, :]
    roots = np.sqrt(m / p)
    born = born * roots[:, None, :, None, None] * roots[:, None, None, None, :]
    # Second order is size m W / p beside first.
    assert np.abs(T / size / born - 1).max() < 1e-12 + 2e3 * size


def test_weak_mixing_of_strongly_scattered_levels_has_its_digits() -> None:
    # The distorted-wave Born amplitude is proportional to the mixing, down to 1e-30.
    spectrum = spectrum_of_levels(np.array([0.0, 0.7]), None, None)
    shell = EnergyShell.above(spectrum, 1.0, 1, EXCESS)
    diagonal, mixing = np.diag([3.0, -2.0]), np.array([[0.0, 1j], [-1j, 0.0]])

    def amplitude(size: float) -> np.ndarray:
        potential = PiecewiseConstant([0.0, 1.0, 1.5], [diagonal + size * mixing, 2 * diagonal + 2 * size * mixing])
        return potential.transition_matrix(shell)[:, :, 1, :, 0] / size

    assert np.allclose(amplitude(1e-12), amplitude(1e-30), rtol=1e-12, atol=0)


def test_a_degenerate_target_scatters_independently_of_the_basis_of_its_level() -> None:
    rng = np.random.default_rng(8)
    spectrum = spectrum_of_levels(np.array([0.0, 0.0, 1.0]), None, None)
    U = np.eye(3, dtype=complex)
    U[:2, :2] = np.linalg.qr(hermitian(rng, 2))[0]
    W = hermitian(rng, 3)
    shell = EnergyShell.above(spectrum, 1.0, 2, EXCESS)
    T = PiecewiseConstant([0.0, 1.0], [W]).transition_matrix(shell)
    turned = PiecewiseConstant([0.0, 1.0], [U.conj().T @ W @ U]).transition_matrix(shell)
    assert np.allclose(np.einsum("ki,naibj,lj->nakbl", U, turned, U.conj()), T, atol=1e-13)


def test_a_smooth_potential_agrees_with_a_differential_equation() -> None:
    rng = np.random.default_rng(9)
    d, m = 2, 0.9
    potential, spectrum = smooth(rng, d), spectrum_of_matrix(hermitian(rng, d))
    shell = EnergyShell.above(spectrum, m, d - 1, np.array([0.3, 2.0]))
    T = potential.transition_matrix(shell)
    for E, mine in zip(shell.energies, T, strict=True):
        theirs = integrated_transition_matrix(spectrum, m, float(E), potential, (-6.0, 6.0))
        assert np.abs(mine - theirs).max() < 1e-9


def test_elements_of_degree_p_are_of_order_2p_and_the_tolerance_is_kept() -> None:
    rng = np.random.default_rng(10)
    d = 3
    spectrum = spectrum_of_matrix(hermitian(rng, d))
    potential = smooth(rng, d)
    shell = EnergyShell.above(spectrum, 1.0, 1, np.array([0.2, 2.0]))  # one closed channel at the first
    exact = potential.transition_matrix(shell)
    for degree, counts in ((1, (256, 512, 1024)), (2, (64, 128, 256)), (3, (32, 48, 64))):
        errors = [np.abs(potential.on_elements(shell, n, degree) - exact).max() for n in counts]
        assert np.polyfit(np.log(counts), np.log(errors), 1)[0] == pytest.approx(-2 * degree, rel=0.05)
    rough = SmoothPotential(potential.function, (-6.0, 6.0), tolerance=1e-6)
    assert np.abs(rough.transition_matrix(shell) - exact).max() < 1e-6 * np.abs(exact).max()
    assert np.abs(defect_of(potential.transition_matrix(shell))).max() < 1e-11


def test_a_smooth_potential_through_layers_of_constant_ones() -> None:
    rng = np.random.default_rng(11)
    d, errors, counts = 2, [], np.array([100, 200, 400])
    potential, spectrum = smooth(rng, d), spectrum_of_matrix(hermitian(rng, d))
    shell = EnergyShell.above(spectrum, 1.0, 1, np.array([-0.1, 0.2, 2.0]))
    exact = potential.transition_matrix(shell)
    for n in counts:
        edges = np.linspace(-6.0, 6.0, n + 1)
        layers = PiecewiseConstant(edges, potential.sampled(0.5 * (edges[1:] + edges[:-1])))
        errors.append(np.abs(layers.transition_matrix(shell) - exact).max())
    assert np.polyfit(np.log(counts), np.log(errors), 1)[0] == pytest.approx(-2.0, abs=0.02)


@pytest.mark.parametrize("size", [1e-8, 1e-16])
def test_a_weak_smooth_potential_has_its_digits(size: float) -> None:
    # Once and twice as weak, T differs by a factor two but for the second order.
    rng = np.random.default_rng(12)
    A, B = hermitian(rng, 3), hermitian(rng, 3)
    spectrum = spectrum_of_matrix(hermitian(rng, 3))
    shell = EnergyShell.above(spectrum, 1.0, 1, EXCESS)

    def T(strength: float) -> np.ndarray:
        def W(q: np.ndarray) -> np.ndarray:
            return strength * np.exp(-((q - 0.2) ** 2))[:, None, None] * (A + q[:, None, None] * B)

        return SmoothPotential(W, (-6.0, 6.0)).transition_matrix(shell) / strength

    once, twice = T(size), T(2 * size)
    scale = np.abs(once).max(axis=(1, 3), keepdims=True)
    assert np.all(np.abs(twice - once) <= (1e-10 + 1e4 * size) * scale)


def test_breaks_divide_a_potential_that_jumps() -> None:
    spectrum = spectrum_of_levels(np.array([0.0, 0.4]), None, None)
    shell = EnergyShell.above(spectrum, 1.0, 1, EXCESS)
    left, right = np.array([[1.0, 0.5], [0.5, 0.0]]), np.array([[0.0, -0.3j], [0.3j, 2.0]])

    def step(q: np.ndarray) -> np.ndarray:
        return np.where((q < 0.3)[:, None, None], left, right)

    smooth_one = SmoothPotential(step, (-1.0, 1.0), breaks=[0.3]).transition_matrix(shell)
    layered = PiecewiseConstant([-1.0, 0.3, 1.0], [left, right]).transition_matrix(shell)
    assert np.allclose(smooth_one, layered, atol=1e-12)


def test_diagonals_are_taken() -> None:
    spectrum = spectrum_of_levels(np.array([0.0, 0.4]), None, None)
    shell = EnergyShell.above(spectrum, 1.0, 1, EXCESS)
    diagonal = SmoothPotential(lambda q: np.stack([np.cos(q), 0 * q], axis=1), (-1.0, 1.0))
    T = diagonal.transition_matrix(shell)
    assert np.all(T[:, :, 1] == 0)
    assert np.abs(T[:, :, 0, :, 0]).min() > 0
    assert PiecewiseConstant([0.0, 1.0], [[0.0, 0.0]]).transition_matrix(shell).any() == np.False_


def test_messages() -> None:
    with pytest.raises(InputError, match=r"`edges` must ascend, but edges\[2\] = 0.5 follows 1"):
        PiecewiseConstant([0.0, 1.0, 0.5], [[1.0], [2.0]])
    with pytest.raises(InputError, match=r"`edges` must hold at least one position, but is empty"):
        PiecewiseConstant([], [])
    with pytest.raises(InputError, match="one entry for each of the 2 intervals between the 3 edges, but has 1"):
        PiecewiseConstant([0.0, 1.0, 2.0], [[1.0]])
    with pytest.raises(InputError, match="`contacts` must have one entry for each of the 2 edges, but has 1"):
        PiecewiseConstant([0.0, 1.0], [[1.0]], [[1.0]])
    with pytest.raises(InputError, match=r"`matrices\[0\]` must be Hermitian"):
        PiecewiseConstant([0.0, 1.0], [[[0.0, 1.0], [2.0, 0.0]]])
    with pytest.raises(InputError, match=r"`matrices` must be of one dimension, but got the dimensions \[1, 2\]"):
        PiecewiseConstant([0.0, 1.0, 2.0], [[1.0], [1.0, 2.0]])
    with pytest.raises(InputError, match=r"`interaction.matrices` must act on the 3 states of the target"):
        Target([0.0, 1.0, 2.0], PiecewiseConstant([0.0, 1.0], [[1.0, 2.0]]))
    with pytest.raises(InputError, match=r"`interaction.function` must act on the 3 states of the target"):
        Target([0.0, 1.0, 2.0], SmoothPotential(lambda q: np.zeros((q.size, 2)), (0.0, 1.0)))
    with pytest.raises(InputError, match="`breaks` must lie inside the support"):
        SmoothPotential(lambda q: q, (0.0, 1.0), breaks=[2.0])
    with pytest.raises(InputError, match="`support` must be a pair of positions"):
        SmoothPotential(lambda q: q, (0.0, 1.0, 2.0))
    with pytest.raises(InputError, match="`tolerance` must lie between 1e-12"):
        SmoothPotential(lambda q: q, (0.0, 1.0), tolerance=1e-15)
    with pytest.raises(InputError, match="`function` must be callable, but got float"):
        SmoothPotential(1.0, (0.0, 1.0))


def test_messages_of_functions() -> None:
    spectrum = spectrum_of_levels(np.array([0.0, 0.4]), None, None)
    shell = EnergyShell.above(spectrum, 1.0, 1, EXCESS[1:2])
    with pytest.raises(UserCodeError, match="potential failed at 100 positions from q = 0.000"):
        Target([0.0, 1.0], SmoothPotential(lambda q: q.nothing, (0.0, 1.0)))
    with pytest.raises(InputError, match=r"return matrices of shape \(100, d, d\).* returned shape \(100,\)"):
        Target([0.0, 1.0], SmoothPotential(lambda q: q, (0.0, 1.0)))
    with pytest.raises(InputError, match="finite potentials, but does not at q = 0.000"):
        Target([0.0, 1.0], SmoothPotential(lambda q: np.full((q.size, 2), np.nan), (0.0, 1.0)))
    with pytest.raises(InputError, match=r"return Hermitian matrices, but \|W - W\^dagger\| reaches 1 at q = 0.000"):
        Target([0.0, 1.0], SmoothPotential(lambda q: np.tile([[0.0, 1.0], [0.0, 0.0]], (q.size, 1, 1)), (0.0, 1.0)))
    jump = SmoothPotential(lambda q: np.where(q[:, None] < 0.3, 1.0, [[0.0, 2.0]]), (0.0, 1.0), tolerance=1e-12)
    with pytest.raises(NumericalError, match=r"did not settle .* Name the points where .* as `breaks`"):
        jump.transition_matrix(shell)


def test_a_potential_alike_for_all_levels_makes_no_transitions() -> None:
    rng = np.random.default_rng(13)
    target = Target(hermitian(rng, 3), PiecewiseConstant([0.0, 1.0, 2.0], [np.ones(3), 2 * np.ones(3)]))
    assert np.array_equal(target.interaction.joined(target.spectrum), np.eye(3, dtype=bool))
    rates = scattering_rates(target, Gas("gas", maxwell_boltzmann(temperature=1.0)))
    assert np.all(np.isneginf(rates.log_rates[~np.eye(3, dtype=bool)]))
    bump = SmoothPotential(lambda q: np.exp(-(q**2))[:, None] * np.ones(3), (-6.0, 6.0))
    assert np.array_equal(bump.joined(target.spectrum), np.eye(3, dtype=bool))
    T = bump.transition_matrix(EnergyShell.above(target.spectrum, 1.0, 2, EXCESS))
    assert np.all(np.abs(T).max(axis=(0, 1, 3))[~np.eye(3, dtype=bool)] == 0)


def test_rates_of_a_smooth_potential_keep_the_gibbs_state() -> None:
    rng = np.random.default_rng(14)
    target = Target(hermitian(rng, 2), smooth(rng, 2))
    rates = scattering_rates(target, Gas("gas", maxwell_boltzmann(temperature=1.0)), tolerance=1e-8)
    a, p = np.exp(rates.log_rates), np.exp(-target.spectrum.state_energies)
    assert np.allclose(a @ p, a.sum(axis=0) * p, rtol=1e-11)
