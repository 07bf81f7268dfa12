"""What can be asked of a system beyond the verdict, by a model file or in Python."""

from equipoise.audit.analyses.analyse import analyse
from equipoise.audit.analyses.answer import AbstractAnalysis, Answer, Table
from equipoise.audit.analyses.evolution import EvolutionAnalysis
from equipoise.audit.analyses.field import FieldAnalysis
from equipoise.audit.analyses.local_kms import LocalKmsAnalysis
from equipoise.audit.analyses.onsager import OnsagerAnalysis

__all__ = [
    "AbstractAnalysis",
    "Answer",
    "EvolutionAnalysis",
    "FieldAnalysis",
    "LocalKmsAnalysis",
    "OnsagerAnalysis",
    "Table",
    "analyse",
]
