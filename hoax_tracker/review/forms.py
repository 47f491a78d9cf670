"""Forms of the desk. Each carries the version of the claim it was rendered from."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Length

from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.models import Claim, DecisionKind
from hoax_tracker.review.decisions.service import DecisionChoice

REASON_LONGEST = 2000
CLOSING_KINDS = (DecisionKind.DISMISS, DecisionKind.NOT_A_CLAIM, DecisionKind.OUT_OF_SCOPE)


reason_length_rule = Length(max=REASON_LONGEST, message=_l("Paling banyak %(max)d huruf."))


class DecisionForm(FlaskForm):  # type: ignore[misc]
    """Fields of every decision: the version, and a reason that may be empty."""

    version = HiddenField()
    following = HiddenField()
    reason = TextAreaField(_l("Catatan (boleh kosong)"), [reason_length_rule])
    kind = DecisionKind.INVESTIGATE

    @property
    def seen_version(self) -> int:
        """The version that the officer saw; 0, which no claim has, where the form lacks it."""
        return read_whole_number(self.version.data) or 0

    @property
    def next_id(self) -> int | None:
        """The next claim in the officer's list."""
        return read_whole_number(self.following.data)

    def choice(self) -> DecisionChoice:
        """Return the decision that the form asks for."""
        return DecisionChoice(self.kind, self.reason.data or "")


class InvestigateForm(DecisionForm):
    """Examine the claim."""


class CloseForm(DecisionForm):
    """Close without a clarification."""

    decision = HiddenField()
    reason = TextAreaField(_l("Alasan"), [reason_length_rule])

    def choice(self) -> DecisionChoice:
        """Return the decision. An unknown ground counts as a plain dismissal, which needs a reason."""
        kind = next((kind for kind in CLOSING_KINDS if kind.value == self.decision.data), DecisionKind.DISMISS)
        return DecisionChoice(kind, self.reason.data or "")


class AssignForm(DecisionForm):
    """Assign the claim to the unit that answers, or ask that unit one thing (``reason``)."""

    reason = TextAreaField(_l("Pertanyaan, atau catatan untuk yang menerima"), [reason_length_rule])
    unit_id = SelectField(_l("Kepada"), coerce=read_whole_number, validate_choice=False, choices=[])
    accused_unit_id = SelectField(
        _l("Klaim ini menuduh perangkat daerah"), coerce=read_whole_number, validate_choice=False, choices=[]
    )

    def choice(self) -> DecisionChoice:
        """Return the decision."""
        return DecisionChoice(DecisionKind.ASSIGN, self.reason.data or "", self.unit_id.data, self.accused_unit_id.data)


class LinkForm(DecisionForm):
    """Answer the claim with a published clarification."""

    clarification = StringField(_l("Nomor klarifikasi yang sudah terbit"))

    def choice(self) -> DecisionChoice:
        """Return the decision; the number on the page is turned into the row by the view."""
        return DecisionChoice(
            DecisionKind.LINK, self.reason.data or "", clarification_id=read_whole_number(self.clarification.data)
        )


class ReopenForm(DecisionForm):
    """Put a closed claim back in the queue."""

    kind = DecisionKind.REOPEN


class MergeForm(DecisionForm):
    """Merge the claim into another that is the same."""

    into = StringField(_l("Nomor klaim yang sama"))
    into_version = HiddenField()
    kind = DecisionKind.MERGE


class SplitForm(DecisionForm):
    """Split appearances from the claim; for a merged claim: unmerge it."""

    appearance = SelectMultipleField(coerce=read_whole_number, validate_choice=False, choices=[])
    kind = DecisionKind.SPLIT


class AccusedForm(DecisionForm):
    """Note who makes the claim, and a further unit that it accuses."""

    claimant = StringField(
        _l("Siapa yang menyatakannya"),
        filters=[lambda text: (text or "").strip()],
        validators=[Length(max=200, message=_l("Paling banyak %(max)d huruf."))],
    )
    accused_unit_id = SelectField(
        _l("Perangkat daerah yang dituduh"), coerce=read_whole_number, validate_choice=False, choices=[]
    )


NOT_ACCUSED = "Hanya disebut, tidak dituduh."
"""The usual reason, in Indonesian whatever language the officer reads: others read it, and the audit log keeps it."""


class LiftForm(DecisionForm):
    """Say that the claim does not accuse the units that it names."""

    accusation = SelectMultipleField(coerce=read_whole_number, validate_choice=False, choices=[])
    reason = StringField(_l("Mengapa bukan tuduhan"), [reason_length_rule], default=NOT_ACCUSED)


FORM_BY_ACT: dict[str, type[DecisionForm]] = {
    "periksa": InvestigateForm,
    "tutup": CloseForm,
    "teruskan": AssignForm,
    "tautkan": LinkForm,
    "buka": ReopenForm,
    "gabung": MergeForm,
    "pisah": SplitForm,
    "tuduhan": AccusedForm,
    "bukan-tuduhan": LiftForm,
}


def _unit_choices(nobody: Any, units: list[tuple[int, str]]) -> list[SelectChoice]:
    """Return the units as choices, the empty choice first."""
    return [SelectChoice("", nobody), *(SelectChoice(key, name) for key, name in units)]


def build_claim_forms(
    claim: Claim, units: list[tuple[int, str]], sent: dict[str, DecisionForm]
) -> dict[str, DecisionForm]:
    """Return every form of the claim's page. A submitted form keeps what was typed, with the newest version."""
    forms = {}
    for act, kind in FORM_BY_ACT.items():
        form = sent.get(act) or kind(formdata=None, obj=claim)
        form.version.data = claim.version
        if "unit_id" in form:
            form.unit_id.choices = _unit_choices(_l("Pilih"), units)
        if "accused_unit_id" in form:
            form.accused_unit_id.choices = _unit_choices(_l("Tidak ada lagi"), units)
            if act not in sent:
                form.accused_unit_id.data = None  # those that are noted stay noted
        forms[act] = form
    return forms
