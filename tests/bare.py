"""README's two commands on a bare machine: ``make run`` until its front page answers, then ``make test``.

    python3 -m tests.bare

clones this repository and tries both there, in README's order. Bare means: an ordinary user with an empty home, a PATH
without the programs of tests/needs.py and none of their files, and for the tests no network but loopback. Namespaces
hide what this machine has. Where they may not be made, it says so and hides what a PATH can hide. build/ then says
which tests were not tried, and which failed by luck. Standard library only: nothing is installed when it runs.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
HIDDEN_PROGRAMS = re.compile(
    "chrom(e|ium).*|google-chrome.*|initdb|postgres|pg_.*|psql|redis-.*|caddy|tesseract|node|npm|npx|java|fc-.*"
)
HIDDEN_FOLDERS = ("/usr/lib/postgresql", "/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/tesseract-ocr")
SOMEBODY = 65534
ANSWERS_WITHIN_S = 1800.0
RESULTS = ("untried.txt", "flaky.txt", "statements.tsv")


class BareMachine:
    """A clone in a folder, beside an empty home and the programs that a bare machine has."""

    def __init__(self, folder: Path) -> None:
        self.clone, self.home, self.programs = folder / "clone", folder / "home", folder / "bin"
        self.user = SOMEBODY if os.geteuid() == 0 else None
        others = ("XDG_", "HOAX_TRACKER_", "COVERAGE")
        given = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        self.environ = given | {"HOME": str(self.home), "PATH": str(self.programs), "USER": "somebody"}

    def prepare(self) -> None:
        """Clone the repository, and link each program on PATH but those that a bare machine lacks."""
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, self.clone], check=True)
        self.home.mkdir()
        self.programs.mkdir()
        for folder in [*os.environ["PATH"].split(os.pathsep), "/usr/sbin", "/sbin"]:
            for program in Path(folder).glob("*"):
                link = self.programs / program.name
                if not link.is_symlink() and not HIDDEN_PROGRAMS.fullmatch(program.name):
                    link.symlink_to(program)
        # This Python itself: what stands for it on PATH may look into a home that is not there.
        python = self.programs / "python3"
        python.unlink(missing_ok=True)
        python.write_text(f'#!/bin/sh\nexec "{Path(sys.executable).resolve()}" "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        if self.user:
            subprocess.run(["chown", "-R", f"{self.user}:{self.user}", self.clone, self.home], check=True)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command of its user in the clone, in a process group of its own."""
        own = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        return subprocess.Popen(command, cwd=self.clone, env=self.environ, start_new_session=True, **own)  # type: ignore[call-overload,no-any-return]

    def run(self, *command: str) -> int:
        """Run a command to its end; return its exit code."""
        process = self.start(*command)
        try:
            return process.wait()
        finally:
            end_group(process)

    def run_demo(self) -> bool:
        """Tell whether ``make run`` serves its front page in time, and end it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        began = time.monotonic()
        process = self.start("make", "run", f"PORT={port}")
        try:
            wait_until(lambda: process.poll() is not None or answers(port), "the front page answers", ANSWERS_WITHIN_S)
        except TimeoutError:
            return False
        else:
            say(f"make run: {time.monotonic() - began:.0f} s until it answered or ended")
            return process.poll() is None
        finally:
            end_group(process)


def answers(port: int) -> bool:
    """Tell whether the product's front page answers at a port."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError, HTTPException), opener.open(f"http://127.0.0.1:{port}/", timeout=30) as page:
        return b"Kupang Kabas Hoaks" in page.read()
    return False


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process with its children, whatever became of it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)


def say(text: str) -> None:
    """Tell something among the output of the commands."""
    sys.stderr.write(f"bare: {text}\n")


def hide(empty: Path) -> None:
    """Mount nothing over the home and over what is hidden; Python stays where it is, even in the home."""
    home, python = Path.home(), Path(sys.base_prefix)
    kept = python.is_relative_to(home)
    if kept:
        subprocess.run(["mount", "--bind", python, empty], check=True)
    for folder in (str(home), *HIDDEN_FOLDERS):
        if Path(folder).is_dir():
            subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder], check=True)
    if kept:
        python.mkdir(parents=True)
        subprocess.run(["mount", "--bind", empty, python], check=True)


def open_loopback() -> None:
    """Bring loopback up in a new network namespace (SIOCSIFFLAGS, IFF_UP)."""
    with socket.socket() as line:
        fcntl.ioctl(line, 0x8914, struct.pack("16sh", b"lo", 1))


def may_unshare() -> bool:
    """Tell whether namespaces may be made here: by root, where the container lets it."""
    command = ["unshare", "--mount", "--net", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return os.geteuid() == 0 and bool(shutil.which("unshare")) and not subprocess.run(command, check=False).returncode


def run_this(namespace: str, clone: Path, *arguments: object) -> int:
    """Run this module with other arguments in a namespace of its own; return its exit code."""
    command = ["unshare", namespace, sys.executable, "-B", "-m", "tests.bare", *map(str, arguments)]
    with subprocess.Popen(command, cwd=clone) as process:
        try:
            return process.wait()
        finally:
            process.terminate()


def try_both(folder: Path, *, hidden: bool) -> int:
    """Try the two commands; return the exit code of the one that failed, or 0."""
    machine = BareMachine(folder)
    if hidden:
        (folder / "empty").mkdir()
        hide(folder / "empty")
    if machine.user and machine.run("python3", "-c", "import venv, ensurepip"):
        say("NOT AS AN ORDINARY USER: nobody but root may run this Python")
        machine.user = None
    if not machine.run_demo():
        say("make run did not serve its front page")
        return 1
    if status := machine.run("make", ".venv/.installed-dev"):
        return status
    if hidden:
        # The rest in a namespace without any network; nothing but loopback is needed from here on.
        return run_this("--net", machine.clone, "alone", folder, machine.user or 0)
    return machine.run("make", "test", "RETRY=1")


def try_alone(folder: Path, user: int) -> int:
    """Run the tests without a network; return their exit code."""
    open_loopback()
    machine = BareMachine(folder)
    machine.user = user or None
    return machine.run("make", "test", "RETRY=1")


def keep_results(clone: Path) -> None:
    """Copy what the tests wrote to build/ of this checkout."""
    (ROOT / "build").mkdir(exist_ok=True)
    for name in RESULTS:
        if (clone / "build" / name).exists():
            shutil.copyfile(clone / "build" / name, ROOT / "build" / name)


def end_on_signal(number: int, _frame: object) -> None:
    """Turn a signal into a normal exit, so that what was started ends."""
    sys.exit(128 + number)


def main(arguments: list[str]) -> int:
    """Try the two commands in a folder that is gone afterwards; return an exit code."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end_on_signal)
    if arguments[:1] == ["hidden"]:
        return try_both(Path(arguments[1]), hidden=True)
    if arguments[:1] == ["alone"]:
        return try_alone(Path(arguments[1]), int(arguments[2]))
    folder = Path(tempfile.mkdtemp(prefix="hoax-tracker-bare-"))
    folder.chmod(0o755)
    machine = BareMachine(folder)
    try:
        machine.prepare()
        if not may_unshare():
            say("NOT HIDDEN: only PATH and home are bare; fonts, folders of programs and the network stay")
            return try_both(folder, hidden=False)
        return run_this("--mount", machine.clone, "hidden", folder)
    finally:
        keep_results(machine.clone)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
