"""Closed forms of three levels against the library's general solvers, 60-digit arithmetic and QuTiP."""

import mpmath as mp
import numpy as np
import pytest

from equipoise import Coupling, InputError, Ohmic, OpenSystem, Reservoir, bose_einstein, currents, stationary_state
from equipoise._checks import NumericalError
from equipoise.generators import lindbladian, weak_coupling
from equipoise.reproduce.dynamical_balance.three_levels import (
    ThreeLevelRates,
    three_level_rates,
)
from equipoise.reproduce.dynamical_balance.three_levels.rates import LOWER, UPPER
from equipoise.reproduce.dynamical_balance.three_levels.state import three_level_state
from equipoise.reservoirs import LocalTemperature, Statistics

LEVELS = [0.0, 1.0, 2.5]


def random_rates(rng, reservoirs, batch=(), spread=1.0):
    """Any positive rates in both directions: a field for each transition."""
    up, down = np.exp(spread * rng.normal(size=(2, *batch, reservoirs, 3)))
    return ThreeLevelRates.from_numbers(LEVELS, up, down)


def random_generator(rng, reservoirs):
    """Complex couplings without symmetry to Ohmic reservoirs."""
    couplings = []
    for r in range(reservoirs):
        mu = 0.0 if r % 2 else -0.3
        bath = Reservoir(f"bath {r}", bose_einstein(temperature=0.5 + r, chemical_potential=mu), Ohmic(5e-5, 6.0))
        couplings.append(Coupling(bath, rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))))
    return weak_coupling(OpenSystem(np.cumsum(rng.uniform(0.5, 1.5, size=3)), couplings), lamb_shift=False)


def exact(log_strengths, exponents):
    """Populations and microcurrents by a linear solve in 60 digits; rates (R, 3) in the order 21, 31, 32."""
    with mp.workdps(60 + int(2.5 * np.abs(exponents).max())):
        total = [[mp.e ** mp.mpf(float(v)) for v in row] for row in log_strengths]
        x = [[mp.mpf(float(v)) for v in row] for row in exponents]
        R = len(total)
        down = [[total[r][t] / (1 + mp.e ** -x[r][t]) for t in range(3)] for r in range(R)]
        up = [[total[r][t] / (1 + mp.e ** x[r][t]) for t in range(3)] for r in range(R)]
        A = mp.zeros(3)
        for r in range(R):
            for t in range(3):
                i, j = int(UPPER[t]), int(LOWER[t])
                A[j, i] += down[r][t]
                A[i, i] -= down[r][t]
                A[i, j] += up[r][t]
                A[j, j] -= up[r][t]
        for k in range(3):
            A[2, k] = mp.mpf(1)
        p = mp.lu_solve(A, mp.matrix([0, 0, 1]))
        J = [[up[r][t] * p[int(LOWER[t])] - down[r][t] * p[int(UPPER[t])] for t in range(3)] for r in range(R)]
        return [float(mp.log(v)) for v in p], np.array([[float(v) for v in row] for row in J])


@pytest.mark.parametrize("reservoirs", [1, 2, 3])
def test_closed_forms_are_the_librarys_state_and_currents(reservoirs):
    rng = np.random.default_rng(reservoirs)
    for _ in range(5):
        generator = random_generator(rng, reservoirs)
        state = stationary_state(generator)
        flows = currents(generator, state)
        found = three_level_state(ThreeLevelRates.from_generator(generator))
        np.testing.assert_allclose(found.populations, state.populations, rtol=1e-13)
        activity = flows.activity.sum()
        np.testing.assert_allclose(found.currents, flows.microcurrents[:, UPPER, LOWER], atol=1e-14 * activity)
        np.testing.assert_allclose(found.particle_currents, flows.particles, atol=1e-13 * activity)
        np.testing.assert_allclose(found.energy_currents, flows.energy, atol=1e-13 * activity)


def test_secular_rates_of_a_field_are_those_of_its_formula():
    rng = np.random.default_rng(3)
    D = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    D[np.tril_indices(3)] = 0
    field = Reservoir("field", LocalTemperature(Statistics.BOSON, lambda w: 0.3 + w / (1 + w * w)), Ohmic(1e-4, 5.0))
    from_generator = ThreeLevelRates.from_generator(
        weak_coupling(OpenSystem(LEVELS, [Coupling(field, D)]), lamb_shift=False)
    )
    gaps = np.array([1.0, 2.5, 1.5])
    strengths = 2 * np.pi * 1e-4 * gaps * np.exp(-gaps / 5.0) * np.abs(D[LOWER, UPPER]) ** 2
    given = three_level_rates(LEVELS, [strengths], [0.3 + gaps / (1 + gaps**2)])
    np.testing.assert_allclose(given.log_up, from_generator.log_up, atol=1e-14)
    np.testing.assert_allclose(given.log_down, from_generator.log_down, atol=1e-14)


