"""Reporting a message, with a look first whether it has its answer already, and following the ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from apiflask import APIBlueprint
from flask import Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from hoax_tracker.check.answers.admission import admission
from hoax_tracker.check.answers.answer_label import answer_label
from hoax_tracker.check.answers.emergency import find_emergency_help, find_help_beside
from hoax_tracker.check.answers.service import CheckAnswer, answer_message
from hoax_tracker.check.cache.page_cache import render_private_page
from hoax_tracker.check.forms import SEEN_PLACES, SEND_VALUE, FormMove, ReportAnswers, next_move
from hoax_tracker.check.objections import find_statement
from hoax_tracker.check.rate_limits import consume_check_limit, consume_picture_limit, consume_report_limit
from hoax_tracker.check.reports.additions import add_to_report, list_additions, takes_additions
from hoax_tracker.check.reports.erasure import erase_report, export_report, forget_contact, screenshot_size
from hoax_tracker.check.reports.proof_of_work import (
    ZERO_BITS,
    SenderBlockedError,
    digest_sender,
    new_puzzle,
    require_unblocked_sender,
)
from hoax_tracker.check.reports.status import expect_answer_to_report, report_status
from hoax_tracker.check.reports.status_mail import is_mail_undelivered
from hoax_tracker.check.reports.submission import (
    find_report_by_ticket,
    is_screenshot_waiting,
    new_form_key,
    read_ticket,
    store_screenshot,
    submit_report,
)
from hoax_tracker.check.service_complaints import is_service_complaint
from hoax_tracker.check.sharing.card_facts import ticket_text
from hoax_tracker.check.views.check import lost_picture_note, set_language_cookie
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.content.images import picture_too_large_error
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.extensions import LANGUAGE_ARG, LANGUAGES, csrf, current_settings
from hoax_tracker.core.web.downloads import accept_request_files, attach_file, read_whole_file
from hoax_tracker.errors import InvalidInputError, NotFoundError, RateLimitedError, ServiceBusyError
from hoax_tracker.models import Report


def _show_earlier_answer(answers: ReportAnswers, filled: int, move: FormMove) -> Response | None:
    """Return the page with the answer to the message that step 1 brought; None where the report goes on.

    Who comes from an answer, or has seen this page, goes on. So does everybody where the look would cost too much.
    """
    if filled != 1 or move.fault or move.step < 2 or request.form.get("diperiksa") == "ya":
        return None
    answer = _look_up_message(answers.text)
    if answer is None or not answer.matches:
        return None
    return render_private_page(
        "check/report_answered.html",
        given=answers,
        answer=answer,
        label=answer_label(answer),
        emergency=find_help_beside(answer, answers.text),
    )


def _look_up_message(text: str) -> CheckAnswer | None:
    """Return the answer to a message, within the limits of questions; it is not counted as one."""
    now, settings = utc_now(), current_settings()
    try:
        with admission().deciding(lambda: consume_check_limit(request.remote_addr or "", settings, now)):
            return answer_message(text, now)
    except (InvalidInputError, RateLimitedError):
        return None


bp = APIBlueprint("reports", __name__, enable_openapi=False)


@bp.route("/lapor", methods=["GET", "POST"])
def report() -> Response:
    """Show a step of the report form, in the requested language, or store the report and redirect to its ticket."""
    if request.method == "GET":
        return make_response(
            render_template("check/report_form.html", step=1, given=ReportAnswers(), **_form_context())
        )
    return remember_language(_answer_step())


def remember_language(response: Response) -> Response:
    """Set the cookie with the language in which a submitted page was asked for."""
    language = request.args.get(LANGUAGE_ARG)
    return set_language_cookie(response, language) if language in LANGUAGES else response


def _answer_step() -> Response:
    """Return what follows a submitted step."""
    if not accept_request_files():
        raise picture_too_large_error()
    answers = ReportAnswers.from_form(request.form)
    try:
        answers = _store_sent_picture(answers)
    except InvalidInputError as fault:
        return _render_step(answers, FormMove(2, fault=fault))
    except RateLimitedError as error:
        words = f"{error.user_message} {lost_picture_note()}".rstrip()
        return _render_refused_step(answers, 2, error, words, "picture")
    move = next_move(answers, _read_filled_step(), request.form.get("ke", ""))
    if move.send:
        return _send_report(answers)
    return _show_earlier_answer(answers, _read_filled_step(), move) or _render_step(answers, move)


def _store_sent_picture(answers: ReportAnswers) -> ReportAnswers:
    """Return the answers with the token of the submitted screenshot."""
    file = request.files.get("gambar")
    if file is None or not file.filename:
        return answers
    now, settings = utc_now(), current_settings()
    consume_picture_limit(request.remote_addr or "", settings, now)
    data = read_whole_file(file)
    if data is None:
        raise picture_too_large_error()
    return replace(answers, picture=store_screenshot(data, now, settings))


csrf.exempt(report)  # the steps only carry answers along; send() asks for the token


def _read_filled_step() -> int:
    """Return the submitted step; an answer page submits the message, which is the first step."""
    step = request.form.get("langkah", "")
    return int(step) if step in ("1", "2", "3") else 1


def _send_report(answers: ReportAnswers) -> Response:
    """Store the report. Any error keeps the answers in the form."""
    now, settings = utc_now(), current_settings()
    try:
        csrf.protect()
        ticket = submit_report(
            answers.text,
            answers.url,
            answers.place,
            answers.contact,
            answers.consent,
            now,
            settings,
            picture=answers.picture,
            sender=digest_sender(request.remote_addr or "", now),
            key=answers.key,
            admit=lambda: admit_report(settings, now),
        )
    except CSRFError:
        return _render_step(
            answers, FormMove(3, fault=InvalidInputError("stale form", user_message=stale_form_message()))
        )
    except RateLimitedError as error:
        return _render_refused_step(answers, 3, error, refusal_message(error))
    except InvalidInputError as fault:
        return _render_step(answers, FormMove(3, fault=fault))
    g.private = True
    return current_app.make_response(redirect(url_for("reports.ticket", ticket=ticket, baru=1), 303))


def admit_report(settings: Settings, now: datetime) -> None:
    """Count the report of this request. Raises RateLimitedError beyond the limit of its connection or in total."""
    address = request.remote_addr or ""
    require_unblocked_sender(address, now)
    consume_report_limit(address, settings, now, request.form.get("teka", ""), request.form.get("jawab", ""))


def _render_refused_step(
    answers: ReportAnswers, step: int, error: RateLimitedError, words: str, field: str | None = None
) -> Response:
    """Return a step with the answers, and when to try again."""
    response = _render_step(
        answers, FormMove(step, fault=InvalidInputError(str(error), user_message=words, field=field))
    )
    response.status_code, response.headers["Retry-After"] = error.status, str(error.retry_after_s)
    return response


def stale_form_message() -> str:
    """Return what to do where the form's token expired."""
    message = _(
        "Halaman ini terbuka terlalu lama, atau cookie dimatikan. Isian Anda masih ada: tekan «Kirim aduan» lagi."
    )
    return str(message)


