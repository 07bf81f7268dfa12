"""The audit: one verdict, every flow, for any generator; and generators side by side."""

from equipoise.audit.audit import audit
from equipoise.audit.compare import ComparedGenerator, Comparison, compare_generators, standard_limits
from equipoise.audit.sheet import Alternative, Audit
from equipoise.audit.verdict import Finding, Verdict

__all__ = [
    "Alternative",
    "Audit",
    "ComparedGenerator",
    "Comparison",
    "Finding",
    "Verdict",
    "audit",
    "compare_generators",
    "standard_limits",
]
