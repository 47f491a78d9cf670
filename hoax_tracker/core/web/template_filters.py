"""Template filters and globals: dates in WITA, ages, numbers, static file addresses, common variables."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_timedelta
from flask import Flask, current_app, url_for
from flask_babel import format_date, format_datetime, format_decimal, get_locale, gettext as _
from markupsafe import Markup, escape

from hoax_tracker.clock import WITA, day_in_kupang, utc_now
from hoax_tracker.core.content.html_to_text import is_cut_text
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import Verdict

DAY_S = 86_400
AGE_UNITS_S = (365 * DAY_S, 30 * DAY_S, 7 * DAY_S, DAY_S, 3_600, 60)


def register_template_filters(app: Flask) -> None:
    """Register the filters and globals with the templates."""
    app.jinja_env.filters.update(
        moment=_render_moment,
        due=_render_due,
        clock=_format_time_of_day,
        day=_render_day,
        weekday=_render_weekday,
        hour=_format_hour,
        age=format_age,
        number=format_number,
        verdict=_verdict_badge,
        short_text=short_text,
        month_name=month_name,
    )
    app.jinja_env.tests.update(cut_text=is_cut_text)
    app.jinja_env.globals.update(static=static_url, now=utc_now)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(_template_context)


def _template_context() -> dict[str, Any]:
    """Return the variables of every template: settings, language, and whether this is the demo.

    ``in_indonesian`` is the lang attribute for officers' texts on a page in another language; ``other_language`` is
    offered at the foot.
    """
    settings = current_settings()
    language = str(get_locale() or "id")
    foreign = Markup() if language == "id" else Markup(' lang="id"')
    other = {"code": "en", "name": "English"} if language == "id" else {"code": "id", "name": "Bahasa Indonesia"}
    page = {"language": language, "in_indonesian": foreign, "other_language": other}
    return {"settings": settings, "demo": settings.demo} | page


def _render_moment(value: datetime, with_age: bool = False) -> Markup:
    """Return a <time> element: "24 November 2026, 14.05 WITA", on request followed by the age."""
    text = format_datetime(value, _("d MMMM y, HH.mm 'WITA'"))
    shown = Markup('<time datetime="{}">{}</time>').format(value.isoformat(timespec="minutes"), text)
    return shown + Markup(' <span class="nb">({})</span>').format(format_age(value)) if with_age else shown


def _render_due(value: datetime) -> Markup:
    """Return the day by which something is due: "Senin, 30 November", with the year where it is another than now."""
    day = day_in_kupang(value)
    pattern = "EEEE, d MMMM" if day.year == utc_now().astimezone(WITA).year else "EEEE, d MMMM y"
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), format_date(day, pattern))


def _format_time_of_day(value: datetime) -> str:
    """Return the time of day: "14.05 WITA"."""
    return str(format_datetime(value, _("HH.mm 'WITA'")))


def _render_day(value: datetime | date) -> Markup:
    """Return a <time> element with the day only: "24 November 2026"."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat()[:10], format_date(value, "d MMMM y"))


def _render_weekday(value: date) -> Markup:
    """Return a <time> element with the day of the week: "Selasa, 24 November 2026"."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), format_date(value, "EEEE, d MMMM y"))


def _format_hour(value: datetime) -> str:
    """Return the time of day in Kupang without the zone, for pages that name it once: "14.05"."""
    return str(format_datetime(value, _("HH.mm")))


def month_name(value: datetime) -> str:
    """Return the month of a moment in Kupang: "November 2026"."""
    return str(format_date(value.astimezone(WITA), "MMMM y"))


def format_age(value: datetime, now: datetime | None = None) -> str:
    """Return how long ago (or how far ahead) a moment is, as display text.

    The span is cut to whole units, of which there are at least two: after 6.6 days "6 hari", after 11 "11 hari".
    """
    distance: timedelta = value - (now or utc_now())
    seconds = int(abs(distance).total_seconds())
    unit = next((unit for unit in AGE_UNITS_S if seconds >= 2 * unit), 1)
    whole = timedelta(seconds=seconds // unit * unit) * (-1 if distance < timedelta(0) else 1)
    return str(format_timedelta(whole, threshold=2, add_direction=True, locale=str(get_locale() or "id")))


def format_number(value: float, digits: int = 0) -> str:
    """Return a number formatted for the reader's language: 1.234,5 in Indonesian."""
    return str(format_decimal(round(value, digits), format=None if not digits else "#,##0." + "0" * digits))


def _verdict_badge(verdict: Verdict, big: bool = False) -> Markup:
    """Return the verdict as a word with its shape, so that colour is never the only sign."""
    return Markup('<b class="verdict {}is-{}">{}</b>').format("big " if big else "", verdict.shape, verdict.label)


def short_text(text: str, limit: int = 160) -> str:
    """Return the text on one line, cut between words."""
    flat = " ".join(str(text).split())
    if len(flat) <= limit:
        return flat
    return flat[:limit].rsplit(" ", 1)[0].rstrip(" .,;:…") + "…"


def static_url(name: str) -> str:
    """Return the address of a static file with its digest, so that browsers may cache it for a year."""
    return url_for("static", filename=name, v=_static_file_digest(Path(str(current_app.static_folder)) / name))


@cache
def _static_file_digest(path: Path) -> str:
    """Return the first ten hex digits of the file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def highlight_spans(text: str, spans: list[tuple[int, int, str]]) -> Markup:
    """Return the escaped text, with each (start, end, label) span marked and labelled.

    Spans that overlap an earlier one are left out. Offsets are in characters of ``text``.
    """
    out, position = Markup(), 0
    for start, end, label in sorted(spans):
        if start < position or end > len(text) or start >= end:
            continue
        out += escape(text[position:start]) + Markup("<mark>{}</mark><sup>{}</sup>").format(text[start:end], label)
        position = end
    return out + escape(text[position:])
