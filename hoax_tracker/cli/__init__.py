"""The command line ``hoax-tracker``. Exit codes: 0 done, 1 partly failed, 2 wrong use.

``flag``, ``match`` and ``model`` need no database; the others open the instance in HOAX_TRACKER_DATA. Heavy imports are
inside the commands, so that help and short commands answer at once.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Sequence

import click

from hoax_tracker import __version__
from hoax_tracker.cli.common import add_examples
from hoax_tracker.cli.doctor import doctor, jobs, keys
from hoax_tracker.cli.ingest import check, ingest, source
from hoax_tracker.cli.maintenance import audit, backup, export, move, purge, restore, search
from hoax_tracker.cli.models import flag, match, model
from hoax_tracker.cli.officers import officer
from hoax_tracker.cli.serve import demo, init, serve, worker
from hoax_tracker.errors import HoaxTrackerError

FACE = ("",)
"""The modules that other packages use ("": this one); tests/test_imports.py refuses the others."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="hoax-tracker")
def cli() -> None:
    """Kupang Kabas Hoaks: track hoaxes about the city government of Kupang and answer them.

    Begin with ``demo`` to look around, or with ``init`` and ``serve``; ``doctor`` says what is missing. Each command
    has examples: hoax-tracker COMMAND --help.
    """


COMMANDS = (demo, init, serve, worker, doctor, ingest, flag, match, check, model, source, officer, audit)
for command in (*COMMANDS, backup, restore, move, purge, export, search, keys, jobs):
    cli.add_command(command)
add_examples(cli)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command. Our own errors become one line and exit code 2."""
    # At its end Python looks for garbage among all that was loaded: a third of a short command's time.
    atexit.register(gc.freeze)
    try:
        result = cli.main(arguments, prog_name="hoax-tracker", standalone_mode=False)
    except HoaxTrackerError as error:
        click.echo(f"hoax-tracker: {_error_message(error)}", err=True)
        sys.exit(2)
    except click.exceptions.Abort:
        click.echo("hoax-tracker: dihentikan (aborted)", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; nothing left to say
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        click.echo(f"hoax-tracker: {error.filename}: {error.strerror}", err=True)
        sys.exit(2)
    except Exception as error:
        fault = _find_database_error(error) or _find_classifier_error(error)
        if fault is None:
            raise
        click.echo(f"hoax-tracker: {_error_message(fault)}", err=True)
        sys.exit(2)
    sys.exit(result if isinstance(result, int) else 0)


def _find_database_error(error: Exception) -> HoaxTrackerError | None:
    """Return our error for a database error, or None.

    Commands that never opened a database import nothing for it.
    """
    if "sqlalchemy" not in sys.modules:
        return None
    from hoax_tracker.core.database.fault_messages import translate_database_error

    return translate_database_error(error)


def _find_classifier_error(error: Exception) -> HoaxTrackerError | None:
    """Return our error for a model or data set that the classifiers cannot use, or None.

    The classifiers do not know our errors.
    """
    ours = type(error).__module__.startswith("classifiers.") and isinstance(error, ValueError)
    return HoaxTrackerError(str(error), user_message=str(error)) if ours else None


def _error_message(error: HoaxTrackerError) -> str:
    """Describe the error: what happened, and what the person can do."""
    detail, advice = str(error), str(error.user_message)
    return detail if advice in detail else f"{advice} ({detail})"
