"""The pages of help: all of it, the words explained, the guide of a kelurahan; and declining the tour."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, session, url_for

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.accounts.views.links import TOUR_OFFERED
from hoax_tracker.help import tour
from hoax_tracker.help.glossary import GLOSSARY
from hoax_tracker.help.tour import page_help

bp = APIBlueprint("desk_help", __name__, url_prefix="/petugas/bantuan", enable_openapi=False)
bp.record_once(
    lambda state: state.app.jinja_env.globals.update(
        page_help=page_help, find_tour_note=tour.find_tour_note, is_tour_offered=tour.is_tour_offered
    )
)


@bp.get("/")
@sign_in_required()
def index() -> str:
    """Show where help is: the tour and the guide, and the words of the trade with their meanings."""
    terms = sorted(GLOSSARY, key=lambda term: str(term.word).lower())
    return render_template("help/index.html", first=tour.step_address(1), terms=terms)


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
