"""What was chosen with a picker, shown again in the form that waits for it."""

from __future__ import annotations

from collections.abc import Mapping

from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.models import Officer
from hoax_tracker.review.forms import DecisionForm
from hoax_tracker.review.pickers.options import PickerOption, chosen_claim, chosen_page
from hoax_tracker.review.pickers.search import parse_reason

FORM_FIELDS = (("gabung", "into"), ("tautkan", "clarification"), ("teruskan", "unit_id"))


def fill_in_choice(forms: Mapping[str, DecisionForm], choice: Mapping[str, str]) -> None:
    """Put into the form what the search page of its picker led back with: the choice and what was typed before."""
    for act, name in FORM_FIELDS:
        if name in choice:
            forms[act][name].data = read_whole_number(choice[name])
            forms[act].reason.data = parse_reason(choice.get("reason", ""))


def load_picked(forms: Mapping[str, DecisionForm], officer: Officer, claim_id: int) -> dict[str, PickerOption | None]:
    """Return the chosen claim and clarification of the forms, None where nothing is chosen."""
    into, page = (read_whole_number(forms[act][name].data) for act, name in FORM_FIELDS[:2])
    return {
        "gabung": chosen_claim(into, officer, closed=True, other_than=claim_id),
        "tautkan": chosen_page(page),
    }
