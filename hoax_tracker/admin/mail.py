"""The administrator tries the mail server: one letter to the own address, and what became of it at once."""

from __future__ import annotations

from flask import current_app, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.admin.blueprint import bp, me
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.notifications.mail import Letter, link, send_now
from hoax_tracker.notifications.mail.smtp import PutOff, Refused, ServerTrouble


@bp.post("/sistem/surel")
def try_mail() -> Response:
    """Send a letter to the administrator who asks for it."""
    settings: Settings = current_app.extensions["settings"]
    now, to = utc_now(), me().email
    try:
        send_now(to, test_letter(), settings, now)
    except ServerTrouble as error:
        said = "server"
        flash(
            _("Server surel tidak menerima: %(reason)s. Surel yang menunggu tidak hilang.", reason=str(error)), "fault"
        )
    except (Refused, PutOff) as error:
        said = "address"
        flash(_("Server surel menolak alamat Anda: %(reason)s.", reason=str(error)), "fault")
    else:
        said = "sent"
        flash(_("Surel percobaan diterima server untuk %(address)s. Periksa kotak masuk Anda.", address=to), "done")
    with writing():
        audit_log.record("mail_tried", "mail", officer=me(), now=now, detail={"outcome": said})
    return redirect(url_for("accounts.system") + "#surel", 303)


def test_letter() -> Letter:
    """Return the letter that says that letters arrive."""
    return Letter(
        subject=_("Surel percobaan"),
        paragraphs=(
            _("Surel ini dikirim karena Anda menekan «Kirim surel percobaan» di halaman Sistem."),
            _("Bila Anda membacanya, pengiriman surel sudah bekerja."),
        ),
        action=(_("Buka halaman Sistem"), link("accounts.system")),
    )
