"""Objecting to a page, and following the ticket of an objection.

The form asks for a CSRF token and is limited as reports are. With the ticket its holder reads how it stands and erases
what they wrote; as on the page of a report the ticket is the secret, so that form carries no token.
"""

from __future__ import annotations

from dataclasses import replace

from apiflask import APIBlueprint
from flask import Response, current_app, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from hoax_tracker.check.cache.page_cache import render_private_page
from hoax_tracker.check.objections import (
    LONGEST_STATEMENT,
    ObjectionAnswers,
    may_withdraw,
    require_statement_by_ticket,
    submit_objection,
    withdraw_statement,
)
from hoax_tracker.check.reports.proof_of_work import ZERO_BITS, new_puzzle
from hoax_tracker.check.reports.submission import new_form_key, read_form_key
from hoax_tracker.check.sharing.frames import find_shown_page
from hoax_tracker.check.views.reports import admit_report, refusal_message, remember_language, stale_form_message
from hoax_tracker.claims.public_words.objections import ANSWER_DAYS, describe_public, working_days_passed
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import csrf, current_settings
from hoax_tracker.errors import InvalidInputError, NotFoundError, RateLimitedError
from hoax_tracker.models import Clarification, ObjectionGround

bp = APIBlueprint("objections", __name__, enable_openapi=False)


@bp.route("/klarifikasi/<slug>/keberatan", methods=["GET", "POST"])
def form(slug: str) -> Response:
    """Show the form, in the requested language, or store what was written and redirect to its ticket."""
    page = find_shown_page(slug)
    if not page.is_public:
        raise NotFoundError(f"no public clarification {slug!r}")
    if request.method == "GET":
        return _render_form(page, ObjectionAnswers())
    return remember_language(_answer_form(page, _read_answers()))


csrf.exempt(form)  # another language only carries what was typed; sending asks for the token


def _read_answers() -> ObjectionAnswers:
    sent = request.form
    return ObjectionAnswers(
        ground=sent.get("apa", ""),
        text=sent.get("teks", "").replace("\r\n", "\n").strip(),
        contact=sent.get("kontak", "").strip(),
        consent=sent.get("setuju") == "ya",
        key=read_form_key(sent.get("kunci", "")),
    )


def _answer_form(page: Clarification, given: ObjectionAnswers) -> Response:
    """Return what follows a submitted form. Any error keeps what was typed."""
    now, settings, address = utc_now(), current_settings(), request.remote_addr or ""
    if request.form.get("ke") != "kirim":
        return _render_form(page, given)
    try:
        csrf.protect()
        ticket = submit_objection(
            page.id, given, now, settings, address=address, admit=lambda: admit_report(settings, now)
        )
    except CSRFError:
        return _render_form(page, given, InvalidInputError("stale form", user_message=stale_form_message()))
    except RateLimitedError as error:
        response = _render_form(page, given, InvalidInputError(str(error), user_message=refusal_message(error)))
        response.status_code, response.headers["Retry-After"] = error.status, str(error.retry_after_s)
        return response
    except InvalidInputError as fault:
        return _render_form(page, given, fault)
    g.private = True
    return current_app.make_response(redirect(url_for("objections.ticket", ticket=ticket, baru=1), 303))


def _render_form(page: Clarification, given: ObjectionAnswers, fault: InvalidInputError | None = None) -> Response:
    return render_private_page(
        "check/objection_form.html",
        fault.status if fault else 200,
        row=page,
        given=given if given.key else replace(given, key=new_form_key()),
        grounds=list(ObjectionGround),
        days=ANSWER_DAYS,
        longest=LONGEST_STATEMENT,
        puzzle=new_puzzle(current_settings(), utc_now()),
        bits=ZERO_BITS,
        fault=str(fault.user_message) if fault else None,
        field=fault.field if fault else None,
    )


@bp.get("/keberatan/<ticket>")
def ticket(ticket: str) -> Response:
    """Show to the holder of a ticket how the objection stands."""
    return _render_ticket(ticket)


def _render_ticket(typed: str, status: int = 200, fault: str = "") -> Response:
    g.private = True
    number, statement = require_statement_by_ticket(typed)
    row = statement.objection
    return render_private_page(
        "check/objection_ticket.html",
        status,
        number=number,
        statement=statement,
        row=row,
        page=row.clarification,
        public=describe_public(row),
        passed=working_days_passed(row, utc_now()),
        days=ANSWER_DAYS,
        may_withdraw=may_withdraw(statement),
        is_new=request.args.get("baru") == "1",
        fault=fault,
    )


@bp.post("/keberatan/<ticket>/tarik")
def withdraw(ticket: str) -> Response:
    """Erase what the holder of the ticket wrote."""
    g.private = True
    _number, statement = require_statement_by_ticket(ticket)
    slug = statement.objection.clarification.slug
    try:
        withdraw_statement(ticket, utc_now())
    except InvalidInputError as error:
        return _render_ticket(ticket, error.status, str(error.user_message))
    return render_private_page(
        "check/done.html",
        title=_("Keberatan ditarik"),
        heading=_("Keberatan Anda sudah ditarik."),
        lines=[_("Yang Anda tulis, alamat Anda, dan tiketnya tidak ada lagi pada kami.")],
        ways_on=[(url_for("pages.page", slug=slug), _("Kembali ke klarifikasi"))],
    )


csrf.exempt(withdraw)
