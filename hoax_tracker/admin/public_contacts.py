"""The contacts that residents see: of the PPID in the footer, and whom to call above answers about an emergency."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from hoax_tracker.admin.blueprint import bp, current_officer
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.web.edit_forms import EditForm, LinesField, clean_input_text
from hoax_tracker.organisation import public_contacts as contacts
from hoax_tracker.organisation.units import Values

ViewResult = str | Response | tuple[str, int]


class ContactsForm(EditForm):
    """The contacts; each emergency contact is one line."""

    address = StringField(_l("Alamat kantor PPID"), filters=[clean_input_text])
    telephone = StringField(_l("Telepon"), filters=[clean_input_text])
    email = StringField(_l("Email"), filters=[clean_input_text])
    website = StringField(_l("Situs resmi"), filters=[clean_input_text])
    emergency = LinesField(_l("Siapa yang dihubungi dalam keadaan darurat"))

    def values(self) -> Values:
        """Return the entered values."""
        named = {name: self[name].data or "" for name in contacts.LONGEST}
        return named | {"emergency": [contacts.read_emergency_line(line) for line in self.emergency.data]}


def contacts_form_data(values: Values) -> dict[str, Any]:
    """Return the values as the form's fields store them."""
    return values | {"emergency": [contacts.format_emergency_line(contact) for contact in values["emergency"]]}


@bp.route("/kontak", methods=["GET", "POST"])
def public_contacts() -> ViewResult:
    """Show and change the contacts that residents see."""
    values = contacts.contact_values()
    form = ContactsForm(data=contacts_form_data(values), seen=values_digest(values))
    saved = form.attempt(
        lambda: contacts.change_contacts(form.values(), form.seen.data, by=current_officer(), now=utc_now()),
        contacts.contact_values,
    )
    if saved:
        flash(_("Tersimpan. Halaman warga sudah memuatnya."), "done")
        return redirect(url_for("accounts.public_contacts"))
    hidden = [form[name].label.text for name in contacts.list_hidden_fields()]
    return render_template("accounts/public_contacts.html", form=form, hidden=hidden), form.status
