"""Identity providers, read from a separate file because it contains their secrets.

    [kota]
    label = Akun Pemkot Kupang
    issuer = https://sso.kota.example/realms/kota
    client_id = kabas
    client_secret = …

``private = yes`` lets the program reach a provider inside the office's network. ``prompt`` (default ``login``) is what
the provider asks each time: without it, whoever sits down next at the machine is signed on as well.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from configparser import ConfigParser, Error, SectionProxy
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from hoax_tracker.errors import NotFoundError, SettingsError

REQUIRED_KEYS = ("issuer", "client_id", "client_secret")
OPTIONAL_KEYS = ("label", "private", "prompt")
PROMPTS = ("login", "select_account", "consent", "none")
NAME_PATTERN = re.compile(r"[a-z0-9-]{1,32}")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class SignOnProvider:
    """An identity provider; ``name`` appears in addresses, ``label`` on the button."""

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    is_private: bool = False
    prompt: str = "login"

    @property
    def host_and_port(self) -> tuple[str, int]:
        """The issuer's host and port."""
        address = urlsplit(self.issuer)
        return address.hostname or "", address.port or (443 if address.scheme == "https" else 80)

    @property
    def is_on_this_machine(self) -> bool:
        """True for a provider on loopback: another program on this machine, or a test."""
        return self.host_and_port[0] in LOOPBACK_HOSTS


def read_providers(path: Path) -> tuple[SignOnProvider, ...]:
    """Return the providers in a file. Raises SettingsError with every fault."""
    parser = ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
    except OSError as error:
        raise SettingsError(f"{path}: it cannot be read: {error.strerror}") from error
    except (Error, UnicodeError) as error:
        # The parser's own words repeat lines of the file, which holds secrets.
        raise SettingsError(f"{path}: it is no file of sections and keys") from error
    faults = [fault for name in parser.sections() for fault in _section_faults(name, parser[name])]
    if not parser.sections():
        faults.append("names no provider")
    if faults:
        raise SettingsError("; ".join(f"{path}: {fault}" for fault in faults))
    return tuple(_build_provider(name, parser[name]) for name in parser.sections())


def parse_sign_on_file(text: str, complain: Callable[[str], None]) -> tuple[SignOnProvider, ...] | None:
    """Parse the file's path and the file.

    Complains where other users can read it, because it contains secrets.
    """
    if not text.strip():
        return None
    path = Path(text.strip())
    try:
        providers = read_providers(path)
    except SettingsError as error:
        complain(f"names a file that cannot be used: {error}")
        return None
    if sys.platform != "win32" and path.stat().st_mode & 0o007:
        complain(f"names a file with secrets that is open to other users: chmod 640 {path}")
    return providers


def _section_faults(name: str, section: SectionProxy) -> list[str]:
    faults = [f"[{name}] lacks {key}" for key in REQUIRED_KEYS if not section.get(key, "").strip()]
    faults += [f"[{name}] {key} is no key of a provider" for key in section if key not in REQUIRED_KEYS + OPTIONAL_KEYS]
    if not NAME_PATTERN.fullmatch(name):
        faults.append(f"[{name}] must be named in small letters, digits and dashes")
    if section.get("private", "no").strip().lower() not in ("yes", "no"):
        faults.append(f"[{name}] private must be yes or no")
    if section.get("prompt", "login").strip().lower() not in PROMPTS:
        faults.append(f"[{name}] prompt must be {', '.join(PROMPTS)}")
    if section.get("issuer", "").strip() and not _is_issuer_address(section["issuer"].strip()):
        faults.append(f"[{name}] issuer must be an https address without a query (http only on this machine)")
    return faults


def _is_issuer_address(issuer: str) -> bool:
    """Tell whether the issuer is valid for OpenID Connect; http is allowed on this machine only."""
    try:
        address = urlsplit(issuer)
        port = address.port
    except ValueError:
        return False
    if not address.hostname or address.query or address.fragment or address.username or port == 0:
        return False
    return address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK_HOSTS)


def _build_provider(name: str, section: SectionProxy) -> SignOnProvider:
    """Return the provider of a valid section."""
    issuer = section["issuer"].strip()
    return SignOnProvider(
        name=name,
        label=section.get("label", "").strip() or name,
        issuer=issuer,
        client_id=section["client_id"].strip(),
        client_secret=section["client_secret"].strip(),
        is_private=section.get("private", "no").strip().lower() == "yes",
        prompt=section.get("prompt", "login").strip().lower(),
    )


def find_provider(providers: tuple[SignOnProvider, ...], name: str) -> SignOnProvider:
    """Return the provider of that name. Raises NotFoundError."""
    for provider in providers:
        if provider.name == name:
            return provider
    raise NotFoundError(f"sign-on provider {name!r}")
