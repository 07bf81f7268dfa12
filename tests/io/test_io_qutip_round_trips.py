"""What QuTiP hands in comes back to the last digit, in the order given, and on the same Hilbert space."""

import numpy as np
import pytest
import qutip

from equipoise import InputError, Reservoir, stationary_state
from equipoise.generators import sum_of
from equipoise.io import load_model
from equipoise.io.qutip import (
    c_ops_to_qutip,
    from_qutip,
    generator_from_qutip,
    liouvillian_to_qutip,
    to_qutip,
    write_lindblad_model,
)

SPACES = {
    "plain": lambda: qutip.qeye(4),
    "tensor": lambda: qutip.tensor(qutip.qeye(2), qutip.qeye(3)),
    "one state in a factor": lambda: qutip.tensor(qutip.qeye(1), qutip.qeye(3)),
    "restricted": lambda: qutip.enr_identity([3, 4], 3),
    "restricted, three modes": lambda: qutip.enr_identity([2, 2, 2], 1),
}


def on(space, matrix):
    return qutip.Qobj(matrix, dims=space._dims)


def random_model(space, seed, jumps=4):
    rng, d = np.random.default_rng(seed), space.shape[0]
    X = rng.normal(size=(jumps + 1, d, d)) + 1j * rng.normal(size=(jumps + 1, d, d))
    return on(space, X[0] + X[0].conj().T), [on(space, L) for L in X[1:]]


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("offset", [0.0, 1e6, -3e12])
def test_hamiltonian_and_jumps_come_back_bit_for_bit_and_in_order(name, offset):
    space = SPACES[name]()
    H, c_ops = random_model(space, seed=len(name))
    H = H + offset * space
    owners = [Reservoir("a"), None, Reservoir("b"), Reservoir("a")]
    for given in (None, owners):
        back, returned = c_ops_to_qutip(from_qutip(H, c_ops, given), H)
        assert back._dims == H._dims
        np.testing.assert_array_equal(back.full(), H.full())
        assert len(returned) == len(c_ops)
        for theirs, ours in zip(c_ops, returned, strict=True):
            assert ours._dims == H._dims
            np.testing.assert_array_equal(ours.full(), theirs.full())


def test_hamiltonian_that_is_hermitian_only_to_round_off_comes_back_as_it_was():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))
    U = np.linalg.qr(X)[0]
    H = qutip.Qobj(U @ np.diag(np.arange(5.0)) @ U.conj().T)
    assert np.abs((H - H.dag()).full()).max() > 0
    back, _ = c_ops_to_qutip(from_qutip(H, [qutip.destroy(5)]), H)
    np.testing.assert_array_equal(back.full(), H.full())


def test_model_file_keeps_the_order_of_jumps_across_reservoirs(tmp_path):
    H, c_ops = random_model(qutip.qeye(3), seed=2)
    owners = [Reservoir(name) for name in "abab"]
    model = load_model(write_lindblad_model(tmp_path / "m.toml", H, c_ops, owners))
    back, returned = c_ops_to_qutip(model.subject, H)
    np.testing.assert_array_equal(back.full(), H.full())
    for theirs, ours in zip(c_ops, returned, strict=True):
        np.testing.assert_array_equal(ours.full(), theirs.full())


def test_jumps_of_a_sum_come_back_one_generator_after_the_other():
    H, c_ops = random_model(qutip.qeye(3), seed=3)
    parts = [from_qutip(H, c_ops[:2], [Reservoir("a")] * 2), from_qutip(H, c_ops[2:], [Reservoir("b")] * 2)]
    _, returned = c_ops_to_qutip(sum_of(*parts), H)
    assert [np.array_equal(x.full(), y.full()) for x, y in zip(c_ops, returned, strict=True)] == [True] * 4


@pytest.mark.parametrize("name", SPACES)
def test_states_and_liouvillians_keep_the_space(name):
    space = SPACES[name]()
    H, c_ops = random_model(space, seed=7)
    theirs = qutip.liouvillian(H, c_ops)
    size = np.abs(theirs.full()).max()
    for generator in (from_qutip(H, c_ops), generator_from_qutip(theirs, H)):
        ours = liouvillian_to_qutip(generator, H)
        assert ours._dims == theirs._dims
        assert np.abs((ours - theirs).full()).max() < 1e-13 * size
    rho = to_qutip(stationary_state(from_qutip(H, c_ops)), H)
    assert rho._dims == H._dims
    assert np.abs((rho - qutip.steadystate(H, c_ops)).full()).max() < 1e-10


def test_two_restricted_spaces_of_the_same_dims_are_told_apart():
    one, two = (qutip.enr_destroy([3, 3], excitations) for excitations in (1, 2))
    H = two[0].dag() * two[0]
    with pytest.raises(InputError, match=r"dims \[\[3, 3\], \[3, 3\]\] restricted to 6 states .*, but has .* to 3 st"):
        from_qutip(H, [one[0]])
    free = qutip.tensor(qutip.destroy(3), qutip.qeye(3))
    with pytest.raises(
        InputError, match=r"restricted to 6 states of the Hamiltonian, but has \[\[3, 3\], \[3, 3\]\]\."
    ):
        from_qutip(H, [free])
    with pytest.raises(InputError, match=r"`superoperator` must act on operators with the dims .* restricted to 6"):
        generator_from_qutip(qutip.liouvillian(None, [one[0]]), H)
    generator = from_qutip(H, list(two))
    for way_out in (lambda like: to_qutip(np.eye(6), like), lambda like: liouvillian_to_qutip(generator, like)):
        with pytest.raises(InputError, match=r"`like` must have the shape \(6, 6\) of the .*, but has shape \(3, 3\)"):
            way_out(one[0])
        with pytest.raises(InputError, match=r"`like` must be an operator .*, but has type 'ket'. The Hamiltonian"):
            way_out(qutip.basis(6, 0))
        with pytest.raises(InputError, match=r"`like` must be an operator .*, but got list"):
            way_out([[3, 3], [3, 3]])
