"""Level shifts: closed forms, quadrature and many-digit references agree; limits, combinations, messages."""

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import trapezoid

from equipoise._checks import InputError, NumericalError, UserCodeError
from equipoise.reservoirs import (
    CallableDensity,
    CorrelatedDensity,
    DrudeLorentz,
    Flat,
    FormFactor,
    GeneralizedGibbs,
    HardCutoff,
    LocalTemperature,
    Lorentzian,
    Mixture,
    Newns,
    Ohmic,
    Reservoir,
    Statistics,
    Tabulated,
    bose_einstein,
    fermi_dirac,
)
from reference.mp_principal_value import bose, fermi, principal_value

PARTS = ("level_shift_out", "level_shift_in", "level_shift_difference", "level_shift_symmetric")
OMEGA = np.array([-30.0, -1.3, -1e-3, 0.02, 0.4, 1.1, 3.0, 17.0, 400.0])


def parts(reservoir, omega):
    return {part: getattr(reservoir, part)(omega) for part in PARTS}


def assert_same_shifts(one, other, omega, rtol):
    for part, values in parts(one, omega).items():
        np.testing.assert_allclose(values, getattr(other, part)(omega), rtol=rtol, err_msg=part)


BOSONS = {
    "cold": bose_einstein(temperature=1e-3),
    "warm": bose_einstein(temperature=0.7),
    "hot": bose_einstein(temperature=50.0),
    "at zero temperature": bose_einstein(temperature=0.0),
    "below the band": bose_einstein(temperature=0.7, chemical_potential=-0.2),
}
FERMIONS = {
    "cold": fermi_dirac(temperature=1e-3, chemical_potential=0.3),
    "warm": fermi_dirac(temperature=0.7, chemical_potential=-0.4),
    "hot": fermi_dirac(temperature=50.0),
    "at zero temperature": fermi_dirac(temperature=0.0, chemical_potential=0.3),
    "inverted": fermi_dirac(temperature=-0.5, chemical_potential=0.3),
}


@pytest.mark.parametrize("distribution", BOSONS.values(), ids=BOSONS)
@pytest.mark.parametrize(
    "density",
    [Ohmic(0.1, 2.0, s) for s in (1.0, 2.0, 3.0)] + [DrudeLorentz(0.1, 2.0), Newns(0.1, 1.0, 1.5)],
    ids=lambda density: repr(density),
)
def test_closed_forms_for_bosons_agree_with_the_quadrature(distribution, density):
    hidden = CallableDensity(density, density.support, structure=(2.0,))
    omega = OMEGA[OMEGA != 0.4]  # an edge of the Newns band lies at 0.5, none of the poles on it
    assert_same_shifts(
        Reservoir("closed", distribution, density), Reservoir("open", distribution, hidden), omega, 2e-11
    )


@pytest.mark.parametrize("distribution", FERMIONS.values(), ids=FERMIONS)
def test_closed_form_for_fermions_in_a_lorentzian_agrees_with_the_quadrature(distribution):
    density = Lorentzian(0.3, centre=0.5, half_width=0.8)
    hidden = CallableDensity(density, density.support, structure=(-0.3, 0.5, 1.3))
    assert_same_shifts(
        Reservoir("closed", distribution, density), Reservoir("open", distribution, hidden), OMEGA, 2e-11
    )


def semi_ellipse(v):
    return mp.sqrt(1 - min(v**2, mp.mpf(1)))


