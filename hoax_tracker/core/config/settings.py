"""One frozen settings object, read from the environment and checked at start; each fault is named.

``HOAX_TRACKER_…`` as in README.md, and the usual ``DATABASE_URL``. Secrets are made on first run and kept in the data
folder with mode 600, unless the environment gives them.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from hoax_tracker.core.config import startup_checks
from hoax_tracker.core.config.mail_server import MailServer, read_mail_server
from hoax_tracker.core.config.sign_on_providers import SignOnProvider, read_providers
from hoax_tracker.core.structured_logging import LOG_FORMATS
from hoax_tracker.errors import SettingsError

SECRET_FILE_MODE = 0o600


@dataclass(frozen=True)
class Settings:
    """Everything that can be set. ``fetch_allow`` holds (host, port) pairs that may be fetched though not public.

    What holds a secret is left out where the settings are printed.
    """

    data_folder: Path
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    password_salt: str = field(repr=False)
    contact_key: str = field(repr=False)
    backup_key: str = field(default="", repr=False)
    base_url: str = "http://127.0.0.1:8000"
    fetch_allow: frozenset[tuple[str, int]] = frozenset()
    demo: bool = False
    testing: bool = False
    behind_proxy: bool = False
    unflagged_kept: timedelta = timedelta(days=90)
    contacts_kept: timedelta = timedelta(days=90)
    queries_kept: timedelta = timedelta(days=90)
    checks_per_minute: int = 30
    reports_per_hour: int = 10
    sign_ins_per_quarter_hour: int = 20
    checks_per_minute_in_total: int | None = None
    pictures_per_minute: int = 6
    pictures_per_minute_in_total: int = 60
    reports_per_hour_in_total: int = 500
    redis_url: str = field(default="", repr=False)
    log: str = ""
    metrics_token: str = field(default="", repr=False)
    disk_floor_mb: int = 500
    rsshub: str = ""
    rss_bridge: str = ""
    mail: MailServer | None = None
    sign_on: tuple[SignOnProvider, ...] = ()
    passwords: bool = True

    @property
    def secure(self) -> bool:
        """True where the public address is https: cookies are then sent over TLS only."""
        return self.base_url.startswith("https://")


def read_settings(
    environ: Mapping[str, str] | None = None, start: startup_checks.StartContext | None = None
) -> Settings:
    """Return the settings, making the data folder and missing secrets. Raises SettingsError with every fault named.

    What only matters while something runs is asked where ``start`` says what is being started.
    """
    env = os.environ if environ is None else environ
    faults: list[str] = []
    folder = Path(env.get("HOAX_TRACKER_DATA", "instance")).absolute()
    make_data_folder(folder)
    base_url = env.get("HOAX_TRACKER_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).netloc:
        faults.append(f"HOAX_TRACKER_BASE_URL must be an http(s) address, not {base_url!r}")
    settings = Settings(
        data_folder=folder,
        database_url=database_url(env.get("DATABASE_URL", ""), folder, faults),
        secret_key=read_secret(env, "SECRET_KEY", folder, faults),
        password_salt=read_secret(env, "PASSWORD_SALT", folder, faults),
        contact_key=contact_key(env, folder, faults),
        backup_key=backup_key(env, faults),
        base_url=base_url,
        fetch_allow=read_host_ports(env.get("HOAX_TRACKER_FETCH_ALLOW", ""), faults),
        demo=read_boolean(env, "DEMO", faults),
        behind_proxy=read_boolean(env, "BEHIND_PROXY", faults),
        unflagged_kept=read_days(env, "UNFLAGGED_DAYS", 90, faults),
        contacts_kept=read_days(env, "CONTACT_DAYS", 90, faults),
        queries_kept=read_days(env, "QUERY_DAYS", 90, faults),
        checks_per_minute=read_positive_number(env, "CHECKS_PER_MINUTE", 30, faults),
        reports_per_hour=read_positive_number(env, "REPORTS_PER_HOUR", 10, faults),
        sign_ins_per_quarter_hour=read_positive_number(env, "SIGN_INS_PER_QUARTER_HOUR", 20, faults),
        checks_per_minute_in_total=no_more_than(env, "CHECKS_PER_MINUTE_IN_TOTAL", faults),
        pictures_per_minute=read_positive_number(env, "PICTURES_PER_MINUTE", 6, faults),
        pictures_per_minute_in_total=read_positive_number(env, "PICTURES_PER_MINUTE_IN_TOTAL", 60, faults),
        reports_per_hour_in_total=read_positive_number(env, "REPORTS_PER_HOUR_IN_TOTAL", 500, faults),
        redis_url=redis_url(env.get("REDIS_URL", ""), faults),
        log=read_log_format(env, faults),
        metrics_token=env.get("HOAX_TRACKER_METRICS_TOKEN", ""),
        disk_floor_mb=read_positive_number(env, "DISK_FLOOR_MB", 500, faults),
        rsshub=read_web_address(env, "RSSHUB", faults),
        rss_bridge=read_web_address(env, "RSS_BRIDGE", faults),
        mail=read_mail_server(env, faults),
        sign_on=sign_on_providers(env, faults),
        passwords=read_boolean(env, "PASSWORDS", faults, default=True),
    )
    faults += startup_checks.unsafe_setting_faults(settings, env, start)
    if faults:
        raise SettingsError(format_setting_faults(faults), user_message=format_setting_faults(faults))
    return settings


def format_setting_faults(faults: list[str]) -> str:
    """Return the faults for the person who must mend them, each on a line of its own."""
    return "\n  ".join(["pengaturan belum dapat dipakai (the settings cannot be used):", *faults])


def make_data_folder(folder: Path) -> None:
    """Make the data folder readable by its owner only."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"HOAX_TRACKER_DATA: cannot make the folder {folder}: {error.strerror}") from error


