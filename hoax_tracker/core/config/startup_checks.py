"""Checks for valid settings that are unsafe together. The program refuses to start and says why."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from hoax_tracker.core.config.settings import Settings

ENV_PREFIX = "HOAX_TRACKER_"
# Read by the tests alone.
TEST_VARIABLES = frozenset({"HOAX_TRACKER_TEST_DATABASE", "HOAX_TRACKER_TEST_REDIS"})
SECRET_FILES = ("secret_key", "password_salt", "contact_key", "backup_key", "audit_key")
OBVIOUS_SECRET_WORDS = (
    "changeme",
    "change-me",
    "change_me",
    "password",
    "secret",
    "rahasia",
    "example",
    "contoh",
    "12345678",
)
MIN_DISTINCT_CHARACTERS = 8


@dataclass(frozen=True)
class StartContext:
    """The process being started: a web server at ``host``, or (without one) a worker or ``init``."""

    host: str = ""


def unsafe_setting_faults(settings: Settings, start: StartContext | None) -> list[str]:
    """Return what makes the settings unsafe, as text."""
    faults = [*_unsafe_base_url(settings), *_unsafe_demo_settings(settings, start), *_unusable_sign_in(settings)]
    if start is not None:
        faults += [
            *_files_open_to_others(settings.data_folder),
            *_unsafe_database(settings),
            *_unsafe_host(settings, start),
        ]
    return faults


def setting_warnings(settings: Settings, start: StartContext) -> Iterator[str]:
    """Yield warnings about settings that may be intended but need a look."""
    if settings.behind_proxy and start.host and not is_local_host(start.host):
        yield (
            f"HOAX_TRACKER_BEHIND_PROXY=1 while listening at {start.host}: who reaches this port past the proxy can "
            "claim any address. Let only the proxy reach it."
        )


def unknown_variables(env: Mapping[str, str], known_names: Collection[str]) -> Iterator[str]:
    """Yield each HOAX_TRACKER variable that nothing reads, with the name probably meant."""
    # Compared without what all begin with, which would make any two alike.
    known_words = {name.removeprefix(ENV_PREFIX) for name in known_names if name.startswith(ENV_PREFIX)}
    for name in sorted(env):
        if name.startswith(ENV_PREFIX) and name not in known_names and name not in TEST_VARIABLES:
            close = get_close_matches(name.removeprefix(ENV_PREFIX), known_words, 1)
            yield f"{name} is no setting" + (f": {ENV_PREFIX}{close[0]} is meant?" if close else "")


def weak_secrets(env: Mapping[str, str], names: Iterable[str]) -> Iterator[str]:
    """Yield each guessable secret in the environment."""
    for name in names:
        if _is_guessable_secret(env.get(name, "")):
            yield f"{name} can be guessed: take one from `openssl rand -base64 32 | tr +/ -_`"


def _is_guessable_secret(secret: str) -> bool:
    """Tell whether a secret has few distinct characters, repeats itself, or contains an obvious word.

    Obvious words are the placeholders that guides use.
    """
    repeats = secret in (secret + secret)[1:-1]
    return bool(secret) and (
        repeats
        or len(set(secret)) < MIN_DISTINCT_CHARACTERS
        or any(word in secret.lower() for word in OBVIOUS_SECRET_WORDS)
    )


def _unsafe_base_url(settings: Settings) -> Iterator[str]:
    """Yield faults in the public address, and settings that are unsafe with a public one."""
    address = urlsplit(settings.base_url)
    if address.username or address.password:
        yield f"{ENV_PREFIX}BASE_URL must hold no user and no password"  # and they are not repeated here
    elif address.path or address.query or address.fragment:
        yield f"{ENV_PREFIX}BASE_URL must end after host and port, without a path or query: {settings.base_url!r}"
    if settings.fetch_allow and address.hostname and not is_local_host(address.hostname):
        yield f"{ENV_PREFIX}FETCH_ALLOW lets the program into this machine: for demo and tests only"


def _unsafe_demo_settings(settings: Settings, start: StartContext | None) -> Iterator[str]:
    """Yield settings that the demo, a throwaway instance with invented news, must not have."""
    if not settings.demo:
        return
    host = urlsplit(settings.base_url).hostname or ""
    if settings.secure or not is_local_host(host) or (start and start.host and not is_local_host(start.host)):
        yield f"{ENV_PREFIX}DEMO=1 shows invented news: it is served to this machine only, never at a public address"
    if settings.database_url.startswith("postgresql"):
        yield f"{ENV_PREFIX}DEMO=1 fills a throwaway database: DATABASE_URL must not name a PostgreSQL"


def _unusable_sign_in(settings: Settings) -> Iterator[str]:
    """Yield a fault where no officer could sign in."""
    if not settings.passwords and not settings.sign_on:
        yield f"{ENV_PREFIX}PASSWORDS=0 needs a provider in {ENV_PREFIX}SIGN_ON_FILE: nobody could sign in"


def _unsafe_database(settings: Settings) -> Iterator[str]:
    """Yield a fault for an in-memory database, which web processes and worker cannot share."""
    kind, _, place = settings.database_url.partition("://")
    if kind.startswith("sqlite") and (place in ("", "/") or ":memory:" in place or "mode=memory" in place):
        yield "DATABASE_URL names a database in memory: each process would have its own"


def _unsafe_host(settings: Settings, start: StartContext) -> Iterator[str]:
    """Yield a fault where residents' messages would travel unencrypted."""
    if start.host and not is_local_host(start.host) and not settings.secure and not settings.demo:
        yield (
            f"--host {start.host} serves to the network while {ENV_PREFIX}BASE_URL is {settings.base_url}: messages "
            f"and passwords would travel in the open. Put a proxy with TLS before it, and set {ENV_PREFIX}BASE_URL=https://…"
        )


def _files_open_to_others(folder: Path) -> Iterator[str]:
    """Yield the files that other users of the machine can read, with the command that closes them."""
    if sys.platform == "win32":
        return
    if folder.stat().st_mode & 0o077:
        yield f"{folder} is open to other users: chmod 700 {folder}"
    for path in [folder / name for name in SECRET_FILES]:
        if path.exists() and path.stat().st_mode & 0o077:
            yield f"{path} is open to other users: chmod 600 {path}"


def is_local_host(host: str) -> bool:
    """Tell whether the host is this machine's loopback."""
    host = host.strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
