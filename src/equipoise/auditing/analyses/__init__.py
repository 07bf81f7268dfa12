"""Questions that can be asked of a system beyond the verdict, by a model file or in Python."""

from equipoise.auditing.analyses.answer import Answer, analyse
from equipoise.auditing.analyses.evolution import EvolutionAnalysis
from equipoise.auditing.analyses.field import FieldAnalysis
from equipoise.auditing.analyses.local_kms import LocalKmsAnalysis
from equipoise.auditing.analyses.onsager import OnsagerAnalysis

__all__ = [
    "Answer",
    "EvolutionAnalysis",
    "FieldAnalysis",
    "LocalKmsAnalysis",
    "OnsagerAnalysis",
    "analyse",
]
