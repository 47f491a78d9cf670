"""One reply from several passages: what each act has to say is put together, numbered, and remembered. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from hoax_tracker.tipline.conversation.state import SUBJECTS_KEPT, TICKETS_KEPT, ChatState, Subject
from hoax_tracker.tipline.messages import Choice, Reply

TITLE_LENGTH = 20
CHOICES_MOST = 3
HERE = "{n}"
"""In a payload: the number that the passage's news gets."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A button: what it means (``state.py``), and its words."""

    payload: str
    title: str


@dataclass(frozen=True, slots=True)
class Passage:
    """What one act says.

    ``brief`` says it in a reply about several pieces of news. ``news`` is the text that it is about, "" where it is
    about none, and ``page`` the page shown for it. ``ticket`` is that of a report made now, ``open_ticket`` that to
    which more can be added. ``options`` are a numbered list to choose from, ``offers`` buttons; ``otherwise`` is what 0
    means. The most ``urgent`` news stands first. ``counted_as`` is how the news is counted as a question, "" where it
    is not (``AskedTogether``). ``file_id`` and ``file_kind``: the file that the news came with; without news one that
    was not read. ``reported`` is the number of the remembered news of which ``ticket`` was made.
    """

    paragraphs: tuple[str, ...] = ()
    brief: str = ""
    news: str = ""
    page: int = 0
    offers: tuple[Offer, ...] = ()
    options: tuple[Offer, ...] = ()
    otherwise: str = ""
    card_url: str = ""
    link: str = ""
    urgent: int = 0
    ticket: str = ""
    open_ticket: str = ""
    counted_as: str = ""
    reported: int = 0
    file_id: str = ""
    file_kind: str = ""


@dataclass(frozen=True, slots=True)
class _NumberedPassage:
    number: int
    passage: Passage

    def fill(self, payload: str) -> str:
        return payload.replace(HERE, str(self.number))

    def as_subject(self, today: int) -> Subject:
        ticket = self.passage.ticket or self.passage.open_ticket
        passage = self.passage
        return Subject(self.number, passage.news, passage.page, today, ticket, passage.file_id, passage.file_kind)


def compose_reply(state: ChatState, passages: Sequence[Passage], today: int = 0) -> tuple[Reply | None, ChatState]:
    """Return the one reply to a batch, None where there is nothing to say, and the state that remembers it.

    ``today`` is the day as an ordinal, with which news is remembered.
    """
    if not any(one.paragraphs for one in passages):
        return None, state
    plain = [one for one in passages if not one.news]
    about = sorted((one for one in passages if one.news), key=lambda one: -one.urgent)
    numbered = [_NumberedPassage(state.last_number + place, one) for place, one in enumerate(about, 1)]
    compose = _compose_several if len(numbered) > 1 else _compose_one
    reply, state = compose(state, numbered, plain)
    return reply, _remember(state, numbered, passages, today)


def _compose_one(
    state: ChatState, numbered: Sequence[_NumberedPassage], others: Sequence[Passage]
) -> tuple[Reply, ChatState]:
    """Return the reply about at most one piece of news."""
    news = [one.passage for one in numbered]
    passages = [*news, *others]  # the fact first, even before who answers here
    main = news[0] if news else passages[-1]
    number = numbered[0] if numbered else _NumberedPassage(0, main)
    listed = [replace(one, payload=number.fill(one.payload)) for one in main.options]
    offered = [replace(one, payload=number.fill(one.payload)) for one in main.offers[:CHOICES_MOST]]
    lines = [line for one in passages for line in one.paragraphs]
    if listed:
        lines.append("\n".join(f"{place}. {one.title}" for place, one in enumerate(listed, 1)))
        lines.append(_("Balas dengan angka, atau 0 bila bukan semuanya."))
    elif offered:
        lines.append(
            _("Balas: %(ways)s", ways=" · ".join(f"{place} {one.title}" for place, one in enumerate(offered, 1)))
        )
    shown = listed[:CHOICES_MOST] or offered
    choices = tuple(
        Choice(one.payload, _button_title(one.title, place, bool(listed))) for place, one in enumerate(shown, 1)
    )
    reply = Reply("\n\n".join(lines), choices, card_url=main.card_url, link=main.link)
    meant = listed or offered
    return reply, replace(
        state,
        numbered=tuple(one.payload for one in meant),
        titles=tuple(one.title for one in meant),
        otherwise=number.fill(main.otherwise),
    )


def _button_title(title: str, place: int, is_listed: bool) -> str:
    text = f"{place}. {title}" if is_listed else title
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"


def _compose_several(
    state: ChatState, numbered: Sequence[_NumberedPassage], others: Sequence[Passage]
) -> tuple[Reply, ChatState]:
    """Return the reply about several pieces of news, one line each."""
    lines = [f"{place}. {one.passage.brief}" for place, one in enumerate(numbered, 1)]
    lines += [line for one in others for line in one.paragraphs]
    unchecked = [(place, one) for place, one in enumerate(numbered, 1) if not one.passage.page]
    if unchecked:
        names = ", ".join(str(place) for place, _one in unchecked)
        lines.append(_("Nomor %(numbers)s jangan diteruskan dulu.", numbers=names))
    lines.append(_("Balas dengan angka untuk membaca yang sudah dijawab, atau untuk melaporkan yang belum."))
    payloads = tuple(
        one.fill(f"page:{HERE}:{one.passage.page}" if one.passage.page else f"report:{HERE}") for one in numbered
    )
    choices = tuple(
        Choice(one.fill(f"report:{HERE}"), _("Laporkan nomor %(number)s", number=place)[:TITLE_LENGTH])
        for place, one in [one for one in unchecked if not one[1].passage.ticket][:CHOICES_MOST]
    )
    card_url = next((one.passage.card_url for one in numbered if one.passage.card_url), "")
    return Reply("\n\n".join(lines), choices, card_url=card_url), replace(
        state, numbered=payloads, titles=(), otherwise=""
    )


def _remember(
    state: ChatState, numbered: Sequence[_NumberedPassage], passages: Sequence[Passage], today: int
) -> ChatState:
    """Return the state with the news of the reply; the first one, which "ya" and "bukan" mean, is remembered last."""
    tickets_of = {one.reported: one.ticket for one in passages if one.reported and one.ticket}
    known = (replace(one, ticket=tickets_of.get(one.number, one.ticket)) for one in state.subjects)
    subjects = (*known, *(one.as_subject(today) for one in reversed(numbered)))[-SUBJECTS_KEPT:]
    last = numbered[-1].number if numbered else state.last_number
    tickets = tuple(dict.fromkeys((*state.tickets, *(one.ticket for one in passages if one.ticket))))[-TICKETS_KEPT:]
    named = {one.ticket or one.open_ticket for one in passages} - {""}
    opened = named.pop() if len(named) == 1 else ""  # of several, nobody knows to which a picture belongs
    unread = next((one for one in passages if one.file_id and not one.news), Passage())
    return replace(
        state,
        subjects=subjects,
        last_number=last,
        tickets=tickets,
        open_ticket=opened or state.open_ticket,
        file_id=unread.file_id,
        file_kind=unread.file_kind,
    )
