"""Expressions in model files: valid arithmetic has Python's value; anything else is refused, never run."""

from __future__ import annotations

import builtins
import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise._checks import InputError
from equipoise.io import parse_expression
from equipoise.io._grammar import FUNCTIONS, MAX_DEPTH, MAX_LENGTH


def value(text: str, **parameters: float) -> float:
    return float(parse_expression(text, variables=(), parameters=parameters)())


# --- what the grammar means ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 - 2 - 3", -4.0),
        ("8/4/2", 1.0),
        ("2*3 + 4*5", 26.0),
        ("2*(3 + 4)*5", 70.0),
        ("-2^2", -4.0),
        ("(-2)^2", 4.0),
        ("2^3^2", 512.0),
        ("2**3**2", 512.0),
        ("2^-1", 0.5),
        ("2^-2^2", 0.0625),
        ("2*-3", -6.0),
        ("2--3", 5.0),
        ("+-+3", -3.0),
        ("-+-3", 3.0),
        (" 1\n +\t2 ", 3.0),
        (".5 + 1. + 1e-1 + 2E+1 + 007", 28.6),
        ("pi", math.pi),
    ],
)
def test_precedence_and_numbers_are_those_of_python(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("name", sorted(name for name, function in FUNCTIONS.items() if function.nin == 1))
def test_functions_of_one_argument_are_those_of_the_math_module(name: str) -> None:
    expected = {"abs": abs}.get(name) or getattr(math, name)
    assert value(f"{name}(0.7)") == pytest.approx(expected(0.7), rel=1e-15)


def test_functions_of_two_arguments() -> None:
    assert value("minimum(2, -3)") == -3
    assert value("maximum(2, -3)") == 2
    assert [value(f"heaviside({x}, 0.25)") for x in (-1, 0, 1)] == [0, 0.25, 1]


def test_parameters_are_put_in_when_the_text_is_read() -> None:
    parameters = {"beta0": 2.0, "width": 4.0}
    expression = parse_expression("beta0 / (1 + omega/width)", parameters=parameters)
    parameters["beta0"] = 99.0
    assert expression(4.0) == 1.0


def test_variables_are_arguments_in_order_and_broadcast() -> None:
    expression = parse_expression("x - 10*y", variables=("x", "y"))
    assert expression(3, 1) == -7
    np.testing.assert_array_equal(expression([[1], [2]], [0, 1, 2]), [[1, -9, -19], [2, -8, -18]])


@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3)])
def test_constants_take_the_shape_of_the_argument(shape: tuple[int, ...]) -> None:
    result = parse_expression("2.5")(np.zeros(shape))
    assert result.shape == shape
    assert result.dtype == np.float64
    assert (result == 2.5).all()


def test_result_is_a_new_array() -> None:
    omega = np.array([1.0, 2.0])
    result = parse_expression("omega")(omega)
    result[0] = 7.0
    assert omega[0] == 1.0


def test_integer_arguments_are_computed_as_floats() -> None:
    assert parse_expression("omega^-1")(np.array([2])) == 0.5


def test_only_the_final_value_has_to_be_finite() -> None:
    bose = parse_expression("1/(exp(omega) - 1)")
    np.testing.assert_allclose(bose([1.0, 1e4]), [1 / math.expm1(1.0), 0.0], rtol=1e-15)


def test_expression_is_a_value() -> None:
    expression = parse_expression("exp(-omega)")
    assert expression == parse_expression("exp(-omega)")
    assert hash(expression) == hash(parse_expression("exp(-omega)"))
    assert expression != parse_expression("exp(omega)")
    assert str(expression) == "exp(-omega)"
    assert pickle.loads(pickle.dumps(expression)) == expression


