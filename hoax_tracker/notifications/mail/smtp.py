"""SMTP: hands one letter to the mail server and sorts failures into the server's and the letter's.

A server that is unreachable, or refuses our password or sender, is the office's problem, and all letters wait. A
refused recipient concerns that letter only: for good (5xx), or for now (4xx). RFC 5321, 4.2.
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
from hoax_tracker.notifications.mail.outbox import RenderedLetter

ANSWER_WITHIN_S = 20.0
LETTER_WITHIN_S = 60.0
_ENHANCED = re.compile(r"\A\d\.\d{1,3}\.\d{1,3}\b")


class MailServerError(HoaxTrackerError):
    """The server accepted nothing, for a reason unrelated to the letter."""


class MailRejectedError(HoaxTrackerError):
    """The server will never take this letter."""


class MailDeferredError(HoaxTrackerError):
    """The server does not accept this letter now."""


@contextmanager
def smtp_session(server: MailServer) -> Iterator[smtplib.SMTP]:
    """Yield an encrypted and authenticated connection as set. Raises MailServerError, without any address."""
    try:
        connection = _open_smtp_connection(server)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise MailServerError(_describe_smtp_error(error)) from error
    try:
        yield connection
    finally:
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()
        connection.close()


def _open_smtp_connection(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(timeout=ANSWER_WITHIN_S, context=context)
    else:
        connection = smtplib.SMTP(timeout=ANSWER_WITHIN_S)
    try:
        with _limit_connection_time(LETTER_WITHIN_S, connection):
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
def _limit_connection_time(seconds: float, connection: smtplib.SMTP) -> Iterator[None]:
    """Close the connection after a time limit: the socket's own timeout restarts with every byte of a slow server."""

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
    """Hand the server one letter; it has accepted it when this returns.

    Raises MailRejectedError, MailDeferredError or MailServerError.
    """
    try:
        message = _build_mime_message(server, key, letter, now)
        with _limit_connection_time(LETTER_WITHIN_S, connection):
            connection.send_message(message, server.sender_address, [letter.to])
    except smtplib.SMTPRecipientsRefused as error:
        code, reply = next(iter(error.recipients.values()))
        raise _error_for_smtp_code(code, reply) from error
    except smtplib.SMTPDataError as error:
        raise _error_for_smtp_code(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerError(_describe_smtp_error(error)) from error


def _error_for_smtp_code(code: int, reply: bytes | str) -> MailRejectedError | MailDeferredError:
    """Return the error for a refused recipient or message."""
    return (
        MailRejectedError(_format_smtp_code(code, reply))
        if 500 <= code < 600
        else MailDeferredError(_format_smtp_code(code, reply))
    )


def _build_mime_message(server: MailServer, key: str, letter: RenderedLetter, now: datetime) -> EmailMessage:
    """Return the letter as MIME. Its Message-ID derives from the key, so that a second copy is recognised."""
    message = EmailMessage()
    message["From"] = Address(server.sender_name, addr_spec=server.sender_address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{digest}@{server.sender_domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    if letter.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language  # last: setting the content takes such headers away
    return message


def _describe_smtp_error(error: Exception) -> str:
    """Return the error in a few words and its code, without the server's text, which names addresses."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {_format_smtp_code(error.smtp_code, error.smtp_error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "name not found"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else ""
    return f"{type(error).__name__} {reason}".strip()


def _format_smtp_code(code: int, reply: bytes | str) -> str:
    """Return "550 5.1.1": the code, and the enhanced code where there is one (RFC 3463)."""
    words = reply.decode("ascii", "replace") if isinstance(reply, bytes) else str(reply)
    match = _ENHANCED.match(words.strip())
    return f"{code} {match[0]}" if match else str(code)
