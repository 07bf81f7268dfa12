"""The bridge to QuTiP: conventions, dims, states and Liouvillians agree with QuTiP's own."""

import numpy as np
import pytest
import qutip
from qutip.core.environment import DrudeLorentzEnvironment, LorentzianEnvironment, OhmicEnvironment
from typer.testing import CliRunner

from equipoise import (
    Coupling,
    InputError,
    OpenSystem,
    Reservoir,
    Verdict,
    audit,
    bose_einstein,
    stationary_state,
    weak_coupling,
)
from equipoise.balance import StandardQuantum, detailed_balance
from equipoise.cli import app
from equipoise.io import load_model
from equipoise.io.qutip import (
    c_ops_to_qutip,
    from_qutip,
    generator_from_qutip,
    liouvillian_to_qutip,
    operator_from_qutip,
    reservoir_from_qutip,
    to_qutip,
    write_lindblad_model,
)
from equipoise.reservoirs import LocalTemperature, Statistics
from equipoise.stationary import evolution
from random_systems import Draw, bosonic_system


def two_qubits():
    sz, sm, one = qutip.sigmaz(), qutip.sigmam(), qutip.qeye(2)
    H = 0.5 * qutip.tensor(sz, one) + 0.6 * qutip.tensor(one, sz)
    H += 0.2 * (qutip.tensor(sm, sm.dag()) + qutip.tensor(sm.dag(), sm))
    c_ops = [0.3 * qutip.tensor(sm, one), 0.1 * qutip.tensor(sm.dag(), one), 0.2 * qutip.tensor(one, sm)]
    return H, c_ops


def test_stationary_state_of_tensor_operators_is_qutips_with_its_dims():
    H, c_ops = two_qubits()
    state = stationary_state(from_qutip(H, c_ops))
    ours = to_qutip(state, like=H)
    assert ours.dims == H.dims
    assert (ours - qutip.steadystate(H, c_ops)).norm() < 1e-10


def test_one_collapse_operator_alone_counts_as_a_list_of_one():
    alone, listed = (from_qutip(qutip.sigmaz(), c_ops) for c_ops in (qutip.sigmam(), [qutip.sigmam()]))
    np.testing.assert_array_equal(alone.superoperator(), listed.superoperator())
    bath = Reservoir("bath")
    assert from_qutip(qutip.sigmaz(), [qutip.sigmam(), qutip.sigmap()], bath).names == ("bath",)
    with pytest.raises(InputError, match="`c_ops` must be a qutip.Qobj or a list of them, but got float"):
        from_qutip(qutip.sigmaz(), 1.0)
    with pytest.raises(InputError, match="`c_ops` must hold at least one collapse operator, but is empty. Without one"):
        from_qutip(qutip.sigmaz(), [])
    with pytest.raises(InputError, match=r"`c_ops\[0\]` must be a qutip.Qobj, but got QobjEvo. Time-dependent"):
        from_qutip(qutip.sigmaz(), qutip.QobjEvo([[qutip.sigmam(), lambda t: t]]))


def test_liouvillian_goes_out_unharmed():
    H, c_ops = two_qubits()
    theirs = qutip.liouvillian(H, c_ops)
    ours = liouvillian_to_qutip(from_qutip(H, c_ops), like=H)
    assert ours.dims == theirs.dims
    assert np.abs((ours - theirs).full()).max() < 1e-14


@pytest.mark.parametrize("degenerate", [False, True])
def test_secular_generator_goes_out_as_collapse_operators(degenerate):
    generator = weak_coupling(bosonic_system(Draw(8, 4, 2, degenerate)))
    like = qutip.tensor(qutip.qeye(2), qutip.qeye(2))
    H, c_ops = c_ops_to_qutip(generator, like)
    theirs = qutip.liouvillian(H, c_ops)
    assert np.abs((liouvillian_to_qutip(generator, like) - theirs).full()).max() < 1e-12


@pytest.mark.parametrize(
    "environment",
    [
        OhmicEnvironment(T=1.5, alpha=0.1, wc=4.0, s=1.0),
        OhmicEnvironment(T=0.7, alpha=0.1, wc=4.0, s=3.0),
        DrudeLorentzEnvironment(T=1.5, lam=0.2, gamma=2.0, Nk=5),
    ],
)
def test_rates_of_a_bosonic_environment_are_its_power_spectrum(environment):
    reservoir = reservoir_from_qutip(environment, "bath")
    omega = np.array([0.1, 0.7, 3.0, 9.0])
    np.testing.assert_allclose(reservoir.rate_out(omega), environment.power_spectrum(omega), rtol=1e-10)
    np.testing.assert_allclose(reservoir.rate_in(omega), environment.power_spectrum(-omega), rtol=1e-10)
    # The factor pi: their J is pi times ours.
    ours = reservoir.spectral_density(omega)
    np.testing.assert_allclose(np.pi * ours, environment.spectral_density(omega), rtol=1e-13)


