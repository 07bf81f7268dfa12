"""Redfield is the nested double commutator for any coupling; its cut at zero is the weak-coupling generator."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from equipoise import (
    Coupling,
    InputError,
    NumericalError,
    Ohmic,
    OpenSystem,
    Reservoir,
    bose_einstein,
    fermi_dirac,
    weak_coupling,
)
from equipoise.generators import Dissipator, Generator, Jumps, MatrixFree, lindbladian, rate_equation, redfield
from equipoise.generators._one_sided import Exchange
from equipoise.generators.kossakowski import canonical_jumps, kossakowski_eigenvalues, smallest_kossakowski_eigenvalue
from equipoise.generators.redfield_equation import _full
from equipoise.reservoirs import CallableDensity, CorrelatedDensity, Newns
from equipoise.spectrum import spectrum_of_matrix
from equipoise.thermodynamics import currents
from random_systems import complex_matrix, unitary
from reference.nested_commutator import double_commutator
from reference.redfield import redfield_superoperator

Channel = tuple[object, ...]


def bosonic(rng: np.random.Generator, d: int, hermitian: bool) -> tuple[OpenSystem, list[Channel]]:
    """Two reservoirs in a rotated basis; the channels of the twin keep out and in apart, also where D is Hermitian."""
    V = unitary(rng, d)
    H = V @ np.diag(rng.uniform(0, 3, d)) @ V.conj().T
    couplings, channels = [], []
    for r in range(2):
        # A coupling that is not Hermitian has no half-sided transform at frequency zero of an Ohmic reservoir.
        exponent = 1.0 if hermitian else 3.0
        bath = Reservoir(f"bath {r}", bose_einstein(temperature=rng.uniform(0.5, 2)), Ohmic(0.1, 5.0, exponent))
        D = complex_matrix(rng, d, d)
        D = D + D.conj().T if hermitian else D
        couplings.append(Coupling(bath, D))
        channels.append(channel(bath, D, hermitian))
    return OpenSystem(0.5 * (H + H.conj().T), couplings), channels


def channel(bath: Reservoir, D: np.ndarray, hermitian: bool) -> Channel:
    def at(w: float) -> float:
        return 0.0 if abs(w) < 1e-9 else w

    @cache
    def shift_out(w: float) -> float:
        return float(bath.level_shift_difference(0.0) if hermitian and at(w) == 0 else bath.level_shift_out(at(w)))

    @cache
    def shift_in(w: float) -> float:
        # At zero only the difference is finite and only it enters a Hermitian coupling: all of it is given to out.
        return 0.0 if hermitian and at(w) == 0 else float(bath.level_shift_in(at(w)))

    return [D], lambda w: float(bath.rate_out(at(w))), lambda w: float(bath.rate_in(at(w))), shift_out, shift_in


@pytest.mark.parametrize("hermitian", [True, False])
@pytest.mark.parametrize("cut", [None, 0.0, 0.6, 2.0])
def test_redfield_is_the_nested_commutator_with_half_sided_transforms(hermitian: bool, cut: float | None) -> None:
    for d in (2, 3):
        system, channels = bosonic(np.random.default_rng(10 * d), d, hermitian)

        def window(w1: float, w2: float) -> float:
            return 1.0 if cut is None else float(abs(w1 - w2) <= cut + 1e-9)

        expected = redfield_superoperator(system.hamiltonian, channels, 1e-9, window)
        found = redfield(system, secular_cut=cut).superoperator()
        assert np.abs(found - expected).max() < 1e-13 * np.abs(expected).max()


@pytest.mark.parametrize("fermions", [True, False])
def test_redfield_is_the_double_commutator_with_an_explicit_bath(fermions: bool) -> None:
    """One broadened mode; nothing of the library's formulas but `Exchange` and the signed jumps is used."""
    rng = np.random.default_rng(3)
    kappa, nu, beta, g = 0.7, 1.3, 2.5 if fermions else 6.0, 0.4
    levels = 2 if fermions else 8
    a = np.diag(np.sqrt(np.arange(1.0, levels)), 1)
    weights = np.exp(-beta * nu * np.arange(levels))
    rho_bath = np.diag(weights / weights.sum())
    d = 4
    parity = np.diag([1.0, -1.0, -1.0, 1.0])
    H, D = complex_matrix(rng, d, d), complex_matrix(rng, d, d)
    H = H + H.conj().T
    A = g * a
    if fermions:
        same = np.diag(parity)[:, None] == np.diag(parity)[None, :]
        H, D = np.where(same, H, 0), np.where(same, 0, D)
        # Jordan-Wigner: system operators and the string of the system on the bath mode anticommute.
        term = np.kron(D @ parity, A.conj().T)
    else:
        term = np.kron(D, A.conj().T)
    interaction = term + term.conj().T
    spectrum = spectrum_of_matrix(H)
    expected = double_commutator(H, nu * a.conj().T @ a, rho_bath, interaction, kappa)
    empty = float(np.trace(A @ A.conj().T @ rho_bath).real)
    full = float(np.trace(A.conj().T @ A @ rho_bath).real)
    out = (lambda w: 2 * (empty / (kappa + 1j * (nu - w))).real, lambda w: (empty / (kappa + 1j * (nu - w))).imag)
    into = (lambda w: 2 * (full / (kappa - 1j * (nu + w))).real, lambda w: (full / (kappa - 1j * (nu + w))).imag)
    elements = spectrum.to_energy_basis(D)
    bath = Reservoir("mode")
    found = [Exchange(bath, elements, *out), Exchange(bath, elements.conj().T, *into)]
    pairs = np.array([(e.operator, e.half_sided(spectrum, lamb_shift=True)) for e in found])
    rates, jumps, K = _full(pairs)
    operators = np.array([spectrum.to_given_basis(np.sqrt(abs(r)) * L) for r, L in zip(rates, jumps, strict=True)])
    part = Dissipator(
        Jumps(operators, tuple(int(np.sign(r)) for r in rates)), coherent_term=lambda: spectrum.to_given_basis(K)
    )
    columns = [part.apply(unit.reshape(d, d)).ravel() for unit in np.eye(d * d)]
    # Fermions: no state has coherence between parities, and the string gives those another sign.
    allowed = (np.outer(np.diag(parity), np.diag(parity)) > 0).ravel() if fermions else np.ones(d * d, dtype=bool)
    difference = (np.array(columns).T - expected)[:, allowed]
    assert np.abs(difference).max() < 1e-12 * np.abs(expected).max()


