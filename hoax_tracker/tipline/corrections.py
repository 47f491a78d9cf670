"""Who was answered with a page is told where the city corrects or withdraws it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _

from hoax_tracker.check.sharing.card_facts import format_day, short_address
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.models import Chat, ChatAnswer, ClarificationRevision, ClarificationStatus, db
from hoax_tracker.notifications.chats import enqueue_reply, may_tell
from hoax_tracker.tipline.acts.answers import card_address

CHANGES = (ClarificationStatus.CORRECTED, ClarificationStatus.RETRACTED)
TOLD_AT_ONCE = 500


def tell_changed_pages(now: datetime) -> int:
    """Queue word for everybody who was answered with a page that changed since; return how many are told."""
    newest = sa.func.max(ClarificationRevision.id)
    query = (
        sa.select(ChatAnswer.id, newest)
        .join(ClarificationRevision, ClarificationRevision.clarification_id == ChatAnswer.clarification_id)
        .where(ClarificationRevision.kind.in_(CHANGES), ClarificationRevision.made_at > ChatAnswer.answered_at)
        .group_by(ChatAnswer.id)
        .order_by(ChatAnswer.id)
        .limit(TOLD_AT_ONCE)
    )
    with read_transaction():
        changed = db.session.execute(query).all()
        db.session.rollback()
    return sum(_tell_changed_page(answer_id, revision_id, now) for answer_id, revision_id in changed)


def _tell_changed_page(answer_id: int, revision_id: int, now: datetime) -> bool:
    """Queue word of one change for one conversation, once; in a transaction of its own."""
    with write_transaction(None):
        answer = db.session.get(ChatAnswer, answer_id, with_for_update=True)
        revision = db.session.get(ClarificationRevision, revision_id)
        if answer is None or revision is None or revision.made_at <= answer.answered_at:
            return False
        chat, answered_at = db.session.get_one(Chat, answer.chat_id), answer.answered_at
        answer.answered_at = revision.made_at
        if not may_tell(chat):
            return False
        with force_locale(chat.language):
            body = _write_change(revision, answered_at)
        return enqueue_reply(chat, f"page:{revision.id}", body, now)


def _write_change(revision: ClarificationRevision, answered_at: datetime) -> dict[str, Any]:
    """Return the words about a change: what we said is not what holds, what holds now, and a plea to pass it on."""
    page = revision.clarification
    is_withdrawn = revision.kind is ClarificationStatus.RETRACTED
    day = format_day(answered_at)
    verdict = page.verdict.label if page.verdict else ""
    lines = [
        _("Jawaban kami %(day)s ditarik dan tidak berlaku lagi.", day=day)
        if is_withdrawn
        else _("Jawaban kami %(day)s dikoreksi. Yang berlaku sekarang:", day=day),
        "" if is_withdrawn else page.title,
        "" if is_withdrawn or not verdict else _("Yang beredar: %(verdict)s.", verdict=verdict),
        revision.note or "",
        _("Pernah meneruskan jawaban kami? Mohon teruskan yang ini."),
    ]
    card_url = "" if is_withdrawn else card_address(page)
    text = "\n\n".join(filter(None, map(str, lines)))
    return {"text": text, "choices": [], "card_url": card_url, "link": short_address(page.number or 0)}
