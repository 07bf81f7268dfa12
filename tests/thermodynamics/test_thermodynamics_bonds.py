"""Flows inside a chain: continuity, no current in a secular stationary state, the current of a local generator."""

import numpy as np
import pytest

from equipoise import (
    Coupling,
    InputError,
    OpenSystem,
    Reservoir,
    bose_einstein,
    lindbladian,
    stationary_state,
    weak_coupling,
)
from equipoise.reservoirs import Ohmic
from equipoise.thermodynamics import bond_currents, currents
from equipoise.thermodynamics.contractivity import coherence_between_levels
from random_systems import complex_matrix

DOWN, ONE = np.array([[0, 1.0], [0, 0]]), np.eye(2)


def on(site, operator, sites=3):
    out = np.eye(1)
    for k in range(sites):
        out = np.kron(out, operator if k == site else ONE)
    return out


def chain(frequencies=(1.0, 1.2, 1.5), hop=0.13):
    lower = [on(k, DOWN) for k in range(3)]
    number = [a.T @ a for a in lower]
    sites = [w * n for w, n in zip(frequencies, number, strict=True)]
    bonds = [hop * (lower[k].T @ lower[k + 1] + lower[k + 1].T @ lower[k]) for k in range(2)]
    return lower, number, sites, bonds


def test_flows_into_a_term_are_its_change():
    rng = np.random.default_rng(0)
    _, number, sites, bonds = chain()
    terms = sites + bonds
    A = complex_matrix(rng, 8, 8)
    rho = A @ A.conj().T
    rho /= np.trace(rho).real
    rho = 0.5 * (rho + rho.conj().T)
    H = sum(terms)
    generator = lindbladian(H, [on(0, DOWN)])
    J = bond_currents(generator, rho, terms=terms)
    np.testing.assert_allclose(J, -J.T, atol=1e-14)
    for b, h in enumerate(terms):
        assert J[b].sum() == pytest.approx(np.trace(rho @ (1j * (H @ h - h @ H))).real, abs=1e-13)
    K = bond_currents(generator, rho, terms=terms, charges=number)
    for b, n in enumerate(number):
        assert K[b].sum() == pytest.approx(np.trace(rho @ (1j * (H @ n - n @ H))).real, abs=1e-13)
    # Sites hold their own particles; a bond only moves them.
    np.testing.assert_allclose(K[:, :3], 0, atol=1e-14)
    np.testing.assert_allclose(K[:, 3:].sum(axis=0), 0, atol=1e-13)


def test_each_flow_is_its_commutator_for_complex_terms_too():
    """A magnetic field makes hopping complex."""
    rng = np.random.default_rng(1)
    terms = [A + A.conj().T for A in (complex_matrix(rng, 4, 4) for _ in range(3))]
    charges = [A + A.conj().T for A in (complex_matrix(rng, 4, 4) for _ in range(2))]
    A = complex_matrix(rng, 4, 4)
    rho = A @ A.conj().T / np.linalg.norm(A) ** 2
    rho = 0.5 * (rho + rho.conj().T)

    generator = lindbladian(sum(terms), [complex_matrix(rng, 4, 4)])

    def change(h, observable):
        return np.trace(rho @ (1j * (h @ observable - observable @ h))).real

    expected = [[change(a, b) for a in terms] for b in terms]
    np.testing.assert_allclose(bond_currents(generator, rho, terms=terms), expected, atol=1e-13)
    expected = [[change(a, b) for a in terms] for b in charges]
    np.testing.assert_allclose(bond_currents(generator, rho, terms=terms, charges=charges), expected, atol=1e-13)


def test_secular_generator_exchanges_heat_with_both_ends_and_carries_none_along_the_chain():
    lower, number, sites, bonds = chain()
    baths = [
        Reservoir(name, bose_einstein(temperature=T), Ohmic(0.05, 6.0)) for name, T in (("hot", 2.0), ("cold", 0.4))
    ]
    couplings = [Coupling(bath, lower[k] + lower[k].T) for bath, k in zip(baths, (0, 2), strict=True)]
    system = OpenSystem(sum(sites) + sum(bonds), couplings)
    generator = weak_coupling(system)
    state = stationary_state(generator)
    heat = currents(generator, state).heat
    assert heat[0] == pytest.approx(-heat[1], rel=1e-10)
    assert heat[0] > 1e-2
    assert coherence_between_levels(generator.spectrum, state) < 1e-25
    # Halves of the chain: [left half, right half] and site by site.
    J = bond_currents(generator, state, terms=[sites[0] + bonds[0], sites[1] + sites[2] + bonds[1]])
    assert abs(J[1, 0]) < 1e-13
    carried = bond_currents(generator, state, terms=bonds, charges=[number[0], number[2]])
    np.testing.assert_allclose(carried, 0, atol=1e-13)


def test_local_dissipators_drive_the_current_that_the_bonds_carry():
    lower, number, sites, bonds = chain(frequencies=(1.0, 1.0, 1.0))
    rates = [(0, 0.02, 0.05), (2, 0.001, 0.03)]
    jumps = [np.sqrt(x) * L for k, up, down in rates for x, L in ((up, lower[k].T), (down, lower[k]))]
    generator = lindbladian(sum(sites) + sum(bonds), jumps, [Reservoir("left")] * 2 + [Reservoir("right")] * 2)
    state = stationary_state(generator)
    rho = state.density_matrix()
    entering = np.trace(number[0] @ generator.dissipators[0].apply(rho)).real
    leaving = -np.trace(number[2] @ generator.dissipators[1].apply(rho)).real
    carried = bond_currents(generator, terms=bonds, charges=number)
    assert entering > 1e-4
    assert coherence_between_levels(generator.spectrum, state) > 1e-6
    assert leaving == pytest.approx(entering, rel=1e-9)
    assert carried[1, 0] == pytest.approx(entering, rel=1e-9)
    assert carried[2, 1] == pytest.approx(entering, rel=1e-9)


def test_errors_name_the_operator():
    generator = lindbladian(np.diag([0.0, 1.0]), [DOWN])
    with pytest.raises(InputError, match="`terms` must hold at least one operator, but is empty"):
        bond_currents(generator, terms=[])
    with pytest.raises(InputError, match=r"`terms\[1\]` must be Hermitian"):
        bond_currents(generator, terms=[np.eye(2), DOWN])
    with pytest.raises(InputError, match=r"`charges\[0\]` must have shape \(2, 2\)"):
        bond_currents(generator, terms=[np.eye(2)], charges=[np.eye(3)])
