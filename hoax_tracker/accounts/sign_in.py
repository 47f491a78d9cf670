"""Sign-in with Flask-Security-Too: sessions, argon2 passwords, sign-out; and the roles that views ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Flask, current_app, request
from flask_babel import lazy_gettext as _l
from flask_security import LoginForm, Security, SQLAlchemyUserDatastore, auth_required, current_user

from hoax_tracker.accounts import sessions
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.rate_limiting.limiter import consume_limit
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Officer, Role, RoleName, db

datastore = SQLAlchemyUserDatastore(db, Officer, Role)

# Flask-Security ships no Indonesian. It never tells which of the two was wrong, nor which accounts exist.
WRONG_CREDENTIALS = _l("Surel atau kata sandi tidak cocok")
SECURITY_MESSAGES = {
    "GENERIC_AUTHN_FAILED": WRONG_CREDENTIALS,
    "USER_DOES_NOT_EXIST": WRONG_CREDENTIALS,
    "INVALID_PASSWORD": WRONG_CREDENTIALS,
    "INVALID_EMAIL_ADDRESS": WRONG_CREDENTIALS,
    "EMAIL_NOT_PROVIDED": _l("Isi surel dinas Anda"),
    "PASSWORD_NOT_PROVIDED": _l("Isi kata sandi Anda"),
    "DISABLED_ACCOUNT": _l("Akun ini dinonaktifkan. Hubungi administrator."),
    "LOGIN": _l("Masuk dulu untuk membuka halaman ini."),
    "UNAUTHENTICATED": _l("Masuk dulu untuk membuka halaman ini."),
    "UNAUTHORIZED": _l("Anda tidak berwenang membuka halaman ini."),
    "REAUTHENTICATION_REQUIRED": _l("Masukkan kata sandi Anda sekali lagi."),
    "ANONYMOUS_USER_REQUIRED": _l("Anda sudah masuk."),
}


class SignInForm(LoginForm):
    """The library's form without "remember me": nobody stays signed in for a year, whatever a browser sends."""

    remember = None


def prepare_sign_in(app: Flask) -> None:
    """Configure and attach Flask-Security: /petugas/masuk and /petugas/keluar."""
    settings = app.extensions["settings"]
    app.config.update(
        SECURITY_PASSWORD_SALT=settings.password_salt,
        SECURITY_PASSWORD_HASH="argon2",  # nosec B106  # noqa: S106 - the name of a method, not a password
        SECURITY_URL_PREFIX="/petugas",
        SECURITY_LOGIN_URL="/masuk",
        SECURITY_LOGOUT_URL="/keluar",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/petugas/mulai",
        SECURITY_POST_LOGOUT_VIEW="/",
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_LOGIN_USER_TEMPLATE="accounts/sign_in.html",
        SECURITY_PASSWORD_LENGTH_MIN=10,
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_FRESHNESS=timedelta(minutes=-1),  # no page of the library's own that asks for the password again
        PERMANENT_SESSION_LIFETIME=sessions.MAX_SESSION_TIME,
        **{f"SECURITY_MSG_{name}": (text, "error") for name, text in SECURITY_MESSAGES.items()},
    )
    sessions.register_session_limits(app)
    security = Security(app, datastore, login_form=SignInForm)
    security.login_context_processor(sign_in_choices)
    app.before_request(limit_sign_in_attempts)


def sign_in_choices() -> dict[str, Any]:
    """Return what the sign-in page offers: passwords, and the office's providers of identities."""
    settings = current_app.extensions["settings"]
    return {"passwords_accepted": settings.passwords, "sign_on_providers": settings.sign_on}


def limit_sign_in_attempts() -> None:
    """Limit sign-in attempts per address: passwords are guessed by trying many."""
    if request.method == "POST" and request.path == "/petugas/masuk":
        settings = current_app.extensions["settings"]
        if not settings.passwords:
            message = _l("Di sini petugas masuk lewat akun kantor, bukan dengan kata sandi.")
            raise NotAllowedError("passwords are switched off", user_message=message)
        with write_transaction(None):
            consume_limit(
                "sign-in",
                request.remote_addr or "",
                limit=settings.sign_ins_per_quarter_hour,
                window=timedelta(minutes=15),
                secret=settings.secret_key,
                now=utc_now(),
            )


def sign_in_required(*roles: RoleName) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a view be used only by an officer who holds at least one of the roles (any officer where none is named)."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        @auth_required("session")
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if roles and not any(current_user.is_a(role) for role in roles):
                raise NotAllowedError(f"needs one of {[role.value for role in roles]}")
            return view(*args, **kwargs)

        return guarded

    return decorate
