"""Bad model files: each message names the file, the path to the field, what it must be, and what came."""

from __future__ import annotations

import gc
import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from equipoise._checks import InputError, UserCodeError
from equipoise.generators import weak_coupling
from equipoise.io import ModelFileError, load_model, parse_model, starter_model
from equipoise.io.arrays import read_array
from equipoise.io.model import starter_kinds
from equipoise.io.problems import in_file

SYSTEM = """kind = "system"
[system]
levels = [0.0, 1.0]
[[reservoirs]]
name = "hot"
statistics = "boson"
temperature = 2.0
spectral_density = {kind = "ohmic", coupling = 0.01, cutoff = 10.0}
[[couplings]]
reservoir = "hot"
operator = [[0, 1], [1, 0]]
"""
RATES = """kind = "rates"
rates = [[0, 1], [2, 0]]
"""
LINDBLAD = """kind = "lindblad"
[system]
hamiltonian = [[0, 0], [0, 1]]
[[jumps]]
operator = [[0, 1], [0, 0]]
"""

LEVELS = "levels = [0.0, 1.0]"
KIND = 'kind = "system"'
BOSON = 'statistics = "boson"'
WARM = "temperature = 2.0"
DENSITY = 'spectral_density = {kind = "ohmic", coupling = 0.01, cutoff = 10.0}'
OPERATOR = "operator = [[0, 1], [1, 0]]"
SECOND = """[[reservoirs]]
name = "{}"
statistics = "boson"
temperature = 1
spectral_density = {{kind = "flat", rate = 1}}
"""


