"""Every example in a docstring runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import equipoise

MODULES = [
    module.name
    for module in pkgutil.walk_packages(equipoise.__path__, prefix="equipoise.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", ["equipoise", *MODULES])
def test_docstring_examples_run(name: str) -> None:
    module = importlib.import_module(name)
    failures, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert failures == 0, f"{failures} examples in {name} fail; the captured output shows each"