def test_a_cut_at_zero_is_the_weak_coupling_generator() -> None:
    for hermitian in (True, False):
        system, _ = bosonic(np.random.default_rng(4), 4, hermitian)
        difference = redfield(system, secular_cut=0.0).superoperator() - weak_coupling(system).superoperator()
        assert np.abs(difference).max() < 1e-13 * np.abs(weak_coupling(system).superoperator()).max()


def test_a_wide_cut_is_no_cut() -> None:
    system, _ = bosonic(np.random.default_rng(5), 3, hermitian=True)
    whole = redfield(system).superoperator()
    for cut in (100.0, np.inf):
        assert np.allclose(redfield(system, secular_cut=cut).superoperator(), whole, atol=1e-13 * np.abs(whole).max())


def test_degenerate_levels_and_equal_gaps() -> None:
    bath = Reservoir("bath", bose_einstein(temperature=0.8), Ohmic(0.1, 5.0))
    rng = np.random.default_rng(6)
    D = complex_matrix(rng, 5, 5)
    system = OpenSystem([0.0, 0.0, 1.0, 1.0, 2.0], [Coupling(bath, D + D.conj().T)])
    expected = weak_coupling(system).superoperator()
    assert np.abs(redfield(system, secular_cut=0.0).superoperator() - expected).max() < 1e-13 * np.abs(expected).max()


def test_fermions_graded_by_number() -> None:
    lead = Reservoir("lead", fermi_dirac(temperature=0.4, chemical_potential=0.3), Newns(0.1, 4.0))
    D = np.array([[0, 1, 0.5, 0], [0, 0, 0, -0.5], [0, 0, 0, 1], [0, 0, 0, 0]], dtype=complex)
    N = np.diag([0.0, 1.0, 1.0, 2.0])
    H = np.diag([0.0, 0.2, 0.9, 1.6]).astype(complex)
    H[1, 2] = H[2, 1] = 0.3
    system = OpenSystem(H, [Coupling(lead, D)], number=N)
    expected = redfield_superoperator(H, [channel(lead, D, hermitian=False)], 1e-9)
    generator = redfield(system)
    assert np.abs(generator.superoperator() - expected).max() < 1e-13 * np.abs(expected).max()
    rho = np.diag([0.4, 0.3, 0.2, 0.1])
    # Without coherence between numbers, quanta are particles: the flow is that of N.
    change = (expected @ rho.ravel()).reshape(4, 4)
    assert currents(generator, rho).particles[0] == pytest.approx(np.trace(N @ change).real, rel=1e-12)


