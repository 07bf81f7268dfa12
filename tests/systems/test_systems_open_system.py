"""OpenSystem: what it refuses, and what it knows about itself."""

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from equipoise import Coupling, InputError, Ohmic, OpenSystem, Reservoir, bose_einstein, fermi_dirac
from equipoise.reservoirs import CorrelatedDensity, Flat

BATH = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.1, 5.0))
LEAD = Reservoir("lead", fermi_dirac(temperature=1.0), Flat(0.1))
X = np.array([[0.0, 1.0], [1.0, 0.0]])
LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def test_sparse_and_dense_input_give_the_same_system():
    H = np.array([[0.0, 0.2], [0.2, 1.0]])
    dense = OpenSystem(H, [Coupling(BATH, X)])
    sparse = OpenSystem(csr_array(H), [Coupling(BATH, csr_array(X))])
    np.testing.assert_array_equal(dense.spectrum.energies, sparse.spectrum.energies)
    np.testing.assert_array_equal(dense.channels(BATH)[0], sparse.channels(BATH)[0])


def test_one_channel_adds_coherently_and_two_do_not():
    system = OpenSystem([0.0, 1.0], [Coupling(BATH, X), Coupling(BATH, 2 * X), Coupling(BATH, LOWER, channel=3)])
    first, second = system.channels(BATH)
    np.testing.assert_array_equal(first, 3 * X)
    np.testing.assert_array_equal(second, LOWER)
    assert [reservoir.name for reservoir in system.reservoirs] == ["bath"]


def test_grading_by_the_particle_number():
    N = np.diag([0.0, 1.0])
    assert OpenSystem([0.0, 1.0], [Coupling(LEAD, LOWER)], number=N).is_graded is True
    assert OpenSystem([0.0, 1.0], [Coupling(BATH, X)], number=N).is_graded is False
    assert OpenSystem([0.0, 1.0], [Coupling(BATH, X)]).is_graded is None


def test_coupling_of_the_wrong_shape_is_named():
    with pytest.raises(InputError, match=r"`couplings\[1\].operator \(to 'bath'\)` must have shape \(2, 2\)"):
        OpenSystem([0.0, 1.0], [Coupling(BATH, X), Coupling(BATH, np.eye(3))])


def test_number_must_commute_with_the_hamiltonian():
    with pytest.raises(InputError, match=r"`number` must commute with the Hamiltonian, \[H, N\] = 0, but \|\|\[H, N\]"):
        OpenSystem([[0.0, 0.3], [0.3, 1.0]], [Coupling(BATH, X)], number=np.diag([0.0, 1.0]))


def test_a_diagonal_is_not_a_number_operator():
    with pytest.raises(InputError, match=r"`number` must be a square matrix .*numpy.diag"):
        OpenSystem([0.0, 1.0], [Coupling(BATH, X)], number=[0, 1])


def test_fermionic_coupling_must_change_the_parity():
    N = np.diag([0.0, 1.0])
    with pytest.raises(InputError, match="must change the fermion parity.*even part of D has norm"):
        OpenSystem([0.0, 1.0], [Coupling(LEAD, np.eye(2))], number=N)
    with pytest.raises(InputError, match="no assignment of parities to the energy levels makes D odd"):
        OpenSystem([0.0, 1.0, 2.5], [Coupling(LEAD, np.ones((3, 3)) - np.eye(3))])
    assert OpenSystem([0.0, 1.0], [Coupling(LEAD, LOWER)]).dimension == 2


def test_two_reservoirs_of_one_name_are_refused():
    other = Reservoir("bath", bose_einstein(temperature=3.0), Ohmic(0.1, 5.0))
    with pytest.raises(InputError, match="a different reservoir is already called 'bath'.*another name"):
        OpenSystem([0.0, 1.0], [Coupling(BATH, X), Coupling(other, X)])


def test_matrix_valued_density_needs_all_its_channels():
    common = Reservoir("c", bose_einstein(temperature=1.0), CorrelatedDensity(Ohmic(0.1, 5.0), np.eye(2)))
    with pytest.raises(InputError, match=r"use the channels 0..1 of its matrix-valued spectral density.*\[0\]"):
        OpenSystem([0.0, 1.0], [Coupling(common, X, channel=0)])


def test_a_million_states_are_refused_before_any_allocation():
    size = 10**6
    huge = coo_array(([1.0], ([0], [0])), shape=(size, size))
    with pytest.raises(InputError, match=r"must fit in memory, but dimension 1000000 needs about .* this machine has"):
        OpenSystem(huge, [Coupling(BATH, X)])
    with pytest.raises(InputError, match="Reduce the dimension"):
        OpenSystem(np.zeros(size), [Coupling(BATH, X)])
    with pytest.raises(InputError, match=r"`operator \(coupling to 'bath'\)` must fit in memory"):
        Coupling(BATH, huge)


@pytest.mark.parametrize(
    "couplings, message",
    [
        ([], "hold at least one Coupling, but is empty"),
        ([X], r"`couplings\[0\]` must be a Coupling, but got ndarray"),
        (Coupling(BATH, X), r"must be a list of Coupling, but got Coupling. Put it in a list"),
    ],
)
def test_couplings_are_checked(couplings, message):
    with pytest.raises(InputError, match=message):
        OpenSystem([0.0, 1.0], couplings)


def test_coupling_checks_its_parts():
    with pytest.raises(InputError, match="`reservoir` must be a Reservoir, but got str. Build one with"):
        Coupling("bath", X)
    with pytest.raises(InputError, match="`channel` must be an integer >= 0, but got -1"):
        Coupling(BATH, X, channel=-1)
    with pytest.raises(InputError, match=r"operator \(coupling to 'bath'\)` must be a square matrix"):
        Coupling(BATH, np.ones((2, 3)))
