"""Publishing a page: its address, its number, its first revision."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.clarify.content import clarification_content
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.models import Clarification, ClarificationRevision, ClarificationStatus, db

SLUG_LONGEST = 80


def make_public(page: Clarification, now: datetime) -> None:
    """Give the page its slug, number and date, and store revision 1."""
    page.slug = _unused_slug(page.title)
    page.number = (db.session.scalar(sa.select(sa.func.max(Clarification.number))) or 0) + 1
    page.published_at = now
    page.status = ClarificationStatus.PUBLISHED
    add_revision(page, "", page.author_id, page.approver_id, now)


def add_revision(page: Clarification, note: str, author_id: int, approver_id: int | None, now: datetime) -> None:
    """Store the present public content as a revision, on the page's confirmation."""
    page.revisions.append(
        ClarificationRevision(
            number=len(page.revisions) + 1,
            kind=page.status,
            note=note,
            content=clarification_content(page).as_json(),
            author_id=author_id,
            approver_id=approver_id,
            made_at=now,
            confirmation_id=page.confirmation_id,
        )
    )
    wake_job(WokenJob.PUBLISHED_PAGES, WokenJob.PUSHES)


def _unused_slug(title: str) -> str:
    """Return a slug of the title that no other page has."""
    slug = _slug_from_title(title)
    like = sa.select(Clarification.slug).where(Clarification.slug.startswith(slug, autoescape=True))
    used_slugs = set(db.session.scalars(like))
    return next(candidate for candidate in _slug_candidates(slug) if candidate not in used_slugs)


def _slug_candidates(slug: str) -> list[str]:
    """Yield the slug, then the slug with rising numbers."""
    return [slug, *(f"{slug}-{number}" for number in range(2, 10_000))]


def _slug_from_title(title: str) -> str:
    """Return the title in lower-case letters and digits, cut at a word."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain)) or "klarifikasi"
    return slug if len(slug) <= SLUG_LONGEST else slug[: SLUG_LONGEST + 1].rsplit("-", 1)[0][:SLUG_LONGEST]