def test_constant_correlations_between_channels() -> None:
    """Fully correlated channels are one channel with the sum of their operators."""
    alone = Ohmic(0.1, 5.0)
    X, Y = np.array([[0, 1], [1, 0]]), np.diag([1.0, -1.0])
    thermal = bose_einstein(temperature=0.6)
    both = Reservoir("bath", thermal, CorrelatedDensity(alone, [[1, 1], [1, 1]]))
    one = Reservoir("bath", thermal, alone)
    correlated = redfield(OpenSystem([0.0, 1.0], [Coupling(both, X, 0), Coupling(both, Y, 1)]))
    summed = redfield(OpenSystem([0.0, 1.0], [Coupling(one, X + Y)]))
    assert np.allclose(correlated.superoperator(), summed.superoperator(), atol=1e-14)


def test_a_canonical_rate_is_negative_and_is_reported() -> None:
    system, _ = bosonic(np.random.default_rng(7), 3, hermitian=True)
    generator = redfield(system)
    lowest = min(kossakowski_eigenvalues(part)[0] for part in generator.dissipators)
    assert lowest < 0
    assert f"smallest canonical rate of 'bath 0': {kossakowski_eigenvalues(generator.dissipators[0])[0]:.3g}" in (
        generator.provenance.notes
    )
    assert all(len(part.representation.signs) == 2 for part in generator.dissipators)


def test_energy_flows_are_those_of_the_tensor_and_add_up_at_stationarity() -> None:
    system, channels = bosonic(np.random.default_rng(8), 3, hermitian=True)
    rho = np.diag([0.5, 0.3, 0.2]) + 0.05 * (np.ones((3, 3)) - np.eye(3))
    flows = currents(redfield(system), rho)
    for r, one in enumerate(channels):
        tensor = redfield_superoperator(system.hamiltonian, [one], 1e-9)
        change = (tensor @ rho.ravel()).reshape(3, 3)
        assert flows.energy[r] == pytest.approx(np.trace(system.hamiltonian @ change).real, rel=1e-11)


def test_without_level_shifts_the_transform_is_half_the_rate() -> None:
    system, channels = bosonic(np.random.default_rng(9), 3, hermitian=True)
    bare = [(ops, out, into, lambda _: 0.0, lambda _: 0.0) for ops, out, into, _, _ in channels]
    expected = redfield_superoperator(system.hamiltonian, bare, 1e-9)
    found = redfield(system, lamb_shift=False).superoperator()
    assert np.abs(found - expected).max() < 1e-13 * np.abs(expected).max()


def test_a_reservoir_without_modes_at_the_frequencies_asked_does_nothing() -> None:
    """A band far above all levels, level shifts left out: no jumps at all."""
    band = CallableDensity(lambda v: 0.1 * np.sqrt((v - 9) * (10 - v)), (9.0, 10.0))
    far = Reservoir("far", bose_einstein(temperature=1.0), band)
    generator = redfield(OpenSystem([0.0, 1.0], [Coupling(far, [[0, 1], [1, 0]])]), lamb_shift=False)
    assert not np.any(generator.dissipators[0].apply(np.eye(2)))
    for cut in (0.0, 5.0):
        none = redfield(OpenSystem([0.0, 1.0], [Coupling(far, [[0, 1], [1, 0]])]), lamb_shift=False, secular_cut=cut)
        assert not np.any(none.dissipators[0].apply(np.eye(2)))
    shifted = redfield(OpenSystem([0.0, 1.0], [Coupling(far, [[0, 1], [1, 0]])]))
    assert np.any(shifted.dissipators[0].apply(np.array([[0, 1], [1, 0]])))


def test_real_couplings_agree_with_the_tensor_of_qutip() -> None:
    """Its tensor has no level shifts and is right for real symmetric couplings."""
    qutip = pytest.importorskip("qutip")
    rng = np.random.default_rng(14)
    H, X = (A + A.T for A in rng.normal(size=(2, 3, 3)))
    bath = Reservoir("bath", bose_einstein(temperature=0.8), Ohmic(0.05, 4.0))

    def power(w: float) -> float:
        return float(bath.rate_out(w) if w > 0 else bath.rate_in(-w) * (2 if w == 0 else 1))

    expected = qutip.bloch_redfield_tensor(qutip.Qobj(H), [[qutip.Qobj(X), power]], sec_cutoff=-1, fock_basis=True)
    found = redfield(OpenSystem(H, [Coupling(bath, X)]), lamb_shift=False).superoperator()
    # Its vectors stack columns, ours rows.
    swap = np.arange(9).reshape(3, 3).T.ravel()
    assert np.abs(found - expected.full()[np.ix_(swap, swap)]).max() < 1e-12


