"""The grammar of expressions in model files: from text to a program for a stack, by recursive descent.

White space is free between the words of the grammar::

    sum     = product (("+" | "-") product)*
    product = signed (("*" | "/") signed)*
    signed  = ("+" | "-") signed | power
    power   = atom (("^" | "**") signed)?
    atom    = number | name | function "(" sum ("," sum)* ")" | "(" sum ")"

Precedence is that of Python: ``-x^2`` is ``-(x^2)``, ``2^3^2`` is ``2^(3^2)``, ``2^-1`` is ``0.5``. Nothing
here runs the text: the grammar has no strings, attributes, indices, comparisons or assignments to begin with.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from equipoise._checks import InputError, require

MAX_LENGTH = 2000
"""Longest text accepted, in characters: bounds the work of one evaluation."""

MAX_DEPTH = 50
"""Deepest nesting of parentheses, signs and powers accepted: keeps the recursion far from Python's limit."""

CONSTANTS: Mapping[str, float] = {"pi": math.pi}

FUNCTIONS: Mapping[str, np.ufunc] = {
    "abs": np.absolute,
    "cos": np.cos,
    "cosh": np.cosh,
    "exp": np.exp,
    "expm1": np.expm1,
    "heaviside": np.heaviside,
    "log": np.log,
    "log1p": np.log1p,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}
"""The functions by name; ``heaviside(x, h)`` is 0, h, 1 for x below, at, above zero."""

_SUMS: Mapping[str, np.ufunc] = {"+": np.add, "-": np.subtract}
_PRODUCTS: Mapping[str, np.ufunc] = {"*": np.multiply, "/": np.divide}

Step = float | str | np.ufunc
"""A number, or the name of a variable, to put on the stack; or a function of the numbers on top of it."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<name>{NAME.pattern})"
    r"|(?P<symbol>\*\*|[-+*/^(),])"
    r"|(?P<space>[ \t\r\n]+)"
    r"|(?P<stray>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word of the text: its kind is "number", "name", "symbol", "stray" (not of the grammar) or "end"."""

    kind: str
    text: str
    start: int


