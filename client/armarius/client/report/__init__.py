"""What a scholar reads when a training is done: one HTML page."""

from armarius.client.report.comparison import compared
from armarius.client.report.page import render_report

__all__ = ["compared", "render_report"]
