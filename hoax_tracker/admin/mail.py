"""Mail server test: a mail to the administrator's own address, with its outcome shown at once."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.admin.blueprint import bp
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.current import current_officer, current_settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.notifications.mail import Letter, public_url_for, send_letter_now
from hoax_tracker.notifications.mail.smtp import MailDeferredError, MailRejectedError, MailServerError


@bp.post("/sistem/surel")
def try_mail() -> Response:
    """Send a test mail to the administrator who asks for it."""
    settings = current_settings()
    now, to = utc_now(), current_officer().email
    try:
        send_letter_now(to, _build_test_letter(), settings, now)
    except MailServerError as error:
        said = "server"
        flash(
            _("Server email tidak menerima: %(reason)s. Email yang menunggu tidak hilang.", reason=str(error)), "fault"
        )
    except (MailRejectedError, MailDeferredError) as error:
        said = "address"
        flash(_("Server email menolak alamat Anda: %(reason)s.", reason=str(error)), "fault")
    else:
        said = "sent"
        flash(_("Email percobaan diterima server untuk %(address)s. Periksa kotak masuk Anda.", address=to), "done")
    with write_transaction():
        audit_log.record_event("mail_tried", "mail", officer=current_officer(), now=now, detail={"outcome": said})
    return redirect(url_for("accounts.system") + "#surel", 303)


def _build_test_letter() -> Letter:
    """Return the test mail."""
    return Letter(
        subject=_("Email percobaan"),
        paragraphs=(
            _("Email ini dikirim karena Anda menekan «Kirim email percobaan» di halaman Sistem."),
            _("Bila Anda membacanya, pengiriman email sudah bekerja."),
        ),
        action=(_("Buka halaman Sistem"), public_url_for("accounts.system")),
    )