def refusal_message(error: RateLimitedError) -> str:
    """Return what to do where nothing more is taken from a connection, or from anybody."""
    if isinstance(error, ServiceBusyError | SenderBlockedError):
        return str(error.user_message)
    message = _(
        "Sudah banyak aduan dari sambungan internet ini dalam satu jam terakhir. Isian Anda masih ada: "
        "tunggu sebentar, lalu kirim lagi."
    )
    return str(message)


def _render_step(answers: ReportAnswers, move: FormMove) -> Response:
    """Return a step of the form with all answers so far."""
    status, answers = (
        move.fault.status if move.fault else 200,
        answers if answers.key else replace(answers, key=new_form_key()),
    )
    puzzle = new_puzzle(current_settings(), utc_now())
    return render_private_page(
        "check/report_form.html",
        status,
        puzzle=puzzle,
        bits=ZERO_BITS,
        step=move.step,
        given=answers,
        **_form_context(move.fault, answers),
    )


def _form_context(fault: InvalidInputError | None = None, answers: ReportAnswers | None = None) -> dict[str, object]:
    """Return the template variables beside the answers."""
    return {
        "places": SEEN_PLACES,
        "send": SEND_VALUE,
        "fault": str(fault.user_message) if fault else None,
        "field": fault.field if fault else None,
        "has_picture": bool(answers and answers.picture and is_screenshot_waiting(answers.picture)),
        "complaint": answers is not None and _sounds_like_complaint(answers),
    }


def _sounds_like_complaint(answers: ReportAnswers) -> bool:
    """Tell whether to say where complaints go: of a message that was typed here, not where an answer has said it."""
    return request.form.get("diperiksa") != "ya" and is_service_complaint(answers.text)


@bp.route("/tiket", methods=["GET", "POST"])
def find_ticket() -> Response:
    """Ask for a ticket number and redirect to its page."""
    if request.method == "GET":
        return make_response(render_template("check/find_ticket.html", typed="", fault=None))
    typed = request.form.get("nomor", "").strip()
    ticket_report = find_report_by_ticket(typed)
    if ticket_report is not None:
        g.private = True
        return current_app.make_response(redirect(url_for("reports.ticket", ticket=ticket_report[0]), 303))
    if find_statement(typed) is not None:
        g.private = True
        return current_app.make_response(redirect(url_for("objections.ticket", ticket=read_ticket(typed)), 303))
    if read_ticket(typed) is None:
        fault = _("Nomor tiket terdiri atas lima kelompok berisi empat huruf atau angka. Periksa lagi, lalu coba lagi.")
    else:
        fault = _("Tiket dengan nomor itu tidak ditemukan. Periksa huruf demi huruf, lalu coba lagi.")
    return remember_language(render_private_page("check/find_ticket.html", 422, typed=typed, fault=fault))


