"""A picture that comes with the box: read, and what was read shown for correction before anything is looked up."""

from __future__ import annotations

from flask import Response, current_app, request
from flask_babel import gettext as _

from hoax_tracker.check.answers import screenshot_ocr
from hoax_tracker.check.answers.question_log import spend_picture
from hoax_tracker.check.cache.http_caching import private_page
from hoax_tracker.clock import utc_now
from hoax_tracker.core.content.images import too_large
from hoax_tracker.core.web.uploads import content, take_files
from hoax_tracker.errors import Invalid, Overloaded, TooMany


def picture_sent() -> Response | None:
    """Return the box filled with what stands in the picture of this request; None where none was sent."""
    if not take_files():
        return fault_page("", too_large())
    file = request.files.get("gambar")
    if file is None or not file.filename:
        return None
    typed, now, settings = request.form.get("teks", "").strip(), utc_now(), current_app.extensions["settings"]
    try:
        require_reader()
        spend_picture(request.remote_addr or "", settings, now)
        data = content(file)
        if data is None:
            raise too_large()
        found = screenshot_ocr.words_of(data)
    except (Invalid, TooMany) as error:
        return fault_page(typed, error)
    text = "\n\n".join(filter(None, (typed, found)))
    return private_page("check/ask.html", text=text, hint="was_read", fault=None)


def require_reader() -> None:
    """Raise Invalid where this server cannot read pictures: an old page, or an app that shares, may send one anyway."""
    if not screenshot_ocr.can_read():
        message = _("Gambar belum dapat dibaca di sini. Ketik atau salin kalimat yang ingin Anda periksa.")
        raise Invalid("no tesseract", user_message=message, field="picture")


def too_many_at_once() -> str:
    """Return what to do where more residents ask at this moment than this machine can answer."""
    message = _(
        "Saat ini banyak sekali warga yang memeriksa pesan, dan giliran Anda belum sampai. Pesan Anda masih ada di "
        "kotak ini: tunggu sebentar, lalu tekan «Periksa pesan» sekali lagi."
    )
    return str(message)


def fault_page(text: str, error: Invalid | TooMany) -> Response:
    """Return the box with what was pasted still in it, and what went wrong."""
    words = too_many_at_once() if isinstance(error, Overloaded) else error.user_message
    response = private_page("check/ask.html", error.status, text=text, hint=None, fault=str(words))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response