def refusal(text: str, folder: Path | None = None) -> str:
    with pytest.raises(ModelFileError) as caught:
        parse_model(text, file="my.toml", folder=folder)
    message = str(caught.value)
    assert message.startswith("my.toml")
    assert caught.value.file == "my.toml"
    return message


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (WARM, "temperature = -2.0", r"reservoirs\[0\].temperature: must be >= 0 for bosons .* but got -2.0"),
        (WARM, "temperature = nan", r"reservoirs\[0\].temperature: must be a number, but got nan"),
        (WARM, "temperature = true", r"reservoirs\[0\].temperature: must be a number, but got true"),
        (WARM, "temperature = [1]", r"reservoirs\[0\].temperature: must be a number, but got a list"),
        (WARM, 'temperature = "two"', r'reservoirs\[0\].temperature: must be a number, or text such as "50 mK"'),
        (WARM, 'temperature = "2 k"', r"temperature: has an unknown unit in '2 k'.* The units are `J`"),
        (WARM, 'temperature = "2 K"', r"temperature: cannot be converted from '2 K': set `units` of the model"),
        (WARM, "inverse_temperature = -1.0", r"inverse_temperature: must be positive for bosons .* but got -1.0"),
        (WARM, "", r"reservoirs\[0\]: must have exactly one of `temperature`, .* but got none"),
        (
            WARM,
            "temperature = 2.0\ninverse_temperature = 0.5",
            r"reservoirs\[0\]: must have exactly one of .* but got `temperature` and `inverse_temperature`",
        ),
        (WARM, "temperatur = 2.0", r"reservoirs\[0\].temperatur: is not a field .* Did you mean `temperature`\?"),
        (
            WARM,
            "temperature = 2.0\nchemical_potential = 0.5",
            r"reservoirs\[0\].chemical_potential: must lie below the band edge .* mu = 0.5: .* above the band",
        ),
        (
            WARM,
            'chemical_potential = 0.5\ndistribution = {kind = "thermal", temperature = 1}',
            r"reservoirs\[0\].chemical_potential: belongs to the distribution",
        ),
        (
            WARM,
            'distribution = {kind = "mixture", weights = [0.5, 0.6], components = [{kind = "thermal", temperature = 1},'
            ' {kind = "thermal", temperature = 2}]}',
            r"reservoirs\[0\].distribution.weights: must sum to one .* Divide by the sum",
        ),
        (
            WARM,
            'distribution = {kind = "mixture", weights = [1], components = [{kind = "thermal", temperature = -2}]}',
            r"reservoirs\[0\].distribution.components\[0\].temperature: must be >= 0 .* but got -2.0",
        ),
        (
            WARM,
            'distribution = {kind = "mixture", weights = [[1]], components = [{kind = "thermal", temperature = 2}]}',
            r"reservoirs\[0\].distribution.weights\[0\]: must be a number or an expression in quotes, but got a list",
        ),
        (
            WARM,
            'distribution = {kind = "generalized_gibbs", multipliers = [1, inf], charges = ["omega", "1"]}',
            r"reservoirs\[0\].distribution.multipliers\[1\]: must be finite, but got inf",
        ),
        (
            WARM,
            'distribution = {kind = "local_temperature", beta = "().__class__"}',
            r"reservoirs\[0\].distribution.beta: must be arithmetic in omega, but",
        ),
        (
            WARM,
            'distribution = {kind = "generalized_gibbs", multipliers = [1, 2], charges = ["omega"]}',
            r"reservoirs\[0\].distribution.charges: must have one function per multiplier",
        ),
        (KIND, 'kind = "sistem"', r"kind: is unknown, 'sistem'. Did you mean `system`\? The kinds are `system`, `lin"),
        (KIND, "", r'kind: is missing. Begin the file with kind = "system", "lindblad", "rates" or "scattering"'),
        (KIND, "kind = 3", r"kind: is unknown, 3. The kinds are"),
        (BOSON, 'statistics = "bosons"', r"reservoirs\[0\].statistics: must be \"boson\" or \"fermion\", but got 'bos"),
        (BOSON, "", r"reservoirs\[0\].statistics: is missing: say statistics = "),
        ('name = "hot"', 'name = ""', r"reservoirs\[0\].name: must not be empty"),
        ('name = "hot"', "name = 3", r"reservoirs\[0\].name: must be text in quotes, but got 3"),
        (
            LEVELS,
            "hamiltonian = [[0, 1], [0.8, 1]]",
            r"system.hamiltonian: must be Hermitian .* reaches 0.2 at element \[0, 1\]\.$",
        ),
        (LEVELS, "hamiltonian = [[0, 1], [1, 'x']]", r"system.hamiltonian\[1\]\[1\]: must be a number, .* but got 'x'"),
        (LEVELS, "hamiltonian = [[0, 1], [1]]", r"system.hamiltonian\[1\]: must have 2 entries, .* but has 1"),
        (LEVELS, "hamiltonian = [[0, 1, 0], [1, 0, 0]]", r"system.hamiltonian: must be a square matrix .* \(2, 3\)"),
        (LEVELS, "hamiltonian = [[0, nan], [nan, 0]]", r"system.hamiltonian: must have finite entries, .* \[0, 1\]"),
        (LEVELS, "hamiltonian = [0, 1]", r"system.hamiltonian: must be a square matrix, .* For energies use `levels`"),
        (LEVELS, 'hamiltonian = "h"', r"system.hamiltonian: must be rows of numbers, such as .* but got 'h'"),
        (
            LEVELS,
            'hamiltonian = {fil = "h"}',
            r"system.hamiltonian.fil: is not a field of a matrix. Did you mean `file`",
        ),
        (
            LEVELS,
            "hamiltonian = [[0, 1], [1, 0]]\nlevels = [0.0]",
            r"system: must have exactly one of `hamiltonian`, `levels`, `file` and `model`, but got `h.* and `levels`",
        ),
        (LEVELS, "", r"system: must have exactly one of .* but got none"),
        (LEVELS, "levels = []", r"system.levels: must have at least 1 entry, but has 0"),
        (LEVELS, "levels = [0.0, 'a']", r"system.levels\[1\]: must be a number"),
        (
            LEVELS,
            "levels = [0.0, 1.0, 2.0]",
            r"couplings\[0\].operator: must have shape \(3, 3\), .* has shape \(2, 2\)",
        ),
        (LEVELS, f"{LEVELS}\nnumber = [[0, 1], [1, 0]]", r"system.number: must commute with the Hamiltonian"),
        (LEVELS, f"{LEVELS}\nnumber = [0, 1, 2]", r"system.number: must have one entry for each of the 2 states"),
        (LEVELS, f'{LEVELS}\nlabels = ["a", "a"]', r"system.labels\[1\]: must be a name that no other state has"),
        (LEVELS, f'{LEVELS}\nlabels = ["a"]', r"system.labels: must name each of the 2 states, but has 1"),
        (LEVELS, f"{LEVELS}\ntolerance = -1", r"system.tolerance: must be >= 0 \(an energy\), but got -1"),
        (LEVELS, 'model = {name = "tree_level_maser"}', r"couplings: must be left out where `system.model` gives"),
        ("coupling = 0.01", "coupling = -0.01", r"spectral_density.coupling: must be >= 0, but got -0.01"),
        ("cutoff = 10.0", "cutoff = 0", r"reservoirs\[0\].spectral_density.cutoff: must be positive, but got 0"),
        (", cutoff = 10.0", "", r"reservoirs\[0\].spectral_density.cutoff: is missing"),
        (", cutoff = 10.0", ", cutof = 1.0", r"spectral_density.cutof: is not a field .* Did you mean `cutoff`\?"),
        ('kind = "ohmic"', 'kind = "omic"', r"spectral_density: has the unknown kind 'omic'. Did you mean `ohmic`\?"),
        ('kind = "ohmic", ', "", r"spectral_density: is missing its `kind`"),
        (DENSITY, "", r"reservoirs\[0\].spectral_density: is missing. Add it, such as"),
        (
            DENSITY,
            'spectral_density = {kind = "expression", expression = "__import__(\'os\')"}',
            r"spectral_density.expression: must be arithmetic in omega, but has an unknown name `__import__` at col",
        ),
        (
            DENSITY,
            'spectral_density = {kind = "tabulated", frequencies = [0, 1]}',
            r"spectral_density.values: is missing: J at each of the `frequencies`",
        ),
        (
            DENSITY,
            'spectral_density = {kind = "tabulated", frequencies = [0, 1, 0.5], values = [0, 1, 2]}',
            r"spectral_density.frequencies: must be strictly increasing",
        ),
        (
            DENSITY,
            'spectral_density = {kind = "form_factor", coupling = "1", dispersion = "omega"}',
            r"reservoirs\[0\].spectral_density.dispersion: must be arithmetic in k, but has an unknown name `omega`",
        ),
        (
            DENSITY,
            'spectral_density = {kind = "form_factor", coupling = "1", dispersion = "k", dimension = 4}',
            r"reservoirs\[0\].spectral_density.dimension: must be 1, 2 or 3, but got 4",
        ),
        (
            OPERATOR,
            "operator = [[0, 1, 0], [1, 0, 0], [0, 0, 0]]",
            r"couplings\[0\].operator: must have shape \(2, 2\)",
        ),
        (OPERATOR, "elements = [[0, 2, 1.0]]", r"couplings\[0\].elements\[0\]\[1\]: must be a state from 0 to 1"),
        (
            OPERATOR,
            'elements = [[0, "up", 1.0]]',
            r"elements\[0\]\[1\]: must name a state, but got 'up'. Give `labels`",
        ),
        (OPERATOR, "elements = [[0, 1]]", r"couplings\[0\].elements\[0\]: must be \[i, j, value\]"),
        (OPERATOR, "elements = [[0, 1, [1]]]", r"couplings\[0\].elements\[0\]\[2\]: must be a number"),
        (OPERATOR, "elements = [[0.5, 1, 1]]", r"elements\[0\]\[0\]: must be a state: a number from 0 to 1 or a label"),
        (
            OPERATOR,
            "elements = [[0, 1, 1], [1, 0, 1]]\nhermitian = true",
            r"couplings\[0\].elements\[1\]: repeats the element \[1, 0\] \(hermitian = true adds",
        ),
        (OPERATOR, "elements = [[0, 0, '1j']]\nhermitian = true", r"elements\[0\]\[2\]: must be real on the diagonal"),
        (OPERATOR, f"{OPERATOR}\nhermitian = true", r"couplings\[0\].hermitian: belongs to `elements`"),
        (OPERATOR, "", r"couplings\[0\]: must have exactly one of `operator` and `elements`, but got none"),
        (OPERATOR, f"{OPERATOR}\nchannel = -1", r"couplings\[0\].channel: must be an integer >= 0, but got -1"),
        ('[[couplings]]\nreservoir = "hot"', '[[couplings]]\nreservoir = "hott"', r"got 'hott'. Did you mean `hot`\?"),
        ("[[couplings]]", SECOND.format("cold") + "[[couplings]]", r"reservoirs\[1\].name: 'cold' is used nowhere"),
        (
            "[[couplings]]",
            SECOND.format("hot") + "[[couplings]]",
            r"reservoirs\[1\].name: must be unique, but reservoirs\[0",
        ),
        ("[system]", "[sytem]", r"sytem: is not a field of this table. Did you mean `system`\?"),
        ("[system]", "[system", r"line 2, column 8: expected '\]' .*\n    \[system\n           \^$"),
        ("levels =", "levels", r"line 3, column 8: expected '=' after a key"),
        (OPERATOR, "operator = [[0, 1], [1, 0]", r"line 11: .*, and there the file ends"),
    ],
)
def test_system_files(old: str, new: str, message: str) -> None:
    assert re.search(message, refusal(changed(SYSTEM, old, new)), re.DOTALL)


