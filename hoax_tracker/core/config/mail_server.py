"""The outgoing mail server, read from HOAX_TRACKER_SMTP_URL and HOAX_TRACKER_MAIL_FROM."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from hoax_tracker.core.config.startup_checks import is_local_host

# Scheme of the address -> its usual port. ``smtp`` insists on STARTTLS; ``smtp+plain`` is for this machine.
SMTP_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
SMTP_URL_FORMATS = (
    "smtp://user:password@host:587 (STARTTLS), smtps://… (TLS from the start) or smtp+plain://localhost:25"
)
_ADDRESS = re.compile(r"[^@\s<>\",;:()\[\]\\]{1,64}@[^@\s.<>]+(?:\.[^@\s.<>]+)+")


@dataclass(frozen=True)
class MailServer:
    """The SMTP server, the connection's scheme, the login, and the sender."""

    host: str
    port: int
    scheme: str
    sender_name: str
    sender_address: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def sender_domain(self) -> str:
        """The domain of the sender's address, used in Message-IDs."""
        return self.sender_address.rpartition("@")[2]


def is_mail_address(text: str) -> bool:
    """Tell whether the text is a single valid e-mail address."""
    if not _ADDRESS.fullmatch(text) or len(text) > 254:
        return False
    try:
        return Address(addr_spec=text).addr_spec == text
    except (HeaderParseError, ValueError, IndexError):
        return False


def read_mail_server(env: Mapping[str, str], faults: list[str]) -> MailServer | None:
    """Return the configured server, or None. Adds each fault to ``faults``."""
    url, sender = env.get("HOAX_TRACKER_SMTP_URL", "").strip(), env.get("HOAX_TRACKER_MAIL_FROM", "").strip()
    if not url and not sender:
        return None
    name, address = parseaddr(sender)
    new_faults = [*_mail_url_faults(url), *([] if is_mail_address(address) else [_mail_sender_fault(sender)])]
    faults += new_faults
    if new_faults:
        return None
    parts = urlsplit(url)
    return MailServer(
        host=str(parts.hostname),
        port=parts.port or SMTP_PORTS[parts.scheme],
        scheme=parts.scheme,
        sender_name=name or "Kupang Kabas Hoaks",
        sender_address=address,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _mail_sender_fault(sender: str) -> str:
    if not sender:
        return "HOAX_TRACKER_SMTP_URL is set: HOAX_TRACKER_MAIL_FROM must name who the letters come from"
    return 'HOAX_TRACKER_MAIL_FROM should look like "Kupang Kabas Hoaks <kabas@kota.example>"'


def _mail_url_faults(url: str) -> list[str]:
    """Return the faults in the server's URL, without quoting it: it may contain a password."""
    if not url:
        return ["HOAX_TRACKER_MAIL_FROM is set: HOAX_TRACKER_SMTP_URL must name the mail server"]
    try:
        parts = urlsplit(url)
        well_formed = parts.scheme in SMTP_PORTS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        well_formed = False
    if not well_formed:
        return [f"HOAX_TRACKER_SMTP_URL cannot be read: it should look like {SMTP_URL_FORMATS}"]
    return _unencrypted_mail_faults(parts)


def _unencrypted_mail_faults(parts: SplitResult) -> list[str]:
    """Return a fault where mail or a password would be sent unencrypted."""
    if parts.scheme == "smtp+plain" and not is_local_host(str(parts.hostname)):
        return ["HOAX_TRACKER_SMTP_URL: smtp+plain sends letters in the open, so only to this machine: take smtp://"]
    return []
