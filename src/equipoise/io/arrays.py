"""Numbers and matrices of model files: inline, or in an array file beside the model; nothing is ever unpickled."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np

from equipoise._checks import Array, ComplexArray, InputError, physical_memory, readable_bytes, require_memory
from equipoise.io.problems import FieldProblem, did_you_mean, joined, refuse, shown

SUFFIXES = (".npy", ".npz", ".csv")

PICKLES = (".qu", ".pkl", ".pickle", ".p")
"""Suffixes of pickles; QuTiP's `qsave` writes .qu."""

NO_PICKLES = (
    "is a pickle, which can run code when it is read, and so it is not. From QuTiP write a model file instead: "
    "equipoise.io.qutip.write_lindblad_model('model.toml', H, c_ops)."
)
"""Message about a pickle, with the way out."""


def entry(value: object, path: str = "") -> complex:
    """One number of a matrix: 1, 0.5, "0.1+0.2j", {re = 0.1, im = 0.2}.

    Raises
    ------
    FieldProblem
        For anything else, at `path`.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return complex(value)
    if isinstance(value, str):
        text = "".join(value.split())
        try:
            # complex() reads a literal and runs nothing.
            return complex(text[:-1] + "j" if text.endswith("i") else text)
        except ValueError:
            pass
    if isinstance(value, Mapping) and value and value.keys() <= {"re", "im"}:
        parts = [value.get("re", 0.0), value.get("im", 0.0)]
        if all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts):
            return complex(*parts)
    raise refuse(path, f'must be a number, such as 0.5, "0.1+0.2j" or {{re = 0.1, im = 0.2}}, but got {shown(value)}.')


def rows(value: Sequence[object]) -> Array:
    """A matrix (list of rows) or a vector of inline numbers; real where every entry is."""
    problems: list[tuple[str, str]] = []
    if not any(isinstance(row, list) for row in value):
        return _real_if_so(np.array(_entries(value, "", problems)), problems)
    table: list[list[complex]] = []
    for i, row in enumerate(value):
        if not isinstance(row, list):
            problems.append((f"[{i}]", f"must be a row of numbers, but got {shown(row)}."))
        elif table and len(row) != len(table[0]):
            text = f"must have {len(table[0])} entries, as the first row has, but has {len(row)}."
            problems.append((f"[{i}]", text))
        else:
            table.append(_entries(row, f"[{i}]", problems))
    return _real_if_so(np.array(table) if not problems else np.zeros(0), problems)


def _entries(row: Sequence[object], path: str, problems: list[tuple[str, str]]) -> list[complex]:
    numbers = []
    for j, value in enumerate(row):
        try:
            numbers.append(entry(value, joined(path, f"[{j}]")))
        except FieldProblem as problem:
            problems.extend(problem.problems)
    return numbers


def _real_if_so(matrix: Array, problems: list[tuple[str, str]]) -> Array:
    if problems:
        # One wrong entry is told; of a wrong matrix the first entries are enough.
        raise FieldProblem(*problems[:3])
    return matrix if np.any(np.imag(matrix)) else np.asarray(np.real(matrix))


def read_array(name: str, folder: Path | None, array: str | None = None) -> Array:
    """The array in a .npy, .npz or .csv file beside the model file; of a .npz file with several, the one named `array`.

    Raises
    ------
    FieldProblem
        For a path that leaves the folder of the model, a missing or unreadable file, another suffix, a pickled array.
    """
    file = _beside(name, folder)
    try:
        if file.suffix == ".csv":
            return _read_csv(file, name)
        if file.suffix == ".npz":
            return _read_npz(file, name, array)
        return _read_npy(file, name)
    except FileNotFoundError:
        raise refuse("", f"must name a file beside the model file, but {name!r} is not there.") from None
    except OSError as error:
        raise refuse("", f"cannot be read: {name!r}: {error.strerror or error}.") from None
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        if "pickle" in str(error).lower() or "Python objects" in str(error):
            came = f"{name!r} holds pickled objects, which can run code when they are read"
            remedy = "Save it with numpy.save(file, array) from an array of dtype float or complex."
            raise refuse("", f"must hold plain numbers, but {came}. {remedy}") from None
        raise refuse("", f"must be a {file.suffix} file, but {name!r} cannot be read as one: {error}") from None


def _beside(name: str, folder: Path | None) -> Path:
    if folder is None:
        raise refuse("", f"names the file {name!r}, but this model has no folder. Write the numbers inline.")
    parts = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
    outside = PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or PureWindowsPath(name).root
    if outside or ".." in parts:
        raise refuse("", f"must name a file beside the model file or in a folder under it, but got {name!r}.")
    suffix = Path(name).suffix
    if suffix in PICKLES:
        raise refuse("", f"must name a .npy, .npz or .csv file, but {name!r} {NO_PICKLES}")
    if suffix not in SUFFIXES:
        raise refuse("", f"must name a .npy, .npz or .csv file, but got {name!r}.")
    return folder / name


def _read_csv(file: Path, name: str) -> Array:
    table: list[list[complex]] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        row = []
        for column, word in enumerate(text.split(","), start=1):
            try:
                row.append(entry(word))
            except FieldProblem:
                where = f"line {number}, column {column}"
                raise refuse("", f"must hold numbers, but {where} of {name!r} is {shown(word.strip())}.") from None
        if table and len(row) != len(table[0]):
            counts = f"line {number} of {name!r} has {len(row)} entries and the first has {len(table[0])}"
            raise refuse("", f"must have rows of one length, but {counts}.")
        table.append(row)
    return _real_if_so(np.array(table), [])


def rates_of(value: object, folder: Path | None) -> tuple[Array, list[str] | None]:
    """A rate matrix of a model file, and the names of the states where a .csv file gives them.

    A .csv file holds a matrix `W[i, j]` of rates j -> i, with or without names along its first row and first column,
    or a list of edges under the header `from,to,rate`.
    """
    file = value.get("file") if isinstance(value, Mapping) and set(value) == {"file"} else None
    if not isinstance(file, str) or not file.endswith(".csv"):
        return matrix(value, folder), None
    path = _beside(file, folder)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise refuse("", f"must name a file beside the model file, but {file!r} is not there.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("", f"cannot be read: {file!r}: {error}.") from None
    table = [[word.strip() for word in row] for row in csv.reader(text.splitlines())]
    table = [row for row in table if any(row)]
    if table and [word.lower() for word in table[0]] == ["from", "to", "rate"]:
        return _of_edges(table[1:], file)
    if not table or all(_is_number(word) for word in table[0]):
        return matrix(value, folder), None
    names = [word for word in table[0][1:] if word]
    rows_of_names = [row[0] for row in table[1:]]
    if rows_of_names != names:
        remedy = "Write `,a,b` above `a,0,1` and `b,2,0`, or no names at all, or edges under the header `from,to,rate`."
        raise refuse("", f"must name its states alike along the first row and column, but {file!r} does not. {remedy}")
    return np.array([[_rate(word, file) for word in row[1:]] for row in table[1:]]), names


def _is_number(word: str) -> bool:
    try:
        entry(word)
    except FieldProblem:
        return False
    return True


def _rate(word: str, file: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise refuse("", f"must hold real rates, but {file!r} holds {shown(word)}.") from None


def _of_edges(edges: list[list[str]], file: str) -> tuple[Array, list[str]]:
    """The matrix of a list of edges (from, to, rate), its states in the order in which they occur."""
    for edge in edges:
        if len(edge) != 3:
            raise refuse("", f"must have three entries in each row (from, to, rate), but {file!r} has {edge}.")
    names = list(dict.fromkeys(word for edge in edges for word in edge[:2]))
    if all(word.isdecimal() for word in names):
        names.sort(key=int)
    place = {word: k for k, word in enumerate(names)}
    W = np.zeros((len(names), len(names)))
    for origin, to, rate in edges:
        if W[place[to], place[origin]]:
            raise refuse("", f"must hold each edge once, but {file!r} repeats {origin} -> {to}.")
        W[place[to], place[origin]] = _rate(rate, file)
    return W, names


def _read_npy(file: Path, name: str) -> Array:
    if zipfile.is_zipfile(file):
        raise refuse("", f"must be a .npy file, but {name!r} is an archive. Give it the suffix .npz.")
    # Mapped at first: the header tells the size before the numbers cost memory.
    mapped = np.load(file, mmap_mode="r", allow_pickle=False)
    needed, available = 16 * mapped.size, physical_memory()
    if needed > available:
        held = f"{readable_bytes(needed)} as complex numbers and this machine has {readable_bytes(available)}"
        raise refuse("", f"must fit in memory, but shape {mapped.shape} of {name!r} needs about {held}.")
    return np.array(_numbers(mapped, name))


def _read_npz(file: Path, name: str, array: str | None) -> Array:
    if not zipfile.is_zipfile(file):
        np.load(file, mmap_mode="r", allow_pickle=False)  # says so itself where it is a pickle, or no file
        raise refuse("", f"must be a .npz file, but {name!r} is not one.")
    with np.load(file, allow_pickle=False) as archive:
        names = list(archive.files)
        if array is None and len(names) != 1:
            raise refuse("", f"must say which array of {name!r} it means. {did_you_mean('', names, what='arrays')}")
        key = names[0] if array is None else array
        if key not in names:
            raise refuse("array", f"{name!r} has no array {key!r}. {did_you_mean(key, names, what='arrays in it')}")
        return _numbers(archive[key], name)


def _numbers(values: Array, name: str) -> Array:
    if values.dtype.kind not in "iufcb":
        raise refuse("", f"must hold numbers, but {name!r} has the dtype {values.dtype}.")
    return np.asarray(values)


def matrix(value: object, folder: Path | None) -> Array:
    """A matrix of a model file: rows of numbers, or a table {file = "h.npy", array = "H"}."""
    if isinstance(value, Mapping):
        unknown = sorted(value.keys() - {"file", "array"})
        if unknown:
            hint = did_you_mean(unknown[0], ["file", "array"], what="fields")
            raise refuse(unknown[0], f"is not a field of a matrix. {hint}")
        if not isinstance(value.get("file"), str) or not isinstance(value.get("array", ""), str):
            raise refuse("", 'must be rows of numbers, or {file = "h.npy"}, but got another table.')
        return read_array(value["file"], folder, value.get("array"))
    if isinstance(value, list) and value:
        return rows(value)
    raise refuse(
        "", f'must be rows of numbers, such as [[0, 1], [1, 0]], or {{file = "h.npy"}}, but got {shown(value)}.'
    )


def state(value: object, labels: Sequence[str] | None, dimension: int, path: str) -> int:
    """The index of a basis state that a model file names by number, from 0, or by label."""
    if isinstance(value, str):
        names = list(labels or [])
        if value in names:
            return names.index(value)
        hint = did_you_mean(value, names, what="labels") if names else "Give `labels`, or use numbers from 0."
        raise refuse(path, f"must name a state, but got {value!r}. {hint}")
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse(path, f"must be a state: a number from 0 to {dimension - 1} or a label, but got {shown(value)}.")
    if not 0 <= value < dimension:
        raise refuse(path, f"must be a state from 0 to {dimension - 1}, but got {value}.")
    return value


def operator_of_elements(
    elements: Sequence[Sequence[object]], hermitian: bool, labels: Sequence[str] | None, dimension: int, path: str
) -> ComplexArray:
    """The operator with elements `[i, j, value]`, `value |i><j|`, and their conjugates if it is Hermitian."""
    require_memory(12, dimension, path, "Reduce the dimension.")
    D = np.zeros((dimension, dimension), dtype=complex)
    seen: set[tuple[int, int]] = set()
    for k, element in enumerate(elements):
        here = joined(path, f"[{k}]")
        if len(element) != 3:
            raise refuse(here, f"must be [i, j, value], the element of j -> i, but has {len(element)} entries.")
        i = state(element[0], labels, dimension, joined(here, "[0]"))
        j = state(element[1], labels, dimension, joined(here, "[1]"))
        value = entry(element[2], joined(here, "[2]"))
        if (i, j) in seen:
            reason = " (hermitian = true adds the conjugate of each element)" if hermitian else ""
            raise refuse(here, f"repeats the element [{i}, {j}]{reason}.")
        if hermitian and i == j and value.imag:
            raise refuse(joined(here, "[2]"), f"must be real on the diagonal of a Hermitian operator, but got {value}.")
        D[i, j] = value
        seen.add((i, j))
        if hermitian:
            D[j, i] = value.conjugate()
            seen.add((j, i))
    return D
