"""A single chart, for other pages than the report."""

from typing import Any

from markupsafe import Markup

from armarius.client.report import chart
from armarius.client.report.chart import HEIGHT, WIDTH, Chart
from armarius.client.report.page import templates


def draw(drawn: Chart) -> Markup:
    """Draws a chart as the report does: a figure with SVG, its texts escaped. The page around it has the style."""
    macros: Any = templates().get_template("macros.html.j2").module
    return Markup(macros.line_chart(drawn, chart))  # noqa: S704 - of a template that escapes


def sketch(drawn: Chart) -> Markup:
    """Draws nothing of a chart but its lines, with its summary for people who cannot see it."""
    return Markup('<svg class="sketch" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, drawn.summary, Markup("").join(_lines(drawn))
    )


def _lines(drawn: Chart) -> list[Markup]:
    line = Markup('<polyline class="line" points="{}"/>')
    dot = Markup('<circle class="dot" cx="{}" cy="{}" r="14"/>')
    ends = (points[-1] for points in drawn.lines if points)
    return [
        *(line.format(drawn.path(points)) for points in drawn.lines),
        *(dot.format(drawn.across(end.x), drawn.down(end.y)) for end in ends),
    ]
