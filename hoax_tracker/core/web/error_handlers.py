"""Error handlers: a page for people, RFC 9457 problem documents for machines, Google's form for its clients."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext as _, lazy_gettext as _l
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from hoax_tracker.core.database.fault_messages import translate_database_error, translate_model_error
from hoax_tracker.core.structured_logging import request_id
from hoax_tracker.errors import HoaxTrackerError, RateLimitedError
from hoax_tracker.models import db

RETRY_AFTER_S = "30"

log = logging.getLogger(__name__)

STATUS_MESSAGES = {
    400: _l("Permintaan itu tidak dapat dipahami. Kembali, lalu coba sekali lagi."),
    403: _l("Anda tidak berwenang membuka halaman ini."),
    404: _l("Halaman itu tidak ada. Mungkin alamatnya terpotong saat disalin."),
    405: _l("Tindakan itu tidak tersedia di alamat ini."),
    413: _l("Kiriman itu terlalu besar. Pendekkan, lalu kirim lagi."),
    500: _l("Terjadi kesalahan di pihak kami. Tidak ada data yang hilang. Coba lagi sebentar lagi."),
}

GOOGLE_STATUSES = {
    400: ("INVALID_ARGUMENT", "badRequest"),
    403: ("PERMISSION_DENIED", "forbidden"),
    404: ("NOT_FOUND", "notFound"),
    405: ("UNIMPLEMENTED", "methodNotAllowed"),
    413: ("INVALID_ARGUMENT", "uploadTooLarge"),
    429: ("RESOURCE_EXHAUSTED", "rateLimitExceeded"),
    500: ("INTERNAL", "backendError"),
    503: ("UNAVAILABLE", "backendError"),
}
"""The name of a status and the reason of an error in Google's APIs (google.rpc.Code)."""


def register_error_handlers(app: Flask) -> None:
    """Register the handlers with the app."""
    app.register_error_handler(HoaxTrackerError, _handle_known_error)
    app.register_error_handler(CSRFError, _handle_csrf_error)
    app.register_error_handler(HTTPException, _handle_http_error)
    app.register_error_handler(sa.exc.SQLAlchemyError, _handle_database_error)
    app.register_error_handler(Exception, _handle_unexpected_error)


def _handle_known_error(error: HoaxTrackerError) -> Response:
    """Return the response for one of our own errors, after rolling the transaction back."""
    db.session.rollback()
    response = render_error(error.status, str(error.user_message))
    if isinstance(error, RateLimitedError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    elif error.status >= 500:
        log.error("%s: %s", type(error).__name__, error)
    return response


def _handle_database_error(error: sa.exc.SQLAlchemyError) -> Response:
    """Return the response for a lost, full, busy or read-only database, without querying it again."""
    fault = translate_database_error(error)
    if fault is None:
        return _handle_unexpected_error(error)
    db.session.rollback()
    g._login_user = AnonymousUserMixin()  # the page's menu would load the officer
    response = render_error(fault.status, str(fault.user_message))
    if fault.status == 503:
        response.headers["Retry-After"] = RETRY_AFTER_S
        log.error("%s: %s", type(fault).__name__, fault)
    return response


def _handle_csrf_error(_error: CSRFError) -> Response:
    """Return the response for a missing form token: cookies are off, or the page was open for too long."""
    return render_error(400, _("Halaman ini sudah kedaluwarsa. Kembali, muat ulang, lalu kirim sekali lagi."))


def _handle_http_error(error: HTTPException) -> Response:
    """Return the response for errors of Flask and Werkzeug.

    Redirects and other statuses below 400 pass through.
    """
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    text = STATUS_MESSAGES.get(error.code, STATUS_MESSAGES[400] if error.code < 500 else STATUS_MESSAGES[500])
    response = render_error(error.code, str(text))
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods or ())  # type: ignore[attr-defined]
    return response


def _handle_unexpected_error(error: Exception) -> Response:
    """Return the 500 response for an unforeseen error, and log its traceback."""
    fault = translate_model_error(error)
    if fault is not None:
        return _handle_known_error(fault)
    db.session.rollback()
    log.error("unexpected error", exc_info=error)
    return render_error(500, str(STATUS_MESSAGES[500]))


def render_error(status: int, text: str) -> Response:
    """Return the error as a page; under /api as a problem document, under /v1alpha1 as Google's API has it."""
    if request.path.startswith("/v1alpha1/"):
        return google_error(status, text)
    if request.path.startswith("/api/"):
        quoted = {"request_id": request_id.get()} if status >= 500 else {}
        response = jsonify(type="about:blank", title=text, status=status, instance=request.path, **quoted)
        response.content_type = "application/problem+json"
    else:
        response = make_response(render_template("error.html", status=status, text=text, quoted=request_id.get()))
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def google_error(status: int, text: str, field: str = "") -> Response:
    """Return the error in the form of Google's APIs (https://google.aip.dev/193); ``field``: the parameter at fault."""
    name, reason = GOOGLE_STATUSES.get(status, ("UNKNOWN", "unknown"))
    errors = [{"message": text, "domain": "global", "reason": reason}]
    error: dict[str, Any] = {"code": status, "message": text, "errors": errors, "status": name}
    if field:
        violations = [{"field": field, "description": text}]
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}]
    response = jsonify(error=error)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
