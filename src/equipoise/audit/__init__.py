"""The audit: one verdict, every flow, for any generator."""

from equipoise.audit.audit import Alternative, Audit, audit
from equipoise.audit.verdict import Finding, Verdict

__all__ = ["Alternative", "Audit", "Finding", "Verdict", "audit"]
