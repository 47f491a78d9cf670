"""Kill a process with SIGKILL at a named step, so that a test sets where it dies, not when.

    python -m tests.failpoints MODULE:FUNCTION before|after COUNT ARGUMENTS …

runs ``hoax-tracker ARGUMENTS`` and kills it at the COUNT-th call of the function, before it begins or after it ends.
The step ``sqlalchemy:commit`` is every commit: ``before`` it nothing of the transaction is stored, ``after`` it
everything. The process prints a last line to stderr, so that a test sees that it died at the right place. No product
code knows of this module.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import Any

COMMIT = "sqlalchemy:commit"


@dataclass(frozen=True)
class Failpoint:
    """Where to die: ``when`` is before or after the ``count``-th call of ``step``."""

    step: str
    when: str
    count: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.step} {self.count}"

    @property
    def last_words(self) -> str:
        """The line that the process prints before it dies."""
        return f"killed {self}"


def arm(point: Failpoint, die: Callable[[str], None] | None = None) -> None:
    """Set the failpoint in this process: wrap the function wherever a module of ours refers to it."""
    calls, end = 0, die or kill_this_process
    owner, name = owner_of(point.step)
    function = getattr(owner, name)

    @wraps(function)
    def counting(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        here = calls == point.count
        if here and point.when == "before":
            end(point.last_words)
        result = function(*arguments, **named)
        if here and point.when == "after":
            end(point.last_words)
        return result

    setattr(owner, name, counting)
    for module in [one for key, one in sys.modules.items() if key.startswith("hoax_tracker")]:
        for key, value in list(vars(module).items()):
            if value is function:
                setattr(module, key, counting)


def owner_of(step: str) -> tuple[Any, str]:
    """Return the module or class that holds the function of a step, and the function's name there."""
    if step == COMMIT:
        from sqlalchemy.engine.default import DefaultDialect

        return DefaultDialect, "do_commit"
    module, _, path = step.partition(":")
    owner: Any = import_module(module)
    *classes, name = path.split(".")
    for one in classes:
        owner = getattr(owner, one)
    return owner, name


def kill_this_process(last_words: str) -> None:
    """End at once: no handler, no ``finally`` and no rollback runs."""
    os.write(2, f"{last_words}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)


def main(arguments: list[str]) -> None:
    """Run the command with the failpoint."""
    step, when, count, *command = arguments
    arm(Failpoint(step, when, int(count)))
    from hoax_tracker.cli import main as run_command

    run_command(command)


if __name__ == "__main__":
    main(sys.argv[1:])
