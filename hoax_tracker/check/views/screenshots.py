"""A picture in the box: its text is read and answered; the answer shows what was read, to be corrected."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request
from flask_babel import gettext as _

from hoax_tracker.check.answers import screenshot_ocr
from hoax_tracker.check.answers.known_media import answer_media
from hoax_tracker.check.answers.question_log import consume_picture_limit
from hoax_tracker.check.answers.service import CheckAnswer
from hoax_tracker.check.cache.page_cache import render_private_page
from hoax_tracker.check.cache.refusal_page import render_refusal
from hoax_tracker.claims.media_fingerprints import digest_media
from hoax_tracker.clock import utc_now
from hoax_tracker.core.content.images import picture_too_large_error
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.web.downloads import accept_request_files, read_whole_file
from hoax_tracker.errors import InvalidInputError, OverloadedError, RateLimitedError


def answer_sent_picture(
    answer: Callable[[str], Response], answer_known: Callable[[CheckAnswer], Response]
) -> Response | None:
    """Return the answer to the submitted picture; None without one.

    A picture whose very bytes officers know is answered as known; of another its text is read, and answered with what
    was typed beside it.
    """
    if not accept_request_files():
        return render_check_error("", picture_too_large_error())
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
        return render_check_error(typed, error)
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


def render_check_error(text: str, error: InvalidInputError | RateLimitedError) -> Response:
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