csrf.exempt(find_ticket)  # it only leads to a page that anyone with the number may open


def _require_ticket_report(ticket: str) -> tuple[str, Report]:
    """Return (canonical ticket, report). Raises NotFoundError."""
    g.private = True
    ticket_report = find_report_by_ticket(ticket)
    if ticket_report is None:
        raise NotFoundError(
            "no such ticket", user_message=_("Tiket itu tidak ditemukan. Periksa nomornya, lalu coba lagi.")
        )
    return ticket_report


@bp.get("/lapor/<ticket>/salinan.json")
def copy(ticket: str) -> Response:
    """Serve everything stored about the report as a file."""
    number, report = _require_ticket_report(ticket)
    content = current_app.json.dumps(export_report(number, report, current_settings()))
    return attach_file(content.encode(), "application/json", f"aduan-{number[:4].lower()}.json")


@bp.route("/lapor/<ticket>/hapus", methods=["GET", "POST"])
def erase(ticket: str) -> Response:
    """Say what would be erased and what would stay, then do it."""
    number, report = _require_ticket_report(ticket)
    if request.method == "GET":
        return render_private_page("check/report_erasure.html", number=number, report=report)
    if request.form.get("apa") == "kontak":
        forget_contact(number, utc_now())
        return current_app.make_response(redirect(url_for("reports.ticket", ticket=number), 303))
    erase_report(number, utc_now())
    return render_private_page(
        "check/done.html",
        title=_("Aduan dihapus"),
        heading=_("Aduan itu sudah dihapus."),
        lines=[
            _("Isi, kontak, dan tiketnya tidak ada lagi pada kami. Kami tidak akan mengabari Anda."),
            _("Pesan itu masih mengganjal? Anda boleh melapor lagi kapan saja."),
        ],
        ways_on=[(url_for("check.front"), _("Kembali ke halaman depan"))],
    )


csrf.exempt(erase)


@bp.get("/lapor/<ticket>")
def ticket(ticket: str) -> Response:
    """Show the status of a report to the holder of its ticket, never its sender."""
    return _render_ticket(ticket)


@bp.post("/lapor/<ticket>")
def add(ticket: str) -> Response:
    """Add text and a picture to the report, or show the form in another language. Either keeps the text that waits."""
    return remember_language(_answer_addition(ticket))


def _answer_addition(ticket: str) -> Response:
    """Return what follows a submitted addition."""
    with read_transaction():
        number = _require_ticket_report(ticket)[0]
    if not accept_request_files():
        return _render_ticket(number, fault=picture_too_large_error())
    now, settings, typed = utc_now(), current_settings(), request.form.get("tambahan", "")
    typed = typed.replace("\r\n", "\n")
    if "ganti" in request.form:
        return _render_ticket(number, typed=typed)
    try:
        add_to_report(
            number,
            typed,
            _read_added_picture(),
            now,
            settings,
            admit=lambda: admit_report(settings, now),
            admit_picture=lambda: consume_picture_limit(request.remote_addr or "", settings, now),
        )
    except (InvalidInputError, RateLimitedError) as fault:
        return _render_ticket(number, fault=fault, typed=typed)
    return current_app.make_response(redirect(url_for("reports.ticket", ticket=number, _anchor="tambahan"), 303))


csrf.exempt(add)


def _read_added_picture() -> bytes | None:
    """Return the submitted picture, or None. Raises InvalidInputError where it is too large."""
    file = request.files.get("gambar")
    if file is None or not file.filename:
        return None
    data = read_whole_file(file)
    if data is None:
        raise picture_too_large_error()
    return data


def _render_ticket(
    typed_ticket: str, fault: InvalidInputError | RateLimitedError | None = None, typed: str = ""
) -> Response:
    """Return the page of a ticket, with the fault and the text of what was not added."""
    with read_transaction():
        number, row = _require_ticket_report(typed_ticket)
        state, additions = report_status(row), list_additions(row)
        response = render_private_page(
            "check/ticket.html",
            fault.status if fault else 200,
            number=number,
            report=row,
            state=state,
            answer_time=expect_answer_to_report(row, state),
            emergency=find_emergency_help(row.text),
            own=ticket_text(number),
            is_new=request.args.get("baru") == "1",
            undelivered=is_mail_undelivered(row),
            picture=screenshot_size(row),
            additions=additions,
            may_add=takes_additions(row, additions),
            fault=_fault_message(fault),
            typed=typed,
        )
    if isinstance(fault, RateLimitedError):
        response.headers["Retry-After"] = str(fault.retry_after_s)
    return response


def _fault_message(fault: InvalidInputError | RateLimitedError | None) -> str | None:
    """Return what to do about a fault, or None."""
    if fault is None:
        return None
    if isinstance(fault, RateLimitedError):
        return f"{refusal_message(fault)} {lost_picture_note()}".rstrip()
    return str(fault.user_message)
