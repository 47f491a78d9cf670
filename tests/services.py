"""Throwaway services for tests: PostgreSQL and Redis of our own on free ports, gone when the block ends.

    python -m tests.services [--redis] COMMAND …

runs a command with HOAX_TRACKER_TEST_DATABASE (and HOAX_TRACKER_TEST_REDIS) set. Standard library only, so that it runs
before anything is installed. Nothing here is meant for data that somebody wants to keep: fsync is off.
"""

from __future__ import annotations

import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.waiting import DEADLINE_S, is_port_open, wait_until

OLDEST_POSTGRESQL = 15
USER = "postgres"
MEMORY = Path("/dev/shm")  # noqa: S108 - the folder made in it has a name of its own
ROOM_BYTES = 4_000_000_000
# Below those that the system gives to whoever connects: one of these may be taken before a server has started.
PORTS = range(20_000, 32_000)
QUICK = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=128MB"]


class NoServiceError(Exception):
    """The programs of a service are not installed; the message names their package."""


# Each process begins elsewhere (and ``random`` begins at the same place in every test), so that no two get the same.
_turns = itertools.count(secrets.randbelow(len(PORTS)))


def free_port() -> int:
    """Return a free port; the next calls return others."""
    while True:
        port = PORTS[next(_turns) % len(PORTS)]
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def find_postgresql_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL server programs that we can run; None without."""
    if os.geteuid() == 0 and not is_user(USER):
        return None
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    numbered = sorted((int(path.parent.name), path) for path in found if path.parent.name.isdecimal())
    if numbered and numbered[-1][0] >= OLDEST_POSTGRESQL:
        return numbered[-1][1]
    return Path(on_path).resolve().parent if on_path else None


def is_user(name: str) -> bool:
    """Tell whether this machine has that user."""
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def find_redis() -> str | None:
    """Return the path of Redis; None where it is not installed."""
    return shutil.which("redis-server")


class PostgreSQL:
    """A cluster in a folder of its own that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        programs = find_postgresql_programs()
        if programs is None:
            raise NoServiceError("PostgreSQL is not installed: apt-get install postgresql-17")
        self.programs = programs
        self.folder = folder
        self.port = free_port()
        # initdb refuses root, so root becomes the user that the Debian package made.
        self.user = USER if os.geteuid() == 0 else None
        self.give(folder)
        self.run("initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")

    @property
    def url(self) -> str:
        """The address of the maintenance database."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        """Run a program on the cluster; print its output where it fails."""
        command = [str(self.programs / program), "--pgdata", str(self.folder / "cluster"), *arguments]
        # No pipes: the server would hold them open and we would wait for it.
        with (self.folder / "words").open("w+") as words:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                cwd=self.folder,
                check=False,
            )
            words.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program}: {words.read()}")

    @property
    def is_running(self) -> bool:
        """Tell whether the server was started and not stopped since."""
        return (self.folder / "cluster" / "postmaster.pid").exists()

    def give(self, folder: Path) -> None:
        """Make the server's user own a folder."""
        if self.user:
            shutil.chown(folder, self.user, self.user)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [f"-c {one}" for one in QUICK]
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} {' '.join(settings)}"
        self.run("pg_ctl", "start", "--wait", "--silent", "--log", str(self.folder / "log"), "--options", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: "fast" keeps committed data, "immediate" does not, as fsync is off."""
        self.run("pg_ctl", "stop", "--mode", mode, "--silent")


@contextmanager
def run_postgresql() -> Iterator[PostgreSQL]:
    """Yield a running PostgreSQL, in memory where there is room, because copying databases is faster there."""
    with temporary_folder(MEMORY if has_room(MEMORY) else None) as folder:
        server = PostgreSQL(folder)
        server.start()
        try:
            yield server
        finally:
            if server.is_running:
                server.stop("immediate")


@contextmanager
def run_redis(port: int | None = None) -> Iterator[str]:
    """Yield the address of a running Redis without persistence, on a port where one is passed."""
    program = find_redis()
    if program is None:
        raise NoServiceError("Redis is not installed: apt-get install redis-server")
    port = port or free_port()
    with temporary_folder() as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            wait_for_port(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(DEADLINE_S)


def has_room(folder: Path) -> bool:
    """Tell whether the folder has room for a run of the tests; containers give memory 64 MB."""
    return folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= ROOM_BYTES


@contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """Yield a temporary folder, deleted even with files of another user."""
    folder = Path(tempfile.mkdtemp(prefix="hoax-tracker-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_port(port: int, limit_s: float = DEADLINE_S) -> None:
    """Wait until something listens on the port. Raises TimeoutError."""
    wait_until(lambda: is_port_open(port), f"something listens on port {port}", limit_s)


def end_on_signal(number: int, _frame: object) -> None:
    """Turn a signal into a normal exit, so that the services stop."""
    sys.exit(128 + number)


def main(arguments: Sequence[str]) -> int:
    """Run a command with the services; return its exit code."""
    with_redis = arguments[:1] == ["--redis"]
    command = list(arguments[1:] if with_redis else arguments)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end_on_signal)
    environ = dict(os.environ)
    with ExitStack() as stack:
        environ["HOAX_TRACKER_TEST_DATABASE"] = stack.enter_context(run_postgresql()).url
        if with_redis:
            environ["HOAX_TRACKER_TEST_REDIS"] = stack.enter_context(run_redis())
        process = stack.enter_context(subprocess.Popen(command, env=environ))
        try:
            return process.wait()
        finally:
            process.terminate()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except NoServiceError as error:
        sys.exit(f"tests.services: {error}")
