"""The audit: one verdict, every flow, for any generator."""

from equipoise.audit.audit import audit
from equipoise.audit.sheet import Alternative, Audit
from equipoise.audit.verdict import Finding, Verdict

__all__ = ["Alternative", "Audit", "Finding", "Verdict", "audit"]
