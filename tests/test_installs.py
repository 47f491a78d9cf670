"""The product runs where it is installed: from the wheel and editable, on every Python of setup.cfg."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path

import pytest

from tests.installs import VERSIONS, Environment, build_wheel, copy_source, find_python
from tests.test_packaging import RUN

# No database but SQLite is asked here, so once is enough.
pytestmark = pytest.mark.sqlite
HOAX = "Puskesmas Oesapa tidak terima pasien BPJS lagi, sebarkan!"
LOCKED = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-binary", "flask-principal", "--no-compile")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout."""
    return copy_source(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout."""
    return build_wheel(source, tmp_path_factory.mktemp("wheel"))


def environment(version: str, folder: Path) -> Environment:
    """A clean environment of that Python; a test that asks for it needs it by its mark."""
    program = find_python(version)
    assert program is not None
    return Environment(program, folder)


def use_without_instance(clean: Environment) -> None:
    """What must work right after installing, without a database."""
    assert "flag" in clean.run("--help")
    flagged = json.loads(clean.run("flag", "--json", text=f"{HOAX}\n"))
    assert set(flagged) == {"text", "relevance", "misinformation", "priority", "topic", "unit", "reasons"}
    known = clean.folder / "index.jsonl"
    known.write_text(json.dumps({"id": "1", "title": "Air tetap mengalir", "claim": "air mati", "summary": ""}) + "\n")
    assert json.loads(clean.run("match", "--index", str(known), text="air mati\n"))["matches"]
    assert not (clean.folder / "instance").exists()


def use_instance(clean: Environment) -> None:
    """An instance made in an empty folder, asked, and a page of it."""
    clean.environ |= {
        "HOAX_TRACKER_ADMIN_EMAIL": "admin@kupang.example",
        "HOAX_TRACKER_ADMIN_PASSWORD": "kata-sandi-panjang",
    }
    assert "ready:" in clean.run("init")
    assert json.loads(clean.run("check", "--json", HOAX))["decision"] == "none"
    page = (
        "from hoax_tracker.app import create_app; c = create_app().test_client(); r = c.get('/'); "
        "assert r.status_code == 200, r.status; assert 'Kupang Kabas Hoaks' in r.get_data(as_text=True); "
        "r = c.get('/static/site.css'); assert r.status_code == 200"
    )
    clean.run("-c", page, program="python")


def make_editable(clean: Environment, source: Path) -> None:
    """Install over what is there what the checkout holds, in place."""
    clean.pip("install", "--no-deps", "--editable", source)
    where = "from importlib.util import find_spec; print(find_spec('hoax_tracker').origin)"
    assert Path(clean.run("-c", where, program="python").strip()).is_relative_to(source)


@pytest.mark.long
@pytest.mark.parametrize(
    "version", [pytest.param(version, marks=pytest.mark.needs(f"python{version}")) for version in VERSIONS[1:]]
)
def test_lock_and_wheel_then_editable(version: str, source: Path, wheel: Path, tmp_path: Path) -> None:
    clean = environment(version, tmp_path)
    clean.pip("install", *LOCKED, "--requirement", RUN)
    clean.pip("install", "--no-deps", wheel)
    use_without_instance(clean)
    use_instance(clean)
    make_editable(clean, source)
    use_instance(clean)


@pytest.mark.long
@pytest.mark.needs("python3.11")
def test_a_plain_install(wheel: Path, tmp_path: Path) -> None:
    """``pip install`` without the lock is what most people type; the lock on 3.11 is what `make test` runs on."""
    clean = environment("3.11", tmp_path)
    clean.pip("install", "--no-compile", wheel)
    use_without_instance(clean)
    use_instance(clean)


@pytest.mark.long
@pytest.mark.needs("python3.11")
def test_the_wheel_then_editable(wheel: Path, tmp_path: Path, source: Path) -> None:
    """What it depends on is what these tests run on: to install that takes most of a minute, and was tried already."""
    clean = environment("3.11", tmp_path)
    clean.pip("install", "--no-deps", wheel)
    clean.environ["PYTHONPATH"] = sysconfig.get_path("purelib")
    use_without_instance(clean)
    use_instance(clean)
    del clean.environ["PYTHONPATH"]
    make_editable(clean, source)
