"""Superoperators of QuTiP: in the given basis or refused, and with a name for what each reservoir does."""

import numpy as np
import pytest
import qutip

from equipoise import InputError, Reservoir, Verdict, audit, bose_einstein, currents, stationary_state
from equipoise.io.qutip import from_qutip, generator_from_qutip, liouvillian_to_qutip


def hermitian(rng, d):
    X = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return qutip.Qobj(X + X.conj().T)


def thermal(strength, beta):
    def spectrum(w):
        return strength / beta if w == 0 else strength * w / -np.expm1(-beta * w)

    return spectrum


def couplings(rng, d, strength):
    return [(hermitian(rng, d), thermal(strength * rng.uniform(0.2, 1), rng.uniform(0.2, 2))) for _ in range(2)]


@pytest.mark.parametrize("seed", range(40))
def test_tensor_in_the_basis_of_the_hamiltonian_is_never_refused(seed):
    rng = np.random.default_rng(seed)
    d, strength = rng.integers(2, 6), 10 ** rng.uniform(-6, 2)
    H = hermitian(rng, d)
    tensor = qutip.bloch_redfield_tensor(
        H, couplings(rng, d, strength), sec_cutoff=(-1, 0.1)[seed % 2], fock_basis=True
    )
    back = liouvillian_to_qutip(generator_from_qutip(tensor, H), H)
    assert np.abs((back - tensor).full()).max() <= 1e-14 * max(1, np.abs(tensor.full()).max())


@pytest.mark.parametrize("seed", range(100))
def test_liouvillian_is_never_refused_whatever_its_jumps_and_its_drive(seed):
    rng = np.random.default_rng(seed)
    d, strength = rng.integers(2, 5), 10 ** rng.uniform(-3, 2)
    H, drive = hermitian(rng, d), 10 ** rng.uniform(-6, 2) * hermitian(rng, d)
    jumps = [strength * (hermitian(rng, d) + rng.normal() * 1j * hermitian(rng, d) + rng.normal()) for _ in range(2)]
    for bare, whole in ((H, H), (H, H + drive), (H, 0 * H), (0 * H, H), (drive, H)):
        L = qutip.liouvillian(whole, jumps)
        back = liouvillian_to_qutip(generator_from_qutip(L, bare), bare)
        assert np.abs((back - L).full()).max() <= 1e-13 * max(1, np.abs(L.full()).max())


@pytest.mark.parametrize("seed", range(40))
def test_tensor_in_its_eigenbasis_is_refused_with_the_way_out(seed):
    rng = np.random.default_rng(seed)
    d, strength = rng.integers(2, 6), 10 ** rng.uniform(-8, -3)
    H = [hermitian(rng, d), qutip.Qobj(np.diag(np.arange(d, 0.0, -1)) + 1e6 * np.eye(d))][seed % 2]
    cutoff = (-1, 0.1)[seed % 3 > 0]
    tensor, V = qutip.bloch_redfield_tensor(H, couplings(rng, d, strength), sec_cutoff=cutoff)
    message = r"be in the basis of the Hamiltonian.*bloch_redfield_tensor\(H, a_ops, fock_basis=True\)"
    with pytest.raises(InputError, match=message):
        generator_from_qutip(tensor, H)
    # A version of QuTiP that turns the commutator as it turns the rest.
    diagonal = qutip.Qobj(np.diag(H.eigenenergies()))
    mended = tensor - qutip.liouvillian(V * H * V.dag()) + qutip.liouvillian(diagonal)
    with pytest.raises(InputError, match=message):
        generator_from_qutip(mended, H)
    with pytest.raises(InputError, match=r"`superoperator\['bath'\]` must be in the basis"):
        generator_from_qutip({"bath": mended}, H)
    generator_from_qutip(mended, diagonal)


def valve():
    """Two coupled qubits, each with a bath of its own at another temperature."""
    x, z, one = qutip.sigmax(), qutip.sigmaz(), qutip.qeye(2)
    H = 0.5 * qutip.tensor(z, one) + 0.6 * qutip.tensor(one, z) + 0.3 * qutip.tensor(x, x)
    return H, {"hot": (qutip.tensor(x, one), thermal(0.02, 0.5)), "cold": (qutip.tensor(one, x), thermal(0.03, 2.0))}


