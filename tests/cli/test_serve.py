"""``serve`` and ``worker`` where they cannot start, and every command without an instance."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoax_tracker import __version__
from hoax_tracker.cli import cli
from tests.cli.conftest import Run


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


def test_a_port_in_use_is_a_clear_message(instance: Path, run: Run, taken: int) -> None:
    done = run("serve", "--port", taken)
    assert done.code == 2
    assert f"Port {taken} sedang dipakai program lain." in done.err
    assert f"--port {taken + 1}" in done.err
    assert done.out == ""
    assert len(done.err.strip().splitlines()) == 1


def test_an_address_of_another_machine_is_a_clear_message(
    instance: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOAX_TRACKER_BASE_URL", "https://kabas.example")
    done = run("serve", "--host", "192.0.2.1")
    assert done.code == 2
    assert "Alamat 192.0.2.1 bukan milik mesin ini." in done.err


@pytest.mark.parametrize("port", ["0", "65536", "abc"])
def test_a_port_that_is_none_is_wrong_use(instance: Path, run: Run, port: str) -> None:
    assert run("serve", "--port", port).code == 2


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "worker",
        "ingest",
        "ingest --all --json",
        "check halo",
        "source list",
        "source add https://a.example/",
        "source pause x",
        "officer list",
        "officer add a@kupang.example",
        "officer disable a@kupang.example",
        "officer reset a@kupang.example",
        "officer reset-second-factor a@kupang.example --reason terlalu-lama-menunggu",
        "audit verify",
        "purge",
        "export csv",
        "export claimreview",
        "model list",
    ],
)
def test_without_a_database_every_command_says_what_to_run(empty: Path, run: Run, command: str) -> None:
    done = run(*command.split())
    assert (done.code, done.out) == (2, "")
    assert "hoax-tracker init" in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_help_and_version_need_nothing(empty: Path, run: Run) -> None:
    assert run("--help").code == 0
    assert run("--version").out == f"hoax-tracker, version {__version__}\n"
    for command in cli.commands:
        done = run(command, "--help")
        assert done.code == 0
        assert "Usage: hoax-tracker" in done.out
    assert run("tidak-ada").code == 2
    assert not empty.exists(), "an instance was made"