REFERENCES = [
    # name, reservoir, J and n in many digits, poles
    (
        "sub-Ohmic bosons",
        Reservoir("r", bose_einstein(inverse_temperature=2.0), Ohmic(1.0, 1.0, 0.5)),
        lambda v: mp.sqrt(v) * mp.exp(-v),
        lambda v: bose(2 * v),
        [0.7],
    ),
    (
        "hot Drude bosons",
        Reservoir("r", bose_einstein(inverse_temperature=1e-2), DrudeLorentz(np.pi / 2, 1.0)),
        lambda v: v / (1 + v**2),
        lambda v: bose(v / 100),
        [0.3],
    ),
    (
        "cold Ohmic bosons",
        Reservoir("r", bose_einstein(inverse_temperature=1e3), Ohmic(1.0, 1.0)),
        lambda v: v * mp.exp(-v),
        lambda v: bose(1000 * v),
        [2e-3],
    ),
    (
        "cold fermions in a semi-ellipse",
        Reservoir("r", fermi_dirac(temperature=1e-3, chemical_potential=0.25), Newns(2 * np.pi, 1.0)),
        semi_ellipse,
        lambda v: fermi(1000 * (v - 0.25)),
        [0.2503, 1 + 1e-7],
    ),
    (
        "fermions with a hard cutoff",
        Reservoir("r", fermi_dirac(temperature=0.3, chemical_potential=0.5), Ohmic(1.0, HardCutoff(1.0), 1.7)),
        lambda v: v ** mp.mpf(1.7) if v <= 1 else mp.mpf(0),
        lambda v: fermi((v - mp.mpf(0.5)) / mp.mpf(0.3)),
        [1 - 1e-6],
    ),
]


@pytest.mark.parametrize(("name", "reservoir", "j", "n", "poles"), REFERENCES, ids=[row[0] for row in REFERENCES])
def test_parts_agree_with_many_digits(name, reservoir, j, n, poles):
    lower, upper = reservoir.spectral_density.support
    scale = 1 / reservoir.inverse_temperature
    breaks = [1.0, 5.0, 30.0]
    for place in (reservoir.chemical_potential, max(lower, -10.0), min(upper, 10.0)):
        breaks += [place + k * scale for k in (-60, -15, -5, -1, 0, 1, 5, 15, 60)]
    expected = [-principal_value(lambda v: j(v) * n(v), pole, lower, upper, breaks, digits=20) for pole in poles]
    np.testing.assert_allclose(reservoir.level_shift_in(poles), np.array(expected, float), rtol=1e-11)


def test_newns_band_is_linear_inside():
    """Without occupation the self-energy of a semi-infinite chain: Re Sigma = (Gamma/2) w/W in the band."""
    reservoir = Reservoir("r", fermi_dirac(inverse_temperature=0.0), Newns(0.4, 2.0))
    omega = np.array([-1.9, 0.3, 1.0])
    np.testing.assert_allclose(reservoir.level_shift_out(omega), 0.2 * omega / 2 / 2, rtol=1e-12)
    bosons = Reservoir("r", bose_einstein(temperature=0.0), Newns(0.4, 2.0, 3.0))
    np.testing.assert_allclose(bosons.level_shift_out(omega + 3), 0.2 * omega / 2, rtol=1e-12)


def test_fermi_level_gives_the_logarithm():
    """T = 0, flat band of half-width W, mu = 0: S_in = -(Gamma/2 pi) log|w/(w + W)|."""
    reservoir = Reservoir("r", fermi_dirac(temperature=0.0), Flat(0.4, -2.0, 2.0))
    omega = np.array([-1.0, -1e-6, 1e-9, 0.5, 3.0])
    expected = -0.4 / (2 * np.pi) * np.log(np.abs(omega / (omega + 2)))
    np.testing.assert_allclose(reservoir.level_shift_in(omega), expected, rtol=1e-12, atol=1e-14)


def test_particle_hole_mirror():
    """In a symmetric band at mu = 0, emission at omega mirrors absorption at -omega."""
    reservoir = Reservoir("r", fermi_dirac(temperature=0.1), Newns(0.3, 1.0))
    omega = np.array([-1.5, -0.3, 0.01, 0.9])
    np.testing.assert_allclose(reservoir.level_shift_out(omega), -reservoir.level_shift_in(-omega), rtol=1e-12)


ALL = [
    Reservoir("ohmic", BOSONS["warm"], Ohmic(0.1, 2.0)),
    Reservoir("sub-ohmic", BOSONS["warm"], Ohmic(0.1, 2.0, 0.6)),
    Reservoir("drude", BOSONS["hot"], DrudeLorentz(0.1, 2.0)),
    Reservoir("newns", FERMIONS["cold"], Newns(0.1, 2.0)),
    Reservoir("lorentzian", FERMIONS["warm"], Lorentzian(0.1, 0.0, 2.0)),
    Reservoir("flat", FERMIONS["inverted"], Flat(0.1, -2.0, 5.0)),
    Reservoir("local", LocalTemperature(Statistics.BOSON, lambda w: 1 + 1 / (1 + w**2)), Ohmic(0.1, 2.0)),
    Reservoir("mixed", Mixture((0.3, 0.7), (FERMIONS["cold"], FERMIONS["warm"])), Newns(0.1, 2.0)),
]


