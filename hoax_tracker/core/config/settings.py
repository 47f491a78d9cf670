"""One frozen settings object, read from the environment and checked at start. Each fault is named.

``Settings`` defines everything that can be set. A new setting needs a field there and a line in docs/running.md.
Secrets missing from the environment are generated at the first run and stored in the data folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from itertools import chain
from pathlib import Path

from hoax_tracker.core.config import startup_checks
from hoax_tracker.core.config import variables as read
from hoax_tracker.core.config.mail_server import MailServer, read_mail_server
from hoax_tracker.core.config.sign_on_providers import SignOnProvider, parse_sign_on_file
from hoax_tracker.core.config.variables import VARIABLES, Variable, setting
from hoax_tracker.errors import SettingsError

MADE = "made, in the folder"
MAIL_VARIABLES = (  # read_mail_server() makes one value of both
    Variable("HOAX_TRACKER_SMTP_URL", "the mail server: [mail.md](mail.md)"),
    Variable("HOAX_TRACKER_MAIL_FROM", "whom the letters come from: [mail.md](mail.md)"),
)
INIT_VARIABLES = (
    Variable("HOAX_TRACKER_ADMIN_EMAIL", "the first administrator, for `init`", default_words="asked for"),
    Variable("HOAX_TRACKER_ADMIN_PASSWORD", "their password, for `init`", default_words="asked for"),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings.

    ``fetch_allow`` holds (host, port) pairs that may be fetched although they are not public. Printing the settings
    leaves out secrets.
    """

    # The variable, how it is read, the default, and what docs/running.md says.
    data_folder: Path = setting(
        "HOAX_TRACKER_DATA",
        read.parse_folder,
        MISSING,
        "folder of database, secrets, models and files, mode 700",
        made_in=lambda folder, _complain: folder,
        default_words="`instance`",
    )
    database_url: str = setting(
        "DATABASE_URL",
        read.parse_database_url,
        MISSING,
        "`postgresql://user:password@host:5432/name`",
        made_in=lambda folder, _complain: read.sqlite_url(folder),
        default_words="SQLite in that folder",
        is_secret=True,
    )
    redis_url: str = setting(
        "REDIS_URL",
        read.parse_redis_url,
        "",
        "`redis://:password@host:6379/0`: counts the limits for several hosts",
        is_secret=True,
    )
    base_url: str = setting(
        "HOAX_TRACKER_BASE_URL",
        read.parse_base_url,
        "http://127.0.0.1:8000",
        "the public address, host and port only; `https://` makes cookies secure",
    )
    behind_proxy: bool = setting(
        "HOAX_TRACKER_BEHIND_PROXY",
        read.parse_switch,
        False,
        "`1`: one proxy stands before it, whose `X-Forwarded-…` and `X-Request-ID` count",
    )
    secret_key: str = setting(
        "HOAX_TRACKER_SECRET_KEY",
        read.parse_key,
        MISSING,
        "signs sessions; 32 characters or more",
        made_in=read.make_key("secret_key"),
        default_words=MADE,
        is_key=True,
    )
    password_salt: str = setting(
        "HOAX_TRACKER_PASSWORD_SALT",
        read.parse_key,
        MISSING,
        "goes into password hashes: with another one no password fits",
        made_in=read.make_key("password_salt"),
        default_words=MADE,
        is_key=True,
    )
    contact_key: str = setting(
        "HOAX_TRACKER_CONTACT_KEY",
        read.parse_contact_key,
        MISSING,
        "encrypts reporters' contacts; 32 bytes in URL-safe base64, and the newer keys before it, "
        "with commas, after a rotation",
        made_in=read.make_contact_key,
        default_words=MADE,
        is_key=True,
    )
    backup_key: str = setting(
        "HOAX_TRACKER_BACKUP_KEY",
        read.parse_key_or_nothing,
        "",
        "proves who made a backup; 32 characters or more, kept apart from the archives: [backup.md](backup.md)",
        default_words="made with the first backup, in the folder",
        is_key=True,
    )
    audit_key: str = setting(
        "HOAX_TRACKER_AUDIT_KEY",
        read.parse_key,
        "",
        "seals the audit log; 32 characters or more, in no backup: [security.md](security.md)",
        made_in=read.make_key("audit_key"),
        default_words=MADE,
        is_key=True,
    )
    security_contact: str = setting(
        "HOAX_TRACKER_SECURITY_CONTACT",
        read.parse_security_contact,
        "",
        "where holes are reported, in `/.well-known/security.txt`: `mailto:…` or `https://…`",
        default_words="the page `/tentang`",
    )
    log: str = setting(
        "HOAX_TRACKER_LOG",
        read.parse_log_format,
        "",
        "`json` or `text`; left out: text on a terminal, JSON elsewhere",
        default_words="by terminal",
    )
    metrics_token: str = setting(
        "HOAX_TRACKER_METRICS_TOKEN",
        read.parse_token,
        "",
        "who sends it as `Authorization: Bearer …` may read `/metrics` from elsewhere",
        is_key=True,
    )
    disk_floor_mb: int = setting(
        "HOAX_TRACKER_DISK_FLOOR_MB", read.parse_number, 500, "less free room than this, and `/readyz` says so"
    )
    unflagged_retention: timedelta = setting(
        "HOAX_TRACKER_UNFLAGGED_DAYS",
        read.parse_days,
        timedelta(days=90),
        "how long items are kept that no claim holds",
    )
    contact_retention: timedelta = setting(
        "HOAX_TRACKER_CONTACT_DAYS",
        read.parse_days,
        timedelta(days=90),
        "how long reporters' contacts, mail, screenshots, and evidence of claims closed without an answer are kept",
    )
    query_retention: timedelta = setting(
        "HOAX_TRACKER_QUERY_DAYS",
        read.parse_days,
        timedelta(days=90),
        "how long it is kept what the public asked (without who)",
    )
    mail: MailServer | None = field(default=None, metadata={VARIABLES: MAIL_VARIABLES})
    checks_per_minute: int = setting(
        "HOAX_TRACKER_CHECKS_PER_MINUTE",
        read.parse_number,
        30,
        "questions of one visitor; as many searches of one program",
    )
    pictures_per_minute: int = setting(
        "HOAX_TRACKER_PICTURES_PER_MINUTE", read.parse_number, 6, "screenshots of one visitor that are read"
    )
    reports_per_hour: int = setting("HOAX_TRACKER_REPORTS_PER_HOUR", read.parse_number, 10, "reports of one visitor")
    sign_ins_per_quarter_hour: int = setting(
        "HOAX_TRACKER_SIGN_INS_PER_QUARTER_HOUR",
        read.parse_number,
        20,
        "attempts to sign in of one visitor, and as many requests for a new password",
    )
    sign_on: tuple[SignOnProvider, ...] = setting(
        "HOAX_TRACKER_SIGN_ON_FILE",
        parse_sign_on_file,
        (),
        "a file that names the office's identity providers (OpenID Connect): [install.md](install.md#sign-on)",
        default_words="none",
    )
    passwords: bool = setting(
        "HOAX_TRACKER_PASSWORDS",
        read.parse_switch,
        True,
        "`0`: officers sign in by an identity provider or a passkey alone",
        default_words="`1`",
    )
    second_factor: str = setting(
        "HOAX_TRACKER_SECOND_FACTOR",
        read.parse_second_factor,
        "required",
        "`required`: approvers and administrators need a second factor (a code app or a passkey), a week after they "
        "first sign in; `offered`: nobody does. Who has one is asked for it either way",
    )
    checks_per_minute_in_total: int | None = setting(
        "HOAX_TRACKER_CHECKS_PER_MINUTE_IN_TOTAL",
        read.parse_number_or_nothing,
        None,
        "questions of everybody together; without it as many as the machine can decide",
    )
    pictures_per_minute_in_total: int = setting(
        "HOAX_TRACKER_PICTURES_PER_MINUTE_IN_TOTAL",
        read.parse_number,
        60,
        "screenshots that are read, of everybody together",
    )
    reports_per_hour_in_total: int = setting(
        "HOAX_TRACKER_REPORTS_PER_HOUR_IN_TOTAL", read.parse_number, 500, "reports of everybody together"
    )
    rsshub: str = setting(
        "HOAX_TRACKER_RSSHUB",
        read.parse_web_address,
        "",
        "the public address of the RSSHub that the office runs: [sources.md](sources.md)",
    )
    rss_bridge: str = setting(
        "HOAX_TRACKER_RSS_BRIDGE",
        read.parse_web_address,
        "",
        "the public address of the RSS-Bridge that the office runs: [sources.md](sources.md)",
    )
    fetch_allow: frozenset[tuple[str, int]] = setting(
        "HOAX_TRACKER_FETCH_ALLOW",
        read.parse_host_ports,
        frozenset(),
        "`host:port,…` of this machine that may be fetched: for demo and tests",
    )
    demo: bool = setting(
        "HOAX_TRACKER_DEMO", read.parse_switch, False, "`1`: marked as an example; set by `hoax-tracker demo`"
    )
    testing: bool = False

    @property
    def secure(self) -> bool:
        """True where the public address is https. Cookies are then sent over TLS only."""
        return self.base_url.startswith("https://")


