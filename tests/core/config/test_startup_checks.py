"""Unsafe settings are refused in words, all at once, before anything is served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hoax_tracker.core.config import startup_checks
from hoax_tracker.core.config.settings import ALL_VARIABLES, read_settings
from hoax_tracker.core.config.startup_checks import StartContext
from hoax_tracker.errors import SettingsError
from tests import databases
from tests.forks import run_python
from tests.repository import ROOT
from tests.services import free_port

STRONG = "q7Hc0vXz2LwTn9dRk4BsYp8MfJa6GuEe"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that only its owner may read."""
    made = tmp_path / "data"
    made.mkdir(mode=0o700)
    return made


def refused(folder: Path, start: StartContext | None = None, **env: str) -> str:
    """What is said against the settings; empty where they are accepted."""
    named = {name if name == "DATABASE_URL" else f"HOAX_TRACKER_{name}": value for name, value in env.items()}
    try:
        read_settings({"HOAX_TRACKER_DATA": str(folder)} | named, start)
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "kabas.example"])  # noqa: S104 - named, not bound
def test_the_network_is_served_over_https_only(folder: Path, host: str) -> None:
    said = refused(folder, StartContext(host))
    assert f"--host {host}" in said
    assert "HOAX_TRACKER_BASE_URL=https://" in said
    assert refused(folder, StartContext(host), BASE_URL="https://kabas.example") == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "localhost", "::1"])
def test_this_machine_may_be_served_over_http(folder: Path, host: str) -> None:
    assert refused(folder, StartContext(host)) == ""