def database_url(given: str, folder: Path, faults: list[str]) -> str:
    """Return the SQLAlchemy URL: SQLite in the data folder, or the given one with psycopg 3 as its driver."""
    if not given:
        return f"sqlite:///{folder / 'hoax-tracker.sqlite3'}"
    scheme, _, rest = given.partition("://")
    if scheme == "sqlite":
        return given
    if scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        faults.append("DATABASE_URL must begin with sqlite:// or postgresql://")
        return given
    if find_spec("psycopg") is None:
        faults.append("DATABASE_URL names PostgreSQL: install its driver with pip install 'hoax-tracker[postgresql]'")
    url = f"postgresql+psycopg://{rest}"
    if not is_valid_database_url(url):
        # The address itself is not repeated: it holds a password.
        faults.append("DATABASE_URL cannot be read: it should look like postgresql://user:password@host:5432/name")
    return url


def redis_url(given: str, faults: list[str]) -> str:
    """Return the address of Redis, which counts the limits of several hosts; empty where the database does."""
    if not given:
        return ""
    if find_spec("redis") is None:
        faults.append("REDIS_URL is set: install its driver with pip install 'hoax-tracker[redis]'")
        return given
    from redis import Redis

    try:
        Redis.from_url(given).close()  # it connects on first use
    except ValueError:
        # The address itself is not repeated: it may hold a password.
        faults.append("REDIS_URL cannot be read: it should look like redis://:password@host:6379/0")
    return given