VARIABLES_BY_FIELD: dict[str, tuple[Variable, ...]] = {
    setting_field.name: setting_field.metadata[VARIABLES]
    for setting_field in fields(Settings)
    if VARIABLES in setting_field.metadata
}
ALL_VARIABLES = (*chain.from_iterable(VARIABLES_BY_FIELD.values()), *INIT_VARIABLES)


def read_settings(
    environ: Mapping[str, str] | None = None, start: startup_checks.StartContext | None = None
) -> Settings:
    """Return the settings, creating the data folder and missing secrets.

    Raises SettingsError with every fault. ``start`` says what is being started. Checks that matter only at run time
    need it.
    """
    env = os.environ if environ is None else environ
    faults: list[str] = []
    folder = Path(env.get("HOAX_TRACKER_DATA", "instance")).absolute()
    make_data_folder(folder)
    values = {name: variables[0].read(env, folder, faults) for name, variables in VARIABLES_BY_FIELD.items()}
    values["mail"] = read_mail_server(env, faults)
    settings = Settings(**{name: value for name, value in values.items() if value is not None})
    faults += [
        *startup_checks.unknown_variables(env, {variable.name for variable in ALL_VARIABLES}),
        *startup_checks.weak_secrets(env, [variable.name for variable in ALL_VARIABLES if variable.is_key]),
        *startup_checks.unsafe_setting_faults(settings, start),
    ]
    if faults:
        raise SettingsError(format_setting_faults(faults), user_message=format_setting_faults(faults))
    return settings


def format_setting_faults(faults: list[str]) -> str:
    """Return the faults as text for the administrator, one per line."""
    return "\n  ".join(["pengaturan belum dapat dipakai (the settings cannot be used):", *faults])


def make_data_folder(folder: Path) -> None:
    """Create the data folder, readable by its owner only. Raises SettingsError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"HOAX_TRACKER_DATA: cannot make the folder {folder}: {error.strerror}") from error
