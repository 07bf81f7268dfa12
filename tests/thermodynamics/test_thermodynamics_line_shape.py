"""Line shapes: against the full superoperator, exact dynamics of a field, and the energy shell as their limit."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import eigh_tridiagonal

from equipoise import InputError
from equipoise.generators import lindbladian, weak_coupling
from equipoise.reservoirs import Flat, FormFactor, Ohmic, Reservoir, bose_einstein, fermi_dirac
from equipoise.stationary import evolution
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import emission_spectrum, field_emission, line_shape
from equipoise.thermodynamics.line_shapes import coherence_decay

LEVELS = np.array([0.0, 0.7, 1.9])


def three_levels(strength=0.1):
    """Two fields with complex lowering couplings (and one dephasing element), chemical potential included."""
    rng = np.random.default_rng(5)
    fields = [
        Reservoir(
            "line",
            bose_einstein(temperature=0.8, chemical_potential=-0.2),
            FormFactor(
                lambda k: strength * k**2 * np.exp(-(k**2) / 20) * (1 + 0.1 * k),
                lambda k: k**2 / 2 + np.abs(k),
                1,
                velocity=lambda k: k + np.sign(k),
            ),
        ),
        Reservoir("ohmic", bose_einstein(temperature=1.5), Ohmic(strength**2, 5.0)),
    ]
    matrices = [np.triu(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)), 1) for _ in fields]
    matrices[1] += np.diag([0.3, -0.2, 0.5])
    return OpenSystem(LEVELS, [Coupling(f, D) for f, D in zip(fields, matrices, strict=True)]), matrices


def test_lines_are_half_fourier_transforms_of_the_correlations():
    """-2 |g|^2 Re Tr[D^dagger (i w - L)^-1 ((1 + n) D rho - n rho D)], by the d^2 x d^2 superoperator."""
    system, (D, _) = three_levels()
    generator = weak_coupling(system)
    rho = np.diag([0.5, 0.3, 0.2]).astype(complex)
    momenta = np.array([0.4, -0.6, 1.1, -2.0])
    found = line_shape(generator, rho, reservoir="line", momenta=momenta).total
    L = generator.superoperator()
    for k, rate in zip(momenta, found, strict=True):
        omega = k**2 / 2 + abs(k)
        occupation = 1 / np.expm1((omega + 0.2) / 0.8)
        start = (1 + occupation) * D @ rho - occupation * rho @ D
        history = np.linalg.solve(1j * omega * np.eye(9) - L, start.ravel()).reshape(3, 3)
        g = 0.1 * k**2 * np.exp(-(k**2) / 20) * (1 + 0.1 * k)
        assert rate == pytest.approx(-2 * g**2 * np.trace(D.conj().T @ history).real, rel=1e-11)


def test_coherences_shift_and_decay_as_in_the_superoperator():
    generator = weak_coupling(three_levels()[0])
    shifts, decay = coherence_decay(generator)
    L = generator.superoperator().reshape(3, 3, 3, 3)
    for m in range(3):
        for n in range(3):
            if m != n:
                expected = L[m, n, m, n] + 1j * (LEVELS[m] - LEVELS[n])
                assert -decay[m, n] - 1j * shifts[m, n] == pytest.approx(expected, rel=1e-12)


def test_lines_tend_to_the_energy_shell_in_second_order_of_the_coupling():
    errors = []
    strengths = np.array([0.02, 0.01, 0.005])
    rho = np.diag([0.5, 0.3, 0.2])
    for strength in strengths:
        generator = weak_coupling(three_levels(strength)[0])
        shell = field_emission(generator, rho).quanta.sum()
        line = line_shape(generator, rho, reservoir="line", momenta=[1.0])
        around = sorted({*(np.sqrt(1 + 2 * line.centres) - 1), 0.01, 3.0, 12.0})
        cuts = sorted({c + s * h for c in around[1:-2] for h in (0.0, 1e-3, 1e-2) for s in (1, -1)} | set(around))
        x, weights = np.polynomial.legendre.leggauss(60)
        k = np.concatenate([a + (b - a) * (x + 1) / 2 for a, b in pairwise(cuts)])
        dk = np.concatenate([(b - a) / 2 * weights for a, b in pairwise(cuts)])
        total = sum(dk @ line_shape(generator, rho, reservoir="line", momenta=sign * k).total for sign in (1, -1))
        errors.append(abs(total / shell - 1))
    order = np.polyfit(np.log(strengths), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 3e-3


def chain_populations(coupling, energy, sites):
    """Populations of the modes of a uniform chain long after a decay into it (exact, one excitation)."""
    diagonal = np.zeros(sites + 1)
    diagonal[0] = energy
    hopping = -np.ones(sites)
    hopping[0] = coupling
    energies, vectors = eigh_tridiagonal(diagonal, hopping)
    momenta = np.pi * np.arange(1, sites + 1) / (sites + 1)
    modes = np.sqrt(2 / (sites + 1)) * np.sin(np.outer(momenta, np.arange(1, sites + 1)))

    def at(time):
        amplitude = vectors @ (np.exp(-1j * energies * time) * vectors[0])
        return abs(amplitude[0]) ** 2, np.abs(modes @ amplitude[1:]) ** 2 * (sites + 1) / np.pi

    return momenta, at


def test_decay_into_an_exact_field_has_the_lorentzian_line():
    """At T = 0 the rate integrated over the decay is the final distribution; fitted order 2 in the coupling."""
    errors = []
    couplings = np.array([0.3, 0.2, 0.15])
    for coupling in couplings:
        field = FormFactor(
            lambda k, c=coupling: c * np.sqrt(2 / np.pi) * np.sin(k) * (np.asarray(k) > 0),
            lambda k: -2 * np.cos(k),
            1,
            (0.0, np.pi),
        )
        shifted = FormFactor(field.coupling, lambda k: 3 - 2 * np.cos(k), 1, (0.0, np.pi))
        vacuum = Reservoir("vacuum", bose_einstein(temperature=0.0), shifted)
        atom = weak_coupling(OpenSystem([0.0, 3.4], [Coupling(vacuum, [[0, 1], [0, 0]])]))
        momenta, at = chain_populations(coupling, 0.4, 700)
        remaining, exact = at(12.5 / coupling**2)
        line = line_shape(atom, np.diag([0, 1]), reservoir="vacuum", momenta=momenta)
        # The excited level empties at the rate 2 G: its integral over time is 1 / (2 G).
        expected = -line.total / (2 * line.half_widths[0])
        errors.append(np.abs(exact - expected).max() / expected.max() if remaining < 1e-9 else np.inf)
    assert errors[-1] < 0.01
    assert np.polyfit(np.log(couplings), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.4)


def test_a_dot_between_leads_has_the_exact_spectrum_of_its_current():
    """Resonant level, wide bands: Gamma_L Gamma_R (f_L - f_R) / 2 pi ((w - e)^2 + Gamma^2/4), order Gamma."""
    errors, scales = [], np.array([0.04, 0.02, 0.01])
    occupations = [fermi_dirac(temperature=0.5, chemical_potential=mu) for mu in (0.4, -0.6)]
    for scale in scales:
        rates = scale, 0.6 * scale
        leads = [Reservoir(n, f, Flat(g)) for n, f, g in zip("LR", occupations, rates, strict=True)]
        D = np.array([[0, 1], [0, 0]])
        dot = weak_coupling(OpenSystem([0.0, 0.1], [Coupling(lead, D) for lead in leads]), lamb_shift=False)
        filled = sum(g * f.occupation(0.1) for g, f in zip(rates, occupations, strict=True)) / sum(rates)
        omega = 0.1 + sum(rates) * np.linspace(-2, 2, 41)
        found = emission_spectrum(dot, np.diag([1 - filled, filled]), reservoir="L", frequencies=omega).total
        difference = occupations[0].occupation(omega) - occupations[1].occupation(omega)
        exact = rates[0] * rates[1] * difference / (2 * np.pi * ((omega - 0.1) ** 2 + sum(rates) ** 2 / 4))
        errors.append(np.abs(found - exact).max() / np.abs(exact).max())
    assert errors[-1] < 0.05
    assert np.polyfit(np.log(scales), np.log(errors), 1)[0] == pytest.approx(1.0, abs=0.1)


def test_emission_spectrum_sums_the_modes_of_one_energy():
    generator = weak_coupling(three_levels()[0])
    field = generator.dissipators[0].reservoir.spectral_density
    rho = np.diag([0.5, 0.3, 0.2])
    shells = field.shells(1.3)
    lines = line_shape(generator, rho, reservoir="line", momenta=shells.momenta).lines
    expected = lines @ (1 / np.abs(shells.velocities))
    np.testing.assert_allclose(
        emission_spectrum(generator, rho, reservoir="line", frequencies=[1.3]).lines[:, 0], expected, rtol=1e-10
    )


def test_emission_spectrum_integrates_to_the_flow_of_quanta():
    lead = Reservoir("lead", fermi_dirac(inverse_temperature=0.0), Flat(0.02))
    dot = weak_coupling(OpenSystem([0.0, 1.0], [Coupling(lead, [[0, 1], [0, 0]])]), lamb_shift=False)
    total = quad(
        lambda w: emission_spectrum(dot, np.diag([0.2, 0.8]), reservoir="lead", frequencies=[w]).total[0],
        -np.inf,
        np.inf,
    )[0]
    assert total == pytest.approx(0.02 * 0.5 * (0.2 - 0.8), rel=1e-6)


def test_all_quanta_of_a_decay_along_an_evolution_are_in_the_line():
    """T = 0: emission into the shells, integrated over a decay, is the energy lost; so is the line, mode by mode."""
    system, (D, _) = three_levels()
    field = Reservoir("line", bose_einstein(temperature=0.0), system.reservoirs[0].spectral_density)
    generator = weak_coupling(OpenSystem(LEVELS, [Coupling(field, D)]))
    x, weights = np.polynomial.legendre.leggauss(16)
    fastest = np.abs(generator.superoperator().real).max()
    ends = np.array([0.0, 1.0, 4.0, 16.0, 64.0, 256.0]) / fastest
    times = np.concatenate([a + (b - a) * (x + 1) / 2 for a, b in pairwise(ends)])
    dt = np.concatenate([(b - a) / 2 * weights for a, b in pairwise(ends)])
    path = evolution(generator, np.diag([0.0, 0.0, 1.0]), times)
    states = [path.state(index) for index in range(times.size)]
    lost = -sum(h * field_emission(generator, state).energy.sum() for h, state in zip(dt, states, strict=True))
    assert lost == pytest.approx(LEVELS[2], rel=1e-8)
    mean = sum(h * state.populations for h, state in zip(dt, states, strict=True))
    at_once = (
        line_shape(generator, np.diag(mean / mean.sum()), reservoir="line", momenta=[0.5, -0.9]).total * mean.sum()
    )
    each = sum(
        h * line_shape(generator, s, reservoir="line", momenta=[0.5, -0.9]).total
        for h, s in zip(dt, states, strict=True)
    )
    np.testing.assert_allclose(each, at_once, rtol=1e-10)


def refused(match):
    return pytest.raises(InputError, match=match)


def test_arguments_are_checked():
    system, _ = three_levels()
    generator, rho = weak_coupling(system), np.eye(3) / 3
    with refused("`reservoir` must name a reservoir .* got 'sun'. It has line, ohmic"):
        line_shape(generator, rho, reservoir="sun", momenta=[1.0])
    with refused("`reservoir` must have a FormFactor .* 'ohmic' is a Ohmic. Use emission_spectrum"):
        line_shape(generator, rho, reservoir="ohmic", momenta=[1.0])
    with refused("`frequencies` must be finite"):
        emission_spectrum(generator, rho, reservoir="ohmic", frequencies=[np.nan])
    field = FormFactor(lambda k: 0.1, lambda k: k, 3, (0.0, 5.0))
    bath = Reservoir("bath", bose_einstein(temperature=1.0), field)
    D = np.triu(np.ones((3, 3)), 1)
    sphere = weak_coupling(OpenSystem([0.0, 1.0, 2.3], [Coupling(bath, D)]))
    with refused(r"`momenta` must lie in the range of the form factor, 0 to 5, as moduli, but momenta\[1\] is -1"):
        line_shape(sphere, rho, reservoir="bath", momenta=[1.0, -1.0])
    ladder = weak_coupling(OpenSystem([0.0, 1.0, 2.0], [Coupling(bath, D)]))
    with refused("`generator` must have no degenerate levels and no two equal gaps.* 3 levels of 3 states have 2"):
        coherence_decay(ladder)
    with refused("`generator` must be secular, but unattributed is represented by Jumps"):
        coherence_decay(lindbladian(np.diag([0.0, 1.0]), [[[0, 1], [0, 0]]]))
