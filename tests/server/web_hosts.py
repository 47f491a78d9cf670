"""Several web hosts on this machine: each with a data folder of its own, one database, and Caddy in front of them."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.needs import program
from tests.processes import child_process_ids
from tests.repository import ROOT
from tests.services import free_port, wait_for_port
from tests.waiting import wait_until

KEY_FILES = ("contact_key", "secret_key", "password_salt", "audit_key")
CADDYFILE = ROOT / "deploy" / "Caddyfile"
HEALTH = "health_uri /readyz/web"


class Listening(Protocol):
    """What listens at a port of this machine."""

    @property
    def port(self) -> int:
        """The port."""


class WebHost:
    """A web host: ``hoax-tracker serve`` of a source tree, which can be frozen, killed and started again."""

    def __init__(self, folder: Path, environ: dict[str, str], tree: Path = ROOT) -> None:
        self.folder, self.port, self.tree = folder, free_port(), tree
        self.environ = environ | {"HOAX_TRACKER_DATA": str(folder), "PYTHONPATH": str(tree)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> Path:
        """The file with everything that it wrote on stderr."""
        return self.folder.parent / f"{self.folder.name}.log"

    def command(self, *arguments: str) -> list[str]:
        """The command line of its program."""
        return [sys.executable, "-m", "hoax_tracker", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of its program to its end."""
        shared: dict[str, Any] = {"env": self.environ, "cwd": self.tree, "capture_output": True, "text": True}
        return subprocess.run(self.command(*arguments), **shared, timeout=600, check=False)

    def start(self, *, processes: int = 2) -> None:
        """Start it and wait until it may serve."""
        command = self.command("serve", "--port", str(self.port), "--workers", str(processes), "--no-worker")
        with self.said.open("ab") as file:
            own: dict[str, Any] = {"env": self.environ, "cwd": self.tree, "start_new_session": True}
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file, **own)
        wait_until(self.may_serve, "the host answers that it may serve")

    def may_serve(self) -> bool:
        """Tell whether it answers, and that it may serve."""
        assert self._process is not None
        assert self._process.poll() is None, self.said.read_text(encoding="utf-8")[-2000:]
        try:
            return self.ask("/readyz/web")[0] in (200, 404)  # a program of before this answer existed has none
        except OSError:
            return False

    def ask(self, path: str) -> tuple[int, str]:
        """Send a GET request past the proxy; return status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def freeze(self) -> None:
        """Stop all its processes where they are: what is sent to it arrives and is not answered."""
        self._signal(signal.SIGSTOP)

    def kill(self) -> None:
        """Kill all its processes, as a power cut does."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def end(self) -> int:
        """Stop it in order and return its exit code."""
        assert self._process is not None
        process, self._process = self._process, None
        process.terminate()
        return process.wait(60)

    def requests(self) -> list[dict[str, Any]]:
        """What its log says about requests so far."""
        text = self.said.read_text(encoding="utf-8") if self.said.exists() else ""
        lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == "request"]

    def _signal(self, number: int) -> None:
        assert self._process is not None
        for pid in (self._process.pid, *child_process_ids(self._process.pid)):
            os.kill(pid, number)


def copy_keys(source: Path, target: Path) -> None:
    """Bring a second host the keys of the first, as docs/running.md says."""
    target.mkdir(mode=0o700)
    for name in KEY_FILES:
        shutil.copy(source / name, target / name)


@contextmanager
def run_caddy(folder: Path, hosts: Sequence[Listening], port: int, health: str = "/readyz/web") -> Iterator[None]:
    """Run Caddy with the Caddyfile that the product ships, without TLS, before the hosts, until the block ends."""
    config, shipped = folder / "Caddyfile", CADDYFILE.read_text(encoding="utf-8")
    own = shipped.replace("127.0.0.1:2020", f"127.0.0.1:{free_port()}").replace(HEALTH, f"health_uri {health}")
    config.write_text(own, encoding="utf-8")
    upstreams = " ".join(f"127.0.0.1:{host.port}" for host in hosts)
    environ = os.environ | {
        "HOAX_TRACKER_DOMAIN": f"http://127.0.0.1:{port}",
        "HOAX_TRACKER_UPSTREAM": f"to {upstreams}",
        "XDG_DATA_HOME": str(folder / "caddy"),
        "XDG_CONFIG_HOME": str(folder / "caddy"),
    }
    command = [program("caddy"), "run", "--config", str(config), "--adapter", "caddyfile"]
    with (folder / "caddy.log").open("wb") as said:
        process = subprocess.Popen(command, env=environ, stdout=said, stderr=said)
    try:
        wait_for_port(port)
        yield
    finally:
        process.terminate()
        process.wait(60)
