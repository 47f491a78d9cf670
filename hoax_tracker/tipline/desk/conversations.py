"""The conversations about a claim: what was reported there, what officers wrote, and until when they may write.

A conversation is one of a reporter who reported the claim in a chat. Who only asked is counted and not written to. Of
what was said only the report, what was added to it and officers' words are shown; never a number, a name or what else
the person talked about. Officers who may open the claim's reports see it, nobody of an accused branch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.encryption import DecryptionError, decrypt_contact
from hoax_tracker.errors import EditConflictError
from hoax_tracker.models import (
    Chat,
    ChatReply,
    Claim,
    ClaimAppearance,
    Officer,
    Proposal,
    ProposalOutcome,
    Report,
    ReportAddition,
    ReportPicture,
    db,
)
from hoax_tracker.notifications.chats import CHANNEL_NAMES, may_tell, read_chat_id
from hoax_tracker.privacy.retention import CHAT_RETENTION
from hoax_tracker.review.claim_page.reporter_contact import list_readable_reports
from hoax_tracker.tipline.channels.access import WHATSAPP
from hoax_tracker.tipline.demo_views import DEMO_CHANNEL
from hoax_tracker.tipline.sending import read_reply

ANSWERED_FOR = {WHATSAPP: timedelta(hours=24), DEMO_CHANNEL: timedelta(hours=24)}
"""So long after a person's last message the channel takes a free text; Telegram takes it at any time."""
REPORTS_SHOWN = 50
REPLY_ACT = "chat_reply"
OFFICER, QUESTION = "officer", "ask"
"""How the keys of officers' replies begin: their own words, which stand on a proposal, and the fixed questions."""


@dataclass(frozen=True)
class Line:
    """One thing that was said. ``state`` is "" for the resident, else whether the officer's words went out."""

    at: datetime
    text: str
    is_officer: bool = False
    has_picture: bool = False
    state: str = ""


@dataclass(frozen=True)
class Conversation:
    """A conversation about a report. ``closes_at``: until then it takes a free text; None where it always does.

    ``why_not``: why nobody may write now, "" where they may. ``waiting``: an officer's words that await a second
    person.
    """

    report: Report
    chat: Chat
    lines: tuple[Line, ...]
    closes_at: datetime | None
    why_not: str
    waiting: Proposal | None
    asked: frozenset[str]

    @property
    def channel_name(self) -> str:
        """The name of the chat program."""
        return _name_channel(self.chat)

    @property
    def erased_on(self) -> datetime:
        """When the conversation is erased, unless the person writes again."""
        return self.chat.last_message_at + CHAT_RETENTION

    def is_blocked(self, now: datetime) -> bool:
        """Tell whether an officer ended the machine's answers for now."""
        return self.chat.blocked_until is not None and self.chat.blocked_until > now

    def is_taken_over(self, now: datetime) -> bool:
        """Tell whether an officer reads in place of the machine for now."""
        return self.chat.paused_until is not None and self.chat.paused_until > now


def _name_channel(chat: Chat) -> str:
    """Return the name of a conversation's chat program."""
    return CHANNEL_NAMES.get(chat.channel) or str(_("ponsel peragaan"))


