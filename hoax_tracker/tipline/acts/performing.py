"""The acts: what a batch asks for, done with the services of the web, and said in a passage.

Each may be done again after a kill: a report has the same ticket, the same addition is stored once, and a count counts
once a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.check.answers.care import asks_for_care, asks_for_help
from hoax_tracker.check.answers.question_log import SightingOutcome, count_sighting
from hoax_tracker.check.answers.screenshot_ocr import can_read_pictures, read_picture_text
from hoax_tracker.check.answers.service import CheckAnswer, answer_media, answer_message, load_public_clarifications
from hoax_tracker.check.answers.short_messages import names_nothing
from hoax_tracker.check.clarification_list import ClarificationFilters, load_clarification_page
from hoax_tracker.check.counting import count_answer_in_chat, count_vote
from hoax_tracker.check.rate_limits import consume_check_limit, consume_picture_limit
from hoax_tracker.check.service_complaints import is_service_complaint
from hoax_tracker.claims.media_fingerprints import digest_media, knows_any_recording
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.errors import InvalidInputError, NotFoundError, RateLimitedError
from hoax_tracker.models import ChatReply, CheckDecision, db
from hoax_tracker.tipline.acts import tickets, wording
from hoax_tracker.tipline.acts.answers import list_pages, write_answer, write_chosen_page
from hoax_tracker.tipline.acts.scene import Scene
from hoax_tracker.tipline.conversation.passages import HERE, Offer, Passage
from hoax_tracker.tipline.conversation.planning import Act, ActKind
from hoax_tracker.tipline.messages import MediaUnavailable

PAGES_LISTED = 3
MEDIA_ACTS = frozenset((ActKind.CHECK, ActKind.SEARCH, ActKind.READ_PICTURE, ActKind.DECLINE))
"""Acts about a file, which may be a known one and is remembered otherwise."""
COUNTED_CHANNELS = {"peragaan": "whatsapp"}
"""The phone of the demo plays WhatsApp."""


def perform_act(act: Act, scene: Scene) -> Passage:
    """Do an act and return what is said of it. What a service refuses is said in the service's words."""
    try:
        if act.media_id and act.kind in MEDIA_ACTS and (known := _answer_known_media(act, scene)):
            return known
        passage = _PERFORMERS[act.kind](act, scene)
        return replace(passage, file_id=act.file_id, file_kind=act.file_kind) if act.kind in MEDIA_ACTS else passage
    except (InvalidInputError, RateLimitedError, NotFoundError) as error:
        db.session.rollback()
        return Passage((str(error.user_message),), brief=str(error.user_message), news=act.text)


def _answer_known_media(act: Act, scene: Scene) -> Passage | None:
    """Return the answer to a file whose very bytes officers know, None for any other."""
    with read_transaction():
        is_any_known = knows_any_recording()
    if not is_any_known or not (sha256 := act.media_sha256 or _digest_file(act, scene)):
        return None
    with read_transaction():
        answer = answer_media(sha256, scene.now)
        if answer is None:
            return None
        text = act.text or answer.matches[0].clarification.claim_quote
        passage = write_answer(text, answer)
    return _count_answer(replace(act, text=text), answer, passage, scene)


def _digest_file(act: Act, scene: Scene) -> str:
    """Return the digest of a file that the channel does not name; "" where it cannot be fetched. Nothing is kept."""
    consume_picture_limit(scene.who, scene.settings, scene.now)
    try:
        return digest_media(scene.fetch_media(act.media_id))
    except MediaUnavailable:
        return ""


def _check(act: Act, scene: Scene) -> Passage:
    consume_check_limit(scene.who, scene.settings, scene.now)
    with read_transaction():
        answer = answer_message(act.text, scene.now)
        passage = write_answer(act.text, answer)
    counted = _count_answer(act, answer, passage, scene)
    return tickets.report_beside_answer(act, counted, scene) if act.is_reported else counted


def _count_answer(act: Act, answer: CheckAnswer, passage: Passage, scene: Scene) -> Passage:
    """Count the question and return the passage with what it was counted as."""
    asked = count_answer_in_chat(
        act.text,
        answer,
        scene.who,
        COUNTED_CHANNELS.get(scene.channel, scene.channel),
        is_forwarded=act.hands > 0,
        is_often_forwarded=act.hands > 1,
    )
    subject = f"page:{passage.page}" if passage.page else f"question:{asked.digest}" if asked else ""
    return replace(passage, counted_as=subject)


def _add(act: Act, scene: Scene) -> Passage:
    """Add to a report, unless what was typed is no addition: a cry for help, or news that the city has answered."""
    is_cry = asks_for_care(act.text) or asks_for_help(act.text)
    if not act.is_quiet and (is_cry or (not act.is_asked and not act.media_id and _is_answered(act.text, scene))):
        return _check(act, scene)
    return tickets.add_to_ticket(act, scene)


