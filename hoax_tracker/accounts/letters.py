"""Mails about an account, in the owner's language. Only the owner gets them.

Each is queued in the transaction of the act it reports.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import force_locale, format_datetime, gettext as _

from hoax_tracker.accounts.connections import Connection, browser_in_words
from hoax_tracker.models import Invitation, Officer, PasswordLink, SignInBrake, SignInFailure
from hoax_tracker.notifications.mail import Letter, enqueue_letter, public_url_for


def _format_moment(value: datetime) -> str:
    """Return a moment as display text."""
    return str(format_datetime(value, _("d MMMM y, HH.mm 'WITA'")))


def _why_you() -> str:
    """Return the line that explains why the officer gets mail about the account."""
    return str(_("Anda menerima email ini karena Anda punya akun petugas. Email tentang keamanan selalu dikirim."))


def post_invitation(invitation: Invitation, token: str, now: datetime) -> bool:
    """Queue the mail with the link that creates the account; False where the instance sends no mail."""
    with force_locale("id"):
        letter = Letter(
            subject=_("Undangan ke meja petugas Kupang Kabas Hoaks"),
            paragraphs=(
                _("Halo %(name)s.", name=invitation.name),
                _(
                    "Anda diundang sebagai petugas %(unit)s. Pilih kata sandi Anda sendiri lewat tautan ini.",
                    unit=invitation.unit.name,
                ),
            ),
            action=(_("Buat akun"), public_url_for("account_links.accept_invitation", token=token)),
            closing=(
                _(
                    "Tautan ini berlaku sekali, sampai %(when)s. Jangan teruskan email ini kepada siapa pun.",
                    when=_format_moment(invitation.expires_at),
                ),
            ),
            why=_("Anda menerima email ini karena administrator mengundang alamat ini. Tidak mengenalnya? Abaikan."),
        )
        return enqueue_letter(
            f"invitation:{invitation.id}:{invitation.token_digest[:16]}", invitation.email, letter, now
        )


def post_password_link(link: PasswordLink, token: str, now: datetime) -> bool:
    """Queue the mail with the link to a new password; False where the instance sends no mail."""
    officer = link.officer
    with force_locale(officer.mail_language):
        reason = (
            _("Administrator menyetel ulang akun Anda. Kata sandi yang lama tidak berlaku lagi.")
            if officer.password is None
            else _("Seseorang meminta kata sandi baru untuk akun Anda. Bukan Anda? Abaikan: tidak ada yang berubah.")
        )
        letter = Letter(
            subject=_("Kata sandi baru untuk meja petugas"),
            paragraphs=(reason, _("Pilih kata sandi baru lewat tautan ini. Sesudah itu Anda masuk seperti biasa.")),
            action=(_("Pilih kata sandi baru"), public_url_for("account_links.choose_password", token=token)),
            closing=(_("Tautan ini berlaku sekali, sampai %(when)s.", when=_format_moment(link.expires_at)),),
            why=_why_you(),
        )
        return enqueue_letter(f"password:{link.token_digest[:32]}", officer.email, letter, now)


def post_password_changed(officer: Officer, connection: Connection, now: datetime) -> bool:
    """Queue the mail that reports a changed password."""
    with force_locale(officer.mail_language):
        letter = Letter(
            subject=_("Kata sandi Anda diganti"),
            paragraphs=(
                _("Kata sandi akun Anda diganti pada %(when)s, dengan %(where)s.", **place(connection, now)),
                _("Bukan Anda? Minta kata sandi baru sekarang juga, lalu beri tahu administrator."),
            ),
            action=(_("Minta kata sandi baru"), public_url_for("account_links.forgot_password")),
            why=_why_you(),
        )
        return enqueue_letter(f"password-changed:{officer.id}:{now.isoformat()}", officer.email, letter, now)


def post_new_browser(officer: Officer, connection: Connection, now: datetime) -> bool:
    """Queue the mail that reports a sign-in from an unknown browser."""
    with force_locale(officer.mail_language):
        letter = Letter(
            subject=_("Akun Anda dibuka di browser baru"),
            paragraphs=(
                _("Akun Anda dibuka pada %(when)s, dengan %(where)s.", **place(connection, now)),
                _("Itu Anda? Tidak ada yang perlu dilakukan. Bukan Anda? Keluarkan browser itu, lalu ganti sandi."),
            ),
            action=(_("Buka akun Anda"), public_url_for("own_account.show")),
            why=_why_you(),
        )
        return enqueue_letter(f"new-browser:{officer.id}:{now.isoformat()}", officer.email, letter, now)


def post_brake_letter(officer: Officer, brake: SignInBrake, now: datetime) -> bool:
    """Queue the mail that reports repeated sign-in failures and names the two ways around the wait."""
    with force_locale(officer.mail_language):
        letter = Letter(
            subject=_("Masuk ke akun Anda gagal berkali-kali"),
            paragraphs=(
                _(
                    "Sejak %(when)s seseorang salah mengetik kata sandi akun Anda lima kali atau lebih.",
                    when=_format_moment(brake.first_at),
                ),
                _("Untuk sementara akun Anda tidak dapat dibuka dari browser baru, paling lama satu jam setiap kali."),
                _(
                    "Perlu masuk sekarang? Pakai browser yang pernah Anda pakai, atau minta tautan kata sandi baru: "
                    "dengan tautan itu Anda langsung dapat masuk."
                ),
            ),
            action=(_("Minta tautan"), public_url_for("account_links.forgot_password")),
            why=_why_you(),
        )
        return enqueue_letter(f"brake:{officer.id}:{brake.first_at.isoformat()}", officer.email, letter, now)


def post_stopped_sign_in(officer: Officer, attempt: SignInFailure, now: datetime) -> bool:
    """Queue the mail that the first step of a sign-in succeeded and no second factor followed, one a day."""
    connection = Connection(attempt.network, attempt.browser)
    with force_locale(officer.mail_language):
        letter = Letter(
            subject=_("Seseorang tahu kata sandi Anda, atau Anda belum selesai masuk"),
            paragraphs=(
                _(
                    "Pada %(when)s langkah pertama masuk ke akun Anda berhasil, tetapi kode kedua tidak diberikan: "
                    "%(where)s.",
                    **place(connection, attempt.at),
                ),
                _("Itu Anda? Tidak ada yang perlu dilakukan. Bukan Anda? Ganti kata sandi sekarang."),
            ),
            action=(_("Minta kata sandi baru"), public_url_for("account_links.forgot_password")),
            why=_why_you(),
        )
        return enqueue_letter(f"stopped:{officer.id}:{now.date().isoformat()}", officer.email, letter, now)


def place(connection: Connection, now: datetime) -> dict[str, str]:
    """Return the time, and the browser with its network, as display text."""
    where = _(
        "%(browser)s, jaringan %(network)s", browser=browser_in_words(connection.browser), network=connection.network
    )
    return {"when": _format_moment(now), "where": str(where)}
