"""Bound states: counted, placed, and harmless to the Gibbs state."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import InputError
from equipoise.scattering import (
    DeltaInteraction,
    Gas,
    PointScatterers,
    Target,
    bound_states,
    maxwell_boltzmann,
    scattering_rates,
)
from equipoise.systems.operators import ring_hopping


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return 0.5 * (A + A.conj().T)


def grid_energies(H: np.ndarray, wells: list[tuple[float, np.ndarray]], mass: float) -> np.ndarray:
    """Energies of H_S + p^2 / 2m + V in a box by finite differences, with each contact potential on one point."""
    step, half = 0.05, 12.0
    x = np.arange(-half, half + step / 2, step)
    kinetic = (2 * np.eye(x.size) - np.eye(x.size, k=1) - np.eye(x.size, k=-1)) / (2 * mass * step**2)
    whole = np.kron(kinetic, np.eye(H.shape[0])) + np.kron(np.eye(x.size), H)
    for place, V in wells:
        at = np.zeros(x.size)
        at[np.argmin(np.abs(x - place))] = 1 / step
        whole = whole + np.kron(np.diag(at), V)
    return np.linalg.eigvalsh(whole)


@pytest.mark.parametrize("seed", range(2))
def test_energies_are_those_of_the_discretised_hamiltonian(seed: int) -> None:
    rng = np.random.default_rng(seed)
    H, V, W = np.diag([0.0, 0.8]).astype(complex), hermitian(rng, 2) - np.eye(2), hermitian(rng, 2) - np.eye(2)
    for interaction, wells in (
        (DeltaInteraction(V), [(0.0, V)]),
        (PointScatterers([-0.5, 1.0], [V, W]), [(-0.5, V), (1.0, W)]),
    ):
        found = bound_states(Target(H, interaction), mass=1.0)
        exact = grid_energies(H, wells, 1.0)
        assert np.sum(exact < -0.05) == np.sum(found.binding_energies > 0.05)
        assert found.binding_energies[found.binding_energies > 0.05] == pytest.approx(-exact[exact < -0.05], rel=0.02)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(1, 5))
def test_points_at_one_place_bind_like_a_contact_potential(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    H, V = hermitian(rng, d), hermitian(rng, d)
    together = bound_states(Target(H, DeltaInteraction(V)), mass=0.7)
    apart = bound_states(Target(H, PointScatterers([0.3], [V])), mass=0.7)
    assert apart.binding_energies == pytest.approx(together.binding_energies, rel=1e-9)
    assert np.all(np.diff(together.binding_energies) <= 0)


def test_an_arbitrarily_weak_attraction_binds() -> None:
    found = bound_states(Target([0.0, 1.0], DeltaInteraction([-1e-8, 1.0])))
    assert found.binding_energies == pytest.approx([0.5e-16], rel=1e-10)


def test_repulsion_binds_nothing() -> None:
    found = bound_states(Target([0.0, 1.0], DeltaInteraction([1.0, 2.0])))
    assert found.count == 0
    assert "Gibbs state is stationary" in found.consequence


def test_a_bound_state_among_open_channels_is_noted() -> None:
    found = bound_states(Target([0.0, 1.0], DeltaInteraction([1.0, -1.0])))
    assert found.embedded == pytest.approx([0.5])
    assert found.count == 1
    assert "embedded at" in repr(found)
    assert bound_states(Target([0.0, 1.0], DeltaInteraction([[1.0, 0.1], [0.1, -1.0]]))).embedded.size == 0


def test_gibbs_is_stationary_with_bound_states() -> None:
    target = Target(ring_hopping(3, 0.5 / np.sqrt(3), 1.5 * np.pi), DeltaInteraction([-0.5, -0.53, -0.48]))
    found = bound_states(target)
    assert found.binding_energies.size == 1
    assert "Gibbs state is still stationary" in found.consequence
    rates = scattering_rates(target, Gas("gas", maxwell_boltzmann(inverse_temperature=2.0)))
    assert rates.resonances.size == 2
    a, p = np.exp(rates.log_rates), np.exp(-2.0 * target.spectrum.state_energies)
    assert np.allclose(a @ p, a.sum(axis=0) * p, rtol=1e-12)


def test_an_interaction_may_not_tell() -> None:
    class Silent(DeltaInteraction):
        def binding_energies(self, *_: object) -> None:
            return None

    found = bound_states(Target([0.0, 1.0], Silent([1.0, 2.0])))
    assert found.count is None
    assert "does not tell" in repr(found)


def test_messages() -> None:
    with pytest.raises(InputError, match="`mass` must be positive, but got 0"):
        bound_states(Target([0.0], DeltaInteraction([1.0])), mass=0.0)