def is_valid_database_url(url: str) -> bool:
    """Tell whether the address has a form that the driver understands, with a database's name."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return bool(make_url(url).database)
    except (ArgumentError, ValueError):
        return False


def read_secret(env: Mapping[str, str], name: str, folder: Path, faults: list[str]) -> str:
    """Return a secret of the environment, or the one kept in the data folder, made on first use."""
    given = env.get(f"HOAX_TRACKER_{name}")
    if given is not None:
        if len(given) < 32:
            faults.append(f"HOAX_TRACKER_{name} must have at least 32 characters")
        return given
    return load_or_create_secret(folder / name.lower(), secrets.token_urlsafe(48))


def contact_key(env: Mapping[str, str], folder: Path, faults: list[str]) -> str:
    """Return the key that encrypts reporters' contacts: 32 bytes, URL-safe base64, never in the database."""
    given = env.get("HOAX_TRACKER_CONTACT_KEY")
    key = given or load_or_create_secret(
        folder / "contact_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    )
    try:
        if len(base64.urlsafe_b64decode(key)) != 32:
            raise ValueError
    except ValueError:
        faults.append("HOAX_TRACKER_CONTACT_KEY must be 32 bytes in URL-safe base64")
    return key


def backup_key(env: Mapping[str, str], faults: list[str]) -> str:
    """Return the key that seals backups where the environment gives one; else the first backup makes it."""
    given = env.get("HOAX_TRACKER_BACKUP_KEY", "")
    if 0 < len(given) < 32:
        faults.append("HOAX_TRACKER_BACKUP_KEY must have at least 32 characters")
    return given


def load_or_create_secret(path: Path, fresh: str) -> str:
    """Return the secret in ``path``; write ``fresh`` there first where it is missing.

    The file appears whole or not at all (written aside, then linked), so two processes that start together agree.
    Raises SettingsError where the folder cannot be used.
    """
    try:
        return read_or_create_file(path, fresh)
    except OSError as error:
        raise SettingsError(
            f"HOAX_TRACKER_DATA: {path.parent} cannot be used: {path.name}: {error.strerror}"
        ) from error


def read_or_create_file(path: Path, fresh: str) -> str:
    """Return what ``path`` holds, written first where it is missing."""
    if not path.exists():
        aside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(fresh)
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text(encoding="ascii").strip()


def read_host_ports(text: str, faults: list[str]) -> frozenset[tuple[str, int]]:
    """Parse "127.0.0.1:8001,localhost:8002"."""
    pairs = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        host, _, port = part.rpartition(":")
        if not host or not port.isdecimal():
            faults.append(f"HOAX_TRACKER_FETCH_ALLOW: {part!r} is not host:port")
        else:
            pairs.add((host.strip("[]").lower(), int(port)))
    return frozenset(pairs)


def sign_on_providers(env: Mapping[str, str], faults: list[str]) -> tuple[SignOnProvider, ...]:
    """Return the providers of identities in the file that the environment names, if any."""
    path = env.get("HOAX_TRACKER_SIGN_ON_FILE", "").strip()
    if not path:
        return ()
    try:
        return read_providers(Path(path))
    except SettingsError as error:
        faults.append(str(error))
        return ()


def read_boolean(env: Mapping[str, str], name: str, faults: list[str], *, default: bool = False) -> bool:
    """Parse a switch: 1/true/yes/on or 0/false/no/off; empty for the default."""
    value = env.get(f"HOAX_TRACKER_{name}", "").strip().lower() or ("1" if default else "")
    if value not in ("", "0", "1", "true", "false", "yes", "no", "on", "off"):
        faults.append(f"HOAX_TRACKER_{name} must be 1 or 0, not {value!r}")
    return value in ("1", "true", "yes", "on")


def read_log_format(env: Mapping[str, str], faults: list[str]) -> str:
    """Return how the log is written; empty leaves it to where it goes."""
    value = env.get("HOAX_TRACKER_LOG", "").strip().lower()
    if value and value not in LOG_FORMATS:
        faults.append(f"HOAX_TRACKER_LOG must be {' or '.join(LOG_FORMATS)}, not {value!r}")
    return value


def read_web_address(env: Mapping[str, str], name: str, faults: list[str]) -> str:
    """Parse the base address of a web service; empty where there is none."""
    value = env.get(f"HOAX_TRACKER_{name}", "").strip().rstrip("/")
    if value and not is_web_address(value):
        faults.append(f"HOAX_TRACKER_{name} must be an http(s) address")
        return ""
    return value


def is_web_address(value: str) -> bool:
    """Tell whether an address has a host, and a port that can be one."""
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def read_positive_number(env: Mapping[str, str], name: str, default: int, faults: list[str]) -> int:
    """Parse a positive whole number."""
    value = env.get(f"HOAX_TRACKER_{name}", str(default)).strip()
    if not value.isdecimal() or int(value) < 1:
        faults.append(f"HOAX_TRACKER_{name} must be a whole number above zero, not {value!r}")
        return default
    return int(value)


def no_more_than(env: Mapping[str, str], name: str, faults: list[str]) -> int | None:
    """Parse a limit that need not be set; None for none."""
    return read_positive_number(env, name, 1, faults) if env.get(f"HOAX_TRACKER_{name}", "").strip() else None


def read_days(env: Mapping[str, str], name: str, default: int, faults: list[str]) -> timedelta:
    """Parse a number of days."""
    return timedelta(days=read_positive_number(env, name, default, faults))
