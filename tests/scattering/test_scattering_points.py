"""Point scatterers: unitarity, one place against several, thresholds, weak coupling, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import InputError
from equipoise.scattering import (
    DeltaInteraction,
    EnergyShell,
    Gas,
    PointScatterers,
    Target,
    maxwell_boltzmann,
    scattering_rates,
)
from equipoise.scattering.interactions import points

EXCESS = np.array([1e-9, 1e-3, 0.2, 0.6, 3.0, 50.0])
EVEN = np.array([1.0, 1.0]) / np.sqrt(2)


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return 0.5 * (A + A.conj().T)


def optical_defect(T: np.ndarray) -> float:
    """Largest element of T - T^dagger + i T^dagger T."""
    size = T.shape[1] * T.shape[2]
    M = T.reshape(-1, size, size)
    adjoint = M.conj().transpose(0, 2, 1)
    return float(np.abs(M - adjoint + 1j * adjoint @ M).max())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(1, 6), at=st.integers(0, 5))
def test_optical_theorem_of_a_random_target(seed: int, d: int, at: int) -> None:
    rng = np.random.default_rng(seed)
    target = Target(hermitian(rng, d), DeltaInteraction(hermitian(rng, d)))
    shell = EnergyShell.above(target.spectrum, float(rng.uniform(0.3, 3.0)), at % d, EXCESS)
    assert optical_defect(target.interaction.transition_matrix(shell)) < 1e-11
    points = PointScatterers(rng.normal(size=3), [hermitian(rng, d) for _ in range(3)])
    # At 1e-9 above a threshold the terms of the Green's function are 1e5 apart.
    assert optical_defect(points.transition_matrix(shell)) < 1e-9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(1, 5))
def test_scatterers_at_one_place_are_a_contact_potential(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    V = hermitian(rng, d)
    target = Target(hermitian(rng, d), DeltaInteraction(V))
    shell = EnergyShell.above(target.spectrum, 1.3, 0, EXCESS[1:])
    first = hermitian(rng, d)
    split = PointScatterers([0.7, 0.7], [first, V - first]).transition_matrix(shell)
    even = target.interaction.transition_matrix(shell)[:, 0, :, 0, :]
    # Seen from another origin, each direction has a phase of its own: undo it.
    p = np.where(shell.is_open, shell.momenta.real, 0.0)
    phases = np.exp(0.7j * np.array([1, -1])[None, :, None] * p[:, None, :])
    moved = phases[:, :, :, None, None] * split * phases.conj()[:, None, None, :, :]
    assert np.allclose(np.einsum("a,nakbl,b->nkl", EVEN, moved, EVEN), even, atol=1e-11)
    odd = np.array([1.0, -1.0]) / np.sqrt(2)
    assert np.abs(np.einsum("a,nakbl->nkbl", odd, moved)).max() < 1e-11


def test_born_order_has_its_digits_at_a_coupling_of_1e_minus_14() -> None:
    rng = np.random.default_rng(1)
    V, H = hermitian(rng, 4), hermitian(rng, 4)
    target = Target(H, DeltaInteraction(1e-14 * V))
    shell = EnergyShell.above(target.spectrum, 1.0, 3, EXCESS[1:])
    K = target.spectrum.to_energy_basis(V)
    roots = 1 / np.sqrt(shell.momenta.real)
    born = 2e-14 * roots[:, :, None] * K * roots[:, None, :]
    T = target.interaction.transition_matrix(shell)[:, 0, :, 0, :]
    assert np.abs(T / born - 1).max() < 1e-11


def test_a_search_for_resonances_may_stray_to_where_waves_overflow() -> None:
    hop = -0.5 / np.sqrt(3) * np.exp(-0.5j * np.pi)
    ring = np.array([[0, hop, np.conj(hop)], [np.conj(hop), 0, hop], [hop, np.conj(hop), 0]])
    points = PointScatterers([0.0, 1.5293103448275862, 3.0586206896551724], [1.0, 0.7, 1.5])
    energies, widths = points.resonances(Target(ring, points).spectrum, 1.0, -0.5, 25.0)
    assert np.all(np.isfinite(energies))
    assert np.all(widths >= 0)


@pytest.mark.parametrize("levels", [[0.0, 1.0, 5.0], [0.0, 0.9, 3.3], [0.0, 1.0, 1.125]])
def test_a_bound_state_that_no_open_channel_reaches_is_no_singularity(levels: list[float]) -> None:
    V = [1.0, 0.7, -0.5]
    gas = Gas("gas", maxwell_boltzmann(temperature=1.0))
    for interaction in (DeltaInteraction(V), PointScatterers([0.0, 0.7, 1.9], V)):
        rates = scattering_rates(Target(levels, interaction), gas)
        assert not rates.is_inelastic
        assert rates.relative_error.max() < 1e-12
        # Each level scatters by itself: |T|^2 = 4 K^2 / (1 + K^2), K = V m / p in even waves.
        for k, strength in enumerate(V):
            alone = scattering_rates(Target([0.0], DeltaInteraction([strength])), gas)
            assert rates.log_rates[k, k] == pytest.approx(alone.log_rates[0, 0], abs=1e-12)


def test_closed_channels_have_no_rows() -> None:
    target = Target([0.0, 1.0, 2.0], DeltaInteraction(np.ones((3, 3)) + np.eye(3)))
    T = target.interaction.transition_matrix(EnergyShell.above(target.spectrum, 1.0, 1, np.array([0.5])))[0, 0, :, 0, :]
    assert np.all(T[2] == 0)
    assert np.all(T[:, 2] == 0)
    assert np.all(T[:2, :2] != 0)


def test_labels_name_the_levels_of_a_hamiltonian_that_mixes() -> None:
    target = Target([[0, 1], [1, 0]], DeltaInteraction([1.0, 2.0]), labels=("lower", "upper"))
    assert target.spectrum.labels == ("lower", "upper")
    with pytest.raises(InputError, match="name each of the 2 levels .* has 3 entries"):
        Target([[0, 1], [1, 0]], DeltaInteraction([1.0, 2.0]), labels=("a", "b", "c"))


def test_messages() -> None:
    with pytest.raises(InputError, match="`couplings` must be Hermitian"):
        DeltaInteraction([[0, 1], [2, 0]])
    with pytest.raises(InputError, match="act on the 3 states of the target, but acts on 2"):
        Target([0.0, 1.0, 2.0], DeltaInteraction([1.0, 2.0]))
    with pytest.raises(InputError, match=r"`interaction` must be an interaction with a gas particle, but got list"):
        Target([0.0, 1.0], [1.0, 2.0])
    with pytest.raises(InputError, match="one entry for each of the 2 positions, but has 1"):
        PointScatterers([0.0, 1.0], [1.0])
    with pytest.raises(InputError, match="matrices of one dimension"):
        PointScatterers([0.0, 1.0], [np.eye(2), np.eye(3)])


@pytest.mark.parametrize("seed", range(3))
def test_eliminating_closed_channels_changes_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    target = Target(np.sort(rng.uniform(0, 4, 12)), DeltaInteraction(hermitian(rng, 12) / np.sqrt(12)))
    interaction, spectrum = target.interaction, target.spectrum
    at, widths = interaction.resonances(spectrum, 1.0, 0.0, 10.0)
    # Around every resonance, and as near to thresholds as can be said.
    shells = [
        EnergyShell.above(spectrum, 1.0, 0, at[:, None].ravel() + shift * widths) for shift in (0.0, 1e-3, 0.3, 40.0)
    ]
    shells += [EnergyShell.above(spectrum, 1.0, k, np.array([1e-14, 0.01])) for k in range(12)]
    shells += [EnergyShell.above(spectrum, 1.0, 0, np.linspace(1e-3, 6.0, 200))]
    for shell in shells:
        monkeypatch.setattr(points, "ELIMINATED", 100)
        together = interaction.transition_matrix(shell)
        monkeypatch.setattr(points, "ELIMINATED", 2)
        apart = interaction.transition_matrix(shell)
        # Both have lost as many digits as a width is smaller than an energy.
        assert np.allclose(apart, together, rtol=0, atol=1e-13 / min(1e-2, *widths, 1.0))
        assert optical_defect(apart) < 1e-11
        assert np.array_equal(apart == 0, together == 0)


def test_a_bound_state_of_the_closed_channels_at_the_energy_itself_is_no_obstacle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # kappa / 2 + m V / 2 of the closed channel is exactly zero at E = 0.5.
    target = Target([0.0, 1.0], DeltaInteraction([[0.3, 0.2], [0.2, -1.0]]))
    shell = EnergyShell.above(target.spectrum, 1.0, 0, np.array([0.5]))
    together = target.interaction.transition_matrix(shell)
    monkeypatch.setattr(points, "ELIMINATED", 2)
    assert np.array_equal(target.interaction.transition_matrix(shell), together)
    assert optical_defect(together) < 1e-15


def test_weak_couplings_keep_their_digits_when_closed_channels_are_eliminated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "ELIMINATED", 2)
    V = 1e-14 * np.array([[1.0, 0.5j], [-0.5j, 3.0]])
    shell = EnergyShell.above(Target([0.0, 1.0], DeltaInteraction(V)).spectrum, 1.0, 0, np.array([0.5, 2.0]))
    T = DeltaInteraction(V).transition_matrix(shell)[:, 0, :, 0, :]
    p = np.where(shell.is_open, shell.momenta.real, np.inf)
    born = 2 * V / np.sqrt(p[:, :, None] * p[:, None, :])
    assert np.allclose(T, born, rtol=1e-12, atol=0)
