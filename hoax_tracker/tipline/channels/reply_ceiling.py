"""Replies as a channel sends them, and the monthly ceiling of what may be billed for them.

A notice goes out at four fifths of the ceiling, and beyond it nothing that costs. At Meta that is a template
(docs/tipline-channels.md quotes the price list); through a provider every message, because its contract may bill each.
Beyond the ceiling no template asks outside the window; a provider's replies go without a picture. Whoever writes is
answered all the same.

A reply has the link in its words, and numbers where there are no buttons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _

from hoax_tracker.clock import WITA
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.models import NoticeKind, TiplineChannel, db, table_of
from hoax_tracker.notifications import notices
from hoax_tracker.tipline.messages import Choice, Reply

WARNED_AT = 0.8
CHANNEL = table_of(TiplineChannel)


def month_of(now: datetime) -> str:
    """Return the month, as the city's calendar has it: "2026-11"."""
    return now.astimezone(WITA).strftime("%Y-%m")


def count_of(row: TiplineChannel, now: datetime) -> int:
    """Return how many messages that may be billed the channel sent this month."""
    return row.counted_replies if row.counted_month == month_of(now) else 0


def has_room(name: str, now: datetime) -> bool:
    """Tell whether this month's count is below the ceiling; asked on a connection of its own."""
    query = sa.select(CHANNEL.c.monthly_ceiling, CHANNEL.c.counted_month, CHANNEL.c.counted_replies)
    with read_transaction(), db.engine.connect() as connection:
        row = connection.execute(query.where(CHANNEL.c.name == name)).one_or_none()
    if row is None or row.monthly_ceiling is None:
        return True
    sent = row.counted_replies if row.counted_month == month_of(now) else 0
    return bool(sent < row.monthly_ceiling)


def count_reply(name: str, now: datetime) -> None:
    """Count a message that may be billed, in a transaction of its own.

    The administrators are told once a month when it nears the ceiling.
    """
    month = month_of(now)
    counted = sa.case((CHANNEL.c.counted_month == month, CHANNEL.c.counted_replies + 1), else_=1)
    with write_transaction(None):
        update = sa.update(CHANNEL).where(CHANNEL.c.name == name).values(counted_month=month, counted_replies=counted)
        row = db.session.execute(update.returning(CHANNEL.c.counted_replies, CHANNEL.c.monthly_ceiling)).one_or_none()
        if row is None or not row.monthly_ceiling or row.counted_replies < math.ceil(WARNED_AT * row.monthly_ceiling):
            return
        unwarned = sa.update(CHANNEL).where(CHANNEL.c.name == name, CHANNEL.c.warned_month != month)
        warned = db.session.execute(unwarned.values(warned_month=month).returning(CHANNEL.c.id)).one_or_none()
        if warned is not None:
            _tell_administrators(row.counted_replies, row.monthly_ceiling, now)


def _tell_administrators(sent: int, ceiling: int, now: datetime) -> None:
    """Tell the administrators how near the ceiling is, in the current transaction."""
    with force_locale("id"):
        words = _(
            "%(sent)s dari %(ceiling)s pesan WhatsApp yang dapat ditagih bulan ini sudah terkirim. Sesudah batasnya, "
            "kabar di luar 24 jam menunggu warga menulis lagi; yang bertanya tetap dijawab.",
            sent=sent,
            ceiling=ceiling,
        )
    notices.notify_officers(notices.list_administrators(), NoticeKind.TIPLINE_COST, now, text=words)


ELLIPSIS = "…"


def write_text(reply: Reply) -> str:
    """Return the reply's text, and below it its link unless the text has it already."""
    if not reply.link or reply.link in reply.text:
        return reply.text
    return f"{reply.text}\n\n{reply.link}"


def number_choices(text: str, choices: Sequence[Choice]) -> str:
    """Return the text with the choices as numbered lines, which can be typed; unchanged where it names them itself."""
    if all(choice.title.rstrip(ELLIPSIS) in text for choice in choices):
        return text
    lines = [f"{number}. {choice.title}" for number, choice in enumerate(choices, 1)]
    return "\n".join([text, "", *lines])


def fit_text(text: str, most: int, tail: str = "") -> str:
    """Return the text with at most that many characters; what is cut off is the end, except for ``tail``."""
    if len(text) <= most:
        return text
    ending = ELLIPSIS + (f"\n\n{tail}" if tail else "")
    return text[: most - len(ending)].rstrip() + ending
