"""Reports in a conversation: make one, add to it, see how it stands, erase it. The rules are those of the form."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from flask_babel import gettext as _

from classifiers.text.normalise import says_nothing
from hoax_tracker.check.rate_limits import consume_report_limit
from hoax_tracker.check.reports.additions import ADDITIONS_MOST, add_to_report, set_mail_of_report
from hoax_tracker.check.reports.erasure import erase_report
from hoax_tracker.check.reports.proof_of_work import digest_sender, require_unblocked_sender
from hoax_tracker.check.reports.status import (
    ReportStage,
    ReportStatus,
    expect_answer,
    expect_answer_to_report,
    report_status,
)
from hoax_tracker.check.reports.submission import require_report_by_ticket, submit_report
from hoax_tracker.check.sharing.card_facts import format_day
from hoax_tracker.claims.media_fingerprints import keep_reported_media
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.errors import InvalidInputError, NotFoundError, RateLimitedError
from hoax_tracker.models import Report, db
from hoax_tracker.notifications.chats import with_mail
from hoax_tracker.notifications.mail import is_mail_enabled, public_url_for
from hoax_tracker.tipline.acts import wording
from hoax_tracker.tipline.acts.answers import tell_answer_time, tell_office_hours
from hoax_tracker.tipline.acts.scene import Scene
from hoax_tracker.tipline.conversation.passages import HERE, Offer, Passage
from hoax_tracker.tipline.conversation.planning import Act
from hoax_tracker.tipline.messages import MediaUnavailable

TICKETS_SHOWN = 3
ADDITIONS_TO_OFFICER = 50
"""While an officer reads, a report takes so many; otherwise ADDITIONS_MOST."""


def report_news(act: Act, scene: Scene) -> Passage:
    """Report the news that the act is about; the same news is reported once."""
    number = act.about.number if act.about else 0

    def admit() -> None:
        _admit(scene)

    ticket = submit_report(
        act.text,
        None,
        scene.place,
        None,
        False,
        scene.now,
        scene.settings,
        sender=digest_sender(scene.who, scene.now),
        key=f"chat:{scene.chat_id}:{number}",
        admit=admit,
        chat_contact=with_mail(scene.contact, scene.state.mail),
    )
    expected = tell_answer_time(expect_answer(scene.now), scene.now)
    if act.about and act.about.file_id:
        _keep_fingerprint(ticket, act.about.file_id, act.about.file_kind, scene)
    return Passage(
        (
            " ".join(filter(None, (_("Sudah kami terima."), expected, tell_office_hours(scene.now)))),
            _("Tiket: %(ticket)s. Kabarnya kami kirim ke sini.", ticket=ticket),
            _("Punya foto atau tahu dari mana asalnya? Kirim saja sekarang."),
            *_invite_mail(scene),
        ),
        link=public_url_for("reports.ticket", ticket=ticket),
        ticket=ticket,
        reported=number,
    )


def _invite_mail(scene: Scene) -> tuple[str, ...]:
    """Return how to be told as well where the chat cannot be reached; nothing where that is known or cannot be done."""
    if scene.state.mail or not is_mail_enabled():
        return ()
    return (str(_("Bila obrolan ini tertutup, kabarnya dapat lewat email: tulis alamatnya saja.")),)


def set_mail(act: Act, scene: Scene) -> Passage:
    """Let the reports of this conversation have an e-mail address for what cannot be told here, or none any more."""
    for ticket in scene.state.tickets:
        with suppress(NotFoundError):
            set_mail_of_report(ticket, act.text, scene.now, scene.settings)
    if not act.text:
        return Passage((_("Alamat email Anda sudah dihapus. Kabar hanya kami kirim ke sini."),))
    words = _("Baik. Kabar yang tidak sampai di sini kami kirim ke %(address)s.", address=act.text)
    return Passage((words, _("Tidak jadi? Tulis «hapus email».")))


def _keep_fingerprint(ticket: str, file_id: str, kind: str, scene: Scene) -> None:
    """Keep the digest of the file that a report came with; one that cannot be fetched any more leaves the report."""
    with suppress(MediaUnavailable):
        data = scene.fetch_media(file_id)
        with write_transaction(None):
            keep_reported_media(require_report_by_ticket(ticket).id, data, kind)


def report_beside_answer(act: Act, answer: Passage, scene: Scene) -> Passage:
    """Report news that was sent with *laporkan*, and say so below its answer. A refusal leaves the answer."""
    try:
        report = report_news(act, scene)
    except (InvalidInputError, RateLimitedError) as error:
        db.session.rollback()
        return replace(answer, paragraphs=(*answer.paragraphs, str(error.user_message)))
    return replace(
        answer,
        paragraphs=(*answer.paragraphs, *report.paragraphs),
        brief=" ".join(filter(None, (answer.brief, _("Dilaporkan, tiket %(ticket)s.", ticket=report.ticket)))),
        offers=tuple(one for one in answer.offers if not one.payload.startswith("report:")),
        link=answer.link or report.link,
        ticket=report.ticket,
    )


def _admit(scene: Scene) -> None:
    require_unblocked_sender(scene.who, scene.now)
    consume_report_limit(scene.who, scene.settings, scene.now)


def add_to_ticket(act: Act, scene: Scene) -> Passage:
    """Add what was typed, or a picture, to the report; the reply offers to check the words as news instead."""
    try:
        picture = scene.fetch_media(act.media_id) if act.media_id else None
    except MediaUnavailable:
        return wording.decline_picture()
    text = _word_addition(act.text, has_picture=picture is not None)
    most = ADDITIONS_TO_OFFICER if act.is_quiet else ADDITIONS_MOST
    add_to_report(act.ticket, text, picture, scene.now, scene.settings, admit=lambda: _admit(scene), most=most)
    if picture is not None:
        with write_transaction(None):
            keep_reported_media(require_report_by_ticket(act.ticket).id, picture, act.file_kind)
    if act.is_quiet:
        return Passage()
    words = " ".join(
        filter(None, (_("Sudah ditambahkan ke laporan Anda. Terima kasih."), tell_office_hours(scene.now)))
    )
    offers = (Offer(f"check:{HERE}", _("Itu kabar lain")),) if act.text else ()
    return Passage((words,), brief=words, news=act.text, offers=offers, open_ticket=act.ticket)


def _word_addition(text: str, *, has_picture: bool) -> str:
    """Return what is added, in words: a picture may come with none, and a number alone answers a question."""
    if text and not says_nothing(text):
        return text
    if any(map(str.isdecimal, text)):
        return str(_("Jawaban pelapor: %(text)s", text=text))
    return str(_("Gambar dari pelapor.")) if has_picture else text


def follow_tickets(act: Act, scene: Scene) -> Passage:
    """Say how a report stands: that of a typed ticket, else the last ones of this conversation.

    Only who reports news again may go on to add to its report: who looks up a ticket types news next.
    """
    tickets = [act.ticket] if act.ticket else list(reversed(scene.state.tickets[-TICKETS_SHOWN:]))
    if not tickets:
        return Passage((_("Belum ada aduan dari percakapan ini. Tulis nomor tiketnya bila Anda melapor lewat situs."),))
    paragraphs = []
    with read_transaction():
        for ticket in tickets:
            try:
                paragraphs.append(_describe_report(ticket, require_report_by_ticket(ticket), scene))
            except NotFoundError:
                if act.ticket:
                    raise
    if not paragraphs:
        return Passage((_("Aduan dari percakapan ini sudah dihapus."),))
    link = public_url_for("reports.ticket", ticket=tickets[0])
    return Passage(tuple(paragraphs), link=link, open_ticket=act.ticket if act.about else "")


def _describe_report(ticket: str, report: Report, scene: Scene) -> str:
    state = report_status(report)
    parts = [_("Tiket %(ticket)s:", ticket=ticket), _describe_stage(state)]
    if expected := expect_answer_to_report(report, state):
        parts.append(tell_answer_time(expected, scene.now))
    return " ".join(parts)


def _describe_stage(state: ReportStatus) -> str:
    day = format_day(state.at)
    if state.stage is ReportStage.CLARIFIED and state.clarification:
        return str(_("sudah dijawab. %(title)s", title=state.clarification.title))
    sentences = {
        ReportStage.RECEIVED: _("sudah masuk %(day)s, menunggu petugas.", day=day),
        ReportStage.EXAMINED: _("sedang diperiksa sejak %(day)s.", day=day),
        ReportStage.CLARIFIED: _("sudah dijawab."),
        ReportStage.CLOSED: _("ditutup tanpa klarifikasi. Itu tidak berarti pesannya benar."),
        ReportStage.REJECTED: _("tidak dapat diproses."),
    }
    return " ".join(filter(None, [str(sentences[state.stage]), state.reason]))


def erase_reports(_act: Act, scene: Scene) -> Passage:
    """Erase the reports that were made in this conversation; the conversation itself goes with the reply."""
    for ticket in scene.state.tickets:
        with suppress(NotFoundError):  # erased before: by its ticket, or by a try that was killed
            erase_report(ticket, scene.now)
    return wording.confirm_erasure()
