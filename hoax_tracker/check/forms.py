"""The report form: three steps, one question each, the answers of earlier steps carried along in hidden fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from hoax_tracker.check.reports.submission import checked_contact, checked_place, checked_text, checked_url
from hoax_tracker.check.reports.tickets import read_key
from hoax_tracker.errors import Invalid

STEPS = 3
SEND = "kirim"
LONGEST_TOKEN = 60
STEP_OF = {"text": 1, "url": 2, "picture": 2, "contact": 3, "consent": 3}

# Stored as written here, so that officers read one language; shown in the reader's.
PLACES = {
    "WhatsApp": _l("WhatsApp"),
    "Facebook": _l("Facebook"),
    "Instagram": _l("Instagram"),
    "TikTok": _l("TikTok"),
    "Situs berita": _l("Situs berita"),
    "Cerita orang": _l("Cerita orang"),
    "Tempat lain": _l("Tempat lain"),
}


@dataclass(frozen=True)
class Answers:
    """What the resident has filled in so far, as typed: nothing is lost by an error.

    ``picture`` is the token of a screenshot that was sent with an earlier step, ``key`` the form's own
    (check/reports/tickets.py).
    """

    text: str = ""
    place: str = ""
    url: str = ""
    contact: str = ""
    consent: bool = False
    picture: str = ""
    key: str = ""

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Answers:
        """Read the fields of any step."""
        return cls(
            text=form.get("teks", "").replace("\r\n", "\n"),
            place=form.get("tempat", "") if form.get("tempat") in PLACES else "",
            url=form.get("tautan", "").strip(),
            contact=form.get("kontak", "").strip(),
            consent=form.get("setuju") == "ya",
            picture=form.get("bukti", "")[:LONGEST_TOKEN],
            key=read_key(form.get("kunci", "")),
        )

    def check(self, steps: int) -> None:
        """Raise Invalid for the first fault in the first so many steps."""
        if steps >= 1:
            checked_text(self.text)
        if steps >= 2:
            checked_place(self.place)
            checked_url(self.url)
        if steps >= STEPS:
            checked_contact(self.contact, self.consent)


@dataclass(frozen=True)
class Move:
    """Where the form goes: ``step`` to show, or ``send`` where all is given; ``fault`` where it cannot go on."""

    step: int
    send: bool = False
    fault: Invalid | None = None


def next_move(answers: Answers, filled: int, wanted: str) -> Move:
    """Return where the form goes from step ``filled``. Going back is never refused."""
    send = wanted == SEND
    target = STEPS + 1 if send else int(wanted) if wanted in ("1", "2", "3") else filled + 1
    if target <= filled:
        return Move(target)
    try:
        answers.check(target - 1)
    except Invalid as fault:
        return Move(STEP_OF.get(fault.field or "", 1), fault=fault)
    return Move(min(target, STEPS), send=send)
