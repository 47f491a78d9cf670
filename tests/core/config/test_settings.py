"""Settings: secrets are created once and private, every fault is named."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hoax_tracker.core.config.secret_files import load_or_create_secret, replace_secret
from hoax_tracker.core.config.settings import read_settings
from hoax_tracker.errors import SettingsError
from tests import hardship


def test_secrets_are_made_once_with_mode_600(tmp_path: Path) -> None:
    env = {"HOAX_TRACKER_DATA": str(tmp_path / "new")}
    first, second = read_settings(env), read_settings(env)
    assert (first.secret_key, first.contact_key) == (second.secret_key, second.contact_key)
    assert len(first.secret_key) >= 48
    for name in ("secret_key", "password_salt", "contact_key"):
        assert stat.S_IMODE((tmp_path / "new" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_two_that_start_at_once_agree_on_the_secrets(tmp_path: Path) -> None:
    env = {"HOAX_TRACKER_DATA": str(tmp_path)}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: read_settings(env).secret_key, range(8)))
    assert len(set(found)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "audit_key",
        "contact_key",
        "password_salt",
        "secret_key",
    ]


@pytest.mark.process
@pytest.mark.needs("memory_disk")
def test_a_full_disk_keeps_no_part_of_a_secret(tmp_path: Path) -> None:
    with hardship.tiny_disk(tmp_path / "disk", "64k") as disk:
        hardship.fill_disk(disk)
        with pytest.raises(SettingsError, match="No space left"):
            load_or_create_secret(disk / "backup_key", "k" * 64)
        assert [path.name for path in disk.iterdir()] == ["ballast"]
        (disk / "ballast").unlink()
        replace_secret(disk / "contact_key", "a" * 64)
        hardship.fill_disk(disk)
        with pytest.raises(OSError, match="No space left"):
            replace_secret(disk / "contact_key", "b" * 9999)
        assert sorted(path.name for path in disk.iterdir()) == ["ballast", "contact_key"]
        assert load_or_create_secret(disk / "contact_key", "c") == "a" * 64


def test_every_fault_is_named(tmp_path: Path) -> None:
    env = {
        "HOAX_TRACKER_DATA": str(tmp_path),
        "HOAX_TRACKER_SECRET_KEY": "short",
        "HOAX_TRACKER_CONTACT_KEY": "AAAA",
        "HOAX_TRACKER_BASE_URL": "kupang",
        "HOAX_TRACKER_FETCH_ALLOW": "127.0.0.1",
        "HOAX_TRACKER_DEMO": "perhaps",
        "HOAX_TRACKER_UNFLAGGED_DAYS": "-3",
        "HOAX_TRACKER_LIMIT_FACTOR": "none",
        "HOAX_TRACKER_SMTP_URL": "https://kabas:secret@mail.example",
        "HOAX_TRACKER_MAIL_FROM": "kabas",
        "DATABASE_URL": "mysql://x/y",
        "REDIS_URL": "http://:secret@redis.example/0",
    }
    with pytest.raises(SettingsError) as caught:
        read_settings(env)
    for name in env:
        if name != "HOAX_TRACKER_DATA":
            assert name in str(caught.value)
    assert "secret" not in str(caught.value)


def test_one_factor_widens_every_limit(tmp_path: Path) -> None:
    usual = read_settings({"HOAX_TRACKER_DATA": str(tmp_path)})
    wide = read_settings({"HOAX_TRACKER_DATA": str(tmp_path), "HOAX_TRACKER_LIMIT_FACTOR": "3"})
    assert (usual.checks_per_minute, usual.reports_per_hour_in_total) == (30, 500)
    assert (wide.checks_per_minute, wide.reports_per_hour_in_total) == (90, 1_500)
    assert (wide.pictures_per_minute, wide.sign_ins_per_quarter_hour) == (18, 60)


def test_postgresql_is_spoken_to_with_psycopg(tmp_path: Path) -> None:
    for url in ("postgres://u:p@h/d", "postgresql://u:p@h/d"):
        settings = read_settings({"HOAX_TRACKER_DATA": str(tmp_path), "DATABASE_URL": url})
        assert settings.database_url == "postgresql+psycopg://u:p@h/d"


def test_loopback_is_fetched_only_where_named(tmp_path: Path) -> None:
    env = {"HOAX_TRACKER_DATA": str(tmp_path)}
    assert read_settings(env).fetch_allow == frozenset()
    env["HOAX_TRACKER_FETCH_ALLOW"] = "127.0.0.1:8001, [::1]:9"
    assert read_settings(env).fetch_allow == {("127.0.0.1", 8001), ("::1", 9)}


def test_a_folder_that_cannot_be_made_is_a_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for folder in (tmp_path / "file" / "below", tmp_path / "file"):
        with pytest.raises(SettingsError, match="HOAX_TRACKER_DATA: cannot make the folder") as caught:
            read_settings({"HOAX_TRACKER_DATA": str(folder)})
        assert str(caught.value.user_message).startswith("Pengaturan belum dapat dipakai. Perbaiki")