class Parser:
    """Recursive descent over the grammar above, one method for each of its rules.

    `numbers` are the names with a value (constants, parameters); `name` is what errors call the expression. Each rule
    writes the steps of its operands and then its own, so that a value stands on the stack when it is needed.
    """

    def __init__(self, text: str, variables: tuple[str, ...], numbers: Mapping[str, float], name: str) -> None:
        require(len(text) <= MAX_LENGTH, name, f"have at most {MAX_LENGTH} characters", f"has {len(text)}")
        self.text = text
        self.variables = variables
        self.numbers = numbers
        self.name = name
        self.depth = 0
        self.position = 0
        tokens = [Token(str(found.lastgroup), found.group(), found.start()) for found in _TOKEN.finditer(text)]
        self.tokens = [*(token for token in tokens if token.kind != "space"), Token("end", "", len(text))]
        self.program: list[Step] = []

    def parse(self) -> tuple[Step, ...]:
        """The program of the whole text: what it leaves on the stack is the value."""
        self._sum()
        if self._next.kind != "end":
            self._unexpected(self._next)
        return tuple(self.program)

    @property
    def _next(self) -> Token:
        return self.tokens[self.position]

    def _accept(self, *symbols: str) -> Token | None:
        """Step over the next token and return it, if it is one of the symbols."""
        token = self._next
        if token.kind == "symbol" and token.text in symbols:
            self.position += 1
            return token
        return None

    def _sum(self) -> None:
        self._chain(self._product, _SUMS)

    def _product(self) -> None:
        self._chain(self._signed, _PRODUCTS)

    def _chain(self, operand: Callable[[], None], operators: Mapping[str, np.ufunc]) -> None:
        """Operands joined by operators of one precedence, taken from left to right."""
        operand()
        while operator := self._accept(*operators):
            operand()
            self.program.append(operators[operator.text])

    def _signed(self) -> None:
        # Every cycle of the grammar comes through here, so this is the place to bound the recursion.
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._fail(f"is nested more than {MAX_DEPTH} deep", self._next.start)
        if sign := self._accept("+", "-"):
            self._signed()
            if sign.text == "-":
                self.program.append(np.negative)
        else:
            self._power()
        self.depth -= 1

    def _power(self) -> None:
        self._atom()
        if self._accept("^", "**"):
            self._signed()
            self.program.append(np.power)

    def _atom(self) -> None:
        token = self._next
        if self._accept("("):
            self._sum()
            self._close(token)
            return
        if token.kind not in {"number", "name"}:
            self._unexpected(token)
        self.position += 1
        if token.kind == "number":
            value = float(token.text)
            if not math.isfinite(value):
                self._fail("has a number beyond double precision", token.start)
            self.program.append(value)
        elif token.text in FUNCTIONS:
            self._call(token)
        else:
            self._named(token)

    def _named(self, token: Token) -> None:
        word = token.text
        if word not in self.variables and word not in self.numbers:
            known = [*self.variables, *self.numbers]
            near = difflib.get_close_matches(word, [*known, *FUNCTIONS], n=1)
            remedy = f"Did you mean `{near[0]}`? " if near else ""
            remedy += f"Names are {', '.join(known)} and the functions {', '.join(FUNCTIONS)}."
            self._fail(f"has an unknown name {_quoted(word)}", token.start, remedy)
        self.program.append(self.numbers.get(word, word))

    def _call(self, token: Token) -> None:
        opening = self._accept("(")
        if opening is None:
            self._fail(f"has the function `{token.text}` without arguments", token.start)
        self._sum()
        count = 1
        while self._accept(","):
            self._sum()
            count += 1
        self._close(opening)
        function = FUNCTIONS[token.text]
        if count != function.nin:
            self._fail(f"has {count} instead of {function.nin} arguments of `{token.text}`", token.start)
        self.program.append(function)

    def _close(self, opening: Token) -> None:
        if self._accept(")"):
            return
        if self._next.kind == "end":
            self._fail("has a `(` that is never closed", opening.start)
        self._unexpected(self._next)

    def _unexpected(self, token: Token) -> NoReturn:
        if token.kind == "end":
            self._fail("ends where a number, a name or `(` is needed", token.start)
        remedy = ""
        if token.kind in {"number", "name"} or token.text == "(":
            remedy = "Write a product with `*`."
        elif token.kind == "stray":
            remedy = "Expressions are made of numbers, names, + - * / ^, parentheses and commas."
            if token.text in "<>=!":
                remedy = "Instead of a comparison use heaviside, minimum or maximum."
        self._fail(f"has an unexpected {_quoted(token.text)}", token.start, remedy)

    def _fail(self, problem: str, position: int, remedy: str = "") -> NoReturn:
        of = f" in {', '.join(self.variables)}" if self.variables else ""
        raise InputError(
            f"Argument `{self.name}` must be arithmetic{of}, but {problem} at column {position + 1}."
            + (f" {remedy}" if remedy else "")
            + excerpt(self.text, position)
        )


def shortened(text: str, width: int = 60) -> str:
    """The text in at most `width` printable characters."""
    clean = _printable(text)
    return clean if len(clean) <= width else clean[: width - 3] + "..."


def _quoted(text: str) -> str:
    """The text between backticks, or its code point where it cannot be printed."""
    return f"`{shortened(text)}`" if text.isprintable() else f"U+{ord(text[0]):04X}"


def _printable(text: str) -> str:
    """One column for each character: control characters could rewrite the terminal they are shown on."""
    return "".join(character if character.isprintable() else " " for character in text)


def excerpt(text: str, position: int, reach: int = 40) -> str:
    """The text around the position on a line of its own, with a caret under it."""
    begin = max(0, position - reach)
    before, after = ("..." if begin else ""), ("..." if position + reach < len(text) else "")
    line = before + _printable(text[begin : position + reach]) + after
    return f"\n    {line}\n    {' ' * (position - begin + len(before))}^"
