"""Environment variables as the table of settings describes them, and their parsers.

A parser gets the text and ``complain``, a function that receives each fault: the words that follow the variable's name.
It returns None for the default. Text that may contain a password is never quoted.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hoax_tracker.core.config.secret_files import load_or_create_secret

VARIABLES = "variables"  # what a field of the settings calls them in its metadata
Complain = Callable[[str], None]
Parser = Callable[[str, Complain], Any]
Maker = Callable[[Path, Complain], Any]
SWITCH_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
SHORTEST_KEY = 32
SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class Variable:
    """An environment variable and its parser; docs/running.md says what it is.

    A variable without a parser is read elsewhere. ``made_in`` creates the default in the data folder. A guessable key
    is refused.
    """

    name: str
    parse: Parser | None = None
    made_in: Maker | None = None
    is_key: bool = False

    def read(self, env: Mapping[str, str], folder: Path, faults: list[str]) -> Any:
        """Return the value, or None for the setting's default. Adds each fault to ``faults``."""

        def complain(words: str) -> None:
            faults.append(f"{self.name} {words}")

        value = self.parse(env[self.name], complain) if self.parse and self.name in env else None
        return self.made_in(folder, complain) if value is None and self.made_in else value


def setting(
    name: str,
    parse: Parser,
    default: Any,
    *,
    made_in: Maker | None = None,
    is_key: bool = False,
    is_secret: bool = False,
) -> Any:
    """Return the settings field of one variable. Secrets are never printed; every key counts as a secret."""
    variable = Variable(name, parse, made_in, is_key)
    return field(default=default, repr=not (is_key or is_secret), metadata={VARIABLES: (variable,)})


def key_setting(name: str, parse: Parser, made_in: Maker) -> Any:
    """Return the settings field of a key that is made in the data folder where it is not given."""
    return setting(name, parse, MISSING, made_in=made_in, is_key=True)


def parse_folder(text: str, _complain: Complain) -> Path:
    """Parse a folder's path."""
    return Path(text).absolute()


def parse_switch(text: str, complain: Complain) -> bool | None:
    """Parse a switch: 1/true/yes/on or 0/false/no/off; empty text means the default."""
    word = text.strip().lower()
    if word and word not in SWITCH_WORDS:
        complain(f"must be 1 or 0, not {word!r}")
    return SWITCH_WORDS.get(word)


def parse_number(text: str, complain: Complain) -> int | None:
    """Parse a whole number above zero."""
    word = text.strip()
    if not word.isdecimal() or int(word) < 1:
        complain(f"must be a whole number above zero, not {word!r}")
        return None
    return int(word)


def parse_days(text: str, complain: Complain) -> timedelta | None:
    """Parse a number of days."""
    days = parse_number(text, complain)
    return None if days is None else timedelta(days=days)


def parse_base_url(text: str, complain: Complain) -> str:
    """Parse the public address and remove a trailing slash."""
    address = text.rstrip("/")
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
        complain(f"must be an http(s) address, not {address!r}")
    return address


def parse_web_address(text: str, complain: Complain) -> str | None:
    """Parse a web service's base address; empty text means none."""
    address = text.strip().rstrip("/")
    if address and not _is_web_address(address):
        complain("must be an http(s) address")
        return None
    return address


def parse_security_contact(text: str, complain: Complain) -> str | None:
    """Parse the security contact (RFC 9116), a mail or web address; empty text means none."""
    address = text.strip()
    is_mail = address.startswith("mailto:") and "@" in address and not any(letter.isspace() for letter in address)
    if address and not is_mail and not (address.startswith("https://") and _is_web_address(address)):
        complain("must be mailto:name@host or an https address")
        return None
    return address


def parse_second_factor(text: str, complain: Complain) -> str | None:
    """Parse whether approvers and administrators need a second factor, or may have one like all others."""
    word = text.strip().lower()
    if word and word not in ("required", "offered"):
        complain(f"must be required or offered, not {word!r}")
    return word or None