def test_fermionic_coupling_must_be_odd() -> None:
    text = changed(changed(SYSTEM, BOSON, 'statistics = "fermion"'), "[[0, 1], [1, 0]]", "[[1, 1], [1, 0]]")
    assert "couplings[0].operator: must change the fermion parity" in refusal(text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2, 0]", "-2, 0]", r"rates: must hold finite rates >= 0, but W\[1, 0\] \(the rate 0 -> 1\) is -2.0"),
        ("2, 0]", "'2j', 0]", r"rates: must hold real rates"),
        ("2, 0]", "2]", r"rates\[1\]: must have 2 entries"),
        ("2, 0]", "'a', 0]", r"rates\[1\]\[0\]: must be a number"),
        ("rates = [[0, 1], [2, 0]]", "", r"rates: is missing"),
        ("rates = [[0, 1], [2, 0]]", "rates = []", r"rates: must have at least 1 entry"),
        (
            "2, 0]]",
            "2, 0]]\n[system]\nenergies = [0, 1, 2]",
            r"system.energies: must have one entry for each of the 2 states",
        ),
        ("2, 0]]", "2, 0]]\n[system]\nlabels = ['a', '']", r"system.labels\[1\]: must be a name"),
    ],
)
def test_rates_files(old: str, new: str, message: str) -> None:
    assert re.search(message, refusal(changed(RATES, old, new)), re.DOTALL)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("transitions = [{from = 'a', to = 1, rate = 1}]", r"rates\[0\].transitions\[0\].from: must name a state"),
        ("transitions = [{fom = 0, to = 1, rate = 1}]", r"transitions\[0\].fom: is not a field .* Did you mean `from`"),
        ("transitions = [{from = 0, to = 1, rate = -1}]", r"transitions\[0\].rate: must be a finite rate >= 0"),
        ("transitions = [{from = 0, to = 0, rate = 1}]", r"transitions\[0\]: must lead from one state to another"),
        ("transitions = [{from = 0, to = 1.5, rate = 1}]", r"transitions\[0\].to: must be a state: a number"),
        (
            "transitions = [{from = 0, to = 1, rate = 1}, {from = 0, to = 1, rate = 1}]",
            r"transitions\[1\]: repeats the rate from 0 to 1",
        ),
        ("transitions = [{from = 0, to = 999999, rate = 1}]", r"rates\[0\].transitions: must fit in memory, .* TiB"),
        ("matrix = [[0, 1], [1, 0]]\n[[rates]]\nmatrix = [[0, 1], [1, 0]]", r"rates\[1\]: is the second table"),
        (
            "reservoir = 'x'\nmatrix = [[0, 1], [1, 0]]",
            r"rates\[0\].reservoir: must name one of the \[\[reservoirs\]\]",
        ),
        ("", r"rates\[0\]: must have exactly one of `matrix` and `transitions`"),
    ],
)
def test_tables_of_rates(table: str, message: str) -> None:
    assert re.search(message, refusal(f'kind = "rates"\n[[rates]]\n{table}\n'), re.DOTALL)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("operator = [[0, 1], [0, 0]]", "operator = [[0, 1]]", r"jumps\[0\].operator: must be a square matrix"),
        ("operator = [[0, 1], [0, 0]]", "operator = [[1]]", r"jumps\[0\].operator: must have shape \(2, 2\)"),
        ("[[jumps]]", "[[jumps]]\nreservoir = 'x'", r"jumps\[0\].reservoir: must name one of the \[\[reservoirs\]\]"),
        (
            "[[jumps]]",
            "[[reservoirs]]\nname = 'x'\n[[jumps]]",
            r"reservoirs\[0\].name: 'x' is used nowhere. Add \[\[jum",
        ),
        ("[[0, 0], [0, 1]]", "[[0, 1], [0, 1]]", r"system.hamiltonian: must be Hermitian"),
    ],
)
def test_lindblad_files(old: str, new: str, message: str) -> None:
    assert re.search(message, refusal(changed(LINDBLAD, old, new)), re.DOTALL)