def test_the_demo_stays_on_this_machine(folder: Path) -> None:
    assert refused(folder, StartContext("127.0.0.1"), DEMO="1") == ""
    for env in ({"BASE_URL": "https://127.0.0.1"}, {"BASE_URL": "http://kabas.example"}):
        assert "HOAX_TRACKER_DEMO=1 shows invented news" in refused(folder, None, DEMO="1", **env)
    assert "HOAX_TRACKER_DEMO=1 shows invented news" in refused(folder, StartContext("192.0.2.7"), DEMO="1")
    assert "must not name a PostgreSQL" in refused(folder, None, DEMO="1", DATABASE_URL="postgresql://u:p@h/d")


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_data_folder_open_to_others_is_refused_with_the_remedy(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    assert f"chmod 700 {folder}" in refused(folder, StartContext())
    assert refused(folder) == "", "a command that only looks goes on"


@pytest.mark.parametrize("name", startup_checks.SECRET_FILES)
def test_a_secret_open_to_others_is_refused_with_the_remedy(folder: Path, name: str) -> None:
    assert refused(folder, StartContext()) == ""
    (folder / name).touch()  # the backup key is made with the first backup
    (folder / name).chmod(0o640)
    assert f"chmod 600 {folder / name}" in refused(folder, StartContext())


@pytest.mark.parametrize("name", ["SECRET_KEY", "PASSWORD_SALT", "BACKUP_KEY", "METRICS_TOKEN"])
@pytest.mark.parametrize("value", ["x" * 40, "abcdefghij" * 4, "changeme-changeme-changeme-0123456789", "abc" * 20])
def test_a_secret_that_can_be_guessed_is_refused_and_not_repeated(folder: Path, name: str, value: str) -> None:
    said = refused(folder, **{name: value})
    assert f"HOAX_TRACKER_{name} can be guessed" in said
    assert value not in said
    assert refused(folder, **{name: STRONG}) == ""


def test_a_contact_key_that_can_be_guessed_is_refused(folder: Path) -> None:
    assert "HOAX_TRACKER_CONTACT_KEY can be guessed" in refused(folder, CONTACT_KEY="A" * 43 + "=")
    assert refused(folder, CONTACT_KEY=KEY) == ""


def test_a_short_token_is_refused(folder: Path) -> None:
    assert "at least 16 characters" in refused(folder, METRICS_TOKEN="abcdefghijk")


@pytest.mark.parametrize(
    "url", ["https://kabas.example/hoaks", "https://kabas.example?x=1", "https://kabas.example/#x", "http://u:p@h"]
)
def test_the_public_address_is_host_and_port_only(folder: Path, url: str) -> None:
    said = refused(folder, BASE_URL=url)
    assert "HOAX_TRACKER_BASE_URL must" in said
    assert "u:p" not in said
    assert refused(folder, BASE_URL="https://kabas.example:8443/") == ""


def test_the_way_into_our_own_network_is_for_demo_and_tests(folder: Path) -> None:
    allow = "127.0.0.1:8001"
    assert "HOAX_TRACKER_FETCH_ALLOW" in refused(folder, BASE_URL="https://kabas.example", FETCH_ALLOW=allow)
    assert refused(folder, FETCH_ALLOW=allow) == ""


def test_no_bridge_opens_a_way_into_our_own_network_beside_a_public_address(folder: Path) -> None:
    bridges = {"RSSHUB": "http://127.0.0.1:1200", "RSS_BRIDGE": "https://jembatan.kabas.example"}
    allow = {"FETCH_ALLOW": "127.0.0.1:1200"}
    assert refused(folder, **bridges, **allow) == ""
    assert refused(folder, **bridges, BASE_URL="https://kabas.example") == ""
    assert "HOAX_TRACKER_FETCH_ALLOW" in refused(folder, **bridges, **allow, BASE_URL="https://kabas.example")


@pytest.mark.parametrize("address", ["http://127.0.0.1:99999", "http://[", "ftp://127.0.0.1", "127.0.0.1:1200"])
def test_the_address_of_a_bridge_is_a_web_address(folder: Path, address: str) -> None:
    assert "HOAX_TRACKER_RSSHUB must be" in refused(folder, RSSHUB=address)


def test_every_setting_that_the_documents_name_is_one() -> None:
    docs = ROOT / "docs"
    named = {
        name for page in docs.glob("*.md") for name in re.findall(r"HOAX_TRACKER_[A-Z_]+[A-Z]", page.read_text("utf-8"))
    }
    of_the_proxy = {"HOAX_TRACKER_DOMAIN", "HOAX_TRACKER_UPSTREAM"}  # deploy/Caddyfile reads them
    known = {variable.name for variable in ALL_VARIABLES}
    assert len(named) > 20
    assert list(startup_checks.unknown_variables(dict.fromkeys(named - of_the_proxy, "1"), known)) == []


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_a_database_in_memory_cannot_be_shared(folder: Path, url: str) -> None:
    assert "database in memory" in refused(folder, StartContext("127.0.0.1"), DATABASE_URL=url)


def test_a_variable_that_nothing_reads_is_named_with_the_one_that_is_meant(folder: Path) -> None:
    said = refused(folder, BASEURL="https://x.example", BEHIND_PROXI="1", QQQQ="1", ADMIN_EMAIL="a@kupang.example")
    assert "HOAX_TRACKER_BASEURL is no setting: HOAX_TRACKER_BASE_URL is meant?" in said
    assert "HOAX_TRACKER_BEHIND_PROXI is no setting: HOAX_TRACKER_BEHIND_PROXY is meant?" in said
    assert "HOAX_TRACKER_QQQQ is no setting\n" in said + "\n"
    assert "ADMIN_EMAIL" not in said


def test_a_proxy_that_can_be_passed_by_is_a_warning(folder: Path) -> None:
    env = {"HOAX_TRACKER_DATA": str(folder), "HOAX_TRACKER_BASE_URL": "https://kabas.example"}
    settings = read_settings(env | {"HOAX_TRACKER_BEHIND_PROXY": "1"})
    everywhere = StartContext("0.0.0.0")  # noqa: S104 - named, not bound
    (said,) = startup_checks.setting_warnings(settings, everywhere)
    assert said.startswith("HOAX_TRACKER_BEHIND_PROXY=1 while listening")
    assert list(startup_checks.setting_warnings(settings, StartContext("127.0.0.1"))) == []
    assert list(startup_checks.setting_warnings(read_settings(env), everywhere)) == []


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.database
def test_serve_names_every_fault_a_line_each_and_serves_nothing(folder: Path) -> None:
    folder.chmod(0o755)
    environ = databases.command_environment(
        folder, HOAX_TRACKER_BASEURL="https://x.example", HOAX_TRACKER_SECRET_KEY="a" * 40
    )
    where = ("--host", "192.0.2.7", "--port", str(free_port()))
    done = run_python("-m", "hoax_tracker", "serve", *where, environ=environ)
    assert done.returncode == 2
    first, *faults = done.stderr.splitlines()
    assert first.startswith("hoax-tracker: pengaturan belum dapat dipakai")
    assert len(faults) == 4
    for fault, word in zip(faults, ("HOAX_TRACKER_BASEURL", "SECRET_KEY", "chmod 700", "--host"), strict=True):
        assert fault.startswith("  ")
        assert word in fault
    databases.drop_databases_in(folder)


@pytest.mark.slow
@pytest.mark.parametrize("command", [["serve", "--port", "1"], ["worker"]])
@pytest.mark.process
@pytest.mark.database
def test_what_is_not_migrated_is_not_started(folder: Path, command: list[str]) -> None:
    done = run_python("-m", "hoax_tracker", *command, environ=databases.command_environment(folder))
    assert done.returncode == 2
    assert "run hoax-tracker init" in done.stderr
    assert "Traceback" not in done.stderr
    databases.drop_databases_in(folder)
