"""The front page, the answer to a message or to the text of a picture, and the pages about the service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import Response, abort, current_app, g, redirect, request, url_for
from flask_babel import gettext as _

from hoax_tracker.check.answers import care, screenshot_ocr
from hoax_tracker.check.answers.admission import admission
from hoax_tracker.check.answers.answer_label import answer_label, is_denial, shows_verdict, told_claims
from hoax_tracker.check.answers.channel_facts import (
    channel_advice,
    channel_heading,
    first_number,
    host_ends,
    only_listed,
    write_ban,
)
from hoax_tracker.check.answers.emergency import find_help_beside, office_contacts
from hoax_tracker.check.answers.highlights import excerpt, marked, underlined
from hoax_tracker.check.answers.question_log import count_sighting
from hoax_tracker.check.answers.screenshot_ocr import can_read_pictures
from hoax_tracker.check.answers.service import AnswerHint, CheckAnswer, answer_media, answer_message
from hoax_tracker.check.answers.short_messages import find_one_word
from hoax_tracker.check.cache.answer_cache import current_answer_cache
from hoax_tracker.check.cache.page_cache import RenderedPage, cache_view, render_private_page, render_shared_page
from hoax_tracker.check.cache.refusal_page import render_refusal
from hoax_tracker.check.clarification_list import list_most_asked, list_newest_clarifications
from hoax_tracker.check.counting import count_answer
from hoax_tracker.check.rate_limits import consume_check_limit, consume_picture_limit
from hoax_tracker.check.reports.status import expect_answer_to_claim
from hoax_tracker.check.service_complaints import is_service_complaint
from hoax_tracker.claims.media_fingerprints import digest_media
from hoax_tracker.claims.public_words.objections import ANSWER_DAYS
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.audit_log import read_head
from hoax_tracker.core.content.html_to_text import prose
from hoax_tracker.core.content.images import picture_too_large_error
from hoax_tracker.core.extensions import LANGUAGE_ARG, LANGUAGE_COOKIE, LANGUAGES, csrf, current_settings
from hoax_tracker.core.web.downloads import accept_request_files, read_whole_file
from hoax_tracker.core.web.query_args import local_path
from hoax_tracker.errors import InvalidInputError, OverloadedError, RateLimitedError
from hoax_tracker.models import CheckDecision, Verdict
from hoax_tracker.notifications.mail import is_mail_enabled


def answer_sent_picture(
    answer: Callable[[str], Response], answer_known: Callable[[CheckAnswer], Response]
) -> Response | None:
    """Return the answer to the submitted picture; None without one.

    A picture whose very bytes officers know is answered as known; of another its text is read, and answered with what
    was typed beside it.
    """
    if not accept_request_files():
        return _render_check_error("", picture_too_large_error())
    file = request.files.get("gambar")
    if file is None or not file.filename:
        return None
    typed, now, settings = request.form.get("teks", "").strip(), utc_now(), current_settings()
    try:
        consume_picture_limit(request.remote_addr or "", settings, now)
        data = read_whole_file(file)
        if data is None:
            raise picture_too_large_error()
        if known := answer_media(digest_media(data), now):
            return answer_known(known)
        _require_ocr()
        picture_text = screenshot_ocr.read_picture_text(data)
    except (InvalidInputError, RateLimitedError) as error:
        return _render_check_error(typed, error)
    return answer("\n\n".join(filter(None, (typed, picture_text))))


def _require_ocr() -> None:
    """Raise InvalidInputError where this server has no OCR: a cached page may submit a picture anyway."""
    if not screenshot_ocr.can_read_pictures():
        message = _("Gambar belum dapat dibaca di sini. Ketik atau salin kalimat yang ingin Anda periksa.")
        raise InvalidInputError("no tesseract", user_message=message, field="picture")


def _too_many_at_once() -> str:
    """Return what to do where more residents ask than this machine can answer now."""
    message = _(
        "Saat ini banyak sekali warga yang memeriksa pesan, dan giliran Anda belum sampai. Pesan Anda masih ada di "
        "kotak ini: tunggu sebentar, lalu tekan «Periksa pesan» sekali lagi."
    )
    return str(message)


def lost_picture_note() -> str:
    """Return that a chosen picture must be chosen again, "" where none came: no page can put a file back."""
    if not any(file.filename for file in request.files.values()):
        return ""
    return str(_("Gambarnya tidak ikut tersimpan: pilih gambarnya sekali lagi."))


def _render_check_error(text: str, error: InvalidInputError | RateLimitedError) -> Response:
    """Return the box with the pasted text still in it, and the error."""
    words = _too_many_at_once() if isinstance(error, OverloadedError) else str(error.user_message)
    note = lost_picture_note() if isinstance(error, RateLimitedError) else ""
    if isinstance(error, OverloadedError) and not note:
        return render_refusal(text, error, words)
    words = f"{words} {note}".rstrip()
    response = render_private_page("check/message_form.html", error.status, text=text, hint=None, fault=words)
    if isinstance(error, RateLimitedError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


bp = APIBlueprint("check", __name__, enable_openapi=False)
bp.add_app_template_filter(prose)
bp.add_app_template_filter(excerpt)
bp.add_app_template_filter(marked)
bp.add_app_template_filter(underlined)
bp.add_app_template_global(shows_verdict)
bp.add_app_template_global(told_claims)
bp.add_app_template_global(channel_heading)
bp.add_app_template_global(channel_advice)
bp.add_app_template_global(host_ends)
bp.add_app_template_global(only_listed)
bp.add_app_template_global(write_ban)
bp.add_app_template_global(first_number)
bp.add_app_template_global(find_one_word)
bp.add_app_template_global(is_denial)
bp.add_app_template_global(can_read_pictures, "reads_pictures")
bp.add_app_template_global(office_contacts, "office_contacts")
bp.add_app_template_global(is_mail_enabled, "sends_mail")

NEWEST_SHOWN, ASKED_SHOWN = 3, 3
LANGUAGE_KEPT = timedelta(days=365)


@bp.get("/")
@cache_view
def front() -> Response:
    """Show the box, the newest clarifications, and those that residents ask for most."""
    newest = list_newest_clarifications(NEWEST_SHOWN)
    asked = list_most_asked(utc_now(), ASKED_SHOWN, newest)
    return render_shared_page("check/front_page.html", newest=newest, asked=asked)


@bp.route("/cek", methods=["GET", "POST"])
def check() -> Response:
    """Answer a message, or read a picture. The form posts, so that private text stays out of addresses and logs."""
    g.browser_may_keep = request.method == "POST"
    if request.method == "POST" and (shown := answer_sent_picture(answer_picture_text, answer_known_picture)):
        return shown
    text = _read_pasted_text()
    if text and request.form.get("perbaiki"):
        return render_private_page("check/message_form.html", text=text, hint="was_read", fault=None)
    if text is None:
        return render_shared_page("check/message_form.html", text="", hint=None, fault=None)
    if request.method == "POST" and request.args.get(LANGUAGE_ARG) in LANGUAGES:
        return set_language_cookie(_answer_uncounted(text), request.args[LANGUAGE_ARG])
    return current_answer_cache().answer(text, lambda: _answer_and_count(text))


def _count_asker() -> None:
    """Count a question of the address that asks. Raises RateLimitedError."""
    consume_check_limit(request.remote_addr or "", current_settings(), utc_now())


def _answer_uncounted(text: str) -> Response:
    """Return the answer to a message that was counted before: its sender reads it in another language."""
    try:
        with admission().deciding(_count_asker):
            return _render_answer_page(text, answer_message(text, utc_now()))
    except (InvalidInputError, RateLimitedError) as error:
        return _render_check_error(text, error)


def answer_picture_text(text: str) -> Response:
    """Return the answer to the text of a picture, with a way to correct what was read."""
    return _answer_and_count(text, was_read=True).response


def answer_known_picture(answer: CheckAnswer) -> Response:
    """Return the answer to a picture whose very bytes officers know, counted."""
    text = answer.matches[0].clarification.claim_quote
    return RenderedPage(_render_answer_page(text, answer), count_answer(text, answer, request.environ)).response


def _answer_and_count(text: str, **facts: Any) -> RenderedPage:
    try:
        with admission().deciding(_count_asker):
            answer = answer_message(text, utc_now())
            page = _render_answer_page(text, answer, **facts)
    except (InvalidInputError, RateLimitedError) as error:
        return RenderedPage(_render_check_error(text, error))
    return RenderedPage(page, count_answer(text, answer, request.environ))


csrf.exempt(check)  # it changes nothing of anyone's, and a resident's browser may refuse cookies


@bp.post("/cek/sama")
def same() -> Response:
    """Count that one more resident got the message whose claim is under review."""
    text = _read_pasted_text() or ""
    now = utc_now()
    try:
        with admission().deciding(_count_asker):
            outcome = count_sighting(text, request.remote_addr or "", now)
            answer = answer_message(text, now)
    except (InvalidInputError, RateLimitedError) as error:
        return _render_check_error(text, error)
    return _render_answer_page(text, answer, outcome=outcome.value)


def _read_pasted_text() -> str | None:
    text = request.form.get("teks") if request.method == "POST" else request.args.get("q")
    return None if text is None else text.replace("\r\n", "\n")


def _render_answer_page(text: str, answer: CheckAnswer, **facts: Any) -> Response:
    """Return the page of an answer; every kind says what to do next."""
    facts |= {"emergency": find_help_beside(answer, text), "complaint": is_service_complaint(text)}
    if answer.hint is AnswerHint.CARE:
        return render_private_page("check/answer_care.html", text=text, care=care)
    if answer.hint is AnswerHint.HELP:
        return render_private_page("check/answer_help.html", text=text, help=facts["emergency"])
    if answer.hint is not None and not facts["complaint"]:
        facts |= {"hint": answer.hint.value, "channels": answer.channels, "ban": answer.ban}
        return render_private_page("check/message_form.html", text=text, fault=None, **facts)
    if answer.withdrawal:
        name = "answer_withdrawn"
    elif facts["complaint"] and not _is_answered(answer):
        name = "answer_no_match"
    elif answer.decision is CheckDecision.NONE:
        name = "answer_under_review" if answer.under_review else "answer_no_match"
    else:
        name, facts = "answer_page", facts | {"label": answer_label(answer)}
    if answer.under_review:
        facts |= {"answer_time": expect_answer_to_claim(answer.under_review.claim_id)}
    return render_private_page(f"check/{name}.html", text=text, answer=answer, **facts)


def _is_answered(answer: CheckAnswer) -> bool:
    """Return whether a page says what the message does; one that is only like it answers no complaint."""
    return answer.decision is not CheckDecision.NONE and answer_label(answer).is_same


@bp.get("/tentang")
def about() -> Response:
    """Explain the service, how answers come about, and what happens to data."""
    return render_shared_page(
        "check/about.html", verdicts=list(Verdict), audit_head=read_head(), objection_days=ANSWER_DAYS
    )


@bp.get("/privasi")
def privacy() -> Response:
    """Explain which data is stored, who sees it, for how long, and how it is erased."""
    return render_shared_page("check/privacy.html")


@bp.get("/bahasa/<code>")
def set_language(code: str) -> Response:
    """Set the reader's language and return to the previous page."""
    if code not in LANGUAGES:
        abort(404)
    response = redirect(local_path(request.args.get("next", ""), otherwise=url_for("check.front")))
    response.headers["Cache-Control"] = "no-store"
    return set_language_cookie(current_app.make_response(response), code)


def set_language_cookie(response: Response, code: str) -> Response:
    """Set the cookie with the reader's language."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        code,
        max_age=LANGUAGE_KEPT,
        secure=current_settings().secure,
        httponly=True,
        samesite="Lax",
    )
    return response
