"""One frozen settings object, read from the environment and checked at start. Each fault is named.

``Settings`` defines everything that can be set. A new setting needs a field there, and a line in docs/running.md
that says what it is.
Secrets missing from the environment are generated at the first run and stored in the data folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import timedelta
from itertools import chain
from pathlib import Path

from hoax_tracker.core.config import startup_checks, variables as read
from hoax_tracker.core.config.mail_server import MailServer, read_mail_server
from hoax_tracker.core.config.sign_on_providers import SignOnProvider, parse_sign_on_file
from hoax_tracker.core.config.variables import VARIABLES, Variable, key_setting, setting
from hoax_tracker.errors import SettingsError

MAIL_VARIABLES = (Variable("HOAX_TRACKER_SMTP_URL"), Variable("HOAX_TRACKER_MAIL_FROM"))
"""Of which read_mail_server() makes one value."""
INIT_VARIABLES = (Variable("HOAX_TRACKER_ADMIN_EMAIL"), Variable("HOAX_TRACKER_ADMIN_PASSWORD"))
"""The first administrator and their password, which ``init`` asks for where they are not given."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings.

    ``fetch_allow`` holds (host, port) pairs that may be fetched although they are not public. Printing the settings
    leaves out secrets.
    """

    # The variable, how it is read, and the default; docs/running.md says what it is.
    data_folder: Path = setting(
        "HOAX_TRACKER_DATA", read.parse_folder, MISSING, made_in=lambda folder, _complain: folder
    )
    database_url: str = setting(
        "DATABASE_URL",
        read.parse_database_url,
        MISSING,
        made_in=lambda folder, _complain: read.sqlite_url(folder),
        is_secret=True,
    )
    redis_url: str = setting("REDIS_URL", read.parse_redis_url, "", is_secret=True)
    base_url: str = setting("HOAX_TRACKER_BASE_URL", read.parse_base_url, "http://127.0.0.1:8000")
    behind_proxy: bool = setting("HOAX_TRACKER_BEHIND_PROXY", read.parse_switch, False)
    secret_key: str = key_setting("HOAX_TRACKER_SECRET_KEY", read.parse_key, read.make_key("secret_key"))
    password_salt: str = key_setting("HOAX_TRACKER_PASSWORD_SALT", read.parse_key, read.make_key("password_salt"))
    contact_key: str = key_setting("HOAX_TRACKER_CONTACT_KEY", read.parse_contact_key, read.make_contact_key)
    # Made with the first backup, unless it is given.
    backup_key: str = setting("HOAX_TRACKER_BACKUP_KEY", read.parse_key_or_nothing, "", is_key=True)
    audit_key: str = key_setting("HOAX_TRACKER_AUDIT_KEY", read.parse_key, read.make_key("audit_key"))
    security_contact: str = setting("HOAX_TRACKER_SECURITY_CONTACT", read.parse_security_contact, "")
    metrics_token: str = setting("HOAX_TRACKER_METRICS_TOKEN", read.parse_token, "", is_key=True)
    unflagged_retention: timedelta = setting("HOAX_TRACKER_UNFLAGGED_DAYS", read.parse_days, timedelta(days=90))
    contact_retention: timedelta = setting("HOAX_TRACKER_CONTACT_DAYS", read.parse_days, timedelta(days=90))
    query_retention: timedelta = setting("HOAX_TRACKER_QUERY_DAYS", read.parse_days, timedelta(days=90))
    mail: MailServer | None = field(default=None, metadata={VARIABLES: MAIL_VARIABLES})
    sign_on: tuple[SignOnProvider, ...] = setting("HOAX_TRACKER_SIGN_ON_FILE", parse_sign_on_file, ())
    passwords: bool = setting("HOAX_TRACKER_PASSWORDS", read.parse_switch, True)
    second_factor: str = setting("HOAX_TRACKER_SECOND_FACTOR", read.parse_second_factor, "required")
    limit_factor: int = setting("HOAX_TRACKER_LIMIT_FACTOR", read.parse_number, 1)
    rsshub: str = setting("HOAX_TRACKER_RSSHUB", read.parse_web_address, "")
    rss_bridge: str = setting("HOAX_TRACKER_RSS_BRIDGE", read.parse_web_address, "")
    fetch_allow: frozenset[tuple[str, int]] = setting("HOAX_TRACKER_FETCH_ALLOW", read.parse_host_ports, frozenset())
    demo: bool = setting("HOAX_TRACKER_DEMO", read.parse_switch, False)
    testing: bool = False
    # Limits of one visitor and, "in total", of everybody together. read_settings() takes them ``limit_factor`` times.
    checks_per_minute: int = 30
    pictures_per_minute: int = 6
    reports_per_hour: int = 10
    sign_ins_per_quarter_hour: int = 20
    pictures_per_minute_in_total: int = 60
    reports_per_hour_in_total: int = 500

    @property
    def secure(self) -> bool:
        """True where the public address is https. Cookies are then sent over TLS only."""
        return self.base_url.startswith("https://")


LIMITS = tuple(one.name for one in fields(Settings) if "_per_" in one.name and VARIABLES not in one.metadata)
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
    _make_data_folder(folder)
    values = {name: variables[0].read(env, folder, faults) for name, variables in VARIABLES_BY_FIELD.items()}
    values["mail"] = read_mail_server(env, faults)
    settings = Settings(**{name: value for name, value in values.items() if value is not None})
    settings = replace(settings, **{name: getattr(settings, name) * settings.limit_factor for name in LIMITS})
    faults += [
        *startup_checks.unknown_variables(env, {variable.name for variable in ALL_VARIABLES}),
        *startup_checks.weak_secrets(env, [variable.name for variable in ALL_VARIABLES if variable.is_key]),
        *startup_checks.unsafe_setting_faults(settings, start),
    ]
    if faults:
        raise SettingsError(_format_setting_faults(faults), user_message=_format_setting_faults(faults))
    return settings


def _format_setting_faults(faults: list[str]) -> str:
    """Return the faults as text for the administrator, one per line."""
    return "\n  ".join(["pengaturan belum dapat dipakai (the settings cannot be used):", *faults])


def _make_data_folder(folder: Path) -> None:
    """Create the data folder, readable by its owner only. Raises SettingsError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"HOAX_TRACKER_DATA: cannot make the folder {folder}: {error.strerror}") from error