@pytest.mark.parametrize("text", [SYSTEM, RATES, LINDBLAD, *map(starter_model, starter_kinds())])
def test_a_file_with_a_line_missing_is_read_or_refused(text: str) -> None:
    lines = text.splitlines(keepends=True)
    problems: list[tuple[str, str]] = []
    for k in range(len(lines)):
        try:
            parse_model("".join(lines[:k] + lines[k + 1 :]))
        except ModelFileError as error:
            problems += error.problems
    assert problems
    assert [problem for problem in problems if "Argument `" in problem[1]] == []


def test_several_problems_are_told_at_once() -> None:
    text = changed(changed(SYSTEM, WARM, "temperatur = 2.0"), OPERATOR, "operator = 3")
    message = refusal(changed(text, LEVELS, "levels = ['a']"))
    assert message.startswith("my.toml has 3 problems:\n  - system.levels[0]: ")
    assert "\n  - reservoirs[0].temperatur: " in message


def test_negative_density_at_a_bohr_frequency_names_the_file() -> None:
    text = changed(SYSTEM, DENSITY, 'spectral_density = {kind = "expression", expression = "omega - 2"}')
    subject = parse_model(text).subject
    with (
        pytest.raises(ModelFileError, match=r'my.toml: The .* is negative at omega = 1: .*"omega - 2"'),
        in_file("my.toml"),
    ):
        weak_coupling(subject)  # type: ignore[arg-type]


