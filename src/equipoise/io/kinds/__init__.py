"""The kinds of model file: one module for each, with its tables and how they become nouns of the library.

A new kind is a subclass of `ModelFile` in a module of its own, and a line in `KINDS`.
"""

from collections.abc import Mapping

from equipoise.io.kinds.lindblad import LindbladFile
from equipoise.io.kinds.model_file import ModelFile
from equipoise.io.kinds.rates import RatesFile
from equipoise.io.kinds.scattering import ScatteringFile
from equipoise.io.kinds.system import SystemFile

KINDS: Mapping[str, type[ModelFile]] = {
    "system": SystemFile,
    "lindblad": LindbladFile,
    "rates": RatesFile,
    "scattering": ScatteringFile,
}
"""Kind of a model file, as its first line names it, and what reads it."""
