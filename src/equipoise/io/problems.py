"""Faults of a model file, and where they stand: every refusal carries the file and the path to the field."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from equipoise._checks import InputError, UserCodeError

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_ARGUMENT = re.compile(r"Argument `(?P<name>[^`]+)` (?P<rest>.*)", re.DOTALL)
_PYTHON_REMEDY = re.compile(r" Pass 0\.5 \* .*", re.DOTALL)
_HEAD = re.compile(r"[A-Za-z_]+(\[\d+\])?(\.[A-Za-z_]+(\[\d+\])?)*")

_TYPES = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "string_type": "text in quotes",
}

_BOUNDS = {
    "greater_than": (">", "gt"),
    "greater_than_equal": (">=", "ge"),
    "less_than": ("<", "lt"),
    "less_than_equal": ("<=", "le"),
}


class ModelFileError(InputError):
    """A model file that is refused.

    Parameters
    ----------
    file : str
        Name of the file, as it was given.
    problems : sequence of (str, str)
        Path to the field (empty for the file as a whole) and what is wrong with it, for each problem.
    """

    def __init__(self, file: str, problems: Sequence[tuple[str, str]]) -> None:
        self.file = file
        self.problems = tuple(problems)
        lines = [f"{path}: {text}" if path else text for path, text in self.problems]
        several = f"{file} has {len(lines)} problems:\n" + "\n".join(f"  - {line}" for line in lines)
        super().__init__(f"{file}: {lines[0]}" if len(lines) == 1 else several)


class FieldProblem(InputError):
    """One problem or more inside a table; each path is relative to where it is raised, until `located`."""

    def __init__(self, *problems: tuple[str, str]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{path}: {text}" if path else text for path, text in problems))


def joined(*parts: str) -> str:
    """Join parts of a path: `system` and `[0]` and `name` give `system[0].name`."""
    path = ""
    for part in parts:
        if part:
            path += part if not path or part.startswith("[") else f".{part}"
    return path


def refuse(path: str, text: str) -> FieldProblem:
    """The exception for one problem."""
    return FieldProblem((path, text))


def did_you_mean(word: object, known: Iterable[str], *, what: str) -> str:
    """A remedy: the nearest known word if there is one, and all of them."""
    words = list(known)
    near = difflib.get_close_matches(str(word), words, n=1)
    suggestion = f"Did you mean `{near[0]}`? " if near else ""
    if not words:
        return f"It takes no {what}."
    if len(words) == 1 and not near:
        return f"There is only `{words[0]}`."
    return f"{suggestion}The {what} are {listed(words)}."


def listed(words: Sequence[str], conjunction: str = "and", quote: str = "`") -> str:
    """Words as a person lists them: `a`, `b` and `c`."""
    quoted = [f"{quote}{word}{quote}" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {conjunction} {quoted[-1]}"


def shown(value: object, width: int = 60) -> str:
    """A value as an error message shows it, cut to one short line."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= width else text[: width - 3] + "..."


@contextmanager
def located(path: str, names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Give what is refused inside this block the path to the table it came from.

    The library says "Argument `temperature` must be >= 0, but got -2.0."; a file says
    `reservoirs[1].temperature: must be >= 0, but got -2.0.`

    Parameters
    ----------
    path : str
        Of the table.
    names : mapping of str to str, optional
        For an argument whose field has another name or lies elsewhere: its full path. An argument that is no
        field maps to itself nowhere: then the message is kept whole, at `path`.
    """
    try:
        yield
    except FieldProblem:
        raise
    except InputError as error:
        raise refuse(*_relocated(str(error), path, names or {})) from error


def _relocated(message: str, path: str, names: Mapping[str, str]) -> tuple[str, str]:
    message = _PYTHON_REMEDY.sub("", message)
    found = _ARGUMENT.fullmatch(message)
    head = _HEAD.match(found["name"]) if found else None
    if not found or not head:
        return path, message
    if found["name"] in names:
        return names[found["name"]], found["rest"]
    argument = head.group()
    if argument in names:
        return names[argument], found["rest"]
    field, bracket, index = argument.partition("[")
    if field in names and "." not in argument:
        return joined(names[field], bracket + index), found["rest"]
    if "." in argument and argument.startswith(path):
        return argument, found["rest"]
    return path, message


@contextmanager
def in_file(file: str) -> Iterator[None]:
    """Give what is refused while a model is at work the file, and the path to the expression that failed."""
    try:
        yield
    except ModelFileError:
        raise
    except FieldProblem as error:
        raise ModelFileError(file, error.problems) from error.__cause__
    except InputError as error:
        raise ModelFileError(file, [_relocated(str(error), "", {})]) from error
    except UserCodeError as error:
        if not isinstance(error.__cause__, InputError):
            raise
        # The user's code is an expression of the file, and its own message says more than that it raised.
        raise ModelFileError(file, [_relocated(str(error.__cause__), "", {})]) from error


def problems_of(error: ValidationError, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The problems that pydantic found in `data`, in this library's words."""
    problems = []
    for detail in error.errors(include_url=False):
        path = _path(detail["loc"], data)
        inner = detail.get("ctx", {}).get("error")
        if isinstance(inner, FieldProblem):
            problems += [(joined(path, part), text) for part, text in inner.problems]
        else:
            problems.append((path, _words(detail)))
    return problems


def _path(location: tuple[int | str, ...], data: Mapping[str, Any]) -> str:
    """`reservoirs[1].spectral_density.cutoff` from pydantic's location, without the tags of unions in it."""
    path = ""
    node: Any = data
    for step in location:
        if path and isinstance(node, Mapping) and step not in node and step == node.get("kind"):
            continue
        path = joined(path, f"[{step}]" if isinstance(step, int) else step)
        if isinstance(node, Mapping):
            node = node.get(step)
        elif isinstance(node, list) and isinstance(step, int) and step < len(node):
            node = node[step]
        else:
            break
    return path


def _words(detail: ErrorDetails) -> str:
    kind, came, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "missing":
        return "is missing, and it has no default. Add it."
    if kind in _TYPES:
        return f"must be {_TYPES[kind]}, but got {shown(came)}."
    if kind == "literal_error":
        choices = listed(_quoted_words(str(context["expected"])), "or", quote='"')
        return f"must be {choices}, but got {shown(came)}."
    if kind == "union_tag_invalid":
        kinds = _quoted_words(str(context["expected_tags"]))
        return f"has the unknown kind {context['tag']!r}. {did_you_mean(context['tag'], kinds, what='kinds')}"
    if kind == "union_tag_not_found":
        return "is missing its `kind`. Add it."
    if kind in ("too_short", "too_long"):
        bound = "at least" if kind == "too_short" else "at most"
        count = context["min_length" if kind == "too_short" else "max_length"]
        return f"must have {bound} {count} {'entry' if count == 1 else 'entries'}, but has {context['actual_length']}."
    if kind in _BOUNDS:
        sign, bound = _BOUNDS[kind]
        return f"must be {sign} {context[bound]:g}, but got {shown(came)}."
    if kind == "string_too_short":
        return "must not be empty."
    if kind == "value_error":
        return str(context["error"])
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, but got {shown(came)}."


def _quoted_words(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)
