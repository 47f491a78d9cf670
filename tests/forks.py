"""Run Python in forks of one process that has the program loaded: ``run_python("-m", "hoax_tracker", "purge", …)``.

A test that kills a command, or asks what it says, would wait seconds for the imports and models of each; a fork has
them. It has its own environment, arguments and output, begins without any database, and ends as a process ends, by a
signal too. What is about starting itself, or about another user, starts a real process.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NoReturn

from tests.repository import ROOT

LIMIT_S = 300


def run_python(*arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``-m MODULE …`` or ``-c TEXT …`` to its end, as ``subprocess.run`` does with captured output."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        given = [list(arguments), dict(os.environ if environ is None else environ), str(out), str(err)]
        parent = start_parent()
        assert parent.stdin
        assert parent.stdout
        parent.stdin.write(json.dumps(given) + "\n")
        parent.stdin.flush()
        code = int(parent.stdout.readline())
        texts = [path.read_text(encoding="utf-8") for path in (out, err)]
    return subprocess.CompletedProcess(arguments, code, *texts)


@cache
def start_parent() -> subprocess.Popen[str]:
    """Start the process that forks, once for each process of tests; it ends with its input."""
    command = [sys.executable, "-m", "tests.forks"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HOAX_TRACKER_")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, env=environ, cwd=ROOT, text=True, **pipes)  # type: ignore[call-overload]
    atexit.register(process.communicate)
    return process  # type: ignore[no-any-return]


def import_program() -> None:
    """Import what commands and workers import, and load the models, without opening a database."""
    import trafilatura  # noqa: F401

    from classifiers.matcher.match import load_shipped_reader
    from classifiers.matcher.model_file import load_match_model
    from hoax_tracker import cli  # noqa: F401
    from hoax_tracker.app import create_app
    from hoax_tracker.core.config.settings import read_settings
    from hoax_tracker.flag.model.model_files import file_digest, load_cached_bundle, shipped_model_path

    load_match_model()
    load_shipped_reader()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(read_settings({"HOAX_TRACKER_DATA": folder}))  # imports what no module imports at its top
        with app.app_context():
            load_cached_bundle(shipped_model_path(), file_digest(shipped_model_path()))
    gc.collect()
    gc.freeze()


def be_python(arguments: list[str], environ: dict[str, str], out: str, err: str) -> NoReturn:
    """Be a Python of its own in this fork: run what the arguments say, with this environment and these files."""
    os.environ.clear()
    os.environ.update(environ)
    for path, number in ((os.devnull, 0), (out, 1), (err, 2)):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    # Those of the parent hold what it has not written yet, and what it has read ahead.
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        file = os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False)
        setattr(sys, name, file)
        setattr(sys, f"__{name}__", file)
    signal.alarm(LIMIT_S)
    kind, program, *rest = arguments
    sys.argv = ["-c" if kind == "-c" else program, *rest]
    try:
        if kind == "-c":
            exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - a test's own text
        else:
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Fork for each line, and answer with how it ended."""
    import_program()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            be_python(*json.loads(line))
        _child, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
