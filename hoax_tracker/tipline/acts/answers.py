"""Answers in words: what the page of an answer says, in the few lines of a chat. The fact stands first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask_babel import format_date, format_datetime, gettext as _

from hoax_tracker.check.answers.answer_label import (
    REFUTED_VERDICTS,
    answer_label,
    is_denial,
    shows_verdict,
    told_claims,
)
from hoax_tracker.check.answers.care import CARE_EXTENSION, CARE_LINE, EMERGENCY_NUMBER, passes_on
from hoax_tracker.check.answers.channel_facts import (
    channel_advice,
    channel_heading,
    first_number,
    only_listed,
    write_ban,
)
from hoax_tracker.check.answers.emergency import find_help_beside
from hoax_tracker.check.answers.service import AnswerCandidate, AnswerHint, CheckAnswer
from hoax_tracker.check.answers.short_messages import asks_about_service, find_one_word
from hoax_tracker.check.reports.status import AnswerTime, expect_answer_to_claim
from hoax_tracker.check.service_complaints import is_service_complaint
from hoax_tracker.check.sharing.card_facts import card_language, format_day, short_address
from hoax_tracker.claims.claim_review_markup import first_published_at
from hoax_tracker.claims.response_targets import load_targets
from hoax_tracker.clock import WITA
from hoax_tracker.core.drawing.ornaments import can_draw_cards
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.models import CheckDecision, Clarification, Verdict
from hoax_tracker.notifications.mail import public_url_for
from hoax_tracker.organisation.channels.facts import ChannelStatus
from hoax_tracker.tipline.conversation.passages import HERE, Offer, Passage

QUOTE_LENGTH, BRIEF_QUOTE_LENGTH, FINDING_LENGTH, TITLE_LENGTH = 160, 60, 140, 90
CHANNEL_FACTS_SHOWN = 2
REFUTED_FIRST, ANSWERED_NEXT, DANGER = 2, 1, 4


def write_answer(text: str, answer: CheckAnswer) -> Passage:
    """Return the passage for the answer to a message; every kind says what to do next."""
    passage = _write_kind(text, answer)
    warnings = tuple(_list_warnings(text, answer))
    urgent = passage.urgent + (DANGER if warnings and (answer.ban or find_help_beside(answer, text)) else 0)
    is_warned = answer.ban or (warnings and answer.hint is AnswerHint.HELP)
    brief = f"{warnings[0]} {passage.brief}" if is_warned else passage.brief
    return Passage(
        paragraphs=(*warnings, *passage.paragraphs, *_list_channel_facts(answer)),
        brief=brief,
        news=text,
        page=passage.page,
        offers=passage.offers,
        options=passage.options,
        otherwise=passage.otherwise,
        card_url=passage.card_url,
        link=passage.link,
        urgent=urgent,
    )


def _write_kind(text: str, answer: CheckAnswer) -> Passage:
    if is_service_complaint(text) and not _is_answered(answer):
        return _write_complaint()
    if answer.hint is not None:
        return _write_hint(text, answer, answer.hint)
    if answer.withdrawal:
        return _write_withdrawal(answer)
    if answer.decision is CheckDecision.NONE:
        return _write_under_review(answer) if answer.under_review else _write_nothing_known(text, answer)
    is_one = answer.decision is CheckDecision.MATCH or len(answer.matches) == 1 or answer.matches[0].repeats_fact
    return _write_page_answer(text, answer) if is_one else _write_possible(answer)


def _list_warnings(text: str, answer: CheckAnswer) -> Iterator[str]:
    """Yield whom to call in a danger, and what not to do."""
    help_ = find_help_beside(answer, text)
    if help_ and help_.first_call:
        is_asked = answer.hint is AnswerHint.HELP
        words = _("Telepon %(number)s sekarang.") if is_asked else _("Ada bahaya sekarang? Telepon %(number)s.")
        yield words % {"number": help_.first_call["telephone"]}
    if answer.ban:
        yield write_ban(answer.ban).sentence


def _list_channel_facts(answer: CheckAnswer) -> Iterator[str]:
    """Yield what the list of official channels says of links and numbers that are not simply unknown."""
    if answer.hint is AnswerHint.ONLY_NUMBER or (answer.hint is AnswerHint.ONLY_LINK and only_listed(answer.channels)):
        return  # they are what is answered
    telling = [one for one in answer.channels if one.status is not ChannelStatus.NOT_LISTED]
    for fact in telling[:CHANNEL_FACTS_SHOWN]:
        yield f"{fact.mention.written}: {channel_heading(fact)}."


def _write_hint(text: str, answer: CheckAnswer, hint: AnswerHint) -> Passage:
    """Return the passage for a message that cannot be checked: what to send instead."""
    if hint is AnswerHint.CARE:
        return _write_care()
    if hint is AnswerHint.HELP:
        return _write_help()
    if hint is AnswerHint.ONLY_LINK:
        return _write_only_link(answer)
    if hint is AnswerHint.ONLY_NUMBER:
        return _write_only_number(answer)
    if hint is AnswerHint.NAMES_NOTHING:
        return _ask_for_words(_("Pesan mana yang Anda maksud? Teruskan pesannya, atau tulis isinya satu kalimat."))
    if hint is AnswerHint.ONE_WORD:
        asked = _("Apa yang Anda dengar tentang “%(word)s”?", word=find_one_word(text))
        return _ask_for_words(asked, _("Teruskan pesannya, atau tulis isinya satu kalimat."))
    return _ask_for_words(
        _("Belum ada kabar yang dapat diperiksa di sini. Tulis isinya satu kalimat, atau teruskan pesannya.")
    )


def _write_only_link(answer: CheckAnswer) -> Passage:
    """Return the passage for a link alone: an official address is told so, another may be reported."""
    if only_listed(answer.channels):
        facts = [f"{channel_heading(one)}. {channel_advice(one)}" for one in answer.channels[:CHANNEL_FACTS_SHOWN]]
        return _ask_for_words(*facts, _("Meragukan isinya? Salin kalimatnya dari sana, lalu kirim."))
    words = _(
        "Tautan ini belum kami kenal, dan kami tidak membukanya. Salin kalimat yang meragukan dari sana, lalu kirim."
    )
    return Passage((words,), brief=words, offers=(_report_offer(),))


def _write_only_number(answer: CheckAnswer) -> Passage:
    """Return the passage for a number alone: what is known of it, and what to do."""
    number = first_number(answer.channels)
    fact = f"{channel_heading(number)}. {channel_advice(number)}" if number else _("Nomor saja belum dapat diperiksa.")
    care = _("Jangan kirim uang, kode, atau foto KTP bila Anda belum yakin siapa orangnya.")
    return _ask_for_words(fact, care, _("Apa yang dikirim nomor itu? Teruskan pesannya, nanti kami cocokkan."))


def _ask_for_words(*lines: str) -> Passage:
    return Passage(lines, brief=lines[0])


def _write_care() -> Passage:
    """Return whom to call, for somebody who speaks of wanting to die. Nothing of a report is offered."""
    lines = (
        _("Anda tidak sendirian. Bicaralah dengan seseorang sekarang."),
        _(
            "Telepon %(number)s bila Anda terancam sekarang. Telepon %(line)s, lalu tekan %(extension)s: layanan "
            "kesehatan jiwa Kementerian Kesehatan, ada orang yang mendengarkan.",
            number=EMERGENCY_NUMBER,
            line=CARE_LINE,
            extension=CARE_EXTENSION,
        ),
        _("Jangan tinggal sendiri dulu. Panggil keluarga, tetangga, atau teman yang Anda percaya."),
    )
    return Passage(lines, brief=" ".join(lines[:2]), urgent=DANGER)


def _write_help() -> Passage:
    """Return what to do beside calling, for somebody who asks for help. A listed number stands above."""
    lines = (
        _(
            "Pergilah ke tempat yang aman, atau ke rumah tetangga. Panggil keluarga, ketua RT, atau kantor polisi "
            "terdekat, dan katakan apa yang terjadi."
        ),
        _("Di sini kami memeriksa kabar; pesan Anda dijawab mesin, bukan orang."),
    )
    return Passage(lines, brief=lines[0], offers=(_report_offer(),), urgent=DANGER)


def _is_answered(answer: CheckAnswer) -> bool:
    """Return whether a page says what the message does; one that is only like it answers no complaint."""
    return bool(answer.withdrawal or (answer.matches and answer_label(answer).is_same))


def _write_complaint() -> Passage:
    """Return where a complaint about a service goes; whoever heard it as news may still report it."""
    lines = (
        _("Keluhan tentang layanan kota ditangani lewat SP4N-LAPOR. Di sini kami memeriksa kabar."),
        _("Sampaikan di https://www.lapor.go.id, atau SMS ke 1708: KOTKUPANG(spasi)isi keluhan."),
        _("Ini kabar dari orang lain? Laporkan, nanti petugas memeriksanya."),
    )
    return Passage(lines, brief=" ".join(lines[:2]), offers=(_report_offer(),))


def _report_offer() -> Offer:
    return Offer(f"report:{HERE}", _("Laporkan"))


def _write_page_answer(text: str, answer: CheckAnswer) -> Passage:
    """Return the passage for one page: the fact, the verdict on what is quoted, who says so, one instruction."""
    label, best = answer_label(answer), answer.matches[0]
    row = best.clarification
    lines = [row.title]
    if not label.is_same or best.repeats_fact:
        lines.append(f"{label.words}.")
    lines.append(_quote_claim(row, is_same=label.is_same, has_verdict=shows_verdict(answer, best)))
    lines.extend(_list_differences(best))
    lines.extend(_brief_of_page(one.clarification) for one in told_claims(answer)[1:])
    lines.append(_source_of(row))
    lines.append(_instruct(row, label.is_same, best.repeats_fact, is_denial(answer, text)))
    same = (Offer(f"same:{HERE}", _("Ya, ini")), Offer(f"other:{HERE}", _("Bukan itu")))
    is_refuted = row.verdict in REFUTED_VERDICTS
    return Passage(
        paragraphs=tuple(lines),
        brief=_brief_of_page(row, label.words if not label.is_same else "", shows_verdict(answer, best)),
        page=row.id,
        offers=same if label.is_same else (*same, _report_offer()),
        card_url=card_address(row),
        link=short_address(row.number or 0),
        urgent=REFUTED_FIRST if is_refuted else ANSWERED_NEXT,
    )


def _quote_claim(row: Clarification, *, is_same: bool, has_verdict: bool) -> str:
    quote = short_text(row.claim_quote, QUOTE_LENGTH)
    caption = _("Yang beredar") if is_same else _("Kabar yang diperiksa kota")
    verdict = row.verdict.label if row.verdict and has_verdict else ""
    return f"{caption}, “{quote}”: {verdict}." if verdict else f"{caption}: “{quote}”"


def _list_differences(best: AnswerCandidate) -> Iterator[str]:
    for one in best.differs:
        yield _("Pesan Anda %(yours)s, yang diperiksa %(theirs)s.", yours=one.yours, theirs=one.theirs)


def _source_of(row: Clarification) -> str:
    day = format_day(first_published_at(row))
    return str(_("Menurut %(unit)s, %(day)s.", unit=row.unit.name_as_source, day=day))


def _instruct(row: Clarification, is_same: bool, repeats_fact: bool, is_denied: bool) -> str:
    if is_denied and not is_same:
        return str(_("Ragu? Minta petugas memeriksa yang Anda terima."))
    if not is_same:
        return str(_("Jangan teruskan dulu; minta petugas memeriksa yang Anda terima."))
    if repeats_fact:
        return str(_("Bagikan klarifikasinya, supaya asalnya terlihat."))
    if row.verdict in REFUTED_VERDICTS:
        return str(_("Jangan teruskan kabar itu; bagikan faktanya."))
    return str(_("Teruskan hanya bersama faktanya."))


def _brief_of_page(row: Clarification, label: str = "", has_verdict: bool = True) -> str:
    """Return a page in one line: the fact, the verdict on what circulates, who says so, and where to read it."""
    verdict = row.verdict.label if row.verdict and has_verdict else ""
    ruling = _("Yang beredar: %(verdict)s, kata %(unit)s.", verdict=verdict, unit=row.unit.name_as_source)
    parts = [row.title, f"({label})" if label else "", ruling if verdict else "", short_address(row.number or 0)]
    return " ".join(filter(None, parts))


def _write_possible(answer: CheckAnswer) -> Passage:
    """Return the passage for several pages that may be meant: a numbered list."""
    return list_pages([one.clarification for one in answer.matches])


def list_pages(rows: list[Clarification], question: str = "") -> Passage:
    """Return a numbered list of pages to choose from."""
    words = question or _("Ada %(count)s jawaban kota yang mungkin Anda maksud. Yang mana?", count=len(rows))
    brief = _("Belum pasti: mungkin tentang “%(title)s”.", title=short_text(rows[0].title, BRIEF_QUOTE_LENGTH))
    options = tuple(Offer(f"page:{HERE}:{row.id}", short_text(row.title, TITLE_LENGTH)) for row in rows)
    return Passage((words,), brief=brief, options=options, otherwise=f"none:{HERE}")


def write_chosen_page(row: Clarification, text: str) -> Passage:
    """Return the passage for a page that the resident chose from a list."""
    return Passage(
        paragraphs=(
            row.title,
            _quote_claim(row, is_same=False, has_verdict=row.verdict is not Verdict.BENAR),
            _source_of(row),
            _("Baca dulu, lalu bandingkan dengan yang Anda terima."),
        ),
        brief=_brief_of_page(row, has_verdict=row.verdict is not Verdict.BENAR),
        news=text or row.title,
        page=row.id,
        offers=(Offer(f"same:{HERE}", _("Ya, ini")), Offer(f"other:{HERE}", _("Bukan itu"))),
        card_url=card_address(row),
        link=short_address(row.number or 0),
    )


def _write_withdrawal(answer: CheckAnswer) -> Passage:
    assert answer.withdrawal is not None  # noqa: S101 - only called with one
    row = answer.withdrawal.page
    day = format_day(answer.withdrawal.at)
    lines = [
        _("Jawaban kota yang lama keliru dan tidak berlaku lagi."),
        _("Ditarik %(day)s.", day=day),
        *filter(None, [answer.withdrawal.why]),
        _("Pernah meneruskan jawaban lama? Mohon kabari penerimanya."),
    ]
    return Passage(
        tuple(lines),
        brief=f"{lines[0]} {lines[1]} {short_address(row.number or 0)}",
        offers=(_report_offer(),),
        link=short_address(row.number or 0),
        urgent=ANSWERED_NEXT,
    )


def _write_under_review(answer: CheckAnswer) -> Passage:
    assert answer.under_review is not None  # noqa: S101 - only called with one
    begun = format_day(answer.under_review.since)
    lines = (
        _("Belum ada jawaban: pesannya belum tentu benar dan belum tentu salah."),
        _("Petugas sedang memeriksa pesan seperti ini, sejak %(day)s.", day=begun)
        + " "
        + tell_answer_time(expect_answer_to_claim(answer.under_review.claim_id), answer.at),
        _("Tahan dulu, jangan teruskan."),
    )
    offers = (Offer(f"report:{HERE}", _("Kabari saya")), Offer(f"seen:{HERE}", _("Saya juga terima")))
    return Passage(lines, brief=_("Sedang diperiksa sejak %(day)s; belum ada jawaban.", day=begun), offers=offers)


def tell_answer_time(time: AnswerTime, now: datetime) -> str:
    """Return when an answer may be expected, or that it is late."""
    day = format_date(time.latest.astimezone(WITA).date(), "EEEE, d MMMM")
    words = _("Jawaban biasanya dalam %(time)s, paling lambat %(when)s.", time=time.usual_text, when=day)
    if time.is_over(now):
        words = _(
            "Menurut target kami, jawabannya sudah ada paling lambat %(when)s. Kami terlambat, maaf: petugas masih "
            "memeriksanya.",
            when=day,
        )
    return str(words)


def tell_office_hours(now: datetime) -> str:
    """Return when officers read next, "" while the offices are open. The machine answers at any time."""
    calendar = load_targets().calendar
    if calendar.is_open(now):
        return ""
    opening = calendar.next_open(now.astimezone(WITA))
    when = format_datetime(opening, "EEEE, d MMMM, HH.mm 'WITA'")
    return str(_("Petugas membaca pada jam kerja, berikutnya %(when)s.", when=when))


def _write_nothing_known(text: str, answer: CheckAnswer) -> Passage:
    """Return the passage where nothing is known: guides, the words of other fact-checkers, and the way to report.

    A question about a service is no news that somebody would pass on.
    """
    lines = [_("Belum ada klarifikasi. Itu tidak berarti benar, dan tidak berarti salah.")]
    if near := answer.near_withdrawal:
        lines.append(_tell_near_withdrawal(near.page, near.at, near.why))
    lines += [f"{row.title}: {public_url_for('guides.show_explainer', guide=row.slug)}" for row in answer.explainers]
    for check in answer.fact_checks:
        finding = short_text(check.finding or check.claim, FINDING_LENGTH)
        lines.append(
            _("Kata %(who)s, bukan penilaian kota: “%(what)s”", who=check.publisher, what=finding) + f" {check.url}"
        )
    is_question = asks_about_service(text) and not passes_on(text)
    asking = _("Bertanya tentang layanan? Kantornya yang menjawab; di sini kabar diperiksa.")
    lines.append(asking if is_question else _("Tahan dulu, jangan teruskan."))
    return Passage(tuple(lines), brief=_("Belum diperiksa. Itu tidak berarti benar."), offers=(_report_offer(),))


def _tell_near_withdrawal(row: Clarification, at: datetime, why: str) -> str:
    """Return which page that answered something like the message was withdrawn, when, why and where that stands."""
    words = _(
        "Kota pernah menjawab kabar yang mirip, “%(quote)s”, lalu menarik jawabannya %(day)s.",
        quote=short_text(row.claim_quote, BRIEF_QUOTE_LENGTH),
        day=format_day(at),
    )
    return " ".join(filter(None, [str(words), why, short_address(row.number or 0)]))


def card_address(row: Clarification) -> str:
    """Return the public address of a page's share card, "" where no card can be drawn."""
    if not can_draw_cards():
        return ""
    values = {"slug": row.slug, "r": max(1, len(row.revisions))}
    language = card_language()
    return public_url_for("share.card", **values, **({"bahasa": language} if language else {}))
