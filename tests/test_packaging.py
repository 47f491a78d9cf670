"""The wheel holds everything and runs by itself; setup.cfg names what the tree holds."""

from __future__ import annotations

import configparser
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAPPED = {"hoax_tracker.templates": ROOT / "templates", "hoax_tracker.data": ROOT / "data"}


def packages_listed() -> set[str]:
    """The packages that setup.cfg names."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return set(parser["options"]["packages"].split())


def test_setup_cfg_names_every_package() -> None:
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for name in ("hoax_tracker", "classifiers")
        for path in (ROOT / name).rglob("__init__.py")
    }
    assert packages_listed() == found | set(MAPPED)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built from a copy without leftovers."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(source)]
    subprocess.run(command, check=True)
    return next(out.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_every_shipped_file(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    for folder, prefix in [
        (ROOT / "templates", "hoax_tracker/templates"),
        (ROOT / "data", "hoax_tracker/data"),
        (ROOT / "hoax_tracker", "hoax_tracker"),
        (ROOT / "classifiers", "classifiers"),
    ]:
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".po", ".cfg"):
                assert f"{prefix}/{path.relative_to(folder)}" in held
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in held)


@pytest.mark.slow
def test_the_wheel_runs_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True, timeout=900)
    environ = {
        key: value for key, value in os.environ.items() if not key.startswith(("HOAX_TRACKER_", "PYTHON", "DATABASE"))
    }
    command = tmp_path / "env" / "bin" / "hoax-tracker"

    def run(*arguments: str, text: str | None = None) -> str:
        told = [command, *arguments]
        done = subprocess.run(
            told, cwd=tmp_path, env=environ, input=text, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    # Without init and without a database.
    flagged = json.loads(run("flag", "--json", text="Puskesmas Oesapa tidak terima pasien BPJS lagi, sebarkan!\n"))
    assert set(flagged) == {"text", "relevance", "misinformation", "priority", "topic", "unit", "reasons"}
    assert not (tmp_path / "instance").exists()
    index = tmp_path / "index.jsonl"
    index.write_text(json.dumps({"id": "1", "title": "Air tetap mengalir", "claim": "air mati", "summary": ""}) + "\n")
    assert json.loads(run("match", "--index", str(index), text="air mati\n"))["matches"]
    # And with them.
    environ |= {"HOAX_TRACKER_ADMIN_EMAIL": "admin@kupang.example", "HOAX_TRACKER_ADMIN_PASSWORD": "kata-sandi-panjang"}
    assert "admin@kupang.example" in run("init")
    page = (
        "from hoax_tracker.app import create_app; c = create_app().test_client(); r = c.get('/'); "
        "assert r.status_code == 200, r.status; assert 'Kupang Kabas Hoaks' in r.get_data(as_text=True); "
        "r = c.get('/static/site.css'); assert r.status_code == 200"
    )
    subprocess.run([python, "-c", page], cwd=tmp_path, env=environ, check=True, timeout=120)
