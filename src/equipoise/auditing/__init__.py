"""The audit: one verdict, every flow, for any generator; and generators side by side."""

from equipoise.auditing.compare import compare_generators, standard_limits
from equipoise.auditing.inquiry import audit
from equipoise.auditing.questions import Finding, Question
from equipoise.auditing.record import Audit
from equipoise.auditing.verdict import Verdict

__all__ = [
    "Audit",
    "Finding",
    "Question",
    "Verdict",
    "audit",
    "compare_generators",
    "standard_limits",
]