@pytest.mark.parametrize("size", [1.0, 30.0, 600.0])
@pytest.mark.parametrize("reservoirs", [1, 2])
def test_populations_and_currents_keep_their_digits_at_any_size_of_rates(reservoirs, size):
    rng = np.random.default_rng(int(size) + reservoirs)
    for _ in range(4):
        log_strengths = rng.normal(size=(reservoirs, 3))
        # Exponents of both signs: fields inverted on some transitions.
        x = size * rng.uniform(0.3, 1.0, size=(reservoirs, 3)) * rng.choice([-1, 1], size=(reservoirs, 3))
        found = three_level_state(ThreeLevelRates(LEVELS, log_strengths, x))
        log_p, J = exact(log_strengths, x)
        np.testing.assert_allclose(found.log_populations, log_p, rtol=1e-14, atol=1e-14)
        # 600 in a logarithm leaves 12 digits of a number of 1e-260; below 1e-300 doubles lose digits themselves.
        np.testing.assert_allclose(found.currents, J, rtol=1e-12, atol=1e-300)


def test_populations_of_a_gap_of_600_temperatures():
    rates = three_level_rates([0.0, 300.0, 600.0], [[0.1, 0.2, 0.3]], [[1.0, 1.0, 1.0]])
    np.testing.assert_allclose(three_level_state(rates).populations, np.exp([0.0, -300.0, -600.0]), rtol=1e-12)


@pytest.mark.parametrize("delta", [1e-3, 1e-9, 1e-14, -1e-12])
def test_currents_near_balance_keep_the_digits_of_the_affinity(delta):
    x = np.array([[1.0, 2.5 - delta, 1.5]])
    with mp.workdps(40):  # 2.5 - delta rounds: the affinity of the rounded exponents
        exact_delta = float(mp.mpf(x[0, 0]) - mp.mpf(x[0, 1]) + mp.mpf(x[0, 2]))
    found = three_level_state(ThreeLevelRates(LEVELS, np.log([[0.1, 0.2, 0.3]]), x))
    assert found.rates.affinity() == exact_delta
    np.testing.assert_allclose(found.currents, exact(found.rates.log_strengths, x)[1], rtol=1e-14)
    np.testing.assert_allclose(found.currents[0], found.conversion * np.array([-1, 1, -1]), rtol=1e-15)
    assert np.sign(found.conversion) == np.sign(delta)


def test_currents_between_nearly_equal_baths_keep_the_digits_of_the_difference():
    x = np.array([[1.0, 2.5, 1.5], [1.0, 2.5, 1.5]])
    x[1] *= 1 + 2.0**-40
    log_strengths = np.log([[0.1, 0.2, 0.3], [0.3, 0.1, 0.2]])
    found = three_level_state(ThreeLevelRates(LEVELS, log_strengths, x))
    np.testing.assert_allclose(found.currents, exact(log_strengths, x)[1], rtol=1e-13)


def test_batches_of_any_shape_broadcast():
    rng = np.random.default_rng(5)
    levels = np.cumsum(rng.uniform(0.5, 1.5, size=(4, 1, 3)), axis=-1)
    beta = rng.uniform(0.5, 2.0, size=(7, 2, 1))
    strengths = rng.uniform(0.5, 2.0, size=(2, 3))
    rates = three_level_rates(levels, strengths, beta)
    found = three_level_state(rates)
    assert rates.batch == found.conversion.shape == (4, 7)
    assert found.populations.shape == (4, 7, 3)
    assert found.currents.shape == (4, 7, 2, 3)
    assert found.energy_currents.shape == found.particle_currents.shape == (4, 7, 2)
    assert rates.matrix().shape == (4, 7, 3, 3)
    assert rates.relaxation_rates().shape == (4, 7, 2)
    assert rates.affinity().shape == (4, 7)
    for i, k in ((0, 0), (3, 6), (2, 4)):
        one = three_level_state(three_level_rates(levels[i, 0], strengths, beta[k]))
        np.testing.assert_array_equal(found.currents[i, k], one.currents)
        np.testing.assert_array_equal(found.log_populations[i, k], one.log_populations)


