"""Rates of a target in a dilute gas: right to the error they state, Gibbs stationary, detailed balance or not."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import InputError, NumericalError
from equipoise.scattering import (
    AbstractInteraction,
    Beams,
    DeltaInteraction,
    EnergyShell,
    Gas,
    MomentumDistribution,
    PointScatterers,
    Target,
    Waves,
    maxwell_boltzmann,
    scattering_rates,
)
from equipoise.scattering.shell_integrals import panel_sums
from equipoise.systems.operators import ring_hopping
from reference import graded_rates

GAS = Gas("gas", maxwell_boltzmann(temperature=1.0))


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return 0.5 * (A + A.conj().T)


def thermal(beta: float, mass: float = 1.0) -> Gas:
    return Gas("gas", maxwell_boltzmann(inverse_temperature=beta), mass=mass)


def test_ring_of_three_dots_is_stationary_in_the_gibbs_state_without_detailed_balance() -> None:
    target = Target(
        ring_hopping(3, 0.5 / np.sqrt(3), 1.5 * np.pi), DeltaInteraction([1.0, 0.7, 1.5]), labels=("-", "0", "+")
    )
    rates = scattering_rates(target, thermal(2.0))
    assert np.allclose(target.spectrum.levels, [-0.5, 0, 0.5], atol=1e-14)
    a = np.exp(rates.log_rates)
    p = np.exp(-2.0 * target.spectrum.levels)
    assert np.allclose(a @ p, a.sum(axis=0) * p, rtol=1e-13)
    log_I = rates.log_balance_ratio
    assert np.abs(log_I[~np.eye(3, dtype=bool)]).min() > 0.1
    assert rates.violates_balance[~np.eye(3, dtype=bool)].all()


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    d=st.integers(2, 3),
    strength=st.sampled_from([1.0, 0.02, 5.0]),
    beta=st.sampled_from([0.3, 1.0, 6.0]),
)
def test_true_error_is_below_the_stated_one(seed: int, d: int, strength: float, beta: float) -> None:
    rng = np.random.default_rng(seed)
    levels, V = np.cumsum(rng.uniform(0.1, 1.0, size=d)), strength * hermitian(rng, d)
    rates = scattering_rates(Target(levels, DeltaInteraction(V)), thermal(beta, 0.7))
    breaks = rates.resonances
    exact = graded_rates.rates(levels, V, 0.7, beta, breaks, depth=16)
    assert rates.relative_error.max() < 1e-11
    # The twin has rounding of its own: some 1e-14.
    assert np.all(np.abs(np.exp(rates.log_rates) / exact - 1) <= rates.relative_error + 5e-13)


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 2**31), d=st.integers(3, 6), strength=st.sampled_from([1.0, 1e-3, 30.0]), points=st.booleans()
)
def test_gibbs_is_stationary_whatever_the_target(seed: int, d: int, strength: float, points: bool) -> None:
    rng = np.random.default_rng(seed)
    V = [strength * hermitian(rng, d) for _ in range(2)]
    interaction = PointScatterers([0.0, 0.4], V) if points else DeltaInteraction(V[0])
    target = Target(hermitian(rng, d), interaction)
    rates = scattering_rates(target, GAS, tolerance=1e-9)
    weights = rates.log_rates - target.spectrum.state_energies[None, :]
    B = np.exp(weights - weights.max())
    # Far beyond the tolerance: all pairs share the energies.
    assert np.allclose(B.sum(axis=0), B.sum(axis=1), rtol=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(3, 6))
def test_symmetric_couplings_protect_balance_and_generic_ones_do_not(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    levels = np.cumsum(rng.uniform(0.2, 1.0, size=d))
    V = hermitian(rng, d)
    phases = np.exp(1j * rng.uniform(0, 2 * np.pi, size=d))
    protected = scattering_rates(Target(levels, DeltaInteraction(phases[:, None] * V.real * phases.conj())), GAS)
    assert not protected.violates_balance.any()
    assert np.abs(protected.asymmetry).max() < 1e-13
    assert scattering_rates(Target(levels, DeltaInteraction(V)), GAS).violates_balance.any()


@pytest.mark.parametrize("seed", range(3))
def test_two_levels_have_nothing_but_noise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rates = scattering_rates(Target(hermitian(rng, 2), DeltaInteraction(hermitian(rng, 2))), GAS)
    assert not rates.violates_balance.any()


def test_violation_is_of_first_order_in_the_coupling_down_to_rounding() -> None:
    rng = np.random.default_rng(5)
    H, V = hermitian(rng, 3), hermitian(rng, 3)
    weak, weaker = (scattering_rates(Target(H, DeltaInteraction(v * V)), GAS) for v in (1e-4, 1e-8))
    assert weaker.violates_balance.any()
    assert np.allclose(weaker.asymmetry, 1e-4 * weak.asymmetry, rtol=1e-2, atol=1e-12)


def test_rate_across_a_gap_of_a_thousand_temperatures_has_all_its_digits() -> None:
    V = np.array([[1.0, 0.4 + 0.3j], [0.4 - 0.3j, -0.2]])
    rates = scattering_rates(Target([0.0, 1000.0], DeltaInteraction(V)), GAS)
    mpmath.mp.dps = 30

    def integrand(x: mpmath.mpf) -> mpmath.mpf:
        p = [mpmath.sqrt(2 * (1000 + x * x)), mpmath.sqrt(2) * x]
        M = mpmath.matrix(2, 2)
        for i in range(2):
            for j in range(2):
                M[i, j] = mpmath.mpc(V[i, j]) * 1j + (p[i] if i == j else 0)
        X = M**-1
        return 4 * p[0] * p[1] * abs(X[1, 0]) ** 2 * mpmath.exp(-x * x) * 2 * x / (2 * mpmath.pi)

    exact = mpmath.log(mpmath.sqrt(2 * mpmath.pi) * mpmath.quad(integrand, [0, 0.5, 1, 2, 4, 9]))
    # A logarithm of a thousand is rounded to 1e-13.
    assert abs(rates.log_rates[0, 1] - float(exact)) < 1e-12
    assert abs(rates.log_rates[1, 0] - float(exact - 1000)) < 3e-13
    assert abs(rates.log_rates[1, 0] - rates.log_rates[0, 1] + 1000) < 3e-13


@pytest.mark.parametrize("leak", [3e-2, 1e-3, 1e-5, 3e-6])
def test_narrow_resonances_are_found_and_resolved(leak: float) -> None:
    V = np.diag([1.0, 0.7, -1.0]).astype(complex)
    V[0, 1] = V[1, 0] = 0.3
    V[0, 2], V[2, 0], V[1, 2], V[2, 1] = leak, leak, 1j * leak, -1j * leak
    levels = np.array([0.0, 0.6, 1.5])
    rates = scattering_rates(Target(levels, DeltaInteraction(V)), GAS)
    assert rates.widths == pytest.approx([2.37 * leak**2], rel=0.02)
    exact = graded_rates.rates(levels, V, 1.0, 1.0, rates.resonances, depth=40)
    relative = np.abs(np.exp(rates.log_rates) / exact - 1)
    assert rates.relative_error.max() < 1e-11
    assert np.all(relative <= rates.relative_error + 1e-12)
    # Without the split the rates of the resonant state are off by some width, and no node tells.
    blind = scattering_rates(Target(levels, Unaware(V)), GAS)
    if leak == 1e-5:
        assert np.abs(blind.log_rates - rates.log_rates).max() > 1e-11


@pytest.mark.parametrize("leak", [1e-3, 1e-4, 1e-5, 1e-6])
def test_a_rate_that_is_one_narrow_line_says_how_few_digits_energies_leave_it(leak: float) -> None:
    V = np.diag([leak, 1.3 * leak, -1.0]).astype(complex)
    V[0, 2], V[2, 0], V[1, 2], V[2, 1] = leak, leak, 1j * leak, -1j * leak
    levels = np.array([0.0, 0.37, 2.11])
    rates = scattering_rates(Target(levels, DeltaInteraction(V)), GAS)
    (energy,), (width,) = rates.resonances, rates.widths
    # The area under |T|^2 of an isolated line, whose partial widths are as 1 / p.
    share = 1 / np.sqrt(energy - levels[:2])
    share /= share.sum()
    area = 4 * share[0] * share[1] * 0.5 * np.pi * width
    expected = area / (2 * np.pi) * np.exp(GAS.log_occupation(np.array([energy]), Waves.EVEN)[0, 0])
    stated = rates.relative_error[1, 0]
    assert abs(np.exp(rates.log_rates[1, 0]) / expected - 1) < 30 * leak**2 + stated
    # Neighbouring numbers are this fraction of the line apart.
    apart = np.spacing(energy) / width
    assert 0.3 * apart < stated < 30 * apart
    assert rates.energies < 4000


class Unaware(DeltaInteraction):
    """A contact potential that does not know its resonances."""

    def resonances(self, *_: object) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(0), np.zeros(0)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-13])
def test_nearly_equal_levels_tend_to_equal_ones(gap: float) -> None:
    rng = np.random.default_rng(8)
    V = hermitian(rng, 4)
    split = scattering_rates(Target([0.0, 0.5, 0.5 + gap, 1.0], DeltaInteraction(V), tolerance=0.0), GAS)
    equal = scattering_rates(Target([0.0, 0.5, 0.5, 1.0], DeltaInteraction(V)), GAS)
    assert split.relative_error.max() < 1e-11
    assert np.abs(split.log_rates - equal.log_rates).max() < 10 * np.sqrt(gap) + 1e-12


@pytest.mark.parametrize("temperature", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("mass", [1e-6, 1e6])
@pytest.mark.parametrize("strength", [1e-6, 1e6])
def test_any_scale_is_resolved_at_a_bounded_cost(temperature: float, mass: float, strength: float) -> None:
    rng = np.random.default_rng(2)
    # Given by its levels: eigenvectors have no rounding.
    target = Target(np.linalg.eigvalsh(hermitian(rng, 3)), DeltaInteraction(strength * hermitian(rng, 3)))
    rates = scattering_rates(target, thermal(1 / temperature, mass))
    assert np.isfinite(rates.log_rates).all()
    assert rates.relative_error.max() < 1e-11
    assert rates.energies < 8000


def test_equal_couplings_at_one_place_change_no_state() -> None:
    rng = np.random.default_rng(4)
    H = hermitian(rng, 5)
    for interaction in (DeltaInteraction([0.7] * 5), PointScatterers([0.0, 0.0, 0.3], [0.7 * np.eye(5)] * 3)):
        rates = scattering_rates(Target(H, interaction), GAS)
        assert not rates.is_inelastic
        assert np.isneginf(rates.log_rates[~np.eye(5, dtype=bool)]).all()
        assert np.isfinite(np.diag(rates.log_rates)).all()
        assert "none: no state changes" in repr(rates)
        assert not rates.violates_balance.any()


def test_any_distribution_that_is_thermal_gives_thermal_rates() -> None:
    rng = np.random.default_rng(9)
    target = Target(hermitian(rng, 3), PointScatterers([0.0, 0.5], [hermitian(rng, 3), hermitian(rng, 3)]))
    G = MomentumDistribution(lambda p: np.exp(-(p**2) / 2) / np.sqrt(2 * np.pi), scale=1.0)
    given_, thermal_ = scattering_rates(target, Gas("gas", G)), scattering_rates(target, GAS)
    assert np.abs(given_.log_rates - thermal_.log_rates).max() < 1e-12
    assert given_.asymmetry is None
    with pytest.raises(InputError, match="thermal for a balance ratio, but 'gas' has no temperature"):
        _ = given_.log_balance_ratio
    with pytest.raises(InputError, match="has no temperature"):
        _ = given_.violates_balance


def test_two_beams_are_the_mean_of_two_gases_where_directions_do_not_matter() -> None:
    rng = np.random.default_rng(10)
    target = Target(hermitian(rng, 3), DeltaInteraction(hermitian(rng, 3)))
    hot, cold = maxwell_boltzmann(temperature=300.0), maxwell_boltzmann(temperature=0.003)
    mean = np.logaddexp(*(scattering_rates(target, Gas("gas", G)).log_rates for G in (hot, cold))) - np.log(2)
    beams = scattering_rates(target, Gas("beams", Beams(hot, cold)))
    assert np.abs(beams.log_rates - mean).max() < 1e-11


def test_a_cold_beam_far_from_rest_is_found_where_it_is_said_to_be() -> None:
    target = Target([0.0, 1.0], DeltaInteraction([[1.0, 0.5], [0.5, 2.0]]))
    width, centre = 1e-3, 30.0
    beam = MomentumDistribution(
        lambda p: np.exp(-(((p - centre) / width) ** 2)) / (width * np.sqrt(np.pi)), scale=centre, structure=(centre,)
    )
    rates = scattering_rates(target, Gas("beam", beam, density=0.1))
    kinetic = np.array([[centre**2 / 2, centre**2 / 2 - 1]])
    T = target.interaction.transition_matrix(EnergyShell(target.spectrum, 1.0, kinetic))[0, 0, :, 0, :]
    # Half of an even wave arrives from either side: flux n p / m, probability |T|^2 / 2 of leaving the level.
    assert np.exp(rates.log_rates[1, 0]) == pytest.approx(0.1 * centre * 0.5 * abs(T[1, 0]) ** 2, rel=1e-6)


def test_messages() -> None:
    target = Target([0.0, 1.0], DeltaInteraction([[1.0, 0.5], [0.5, 2.0]]))
    with pytest.raises(InputError, match="move in 1 dimension, as the interaction asks, but 'gas' moves in 3"):
        scattering_rates(target, Gas("gas", maxwell_boltzmann(temperature=1.0), dimension=3))
    with pytest.raises(InputError, match="`tolerance` must lie between 1e-15 and 0.1, but got 0"):
        scattering_rates(target, GAS, tolerance=0)
    with pytest.raises(NumericalError, match="not resolved after .* energies: relative error .* noisy"):
        scattering_rates(Target([0.0, 1.0], Noise()), GAS)
    with pytest.raises(NumericalError, match="The rate .* has a relative error of .*: .* or not unitary"):
        scattering_rates(Target([0.0, 1.0], Lossy()), GAS)
    infinite = MomentumDistribution(lambda p: 1 / (np.pi * (1 + p**2)), scale=1.0)
    with pytest.raises(NumericalError, match="do not converge at high energies: .* normalised"):
        scattering_rates(Target([0.0, 1.0], Mirror()), Gas("gas", infinite), tolerance=1e-6)


class Mirror(AbstractInteraction):
    """Turns everything back."""

    @property
    def waves(self) -> Waves:
        return Waves.EVEN

    @property
    def dimension(self) -> None:
        return None

    def check(self, spectrum: object) -> None:
        pass

    def transition_matrix(self, shell: object) -> np.ndarray:
        is_open = shell.is_open[:, None, :, None, None]
        return -2j * np.where(is_open, np.eye(shell.is_open.shape[1])[None, None, :, None, :], 0.0)


class Noise(Mirror):
    """An S-matrix of nothing but noise."""

    def transition_matrix(self, shell: object) -> np.ndarray:
        rng = np.random.default_rng(int(1e6 * abs(shell.kinetic).sum()) % 2**32)
        return rng.normal(size=(shell.size, 1, 2, 1, 2)) * shell.is_open[:, None, :, None, None]


class Lossy(Mirror):
    """An S-matrix that loses particles on the way up."""

    def transition_matrix(self, shell: object) -> np.ndarray:
        is_open = shell.is_open[:, None, :, None, None] & shell.is_open[:, None, None, None, :]
        return np.where(is_open, np.array([[1.0, 0.5], [0.2, 1.0]])[None, None, :, None, :], 0.0)


def test_rates_do_not_depend_on_how_many_panels_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target([0.0, 0.4, 1.1], DeltaInteraction([[-0.6, 0.3, 0.1j], [0.3, 0.5, 0.2], [-0.1j, 0.2, -1.0]]))
    gas = Gas("gas", maxwell_boltzmann(temperature=1.0))
    together = scattering_rates(target, gas)
    monkeypatch.setattr(panel_sums, "CHUNK", 1)
    apart = scattering_rates(target, gas)
    assert apart.energies == together.energies
    assert np.allclose(apart.log_rates, together.log_rates, rtol=0, atol=1e-14)
    assert np.allclose(apart.relative_error, together.relative_error, rtol=1e-3, atol=1e-15)


def exact_spectrum(H: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels and states of a matrix of floating-point numbers, to fifty digits."""
    with mpmath.workdps(50):
        levels, states = mpmath.eighe(mpmath.matrix(H.tolist()))
        order = sorted(range(len(H)), key=lambda k: levels[k])
        columns = [[complex(states[i, k]) for k in order] for i in range(len(H))]
        return np.array([float(levels[k]) for k in order]), np.array(columns)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    d=st.integers(3, 6),
    exponent=st.floats(-15, -1),
    mirror=st.booleans(),
    temperature=st.sampled_from([0.05, 0.7, 5.0]),
)
def test_rounding_of_the_eigenvectors_is_stated_in_rings_with_nearly_equal_levels(
    seed: int, d: int, exponent: float, mirror: bool, temperature: float
) -> None:
    rng = np.random.default_rng(seed)
    H = ring_hopping(d, float(rng.uniform(0.2, 1.0)), d * 10**exponent)
    V = rng.uniform(0.2, 2.0, size=d)
    V = np.array([V[min(n, d - n)] for n in range(d)]) if mirror else V
    gas = Gas("gas", maxwell_boltzmann(temperature=temperature))
    found = scattering_rates(Target(H, DeltaInteraction(V), tolerance=0.0), gas)
    levels, states = exact_spectrum(H)
    exact = scattering_rates(
        Target(levels, DeltaInteraction(states.conj().T @ np.diag(V) @ states), tolerance=0.0), gas
    )
    error = np.abs(np.expm1(found.log_rates - exact.log_rates))
    assert np.all(error <= found.relative_error + exact.relative_error)
    assert np.all(np.abs(found.asymmetry - exact.asymmetry) <= found.asymmetry_noise + exact.asymmetry_noise)
    if mirror:
        # Reflection times complex conjugation leaves H and V as they are, and each state by itself.
        assert not found.violates_balance.any()
        # Nor where levels are as good as one.
        assert not scattering_rates(Target(H, DeltaInteraction(V)), gas).violates_balance.any()


def test_a_ring_without_a_mirror_still_violates_balance() -> None:
    H = ring_hopping(4, 0.46, 0.8 * np.pi)
    assert scattering_rates(Target(H, DeltaInteraction([1.0, 0.377, 1.2, 0.383])), GAS).violates_balance.any()
