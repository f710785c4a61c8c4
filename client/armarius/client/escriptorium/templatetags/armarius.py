"""How the pages write figures and times: ``{% load armarius %}``."""

import time
from datetime import datetime, timezone
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from armarius.client import words
from armarius.client.report.characters import visible
from armarius.client.report.chart import Chart
from armarius.client.report.drawing import draw, sketch

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


def clock(at: float) -> Any:
    """Writes seconds since 1970 as a time of day, with the date if it is not today's."""
    then, now = localtime(datetime.fromtimestamp(at, timezone.utc)), localtime()
    form = "H:i" if then.date() == now.date() else "Y-m-d H:i"
    return format_html('<time datetime="{}">{}</time>', then.isoformat(timespec="seconds"), date_format(then, form))


def ago(at: float) -> Any:
    """Writes how long ago something was, with its moment for the pointer."""
    then = localtime(datetime.fromtimestamp(at, timezone.utc))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        then.isoformat(timespec="seconds"),
        date_format(then, "Y-m-d H:i:s e"),
        _past(time.time() - at),
    )


def _past(seconds: float) -> str:
    if seconds < MINUTE:
        return str(_("just now"))
    if seconds < HOUR:
        return str(ngettext("%d minute ago", "%d minutes ago", int(seconds / MINUTE)) % int(seconds / MINUTE))
    if seconds < DAY:
        return str(ngettext("%d hour ago", "%d hours ago", int(seconds / HOUR)) % int(seconds / HOUR))
    return str(ngettext("%d day ago", "%d days ago", int(seconds / DAY)) % int(seconds / DAY))


def harmless(text: Any) -> str:
    """Writes what in a text from outside would reorder the page as code points."""
    return visible(str(text))


def given(text: Any) -> Any:
    """Writes a text from outside: escaped, apart from what stands around it, and harmless."""
    return format_html("<bdi>{}</bdi>", harmless(text))


def curve(chart: Chart) -> Any:
    """Draws a chart."""
    return mark_safe(draw(chart))  # noqa: S308 - of a template that escapes


def small_curve(chart: Chart) -> Any:
    """Draws its lines alone."""
    return mark_safe(sketch(chart))  # noqa: S308 - of a template that escapes


for written in (clock, ago, harmless, given, curve, small_curve):
    register.filter(written.__name__, written)
register.filter("percent", words.percent)