def test_rates_of_a_fermionic_environment_are_its_power_spectra():
    environment = LorentzianEnvironment(T=0.8, mu=0.3, gamma=0.2, W=3.0, Nk=5)
    reservoir = reservoir_from_qutip(environment, "lead")
    omega = np.array([-4.0, -0.5, 0.3, 2.0])
    np.testing.assert_allclose(reservoir.rate_in(omega), environment.power_spectrum_plus(omega), rtol=1e-10)
    np.testing.assert_allclose(reservoir.rate_out(omega), environment.power_spectrum_minus(omega), rtol=1e-10)


def test_an_environment_makes_a_system_that_is_audited():
    environment = OhmicEnvironment(T=1.0, alpha=0.05, wc=10.0, s=1.0)
    bath = reservoir_from_qutip(environment, "bath")
    H = 0.5 * qutip.sigmaz()
    system = OpenSystem(operator_from_qutip(H), [Coupling(bath, operator_from_qutip(qutip.sigmax()))])
    assert audit(weak_coupling(system, lamb_shift=False)).verdict is Verdict.EQUILIBRIUM


def test_bad_objects_are_refused_with_the_reason():
    H, c_ops = two_qubits()
    with pytest.raises(InputError, match=r"`hamiltonian` must be a qutip.Qobj, but got ndarray"):
        from_qutip(np.eye(2), [])
    with pytest.raises(InputError, match=r"has type 'super'. Pass the Hamiltonian and the list of collapse"):
        from_qutip(qutip.liouvillian(H, c_ops), [])
    with pytest.raises(InputError, match=r"`c_ops\[1\]` must have the dims \[\[2, 2\], \[2, 2\]\].*qutip.tensor"):
        from_qutip(H, [c_ops[0], qutip.rand_dm(4)])
    with pytest.raises(InputError, match="must be a QuTiP BosonicEnvironment or FermionicEnvironment, but got float"):
        reservoir_from_qutip(1.0, "bath")
    with pytest.raises(InputError, match=r"`like` must have the shape \(4, 4\) of the matrix, but has shape \(2, 2\)"):
        to_qutip(np.eye(4), like=qutip.sigmax())


def test_exported_model_is_the_generator_and_is_audited(tmp_path):
    H, c_ops = two_qubits()
    warm, cold = Reservoir("warm", bose_einstein(temperature=2.0)), Reservoir('cold "2"')
    number = qutip.tensor(qutip.num(2), qutip.qeye(2))
    path = write_lindblad_model(
        tmp_path / "qubits.toml", H, c_ops, [warm, warm, cold], number, title="two qubits", units="GHz"
    )
    model = load_model(path)
    assert (model.kind, model.title, model.units) == ("lindblad", "two qubits", "GHz")
    assert model.subject.names == ("warm", 'cold "2"')
    assert model.subject.dissipators[0].reservoir.distribution.inverse_temperature == 0.5
    theirs = from_qutip(H, c_ops).superoperator()
    assert np.abs(model.subject.superoperator() - theirs).max() < 1e-15
    np.testing.assert_array_equal(model.subject.number, number.full())
    result = CliRunner().invoke(app, ["audit", str(path)])
    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "qubits.npz", allow_pickle=False) as archive:
        assert all(archive[name].dtype.kind == "c" for name in archive.files)


def test_pickles_are_refused_with_the_exporter_as_remedy(tmp_path):
    H, c_ops = two_qubits()
    qutip.qsave(H, str(tmp_path / "h"))
    with pytest.raises(InputError, match=r"is a pickle, which can run code .*write_lindblad_model\('model.toml', H, c"):
        load_model(tmp_path / "h.qu")
    text = 'kind = "lindblad"\n[system]\nhamiltonian = {file = "h.qu"}\n[[jumps]]\noperator = [[0, 1], [0, 0]]\n'
    (tmp_path / "model.toml").write_text(text)
    with pytest.raises(InputError, match=r"system.hamiltonian.*'h.qu' is a pickle, .*write_lindblad_model"):
        load_model(tmp_path / "model.toml")
    with pytest.raises(InputError, match=r"`path` must end in .toml, but got 'model.json'"):
        write_lindblad_model("model.json", H, c_ops)
    odd = Reservoir("odd", LocalTemperature(Statistics.BOSON, lambda omega: 1.0 + 0 * omega))
    with pytest.raises(InputError, match=r"`reservoirs` must be thermal, .* of 'odd' is LocalTemperature. Write its"):
        write_lindblad_model(tmp_path / "odd.toml", H, c_ops, [odd, None, None])


