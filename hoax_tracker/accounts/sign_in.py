"""Sign-in with Flask-Security-Too: argon2 passwords, brakes, sign-out, and role checks for views."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Flask, Request, Response, after_this_request, request
from flask_babel import gettext as _, lazy_gettext as _l
from flask_security import LoginForm, Security, SQLAlchemyUserDatastore, auth_required, current_user, user_authenticated

from hoax_tracker.accounts import connections, letters, passwords, sessions, sign_in_brakes, sign_in_log
from hoax_tracker.accounts.connections import current_connection
from hoax_tracker.accounts.second_factor.guard import STEP_PLUGIN, register_second_factor
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import LANGUAGE_COOKIE, current_settings
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Officer, Role, RoleName, db

datastore = SQLAlchemyUserDatastore(db, Officer, Role)

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_ACCOUNT_PATHS = ("/petugas/masuk", "/petugas/keluar", "/petugas/akun")

# Flask-Security ships no Indonesian. It never tells which of the two was wrong, nor which accounts exist.
WRONG_CREDENTIALS = _l("Email atau kata sandi tidak cocok")
SECURITY_MESSAGES = {
    "GENERIC_AUTHN_FAILED": WRONG_CREDENTIALS,
    "USER_DOES_NOT_EXIST": WRONG_CREDENTIALS,
    "INVALID_PASSWORD": WRONG_CREDENTIALS,
    "INVALID_EMAIL_ADDRESS": WRONG_CREDENTIALS,
    "EMAIL_NOT_PROVIDED": _l("Isi email dinas Anda"),
    "PASSWORD_NOT_PROVIDED": _l("Isi kata sandi Anda"),
    "DISABLED_ACCOUNT": _l("Akun ini dinonaktifkan. Hubungi administrator."),
    "LOGIN": _l("Masuk dulu untuk membuka halaman ini."),
    "UNAUTHENTICATED": _l("Masuk dulu untuk membuka halaman ini."),
    "UNAUTHORIZED": _l("Anda tidak berwenang membuka halaman ini."),
    "REAUTHENTICATION_REQUIRED": _l("Masukkan kata sandi Anda sekali lagi."),
    "ANONYMOUS_USER_REQUIRED": _l("Anda sudah masuk."),
}


class SignInForm(LoginForm):
    """The library's form with brakes and without "remember me": no session may last a year.

    Answer and response time are the same for a wrong password, an unknown address and an account that has to wait.
    """

    remember = None

    def validate(self, **more: Any) -> bool:
        """Tell whether the password is right, the account need not wait, and account and unit are active."""
        if not (self.email.data and self.password.data):
            return bool(super().validate(**more))
        attempt = sign_in_brakes.count_attempt(str(self.email.data), utc_now())
        if super().validate(**more):
            if attempt.is_allowed and isinstance(self.user, Officer) and self.user.may_sign_in:
                return True
            self.email.errors = [*self.email.errors, WRONG_CREDENTIALS]
        sign_in_brakes.note_failure(attempt, utc_now())
        return False


def prepare_sign_in(app: Flask) -> None:
    """Configure and register Flask-Security: /petugas/masuk and /petugas/keluar."""
    settings = app.extensions["settings"]
    app.config.update(
        SECURITY_PASSWORD_SALT=settings.password_salt,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of a method, not a password
        SECURITY_URL_PREFIX="/petugas",
        SECURITY_LOGIN_URL="/masuk",
        SECURITY_LOGOUT_URL="/keluar",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/petugas/mulai",
        SECURITY_POST_LOGOUT_VIEW="/",
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_LOGIN_USER_TEMPLATE="accounts/sign_in.html",
        SECURITY_PASSWORD_LENGTH_MIN=passwords.MIN_LENGTH,
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_FRESHNESS=timedelta(minutes=-1),  # no page of the library's own that asks for the password again
        SECURITY_TWO_FACTOR_IMPLEMENTATIONS={"code": STEP_PLUGIN},
        PERMANENT_SESSION_LIFETIME=sessions.MAX_SESSION_TIME,
        # Flask-Login's guard writes to the session of whoever is not signed in yet: the answer to any address that was
        # asked meanwhile, such as the service worker's, would come after the sign-in's and undo its cookie.
        SESSION_PROTECTION=None,
        **{f"SECURITY_MSG_{name}": (text, "error") for name, text in SECURITY_MESSAGES.items()},
    )
    sessions.register_session_limits(app)
    security = Security(app, datastore, login_form=SignInForm, password_util_cls=passwords.PasswordRules)
    app.login_manager.user_loader(sessions.load_signed_in_officer)  # type: ignore[attr-defined]
    app.login_manager.request_loader(_ignore_tokens)  # type: ignore[attr-defined]
    user_authenticated.connect(_finish_sign_in, app)
    security.login_context_processor(_sign_in_choices)
    app.before_request(_limit_sign_in_attempts)
    app.before_request(_refuse_acts_of_auditors)
    register_second_factor(app, security)


def _ignore_tokens(_request: Request) -> None:
    """Sign nobody in by a token in the request. The library would read every JSON body for one, however large."""


def _finish_sign_in(_app: Flask, user: Officer, authn_via: list[str] | None = None, **_more: Any) -> None:
    """Begin the session after a sign-in, record it, and mail the officer about an unknown browser.

    Runs in the transaction of the library's view, which commits because it may hold a rehashed password.
    """
    now = utc_now()
    sign_in_log.record_sign_in(user, authn_via or [], now)
    known_browser = connections.find_known_browser(user.id, user.fs_uniquifier)
    sign_in_brakes.release_brakes(user)
    sessions.begin_session(user, now)
    if known_browser is None:
        letters.post_new_browser(user, current_connection(), now)
    connections.remember_browser(user)
    if user.language:
        set_language_cookie(user.language)


def set_language_cookie(language: str) -> None:
    """Set the cookie with the language that the officer chose."""

    @after_this_request
    def set_cookie(response: Response) -> Response:
        secure = current_settings().secure
        response.set_cookie(
            LANGUAGE_COOKIE, language, max_age=connections.KEPT, secure=secure, httponly=True, samesite="Lax"
        )
        return response


def _limited_attempt(path: str) -> str | None:
    """Return the name of a posted form's rate limit: one for each sign-in step, one for password requests."""
    if path.startswith("/petugas/masuk"):
        return path.replace("/petugas/masuk", "sign-in")
    return "password request" if path == "/petugas/lupa" else None


