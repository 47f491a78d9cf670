"""The contacts that residents see: of the PPID in the footer, and whom to call above answers about an emergency."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from hoax_tracker.admin.blueprint import bp
from hoax_tracker.authority.redirects import redirect_proposed
from hoax_tracker.authority.row_acts import Values
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.current import current_officer
from hoax_tracker.core.web.edit_forms import EditForm, LinesField, clean_input_text
from hoax_tracker.models import Proposal
from hoax_tracker.organisation import public_contacts as contacts

ViewResult = str | Response | tuple[str, int]


PARTS, BLANK_ROWS = 4, 2


class ContactRowsField(LinesField):
    """The emergency contacts, as lines; each has four inputs of the same name, in order. Blank rows are dropped."""

    @property
    def rows(self) -> list[list[str]]:
        """The four parts of each contact, and of new ones."""
        return [*(line.split(" | ", PARTS - 1) for line in self.data or ()), *([[""] * PARTS] * BLANK_ROWS)]

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read four inputs at a time."""
        cells = [(clean_input_text(cell) or "").replace("|", "/") for cell in valuelist]
        rows = [cells[start : start + PARTS] for start in range(0, len(cells), PARTS)]
        self.data = [" | ".join(row) for row in rows if any(row)]


class ContactsForm(EditForm):
    """The contacts; each emergency contact is one row."""

    address = StringField(_l("Alamat kantor PPID"), filters=[clean_input_text])
    telephone = StringField(_l("Telepon"), filters=[clean_input_text])
    email = StringField(_l("Email"), filters=[clean_input_text])
    website = StringField(_l("Situs resmi"), filters=[clean_input_text])
    emergency = ContactRowsField(_l("Siapa yang dihubungi dalam keadaan darurat"))

    def values(self) -> Values:
        """Return the entered values."""
        named = {name: self[name].data or "" for name in contacts.LONGEST}
        return named | {"emergency": [contacts.read_emergency_line(line) for line in self.emergency.data]}


def _contacts_form_data(values: Values) -> dict[str, Any]:
    """Return the values as the form's fields store them."""
    return values | {"emergency": [contacts.format_emergency_line(contact) for contact in values["emergency"]]}


@bp.route("/kontak", methods=["GET", "POST"])
def public_contacts() -> ViewResult:
    """Show the contacts that residents see, and propose others."""
    values = contacts.CONTACTS.stored_values(1)
    form = ContactsForm(data=_contacts_form_data(values), seen=values_digest(values))
    made: list[Proposal | None] = []

    def propose() -> None:
        who: dict[str, Any] = {"by": current_officer(), "now": utc_now()}
        made.append(contacts.CONTACTS.propose(1, form.values(), form.seen.data, **who))

    if form.attempt(propose, lambda: contacts.CONTACTS.stored_values(1)):
        return redirect_proposed("contacts", is_proposed=made[0] is not None)
    hidden, waiting = (
        [form[name].label.text for name in contacts.list_hidden_fields()],
        contacts.CONTACTS.find_waiting(1),
    )
    return render_template("accounts/public_contacts.html", form=form, hidden=hidden, waiting=waiting), form.status
