"""Which symmetry protects detailed balance: I = 1 with each, I != 1 without, and how far a model is from each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import InputError
from equipoise.scattering import (
    AbstractInteraction,
    Beams,
    DeltaInteraction,
    EnergyShell,
    Gas,
    PiecewiseConstant,
    PointScatterers,
    SmoothPotential,
    Target,
    Waves,
    balance_symmetries,
    maxwell_boltzmann,
    scattering_rates,
)
from equipoise.scattering.symmetries import BalanceSymmetries
from equipoise.systems.operators import ring_hopping

GAS = Gas("gas", maxwell_boltzmann(temperature=1.0))
RING = ring_hopping(3, 0.5 / np.sqrt(3), 1.5 * np.pi)


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return 0.5 * (A + A.conj().T)


def rotated(rng: np.random.Generator, d: int, *matrices: np.ndarray) -> list[np.ndarray]:
    """The matrices in another basis, in which nothing shows that they were real."""
    U = np.linalg.qr(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)))[0]
    turned = [U @ M @ U.conj().T for M in matrices]
    return [0.5 * (M + M.conj().T) for M in turned]


def ring(sites: int, couplings: list[float]) -> Target:
    return Target(ring_hopping(sites, 0.5, 1.1), DeltaInteraction(couplings))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(3, 6))
def test_real_couplings_in_a_hidden_basis_are_protected(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    H, V = rotated(rng, d, hermitian(rng, d).real, hermitian(rng, d).real)
    found = balance_symmetries(Target(H, DeltaInteraction(V)), GAS)
    names = {"symmetric T", "time reversal", "reversal and parity", "energy by energy", "antiunitary"}
    assert names <= set(found.protecting)
    assert found.largest == 0.0
    assert np.abs(found.log_ratio).max() < 1e-10
    assert found.antiunitary is not None


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(3, 6))
def test_generic_couplings_are_not_protected(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    found = balance_symmetries(Target(hermitian(rng, d), DeltaInteraction(hermitian(rng, d))), GAS)
    assert not found.is_protected
    assert found.antiunitary is None
    assert found.largest > 1e-6
    above, below = found.violating_pairs()[0]
    assert above > below
    assert found.violation[above, below] == found.largest


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(3, 6))
def test_all_couplings_equal_but_one_are_protected_whatever_the_hamiltonian(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    strengths = np.full(d, float(rng.uniform(0.3, 2.0)))
    strengths[int(rng.integers(d))] += float(rng.uniform(0.3, 2.0))
    found = balance_symmetries(Target(hermitian(rng, d), DeltaInteraction(strengths)), GAS)
    assert {"all equal but one", "antiunitary", "energy by energy"} <= set(found.protecting)
    assert found.largest == 0.0


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_two_levels_are_always_balanced(seed: int) -> None:
    rng = np.random.default_rng(seed)
    V = [hermitian(rng, 2) for _ in range(3)]
    for interaction in (DeltaInteraction(V[0]), PointScatterers([0.0, 0.7, 2.1], V)):
        found = balance_symmetries(Target(hermitian(rng, 2), interaction), GAS)
        assert found.condition("no loop").holds
        assert found.condition("energy by energy").holds
        assert found.largest == 0.0
        assert abs(found.log_ratio[1, 0]) < 1e-9


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_scatterers_along_a_line(seed: int) -> None:
    rng, d = np.random.default_rng(seed), 3
    # Real matrices at any places: time reversal, not with parity.
    H, *V = rotated(rng, d, *(hermitian(rng, d).real for _ in range(4)))
    real = balance_symmetries(Target(H, PointScatterers([0.0, 0.7, 2.1], V)), GAS)
    assert real.condition("time reversal").holds
    assert not real.condition("reversal and parity").holds
    assert real.condition("symmetric T").holds
    assert real.condition("antiunitary").holds
    assert real.largest == 0.0
    # Each matrix the conjugate of its mirror image: time reversal with parity only.
    H, A, B = hermitian(rng, d).real, hermitian(rng, d), hermitian(rng, d).real
    mirrored = balance_symmetries(Target(H, PointScatterers([0.4, 1.4, 2.4], [A, B, A.conj()])), GAS)
    assert not mirrored.condition("time reversal").holds
    assert mirrored.condition("reversal and parity").holds
    assert mirrored.condition("symmetric T").holds
    assert mirrored.condition("antiunitary, mirror").holds
    assert not mirrored.condition("antiunitary").holds
    assert mirrored.largest == 0.0
    generic = PointScatterers([0.0, 0.7, 2.1], [hermitian(rng, d) for _ in range(3)])
    neither = balance_symmetries(Target(hermitian(rng, d), generic), GAS)
    assert not neither.is_protected
    assert neither.largest > 1e-6


def test_rings_are_protected_by_a_mirror_of_their_couplings() -> None:
    for couplings, words in (
        ([1.0, 0.7, 1.0], "conjugation with states 0 <-> 2"),
        ([1.0, 0.3, 1.0, 0.7], "conjugation with states 0 <-> 2"),
        ([1.0, 1.0, 0.4, 0.4], "conjugation with states 0 <-> 1, 2 <-> 3"),
        ([1.0, 0.3, 0.6, 0.6, 0.3], "conjugation with states 1 <-> 4, 2 <-> 3"),
        ([0.2, 1.0, 0.4, 0.4, 1.0, 0.2], "conjugation with states 0 <-> 5, 1 <-> 4, 2 <-> 3"),
    ):
        found = balance_symmetries(ring(len(couplings), couplings), GAS)
        assert found.largest == 0.0
        assert found.antiunitary is not None
        assert found.antiunitary.in_words == words
    for couplings in ([1.0, 0.7, 1.5], [1.0, 1.0, 0.3, 0.7], [1.0, 0.3, 0.6, 0.6, 0.8], [1.0, 0.2, 1.0, 0.5, 0.9, 0.7]):
        found = balance_symmetries(ring(len(couplings), couplings), GAS)
        assert not found.is_protected
        assert found.largest > 1e-3
    assert found.condition("two equal").holds


def test_dots_at_different_points_of_the_line() -> None:
    """Two equal couplings, even three, are not enough; two that are mirror images about the third are."""
    for positions, couplings, balanced in (
        ([0.0, 1.0, 2.5], [1.0, 0.7, 1.0], False),
        ([0.0, 1.0, 2.5], [1.0, 1.0, 1.0], False),
        ([0.0, 1.0, 2.0], [1.0, 0.7, 1.0], True),
        ([0.0, 1.0, 2.0], [1.0, 0.7, 1.2], False),
        ([0.5, 2.0, 0.5], [1.0, 0.7, 1.0], True),
    ):
        found = balance_symmetries(Target(RING, PointScatterers(positions, couplings)), GAS)
        assert found.is_protected is balanced
        assert (found.largest == 0.0) is balanced


def test_integer_flux_with_site_energies_is_balanced() -> None:
    H = ring_hopping(3, 0.5, 2 * np.pi) + np.diag([0.0, 0.1, 0.35])
    found = balance_symmetries(Target(H, DeltaInteraction([1.0, 0.7, 1.5])), GAS)
    assert found.is_protected
    assert np.abs(found.log_ratio).max() < 1e-12


def test_closed_formula_of_three_levels() -> None:
    """|t_kl|^2 - |t_lk|^2 = 4 (m/p_n) Im(h_kl h_ln h_nk) / |det(V^-1 - g)|^2, h = <k|V^-1|l>."""
    mass, couplings = 0.8, np.array([1.0, 0.7, 1.5])
    target = Target(RING, DeltaInteraction(couplings))
    shell = EnergyShell.above(target.spectrum, mass, 2, np.array([0.05, 0.4, 2.0]))
    p = shell.momenta.real
    T = target.interaction.transition_matrix(shell)[:, 0, :, 0, :]
    t = 0.5 * T * np.sqrt(p[:, :, None] * p[:, None, :]) / mass
    U = target.spectrum.vectors
    assert U is not None
    h = U.conj().T @ np.diag(1 / couplings) @ U
    for n in range(3):
        G = np.diag(-1j * mass / p[n])
        det = abs(np.linalg.det(h - G)) ** 2
        for k, m, third in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            expected = 4 * mass / p[n, third] * (h[k, m] * h[m, third] * h[third, k]).imag / det
            assert np.isclose(abs(t[n, k, m]) ** 2 - abs(t[n, m, k]) ** 2, expected, rtol=1e-11)
    x = 1 / couplings
    ring_form = (x[0] - x[1]) * (x[1] - x[2]) * (x[2] - x[0]) / (6 * np.sqrt(3))
    assert np.isclose(abs((h[1, 0] * h[0, 2] * h[2, 1]).imag), abs(ring_form), rtol=1e-12)


def test_residuals_grow_in_proportion_to_what_breaks_the_symmetry() -> None:
    rng = np.random.default_rng(3)
    H, V, W = hermitian(rng, 4).real, hermitian(rng, 4).real, hermitian(rng, 4)
    steps = np.array([1e-3, 1e-4, 1e-5])
    found = [balance_symmetries(Target(H, DeltaInteraction(V + s * W)), GAS) for s in steps]
    for name in ("symmetric T", "time reversal", "energy by energy", "antiunitary"):
        residuals = np.array([one.condition(name).residual for one in found])
        assert np.allclose(np.diff(np.log(residuals)) / np.diff(np.log(steps)), 1.0, atol=0.02), name
    # A violation of 1e-5 is seen, and one far below rounding is not claimed.
    assert found[-1].largest > 1e-8
    assert balance_symmetries(Target(H, DeltaInteraction(V + 1e-15 * W)), GAS).largest == 0.0


def test_born_order_is_the_distance_from_first_order_in_the_coupling() -> None:
    """First order, up to the logarithm that thresholds leave: next to them no coupling is weak."""
    strengths = np.array([1e-2, 1e-3])
    born = [balance_symmetries(Target(RING, DeltaInteraction(s * np.array([1.0, 0.7, 1.5]))), GAS) for s in strengths]
    residuals = np.array([one.condition("Born order").residual for one in born])
    assert np.allclose(np.diff(np.log(residuals)) / np.diff(np.log(strengths)), 1.0, atol=0.25)
    violation = np.array([one.largest for one in born])
    assert np.allclose(np.diff(np.log(violation)) / np.diff(np.log(strengths)), 1.0, atol=0.1)


def test_equal_couplings_scatter_elastically_only() -> None:
    found = balance_symmetries(Target(RING, DeltaInteraction([1.0, 1.0, 1.0])), GAS)
    assert {"all equal", "no loop"} <= set(found.protecting)
    assert found.largest == 0.0
    assert np.all(found.log_ratio == 0)


def test_degenerate_levels_are_compared_as_a_whole() -> None:
    target = Target(ring_hopping(4, 0.5, 0.0), DeltaInteraction([1.0, 2.0, 3.0, 4.0]))
    found = balance_symmetries(target, GAS)
    assert target.spectrum.is_degenerate
    assert found.log_ratio.shape == (3, 3)
    assert {"energy by energy", "antiunitary"} <= set(found.protecting)
    assert found.condition("symmetric T").holds is None
    assert "level '1' is degenerate" in found.condition("symmetric T").reason
    assert found.largest == 0.0
    rng = np.random.default_rng(4)
    broken = balance_symmetries(Target([0.0, 0.0, 1.0, 2.5], DeltaInteraction(hermitian(rng, 4))), GAS)
    assert not broken.is_protected
    assert broken.condition("antiunitary").holds is None
    assert broken.largest > 1e-6


class Waves3(AbstractInteraction):
    """Two partial waves with a reactance matrix K that does not depend on energy, T = 2K (1 + iK)^-1."""

    def __init__(self, reactance: np.ndarray, *blocks: tuple[float, "Waves3"]) -> None:
        self.reactance = reactance
        self.blocks = blocks

    waves = Waves.PARTIAL
    dimension = None

    def check(self, spectrum: object) -> None:
        pass

    def parts(self) -> tuple[tuple[float, AbstractInteraction], ...]:
        return self.blocks or super().parts()

    def transition_matrix(self, shell: EnergyShell) -> np.ndarray:
        d, size = shell.spectrum.dimension, len(self.reactance)
        is_open = np.tile(shell.is_open, (1, size // d))
        K = self.reactance * is_open[:, :, None] * is_open[:, None, :]
        T = 2 * K @ np.linalg.inv(np.eye(size) + 1j * K)
        return T.reshape(-1, size // d, d, size // d, d)


def test_partial_waves_are_judged_by_their_t_matrix_alone() -> None:
    rng = np.random.default_rng(6)
    levels = [0.0, 0.7, 1.9]
    K = hermitian(rng, 6)
    phases = np.exp(1j * np.tile(rng.uniform(0, 6, size=3), 2))
    symmetric = phases[:, None] * K.real * phases.conj()[None, :]
    gas = Gas("gas", maxwell_boltzmann(temperature=1.0), dimension=3)
    balanced = balance_symmetries(Target(levels, Waves3(symmetric)), gas)
    assert {"symmetric T", "time reversal", "reversal and parity"} <= set(balanced.protecting)
    assert balanced.condition("antiunitary").holds is None
    assert "T decides" in balanced.condition("antiunitary").reason
    assert balanced.largest == 0.0
    # Blocks that add: one of them breaks the symmetry of all.
    both = balance_symmetries(Target(levels, Waves3(K, (1.0, Waves3(symmetric)), (3.0, Waves3(K)))), gas)
    assert not both.is_protected
    assert both.largest > 1e-4
    other = np.exp(1j * rng.uniform(0, 6, size=6))
    blocks = ((1.0, Waves3(symmetric)), (3.0, Waves3(K[:3, :3].real)))
    assert balance_symmetries(Target(levels, Waves3(K, *blocks)), gas).is_protected
    # Each wave and level may have a phase of its own.
    turned = balance_symmetries(Target(levels, Waves3(other[:, None] * K.real * other.conj()[None, :])), gas)
    assert turned.condition("symmetric T").holds
    assert turned.largest == 0.0


def test_potentials_of_finite_range() -> None:
    rng = np.random.default_rng(12)
    H, A, B = hermitian(rng, 3).real, hermitian(rng, 3), hermitian(rng, 3).real

    def found(matrices: list[np.ndarray], edges: tuple[float, ...] = (0.0, 0.5, 1.5, 2.0)) -> BalanceSymmetries:
        return balance_symmetries(Target(H, PiecewiseConstant(edges, matrices)), GAS)

    real = found([A.real, B, B + A.real])
    assert {"antiunitary", "time reversal"} <= set(real.protecting)
    mirrored = found([A, B, A.conj()])
    assert {"antiunitary, mirror", "reversal and parity"} <= set(mirrored.protecting)
    assert "antiunitary" not in mirrored.protecting
    assert real.largest == mirrored.largest == 0.0
    for other in (found([A, B, A]), found([A, B, A.conj()], (0.0, 0.5, 1.4, 2.0))):
        assert not other.is_protected
        assert other.largest > 1e-6


@pytest.mark.slow
def test_smooth_potentials() -> None:
    rng = np.random.default_rng(13)
    H, even, odd = hermitian(rng, 3).real, hermitian(rng, 3).real, hermitian(rng, 3)
    odd = odd - odd.T

    def profile(q: np.ndarray) -> np.ndarray:
        shape = np.exp(-4 * (q - 1) ** 2)[:, None, None]
        return np.asarray(shape * even + (q - 1)[:, None, None] * shape * odd)

    gas = Gas("gas", maxwell_boltzmann(temperature=1.0))
    mirrored = balance_symmetries(Target(H, SmoothPotential(profile, (-2.0, 4.0), tolerance=1e-9)), gas, tolerance=1e-7)
    assert {"antiunitary, mirror", "reversal and parity"} <= set(mirrored.protecting)
    assert not mirrored.condition("time reversal").holds


def test_ratios_are_those_of_the_rates() -> None:
    target = Target(RING, DeltaInteraction([1.0, 0.7, 1.5]))
    found = balance_symmetries(target, GAS)
    assert np.allclose(found.log_ratio, scattering_rates(target, GAS).log_balance_ratio, rtol=1e-12, atol=1e-14)
    assert found.noise[2, 0] < 1e-11


def test_printed_table_fits_and_names_the_symmetry() -> None:
    text = repr(balance_symmetries(Target(RING, DeltaInteraction([1.0, 0.7, 1.0]), labels=("-", "0", "+")), GAS))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "antiunitary        conjugation with states 0 <-> 2" in text
    assert "I = 1 for every pair" in text
    text = repr(balance_symmetries(Target(RING, DeltaInteraction([1.0, 0.7, 1.5]), labels=("-", "0", "+")), GAS))
    assert "nothing that was looked for" in text
    assert "  +, - " in text


def test_messages() -> None:
    target = Target(RING, DeltaInteraction([1.0, 0.7, 1.5]))
    beams = Beams(maxwell_boltzmann(temperature=1.0), maxwell_boltzmann(temperature=2.0))
    with pytest.raises(InputError, match="`gas` must be thermal: without a temperature there is no balance to protect"):
        balance_symmetries(target, Gas("two beams", beams))
    with pytest.raises(InputError, match="`name` must be one of Born order, symmetric T"):
        balance_symmetries(target, GAS).condition("mirror")
