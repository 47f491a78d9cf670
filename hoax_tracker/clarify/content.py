"""The content of a clarification apart from its row: typed, pending as a proposal, or kept as a revision.

The forms of authors and approvers refuse nothing that was typed: the service reports faults by field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice

from hoax_tracker.claims.crossed_pictures import delete_other_pictures
from hoax_tracker.clarify import wordings
from hoax_tracker.clock import day_in_kupang, utc_now
from hoax_tracker.core.web.edit_forms import read_long_text
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.models import Clarification, Evidence, EvidenceKind, Topic, Verdict, db

OWN_FORMS = ("sources", "wordings", "picture")
"""Fields that a row keeps in its own way."""
FIELD_LENGTH_LIMITS = {
    "title": 300,
    "summary": 1_000,
    "claim_quote": 5_000,
    "circulated_where": 200,
    "findings": 20_000,
    "conclusion": 5_000,
}
LONGEST_SOURCE_TITLE, LONGEST_SOURCE_ADDRESS = 300, 2_000
LONGEST_PICTURE_TEXT = 300


@dataclass(frozen=True)
class SourceLine:
    """A linked source with its title and date."""

    title: str
    url: str
    dated: date | None = None


@dataclass(frozen=True)
class PagePicture:
    """The picture that circulates: which evidence, what is on it in words, and the crossed file drawn from it."""

    evidence: int
    alt: str
    digest: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class ClarificationContent:
    """Everything that an author writes; ``wordings``, other wordings of the claim, are never shown to the public."""

    title: str
    summary: str
    claim_quote: str
    verdict: Verdict | None
    topic: Topic
    circulated_where: str
    circulated_since: date | None
    findings: str
    conclusion: str
    unit_id: int
    accused_unit_id: int | None
    sources: tuple[SourceLine, ...] = ()
    wordings: tuple[str, ...] = ()
    picture: PagePicture | None = None

    @property
    def fact(self) -> str:
        """The fact in short; the matcher compares details with it."""
        return f"{self.title}. {self.summary}"

    def as_json(self) -> dict[str, Any]:
        """Return the content in the form that a revision or proposal stores."""
        values = {name: _value_as_json(value) for name, value in asdict(self).items()}
        return values if self.picture else {name: value for name, value in values.items() if name != "picture"}

    def write(self, page: Clarification, now: datetime) -> None:
        """Write the content to the row. Linked sources are replaced, files stay."""
        for field in fields(self):
            if field.name not in OWN_FORMS:
                setattr(page, field.name, getattr(self, field.name))
        page.wordings = list(self.wordings)
        self._write_picture(page)
        if self.sources != list_source_lines(page):
            self.write_sources(page, now)

    def _write_picture(self, page: Clarification) -> None:
        """Let the page name this picture; another one that it named is deleted."""
        stored = asdict(self.picture) if self.picture else None
        if page.picture != stored:
            page.picture = stored
            delete_other_pictures(page.id, [self.picture.digest] if self.picture else [])

    def write_sources(self, page: Clarification, now: datetime) -> None:
        """Replace the page's linked sources."""
        old = sa.delete(Evidence).where(Evidence.clarification_id == page.id, Evidence.kind == EvidenceKind.LINK)
        db.session.execute(old)
        shared = {"kind": EvidenceKind.LINK, "clarification_id": page.id, "added_at": now}
        rows = [shared | {"title": line.title, "url": line.url, "dated": line.dated} for line in self.sources]
        if rows:
            db.session.execute(sa.insert(Evidence), rows)
        db.session.expire(page, ["sources"])


def clarification_content(page: Clarification) -> ClarificationContent:
    """Return the content of the row."""
    values = {
        field.name: getattr(page, field.name) for field in fields(ClarificationContent) if field.name not in OWN_FORMS
    }
    picture = PagePicture(**page.picture) if page.picture else None
    return ClarificationContent(
        **values, sources=list_source_lines(page), wordings=tuple(page.wordings or ()), picture=picture
    )


def list_source_lines(page: Clarification) -> tuple[SourceLine, ...]:
    """Return the page's linked sources."""
    return tuple(
        SourceLine(source.title, source.url, source.dated)
        for source in page.sources
        if source.kind is EvidenceKind.LINK and source.url is not None
    )


