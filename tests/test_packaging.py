"""setup.cfg lists the tree, the wheel contains it, and the lock covers setup.cfg."""

from __future__ import annotations

import configparser
import re
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.installs import build_wheel, copy_source
from tests.repository import ROOT

MAPPED = {"hoax_tracker.templates": ROOT / "templates", "hoax_tracker.data": ROOT / "data"}
RUN, DEV = ROOT / "requirements" / "run.txt", ROOT / "requirements" / "dev.txt"


def setup_cfg() -> configparser.ConfigParser:
    """What setup.cfg says."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def test_setup_cfg_names_every_package() -> None:
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for name in ("hoax_tracker", "classifiers")
        for path in (ROOT / name).rglob("__init__.py")
    }
    assert set(setup_cfg()["options"]["packages"].split()) == found | set(MAPPED)


@pytest.mark.slow
def test_the_wheel_holds_every_shipped_file(tmp_path: Path) -> None:
    held = set(zipfile.ZipFile(build_wheel(copy_source(tmp_path / "source"), tmp_path)).namelist())
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


def locked(path: Path) -> list[Requirement]:
    """The requirements of a lock file, each with its version and where it applies."""
    lines = re.sub(r"\\\n", " ", path.read_text(encoding="utf-8")).splitlines()
    said = [re.split(r"\s+--hash=", line) for line in lines if line and not line.lstrip().startswith("#")]
    assert all(
        hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", one.strip()) for one in hashes) for _, *hashes in said
    )
    return [Requirement(first) for first, *_ in said]


def asked(*extras: str) -> list[Requirement]:
    """What setup.cfg asks for, with these extras."""
    options = setup_cfg()
    texts = [options["options"]["install_requires"], *(options["options.extras_require"][extra] for extra in extras)]
    return [Requirement(line) for text in texts for line in text.splitlines() if line]


def name_of(requirement: Requirement) -> str:
    return re.sub(r"[-_.]+", "-", requirement.name).lower()


@pytest.mark.parametrize(
    ("path", "extras"), [(RUN, ("postgresql", "redis")), (DEV, ("postgresql", "redis", "dev"))], ids=["run", "dev"]
)
def test_the_lock_holds_what_setup_cfg_asks_for(path: Path, extras: tuple[str, ...]) -> None:
    held: dict[str, list[Requirement]] = {}
    for one in locked(path):
        held.setdefault(name_of(one), []).append(one)
    for wanted in asked(*extras):
        assert name_of(wanted) in held, f"{wanted.name} is not in {path.name}: make lock"
        for one in held[name_of(wanted)]:
            (pin,) = one.specifier
            assert pin.operator == "==", one
            assert wanted.specifier.contains(pin.version), f"{path.name} has {one}: make lock"


def test_what_runs_is_what_was_tested() -> None:
    assert {(name_of(one), str(one.specifier)) for one in locked(RUN)} <= {
        (name_of(one), str(one.specifier)) for one in locked(DEV)
    }


@pytest.mark.parametrize("path", [RUN, DEV], ids=["run", "dev"])
def test_the_lock_names_no_place(path: Path) -> None:
    assert not re.search(r"://|index|find-links|trusted-host", path.read_text(encoding="utf-8"))
