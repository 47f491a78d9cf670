"""Cards and posters as files in the data folder: drawn once, derived from the rows, in no backup.

A file is named by a digest of everything that stands on it. What was drawn of a page before a correction or a
withdrawal can therefore never be served afterwards, whoever draws at that moment; the next file of its kind and the
worker's next round delete it. The worker draws the cards of pages that were published, corrected or withdrawn, before
anybody asks; any other is drawn when it is first asked for, one at a time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from threading import BoundedSemaphore
from time import perf_counter

import sqlalchemy as sa
from flask_babel import force_locale, get_locale
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.check.sharing.card_drawing import DRAWING_VERSION, draw_card
from hoax_tracker.check.sharing.card_facts import TALL, WIDE, CardFacts, page_card_facts
from hoax_tracker.check.sharing.frames import SHOWN_STATUSES
from hoax_tracker.check.sharing.poster import draw_poster
from hoax_tracker.core.drawing.ornaments import can_draw_cards, find_fonts
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.errors import ServiceBusyError
from hoax_tracker.models import Clarification, db

log = logging.getLogger(__name__)

CARDS_FOLDER = "cards"
FILES_KEPT = 2_000
"""Files of all pages together, some 300 MB; the oldest go first, and are drawn again when asked for."""
SERVICE_KEY = "kota"

WAIT_FOR_OTHERS_S = 5.0
MOST_WAITING = 4
# Drawing takes the processor from everybody else, and who waits for it takes a thread.
_drawing = BoundedSemaphore(1)
_waiting = BoundedSemaphore(MOST_WAITING)


class CardKind(Enum):
    """The kinds of files, with what draws them."""

    CARD = "card"
    STATUS = "status"
    POSTER = "poster"

    @property
    def draw(self) -> Callable[[CardFacts], bytes]:
        """The function that draws it."""
        return DRAWERS[self]

    @property
    def suffix(self) -> str:
        """The ending of the file's name."""
        return ".pdf" if self is CardKind.POSTER else ".jpg"


DRAWERS: dict[CardKind, Callable[[CardFacts], bytes]] = {
    CardKind.CARD: lambda facts: draw_card(facts, WIDE),
    CardKind.STATUS: lambda facts: draw_card(facts, TALL),
    CardKind.POSTER: draw_poster,
}


@dataclass(frozen=True)
class CardFile:
    """The file of a page in one kind and language. ``key`` is the page's number, or ``kota`` for the service."""

    key: str
    kind: CardKind
    facts: CardFacts

    @property
    def path(self) -> Path:
        """Where it lies: in the folder of its page."""
        return _cards_folder() / self.key / f"{self.stem}-{self.digest}{self.kind.suffix}"

    @property
    def stem(self) -> str:
        """What the names of all its states begin with."""
        return f"{self.kind.value}-{get_locale() or 'id'}"

    @property
    def digest(self) -> str:
        """A digest of what stands on it and of how it is drawn."""
        drawn = json.dumps([DRAWING_VERSION, _find_fonts_by_role(), asdict(self.facts)], sort_keys=True)
        return hashlib.sha256(drawn.encode()).hexdigest()[:20]

    def read(self) -> bytes | None:
        """Return its bytes; None where it was not drawn yet."""
        try:
            return self.path.read_bytes()
        except OSError:
            return None

    def draw(self) -> bytes:
        """Draw it, unless somebody else just did, and keep it; return its bytes. Raises ServiceBusyError."""
        with one_at_a_time():
            data = self.read()
            if data is None:
                data = self.kind.draw(self.facts)
                self.keep(data)
        return data

    def keep(self, data: bytes) -> None:
        """Write it and delete what it replaces. A folder that cannot be written costs time, and nothing else."""
        path = self.path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_whole(path, data)
            for older in path.parent.glob(f"{self.stem}-*"):
                if older != path:
                    older.unlink(missing_ok=True)
            _delete_surplus()
        except OSError as error:
            log.warning("a card could not be kept: %s", type(error).__name__)


def _cards_folder() -> Path:
    return Path(current_settings().data_folder) / CARDS_FOLDER


def _find_fonts_by_role() -> dict[str, list[str]]:
    """Return the font files that are drawn with."""
    return {role.value: files for role, files in (find_fonts() or {}).items()}


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file that others only ever see whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _delete_surplus() -> None:
    """Delete the oldest files beyond those that are kept."""
    paths = list(_cards_folder().glob("*/*"))
    if len(paths) > FILES_KEPT:
        for path in sorted(paths, key=_modified_at)[: len(paths) - FILES_KEPT]:
            path.unlink(missing_ok=True)


def _modified_at(path: Path) -> float:
    """Return when a file was written; of one that somebody else just deleted, the beginning of time."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the one place to draw of this process. Raises ServiceBusyError where many wait, or for long."""
    if not _waiting.acquire(blocking=False):
        raise ServiceBusyError("many wait for cards", retry_after_s=10)
    try:
        if not _drawing.acquire(timeout=WAIT_FOR_OTHERS_S):
            raise ServiceBusyError("cards are being drawn", retry_after_s=10)
    finally:
        _waiting.release()
    try:
        yield
    finally:
        _drawing.release()


DRAWN_AFTER_CHANGE = timedelta(days=2)
DRAWN_A_ROUND_S = 20.0


def draw_changed_cards(now: datetime, alive: Callable[[], None]) -> int:
    """Draw the missing cards of pages that changed lately, in Indonesian, and delete what they replace.

    Returns how many were drawn; what takes longer than a worker's round may is left to the next.
    """
    if not can_draw_cards():
        return 0
    drawn, began = 0, perf_counter()
    with force_locale("id"):
        for row in db.session.scalars(_changed_pages_query(now)).all():
            _delete_outdated_files(row)
            facts = page_card_facts(row)
            for kind in (CardKind.CARD, CardKind.STATUS):
                file = CardFile(str(row.number), kind, facts)
                if perf_counter() - began < DRAWN_A_ROUND_S and not file.path.exists():
                    alive()
                    file.draw()
                    drawn += 1
    db.session.rollback()
    return drawn


def _delete_outdated_files(row: Clarification) -> None:
    """Delete a page's files from before its last change, in every kind and language."""
    for path in (_cards_folder() / str(row.number)).glob("*"):
        if _modified_at(path) < row.changed_at.timestamp():
            path.unlink(missing_ok=True)


def _changed_pages_query(now: datetime) -> sa.Select[Clarification]:
    """Return the query for public and withdrawn pages that changed lately, the newest first."""
    return (
        sa.select(Clarification)
        .where(Clarification.status.in_(SHOWN_STATUSES), Clarification.changed_at > now - DRAWN_AFTER_CHANGE)
        .options(joinedload(Clarification.unit), selectinload(Clarification.revisions))
        .order_by(Clarification.changed_at.desc())
        .limit(FILES_KEPT // 4)
    )