def content_from_json(stored: dict[str, Any]) -> ClarificationContent:
    """Return the content that ``as_json`` stored."""
    values = {
        "verdict": Verdict(stored["verdict"]) if stored["verdict"] else None,
        "topic": Topic(stored["topic"]),
        "circulated_since": _read_iso_date(stored["circulated_since"]),
        "sources": tuple(
            SourceLine(source["title"], source["url"], _read_iso_date(source["dated"])) for source in stored["sources"]
        ),
        "wordings": tuple(stored.get("wordings", ())),  # older ones have none
        "picture": PagePicture(**stored["picture"]) if stored.get("picture") else None,
    }
    return ClarificationContent(**(stored | values))


def _read_iso_date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _value_as_json(value: Any) -> Any:
    if isinstance(value, (Verdict, Topic)):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [
            {name: _value_as_json(part) for name, part in row.items()} if isinstance(row, dict) else row
            for row in value
        ]
    return value


def changed_fields(before: ClarificationContent, after: ClarificationContent) -> list[str]:
    """Return the names of fields that differ."""
    return [
        field.name
        for field in fields(ClarificationContent)
        if getattr(before, field.name) != getattr(after, field.name)
    ]


def storage_faults(content: ClarificationContent) -> list[tuple[str, str]]:
    """Return (field, message) of all that no row can store: overlong texts, sources without a web address.

    The fields of the second source are called "sources-1-title" and "sources-1-url".
    """
    too_long = _("Paling banyak %(max)s huruf.")
    most = {"count": wordings.MOST, "max": wordings.LONGEST}
    too_much = _("Paling banyak %(count)s kalimat, masing-masing paling banyak %(max)s huruf.", **most)
    faults = [
        (field, too_much if field == "wordings" else too_long % {"max": FIELD_LENGTH_LIMITS[field]})
        for field in overlong_fields(content)
    ]
    if content.picture and len(content.picture.alt) > LONGEST_PICTURE_TEXT:
        faults.append(("picture-alt", too_long % {"max": LONGEST_PICTURE_TEXT}))
    for place, line in enumerate(content.sources):
        if len(line.title) > LONGEST_SOURCE_TITLE:
            faults.append((f"sources-{place}-title", too_long % {"max": LONGEST_SOURCE_TITLE}))
        if not _is_web_address(line.url):
            message = _("Tautan rujukan harus alamat lengkap, misalnya https://situs.example/berita.")
            faults.append((f"sources-{place}-url", message))
    return faults


def overlong_fields(content: ClarificationContent) -> list[str]:
    """Return the names of the fields whose text is over its limit."""
    names = [field for field, longest in FIELD_LENGTH_LIMITS.items() if len(getattr(content, field)) > longest]
    if len(content.wordings) > wordings.MOST or any(len(wording) > wordings.LONGEST for wording in content.wordings):
        names.append("wordings")
    return names


def _is_web_address(url: str) -> bool:
    """Tell whether a link leads to a web page."""
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        return False
    return is_whole and len(url) <= LONGEST_SOURCE_ADDRESS


def storable_part(
    content: ClarificationContent, stored: ClarificationContent, faulty: Collection[str]
) -> ClarificationContent:
    """Return the content without its faulty fields: they stay as they are stored, of the sources all or none.

    Which stored source a faulty one was typed over cannot be told: rows come and go.
    """
    names = {field.partition("-")[0] for field in faulty}
    return replace(content, **{name: getattr(stored, name) for name in names})


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
    return " ".join((value or "").split())


def _read_dates(typed: Mapping[str, str | None]) -> tuple[dict[str, date | None], list[tuple[str, str]]]:
    """Return the dates by field, None for an empty one and for a bad one, and (field, message) of the bad ones."""
    dates: dict[str, date | None] = dict.fromkeys(typed)
    today, faults = day_in_kupang(utc_now()), []
    for field, value in typed.items():
        text = (value or "").strip()
        try:
            day = date.fromisoformat(text) if text else None
        except ValueError:
            faults.append((field, _("Tanggal itu tidak ada. Tulis seperti 2026-11-24, atau kosongkan.")))
            continue
        if day is not None and day > today:
            faults.append((field, _("Tanggal itu belum tiba. Periksa tahunnya, atau kosongkan.")))
        else:
            dates[field] = day
    return dates, faults
