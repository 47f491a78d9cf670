"""Public questions without an answer: each group has one act."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.errors import EditConflictError, InvalidInputError
from hoax_tracker.models import RoleName
from hoax_tracker.review import public_questions
from hoax_tracker.review.pickers import chosen_claim

bp = APIBlueprint("demand", __name__, url_prefix="/petugas/ditanyakan", enable_openapi=False)
preserve_typed_input(bp)


@bp.get("/")
@sign_in_required()
def listing() -> str:
    """Show the most asked groups, or those that were set aside."""
    shown = public_questions.load_group_listing(request.args, utc_now())
    return render_template(
        "review/public_questions.html",
        shown=shown,
        may_decide=current_officer().is_a(RoleName.OFFICER),
        picked_for=read_whole_number(request.args.get("hitung")),
        picked=chosen_claim(read_whole_number(request.args.get("klaim")), current_officer(), closed=False),
    )


@bp.post("/<int:demand_id>/<any(buka,gabung,sisihkan,kembalikan):act>")
@sign_in_required(RoleName.OFFICER)
def decide(demand_id: int, act: str) -> Response:
    """Open a claim, join one, set aside or restore; then return to the same page of the list."""
    try:
        flash(_apply_question_act(demand_id, act), "done")
    except (InvalidInputError, EditConflictError) as error:
        flash(str(error.user_message), "error")
    return make_response(redirect(url_for("demand.listing", **_same_page_args()), 303))


def _same_page_args() -> dict[str, Any]:
    """Return the query arguments of the page the officer was on."""
    return {name: request.args[name] for name in ("aside", "page") if name in request.args}


def _apply_question_act(demand_id: int, act: str) -> str:
    """Apply an act; return its effect as a sentence."""
    person, now = current_officer(), utc_now()
    if act == "buka":
        public_questions.ask_for_claim(demand_id, officer=person, now=now)
        return str(_("Klaim sedang dibuka dan sebentar lagi ada di antrean. Permintaan ini sudah tersimpan."))
    if act == "gabung":
        claim_id = public_questions.join_group_to_claim(
            demand_id, read_whole_number(request.form.get("klaim")), officer=person, now=now
        )
        return _link_to_claim(claim_id) + Markup(" {}").format(_("kini menghitung pertanyaan itu."))
    back = act == "kembalikan"
    public_questions.set_group_aside(demand_id, back=back, officer=person, now=now)
    if back:
        return str(_("Dikembalikan ke daftar."))
    return str(_("Disisihkan. Dapat dikembalikan dari daftar yang disisihkan."))


def _link_to_claim(claim_id: int) -> Markup:
    address = url_for("review.claim", claim_id=claim_id)
    return Markup('<a href="{}">{}</a>').format(address, _("Klaim %(number)s", number=claim_id))
