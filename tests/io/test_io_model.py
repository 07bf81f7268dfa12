"""Model files: what they build, and that the shipped and starter ones are what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from equipoise.auditing import Verdict, audit
from equipoise.generators import Generator
from equipoise.io import ModelFileError, load_model, parse_model, shipped_models, starter_model
from equipoise.io.kinds import KINDS
from equipoise.io.model import starter_kinds
from equipoise.reservoirs import (
    CallableDensity,
    CorrelatedDensity,
    DrudeLorentz,
    Flat,
    GeneralizedGibbs,
    HardCutoff,
    LocalTemperature,
    Lorentzian,
    Mixture,
    Newns,
    Ohmic,
    Statistics,
    Tabulated,
)
from equipoise.systems import OpenSystem, models

VERDICTS = {
    "heat-valve": Verdict.NON_EQUILIBRIUM,
    "heat-valve-equal-temperatures": Verdict.EQUILIBRIUM,
    "double-dot": Verdict.BALANCED_BETWEEN_UNEQUAL,
    "two-qubits": Verdict.NOT_UNIQUE,
    "cyclic-chain": Verdict.THERMAL_WITHOUT_DETAILED_BALANCE,
    "quantum-splitter": Verdict.NON_EQUILIBRIUM,
    "three-dot-ring": Verdict.THERMAL_WITHOUT_DETAILED_BALANCE,
}

BATH = """
[[reservoirs]]
name = "bath"
statistics = "boson"
temperature = 1.0
spectral_density = {kind = "ohmic", coupling = 0.01, cutoff = 10.0}
"""


def system(
    table: str = "levels = [0.0, 1.0]", reservoir: str = BATH, coupling: str = "operator = [[0, 1], [1, 0]]"
) -> str:
    return f'kind = "system"\n[system]\n{table}\n{reservoir}\n[[couplings]]\nreservoir = "bath"\n{coupling}\n'


def bath(
    occupation: str = "temperature = 1.0", density: str = '{kind = "flat", rate = 0.1}', statistics: str = "fermion"
):
    text = f'[[reservoirs]]\nname = "bath"\nstatistics = "{statistics}"\n{occupation}\nspectral_density = {density}\n'
    subject = parse_model(system(reservoir=text)).subject
    assert isinstance(subject, OpenSystem)
    return subject.reservoirs[0]


def coupling_operator(text: str, table: str = "levels = [0.0, 1.0]", folder: Path | None = None) -> np.ndarray:
    subject = parse_model(system(table, coupling=text), folder=folder).subject
    assert isinstance(subject, OpenSystem)
    return subject.couplings[0].operator


def n_and_rate(omega: float, temperature: float, eta: float, cutoff: float = 50.0) -> tuple[float, float]:
    """Occupation and 2 pi J of an Ohmic bosonic reservoir, written out."""
    return 1 / np.expm1(omega / temperature), 2 * np.pi * eta * omega * np.exp(-omega / cutoff)


def test_shipped_models_show_five_different_verdicts() -> None:
    assert set(shipped_models()) == set(VERDICTS)
    found = {name: audit(load_model(name).subject).verdict for name in shipped_models()}
    assert found == VERDICTS
    assert len(set(found.values())) == 5


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_shipped_models_say_what_they_are(name: str) -> None:
    model = load_model(name)
    assert model.name == name
    assert model.title
    assert model.description.strip()
    assert model.source.startswith("#")
    assert parse_model(model.source).title == model.title


def test_heat_valve_carries_the_cycle_current() -> None:
    """Three rates each way on one cycle: J = (product up - product down) / sum over spanning trees."""
    flows = audit(load_model("heat-valve").subject).flows
    assert flows is not None
    (n5, g5), (n2, g2), (n3, g3) = n_and_rate(5, 4, 0.001), n_and_rate(2, 2, 0.002), n_and_rate(3, 2, 0.002)
    up = {"gt": g5 * n5, "gm": g2 * n2, "mt": g3 * n3}
    down = {"tg": g5 * (1 + n5), "mg": g2 * (1 + n2), "tm": g3 * (1 + n3)}
    k = up | down
    trees = {
        "ground": k["tg"] * k["mg"] + k["mt"] * k["tg"] + k["tm"] * k["mg"],
        "middle": k["gm"] * k["tm"] + k["gt"] * k["tm"] + k["tg"] * k["gm"],
        "top": k["gt"] * k["mt"] + k["gm"] * k["mt"] + k["mg"] * k["gt"],
    }
    J = (k["gt"] * k["tm"] * k["mg"] - k["gm"] * k["mt"] * k["tg"]) / sum(trees.values())
    np.testing.assert_allclose(flows.energy, [5 * J, -5 * J], rtol=1e-12)


def test_double_dot_current_is_that_of_two_orbitals_which_exclude_each_other() -> None:
    flows = audit(load_model("double-dot").subject).flows
    assert flows is not None
    mean, half, t = 0.08, 0.02, 0.05
    split = np.hypot(half, t)
    gamma, beta = 0.002, 10.0
    weights = []
    currents = []
    for energy, on_dot_1 in ((mean - split, (1 - half / split) / 2), (mean + split, (1 + half / split) / 2)):
        left, right = gamma * on_dot_1, gamma * (1 - on_dot_1)
        f_left, f_right = (1 / (np.exp(beta * (energy - mu)) + 1) for mu in (0.25, -0.15))
        fill = left * f_left + right * f_right
        empty = left * (1 - f_left) + right * (1 - f_right)
        weights.append(fill / empty)
        currents.append(left * f_left - left * (1 - f_left) * fill / empty)
    J = sum(currents) / (1 + sum(weights))
    np.testing.assert_allclose(flows.particles, [J, -J], rtol=1e-12)


def test_two_qubits_conduct_in_the_triplet_and_are_dark_in_the_singlet() -> None:
    found = audit(load_model("two-qubits").subject)
    triplet, singlet = found.sectors
    assert singlet.verdict is Verdict.DARK_STATE
    assert triplet.verdict is Verdict.BALANCED_BETWEEN_UNEQUAL
    # The ladder 00 - triplet - 11: matrix element sqrt(2) on both steps, of energies 5.5 and 4.5.
    populations, heat_per_lower = [1.0], []
    for omega in (5.5, 4.5):
        n_hot, g = n_and_rate(omega, 4, 0.001)
        n_cold, _ = n_and_rate(omega, 2, 0.001)
        lower = populations[-1]
        populations.append(lower * (n_hot + n_cold) / (2 + n_hot + n_cold))
        heat_per_lower.append(2 * g * omega * (n_hot * lower - (1 + n_hot) * populations[-1]))
    J = sum(heat_per_lower) / sum(populations)
    assert triplet.flows is not None
    np.testing.assert_allclose(triplet.flows.energy, [J, -J], rtol=1e-12)


def test_cyclic_chain_has_current_one_third_and_entropy_production_log_two() -> None:
    found = audit(load_model("cyclic-chain").subject)
    assert found.flows.spectrum.labels == ("A", "B", "C")
    assert found.flows.summed[1, 0] == pytest.approx(1 / 3, rel=1e-14)
    produced = {entry.name: entry.value for entry in found.entropy}
    assert produced["transition-resolved"] == pytest.approx(np.log(2), rel=1e-14)


def test_there_is_a_starter_for_each_kind_and_it_audits() -> None:
    assert starter_kinds() == sorted(KINDS)
    for kind in starter_kinds():
        model = parse_model(starter_model(kind))
        assert model.title
        assert audit(model.subject).verdict is not Verdict.INCONSISTENT


def test_system_file_is_the_system_made_in_python() -> None:
    subject = parse_model(system('hamiltonian = [[0.0, "0.1j"], [{im = -0.1}, 1]]\ntolerance = 1e-6')).subject
    assert isinstance(subject, OpenSystem)
    np.testing.assert_array_equal(subject.hamiltonian, [[0, 0.1j], [-0.1j, 1]])
    assert subject.tolerance == 1e-6
    assert subject.reservoirs[0].inverse_temperature == 1.0
    assert subject.reservoirs[0].spectral_density == Ohmic(0.01, 10.0)


def test_levels_are_exact_numbers() -> None:
    subject = parse_model(system(coupling="elements = [[0, 1, 1e-200]]")).subject
    assert isinstance(subject, OpenSystem)
    assert subject.is_given_by_levels
    assert subject.couplings[0].operator[0, 1] == 1e-200


@pytest.mark.parametrize("text", ["0.1+0.2j", " 0.1 + 0.2 j", "0.1+0.2i", "(0.1+0.2j)"])
def test_complex_numbers_are_text(text: str) -> None:
    operator = coupling_operator(f'operator = [[0, "{text}"], [0, 0]]')
    assert operator[0, 1] == 0.1 + 0.2j


def test_elements_name_states_by_label_and_add_the_conjugate() -> None:
    table = 'levels = [0.0, 1.0]\nlabels = ["g", "e"]'
    operator = coupling_operator('elements = [["g", "e", "1j"], [1, 1, 0.5]]\nhermitian = true', table)
    np.testing.assert_array_equal(operator, [[0, 1j], [-1j, 0.5]])
    operator = coupling_operator('elements = [["g", "e", "1j"]]', table)
    np.testing.assert_array_equal(operator, [[0, 1j], [0, 0]])


def test_number_may_be_its_diagonal() -> None:
    lead = BATH.replace("boson", "fermion").replace('"ohmic", coupling = 0.01, cutoff = 10.0', '"flat", rate = 0.1')
    for number in ("[0, 1]", "[[0, 0], [0, 1]]"):
        subject = parse_model(system(f"levels = [0.0, 1.0]\nnumber = {number}", lead, "elements = [[0, 1, 1]]")).subject
        assert isinstance(subject, OpenSystem)
        assert subject.is_graded


@pytest.mark.parametrize(
    ("text", "density"),
    [
        ('{kind = "ohmic", coupling = 0.5, cutoff = 8, exponent = 2}', Ohmic(0.5, 8.0, 2.0)),
        ('{kind = "ohmic", coupling = 0.5, cutoff = 8, cutoff_shape = "hard"}', Ohmic(0.5, HardCutoff(8.0))),
        ('{kind = "drude_lorentz", reorganisation_energy = 0.1, cutoff = 2}', DrudeLorentz(0.1, 2.0)),
        ('{kind = "lorentzian", rate = 0.1, centre = 1, half_width = 0.2}', Lorentzian(0.1, 1.0, 0.2)),
        ('{kind = "newns", rate = 0.1, half_bandwidth = 4}', Newns(0.1, 4.0)),
        ('{kind = "flat", rate = 0.1}', Flat(0.1)),
        ('{kind = "flat", rate = 0.1, lower = -2, upper = inf}', Flat(0.1, -2.0)),
    ],
)
def test_families_of_spectral_densities(text: str, density: object) -> None:
    assert bath(density=text).spectral_density == density


def test_spectral_density_as_an_expression() -> None:
    text = '{kind = "expression", expression = "a * omega", parameters = {a = 3.0}, support = [0, 5], structure = [1]}'
    density = bath(density=text).spectral_density
    assert isinstance(density, CallableDensity)
    np.testing.assert_array_equal(density([1.0, 2.0, 6.0]), [3.0, 6.0, 0.0])
    assert density.structure_points() == (1.0,)


def test_spectral_density_as_a_form_factor() -> None:
    photons = '{kind = "form_factor", coupling = "sqrt(k)", dispersion = "c * k", parameters = {c = 1}}'
    assert bath(density=photons).spectral_density(2.0) == pytest.approx(32 * np.pi, rel=1e-9)  # 4 pi w^3
    line = '{kind = "form_factor", coupling = "1", dispersion = "k", dimension = 1, momentum_range = [0, 3]}'
    # The dispersion k turns negative on the branch -k: one momentum for each energy.
    assert bath(density=line).spectral_density(2.0) == pytest.approx(1.0, rel=1e-12)


def test_spectral_density_as_a_table(tmp_path: Path) -> None:
    inline = bath(density='{kind = "tabulated", frequencies = [0, 1, 2], values = [0, 1, 0]}').spectral_density
    assert isinstance(inline, Tabulated)
    (tmp_path / "J.csv").write_text("# w, J\n0, 0\n1, 1\n2, 0\n")
    reservoir = BATH.replace('{kind = "ohmic", coupling = 0.01, cutoff = 10.0}', '{kind = "tabulated", file = "J.csv"}')
    subject = parse_model(system(reservoir=reservoir), folder=tmp_path).subject
    assert isinstance(subject, OpenSystem)
    density = subject.reservoirs[0].spectral_density
    assert density is not None
    points = np.linspace(0, 2, 9)
    np.testing.assert_array_equal(density(points), inline(points))


def test_correlated_channels() -> None:
    density = '{kind = "correlated", density = {kind = "flat", rate = 1.0}, correlation = [[1, "0.5j"], ["-0.5j", 1]]}'
    reservoir = (
        f'[[reservoirs]]\nname = "bath"\nstatistics = "boson"\ntemperature = 1.0\nspectral_density = {density}\n'
    )
    second = '[[couplings]]\nreservoir = "bath"\nchannel = 1\noperator = [[1, 0], [0, 0]]'
    subject = parse_model(system(reservoir=reservoir, coupling=f"operator = [[0, 1], [1, 0]]\n{second}")).subject
    assert isinstance(subject, OpenSystem)
    assert isinstance(subject.reservoirs[0].spectral_density, CorrelatedDensity)
    assert len(subject.channels(subject.reservoirs[0])) == 2


def test_occupations() -> None:
    assert bath("inverse_temperature = 0.5\nchemical_potential = 0.2").inverse_temperature == 0.5
    assert bath("temperature = 0").inverse_temperature == np.inf
    assert bath("temperature = -2.0").inverse_temperature == -0.5
    assert bath('distribution = {kind = "thermal", temperature = 4}').inverse_temperature == 0.25
    local = bath('distribution = {kind = "local_temperature", beta = "b + omega", parameters = {b = 2}}').distribution
    assert isinstance(local, LocalTemperature)
    assert local.exponent(3.0) == 15.0
    parts = '[{kind = "thermal", temperature = 0, chemical_potential = 1}, {kind = "thermal", temperature = 0}]'
    mixture = bath(f'distribution = {{kind = "mixture", weights = [0.25, "0.75"], components = {parts}}}').distribution
    assert isinstance(mixture, Mixture)
    assert mixture.statistics is Statistics.FERMION
    assert mixture.occupation(0.5) == 0.25
    charges = 'multipliers = [2.0, -1], charges = ["omega", "1"]'
    gibbs = bath(f'distribution = {{kind = "generalized_gibbs", {charges}}}').distribution
    assert isinstance(gibbs, GeneralizedGibbs)
    assert gibbs.exponent(3.0) == 5.0


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv"])
def test_matrices_in_files_beside_the_model(tmp_path: Path, suffix: str) -> None:
    H = np.array([[0, 0.1j], [-0.1j, 1]])
    folder = tmp_path / "data"
    folder.mkdir()
    if suffix == ".npy":
        np.save(folder / "h.npy", H)
    elif suffix == ".npz":
        np.savez(folder / "h.npz", H=H, other=H)
    else:
        (folder / "h.csv").write_text("0, 0.1j\n-0.1j, 1\n")
    array = ', array = "H"' if suffix == ".npz" else ""
    path = tmp_path / "model.toml"
    path.write_text(system(f'hamiltonian = {{file = "data/h{suffix}"{array}}}'))
    subject = load_model(path).subject
    assert isinstance(subject, OpenSystem)
    np.testing.assert_array_equal(subject.hamiltonian, H)


def test_file_is_short_for_a_hamiltonian_in_a_file(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", [[0.0, 0.1], [0.1, 1.0]])
    (tmp_path / "model.toml").write_text(system('file = "h.npy"'))
    subject = load_model(str(tmp_path / "model.toml")).subject
    assert isinstance(subject, OpenSystem)
    assert subject.hamiltonian[0, 1] == 0.1


def test_lindblad_file_groups_the_jumps_of_a_reservoir() -> None:
    text = """
    kind = "lindblad"
    [system]
    levels = [0.0, 1.0]
    number = [0, 1]
    [[reservoirs]]
    name = "bath"
    statistics = "boson"
    temperature = 2.0
    [[jumps]]
    reservoir = "bath"
    elements = [[0, 1, 2.0]]
    [[jumps]]
    operator = [[1, 0], [0, -1]]
    [[jumps]]
    reservoir = "bath"
    operator = [[0, 0], [1, 0]]
    """
    generator = parse_model(text).subject
    assert isinstance(generator, Generator)
    assert generator.names == ("bath", "unattributed")
    assert generator.dissipators[0].reservoir is not None
    assert generator.dissipators[0].reservoir.inverse_temperature == 0.5
    np.testing.assert_allclose(np.diag(generator.apply([[0, 0], [0, 1]])).real, [4, -4])
    assert generator.number is not None


def test_rates_file_as_matrix_and_by_name_agree() -> None:
    head = 'kind = "rates"\n'
    states = '[system]\nlabels = ["a", "b"]\nenergies = [0.0, 1.0]\nparticles = [0, 1]\n'
    bare = parse_model(f"{head}rates = [[0, 1], [2, 0]]\n{states}").subject
    moves = '[{from = "b", to = "a", rate = 1}, {from = "a", to = 1, rate = 2.0}]'
    named = parse_model(f"{head}{states}[[rates]]\ntransitions = {moves}").subject
    for generator in (bare, named):
        assert isinstance(generator, Generator)
        assert generator.spectrum.labels == ("a", "b")
        np.testing.assert_allclose(np.diag(generator.apply(np.diag([0.5, 0.5]))).real, [-0.5, 0.5])


def test_rates_of_several_reservoirs() -> None:
    text = """
    kind = "rates"
    reservoirs = [{name = "hot"}, {name = "cold", statistics = "boson", temperature = 1}]
    [[rates]]
    reservoir = "hot"
    matrix = [[0, 1], [2, 0]]
    [[rates]]
    reservoir = "cold"
    transitions = [{from = 0, to = 1, rate = 0.5}]
    [[rates]]
    matrix = [[0, 1], [1, 0]]
    """
    generator = parse_model(text).subject
    assert isinstance(generator, Generator)
    assert generator.names == ("hot", "cold", "unattributed")


def test_energies_may_carry_a_unit() -> None:
    reservoir = BATH.replace("temperature = 1.0", 'temperature = "50 mK"').replace("10.0", '"0.1 THz"')
    model = parse_model('units = "GHz"\n' + system(reservoir=reservoir))
    assert model.units == "GHz"
    assert isinstance(model.subject, OpenSystem)
    beta = model.subject.reservoirs[0].inverse_temperature
    assert beta is not None
    assert 1 / beta == pytest.approx(1.041831, rel=1e-6)  # k_B x 50 mK / h, CODATA 2018
    density = model.subject.reservoirs[0].spectral_density
    assert isinstance(density, Ohmic)
    assert density.cutoff_frequency == pytest.approx(100.0, rel=1e-14)


def test_a_path_wins_over_a_shipped_name_only_as_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("heat-valve").write_text(starter_model("rates"))
    assert load_model("heat-valve").title.startswith("Heat valve")
    assert load_model(Path("heat-valve")).title.startswith("Three states")
    assert load_model("./heat-valve").title.startswith("Three states")


def test_textbook_systems_take_reservoirs_by_name() -> None:
    pytest.importorskip("equipoise.systems.models")
    parameters = 'energies = [0.1, 0.0], tunnelling = "0.05j", interaction = 2, left = "l", right = "r"'
    table = f'model = {{name = "double_dot", {parameters}}}'
    leads = "".join(
        f'[[reservoirs]]\nname = "{name}"\nstatistics = "fermion"\ntemperature = 0.1\n'
        'spectral_density = {kind = "flat", rate = 0.01}\n'
        for name in "lr"
    )
    subject = parse_model(f'kind = "system"\n[system]\n{table}\n{leads}').subject
    assert isinstance(subject, OpenSystem)
    assert [reservoir.name for reservoir in subject.reservoirs] == ["l", "r"]
    assert subject.dimension == 4


@pytest.mark.parametrize("name", models.__all__)
def test_every_textbook_system_can_be_named(name: str) -> None:
    reservoir = '[[reservoirs]]\nname = "hot"\nstatistics = "boson"\ntemperature = 1\n'
    density = 'spectral_density = {kind = "flat", rate = 1}\n'
    with pytest.raises(ModelFileError, match=rf"system\.model\.\w+: is missing: {name} needs it"):
        parse_model(f'kind = "system"\n[system]\nmodel = {{name = "{name}"}}\n{reservoir}{density}')
