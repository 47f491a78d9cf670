"""An officer's own account: profile, password, open sessions and recent sign-ins.

Pages behind links, too: accept an invitation, choose a password, and request a link after forgetting it. A GET uses no
link up, because mail servers open links before the reader does. Typed passwords are never shown again.
"""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import get_locale, gettext as _, lazy_gettext as _l
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, EmailField, PasswordField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import EqualTo

from hoax_tracker.accounts import invitations, officer_acts, own_account, passwords, sessions, sign_in_log
from hoax_tracker.accounts.connections import browser_in_words
from hoax_tracker.accounts.second_factor.freshness import require_fresh_proof
from hoax_tracker.accounts.sign_in import set_language_cookie, sign_in_required
from hoax_tracker.accounts.sign_on_client import list_joined_identities, unlink_own_identity
from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import find_act
from hoax_tracker.authority.row_acts import Values
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.web.edit_forms import ChoiceField, EditForm, clean_input_text, max_length_rule, required_rule
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import Officer, RoleName
from hoax_tracker.notifications.mail import is_mail_enabled
from hoax_tracker.notifications.push.targets import PushTarget, is_push_enabled, push_public_key

LANGUAGE_NAMES = [SelectChoice("id", "Bahasa Indonesia"), SelectChoice("en", "English")]


class ProfileForm(EditForm):
    """An officer's own name, language and mail setting."""

    name = StringField(_l("Nama"), [required_rule(), max_length_rule(120)], filters=[clean_input_text])
    language = ChoiceField(_l("Bahasa"), choices=LANGUAGE_NAMES)
    gets_mail = BooleanField(_l("Kirim kabar dan ringkasan pagi lewat email"))

    def values(self) -> Values:
        """Return the entered values."""
        return {"name": self.name.data, "language": self.language.data, "gets_mail": self.gets_mail.data}


class NewPasswordForm(EditForm):
    """A new password, entered twice."""

    password = PasswordField(_l("Kata sandi baru"), [required_rule()])
    again = PasswordField(_l("Sekali lagi"), [EqualTo("password", _l("Keduanya belum sama. Ketik sekali lagi."))])


class ChangePasswordForm(NewPasswordForm):
    """A new password and the present one."""

    old = PasswordField(_l("Yang sekarang"), [required_rule()])


class ForgottenPasswordForm(EditForm):
    """The address that a password link is requested for."""

    email = EmailField(_l("Email dinas"), [required_rule(), max_length_rule(255)])


bp = APIBlueprint("own_account", __name__, url_prefix="/petugas/akun", enable_openapi=False)


@bp.before_request
@sign_in_required()
def only_officers() -> None:
    """Require a signed-in officer."""


def _page_language() -> str:
    return str(get_locale() or "id")


@bp.get("")
def show() -> Response:
    """Show the account."""
    return _render_account()


@bp.post("")
def change_profile() -> Response:
    """Change name, language and mail setting."""
    officer_id = current_officer().id
    form = ProfileForm.over(own_account.profile_values(current_officer(), _page_language()))
    saved = form.attempt(
        lambda: own_account.change_profile(officer_id, form.values(), form.seen.data, _page_language(), utc_now()),
        lambda: own_account.profile_values(current_officer(), _page_language()),
    )
    if not saved:
        return _render_account(profile=form)
    set_language_cookie(form.language.data)
    return done(_("Tersimpan."))


@bp.post("/pintasan")
def switch_keys() -> Response:
    """Switch the desk's single keys on or off, and go on with the work."""
    is_on = request.form.get("on") == "1"
    own_account.switch_keys(current_officer().id, is_on, utc_now())
    flash(_("Pintasan menyala: hurufnya tertulis pada tombolnya.") if is_on else _("Pintasan mati."), "done")
    return redirect(url_for("work.start"), 303)


@bp.post("/sandi")
def change_password() -> Response:
    """Change the password."""
    officer_id, form = current_officer().id, ChangePasswordForm.over({})
    changed = form.attempt(
        lambda: own_account.change_password(officer_id, form.old.data, form.password.data, utc_now())
    )
    return (
        done(_("Kata sandi diganti. Perangkat lain diminta masuk lagi.")) if changed else _render_account(password=form)
    )


