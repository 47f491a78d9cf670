"""A resident reports a message and follows the ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from apiflask import APIBlueprint
from flask import Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from hoax_tracker.check.answers.question_log import spend_picture
from hoax_tracker.check.cache.http_caching import private_page
from hoax_tracker.check.forms import PLACES, SEND, Answers, Move, next_move
from hoax_tracker.check.reports.export import picture
from hoax_tracker.check.reports.proof_of_work import ZERO_BITS, new_puzzle, spend_report
from hoax_tracker.check.reports.screenshots import is_kept, keep_screenshot
from hoax_tracker.check.reports.sender_blocks import NotTakenFrom, require_welcome, sender_of
from hoax_tracker.check.reports.status import standing
from hoax_tracker.check.reports.status_mail import undelivered
from hoax_tracker.check.reports.submission import find_report, take_report
from hoax_tracker.check.reports.tickets import new_key, read_ticket
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.content.images import too_large
from hoax_tracker.core.extensions import csrf
from hoax_tracker.core.web.uploads import content, take_files
from hoax_tracker.errors import Invalid, NotFound, TooMany, TooManyInTotal

bp = APIBlueprint("reports", __name__, enable_openapi=False)


@bp.route("/lapor", methods=["GET", "POST"])
def report() -> Response:
    """Show a step of the report form, or take the report and go to its ticket."""
    if request.method == "GET":
        return make_response(render_template("check/report.html", step=1, given=Answers(), **form_facts()))
    if not take_files():
        raise too_large()
    given = Answers.from_form(request.form)
    try:
        given = with_picture(given)
    except Invalid as fault:
        return step_page(given, Move(2, fault=fault))
    except TooMany as error:
        return refused(given, 2, error, str(error.user_message), "picture")
    move = next_move(given, filled_step(), request.form.get("ke", ""))
    return send(given) if move.send else step_page(given, move)


def with_picture(given: Answers) -> Answers:
    """Return the answers with the screenshot of this request, which is kept until the report is sent."""
    file = request.files.get("gambar")
    if file is None or not file.filename:
        return given
    now, settings = utc_now(), current_app.extensions["settings"]
    spend_picture(request.remote_addr or "", settings, now)
    data = content(file)
    if data is None:
        raise too_large()
    return replace(given, picture=keep_screenshot(data, now, settings))


csrf.exempt(report)  # the steps only carry answers along; send() asks for the token


def filled_step() -> int:
    """Return the step whose form was posted; an answer page sends the message, which is the first step."""
    step = request.form.get("langkah", "")
    return int(step) if step in ("1", "2", "3") else 1


def send(given: Answers) -> Response:
    """Take the report; whatever goes wrong, the answers stay in the form."""
    now, settings = utc_now(), current_app.extensions["settings"]
    try:
        csrf.protect()
        ticket = take_report(
            given.text,
            given.url,
            given.place,
            given.contact,
            given.consent,
            now,
            settings,
            picture=given.picture,
            sender=sender_of(request.remote_addr or "", settings, now),
            key=given.key,
            admit=lambda: admit(settings, now),
        )
    except CSRFError:
        return step_page(given, Move(3, fault=Invalid("stale form", user_message=stale_form())))
    except TooMany as error:
        own = isinstance(error, TooManyInTotal | NotTakenFrom)
        words = str(error.user_message) if own else too_many()
        return refused(given, 3, error, words)
    except Invalid as fault:
        return step_page(given, Move(3, fault=fault))
    g.private = True
    return current_app.make_response(redirect(url_for("reports.ticket", ticket=ticket, baru=1), 303))


def admit(settings: Settings, now: datetime) -> None:
    """Count the report of this request. Raises TooMany where its connection, or everybody, has sent enough."""
    address = request.remote_addr or ""
    require_welcome(address, settings, now)
    spend_report(address, settings, now, request.form.get("teka", ""), request.form.get("jawab", ""))


def refused(given: Answers, step: int, error: TooMany, words: str, field: str | None = None) -> Response:
    """Return a step with the answers, and when to try again."""
    response = step_page(given, Move(step, fault=Invalid(str(error), user_message=words, field=field)))
    response.status_code, response.headers["Retry-After"] = error.status, str(error.retry_after_s)
    return response


def stale_form() -> str:
    """Return what to do where the form's token has gone."""
    message = _(
        "Halaman ini terbuka terlalu lama, atau kuki dimatikan. Isian Anda masih ada: tekan «Kirim aduan» lagi."
    )
    return str(message)


def too_many() -> str:
    """Return what to do where too many reports came from one connection."""
    message = _(
        "Sudah banyak aduan dari sambungan internet ini dalam satu jam terakhir. Isian Anda masih ada: "
        "tunggu sebentar, lalu kirim lagi."
    )
    return str(message)


def step_page(given: Answers, move: Move) -> Response:
    """Return a step of the form with everything that was filled in."""
    status, given = move.fault.status if move.fault else 200, given if given.key else replace(given, key=new_key())
    puzzle = new_puzzle(current_app.extensions["settings"], utc_now())
    return private_page(
        "check/report.html",
        status,
        puzzle=puzzle,
        bits=ZERO_BITS,
        step=move.step,
        given=given,
        **form_facts(move.fault, given),
    )


def form_facts(fault: Invalid | None = None, given: Answers | None = None) -> dict[str, object]:
    """Return what the form's template needs besides the answers."""
    return {
        "places": PLACES,
        "send": SEND,
        "fault": str(fault.user_message) if fault else None,
        "field": fault.field if fault else None,
        "has_picture": bool(given and given.picture and is_kept(given.picture)),
    }


@bp.route("/tiket", methods=["GET", "POST"])
def find_ticket() -> Response:
    """Ask for a ticket number and lead to its page."""
    if request.method == "GET":
        return make_response(render_template("check/find_ticket.html", typed="", fault=None))
    typed = request.form.get("nomor", "").strip()
    found = find_report(typed)
    if found is not None:
        g.private = True
        return current_app.make_response(redirect(url_for("reports.ticket", ticket=found[0]), 303))
    if read_ticket(typed) is None:
        fault = _("Nomor tiket terdiri atas lima kelompok berisi empat huruf atau angka. Periksa lagi, lalu coba lagi.")
    else:
        fault = _("Tiket dengan nomor itu tidak ditemukan. Periksa huruf demi huruf, lalu coba lagi.")
    return private_page("check/find_ticket.html", 422, typed=typed, fault=fault)


csrf.exempt(find_ticket)  # it only leads to a page that anyone with the number may open


@bp.get("/lapor/<ticket>")
def ticket(ticket: str) -> Response:
    """Show where a report stands to whoever holds its ticket; never who sent it."""
    g.private = True
    found = find_report(ticket)
    if found is None:
        raise NotFound("no such ticket", user_message=_("Tiket itu tidak ditemukan. Periksa nomornya, lalu coba lagi."))
    number, row = found
    is_new = request.args.get("baru") == "1"
    return private_page(
        "check/ticket.html",
        number=number,
        report=row,
        state=standing(row),
        is_new=is_new,
        undelivered=undelivered(row),
        picture=picture(row),
    )
