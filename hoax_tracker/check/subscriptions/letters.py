"""Letters to subscribers about what changed on public pages since they were last told, in the current language.

Changes are read from the pages' revisions, and their words are the browser's notices', too. A letter holds nothing but
what is public, and links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l, ngettext

from hoax_tracker.check.clarification_list import list_place_names, names_place_condition
from hoax_tracker.models import (
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    District,
    Subscription,
    SubscriptionChoice,
    db,
)
from hoax_tracker.notifications.mail import Letter, public_url_for

_CHANGE_LABELS: dict[ClarificationStatus, Any] = {
    ClarificationStatus.PUBLISHED: _l("Baru"),
    ClarificationStatus.CORRECTED: _l("Dikoreksi"),
    ClarificationStatus.RETRACTED: _l("Ditarik"),
}


@dataclass(frozen=True)
class PageChange:
    """What happened to a public page since the last letter; nothing of a draft."""

    slug: str
    title: str
    kind: ClarificationStatus

    @property
    def label(self) -> str:
        """Return the kind of change in a word, in the current language."""
        return str(_CHANGE_LABELS[self.kind])

    @property
    def line(self) -> str:
        """Return the change as one line."""
        return f"{self.label}: {self.title}"


def title_changes(changes: Sequence[PageChange]) -> str:
    """Return the title over the changes, in the current language: a page's own where it is the only one and stands."""
    if len(changes) == 1 and changes[0].kind is not ClarificationStatus.RETRACTED:
        return changes[0].title
    return str(ngettext("%(num)d klarifikasi berubah", "%(num)d klarifikasi baru atau berubah", len(changes)))


def newest_revision_id() -> int:
    """Return the id of the newest revision of a public page, 0 where there is none."""
    return db.session.scalar(sa.select(sa.func.max(ClarificationRevision.id))) or 0


def list_page_changes(row: SubscriptionChoice, newest: int) -> list[PageChange]:
    """Return the changes of pages that concern a subscription, up to a revision, newest page first."""
    first = sa.func.min(ClarificationRevision.number)
    query = (
        sa.select(Clarification.slug, Clarification.title, Clarification.status, first)
        .join(ClarificationRevision, ClarificationRevision.clarification_id == Clarification.id)
        .where(ClarificationRevision.id > row.told_revision_id, ClarificationRevision.id <= newest)
        .where(*_choice_conditions(row))
        .group_by(Clarification.id)
        .order_by(Clarification.number.desc())
    )
    rows = db.session.execute(query).all()
    changes = [_describe_change(slug or "", title, status, number) for slug, title, status, number in rows]
    return [change for change in changes if change is not None]


def _choice_conditions(row: SubscriptionChoice) -> list[sa.ColumnElement[bool]]:
    if row.topic is not None:
        return [Clarification.topic == row.topic]
    return [names_place_condition(list_place_names(row.district_id))] if row.district_id is not None else []


def _describe_change(slug: str, title: str, status: ClarificationStatus, first_number: int) -> PageChange | None:
    """Return what happened to a page; None for one that came and went between two letters."""
    is_new = first_number == 1
    if status is ClarificationStatus.RETRACTED:
        return None if is_new else PageChange(slug, title, status)
    return PageChange(slug, title, ClarificationStatus.PUBLISHED if is_new else ClarificationStatus.CORRECTED)


MOST_ENTRIES = 20


def describe_choice(row: SubscriptionChoice) -> str:
    """Return what a subscription is about, as display text."""
    if row.topic is not None:
        return str(_("klarifikasi tentang topik %(topic)s", topic=row.topic.label))
    district = db.session.get(District, row.district_id) if row.district_id is not None else None
    if district is not None:
        return str(_("klarifikasi yang menyebut Kecamatan %(name)s", name=district.name))
    return str(_("semua klarifikasi"))


def build_confirmation_letter(row: Subscription, token: str) -> Letter:
    """Return the letter that asks the reader to confirm."""
    return Letter(
        subject=_("Konfirmasi: kabari saya tentang klarifikasi"),
        paragraphs=(
            _("Alamat ini diisi di Kupang Kabas Hoaks untuk dikabari tentang %(choice)s.", choice=describe_choice(row)),
            _("Bila itu Anda, buka tautan ini dan tekan tombolnya dalam 72 jam. Sebelum itu tidak ada yang dikirim."),
        ),
        action=(_("Ya, kabari saya"), public_url_for("subscriptions.confirm", token=token)),
        closing=(_("Bukan Anda? Abaikan email ini: alamat Anda terhapus sendiri."),),
        why=_("Anda menerima email ini karena alamat ini diisi pada formulir langganan."),
        unsubscribe_url=public_url_for("subscriptions.end", token=token),
    )


def build_daily_letter(row: Subscription, token: str, changes: Sequence[PageChange]) -> Letter:
    """Return the letter of the day about pages that were published, corrected or withdrawn."""
    shown = [(change.line, change.slug) for change in changes[:MOST_ENTRIES]]
    more = len(changes) - len(shown)
    closing = (_("Dan %(count)s lainnya, di daftar klarifikasi.", count=more),) if more else ()
    return Letter(
        subject=title_changes(changes),
        paragraphs=(_("Sejak email terakhir kami:"),),
        entries=tuple((words, public_url_for("pages.page", slug=slug)) for words, slug in shown),
        action=(_("Lihat semua klarifikasi"), public_url_for("pages.listing")),
        closing=closing,
        why=_("Anda berlangganan %(choice)s, paling banyak satu email sehari.", choice=describe_choice(row)),
        unsubscribe_url=public_url_for("subscriptions.end", token=token),
    )
