"""Hard conditions made for real: a tiny disk, a folder that cannot be written, and root held to permissions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# Root may write anywhere; without these two rights it is held to the permissions like everybody else.
HELD_TO_PERMISSIONS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]


@contextmanager
def tiny_disk(folder: Path, size: str) -> Iterator[Path]:
    """Yield the folder as a disk of that size in memory; the test is skipped, and says so, where none can be had."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no small disk can be made here: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk of a folder to the last byte; return the file that does it."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (2**16, 2**10, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take the right to write from everything in a folder for a while."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path in modes:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def run_python(*arguments: str, environ: dict[str, str], **more: object) -> subprocess.CompletedProcess[str]:
    """Run Python as a user who is held to permissions."""
    command = [sys.executable, *arguments]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root is held to no permissions here: setpriv (util-linux) is missing")
        command = [*HELD_TO_PERMISSIONS, *command]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False, **more)  # type: ignore[call-overload,no-any-return]