@bp.post("/sesi/<int:session_id>/keluarkan")
def end_session(session_id: int) -> Response:
    """End one other session."""
    own_account.end_other_session(current_officer().id, session_id, utc_now())
    return done(_("Browser itu sudah dikeluarkan."))


@bp.post("/sesi/keluarkan-lain")
def end_other_sessions() -> Response:
    """End all sessions except the current one."""
    own_account.end_other_sessions(current_officer().id, utc_now())
    return done(_("Semua browser lain sudah dikeluarkan."))


@bp.post("/browser")
def add_alarm_browser() -> tuple[str, int]:
    """Add this browser to those that are told of what rises."""
    if not is_push_enabled():
        raise NotFoundError("no browser can be told")
    target = PushTarget(*(request.form.get(name, "") for name in ("endpoint", "p256dh", "auth")))
    own_account.add_alarm_browser(current_officer().id, target, current_settings(), utc_now())
    return "", 204


@bp.post("/browser/<int:browser_id>/cabut")
def remove_alarm_browser(browser_id: int) -> Response:
    """Tell one of the browsers nothing any more."""
    own_account.remove_alarm_browser(current_officer().id, browser_id, utc_now())
    return done(_("Browser itu tidak dikabari lagi."))


@bp.post("/akun-kantor/<int:identity_id>/lepas")
def unlink(identity_id: int) -> Response:
    """Unlink one of the officer's accounts at identity providers."""
    require_fresh_proof()
    officer = current_officer()
    unlink_own_identity(officer.id, identity_id, utc_now())
    return done(_("Akun kantor itu dilepas. Masuk berikutnya menyambungkannya lagi, lewat alamat email Anda."))


def done(message: str) -> Response:
    """Redirect to the account page with a message about what was done."""
    flash(message, "done")
    return redirect(url_for("own_account.show"), 303)


def _offered_push_key(officer: Officer) -> str:
    """Return the key with which a browser asks to be told; "" where it cannot be."""
    if not (is_push_enabled() and own_account.may_be_told(officer)):
        return ""
    return push_public_key(current_settings().contact_key)


def _render_account(**sent: Any) -> Response:
    """Return the account page. ``sent`` holds a refused form, shown again with its errors."""
    officer, now = current_officer(), utc_now()
    values = own_account.profile_values(officer, _page_language())
    profile = sent.get("profile") or ProfileForm.over(values, formdata=None)
    password = sent.get("password") or ChangePasswordForm(formdata=None)
    page = render_template(
        "accounts/account.html",
        me=officer,
        roles=[role.label for role in RoleName if officer.is_a(role)],
        profile=profile,
        password=password,
        open_sessions=sessions.list_open_sessions(officer, now),
        present=sessions.present_digest(),
        waiting=proposals.find_open_of(officer_acts.officer_subject(officer)),
        find_act=find_act,
        identities=list_joined_identities(officer),
        sign_ins=sign_in_log.list_sign_ins(officer),
        in_words=browser_in_words,
        alarm_browsers=own_account.list_alarm_browsers(officer),
        push_key=_offered_push_key(officer),
    )
    return make_response(page, max(profile.status, password.status))


links_bp = APIBlueprint("account_links", __name__, url_prefix="/petugas", enable_openapi=False)
TOUR_OFFERED = "tour_offered"  # in the session of who just accepted an invitation; hoax_tracker/help/tour.py asks


@links_bp.route("/undangan/<token>", methods=["GET", "POST"])
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


@links_bp.route("/sandi/<token>", methods=["GET", "POST"])
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


@links_bp.route("/lupa", methods=["GET", "POST"])
def forgot_password() -> Response:
    """Accept the address of an officer who forgot the password.

    The answer reveals nothing about the address.
    """
    form = ForgottenPasswordForm.over({})
    asked = is_mail_enabled() and form.attempt(lambda: passwords.request_password_link(form.email.data, utc_now()))
    page = render_template("accounts/forgot_password.html", form=form, asked=asked, has_mail=is_mail_enabled())
    return make_response(page, form.status)
