"""Handing one letter to the mail server: what it said, sorted by whose trouble it is.

A server that is away, refuses our password or our sender is the office's trouble, and every letter waits. A recipient
that is refused is that letter's: for good (5xx), or for now (4xx). RFC 5321, 4.2.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from threading import Timer

from hoax_tracker.core.config.mail_server import MailServer
from hoax_tracker.errors import HoaxTrackerError
from hoax_tracker.notifications.mail.messages import RenderedLetter

ANSWER_WITHIN_S = 20.0
LETTER_WITHIN_S = 60.0
_ENHANCED = re.compile(r"\A\d\.\d{1,3}\.\d{1,3}\b")


class MailServerError(HoaxTrackerError):
    """The server took nothing, for a reason that has nothing to do with the letter."""


class MailRejectedError(HoaxTrackerError):
    """The server will never take this letter."""


class MailDeferredError(HoaxTrackerError):
    """The server does not take this letter now."""


@contextmanager
def smtp_session(server: MailServer) -> Iterator[smtplib.SMTP]:
    """Yield a connection, encrypted and signed in as the settings say. Raises MailServerError, without any address."""
    try:
        connection = open_smtp_connection(server)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise MailServerError(describe_smtp_error(error)) from error
    try:
        yield connection
    finally:
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()
        connection.close()


def open_smtp_connection(server: MailServer) -> smtplib.SMTP:
    """Return a connection, ready for letters."""
    context = ssl.create_default_context()
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(timeout=ANSWER_WITHIN_S, context=context)
    else:
        connection = smtplib.SMTP(timeout=ANSWER_WITHIN_S)
    try:
        with limit_connection_time(LETTER_WITHIN_S, connection):
            connection._host = server.host  # type: ignore[attr-defined] # the name that the certificate must carry
            connection.connect(server.host, server.port)
            if server.scheme == "smtp":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def limit_connection_time(seconds: float, connection: smtplib.SMTP) -> Iterator[None]:
    """Cut the connection after so long: the socket's own limit begins anew with every byte of a slow server."""

    def cut() -> None:
        with suppress(OSError):
            if connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def deliver_letter(
    connection: smtplib.SMTP, server: MailServer, key: str, letter: RenderedLetter, now: datetime
) -> None:
    """Give the server one letter; it has it when this returns. Raises Refused, MailDeferredError or MailServerError."""
    try:
        message = build_mime_message(server, key, letter, now)
        with limit_connection_time(LETTER_WITHIN_S, connection):
            connection.send_message(message, server.sender_address, [letter.to])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise error_for_smtp_code(code, said) from error
    except smtplib.SMTPDataError as error:
        raise error_for_smtp_code(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerError(describe_smtp_error(error)) from error


def error_for_smtp_code(code: int, said: bytes | str) -> MailRejectedError | MailDeferredError:
    """Return what a refusal of one recipient or one message means."""
    return (
        MailRejectedError(format_smtp_code(code, said))
        if 500 <= code < 600
        else MailDeferredError(format_smtp_code(code, said))
    )


def build_mime_message(server: MailServer, key: str, letter: RenderedLetter, now: datetime) -> EmailMessage:
    """Return the letter as MIME. Its Message-ID comes from the key, so that a second copy is known for the same."""
    message = EmailMessage()
    message["From"] = Address(server.sender_name, addr_spec=server.sender_address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{digest}@{server.sender_domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language  # last: setting the content takes such headers away
    return message


def describe_smtp_error(error: Exception) -> str:
    """Return what happened in a few words; what the server said is left out but for its code: it names addresses."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {format_smtp_code(error.smtp_code, error.smtp_error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "name not found"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else ""
    return f"{type(error).__name__} {reason}".strip()


def format_smtp_code(code: int, said: bytes | str) -> str:
    """Return "550 5.1.1": the code, and the enhanced code where there is one (RFC 3463)."""
    words = said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
    found = _ENHANCED.match(words.strip())
    return f"{code} {found[0]}" if found else str(code)