@pytest.mark.parametrize("reservoir", ALL, ids=lambda r: r.name)
def test_combinations_are_those_of_the_parts(reservoir):
    omega = np.array([-1.5, -0.2, 0.4, 1.7, 30.0])
    out, in_ = reservoir.level_shift_out(omega), reservoir.level_shift_in(omega)
    scale = np.abs(out) + np.abs(in_)
    assert np.all(np.abs(reservoir.level_shift_difference(omega) - (out - in_)) <= 1e-12 * scale)
    mirrored = reservoir.level_shift_in(-omega)
    scale = np.abs(out) + np.abs(mirrored)
    assert np.all(np.abs(reservoir.level_shift_symmetric(omega) - (out - mirrored)) <= 1e-12 * scale)


@pytest.mark.parametrize("density", [Ohmic(0.1, 2.0), DrudeLorentz(0.1, 2.0), Ohmic(0.1, HardCutoff(2.0))])
def test_omega_zero_is_minus_the_reorganisation_energy_and_a_limit(density):
    reservoir = Reservoir("r", bose_einstein(temperature=0.7), density)
    expected = {Ohmic(0.1, 2.0): -0.2, DrudeLorentz(0.1, 2.0): -0.1}.get(density, -0.2)
    assert reservoir.level_shift_difference(0.0) == pytest.approx(expected, rel=1e-12)
    assert reservoir.level_shift_symmetric(0.0) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(reservoir.level_shift_symmetric([-1e-9, 1e-9]), expected, rtol=1e-6)


def test_second_order_energy_of_the_ground_state_is_lowered():
    """T = 0: an emission at omega < 0 costs -int J/(v + |omega|), the second-order energy."""
    reservoir = Reservoir("r", bose_einstein(temperature=0.0), Ohmic(0.1, 2.0))
    v = np.linspace(0, 80, 200001)
    energy = -trapezoid(0.1 * v * np.exp(-v / 2) / (v + 1.5), v)
    assert reservoir.level_shift_out(-1.5) == pytest.approx(energy, rel=1e-6)


def test_kramers_kronig_from_rates():
    """The shift of a Lorentzian is minus half of its rate times the detuning in half-widths."""
    reservoir = Reservoir("r", fermi_dirac(inverse_temperature=0.0), Lorentzian(0.3, 1.0, 0.2))
    omega = np.array([0.5, 1.0, 1.4])
    rate = reservoir.rate_out(omega)
    np.testing.assert_allclose(reservoir.level_shift_out(omega), rate / 2 * (omega - 1) / 0.2, atol=1e-14)


def test_tabulated_density_reproduces_the_shifts_it_was_made_from():
    exact = Ohmic(0.1, 2.0)
    table = np.concatenate([np.linspace(0, 10, 101), np.linspace(10.5, 60, 100)])
    omega = np.array([-3.0, 0.3, 1.9, 7.0])
    one = Reservoir("r", bose_einstein(temperature=0.7), exact)
    other = Reservoir("r", bose_einstein(temperature=0.7), Tabulated(table, exact(table)))
    for part in PARTS:
        np.testing.assert_allclose(getattr(other, part)(omega), getattr(one, part)(omega), rtol=5e-3)


