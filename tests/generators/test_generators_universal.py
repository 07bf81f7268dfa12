"""Geometric-mean generators: completely positive, jump part in detailed balance, coherent term as defined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from equipoise import Coupling, NumericalError, Ohmic, OpenSystem, Reservoir, bose_einstein, fermi_dirac, weak_coupling
from equipoise.balance import detailed_balance
from equipoise.generators import geometric_arithmetic, redfield, universal_lindblad
from equipoise.generators.kossakowski import kossakowski_eigenvalues
from equipoise.reservoirs import DrudeLorentz, Flat, Newns
from equipoise.stationary import gibbs_state
from random_systems import complex_matrix, unitary


def system_with(temperature: float = 0.7, d: int = 3, hermitian: bool = True, seed: int = 1) -> OpenSystem:
    rng = np.random.default_rng(seed)
    bath = Reservoir("bath", bose_einstein(temperature=temperature), Ohmic(0.1, 3.0, 1.0 if hermitian else 3.0))
    D = complex_matrix(rng, d, d)
    V = unitary(rng, d)
    H = V @ np.diag(rng.uniform(0, 3, d)) @ V.conj().T
    return OpenSystem(0.5 * (H + H.conj().T), [Coupling(bath, D + D.conj().T if hermitian else D)])


def rate(bath: Reservoir, w: float) -> float:
    """Of the reservoir operator A + A^dagger, w > 0 emission."""
    return float(bath.rate_out(w) if w >= 0 else bath.rate_in(-w)) * (2 if w == 0 else 1)


@pytest.mark.parametrize("temperature", [0.7, 0.1])
def test_jump_and_coherent_term_of_a_hermitian_coupling(temperature: float) -> None:
    """K from the double sum over Bohr frequencies, each with its own principal-value integral by another rule."""
    bath = Reservoir("bath", bose_einstein(temperature=temperature), DrudeLorentz(0.1, 3.0))
    X = np.array([[0.3, 1 - 0.5j], [1 + 0.5j, -0.4]])
    e = np.array([0.0, 1.2])
    part = universal_lindblad(OpenSystem(e, [Coupling(bath, X)])).dissipators[0]
    rates = np.array([[rate(bath, e[j] - e[i]) for j in range(2)] for i in range(2)])
    assert np.abs(part.representation.operators[0] - np.sqrt(rates) * X).max() < 1e-15  # type: ignore[attr-defined]

    def f(w1: float, w2: float) -> float:
        def odd(v: float) -> float:
            F = [np.sqrt(rate(bath, s * v + w1) * rate(bath, s * v + w2)) for s in (1, -1)]
            return float((F[0] - F[1]) / v)

        inner = quad(odd, 0, 30, points=[0.5, 1.2, 3.0], limit=400, epsabs=1e-12, epsrel=1e-10)[0]
        outer = quad(lambda t: odd(1 / t) / t**2, 0, 1 / 30, limit=400, epsabs=1e-12, epsrel=1e-10)[0]
        return -(inner + outer) / (2 * np.pi)

    expected = np.zeros((2, 2), dtype=complex)
    for m in range(2):
        for k in range(2):
            for low in range(2):
                expected[m, k] += f(e[m] - e[low], e[k] - e[low]) * X[low, m].conj() * X[low, k]
    assert part.coherent is not None
    assert np.abs(part.coherent - expected).max() < 1e-9 * np.abs(expected).max()


@pytest.mark.parametrize("hermitian", [True, False])
@pytest.mark.parametrize("temperature", [0.7, 0.0])
def test_coherent_terms_have_the_lamb_shift_on_the_diagonal(hermitian: bool, temperature: float) -> None:
    """f(w, w) = S(w): within levels both coherent terms are the Lamb shift of the weak-coupling limit."""
    system = system_with(temperature, 3, hermitian)
    spectrum = system.spectrum
    lamb = weak_coupling(system).dissipators[0].coherent
    for made in (universal_lindblad, geometric_arithmetic):
        K = made(system).dissipators[0].coherent
        assert lamb is not None
        assert K is not None
        assert np.abs(K - K.conj().T).max() < 1e-13 * np.abs(K).max()
        difference = np.diag(spectrum.to_energy_basis(K - lamb))
        assert np.abs(difference).max() < 1e-9 * np.abs(K).max()


def test_fermions_in_a_band_with_edges() -> None:
    lead = Reservoir("lead", fermi_dirac(temperature=0.1, chemical_potential=0.3), Newns(0.1, 4.0))
    system = OpenSystem([0.0, 0.4], [Coupling(lead, [[0, 1], [0, 0]])])
    lamb, K = (made(system).dissipators[0].coherent for made in (weak_coupling, universal_lindblad))
    assert lamb is not None
    assert K is not None
    assert np.abs(K - lamb).max() < 1e-10


def test_arithmetic_shift_is_that_of_redfield_without_the_unequal_rates() -> None:
    system = system_with()
    K = geometric_arithmetic(system).dissipators[0].coherent
    # H_Redfield(with S) - H_Redfield(without S), from the antihermitian drift of both tensors on the identity's gauge.
    full, bare = (redfield(system, lamb_shift=shift) for shift in (True, False))
    d = system.dimension

    def effective(generator: object) -> np.ndarray:
        S = generator.superoperator().reshape(d, d, d, d)  # type: ignore[attr-defined]
        # Tr over the right index of L = -iH_eff (x) 1 + ...: the traceless Hermitian part of the generator.
        left = np.einsum("ikjk->ij", S)
        H = 0.5j * (left - left.conj().T) / d
        return np.asarray(H - np.trace(H) / d * np.eye(d))

    assert K is not None
    traceless = K - np.trace(K) / d * np.eye(d)
    difference = effective(full) - effective(bare)
    # The gauge of the jumps moves a commutator of B and tr Lambda, present in Redfield's kernel i (S1 - S2) too.
    B = system.spectrum.to_energy_basis(system.couplings[0].operator)
    bath = system.reservoirs[0]
    e = system.spectrum.energies
    S = np.array([[float(bath.level_shift_symmetric(e[j] - e[i])) for j in range(d)] for i in range(d)])
    Sigma = 1j * system.spectrum.to_given_basis(S * B)
    B = np.asarray(system.couplings[0].operator)
    moved = sum((np.trace(Q) / d).conj() * (P - np.trace(P) / d * np.eye(d)) for P, Q in ((B, Sigma), (Sigma, B)))
    expected = traceless + 0.5j * (moved - moved.conj().T)
    assert np.abs(difference - expected).max() < 1e-12 * np.abs(K).max()


@pytest.mark.parametrize("made", [universal_lindblad, geometric_arithmetic])
@pytest.mark.parametrize("hermitian", [True, False])
def test_jump_part_is_in_standard_detailed_balance_and_completely_positive(made: object, hermitian: bool) -> None:
    system = system_with(0.7, 4, hermitian)
    generator = made(system, lamb_shift=False)  # type: ignore[operator]
    tau = gibbs_state(generator.spectrum, 1 / 0.7)
    found = detailed_balance(generator, tau)
    assert found.jump < 1e-13 * found.norm
    assert found.kms_but_not_gns > 1e-3 * found.norm
    assert kossakowski_eigenvalues(generator).min() > 0
    assert len(generator.dissipators[0].representation.operators) == (1 if hermitian else 2)


def test_weak_coupling_rates_between_levels() -> None:
    """Populations go at golden-rule rates in each of the limits."""
    system = system_with()
    spectrum = system.spectrum
    tables = []
    for generator in (universal_lindblad(system, lamb_shift=False), weak_coupling(system)):
        parts = [generator.dissipators[0].apply_elements(np.diag(p), spectrum) for p in np.eye(3, dtype=complex)]
        tables.append([np.diag(part).real for part in parts])
    assert np.allclose(tables[0], tables[1], rtol=1e-11, atol=1e-13)


def test_a_band_without_edges_has_no_coherent_term() -> None:
    lead = Reservoir("lead", fermi_dirac(temperature=0.3), Flat(0.1))
    generator = universal_lindblad(OpenSystem([0.0, 0.4], [Coupling(lead, [[0, 1], [0, 0]])]))
    with pytest.raises(NumericalError, match="'lead' did not converge near the frequency inf.*lamb_shift=False"):
        _ = generator.dissipators[0].coherent


def test_provenance_says_which_laws_are_kept() -> None:
    notes = universal_lindblad(system_with()).provenance.notes
    assert "completely positive" in notes[0]
    assert "entropy production may be negative" in notes[0]
