"""Into the library and out of it: model files, expressions in them, results, bridges to other packages."""

from equipoise.io.expressions import parse_expression
from equipoise.io.model import Model, load_model, parse_model, shipped_models, starter_model
from equipoise.io.problems import ModelFileError
from equipoise.io.results import read_results, to_json, write_results

__all__ = [
    "Model",
    "ModelFileError",
    "load_model",
    "parse_expression",
    "parse_model",
    "read_results",
    "shipped_models",
    "starter_model",
    "to_json",
    "write_results",
]