def bath(w):
    """Power spectrum of an Ohmic bath at beta = 0.8, both signs; QuTiP wants the argument to be called w."""
    return 0.0 if w == 0 else 0.05 * w * np.exp(-abs(w) / 5) / (1 - np.exp(-0.8 * w))


def couplings():
    x, one = qutip.sigmax(), qutip.qeye(2)
    return [(qutip.tensor(x, one), bath), (qutip.tensor(one, x), lambda w: 0.5 * bath(w))]


def test_liouvillian_of_tensor_operators_comes_in_and_goes_out_unharmed():
    H, c_ops = two_qubits()
    theirs = qutip.liouvillian(H, c_ops)
    generator = generator_from_qutip(theirs, H)
    ours = liouvillian_to_qutip(generator, like=H)
    assert ours.dims == theirs.dims
    assert ours.superrep == theirs.superrep
    assert np.abs((ours - theirs).full()).max() < 1e-14
    apart = from_qutip(H, c_ops)
    rng = np.random.default_rng(1)
    X = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    np.testing.assert_allclose(generator.apply(X), apart.apply(X), atol=1e-13)
    np.testing.assert_allclose(generator.adjoint(X), apart.adjoint(X), atol=1e-13)
    one, two = (detailed_balance(g, stationary_state(g)) for g in (generator, apart))
    np.testing.assert_allclose([x for _, x in one.parts()], [x for _, x in two.parts()], rtol=1e-8)


@pytest.mark.parametrize("cutoff", [-1, 0.01])
def test_redfield_tensor_comes_in_and_goes_out_unharmed(cutoff):
    H, _ = two_qubits()
    tensor = qutip.bloch_redfield_tensor(H, couplings(), sec_cutoff=cutoff, fock_basis=True)
    generator = generator_from_qutip(tensor, H)
    ours = liouvillian_to_qutip(generator, like=H)
    assert ours.dims == tensor.dims
    assert np.abs((ours - tensor).full()).max() < 1e-14
    rho0 = qutip.rand_dm([2, 2], seed=3)
    theirs = qutip.brmesolve(H, rho0, [0.0, 2.0], couplings(), sec_cutoff=cutoff, options={"store_states": True})
    ours = evolution(generator, rho0.full(), [0.0, 2.0]).matrix(1)
    assert np.abs(ours - theirs.states[-1].full()).max() < 1e-5  # their integrator's tolerance
    state = stationary_state(generator)
    assert np.abs(to_qutip(state, H).full() - qutip.steadystate(tensor).full()).max() < 1e-9
    # Secular with one temperature: balanced but for its Hamiltonian. Not secular: not positive, and not balanced.
    found = detailed_balance(generator, state).of(StandardQuantum())
    assert (found.relative < 1e-9) is (cutoff > 0)


def test_superoperators_that_are_no_generators_are_refused_with_the_reason():
    H, c_ops = two_qubits()
    L = qutip.liouvillian(H, c_ops)
    with pytest.raises(InputError, match=r"of type 'super', but got 'oper'. For a Hamiltonian .* use from_qutip"):
        generator_from_qutip(H, H)
    with pytest.raises(InputError, match=r"of type 'super', but got tuple. .*take fock_basis=True"):
        generator_from_qutip(qutip.bloch_redfield_tensor(H, couplings()), H)
    with pytest.raises(InputError, match=r"representation 'super', but is in 'choi'. Convert it with qutip.to_super"):
        generator_from_qutip(qutip.to_choi(L), H)
    with pytest.raises(
        InputError, match=r"act on operators with the dims \[\[4\], \[4\]\] of the Hamiltonian, but has"
    ):
        generator_from_qutip(L, qutip.rand_herm(4))
    with pytest.raises(InputError, match=r"preserve the trace, Tr L\(rho\) = 0, but changes it by .*kraus_channel"):
        generator_from_qutip(qutip.to_super(qutip.rand_unitary([2, 2])), H)
    with pytest.raises(InputError, match="preserve Hermiticity, but breaks it by"):
        generator_from_qutip(1j * L, H)
    with pytest.raises(InputError, match=r"or the Liouvillian to generator_from_qutip"):
        from_qutip(L, [])
