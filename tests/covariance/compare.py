"""Carry the numbers of a model over to a changed description of it, and say where the library's differ."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from covariance.models import CHANGES, Change, Raw, base_models, hermitian
from covariance.verbs import EXCEPTIONS, VERBS, Given, Number
from equipoise import InputError, NumericalError


@functools.cache
def models() -> dict[str, Raw]:
    found = {}
    for name, raw in base_models().items():
        found[name] = replace(raw, observable=hermitian(np.random.default_rng(11), len(raw.H)))
    return found


@functools.lru_cache(maxsize=4)
def given(model: str, change: str) -> Given | Exception | None:
    """The nouns of a model under a change ("" for none); None where the change is not for it."""
    raw: Raw | None = models()[model]
    if change:
        raw = next(c for c in CHANGES if c.name == change).apply(raw)
    if raw is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return Given(raw)
    except Exception as error:
        return error


@functools.cache
def _before(model: str, verb: str) -> dict[str, Number]:
    return _numbers(model, "", verb)


def numbers(model: str, change: str, verb: str) -> dict[str, Number]:
    """What a verb returns; a refusal is a result too."""
    return _numbers(model, change, verb) if change else _before(model, verb)


def _numbers(model: str, change: str, verb: str) -> dict[str, Number]:
    found = given(model, change)
    if isinstance(found, Exception):
        return {"made": Number(value=f"{type(found).__name__}: {found}", kind="word")}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return VERBS[verb](found)
    except (InputError, NumericalError) as error:
        return {"refused": Number(value=type(error).__name__, kind="word", levels=False)}
    except Exception as error:
        return {"raises": Number(value=f"{type(error).__name__}: {str(error)[:100]}", kind="word", levels=False)}


def differences(model: str, change: Change, verb: str) -> Iterator[str]:
    """Where the numbers of the changed model are not those of the model, changed."""
    before, after = numbers(model, "", verb), numbers(model, change.name, verb)
    if (verb, change.name) in EXCEPTIONS:
        return
    for label in sorted(before.keys() | after.keys()):
        one, two = before.get(label), after.get(label)
        if one is None or two is None:
            known = one or two
            if not _is_exempt(known, change):
                here = "only after the change" if one is None else "only before the change"
                yield f"{label}: {here}: {known.value if known.kind == 'word' else ''}"
            continue
        if _is_exempt(one, change) or (one.levels and (model, change.name) == ("rates", "levels permuted")):
            # The states of a rate equation are numbered as they are given.
            continue
        yield from (f"{label}: {text}" for text in _differ(one, two, change))


def _is_exempt(number: Number, change: Change) -> bool:
    """Whether nothing is promised of this number under this change."""
    return (
        (number.levels and not change.keeps_levels)
        or (number.mixes and not change.keeps_ratio)
        or (number.kind == "of each bath" and change.splits)
    )


def _differ(one: Number, two: Number, change: Change) -> Iterator[str]:
    if one.kind == "word" or two.kind == "word":
        if one.value != two.value:
            yield f"{two.value}, before: {one.value}"
        return
    factor = change.energy**one.energy * change.rate**one.rate
    if one.kind in ("by bath", "of each bath"):
        if one.kind == "of each bath" and change.splits:
            return
        before, after = _by_name(one.value, lambda name: name), _by_name(two.value, change.renames)
        idle = after.pop("", None)
        if idle is not None and one.kind == "by bath" and np.any(np.abs(idle) > 0):
            yield f"the idle reservoir has a flow: {np.max(np.abs(idle)):.2g}"
        if before.keys() != after.keys():
            yield f"reservoirs {sorted(after)}, before: {sorted(before)}"
            return
        a = np.array([before[name] for name in before])
        b = np.array([after[name] for name in before])
    else:
        a, b = np.asarray(one.value), np.asarray(two.value)
        if one.kind == "operator":
            a = _turned(a, change)
        elif one.kind == "superoperator":
            d = round(len(a) ** 0.5)
            U = change.unitary(d)
            S = np.kron(U, U.conj())
            a = S @ (a.conj() if change.conjugates else a) @ S.conj().T
    if a.shape != b.shape:
        yield f"shape {b.shape}, before: {a.shape}"
        return
    if not a.size:
        return
    with np.errstate(all="ignore"):
        b = b / factor
        same = (a == b) | (np.isnan(a.real) & np.isnan(b.real))
        largest = one.scale if one.scale is not None else float(np.max(np.abs(a[np.isfinite(a)]), initial=0.0))
        if one.is_absolute:
            largest = max(largest, two.scale / factor)
        gone = np.where(same, 0.0, np.abs(a - b))
    worst = float(np.max(np.where(np.isnan(gone), np.inf, gone)))
    if worst > change.rtol * largest + 1e-300:
        at = np.unravel_index(int(np.argmax(gone)), gone.shape)
        yield f"{b[at]:.12g}, before: {a[at]:.12g} (relative to {largest:.3g})"


def _turned(a: np.ndarray, change: Change) -> np.ndarray:
    U = change.unitary(len(a))
    return U @ (a.conj() if change.conjugates else a) @ U.conj().T


def _by_name(values, rename) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for name, value in values:
        key = rename(name)
        found[key] = found[key] + value if key in found else value
    return found
