"""A real SMTP server on loopback (aiosmtpd), with the faults that a test sets."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from hoax_tracker.core.config.mail_server import MailServer
from hoax_tracker.core.config.settings import Settings
from tests.services import free_port
from tests.shared_app import change_settings
from tests.waiting import DEADLINE_S


class Postman:
    """Stores arriving letters; the other fields set how it differs from a good server.

    ``pauses``: by recipient, an event set when the letter has arrived, and an event that the answer waits for.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refused: dict[str, str] = {}
        self.data_answers: list[str] = []
        self.closes_after_data = 0
        self.pauses: dict[str, tuple[threading.Event, threading.Event]] = {}
        self.connections = 0

    async def handle_EHLO(  # noqa: N802, RUF100 - the library's name for it
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count the connection."""
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802, RUF100
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept an address unless it is to be refused."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802, RUF100
        """Store the letter, and answer as set."""
        if self.data_answers:
            return self.data_answers.pop(0)
        for begun, go_on in filter(None, map(self.pauses.get, envelope.rcpt_tos)):
            begun.set()
            await asyncio.to_thread(go_on.wait, 60)
        content = cast(bytes, envelope.content)
        self.letters.append(cast(EmailMessage, message_from_bytes(content, policy=policy.default)))
        self.recipients.append(list(envelope.rcpt_tos))
        if self.closes_after_data:
            self.closes_after_data -= 1
            cast(asyncio.Transport, server.transport).abort()
        return "250 OK"


@contextmanager
def run_mail_server(postman: Postman, port: int = 0, **options: Any) -> Iterator[int]:
    """Run the server; yield its port."""
    where = {"hostname": "127.0.0.1", "port": port or free_port(), "ready_timeout": DEADLINE_S}
    controller = Controller(postman, **where, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def build_authenticator(user: bytes, password: bytes) -> Any:
    """An authenticator that knows one person."""

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (user, password)
        return AuthResult(success=good, handled=good)

    return check


def make_certificate(folder: Path, name: str = "localhost", days_left: int = 1) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for ``name``, and the file of its self-signed authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=3))
        .not_valid_after(today + dt.timedelta(days=days_left))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


def turn_mail_on(app: Flask, port: int | None = None) -> Settings:
    """Let the application send letters to a port (None: one at which nobody answers); return its settings."""
    server = MailServer("127.0.0.1", port or free_port(), "smtp+plain", "Kabas", "kabas@kota.example")
    return change_settings(app, mail=server)


def plain_text(letter: EmailMessage) -> str:
    """Return the plain text of a letter."""
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