def test_form_factor_is_integrated_over_its_van_hove_edges():
    """A one-dimensional band has no occupation-free shift inside: P int dk/(omega(k) - w) = 0."""
    chain = FormFactor(lambda k: 1.0, lambda k: 3 - 2 * np.cos(k), 1, (0.0, np.pi))
    reservoir = Reservoir("r", bose_einstein(temperature=0.5), chain)
    omega = np.array([1.2, 3.0, 4.9, 0.5, 6.0])
    outside = np.pi * 2 * np.sign(omega - 3) / np.sqrt(np.maximum((omega - 3) ** 2 - 4, 1e-300))
    expected = np.where(np.abs(omega - 3) < 2, 0.0, outside)
    np.testing.assert_allclose(reservoir.level_shift_difference(omega), expected, rtol=1e-11, atol=1e-10)
    # the thermal part in k, where nothing is singular outside of the band
    k, weights = np.polynomial.legendre.leggauss(60)
    energy = 3 - 2 * np.cos(np.pi * (k + 1) / 2)
    thermal = -np.sum(2 * weights * np.pi / 2 / np.expm1(2 * energy) / (energy - 0.5))
    assert reservoir.level_shift_in(0.5) == pytest.approx(thermal, rel=1e-11)


def test_matrix_of_shifts_of_a_constant_correlation():
    overlap = np.array([[1.0, 0.5j], [-0.5j, 0.8]])
    scalar = Reservoir("r", BOSONS["warm"], Ohmic(0.1, 2.0))
    matrix = Reservoir("r", BOSONS["warm"], CorrelatedDensity(Ohmic(0.1, 2.0), overlap))
    omega = np.array([0.3, 2.0])
    out, in_ = scalar.level_shift_out(omega), scalar.level_shift_in(omega)
    np.testing.assert_allclose(matrix.level_shift_matrix_out(omega), out[:, None, None] * overlap)
    np.testing.assert_allclose(matrix.level_shift_matrix_in(omega), in_[:, None, None] * overlap.conj())
    np.testing.assert_allclose(matrix.level_shift_out(omega), out)
    np.testing.assert_allclose(scalar.level_shift_matrix_out(0.3), [[out[0]]])
    difference = matrix.level_shift_matrix_difference(0.0)
    np.testing.assert_allclose(difference, -0.2 * overlap, rtol=1e-12)


def test_matrix_of_shifts_of_a_correlation_that_varies():
    """J_ab = J exp(i w tau): by components, with the densities J (1 + cos) and J (1 + sin)."""
    density = Ohmic(0.1, HardCutoff(2.0))

    def overlap(w):
        return [[1.0, np.exp(1j * w)], [np.exp(-1j * w), 1.0]]

    def shift_in(factor):
        band = CallableDensity(lambda w: density(w) * factor(w), density.support)
        return Reservoir("r", BOSONS["warm"], band).level_shift_in(0.7)

    matrix = Reservoir("r", BOSONS["warm"], CorrelatedDensity(density, overlap, channels=2))
    value = matrix.level_shift_matrix_in(0.7)
    alone = shift_in(np.ones_like)
    cosine, sine = shift_in(lambda w: 1 + np.cos(w)) - alone, shift_in(lambda w: 1 + np.sin(w)) - alone
    # in-processes go with the conjugate of J_ab
    np.testing.assert_allclose(value, [[alone, cosine - 1j * sine], [cosine + 1j * sine, alone]], rtol=1e-11)


def test_shapes():
    reservoir = ALL[0]
    for part in PARTS:
        assert getattr(reservoir, part)(np.ones((2, 3))).shape == (2, 3)
        assert np.ndim(getattr(reservoir, part)(1.0)) == 0
        assert getattr(reservoir, part)([]).shape == (0,)


def test_thousands_of_frequencies_are_those_one_by_one():
    omega = np.linspace(-20, 20, 3000)
    for reservoir in (ALL[0], ALL[3]):
        many = reservoir.level_shift_out(omega)
        for i in (0, 700, 1600, 2999):
            assert many[i] == pytest.approx(float(reservoir.level_shift_out(omega[i])), rel=1e-11)


def test_no_coupling_no_shift():
    reservoir = Reservoir("r", BOSONS["warm"], Ohmic(0.0, 2.0))
    np.testing.assert_array_equal(reservoir.level_shift_out([0.3, -1.0]), [0.0, 0.0])


def failure(match):
    return pytest.raises(NumericalError, match=match)


def test_divergent_part_at_omega_zero_is_named_with_the_remedy():
    with failure(r"level shift of reservoir 'ohmic' diverges at omega = 0, .* use `level_shift_difference`"):
        ALL[0].level_shift_out([0.5, 0.0])