def _is_web_address(value: str) -> bool:
    """Tell whether the text is an http(s) address with a host and a valid port."""
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def parse_host_ports(text: str, complain: Complain) -> frozenset[tuple[str, int]]:
    """Parse a list like "127.0.0.1:8001,localhost:8002"."""
    pairs = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        host, _, port = part.rpartition(":")
        if not host or not port.isdecimal():
            complain(f"holds {part!r}, which is not host:port")
        else:
            pairs.add((host.strip("[]").lower(), int(port)))
    return frozenset(pairs)


def parse_key(text: str, complain: Complain) -> str:
    """Parse a secret used for signing or authentication."""
    if len(text) < SHORTEST_KEY:
        complain(f"must have at least {SHORTEST_KEY} characters")
    return text


def parse_key_or_nothing(text: str, complain: Complain) -> str | None:
    """Parse a secret used for signing or authentication; empty text means the default."""
    return parse_key(text, complain) if text else None


def parse_contact_key(text: str, complain: Complain) -> str | None:
    """Parse the encryption keys, the newest first, separated by commas; empty text means the default."""
    if text:
        _check_contact_key(text, complain)
    return text or None


def _check_contact_key(keys: str, complain: Complain) -> None:
    """Complain about keys that cannot be used for encryption."""
    if not all(map(_is_encryption_key, keys.split(","))):
        complain("must be 32 bytes in URL-safe base64; after a rotation several such keys with commas between them")


def _is_encryption_key(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except ValueError:
        return False


def make_key(name: str) -> Maker:
    """Return a function that loads a key file from the data folder and creates it on first use."""
    return lambda folder, _complain: load_or_create_secret(folder / name, secrets.token_urlsafe(48))


def make_contact_key(folder: Path, complain: Complain) -> str:
    """Load the encryption key from the data folder, creating it on first use."""
    fresh = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    key = load_or_create_secret(folder / "contact_key", fresh)
    _check_contact_key(key, complain)
    return key


def parse_token(text: str, complain: Complain) -> str:
    """Parse an access token; empty text means none."""
    if 0 < len(text) < SHORTEST_TOKEN:
        complain(f"must have at least {SHORTEST_TOKEN} characters")
    return text


def parse_database_url(text: str, complain: Complain) -> str | None:
    """Parse the SQLAlchemy URL; PostgreSQL uses the driver psycopg 3. Empty text means the default."""
    if not text:
        return None
    scheme, _, rest = text.partition("://")
    if scheme == "sqlite":
        return text
    if scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        complain("must begin with sqlite:// or postgresql://")
        return text
    if find_spec("psycopg") is None or find_spec("procrastinate") is None:
        complain("names PostgreSQL: install its driver and its queue with pip install 'hoax-tracker[postgresql]'")
    url = f"postgresql+psycopg://{rest}"
    if not _is_valid_database_url(url):
        complain("cannot be read: it should look like postgresql://user:password@host:5432/name")
    return url


def sqlite_url(folder: Path) -> str:
    """Return the URL of the SQLite file in the data folder."""
    return f"sqlite:///{folder / 'hoax-tracker.sqlite3'}"


def _is_valid_database_url(url: str) -> bool:
    """Tell whether the driver can parse the URL and it names a database."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return bool(make_url(url).database)
    except (ArgumentError, ValueError):
        return False


def parse_redis_url(text: str, complain: Complain) -> str:
    """Parse the Redis URL; empty text means none."""
    if not text:
        return ""
    if find_spec("redis") is None:
        complain("is set: install its driver with pip install 'hoax-tracker[redis]'")
        return text
    from redis import Redis

    try:
        Redis.from_url(text).close()  # it connects on first use
    except ValueError:
        complain("cannot be read: it should look like redis://:password@host:6379/0")
    return text
