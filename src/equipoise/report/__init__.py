"""Reports and figures of an audit: one HTML page, and drawings for a paper."""

from equipoise.report.html import write_report
from equipoise.report.plots import write_figures

__all__ = ["write_figures", "write_report"]