def test_sharp_fermi_level_and_band_edges_are_named():
    cold = Reservoir("cold", FERMIONS["at zero temperature"], Newns(0.1, 2.0))
    with failure("diverges at omega = 0.3"):
        cold.level_shift_in(0.3)
    with failure("diverges at omega = 0.3"):
        Reservoir("cold", FERMIONS["at zero temperature"], Lorentzian(0.1, 0.0, 2.0)).level_shift_in(0.3)
    with failure("diverges at omega = 2"):
        Reservoir("r", BOSONS["warm"], Flat(0.1, 1.0, 2.0)).level_shift_difference(2.0)


def test_bands_without_edges_are_named():
    wide = Reservoir("wide", FERMIONS["warm"], Flat(0.1))
    for part in PARTS:
        with failure(r"'wide' diverges: its integrand does not vanish .* Give the band finite edges"):
            getattr(wide, part)(0.5)
    with failure("does not vanish"):
        Reservoir("r", BOSONS["warm"], Flat(0.1, 0.0)).level_shift_difference(0.5)


def test_bosonic_density_that_does_not_vanish_at_zero_is_named():
    with failure(r"not integrable at v = 0. The spectral density must vanish there faster"):
        Reservoir("r", BOSONS["warm"], Lorentzian(0.1, 1.0, 0.2)).level_shift_in(0.5)


def test_invalid_occupation_inside_the_band_is_named():
    """A temperature function that is fine at the Bohr frequencies may not be elsewhere."""
    field = LocalTemperature(Statistics.BOSON, lambda w: 1 - w / 10)
    reservoir = Reservoir("r", field, Ohmic(0.1, 2.0))
    assert reservoir.rate_in(1.0) > 0
    with pytest.raises(InputError, match=r"`beta_of_omega` must give beta\(omega\) \* omega > 0 for bosons"):
        reservoir.level_shift_in(1.0)


def test_branch_dependence_failing_functions_and_missing_parts_are_named():
    odd = GeneralizedGibbs(Statistics.FERMION, (1.0,), (lambda w, branch: branch * w,))
    with pytest.raises(InputError, match="'odd' must not depend on the momentum branch"):
        Reservoir("odd", odd, Newns(0.1, 2.0)).level_shift_in(0.5)

    def broken(w):
        if w > 3:
            raise ValueError("not measured")
        return w

    with pytest.raises(UserCodeError, match=r"`CallableDensity.function` raised ValueError at omega = "):
        Reservoir("r", BOSONS["warm"], CallableDensity(broken)).level_shift_difference(0.5)
    with pytest.raises(InputError, match="has no `spectral_density`, which a level shift needs"):
        Reservoir("r", BOSONS["warm"]).level_shift_in(0.5)
    with pytest.raises(InputError, match="has no `distribution`, which a level shift needs"):
        Reservoir("r", None, Flat(0.1, 0.0, 1.0)).level_shift_in(0.5)


# Ends of subintervals, in units of T, that let the reference resolve an occupation to PROMISED.
THERMAL_BREAKS = (0.3, 1, 2, 3.5, 5, 7, 10, 15, 20, 25, 30, 40, 60)

# The accuracy promised for the quadrature, over parameters of many decades.
PROMISED = 1e-10


