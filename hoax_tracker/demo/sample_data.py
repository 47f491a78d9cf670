"""The demo's world in data/samples: feeds, clarifications and reports, with times relative to the first start.

An entry of ``hours_ago`` 5 appeared five hours before the first start; a negative number lies ahead.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from hoax_tracker.clock import WITA
from hoax_tracker.core.paths import data_file_path

DAY_NAMES = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTH_NAMES = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
_DATE = re.compile(r"\{(hari|tanggal)([+-]\d+)?\}")


@dataclass(frozen=True)
class SampleEntry:
    """One entry. ``hours_ago`` is None where the feed gives no date; ``story`` and ``role`` are never rendered."""

    id: str
    hours_ago: float | None
    title: str | None
    text: str
    path: str
    author: str | None = None
    story: str | None = None
    role: str | None = None


@dataclass(frozen=True)
class SampleFeed:
    """One source: its name, its format, and its entries, oldest first."""

    slug: str
    name: str
    description: str
    format: str
    encoding: str
    bom: bool
    dates: str
    language: str
    home: str
    html: bool
    entries: tuple[SampleEntry, ...]

    @property
    def path(self) -> str:
        """The feed's path on the demo's server."""
        return f"/{self.slug}.{'json' if self.format == 'jsonfeed' else 'xml'}"

    def visible(self, started: datetime, until: datetime) -> list[tuple[SampleEntry, datetime | None]]:
        """Return the entries that had appeared by ``until``, newest first; an undated one follows the one before."""
        shown: list[tuple[SampleEntry, datetime | None]] = []
        reached = started
        for entry in self.entries:
            published_at = None if entry.hours_ago is None else sample_time(started, entry.hours_ago)
            reached = published_at or reached
            if reached <= until:
                shown.append((entry, published_at))
        return shown[::-1]


def sample_time(started: datetime, hours_ago: float) -> datetime:
    """Return the time that many hours before the first start."""
    return (started - timedelta(hours=hours_ago)).replace(microsecond=0)


def fill_in_dates(text: str, moment: datetime) -> str:
    """Return the text with {hari}, {hari-1}, {tanggal+2} … replaced by the weekday or date relative to ``moment``."""

    def words(match: re.Match[str]) -> str:
        day = moment.astimezone(WITA) + timedelta(days=int(match[2] or 0))
        return DAY_NAMES[day.weekday()] if match[1] == "hari" else f"{day.day} {MONTH_NAMES[day.month - 1]}"

    return _DATE.sub(words, text)


@cache
def load_sample_feeds() -> tuple[SampleFeed, ...]:
    """Return the ten sources by file name."""
    return tuple(_load_sample_feed(path) for path in sorted(data_file_path("samples", "feeds").glob("*.json")))


def _load_sample_feed(path: Path) -> SampleFeed:
    facts = json.loads(path.read_text(encoding="utf-8"))
    entries = tuple(SampleEntry(**entry) for entry in facts.pop("entries"))
    return SampleFeed(slug=path.stem, entries=entries, **facts)


def load_sample_clarifications() -> list[dict[str, Any]]:
    """Return the clarifications in the file."""
    return list(_load_sample_file("clarifications.json")["clarifications"])


def load_sample_decisions() -> list[dict[str, Any]]:
    """Return the decisions on claims without a clarification."""
    return list(_load_sample_file("clarifications.json")["decisions"])


def load_sample_reports() -> list[dict[str, Any]]:
    """Return the residents' reports."""
    return list(_load_sample_file("reports.json")["reports"])


def load_sample_questions() -> list[dict[str, Any]]:
    """Return the residents' questions with their numbers."""
    return list(_load_sample_file("questions.json")["questions"])


def load_sample_work() -> list[dict[str, Any]]:
    """Return the officers' notes, labels and evidence."""
    return list(_load_sample_file("work.json")["work"])


def _load_sample_file(name: str) -> dict[str, Any]:
    """Return a file of data/samples."""
    content: dict[str, Any] = json.loads(data_file_path("samples", name).read_text(encoding="utf-8"))
    return content


SIZE, MARGIN, LETTERS = (720, 300), 36, 24


def draw_screenshot(text: str) -> bytes:
    """Return a picture (PNG) of a message."""
    picture = Image.new("RGB", SIZE, "#e8efe9")
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((MARGIN // 2, MARGIN // 2, SIZE[0] - MARGIN, SIZE[1] - MARGIN), 18, fill="white")
    pen.multiline_text((MARGIN, MARGIN + 8), text, fill="#1d2a24", font=ImageFont.load_default(LETTERS), spacing=14)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
