"""Textbook systems in model files: `model = {name = "three_level_maser", hot = "hot", ...}`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from equipoise.io.arrays import entry
from equipoise.io.problems import did_you_mean, joined, located, refuse, shown
from equipoise.reservoirs import Reservoir
from equipoise.systems import OpenSystem, models


def textbook_system(table: Mapping[str, Any], reservoirs: Mapping[str, Reservoir], path: str) -> OpenSystem:
    """Call a constructor with the parameters of a table, in which text names a reservoir or a complex number.

    The public constructors of `equipoise.systems.models` can be called, and nothing else.
    """
    name = table.get("name")
    if name not in models.__all__:
        came = "is missing its `name`." if name is None else f"has the unknown name {shown(name)}."
        raise refuse(path, f"{came} {did_you_mean(name, models.__all__, what='textbook systems')}")
    constructor: Callable[..., OpenSystem] = getattr(models, name)
    parameters = inspect.signature(constructor).parameters
    values = {}
    for key, value in table.items():
        if key == "name":
            continue
        if key not in parameters:
            raise refuse(
                joined(path, key), f"is no parameter of {name}. {did_you_mean(key, parameters, what='parameters')}"
            )
        values[key] = _value(value, reservoirs, joined(path, key))
    for key, parameter in parameters.items():
        if parameter.default is parameter.empty and key not in values:
            raise refuse(joined(path, key), f"is missing: {name} needs it. Add it.")
    with located(path, {key: joined(path, key) for key in parameters}):
        return constructor(**values)


def _value(value: object, reservoirs: Mapping[str, Reservoir], path: str) -> object:
    if isinstance(value, str):
        if value in reservoirs:
            return reservoirs[value]
        try:
            return entry(value)
        except ValueError:
            hint = did_you_mean(value, reservoirs, what="[[reservoirs]] of this file")
            raise refuse(path, f"must be a number or name a reservoir, but got {value!r}. {hint}") from None
    if isinstance(value, list):
        return [_value(item, reservoirs, joined(path, f"[{k}]")) for k, item in enumerate(value)]
    if isinstance(value, Mapping):
        return entry(value, path)
    return value
