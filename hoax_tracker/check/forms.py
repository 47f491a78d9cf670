"""The report form: three steps with one question each; earlier answers travel along in hidden fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from hoax_tracker.check.reports.submission import (
    clean_report_place,
    read_form_key,
    require_message,
    require_report_contact,
    require_report_text,
    require_report_url,
)
from hoax_tracker.errors import InvalidInputError

FORM_STEPS = 3
SEND_VALUE = "kirim"
LONGEST_TOKEN = 60
STEP_BY_FIELD = {"text": 1, "url": 2, "picture": 2, "contact": 3, "consent": 3}

# Stored as written here, so that officers read one language; shown in the reader's.
SEEN_PLACES = {
    "WhatsApp": _l("WhatsApp"),
    "Facebook": _l("Facebook"),
    "Instagram": _l("Instagram"),
    "TikTok": _l("TikTok"),
    "Situs berita": _l("Situs berita"),
    "Cerita orang": _l("Cerita orang"),
    "Tempat lain": _l("Tempat lain"),
}


@dataclass(frozen=True)
class ReportAnswers:
    """The resident's answers so far, as typed: an error loses nothing.

    ``picture`` is the token of a screenshot from an earlier step, ``key`` the form's own (check/reports/submission.py).
    """

    text: str = ""
    place: str = ""
    url: str = ""
    contact: str = ""
    consent: bool = False
    picture: str = ""
    key: str = ""

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> ReportAnswers:
        """Read the fields of any step."""
        return cls(
            text=form.get("teks", "").replace("\r\n", "\n"),
            place=form.get("tempat", "") if form.get("tempat") in SEEN_PLACES else "",
            url=form.get("tautan", "").strip(),
            contact=form.get("kontak", "").strip(),
            consent=form.get("setuju") == "ya",
            picture=form.get("bukti", "")[:LONGEST_TOKEN],
            key=read_form_key(form.get("kunci", "")),
        )

    def check(self, steps: int) -> None:
        """Raise InvalidInputError for the first fault within the given number of steps."""
        if steps >= 1:
            require_report_text(self.text)
            require_message(self.text)
        if steps >= 2:
            clean_report_place(self.place)
            require_report_url(self.url)
        if steps >= FORM_STEPS:
            require_report_contact(self.contact, self.consent)


@dataclass(frozen=True)
class FormMove:
    """Where the form goes: ``step`` to show, or ``send`` once complete; ``fault`` where it cannot go on."""

    step: int
    send: bool = False
    fault: InvalidInputError | None = None


def next_move(answers: ReportAnswers, filled: int, wanted: str) -> FormMove:
    """Return where the form goes from step ``filled``. Going back is never refused."""
    send = wanted == SEND_VALUE
    target = FORM_STEPS + 1 if send else int(wanted) if wanted in ("1", "2", "3") else filled + 1
    if target <= filled:
        return FormMove(target)
    try:
        answers.check(target - 1)
    except InvalidInputError as fault:
        return FormMove(STEP_BY_FIELD.get(fault.field or "", 1), fault=fault)
    return FormMove(min(target, FORM_STEPS), send=send)