def _is_answered(text: str, scene: Scene) -> bool:
    with read_transaction():
        return answer_message(text, scene.now).decision is CheckDecision.MATCH


def _search(act: Act, scene: Scene) -> Passage:
    is_cry = asks_for_care(act.text) or asks_for_help(act.text)
    if is_cry or names_nothing(act.text) or is_service_complaint(act.text):
        return _check(act, scene)  # whatever page has these words is no answer to them
    consume_check_limit(scene.who, scene.settings, scene.now)
    with read_transaction():
        rows = list(load_clarification_page(ClarificationFilters(words=act.text), 1).rows)[:PAGES_LISTED]
        if len(rows) == 1:
            return write_chosen_page(rows[0], act.text)
        if rows:
            return replace(list_pages(rows, wording.ask_which(act.text)), news=act.text)
    return _check(act, scene)


def _read_picture(act: Act, scene: Scene) -> Passage:
    consume_picture_limit(scene.who, scene.settings, scene.now)
    if not can_read_pictures():
        return _check(act, scene) if act.text else wording.decline_picture()
    try:
        words = read_picture_text(scene.fetch_media(act.media_id))
    except (MediaUnavailable, InvalidInputError) as error:
        if act.text:
            return _check(act, scene)
        return wording.decline_picture(str(error.user_message) if isinstance(error, InvalidInputError) else "")
    return _check(replace(act, text="\n\n".join(filter(None, (act.text, words)))), scene)


def _show_page(act: Act, scene: Scene) -> Passage:
    with read_transaction():
        row = load_public_clarifications({act.page}).get(act.page)
        if row is None:
            return wording.page_gone()
        return write_chosen_page(row, act.about.text if act.about else "")


def _confirm_same(act: Act, scene: Scene) -> Passage:
    count_vote(act.page, "same", True, scene.who, scene.now)
    return wording.thank_for_answer()


def _deny_same(act: Act, scene: Scene) -> Passage:
    if act.page:
        count_vote(act.page, "same", False, scene.who, scene.now)
    if act.meant:
        return Passage()  # the answer to what was meant is the reply
    text = act.text or (act.about.text if act.about else "")
    words = _("Berarti belum ada klarifikasi untuk pesan Anda. Itu tidak berarti pesannya benar.")
    return Passage((words,), brief=words, news=text, offers=(Offer(f"report:{HERE}", _("Laporkan")),) if text else ())


def _count_sighting(act: Act, scene: Scene) -> Passage:
    outcome = count_sighting(act.text, scene.who, scene.now)
    if outcome is SightingOutcome.NOT_UNDER_REVIEW:
        return _check(act, scene)
    return wording.thank_for_sighting(is_new=outcome is SightingOutcome.COUNTED)


def _deliver_waiting(_act: Act, scene: Scene) -> Passage:
    """Say nothing where replies wait for this very message, as the button of a template promises; else that none do."""
    waiting = sa.select(ChatReply.id).where(ChatReply.chat_id == scene.chat_id, ChatReply.awaits_message).limit(1)
    with read_transaction():
        is_waiting = db.session.scalar(waiting) is not None
    return Passage() if is_waiting else wording.nothing_waits()


_PERFORMERS: dict[ActKind, Callable[[Act, Scene], Passage]] = {
    ActKind.CHECK: _check,
    ActKind.SEARCH: _search,
    ActKind.READ_PICTURE: _read_picture,
    ActKind.SHOW_PAGE: _show_page,
    ActKind.CONFIRM_SAME: _confirm_same,
    ActKind.DENY_SAME: _deny_same,
    ActKind.COUNT_SIGHTING: _count_sighting,
    ActKind.REPORT: tickets.report_news,
    ActKind.ADD: _add,
    ActKind.FOLLOW: tickets.follow_tickets,
    ActKind.SET_MAIL: tickets.set_mail,
    ActKind.ERASE: tickets.erase_reports,
    ActKind.INTRODUCE: lambda _act, scene: wording.introduce(scene.now),
    ActKind.GREET: lambda _act, scene: wording.greet(scene.now),
    ActKind.THANK: lambda _act, _scene: wording.answer_thanks(),
    ActKind.HELP: lambda _act, _scene: wording.explain(),
    ActKind.STOP: lambda _act, _scene: wording.confirm_stop(),
    ActKind.RESUME: lambda _act, _scene: wording.confirm_resume(),
    ActKind.ASK_ERASURE: lambda _act, scene: wording.ask_erasure(len(scene.state.tickets)),
    ActKind.SET_LANGUAGE: lambda _act, _scene: wording.confirm_language(),
    ActKind.DECLINE: lambda act, _scene: wording.decline(act.kind_declined, is_reported=act.is_reported),
    ActKind.ASK_NEWS: lambda _act, _scene: wording.ask_for_news(),
    ActKind.MANY: lambda _act, _scene: wording.ask_for_the_others(),
    ActKind.DELIVER: _deliver_waiting,
    ActKind.MOVE: lambda _act, _scene: Passage(),
}