def test_expression_without_a_value_names_its_path() -> None:
    text = changed(SYSTEM, DENSITY, 'spectral_density = {kind = "expression", expression = "log(omega - 2)"}')
    subject = parse_model(text).subject
    with (
        pytest.raises(
            ModelFileError,
            match=r"my.toml: reservoirs\[0\].spectral_density.expression: must be finite .* at omega = 1",
        ),
        in_file("my.toml"),
    ):
        weak_coupling(subject)  # type: ignore[arg-type]


def test_other_failures_of_user_code_pass_through() -> None:
    with pytest.raises(UserCodeError, match="as it is"), in_file("my.toml"):
        raise UserCodeError("as it is")


def in_matrix_file(name: str, folder: Path, array: str = "") -> str:
    return refusal(changed(SYSTEM, LEVELS, f'hamiltonian = {{file = "{name}"{array}}}'), folder)


@pytest.mark.parametrize("name", ["h.npy", "h.npz"])
def test_pickled_arrays_are_refused(tmp_path: Path, name: str) -> None:
    objects = np.array([[print, 1], [1, 0]], dtype=object)
    if name == "h.npy":
        np.save(tmp_path / name, objects, allow_pickle=True)
    else:
        np.savez(tmp_path / name, objects)
    assert re.search(r"system.hamiltonian: .* pickled objects, which can run code", in_matrix_file(name, tmp_path))
    (tmp_path / name).write_bytes(pickle.dumps([[0, 1], [1, 0]]))
    assert "pickled objects" in in_matrix_file(name, tmp_path)


def test_array_files_must_lie_beside_the_model(tmp_path: Path) -> None:
    for name in ("/etc/h.npy", "../h.npy", "a/../../h.npy", "C:\\\\h.npy", "..\\\\h.npy"):
        assert "must name a file beside the model file or in a folder under it" in in_matrix_file(name, tmp_path)
    assert "but 'h.npy' is not there" in in_matrix_file("h.npy", tmp_path)
    assert "must name a .npy, .npz or .csv file, but 'h.pkl' is a pickle" in in_matrix_file("h.pkl", tmp_path)
    assert "this model has no folder" in refusal(changed(SYSTEM, LEVELS, 'file = "h.npy"'))


def test_array_files_must_hold_numbers(tmp_path: Path) -> None:
    np.save(tmp_path / "text.npy", np.array([["a"]]))
    assert "system.hamiltonian: must hold numbers, but 'text.npy' has the dtype" in in_matrix_file("text.npy", tmp_path)
    (tmp_path / "empty.npy").write_bytes(b"")
    assert "must be a .npy file, but 'empty.npy' cannot be read as one" in in_matrix_file("empty.npy", tmp_path)
    (tmp_path / "zip.npy").write_bytes(b"")
    np.savez(tmp_path / "two.npz", a=np.eye(2), b=np.eye(2))
    assert "must say which array of 'two.npz' it means. The arrays are `a` and `b`" in in_matrix_file(
        "two.npz", tmp_path
    )
    assert "has no array 'c'" in in_matrix_file("two.npz", tmp_path, ', array = "c"')
    (tmp_path / "two.npz").rename(tmp_path / "two.npy")
    assert "Give it the suffix .npz" in in_matrix_file("two.npy", tmp_path)
    (tmp_path / "h.csv").write_text("0, 1\n1, x\n")
    assert "must hold numbers, but line 2, column 2 of 'h.csv' is 'x'" in in_matrix_file("h.csv", tmp_path)
    (tmp_path / "h.csv").write_text("0, 1\n1\n")
    assert "line 2 of 'h.csv' has 1 entries and the first has 2" in in_matrix_file("h.csv", tmp_path)


