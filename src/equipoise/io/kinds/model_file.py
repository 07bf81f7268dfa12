"""The top of every model file: its kind, what it is called, and what it asks beyond the verdict."""

from __future__ import annotations

from abc import abstractmethod

from pydantic import Field

from equipoise.auditing.analyses.answer import AbstractAnalysis
from equipoise.generators import Generator
from equipoise.io.kinds.analysis import AnalysisTable
from equipoise.io.kinds.tables import Table
from equipoise.systems import OpenSystem


class ModelFile(Table):
    """The top of every model file."""

    kind: str
    title: str = ""
    description: str = ""
    units: str = ""
    analysis: AnalysisTable = Field(default_factory=AnalysisTable)

    @abstractmethod
    def build(self) -> OpenSystem | Generator:
        """The noun that the file describes."""

    def requests(self) -> tuple[AbstractAnalysis, ...]:
        """The analyses it asks for."""
        return self.analysis.requests()