def test_canonical_rates_do_not_depend_on_the_choice_of_jumps() -> None:
    rng = np.random.default_rng(11)
    jumps = [complex_matrix(rng, 3, 3) for _ in range(3)]
    H = np.diag([0.0, 1.0, 2.5])
    mixed = np.einsum("kl,lij->kij", unitary(rng, 3), np.array(jumps)) + 0.7j * np.eye(3)
    a, b = (kossakowski_eigenvalues(lindbladian(H, list(L), signs=None)) for L in (jumps, mixed))
    assert np.allclose(a, b, rtol=1e-12)
    assert smallest_kossakowski_eigenvalue(lindbladian(H, jumps)) == 0.0


def test_canonical_jumps_rebuild_the_generator() -> None:
    rng = np.random.default_rng(12)
    operators = np.array([complex_matrix(rng, 3, 3) for _ in range(3)])
    C = complex_matrix(rng, 3, 3)
    C = C + C.conj().T
    rates, jumps, K = canonical_jumps(operators, C)
    rho = complex_matrix(rng, 3, 3)
    expected = np.zeros((3, 3), dtype=complex)
    for a in range(3):
        for b in range(3):
            A, B = operators[a], operators[b].conj().T
            expected += C[a, b] * (A @ rho @ B - 0.5 * (B @ A @ rho + rho @ B @ A))
    found = -1j * (K @ rho - rho @ K)
    for rate, F in zip(rates, jumps, strict=True):
        M = F.conj().T @ F
        found = found + rate * (F @ rho @ F.conj().T - 0.5 * (M @ rho + rho @ M))
    assert np.allclose(found, expected, atol=1e-12)
    assert np.allclose(np.trace(jumps, axis1=1, axis2=2), 0, atol=1e-12)


def test_canonical_rates_of_the_other_kinds() -> None:
    system, _ = bosonic(np.random.default_rng(13), 3, hermitian=True)
    assert kossakowski_eigenvalues(weak_coupling(system)).min() > 0
    assert kossakowski_eigenvalues(rate_equation([[0, 1], [2, 0]])) == pytest.approx([1.0, 2.0], rel=1e-15)
    assert kossakowski_eigenvalues(rate_equation([[0, 0], [0, 0]])).size == 0
    free = MatrixFree(lambda rho: 0 * rho, lambda X: 0 * X)
    with pytest.raises(InputError, match="must have jump operators, but a dissipator of it is known by its action"):
        kossakowski_eigenvalues(Generator(system.spectrum, (Dissipator(free),)))


def test_messages() -> None:
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.1, 5.0))
    system = OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])])
    with pytest.raises(InputError, match=r"`secular_cut` must be >= 0 \(an energy\), but got -1.0"):
        redfield(system, secular_cut=-1.0)
    with pytest.raises(InputError, match="`resolution` must be >= 0, but got -1"):
        redfield(system, resolution=-1)
    complex_diagonal = OpenSystem([0.0, 1.0], [Coupling(bath, [[0.5, 1], [0, -0.5j]])])
    with pytest.raises(NumericalError, match="half-sided transform .* of reservoir 'bath' does not exist"):
        redfield(complex_diagonal)
    redfield(complex_diagonal, lamb_shift=False)
    varying = CorrelatedDensity(Ohmic(0.1, 5.0), lambda w: np.broadcast_to(np.eye(2), (*np.shape(w), 2, 2)), channels=2)
    bath = Reservoir("bath", bose_einstein(temperature=1.0), varying)
    couplings = [Coupling(bath, [[0, 1], [1, 0]], 0), Coupling(bath, [[1, 0], [0, 0]], 1)]
    with pytest.raises(InputError, match="correlation matrix that does not depend on frequency.*Use weak_coupling"):
        redfield(OpenSystem([0.0, 1.0], couplings))
    negative = Reservoir("odd", bose_einstein(temperature=1.0), CallableDensity(lambda w: -w, (0.0, np.inf)))
    with pytest.raises(InputError, match="This is reservoir 'odd'"):
        redfield(OpenSystem([0.0, 1.0], [Coupling(negative, [[0, 1], [1, 0]])]))