def test_a_matrix_beyond_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "h.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|i1", "fortran_order": False, "shape": (10**6, 10**6)})
        try:
            file.truncate(file.tell() + 10**12)  # a hole: it takes no room on the disk
        except OSError:
            pytest.skip("the file system has no room for a sparse file")
    message = in_matrix_file("h.npy", tmp_path)
    assert re.search(r"system.hamiltonian: must fit in memory, but shape \(1000000, 1000000\) .* about .* TiB", message)


def test_no_array_file_stays_open(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", np.diag([0.0, 1.0]))
    np.save(tmp_path / "text.npy", np.array([["a"]]))
    np.savez(tmp_path / "one.npz", np.diag([0.0, 1.0]))
    np.savez(tmp_path / "words.npz", np.array([["a"]]))
    np.savez(tmp_path / "two.npz", a=np.eye(2), b=np.eye(2))
    (tmp_path / "misnamed.npy").write_bytes((tmp_path / "two.npz").read_bytes())
    (tmp_path / "misnamed.npz").write_bytes((tmp_path / "h.npy").read_bytes())
    read = read_array("h.npy", tmp_path)
    assert type(read) is np.ndarray
    assert read.base is None
    assert read.flags.writeable
    assert type(read_array("one.npz", tmp_path)) is np.ndarray
    gc.collect()
    # A refusal may be held for long; a file is closed before it, not by the garbage collector in whatever runs next.
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        for name in ("text.npy", "words.npz", "two.npz", "misnamed.npy", "misnamed.npz"):
            with pytest.raises(InputError) as refused:
                read_array(name, tmp_path)
            archives = [thing for thing in gc.get_objects() if isinstance(thing, np.lib.npyio.NpzFile)]
            assert not [archive for archive in archives if archive.zip is not None], refused.value
            del refused, archives
            gc.collect()


def test_unclosed_brackets_without_end() -> None:
    assert "must be nested less deep" in refusal("x = " + "[" * 100_000)


def test_missing_files_suggest_a_shipped_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"^heat-vlave: there is no such file, .* Did you mean `heat-valve`\?"):
        load_model("heat-vlave")
    with pytest.raises(ModelFileError, match=r": is a folder. Name a model file"):
        load_model(tmp_path)
    binary = tmp_path / "model.toml"
    binary.write_bytes(b'kind = "\xff"')
    with pytest.raises(ModelFileError, match=r"model.toml: must be text in UTF-8, but byte 8 is not"):
        load_model(binary)


def test_unknown_starter() -> None:
    with pytest.raises(
        InputError, match=r"`kind` must be `lindblad`, `rates`, `scattering` or `system`, but got 'sytem'. Did you mean"
    ):
        starter_model("sytem")


def test_textbook_parameters() -> None:
    pytest.importorskip("equipoise.systems.models")
    bare = SYSTEM[: SYSTEM.index("[[couplings]]")]

    def message(model: str) -> str:
        return refusal(changed(bare, LEVELS, f"model = {{{model}}}"))

    assert "system.model: has the unknown name 'ladder'" in message('name = "ladder"')
    assert "system.model: is missing its `name`" in message("levels = 3")
    ladder = 'name = "harmonic_ladder", levels = 3, reservoirs = ["hot"]'
    assert "system.model.frequency: is missing: harmonic_ladder needs it" in message(ladder)
    assert "Did you mean `frequency`?" in message(f"{ladder}, frequenzy = 1.0")
    wrong = f"{ladder}, frequency = 1.0".replace("hot", "hott")
    assert "system.model.reservoirs[0]: must be a number or name a reservoir, but got 'hott'" in message(wrong)
    chain = 'name = "spin_chain_ising", sites = 40, exchange = 1, transverse_fields = 1, left = "hot"'
    assert re.search(r"memory|TiB|PiB", message(chain))
