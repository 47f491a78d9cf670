"""Every command has examples, and each of them is read as it is written."""

from __future__ import annotations

import re
import shlex
from contextlib import ExitStack
from pathlib import Path

import click
import pytest

from hoax_tracker.cli import cli
from hoax_tracker.cli.common import EXAMPLES, elapsed_time, list_commands


def test_every_command_has_examples() -> None:
    assert set(EXAMPLES) == list_commands()


@pytest.mark.parametrize(
    ("words", "line"), [(words, line) for words, lines in EXAMPLES.items() for line in lines], ids=lambda text: text
)
def test_an_example_is_what_the_command_takes(
    words: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    typed = shlex.split(re.split(r" [|<>] ", line)[-1 if line.startswith("echo") else 0])
    while "=" in typed[0]:
        del typed[0]
    program, *arguments = typed
    assert program == "hoax-tracker"
    assert arguments[: len(words.split())] == words.split()
    for name in arguments:
        if re.fullmatch(r"[\w-]+\.(xml|txt|jsonl|csv|opml|tar|skops)", name):
            (tmp_path / name).touch()
    command: click.Command = cli
    with ExitStack() as opened:
        while isinstance(command, click.Group):
            context = opened.enter_context(command.make_context(words, list(arguments), resilient_parsing=True))
            name, found, arguments = command.resolve_command(context, list(arguments))
            assert found is not None
            command = found
        with command.make_context(name, list(arguments)):  # click closes the files that an argument opened
            pass


def test_examples_stand_at_the_end_of_the_help() -> None:
    help_text = cli.commands["doctor"].get_help(click.Context(cli.commands["doctor"], info_name="doctor"))
    assert help_text.rstrip().endswith(
        "Examples:\n    hoax-tracker doctor\n    hoax-tracker doctor --json | grep '\"fault\"'"
    )


def test_a_quick_command_and_one_without_a_terminal_show_no_clock(capsys: pytest.CaptureFixture[str]) -> None:
    with elapsed_time("purge"):
        pass
    assert capsys.readouterr().err == ""