def list_conversations(claim: Claim, officer: Officer, settings: Settings, now: datetime) -> list[Conversation]:
    """Return the conversations of those who reported the claim in a chat, newest message first.

    Left out are those whose people stay hidden from this officer (``reporter_contact``).
    """
    query = (
        sa.select(Report)
        .join(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .where(ClaimAppearance.claim_id == claim.id, Report.contact_encrypted.is_not(None))
        .options(selectinload(Report.additions).joinedload(ReportAddition.picture).load_only(ReportPicture.id))
        .order_by(Report.received_at.desc(), Report.id.desc())
        .limit(REPORTS_SHOWN)
    )
    reports = list_readable_reports(claim, db.session.scalars(query), officer)
    chat_ids = {report: _read_chat_id(report, settings) for report in reports}
    chats = _load_chats({chat_id for chat_id in chat_ids.values() if chat_id})
    found = {report: chats[chat_id] for report, chat_id in chat_ids.items() if chat_id in chats}
    written, waiting = _load_officers_replies(found.values()), _load_waiting(found)
    shown = [
        _build_conversation(report, chat, written, waiting.get(reply_subject(report.id)), settings, now)
        for report, chat in found.items()
    ]
    return sorted(shown, key=lambda one: one.chat.last_message_at, reverse=True)


def _load_chats(chat_ids: Collection[int]) -> dict[int | None, Chat]:
    """Return the conversations that are still there, by id."""
    rows: Iterable[Chat] = db.session.scalars(sa.select(Chat).where(Chat.id.in_(chat_ids))) if chat_ids else ()
    return {row.id: row for row in rows}


def _load_officers_replies(chats: Collection[Chat]) -> Sequence[ChatReply]:
    """Return what officers wrote in the conversations, about whatever report."""
    begins = (ChatReply.key.startswith(f"{kind}:") for kind in (OFFICER, QUESTION))
    of_these = ChatReply.chat_id.in_({chat.id for chat in chats})
    return db.session.scalars(sa.select(ChatReply).where(of_these, sa.or_(*begins))).all() if chats else []


def _load_waiting(reports: Collection[Report]) -> dict[str, Proposal]:
    """Return officers' words that await a second person, by what they are about."""
    waits = (Proposal.act == REPLY_ACT, Proposal.outcome == ProposalOutcome.OPEN)
    about = Proposal.subject.in_({reply_subject(report.id) for report in reports})
    rows: Iterable[Proposal] = db.session.scalars(sa.select(Proposal).where(*waits, about)) if reports else ()
    return {row.subject: row for row in rows}


def find_chat(report: Report, settings: Settings) -> Chat | None:
    """Return the conversation in which a report was made; None for another contact, or where it is gone."""
    chat_id = _read_chat_id(report, settings)
    return db.session.get(Chat, chat_id) if chat_id else None


def _read_chat_id(report: Report, settings: Settings) -> int | None:
    """Return the id of the conversation that is a report's contact; None for another contact."""
    if report.contact_encrypted is None:
        return None
    try:
        return read_chat_id(decrypt_contact(report.contact_encrypted, settings.contact_key))
    except DecryptionError:
        return None


def _build_conversation(
    report: Report,
    chat: Chat,
    written: Sequence[ChatReply],
    waiting: Proposal | None,
    settings: Settings,
    now: datetime,
) -> Conversation:
    """Return a conversation; ``written``: what officers wrote, here and elsewhere."""
    begins = tuple(reply_key(kind, report.id, "") for kind in (OFFICER, QUESTION))
    own = [row for row in written if row.chat_id == chat.id and row.key.startswith(begins)]
    lines = [*_list_residents_lines(report), *(_officers_line(row, settings) for row in own)]
    return Conversation(
        report=report,
        chat=chat,
        lines=tuple(sorted(lines, key=lambda line: line.at)),
        closes_at=_closing_time(chat),
        why_not=_why_not_written_to(chat, now),
        waiting=waiting,
        asked=frozenset(row.key.rpartition(":")[2] for row in own if row.key.startswith(QUESTION)),
    )


def reply_subject(report_id: int) -> str:
    """Return what a proposed reply is about, as proposals and the audit log name it."""
    return f"report:{report_id}"


def reply_key(kind: str, report_id: int, name: str | int) -> str:
    """Return the key of an officer's reply about a report."""
    return f"{kind}:{report_id}:{name}"


def _list_residents_lines(report: Report) -> list[Line]:
    """Return the report and what was added to it."""
    return [
        Line(report.received_at, report.text),
        *(Line(one.added_at, one.text, has_picture=one.picture is not None) for one in report.additions),
    ]


def _officers_line(row: ChatReply, settings: Settings) -> Line:
    """Return what an officer wrote, and whether it went out."""
    state = _("terkirim") if row.sent_at else _("tidak dapat dikirim") if row.failed_at else _("menunggu dikirim")
    if row.awaits_message:
        state = _("terkirim bila warga menulis lagi")
    # Without who writes and what follows, which stand around every officer's words (replies.py).
    words = "\n\n".join(read_reply(row.body_encrypted, settings).text.split("\n\n")[1:-1])
    return Line(row.posted_at, words, is_officer=True, state=str(state))


def _closing_time(chat: Chat) -> datetime | None:
    """Return until when the channel takes a free text; None where it always does."""
    lasts = ANSWERED_FOR.get(chat.channel)
    return chat.last_message_at + lasts if lasts else None


def _why_not_written_to(chat: Chat, now: datetime) -> str:
    """Return why an officer may not write in a conversation now, "" where they may."""
    closes_at = _closing_time(chat)
    if chat.erase_when_sent:
        return str(_("Warga ini meminta semuanya dihapus."))
    if chat.blocked_until is not None and chat.blocked_until > now:
        return str(_("Percakapan ini diblokir. Buka dulu blokirnya."))
    if not may_tell(chat):
        return str(_("Warga ini meminta tidak dikabari lagi."))
    if closes_at is not None and closes_at <= now:
        return str(_("Lewat 24 jam sejak pesan terakhir: program itu tidak lagi menerima balasan bebas."))
    return ""


def require_written_to(report: Report, settings: Settings, now: datetime) -> Chat:
    """Return the conversation of a report, locked, for somebody who writes in it. Raises EditConflictError."""
    found = find_chat(report, settings)
    chat = db.session.get(Chat, found.id, with_for_update=True, populate_existing=True) if found else None
    if chat is None:
        message = _("Percakapan itu sudah dihapus.")
        raise EditConflictError(f"report {report.id} has no conversation", user_message=message)
    why_not = _why_not_written_to(chat, now)
    if not why_not and chat.held_until is not None and chat.held_until > now:
        why_not = _("Warga ini baru saja menulis dan mesin sedang menjawabnya. Coba lagi sebentar.")
    if why_not:
        raise EditConflictError(f"chat {chat.id} takes no reply", user_message=str(why_not))
    return chat