def test_long_sums_and_deep_nesting_are_evaluated_up_to_their_bounds() -> None:
    assert value("1" + "+1" * ((MAX_LENGTH - 1) // 2)) == 1 + (MAX_LENGTH - 1) // 2
    depth = MAX_DEPTH - 1
    assert value("(" * depth + "1" + ")" * depth) == 1
    assert value("-" * depth + "1") == (-1) ** depth
    assert value("^".join(["1"] * MAX_DEPTH)) == 1
    assert value("abs(-" * (depth // 2) + "1" + ")" * (depth // 2)) == 1


# --- agreement with Python on random arithmetic -------------------------------------------------------------


@dataclass(frozen=True)
class Real:
    """A number whose Python operators are numpy's ufuncs, so that both sides agree to the last bit."""

    value: Any

    def __neg__(self) -> Real:
        return Real(np.negative(self.value))

    def __pos__(self) -> Real:
        return self

    def __add__(self, other: Real) -> Real:
        return Real(np.add(self.value, other.value))

    def __sub__(self, other: Real) -> Real:
        return Real(np.subtract(self.value, other.value))

    def __mul__(self, other: Real) -> Real:
        return Real(np.multiply(self.value, other.value))

    def __truediv__(self, other: Real) -> Real:
        return Real(np.divide(self.value, other.value))

    def __pow__(self, other: Real) -> Real:
        return Real(np.power(self.value, other.value))


def on_reals(function: np.ufunc) -> Callable[..., Real]:
    return lambda *arguments: Real(function(*(argument.value for argument in arguments)))


# Each example is a pair: the text, and the same in Python.
Pair = tuple[str, str]
LITERALS = st.one_of(st.integers(0, 20).map(str), st.floats(0, 100).map(repr), st.just("1e-3"), st.just(".5")).map(
    lambda text: (text, f"Real({float(text)!r})")
)
LEAVES = LITERALS | st.sampled_from([("omega", "omega"), ("pi", "pi"), ("tau", "tau")])
OPERATORS = st.sampled_from([("+", "+"), ("-", "-"), ("*", "*"), ("/", "/"), ("^", "**"), ("**", "**")])
SPACES = st.sampled_from(["", " ", "\t", "\n "])


def join(left: Pair, operator: Pair, right: Pair, space: str) -> Pair:
    return f"{left[0]}{space}{operator[0]}{space}{right[0]}", f"{left[1]}{operator[1]}{right[1]}"


def parenthesise(inner: Pair, sign: str) -> Pair:
    return f"{sign}({inner[0]})", f"{sign}({inner[1]})"


def apply(name: str, first: Pair, second: Pair) -> Pair:
    count = FUNCTIONS[name].nin
    text, python = (f"{name}({','.join(words[:count])})" for words in zip(first, second, strict=True))
    return text, python


def compound(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    return st.one_of(
        st.builds(join, inner, OPERATORS, inner, SPACES),
        st.builds(parenthesise, inner, st.sampled_from(["", "-", "+"])),
        st.builds(apply, st.sampled_from(sorted(FUNCTIONS)), inner, inner),
    )


@settings(max_examples=200, deadline=None)
@given(st.recursive(LEAVES, compound, max_leaves=12), st.floats(-3, 3))
def test_valid_arithmetic_has_the_value_that_python_gives_it(pair: Pair, omega: float) -> None:
    text, python = pair
    expression = parse_expression(text, parameters={"tau": 0.75})
    names = {name: on_reals(function) for name, function in FUNCTIONS.items()}
    numbers = {"omega": Real(omega), "pi": Real(math.pi), "tau": Real(0.75), "Real": Real}
    with np.errstate(all="ignore"):
        expected = eval(python, {"__builtins__": {}}, {**names, **numbers}).value
    if np.isfinite(expected):
        assert expression(omega) == expected
    else:
        with pytest.raises(InputError, match="must be finite"):
            expression(omega)


# --- what is refused ----------------------------------------------------------------------------------------

CODE = [
    "__import__('os').system('true')",
    "omega.__class__.__mro__",
    "().__class__",
    "(lambda: 0)()",
    "[x for x in (1, 2)]",
    "exec('1')",
    "eval(omega)",
    "open(omega)",
    "print(1)",
    "getattr(omega, pi)",
    "omega if omega else 1",
    "omega := 1",
    "1; 2",
    "import os",
    "lambda omega: omega",
    "f'{omega}'",
    "'omega'",
    "omega[0]",
    "{1: 2}",
    "numpy.exp(omega)",
    "omega @ omega",
    "omega // 2",
    "omega % 2",
    "omega < 2",
    "omega == 2",
    "omega and 1",
    "not omega",
    "~omega",
    "True",
    "None",
    "1j",
    "0x10",
    "1_000",
    "exp(*omega)",
    "exp(x=1)",
    "1 # comment",
    "omega\\n",
    "nan",
    "inf",
]


@pytest.mark.parametrize("text", CODE)
def test_code_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="must be arithmetic in omega, but has"):
        parse_expression(text)


def test_nothing_is_run_as_python(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("an expression reached Python's own evaluator")

    with monkeypatch.context() as patch:
        for name in ("eval", "exec", "compile"):
            patch.setattr(builtins, name, refuse)
        result = parse_expression("2*exp(-omega/tau)", parameters={"tau": 1.0})(0.0)
    assert result == 2.0


WORDS = st.sampled_from([*FUNCTIONS, *"+-*/^(),.'_<= \n", "**", "omega", "pi", "x", "1", "2.5", ".5e3", "1e999"])
TEXTS = (
    st.text(max_size=60) | st.lists(WORDS, max_size=25).map("".join) | st.binary().map(lambda b: b.decode("latin-1"))
)


def outcome(text: str) -> str:
    """The message with which the text, or its value, is refused; empty where it is an expression."""
    try:
        parse_expression(text)([0.0, 0.5, -2.0])
    except InputError as error:
        return str(error)
    return ""


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_arbitrary_text_is_an_expression_or_an_input_error_in_printable_words(text: str) -> None:
    assert outcome(text).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1+__import__(0)",
            r"unknown name `__import__` at column 3\. Names are omega, pi and the functions abs, cos",
        ),
        ("omgea + 1", r"unknown name `omgea` at column 1\. Did you mean `omega`\? Names are omega, pi"),
        ("1 + sqr(2)", r"unknown name `sqr` at column 5\. Did you mean `sqrt`\?"),
        ("2 omega", r"unexpected `omega` at column 3\. Write a product with `\*`\."),
        ("(2)(omega)", r"unexpected `\(` at column 4\. Write a product with `\*`\."),
        ("omega(1 + 2)", r"unexpected `\(` at column 6\. Write a product with `\*`\."),
        ("(1 2)", r"unexpected `2` at column 4\. Write a product with `\*`\."),
        ("1..2", r"unexpected `\.2` at column 3"),
        (
            "omega < 1",
            r"unexpected `<` at column 7\. Instead of a comparison use heaviside, minimum or maximum",
        ),
        ("omega[0]", r"unexpected `\[` at column 6\. Expressions are made of numbers, names"),
        ("1\x001", r"unexpected U\+0000 at column 2"),
        ("2 \u2212 1", r"unexpected `\u2212` at column 3"),
        ("", r"ends where a number, a name or `\(` is needed at column 1"),
        ("1 + ", r"ends where a number, a name or `\(` is needed at column 5"),
        ("()", r"unexpected `\)` at column 2"),
        ("1 + * 2", r"unexpected `\*` at column 5"),
        ("1)", r"unexpected `\)` at column 2"),
        ("1, 2", r"unexpected `,` at column 2"),
        ("2*(1 + omega", r"has a `\(` that is never closed at column 3"),
        ("1 + exp", r"has the function `exp` without arguments at column 5"),
        ("exp()", r"unexpected `\)` at column 5"),
        ("1 + exp(1, 2)", r"has 2 instead of 1 arguments of `exp` at column 5"),
        ("minimum(1)", r"has 1 instead of 2 arguments of `minimum` at column 1"),
        ("1 + 1e999", r"has a number beyond double precision at column 5"),
        ("(" * 50 + "1" + ")" * 50, r"is nested more than 50 deep at column 51"),
        ("-" * 2000, r"is nested more than 50 deep at column 51"),
    ],
)
def test_refusal_names_the_problem_and_its_column(text: str, message: str) -> None:
    with pytest.raises(InputError, match="^Argument `weight` must be arithmetic in omega, but .*" + message):
        parse_expression(text, name="weight")


def test_refusal_points_at_the_column() -> None:
    with pytest.raises(InputError) as caught:
        parse_expression("exp(-omega) + bogus/2")
    _, line, pointer = str(caught.value).splitlines()
    assert line == "    exp(-omega) + bogus/2"
    assert line[pointer.index("^") :].startswith("bogus")


def test_refusal_shows_a_window_of_long_text_on_one_line() -> None:
    with pytest.raises(InputError) as caught:
        parse_expression("1 +\n" * 100 + "bogus" + " + 1" * 100)
    _, line, pointer = str(caught.value).splitlines()
    assert len(line) < 100
    assert line.startswith("    ...")
    assert line.endswith("...")
    assert line[pointer.index("^") :].startswith("bogus")


def test_text_has_a_bounded_length() -> None:
    with pytest.raises(InputError, match="Argument `weight` must have at most 2000 characters, but has 2001"):
        parse_expression("1" * 2001, name="weight")


def test_text_must_be_text() -> None:
    with pytest.raises(InputError, match="Argument `weight` must be text, but got float"):
        parse_expression(1.5, name="weight")  # type: ignore[arg-type]


def test_variables_must_be_a_sequence() -> None:
    with pytest.raises(InputError, match="Argument `variables` must be a sequence of names, but got the text 'omega'"):
        parse_expression("1", variables="omega")


@pytest.mark.parametrize("word", ["", "2x", "a b", "a.b", "\u03c9", "x\n"])
def test_names_must_be_well_formed(word: str) -> None:
    with pytest.raises(InputError, match="Argument `variables` must have names of letters, digits and underscores"):
        parse_expression("1", variables=(word,))


def test_names_must_be_strings() -> None:
    with pytest.raises(InputError, match=r"Argument `parameters` must have names of letters.*, but got 3"):
        parse_expression("1", parameters={3: 1.0})  # type: ignore[dict-item]


@pytest.mark.parametrize("word", ["omega", "pi", "exp"])
def test_parameters_must_not_hide_another_name(word: str) -> None:
    with pytest.raises(
        InputError, match=f"Argument `parameters` must have names of their own, but `{word}` is already"
    ):
        parse_expression("1", parameters={word: 1.0})


def test_variables_must_differ() -> None:
    with pytest.raises(InputError, match="Argument `variables` must have names of their own, but `k` is already"):
        parse_expression("1", variables=("k", "k"))


def test_parameters_must_be_finite_numbers() -> None:
    with pytest.raises(InputError, match=r"Argument `parameters\['tau'\]` must be finite, but got inf"):
        parse_expression("tau", parameters={"tau": math.inf})
    with pytest.raises(InputError, match=r"Argument `parameters\['tau'\]` must be a real number, but got 'x'"):
        parse_expression("tau", parameters={"tau": "x"})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("text", "came"),
    [
        ("1/omega", r"`1/omega` is inf at omega = 0\.0"),
        ("log(omega)", r"`log\(omega\)` is -inf at omega = 0\.0"),
        ("sqrt(omega - 1)", r"`sqrt\(omega - 1\)` is nan at omega = 0\.0"),
        ("(omega - 1)^0.5", r"`\(omega - 1\)\^0\.5` is nan at omega = 0\.0"),
        ("exp(1000)", r"`exp\(1000\)` is inf at omega = 2\.0"),
    ],
)
def test_value_must_be_finite(text: str, came: str) -> None:
    with pytest.raises(InputError, match=f"Argument `weight` must be finite wherever it is used, but {came}"):
        parse_expression(text, name="weight")([2.0, 0.0, -0.0])


def test_value_must_be_finite_for_scalars_and_without_variables() -> None:
    with pytest.raises(InputError, match=r"is inf at x = 1\.0 and y = 0\.0\. Look for a division by zero"):
        parse_expression("x/y", variables=("x", "y"))(1, 0)
    with pytest.raises(InputError, match=r"but `1/0` is inf\. Look for a division by zero"):
        value("1/0")


def test_call_needs_one_array_for_each_variable() -> None:
    with pytest.raises(InputError, match=r"be called with one array for each of \(x, y\), but got 1"):
        parse_expression("x + y", variables=("x", "y"))(1.0)


def test_call_needs_arrays_that_broadcast() -> None:
    with pytest.raises(InputError, match=r"arrays \(x, y\) that broadcast together, but got shapes \(2,\) and \(3,\)"):
        parse_expression("x + y", variables=("x", "y"))([1, 2], [1, 2, 3])


@pytest.mark.parametrize(
    ("argument", "came"),
    [
        (1j, "has dtype complex128"),
        ("1", "has dtype <U1"),
        (None, "has dtype object"),
        ([[1], [2, 3]], "is ragged"),
    ],
)
def test_call_needs_real_numbers(argument: Any, came: str) -> None:
    with pytest.raises(InputError, match=f"Argument `omega` must be an array of real numbers, but {came}"):
        parse_expression("omega")(argument)
