"""The help of each page, behind the question mark at its top; and the first-day tour, one note on each of a few pages.

A note stands on the page that its number in the address names; it holds nothing back, and whoever leaves the address
has left the tour. Who accepted an invitation is offered it after signing in, until they begin it or decline.
"""

from __future__ import annotations

from dataclasses import dataclass

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, session, url_for
from flask_babel import LazyString, lazy_gettext as _l
from markupsafe import Markup

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.accounts.views.own_account import TOUR_OFFERED
from hoax_tracker.help.desk_texts import ADMIN_HELP, DESK_HELP
from hoax_tracker.help.glossary import GLOSSARY, link_terms

OFFERED_ON = ("review.queue", "morning.show", "clarify.listing")


@dataclass(frozen=True)
class TourStep:
    """What the tour says on one page."""

    endpoint: str
    text: LazyString


STEPS = (
    TourStep("review.queue", _l("Ini antrean: klaim yang menunggu keputusan, yang paling mendesak di atas.")),
    TourStep("morning.show", _l("Ini Pagi ini: yang naik dan berbahaya, yang menunggu Anda, lalu selebihnya.")),
    TourStep("demand.listing", _l("Ini yang ditanyakan warga dan belum ada klaimnya, tanpa nama siapa pun.")),
    TourStep(
        "clarify.listing", _l("Di sini jawaban resmi ditulis. Orang lain yang menyetujuinya, tidak pernah penulisnya.")
    ),
    TourStep("search.search", _l("Satu kotak ini mencari di semuanya: klaim, jawaban, aduan, dan berita.")),
    TourStep(
        "own_account.show", _l("Terakhir: nyalakan kode kedua di sini, supaya tidak ada yang bertindak atas nama Anda.")
    ),
)


@dataclass(frozen=True)
class TourNote:
    """The note of the present page; ``onward`` leads to the next, and is empty on the last."""

    number: int
    text: LazyString
    onward: str

    @property
    def count(self) -> int:
        """How many notes there are."""
        return len(STEPS)


def _step_address(number: int) -> str:
    """Return the address of a step, counted from one."""
    return url_for(STEPS[number - 1].endpoint, kenalan=number)


def find_tour_note() -> TourNote | None:
    """Return the note of the tour that the address asks for, where it belongs to this page; it is then begun."""
    number = request.args.get("kenalan", type=int) or 0
    if not 1 <= number <= len(STEPS) or STEPS[number - 1].endpoint != request.endpoint:
        return None
    session.pop(TOUR_OFFERED, None)
    return TourNote(number, STEPS[number - 1].text, _step_address(number + 1) if number < len(STEPS) else "")


def is_tour_offered() -> bool:
    """Tell whether the page offers the tour: to a new officer, who neither began nor declined it."""
    return request.endpoint in OFFERED_ON and TOUR_OFFERED in session


PAGE_HELP = DESK_HELP | ADMIN_HELP


def page_help() -> Markup:
    """Return what helps on the present page.

    A form that was refused shows its page under the address it was sent to: that gets the help of its part.
    """
    text = PAGE_HELP.get(request.endpoint or "") or PAGE_HELP.get(request.blueprint or "", "")
    return link_terms(str(text))


bp = APIBlueprint("desk_help", __name__, url_prefix="/petugas/bantuan", enable_openapi=False)
bp.record_once(
    lambda state: state.app.jinja_env.globals.update(
        page_help=page_help, find_tour_note=find_tour_note, is_tour_offered=is_tour_offered
    )
)


@bp.get("/")
@sign_in_required()
def index() -> str:
    """Show where help is: the tour and the guide, and the words of the trade with their meanings."""
    terms = sorted(GLOSSARY, key=lambda term: str(term.word).lower())
    return render_template("help/index.html", first=_step_address(1), terms=terms)


@bp.get("/kelurahan")
@sign_in_required()
def unit_guide() -> str:
    """Show the guide of a kelurahan's officer, which prints on one page."""
    return render_template("help/unit_guide.html")


@bp.post("/kenalan/lewati")
@sign_in_required()
def decline_tour() -> Response:
    """Offer the tour no more."""
    session.pop(TOUR_OFFERED, None)
    return make_response(redirect(url_for("work.start"), 303))