@pytest.mark.parametrize("with_hamiltonian", [True, False])
def test_named_tensors_give_each_reservoir_its_flows(with_hamiltonian):
    H, a_ops = valve()
    baths = {name: Reservoir(name, bose_einstein(inverse_temperature=b)) for name, b in (("hot", 0.5), ("cold", 2.0))}
    own = 0 * qutip.liouvillian(H) if with_hamiltonian else qutip.liouvillian(H)
    tensors = {name: qutip.bloch_redfield_tensor(H, [pair], fock_basis=True) for name, pair in a_ops.items()}
    generator = generator_from_qutip({baths[name]: tensor - own for name, tensor in tensors.items()}, H)
    assert generator.names == ("hot", "cold")
    whole = qutip.bloch_redfield_tensor(H, list(a_ops.values()), fock_basis=True)
    assert np.abs((liouvillian_to_qutip(generator, H) - whole).full()).max() < 1e-14
    rho = qutip.steadystate(whole)
    flows = currents(generator, stationary_state(generator))
    for name in a_ops:
        D = tensors[name] - qutip.liouvillian(H)
        want = (H * qutip.vector_to_operator(D * qutip.operator_to_vector(rho))).tr().real
        assert flows.energy[generator.names.index(name)] == pytest.approx(want, rel=1e-6, abs=1e-12)
    assert flows.energy[0] > 0 > flows.energy[1]
    found = audit(generator)
    assert found.verdict is Verdict.BALANCED_BETWEEN_UNEQUAL, "each transition is balanced, but for rounding"
    same = generator_from_qutip(tensors, H)
    assert np.abs((liouvillian_to_qutip(same, H) - whole).full()).max() < 1e-14
    assert [part.reservoir for part in same.dissipators] == [Reservoir("hot"), Reservoir("cold")]


@pytest.mark.parametrize("seed", range(10))
def test_named_dissipators_are_those_of_the_collapse_operators(seed):
    rng = np.random.default_rng(seed)
    H, jumps = hermitian(rng, 3), [qutip.Qobj(rng.normal(size=(3, 3))) for _ in range(3)]
    jumps = [0.1 * (L - L.tr() / 3) for L in jumps]
    parts = {"a": qutip.liouvillian(None, jumps[:2]), None: qutip.liouvillian(H, jumps[2:])}
    ours, theirs = generator_from_qutip(parts, H), from_qutip(H, jumps, [Reservoir("a"), Reservoir("a"), None])
    assert ours.names == theirs.names
    np.testing.assert_allclose(ours.superoperator(), theirs.superoperator(), atol=1e-14)
    X = rng.normal(size=(3, 3))
    for one, two in zip(ours.dissipators, theirs.dissipators, strict=True):
        np.testing.assert_allclose(one.apply(X), two.apply(X), atol=1e-14)
        np.testing.assert_allclose(one.adjoint(X), two.adjoint(X), atol=1e-14)


def test_named_superoperators_that_cannot_be_read_are_refused_with_the_reason():
    H, L = 0.2 * qutip.sigmaz(), qutip.lindblad_dissipator(qutip.sigmam())
    for bad, message in (
        ({}, "`superoperator` must hold at least one superoperator, but is empty"),
        ({"a": L, Reservoir("a"): L}, "`superoperator` must name each reservoir once, but has two keys named 'a'. Add"),
        ({1: L}, "`superoperator` must have a Reservoir, or the name of one, for each key, but got the key 1"),
        ({"a": L, "b": qutip.sigmam()}, r"`superoperator\['b'\]` must be a qutip.Qobj of type 'super', but got 'oper'"),
        ({"a": 1j * L}, r"`superoperator\['a'\]` must preserve Hermiticity"),
        (
            {None: L + 0.5 * qutip.liouvillian(H)},
            r"`superoperator\[None\]` must hold the commutator .* or nothing of it",
        ),
    ):
        with pytest.raises(InputError, match=message):
            generator_from_qutip(bad, H)
    # Where the Hamiltonian is a multiple of the identity there is nothing to tell apart.
    for one in (0.0, 3.7, 1e6):
        assert generator_from_qutip({"a": L, "b": 2 * L}, one * qutip.qeye(2)).names == ("a", "b")


def test_liouvillian_that_is_only_a_commutator_is_not_unique_or_refused():
    for L in (qutip.liouvillian(qutip.sigmaz()), {"idle": 0 * qutip.liouvillian(qutip.sigmaz())}):
        found = audit(generator_from_qutip(L, qutip.sigmaz()))
        assert found.verdict is Verdict.NOT_UNIQUE
