"""Forms of authors and approvers. They refuse nothing that was typed: the service reports faults by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice

from hoax_tracker.clarify import wordings
from hoax_tracker.clarify.content import LONGEST_SOURCE_TITLE, ClarificationContent, PagePicture, SourceLine
from hoax_tracker.core.web.edit_forms import read_long_text
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.models import Clarification, Topic, Verdict

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

    def read_source(self, dated: date | None) -> SourceLine:
        """Return the source, with its address in place of a missing title."""
        title, url = (self.title.data or "").strip(), (self.url.data or "").strip()
        return SourceLine(title or url[:LONGEST_SOURCE_TITLE], url, dated)


class WordingForm(Form):  # type: ignore[misc]
    """One other wording of the claim: a text, and whether to use it. An empty row is ignored."""

    used = BooleanField(_l("Pakai"))
    text = TextAreaField(_l("Kata-kata lain"))

    @property
    def is_filled(self) -> bool:
        """True where the row has a text."""
        return bool((self.text.data or "").strip())


class PictureForm(Form):  # type: ignore[misc]
    """Which picture of the claims' evidence residents see, crossed, and what is on it."""

    evidence = StringField(_l("Gambar"))
    alt = StringField(_l("Apa yang terlihat di gambar"))

    def read_wish(self) -> PagePicture:
        """Return what was chosen; evidence 0 for no picture."""
        return PagePicture(read_whole_number(self.evidence.data) or 0, _read_one_line(self.alt.data))


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
    picture = FormField(PictureForm, _l("Gambar yang beredar"))
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
        """Fill the choices, and end the sources with exactly one empty row."""
        verdicts = [SelectChoice(verdict.value, f"{verdict.label}: {verdict.meaning}") for verdict in Verdict]
        self.verdict.choices = [SelectChoice("", _l("Belum diputuskan")), *verdicts]
        self.topic.choices = [SelectChoice(topic.value, topic.label) for topic in Topic]
        self.unit_id.choices = [SelectChoice(str(key), name) for key, name in units]
        self.accused_unit_id.choices = [SelectChoice("", _l("Tidak menuduh")), *self.unit_id.choices]
        _drop_empty_rows(self.sources)
        if len(self.sources) < MOST_SOURCES:
            self.sources.append_entry()

    def offer_wordings(self, texts: Iterable[str]) -> None:
        """Add suggested wordings, not ticked, and exactly one empty row, as far as there is room."""
        _drop_empty_rows(self.wordings)
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
        if content.picture:
            self.picture.form.evidence.data = str(content.picture.evidence)
            self.picture.form.alt.data = content.picture.alt
        self.circulated_since.data = content.circulated_since.isoformat() if content.circulated_since else ""
        self.unit_id.data = str(content.unit_id)
        self.accused_unit_id.data = str(content.accused_unit_id or "")
        for line in content.sources:
            dated = line.dated.isoformat() if line.dated else ""
            self.sources.append_entry({"title": line.title, "url": line.url, "dated": dated})
        for text in content.wordings:
            self.wordings.append_entry({"used": True, "text": text})

    def read_content(self, page: Clarification) -> tuple[ClarificationContent, list[tuple[str, str]]]:
        """Return the typed content without its picture and bad dates, and (field, message) of those dates."""
        _drop_empty_rows(self.sources)
        typed_dates = {"circulated_since": self.circulated_since.data}
        typed_dates |= {row.form.dated.name: row.form.dated.data for row in self.sources}
        dates, faults = _read_dates(typed_dates)
        texts: dict[str, Any] = {
            **{name: _read_one_line(self[name].data) for name in ("title", "summary", "circulated_where")},
            **{name: read_long_text(self[name].data) for name in ("claim_quote", "findings", "conclusion")},
        }
        content = ClarificationContent(
            **texts,
            verdict=next((verdict for verdict in Verdict if verdict.value == self.verdict.data), None),
            topic=next((topic for topic in Topic if topic.value == self.topic.data), page.topic),
            circulated_since=dates["circulated_since"],
            unit_id=read_whole_number(self.unit_id.data) or 0,
            accused_unit_id=read_whole_number(self.accused_unit_id.data),
            sources=tuple(row.form.read_source(dates[row.form.dated.name]) for row in self.sources),
            wordings=self.chosen_wordings,
        )
        return content, faults


def _drop_empty_rows(rows: FieldList) -> None:
    """Drop the empty rows, so that the others are numbered from 0."""
    filled = [row.data for row in rows if row.form.is_filled]
    rows.entries, rows.last_index = [], -1
    for values in filled:
        rows.append_entry(values)


def _read_one_line(value: str | None) -> str:
    """Return typed text as one line."""
    return " ".join((value or "").split())


def _read_dates(typed: Mapping[str, str | None]) -> tuple[dict[str, date | None], list[tuple[str, str]]]:
    """Return the dates by field, None for an empty one and for one that is no date, and (field, message) of those."""
    dates: dict[str, date | None] = dict.fromkeys(typed)
    faults = []
    for field, value in typed.items():
        text = (value or "").strip()
        try:
            dates[field] = date.fromisoformat(text) if text else None
        except ValueError:
            faults.append((field, _("Tanggal itu tidak ada. Tulis seperti 2026-11-24, atau kosongkan.")))
    return dates, faults
