"""Pages behind links: accept an invitation, choose a password, and request a link after forgetting it.

A GET uses no link up, because mail servers open links before the reader does. Typed passwords are never shown again.
"""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, make_response, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from hoax_tracker.accounts import invitations, passwords
from hoax_tracker.accounts.views.own_account import ForgottenPasswordForm, NewPasswordForm
from hoax_tracker.clock import utc_now
from hoax_tracker.notifications.mail import is_mail_enabled

bp = APIBlueprint("account_links", __name__, url_prefix="/petugas", enable_openapi=False)
TOUR_OFFERED = "tour_offered"  # in the session of who just accepted an invitation; hoax_tracker/help/tour.py asks


@bp.route("/undangan/<token>", methods=["GET", "POST"])
def accept_invitation(token: str) -> Response:
    """Let an invited person choose a password, which creates the account."""
    row = invitations.find_invitation(token, utc_now())
    if current_user.is_authenticated:
        return _refuse_signed_in(row.email)
    email, name, unit = row.email, row.name, row.unit.name
    form = NewPasswordForm.over({})
    if form.attempt(lambda: invitations.accept_invitation(token, form.password.data, utc_now())):
        session[TOUR_OFFERED] = True
        return _welcome(_("Akun Anda siap. Masuk dengan kata sandi yang baru Anda pilih."))
    page = render_template("accounts/choose_password.html", form=form, email=email, name=name, unit=unit)
    return make_response(page, form.status)


@bp.route("/sandi/<token>", methods=["GET", "POST"])
def choose_password(token: str) -> Response:
    """Let an officer choose a new password."""
    officer = passwords.find_password_link(token, utc_now()).officer
    if current_user.is_authenticated and current_user.id != officer.id:
        return _refuse_signed_in(officer.email)
    email, name = officer.email, officer.name
    form = NewPasswordForm.over({})
    if form.attempt(lambda: passwords.choose_password(token, form.password.data, utc_now())):
        return _welcome(_("Kata sandi diganti. Masuk dengan kata sandi yang baru."))
    page = render_template("accounts/choose_password.html", form=form, email=email, name=name, unit=None)
    return make_response(page, form.status)


def _refuse_signed_in(email: str) -> Response:
    """Return the page for a signed-in officer who opens another person's link. The link stays valid."""
    page = render_template("accounts/link_for_another.html", email=email, me=current_user)
    return make_response(page, 409)


def _welcome(message: str) -> Response:
    """Redirect to the sign-in page after a password was chosen."""
    flash(message, "done")
    return redirect(url_for("security.login"), 303)


@bp.route("/lupa", methods=["GET", "POST"])
def forgot_password() -> Response:
    """Accept the address of an officer who forgot the password.

    The answer reveals nothing about the address.
    """
    form = ForgottenPasswordForm.over({})
    asked = is_mail_enabled() and form.attempt(lambda: passwords.request_password_link(form.email.data, utc_now()))
    page = render_template("accounts/forgot_password.html", form=form, asked=asked, has_mail=is_mail_enabled())
    return make_response(page, form.status)
