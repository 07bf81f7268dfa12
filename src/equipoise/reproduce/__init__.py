"""The papers behind the library, recomputed: every numbered claim as a row of evidence, every figure."""

from equipoise.reproduce.evidence import Evidence, Standing

__all__ = ["Evidence", "Standing"]
