"""Model files of kind `scattering`: every interaction and gas, and what they refuse."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from equipoise import audit
from equipoise.auditing import Question
from equipoise.generators import Generator, low_density
from equipoise.io import ModelFileError, parse_model
from equipoise.io.kinds.interactions import Interaction
from equipoise.scattering import (
    AbstractInteraction,
    DeltaInteraction,
    EnergyShell,
    Gas,
    MomentumDistribution,
    PiecewiseConstant,
    PointScatterers,
    SmoothPotential,
    Target,
    maxwell_boltzmann,
    s_from_t,
)
from equipoise.spectrum import spectrum_of_levels

TOP = 'kind = "scattering"\n[target]\nlevels = [0.0, 1.0]\n'
GAS = '[[gases]]\nname = "gas"\ntemperature = 1.0\ndensity = 0.01\n'
V = np.array([[1.0, 0.5], [0.5, 2.0]])
WARM = Gas("gas", maxwell_boltzmann(temperature=1.0), 0.01)


def generator_of(text: str, folder: Path | None = None) -> Generator:
    subject = parse_model(text, folder=folder).subject
    assert isinstance(subject, Generator)
    return subject


def same(found: Generator, expected: Generator, rtol: float = 1e-12) -> bool:
    return np.allclose(found.superoperator(), expected.superoperator(), rtol=rtol, atol=1e-14)


@pytest.mark.parametrize(
    ("table", "interaction"),
    [
        ('kind = "contact"\ncouplings = [[1, 0.5], [0.5, 2]]', DeltaInteraction(V)),
        ('kind = "points"\npositions = [0, 0.4]\ncouplings = [[[1, 0.5], [0.5, 2]], [0.3, 0.1]]', None),
        (
            'kind = "layers"\nedges = [0, 1, 1.5]\nmatrices = [[0.2, 0.4], [[1, 0.5], [0.5, 2]]]',
            PiecewiseConstant([0, 1, 1.5], [[0.2, 0.4], V]),
        ),
        (
            'kind = "potential"\nshapes = ["exp(-q^2)", "a"]\nparameters = {a = 0.1}\nsupport = [-4, 4]\n'
            "matrices = [[[1, 0.5], [0.5, 2]], [1, 2]]",
            SmoothPotential(lambda q: np.exp(-(q**2))[:, None, None] * V + 0.1 * np.diag([1, 2]), (-4, 4)),
        ),
    ],
)
def test_interactions_are_those_of_the_library(table: str, interaction: AbstractInteraction | None) -> None:
    if interaction is None:
        interaction = PointScatterers([0, 0.4], [V, np.diag([0.3, 0.1])])
    read = TypeAdapter(Interaction).validate_python(tomllib.loads(table)).build()
    shell = EnergyShell.above(spectrum_of_levels([0.0, 1.0]), 1.0, 0, np.array([0.2, 0.9, 1.1, 5.0]))
    assert np.allclose(read.transition_matrix(shell), interaction.transition_matrix(shell), rtol=0, atol=1e-14)


def test_the_generator_is_that_of_the_library() -> None:
    text = f'{TOP}[interaction]\nkind = "contact"\ncouplings = [[1, 0.5], [0.5, 2]]\n{GAS}'
    target = Target([0.0, 1.0], DeltaInteraction(V))
    assert same(generator_of(text), low_density(target, WARM))
    without = generator_of(text.replace("[target]", "scattering_shift = false\n[target]"))
    assert same(without, low_density(target, WARM, scattering_shift=False))


@pytest.mark.parametrize("kind", ["t_matrix", "s_matrix"])
def test_a_matrix_on_a_grid_comes_from_array_files(tmp_path: Path, kind: str) -> None:
    target = Target([0.0, 1.0], DeltaInteraction(V))
    x = np.linspace(0.0, 1.0, 202)[1:-1]
    energies = np.concatenate([np.sin(0.5 * np.pi * x) ** 2, 1.0 + (6.0 * x) ** 2])
    T = target.interaction.transition_matrix(EnergyShell.above(target.spectrum, 1.0, 0, energies))[:, 0, :, 0, :]
    stack = T if kind == "t_matrix" else s_from_t(T)
    np.savez(tmp_path / "s.npz", E=energies, M=stack)
    table = f'kind = "{kind}"\nenergies = {{file = "s.npz", array = "E"}}\nmatrices = {{file = "s.npz", array = "M"}}'
    text = f'{TOP}[interaction]\n{table}\nwaves = "even"\ndimension = 1\n{GAS}'
    assert same(generator_of(text, tmp_path), low_density(target, WARM), rtol=1e-5)
    blocks = text.replace(table + '\nwaves = "even"\ndimension = 1', 'kind = "partial_waves"\ndimension = 1')
    block = ", ".join(line for line in (table + '\nwaves = "even"\ndimension = 1').splitlines())
    blocks = blocks.replace("dimension = 1\n", f"dimension = 1\nblocks = [{{interaction = {{{block}}}}}]\n", 1)
    assert same(generator_of(blocks, tmp_path), generator_of(text, tmp_path))


def test_gases() -> None:
    contact = '[interaction]\nkind = "contact"\ncouplings = [[1, 0.5], [0.5, 2]]\n'
    density = "density = 0.01\n"
    p = 'momentum_distribution = {expression = "exp(-(p - a)^2) / sqrt(pi)", scale = 2.0, parameters = {a = 0.5}}\n'
    target = Target([0.0, 1.0], DeltaInteraction(V))
    shifted = MomentumDistribution(lambda x: np.exp(-((x - 0.5) ** 2)) / np.sqrt(np.pi), 2.0)
    found = generator_of(f'{TOP}{contact}[[gases]]\nname = "gas"\n{density}{p}')
    assert same(found, low_density(target, Gas("gas", shifted, 0.01)))
    even = p.replace("p - a", "p").replace("scale = 2.0", "scale = 2.0, isotropic = true")
    found = generator_of(f'{TOP}{contact}[[gases]]\nname = "gas"\n{density}{even}')
    thermal = Gas("gas", maxwell_boltzmann(temperature=0.5), 0.01)
    assert same(found, low_density(target, thermal), 1e-9)
    beams = "beams = {rightward = {temperature = 1.0}, leftward = {inverse_temperature = 1.0}}\n"
    found = generator_of(f'{TOP}{contact}[[gases]]\nname = "gas"\n{density}{beams}')
    assert same(found, low_density(target, WARM), 1e-9)


def test_gases_with_interactions_of_their_own_stand_side_by_side() -> None:
    own = '[[gases]]\nname = "heavy"\ntemperature = 2.0\ndensity = 0.01\nmass = 4.0\ninteraction = '
    top = TOP.replace("[0.0, 1.0]", "[0.0, 1.0, 2.5]")
    text = f'{top}[interaction]\nkind = "contact"\ncouplings = [[1, 0.5, 0.2], [0.5, 2, 0.3], [0.2, 0.3, 1]]\n{GAS}'
    both = generator_of(text + own + '{kind = "contact", couplings = [[0.3, 0.4, 0], [0.4, 0.3, 0.1], [0, 0.1, 1]]}')
    assert both.names == ("gas", "heavy")
    assert both.dissipators[1].reservoir.mass == 4.0  # type: ignore[union-attr]
    assert audit(both).verdict.value == "non-equilibrium steady state"


def test_audit_of_the_three_dot_ring_names_the_loop_and_its_direction() -> None:
    from equipoise.io import load_model

    found = audit(load_model("three-dot-ring").subject)
    assert found.verdict.value == "thermal state without detailed balance"
    assert "lower -> upper -> middle -> lower" in str(found)
    assert found.finding(Question.GAS_DILUTE).answer == "yes"
    assert found.finding(Question.SECULAR_SAFE).answer == "yes"


def test_a_dense_gas_is_flagged() -> None:
    text = f'{TOP}[interaction]\nkind = "contact"\ncouplings = [[1, 0.5], [0.5, 2]]\n{GAS}'.replace("0.01", "1.0")
    printed = str(audit(parse_model(text).subject))
    assert "Each incoming wave of 'gas' is occupied 2.5 times" in printed
    assert "Lower its density" in " ".join(printed.split())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TOP + GAS, r"interaction: is missing: 'gas' has no interaction of its own"),
        (
            f'{TOP}[interaction]\nkind = "contact"\ncouplings = [1, 2, 3]\n{GAS}',
            r"interaction.*: must act on the 2 states of the target, but acts on 3",
        ),
        (
            f'{TOP}[interaction]\nkind = "contact"\ncouplings = [[1, 2], [3, 4]]\n{GAS}',
            r"interaction.couplings: must be Hermitian",
        ),
        (
            f'{TOP}[interaction]\nkind = "contact"\ncouplings = [1, 2]\n{GAS}'.replace("temperature = 1.0", ""),
            r"gases\[0\]: must have exactly one of `temperature`",
        ),
        (
            f'{TOP}[interaction]\nkind = "contact"\ncouplings = [1, 2]\n{GAS}'.replace("0.01", "-1.0"),
            r"gases\[0\].density: must be positive, but got -1",
        ),
        (
            f'{TOP}[interaction]\nkind = "contact"\ncouplings = [1, 2]\n{GAS}{GAS}',
            r"gases\[1\].name: must be unique, but gases\[0\] is 'gas' too",
        ),
        (
            f'{TOP}[interaction]\nkind = "potential"\nshapes = ["q"]\nmatrices = []\nsupport = [0, 1]\n{GAS}',
            r"interaction.*matrices",
        ),
        (
            f'{TOP}[interaction]\nkind = "potential"\nshapes = ["1", "q"]\nmatrices = [[1, 2]]\n'
            f"support = [0, 1]\n{GAS}",
            r"interaction.matrices: must have one entry for each of the 2 shapes, but has 1",
        ),
        (
            f'{TOP}[interaction]\nkind = "points"\npositions = [0, 1]\ncouplings = [1, "x"]\n{GAS}',
            r"interaction.couplings\[1\]: must be rows of numbers",
        ),
        (
            f'{TOP}number = [0, 1]\n[interaction]\nkind = "contact"\ncouplings = [1, 2]\n{GAS}',
            r"target.number: must be left out: a gas exchanges no particles",
        ),
    ],
)
def test_messages(text: str, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        parse_model(text)


def _on_a_grid(folder: Path, **changes: str) -> str:
    target = Target([0.0, 1.0], DeltaInteraction(V))
    x = np.linspace(0.0, 1.0, 82)[1:-1]
    energies = np.concatenate([np.sin(0.5 * np.pi * x) ** 2, 1.0 + (6.0 * x) ** 2])
    T = target.interaction.transition_matrix(EnergyShell.above(target.spectrum, 1.0, 0, energies))[:, 0, :, 0, :]
    np.savez(folder / "s.npz", E=energies, S=s_from_t(T))
    fields = {"kind": '"s_matrix"', "waves": '"even"', "dimension": "1", "accuracy": "1e-3"} | changes
    table = "\n".join(f"{name} = {value}" for name, value in fields.items())
    table += '\nenergies = {file = "s.npz", array = "E"}\nmatrices = {file = "s.npz", array = "S"}\n'
    return f"{TOP}[interaction]\n{table}{GAS}"


@pytest.mark.parametrize(
    ("changes", "wrong", "message"),
    [
        (
            {"kind": '"t_matrix"'},
            ("", ""),
            r"interaction.matrices: must be unitary .* file kind = \"s_matrix",
        ),
        ({"accuracy": "1e-15"}, ("", ""), r"interaction.energies: must (reach as far up|be fine enough)"),
        ({}, ("levels = [0.0, 1.0]", "levels = [0.0, 1.0, 2.0]"), r"interaction.matrices: must give T in the shape"),
        ({}, ("density", "dimension = 3\ndensity"), r"gases: must move in 1 dimension, as the interaction asks"),
        (
            {},
            ("temperature = 1.0", 'momentum_distribution = {expression = "exp(-p^2)", scale = 1.0}'),
            r"gases\[0\].momentum_distribution.expression: must be normalised to one",
        ),
        ({}, (GAS, GAS + "scattering_shift = false\n"), "Move it to the top of the file"),
    ],
)
def test_what_a_grid_and_a_gas_refuse_has_its_place_in_the_file(
    tmp_path: Path, changes: dict[str, str], wrong: tuple[str, str], message: str
) -> None:
    text = _on_a_grid(tmp_path, **changes)
    with pytest.raises(ModelFileError, match=message):
        parse_model(text.replace(*wrong) if wrong[0] else text, folder=tmp_path)
