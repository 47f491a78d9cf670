"""The file of identity providers: every fault is named, and no secret is repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoax_tracker.core.config.settings import read_settings
from hoax_tracker.core.config.sign_on_providers import read_providers
from hoax_tracker.errors import SettingsError

GOOD = """
[kota]
label = Akun Pemkot Kupang
issuer = https://sso.kota.example/realms/kota
client_id = kabas
client_secret = s%curang-%-panjang

[dinas]
issuer = https://masuk.dinas.example:8443
client_id = kabas
client_secret = lain
private = yes
"""


def write(folder: Path, text: str, mode: int = 0o640) -> Path:
    """Write the file."""
    path = folder / "sign-on.ini"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_providers_are_read(tmp_path: Path) -> None:
    kota, dinas = read_providers(write(tmp_path, GOOD))
    assert (kota.name, kota.label, kota.is_private) == ("kota", "Akun Pemkot Kupang", False)
    assert kota.client_secret == "s%curang-%-panjang"
    assert "curang" not in repr(kota)
    assert (dinas.label, dinas.is_private, dinas.host_and_port) == ("dinas", True, ("masuk.dinas.example", 8443))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "names no provider"),
        ("client_secret = sangat-rahasia", "no file of sections"),
        ("[kota]\nclient_secret = sangat-rahasia", "lacks issuer"),
        (GOOD.replace("[kota]", "[Kota Kupang]"), "small letters"),
        (GOOD.replace("https://sso", "http://sso"), "issuer must be an https address"),
        (GOOD.replace("realms/kota", "realms/kota?x=1"), "issuer must be an https address"),
        (GOOD.replace("private = yes", "private = ya"), "private must be yes or no"),
        (GOOD.replace("private = yes", "scope = email"), "scope is no key"),
        (GOOD + GOOD, "no file of sections"),
    ],
)
def test_each_fault_is_named_without_secrets(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(SettingsError, match=fault) as caught:
        read_providers(write(tmp_path, text))
    assert "sangat-rahasia" not in str(caught.value)
    assert "curang" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"SIGN_ON_FILE .* cannot be read"):
        read_settings({"HOAX_TRACKER_DATA": str(tmp_path), "HOAX_TRACKER_SIGN_ON_FILE": str(tmp_path / "fehlt.ini")})


def test_without_passwords_somebody_must_be_able_to_sign_in(tmp_path: Path) -> None:
    environ = {"HOAX_TRACKER_DATA": str(tmp_path), "HOAX_TRACKER_PASSWORDS": "off"}
    with pytest.raises(SettingsError, match="nobody could sign in"):
        read_settings(environ)
    settings = read_settings(environ | {"HOAX_TRACKER_SIGN_ON_FILE": str(write(tmp_path, GOOD))})
    assert not settings.passwords
    assert len(settings.sign_on) == 2


@pytest.mark.needs("posix")
def test_a_file_open_to_everybody_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, 0o644)
    with pytest.raises(SettingsError, match=f"chmod 640 {path}"):
        read_settings({"HOAX_TRACKER_DATA": str(tmp_path), "HOAX_TRACKER_SIGN_ON_FILE": str(path)})
