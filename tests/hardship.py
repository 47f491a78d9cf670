"""Real hard conditions: a tiny disk, a read-only folder, and root bound by permissions."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Root may write anywhere; without these two rights it is held to the permissions like everybody else.
HELD_TO_PERMISSIONS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
EXT4_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN of linux/ext4.h: _IOR('X', 125, __u32)
WITHOUT_WRITING_THE_JOURNAL = (2).to_bytes(4, sys.byteorder)  # EXT4_GOING_FLAGS_NOLOGFLUSH


@contextmanager
def tiny_disk(folder: Path, size: str) -> Iterator[Path]:
    """Yield the folder as a disk of that size in memory; a test that asks for it needs ``memory_disk``."""
    with mount_on_folder(folder, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield folder


@contextmanager
def tiny_ext4(folder: Path, megabytes: int) -> Iterator[Path]:
    """Yield the folder as a disk with a journal, in a file beside it; a test that asks for it needs ``ext4_disk``."""
    image = folder.with_suffix(".image")
    image.parent.mkdir(parents=True, exist_ok=True)
    image.touch()
    os.truncate(image, megabytes * 2**20)
    # Blocks of a page, as any disk that is not tiny has. Where four make one, SQLite reserves only the last of the four
    # for what its processes share, and the kernel kills the process that first writes to the others on a full disk.
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096", image], check=True)
    with mount_on_folder(folder, "-o", "loop,errors=remount-ro", str(image)):
        yield folder


@contextmanager
def mount_on_folder(folder: Path, *arguments: str) -> Iterator[None]:
    """Mount something on a new folder."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", *arguments, folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def remount_read_only(folder: Path) -> None:
    """Make an unused disk read-only."""
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)


def break_ext4(folder: Path) -> None:
    """Make the kernel report an error on a disk in use, which becomes read-only."""
    found = subprocess.run(["findmnt", "-no", "SOURCE", folder], capture_output=True, text=True, check=True)
    (Path("/sys/fs/ext4") / Path(found.stdout.strip()).name / "trigger_fs_error").write_text("broken by a test")


def cut_power(folder: Path) -> None:
    """Stop a disk with a journal as if the power went: nothing more is written, what waits in memory is lost."""
    disk = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(disk, EXT4_SHUTDOWN, WITHOUT_WRITING_THE_JOURNAL)
    finally:
        os.close(disk)


def restore_power(folder: Path) -> None:
    """Mount again the disk that ``tiny_ext4`` made, as a machine does that starts; nothing may be open on it."""
    subprocess.run(["umount", folder], check=True)
    subprocess.run(["mount", "-o", "loop", folder.with_suffix(".image"), folder], check=True)


def fill_disk(folder: Path) -> Path:
    """Fill the disk of a folder completely; return the file that does."""
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
def read_only_folder(folder: Path) -> Iterator[None]:
    """Remove write permission from everything in a folder until the block ends."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path in modes:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def run_python(*arguments: str, environ: dict[str, str], **more: object) -> subprocess.CompletedProcess[str]:
    """Run Python as a user who is bound by permissions; a test that does so needs ``permissions``."""
    command = [sys.executable, *arguments]
    if os.geteuid() == 0:
        command = [*HELD_TO_PERMISSIONS, *command]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False, **more)  # type: ignore[call-overload,no-any-return]