def test_chunks_join_without_seam():
    rng = np.random.default_rng(6)
    x = rng.uniform(0.2, 3.0, size=(5000, 2, 3))
    totals = np.zeros((2, 3))
    found = three_level_state(ThreeLevelRates(LEVELS, totals, x))
    again = three_level_state(ThreeLevelRates(LEVELS, totals, x[::-1]))
    np.testing.assert_allclose(found.currents, again.currents[::-1], rtol=1e-14)
    np.testing.assert_allclose(found.currents.sum(axis=(-2)) @ [1, 0, 0], -found.conversion, atol=1e-15)


@pytest.mark.parametrize("reservoirs", [1, 2, 4])
def test_flows_balance(reservoirs):
    """Probability: up 31 = down 21 = down 32. Energy: what the reservoirs give sums to zero."""
    found = three_level_state(random_rates(np.random.default_rng(7), reservoirs, (50,)))
    total = found.currents.sum(axis=-2)
    size = np.abs(found.currents).sum(axis=(-2, -1))
    np.testing.assert_allclose(total, found.conversion[:, None] * np.array([-1, 1, -1]), atol=3e-15 * size.max())
    np.testing.assert_allclose(found.energy_currents.sum(axis=-1), 0.0, atol=1e-14 * size.max())
    assert (np.sign(found.conversion) == np.sign(found.rates.affinity())).all()


def test_matrix_and_its_spectrum_complex_pairs_included():
    rates = random_rates(np.random.default_rng(8), 2, (40,), spread=2.0)
    A, roots = rates.matrix(), rates.relaxation_rates()
    np.testing.assert_allclose(A.sum(axis=-2), 0.0, atol=1e-13)
    found = three_level_state(rates).populations
    np.testing.assert_allclose(np.einsum("bij,bj->bi", A, found), 0.0, atol=1e-12)
    complex_pairs = 0
    for matrix, pair in zip(A, roots, strict=True):
        values = np.linalg.eigvals(matrix)
        values = values[np.argsort(np.abs(values))][1:]
        np.testing.assert_allclose(np.sort_complex(values), np.sort_complex(pair), rtol=1e-9)
        complex_pairs += bool(pair[0].imag > 0)
        assert pair.real.min() > 0
    ring = ThreeLevelRates.from_numbers(LEVELS, up=[[1.0, 0.0, 1.0]], down=[[0.0, 1.0, 0.0]])
    np.testing.assert_allclose(ring.relaxation_rates(), [1.5 + 0.75**0.5 * 1j, 1.5 - 0.75**0.5 * 1j], rtol=1e-15)


def test_a_slow_relaxation_rate_keeps_its_digits():
    # Level 3 is reached at 1e-30 only, and left at 1e-20: that rate is c/b, not a difference of numbers of order 1.
    rates = ThreeLevelRates.from_numbers(LEVELS, up=[[1.0, 1e-30, 0.0]], down=[[1.0, 1e-20, 0.0]])
    assert rates.relaxation_rates()[1].real == pytest.approx(1e-20, rel=1e-9)


def test_one_way_rates_are_exact():
    """T = 0: everything falls; an inverted field lifts everything; one-way loops turn."""
    cold = three_level_state(three_level_rates(LEVELS, [[0.1, 0.2, 0.3]], [[np.inf]]))
    assert cold.populations.tolist() == [1.0, 0.0, 0.0]
    assert not cold.currents.any()
    assert cold.rates.affinity() == 0.0
    loop = ThreeLevelRates.from_numbers(LEVELS, up=[[0.0, 2.0, 0.0]], down=[[2.0, 0.0, 2.0]])
    found = three_level_state(loop)
    np.testing.assert_allclose(found.populations, 1 / 3, rtol=1e-15)
    np.testing.assert_allclose(found.currents, [[-2 / 3, 2 / 3, -2 / 3]], rtol=1e-15)
    assert loop.affinity() == np.inf
    pumped = ThreeLevelRates.from_numbers(
        LEVELS, up=[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], down=[[0.0, 0, 0], [1.0, 0, 1.0]]
    )
    found = three_level_state(pumped)
    np.testing.assert_allclose(found.currents, [[0, 1 / 3, 0], [-1 / 3, 0, -1 / 3]], atol=1e-15)


def test_fermionic_occupations():
    rates = three_level_rates(LEVELS, [[2.0, 2.0, 2.0]], [[1.0]], 1.0, Statistics.FERMION)
    n = 1 / (np.exp(np.array([1.0, 2.5, 1.5]) - 1.0) + 1)
    np.testing.assert_allclose(np.exp(rates.log_up[0]), 2 * n, rtol=1e-15)
    np.testing.assert_allclose(np.exp(rates.log_down[0]), 2 * (1 - n), rtol=1e-15)
    assert rates.affinity() == -1.0  # one quantum on one path, two on the other: -mu