def random_reservoir(rng):
    """A reservoir, its J in many digits, the scale of its band; poles everywhere, also near edges and mu."""
    scale = float(10 ** rng.uniform(-1, 1))
    beta = float(10 ** rng.uniform(-2, 3)) / scale
    boson = bool(rng.integers(2))
    family = rng.choice(["ohmic", "hard", "drude", "newns", "flat"] + ([] if boson else ["lorentzian"]))
    s = float(rng.choice([0.5, 1.0, 2.0, rng.uniform(0.2, 3.5)]))
    unit = mp.mpf(scale)
    if family in ("ohmic", "hard"):
        density = Ohmic(1.0, scale if family == "ohmic" else HardCutoff(scale), s)
        damping = mp.exp if family == "ohmic" else (lambda x: mp.mpf(1))

        def j(v):
            return unit * (v / unit) ** mp.mpf(s) * damping(-v / unit)
    elif family == "drude":
        density = DrudeLorentz(np.pi / 2, scale)

        def j(v):
            return v * unit / (v**2 + unit**2)
    elif family == "newns":
        density = Newns(2 * np.pi, scale, float(scale * rng.uniform(1.1, 3)) if boson else 0.0)
        a, b = (mp.mpf(edge) for edge in density.support)

        def j(v):
            return 2 * mp.sqrt(max((v - a) * (b - v), 0)) / (b - a)
    elif family == "flat":
        density = Flat(2 * np.pi, 0.3 * scale if boson else -scale, 2 * scale)

        def j(v):
            return mp.mpf(1)
    else:
        density = Lorentzian(2 * np.pi, float(scale * rng.normal()), float(scale * 10 ** rng.uniform(-2, 0)))

        def j(v):
            return 1 / (1 + ((v - mp.mpf(density.centre)) / mp.mpf(density.half_width)) ** 2)

    if boson:
        edge = density.support[0]
        mu = edge - float(scale * 10 ** rng.uniform(-3, 0.5)) if edge or rng.integers(2) else 0.0
        distribution = bose_einstein(inverse_temperature=beta, chemical_potential=mu)
    else:
        mu = float(scale * rng.normal())
        distribution = fermi_dirac(inverse_temperature=beta, chemical_potential=mu)
    edges = [edge for edge in density.support if np.isfinite(edge)]
    poles = [scale * rng.normal() * 2, -scale * 10 ** rng.uniform(-4, 1), scale * 10 ** rng.uniform(-4, 1.5)]
    poles += [mu + rng.normal() / beta] if mu else []
    poles += [edge + sign * scale * 10 ** rng.uniform(-8, -1) for edge in edges for sign in (-1, 1)]
    return Reservoir("r", distribution, density), j, scale, np.array(poles)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_random_reservoirs_reach_the_promised_accuracy(seed):
    reservoir, j, scale, poles = random_reservoir(np.random.default_rng(seed))
    beta, mu = reservoir.inverse_temperature, reservoir.chemical_potential
    lower, upper = reservoir.spectral_density.support
    if reservoir.statistics is Statistics.BOSON:

        def absorption(v):
            return j(v) * bose(mp.mpf(beta) * (v - mp.mpf(mu)))

        def emission(v):
            return -j(v) * bose(-mp.mpf(beta) * (v - mp.mpf(mu)))
    else:

        def absorption(v):
            return j(v) * fermi(mp.mpf(beta) * (v - mp.mpf(mu)))

        def emission(v):
            return j(v) * fermi(-mp.mpf(beta) * (v - mp.mpf(mu)))

    breaks = [scale, 5 * scale, 30 * scale, *reservoir.spectral_density.structure_points()]
    for place in (mu, lower, upper):
        if np.isfinite(place):
            breaks += [place + k / beta for k in (0, *THERMAL_BREAKS, *(-k for k in THERMAL_BREAKS))]
    out = [-principal_value(emission, pole, lower, upper, breaks) for pole in poles]
    in_ = [-principal_value(absorption, pole, lower, upper, breaks) for pole in poles]
    np.testing.assert_allclose(reservoir.level_shift_out(poles), np.array(out, float), rtol=PROMISED)
    np.testing.assert_allclose(reservoir.level_shift_in(poles), np.array(in_, float), rtol=PROMISED)
    scale_ = np.abs(np.array(out, float)) + np.abs(np.array(in_, float))
    difference = np.array([float(a - b) for a, b in zip(out, in_, strict=True)])
    assert np.all(np.abs(reservoir.level_shift_difference(poles) - difference) <= PROMISED * scale_)


def test_a_density_that_diverges_at_zero_has_no_thermal_shift() -> None:
    # J n grows like v^-1.5: not integrable, and beyond the largest double before it reaches zero.
    bath = Reservoir("bath", bose_einstein(temperature=1.0), CallableDensity(lambda v: 0.1 / np.sqrt(v), (0.0, 5.0)))
    with pytest.raises(NumericalError, match=r"level shift of reservoir 'bath'.*"):
        bath.level_shift_in(np.array([1.0]))
