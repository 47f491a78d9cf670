"""Forms of authors and approvers. They refuse nothing that was typed: the service reports faults by field."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice

from hoax_tracker.clarify import wordings
from hoax_tracker.clarify.content import ClarificationContent, SourceLine
from hoax_tracker.core.web.edit_forms import read_long_text
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Clarification, Topic, Verdict

SPARE_SOURCES = 3
MOST_SOURCES = 20


class SourceLineForm(Form):  # type: ignore[misc]
    """One row of the sources; an empty row is ignored."""

    title = StringField(_l("Judul rujukan"))
    url = StringField(_l("Tautan"))
    dated = StringField(_l("Tanggal"))

    @property
    def is_filled(self) -> bool:
        """True where the row has any text."""
        return any((field.data or "").strip() for field in self)

    def line(self) -> SourceLine | None:
        """Return the source, with its address in place of a missing title; None for an empty row."""
        title, url = (self.title.data or "").strip(), (self.url.data or "").strip()
        if not title and not url:
            return None
        return SourceLine(title or url[:300], url, read_date_field(self.dated.data, "sources"))


class WordingForm(Form):  # type: ignore[misc]
    """One other wording of the claim: a text, and whether to use it. An empty row is ignored."""

    used = BooleanField(_l("Pakai"))
    text = TextAreaField(_l("Kata-kata lain"))


class VersionForm(FlaskForm):  # type: ignore[misc]
    """An act on a page at the version the officer saw, with an optional reason."""

    version = HiddenField()
    reason = TextAreaField(_l("Alasan"))

    @property
    def seen_version(self) -> int:
        """The version that the officer saw; 0, which no page has, where the form does not say."""
        return read_whole_number(self.version.data) or 0


class DraftForm(FlaskForm):  # type: ignore[misc]
    """The whole clarification, in the order readers see it."""

    version = HiddenField()
    title = StringField(_l("Judul: nyatakan faktanya"))
    verdict = SelectField(_l("Putusan tentang pesan itu"), validate_choice=False)
    summary = TextAreaField(_l("Ringkasan"))
    claim_quote = TextAreaField(_l("Pesan yang beredar"))
    circulated_where = StringField(_l("Beredar di"))
    circulated_since = StringField(_l("Beredar sejak"))
    findings = TextAreaField(_l("Hasil cek fakta"))
    conclusion = TextAreaField(_l("Kesimpulan"))
    sources = FieldList(FormField(SourceLineForm), _l("Rujukan"), max_entries=MOST_SOURCES)
    wordings = FieldList(FormField(WordingForm), _l("Kata-kata lain untuk kabar ini"), max_entries=wordings.MOST)
    topic = SelectField(_l("Pokok"), validate_choice=False)
    unit_id = SelectField(_l("Perangkat daerah yang menyatakan"), validate_choice=False)
    accused_unit_id = SelectField(_l("Perangkat daerah yang dituduh"), validate_choice=False)
    note = TextAreaField(_l("Apa yang dikoreksi, dan mengapa"))

    @property
    def seen_version(self) -> int:
        """The version that the author saw."""
        return read_whole_number(self.version.data) or 0

    def offer(self, units: list[tuple[int, str]]) -> None:
        """Fill the choices, and add empty rows for sources."""
        verdicts = [SelectChoice(verdict.value, f"{verdict.label}: {verdict.meaning}") for verdict in Verdict]
        self.verdict.choices = [SelectChoice("", _l("Belum diputuskan")), *verdicts]
        self.topic.choices = [SelectChoice(topic.value, topic.label) for topic in Topic]
        self.unit_id.choices = [SelectChoice(str(key), name) for key, name in units]
        self.accused_unit_id.choices = [SelectChoice("", _l("Tidak menuduh")), *self.unit_id.choices]
        filled = sum(1 for row in self.sources if row.form.is_filled)
        while len(self.sources) < min(MOST_SOURCES, filled + SPARE_SOURCES):
            self.sources.append_entry()

    def offer_wordings(self, texts: Iterable[str]) -> None:
        """Add suggested wordings, not ticked, and an empty row, as far as there is room."""
        for text in texts:
            if len(self.wordings) < wordings.MOST - 1:
                self.wordings.append_entry({"used": False, "text": text})
        if len(self.wordings) < wordings.MOST:
            self.wordings.append_entry({"used": True, "text": ""})

    @property
    def chosen_wordings(self) -> tuple[str, ...]:
        """The ticked wordings."""
        return wordings.distinct(row.form.text.data or "" for row in self.wordings if row.form.used.data)

    def show(self, content: ClarificationContent, version: int) -> None:
        """Fill the form with a page's content."""
        self.version.data = str(version)
        for name in ("title", "summary", "claim_quote", "circulated_where", "findings", "conclusion"):
            self[name].data = getattr(content, name)
        self.verdict.data = content.verdict.value if content.verdict else ""
        self.topic.data = content.topic.value
        self.circulated_since.data = content.circulated_since.isoformat() if content.circulated_since else ""
        self.unit_id.data = str(content.unit_id)
        self.accused_unit_id.data = str(content.accused_unit_id or "")
        for line in content.sources:
            dated = line.dated.isoformat() if line.dated else ""
            self.sources.append_entry({"title": line.title, "url": line.url, "dated": dated})
        for text in content.wordings:
            self.wordings.append_entry({"used": True, "text": text})

    def content(self, page: Clarification) -> ClarificationContent:
        """Return the typed content. Raises InvalidInputError for an invalid date or choice."""
        lines = [row.form.line() for row in self.sources]
        return ClarificationContent(
            **{name: read_one_line(self[name].data) for name in ("title", "summary", "circulated_where")},
            **{name: read_long_text(self[name].data) for name in ("claim_quote", "findings", "conclusion")},
            verdict=next((verdict for verdict in Verdict if verdict.value == self.verdict.data), None),
            topic=next((topic for topic in Topic if topic.value == self.topic.data), page.topic),
            circulated_since=read_date_field(self.circulated_since.data, "circulated_since"),
            unit_id=read_whole_number(self.unit_id.data) or 0,
            accused_unit_id=read_whole_number(self.accused_unit_id.data),
            sources=tuple(line for line in lines if line is not None),
            wordings=self.chosen_wordings,
        )


def read_one_line(value: str | None) -> str:
    """Return typed text as one line."""
    return " ".join((value or "").split())


def read_date_field(value: str | None, field: str) -> date | None:
    """Return the date of a date field. Raises InvalidInputError."""
    text = (value or "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        message = _("Tanggal itu tidak ada. Tulis seperti 2026-11-24, atau kosongkan.")
        raise InvalidInputError("not a date", user_message=message, field=field) from error
