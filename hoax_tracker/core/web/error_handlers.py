"""Errors turned into HTTP answers, in one place: a page for people, RFC 9457 problem documents for machines."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from hoax_tracker.core.database.fault_messages import file_fault, in_words
from hoax_tracker.core.structured_logging import request_id
from hoax_tracker.errors import HoaxTrackerError, TooMany
from hoax_tracker.models import db

RETRY_AFTER_S = "30"

log = logging.getLogger(__name__)

WORDS = {
    400: _l("Permintaan itu tidak dapat dipahami. Kembali, lalu coba sekali lagi."),
    403: _l("Anda tidak berwenang membuka halaman ini."),
    404: _l("Halaman itu tidak ada. Mungkin alamatnya terpotong saat disalin."),
    405: _l("Tindakan itu tidak tersedia di alamat ini."),
    413: _l("Kiriman itu terlalu besar. Pendekkan, lalu kirim lagi."),
    500: _l("Terjadi kesalahan di pihak kami. Tidak ada data yang hilang. Coba lagi sebentar lagi."),
}


def register(app: Flask) -> None:
    """Attach the handlers to the app."""
    app.register_error_handler(HoaxTrackerError, on_our_error)
    app.register_error_handler(CSRFError, on_stale_form)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(sa.exc.SQLAlchemyError, on_database_fault)
    app.register_error_handler(Exception, on_surprise)


def on_our_error(error: HoaxTrackerError) -> Response:
    """Answer an error that we raised on purpose; nothing half-done is kept."""
    db.session.rollback()
    response = answer(error.status, str(error.user_message))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    elif error.status >= 500:
        log.error("%s: %s", type(error).__name__, error)
    return response


def on_database_fault(error: sa.exc.SQLAlchemyError) -> Response:
    """Answer for a database that is gone, full, busy or read-only: in words, and without asking it anything more."""
    fault = in_words(error)
    if fault is None:
        return on_surprise(error)
    db.session.rollback()
    g._login_user = AnonymousUserMixin()  # the page's menu would load the officer
    response = answer(fault.status, str(fault.user_message))
    if fault.status == 503:
        response.headers["Retry-After"] = RETRY_AFTER_S
        log.error("%s: %s", type(fault).__name__, fault)
    return response


def on_stale_form(_error: CSRFError) -> Response:
    """Answer a form whose token has gone: cookies off, or a page left open for long."""
    return answer(400, _("Halaman ini sudah kedaluwarsa. Kembali, muat ulang, lalu kirim sekali lagi."))


def on_http_error(error: HTTPException) -> Response:
    """Answer what Flask and Werkzeug raise; redirects and the like pass through."""
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    text = WORDS.get(error.code, WORDS[400] if error.code < 500 else WORDS[500])
    response = answer(error.code, str(text))
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods or ())  # type: ignore[attr-defined]
    return response


def on_surprise(error: Exception) -> Response:
    """Answer what nobody foresaw; the log gets the traceback, the reader a calm page."""
    fault = file_fault(error)
    if fault is not None:
        return on_our_error(fault)
    db.session.rollback()
    log.error("unexpected error", exc_info=error)
    return answer(500, str(WORDS[500]))


def answer(status: int, text: str) -> Response:
    """Return the error as a page or, under /api and /v1alpha1, as a problem document."""
    if request.path.startswith(("/api/", "/v1alpha1/")):
        quoted = {"request_id": request_id.get()} if status >= 500 else {}
        response = jsonify(type="about:blank", title=text, status=status, instance=request.path, **quoted)
        response.content_type = "application/problem+json"
    else:
        response = make_response(render_template("problem.html", status=status, text=text, quoted=request_id.get()))
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