@pytest.mark.peer
def test_qutip_finds_the_same_state():
    qutip = pytest.importorskip("qutip")
    rates = random_rates(np.random.default_rng(9), 2, (5,))
    down, up = np.exp(rates.log_down).sum(axis=-2), np.exp(rates.log_up).sum(axis=-2)
    kets = [qutip.basis(3, k) for k in range(3)]
    for k in range(5):
        jumps = [np.sqrt(down[k, t]) * kets[LOWER[t]] * kets[UPPER[t]].dag() for t in range(3)]
        jumps += [np.sqrt(up[k, t]) * kets[UPPER[t]] * kets[LOWER[t]].dag() for t in range(3)]
        rho = qutip.steadystate(qutip.Qobj(np.diag(LEVELS)), jumps)
        np.testing.assert_allclose(rho.diag(), three_level_state(rates).populations[k], atol=1e-12)


GOOD = {"levels": LEVELS, "strengths": [[0.1, 0.1, 0.1]], "inverse_temperatures": [[1.0]]}
BAD = {
    "order": ({"levels": [0.0, 2.0, 1.0]}, r"`levels` must be finite and ascend.*\[0.0, 2.0, 1.0\]. Sort them"),
    "two levels": ({"levels": [0.0, 1.0]}, r"`levels` must have shape \(..., 3\), but has shape \(2,\)"),
    "negative strength": ({"strengths": [[-0.1, 0.1, 0.1]]}, r"`strengths` must be >= 0 and finite"),
    "a flat strength": ({"strengths": 0.1}, r"`strengths` must have shape \(..., R, 3\).*has shape \(\)"),
    "NaN": ({"inverse_temperatures": [[np.nan]]}, r"`inverse_temperatures` must be numbers, but contains NaN"),
    "negative temperature": (
        {"inverse_temperatures": [[[1.0, 1.0, 1.0]], [[1.0, 1.0, -2.0]]]},
        r"beta\(omega\) \(omega - mu\) > 0 for bosons, but it is -3 at omega = 1.5, the transition 32 in reservoir 0 "
        r"at point \[1\]",
    ),
    "potential in the band": ({"chemical_potentials": 1.2}, r"it is -0.2 at omega = 1, the transition 21"),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD)
def test_bad_fields_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        three_level_rates(**{**GOOD, **change})


def test_bad_rates_are_refused():
    with pytest.raises(InputError, match=r"`log_strengths` must have shape \(..., R, 3\).*axis of length 1"):
        ThreeLevelRates(LEVELS, np.zeros(3), np.zeros((1, 3)))
    with pytest.raises(InputError, match=r"`exponents` must be numbers, but contains NaN"):
        ThreeLevelRates(LEVELS, np.zeros((1, 3)), np.full((1, 3), np.nan))
    with pytest.raises(InputError, match=r"`log_strengths` must lie below \+inf"):
        ThreeLevelRates(LEVELS, np.full((1, 3), np.inf), np.zeros((1, 3)))
    with pytest.raises(InputError, match=r"must broadcast \(levels without the axis of reservoirs\)"):
        ThreeLevelRates(LEVELS, np.zeros((2, 1, 3)), np.zeros((3, 1, 3)))
    with pytest.raises(InputError, match=r"`exponents` must be > 0 for bosons, but is -1 on the transition 31"):
        ThreeLevelRates(LEVELS, np.zeros((1, 3)), [[1.0, -1.0, 1.0]], Statistics.BOSON)
    with pytest.raises(InputError, match=r"`up` must be >= 0 and finite"):
        ThreeLevelRates.from_numbers(LEVELS, [[-1.0, 0, 0]], [[1.0, 1, 1]])


def test_generators_of_another_kind_are_refused():
    dot = lindbladian(np.diag([0.0, 1.0]), [np.eye(2)])
    with pytest.raises(InputError, match=r"`generator` must be secular.*dimension 2 and 2 levels"):
        ThreeLevelRates.from_generator(dot)


def test_a_state_that_is_not_unique_is_a_named_outcome():
    up, down = np.ones((4, 1, 3)), np.ones((4, 1, 3))
    up[2, 0], down[2, 0] = [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]
    with pytest.raises(NumericalError, match=r"not unique at point \[2\]: too few transitions"):
        three_level_state(ThreeLevelRates.from_numbers(LEVELS, up, down))
    with pytest.raises(NumericalError, match=r"not unique: too few"):
        three_level_state(ThreeLevelRates.from_numbers(LEVELS, up[2], down[2]))
