"""``hoax-tracker serve`` as a separate process with its output in a file, and its child processes."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hoax_tracker.core.config.settings import Settings
from tests import databases
from tests.services import free_port
from tests.waiting import wait_until

SAID_SHOWN = 4000
"""How much of what a server said last stands beside a failure, in characters."""


class Served:
    """A running server; ``said``: the file with its stderr."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, said: Path) -> None:
        self.process, self.port, self.said = process, port, said

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Send a GET request on a connection of its own; return status and body."""
        status, body, _ = self.ask("GET", path, headers=headers)
        return status, body

    def ask(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, dict[str, str]]:
        """Send a request on a connection of its own; return status, body and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())
        finally:
            connection.close()

    def answers(self) -> bool:
        """Tell whether the app answers."""
        assert self.process.poll() is None, self.said.read_text(encoding="utf-8")
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def log(self) -> list[dict[str, Any]]:
        """The complete lines of the log so far."""
        text = self.said.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def web(self) -> list[int]:
        """The web processes."""
        return [
            pid for pid in child_process_ids(self.process.pid) if "--end-with-stdin" not in process_command_line(pid)
        ]

    def workers(self) -> list[int]:
        """The embedded worker's process in a list, which is empty while there is none."""
        return [pid for pid in child_process_ids(self.process.pid) if "--end-with-stdin" in process_command_line(pid)]


@contextmanager
def serve_instance(settings: Settings, *arguments: str, **environ: str) -> Iterator[Served]:
    """Serve an instance until the block ends, and end all its processes; a test that does so needs ``proc``."""
    port, said = free_port(), settings.data_folder.parent / "said"
    command = [sys.executable, "-m", "hoax_tracker", "serve", "--port", str(port), *arguments]
    with said.open("wb") as file:
        own = databases.command_environment(settings.data_folder, **environ)
        process = subprocess.Popen(command, env=own, stdout=subprocess.DEVNULL, stderr=file)
    served = Served(process, port, said)
    try:
        wait_until(served.answers, "the app answers")
        yield served
    except BaseException as error:
        error.add_note(f"The server said:\n{said.read_text(encoding='utf-8', errors='replace')[-SAID_SHOWN:]}")
        raise
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()


def child_process_ids(parent: int) -> list[int]:
    """The running child processes of a process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def process_command_line(pid: int) -> str:
    """The command line of a process, "" after it ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def is_process_running(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