def _sign_in_choices() -> dict[str, Any]:
    """Return the ways to sign in that the page offers: passwords and identity providers."""
    settings = current_settings()
    return {"passwords_accepted": settings.passwords, "sign_on_providers": settings.sign_on}


def _limit_sign_in_attempts() -> None:
    """Apply the rate limit per address to sign-in attempts and password requests, against guessing.

    Raises NotAllowedError for a password where the settings switch passwords off.
    """
    is_form = request.method == "POST" and request.endpoint is not None  # an address that is no page has no limit
    attempt = _limited_attempt(request.path) if is_form else None
    if attempt is None:
        return
    settings = current_settings()
    if request.path == "/petugas/masuk" and not settings.passwords:
        message = _("Di sini petugas masuk lewat akun kantor, bukan dengan kata sandi.")
        raise NotAllowedError("passwords are switched off", user_message=message)
    with write_transaction(None):
        limit = Limit(attempt, settings.sign_ins_per_quarter_hour, timedelta(minutes=15))
        limit.use(request.remote_addr or "", utc_now())


def _refuse_acts_of_auditors() -> None:
    """Raise NotAllowedError for auditors who send any form except those of their own account."""
    if request.method in READING_METHODS or not request.path.startswith("/petugas/"):
        return
    is_own = request.path.startswith(OWN_ACCOUNT_PATHS)
    if not is_own and current_user.is_authenticated and current_user.is_auditor:
        raise NotAllowedError("auditors read", user_message=_("Peran auditor hanya membaca."))


def sign_in_required(*roles: RoleName) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Restrict a view to officers with at least one of the roles (no role named: any officer)."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        @auth_required("session")
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if roles and not any(current_user.is_a(role) for role in roles):
                raise NotAllowedError(f"needs one of {[role.value for role in roles]}")
            return view(*args, **kwargs)

        return guarded

    return decorate
