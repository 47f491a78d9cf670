"""The content of a clarification apart from its row: typed, pending as a proposal, or kept as a revision."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.claims.crossed_pictures import delete_other_pictures
from hoax_tracker.clarify import wordings
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
    """Return a value in JSON form."""
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
