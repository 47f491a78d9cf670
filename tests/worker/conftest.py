"""A worker's process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import ModelVersion
from tests import databases
from tests.feed_server import FeedServer


@pytest.fixture
def worker(
    shipped_model: ModelVersion, settings: Settings, server: FeedServer
) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Return a function that starts a worker; none outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def go() -> subprocess.Popen[str]:
        allow = {"HOAX_TRACKER_FETCH_ALLOW": f"127.0.0.1:{server.port}"}
        environ = databases.command_environment(settings.data_folder, **allow)
        command = [sys.executable, "-m", "hoax_tracker", "worker"]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        return process

    yield go
    for process in started:
        process.kill()
        process.communicate()
