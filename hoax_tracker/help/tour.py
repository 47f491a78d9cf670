"""The first-day tour: one note on each of a few real pages, and the way from one to the next.

A note stands on the page that its number in the address names; it holds nothing back, and whoever leaves the address
has left the tour. Who accepted an invitation is offered it after signing in, until they begin it or decline.

The help of a page, for the question mark at its top.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, session, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from hoax_tracker.accounts.views.links import TOUR_OFFERED
from hoax_tracker.help.admin_texts import ADMIN_HELP
from hoax_tracker.help.desk_texts import DESK_HELP
from hoax_tracker.help.glossary import link_terms

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


def step_address(number: int) -> str:
    """Return the address of a step, counted from one."""
    return url_for(STEPS[number - 1].endpoint, kenalan=number)


def find_tour_note() -> TourNote | None:
    """Return the note of the tour that the address asks for, where it belongs to this page; it is then begun."""
    number = request.args.get("kenalan", type=int) or 0
    if not 1 <= number <= len(STEPS) or STEPS[number - 1].endpoint != request.endpoint:
        return None
    session.pop(TOUR_OFFERED, None)
    return TourNote(number, STEPS[number - 1].text, step_address(number + 1) if number < len(STEPS) else "")


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
