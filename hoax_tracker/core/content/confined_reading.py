"""Uploaded files are read in a process of their own, within limits of processor time and memory.

A file decides what its parser does: it may expand a thousandfold, hold a million empty cells, or be drawn in ten
thousand passes. No check in advance finds all of that, so whatever a file costs ends with the process that reads it,
and the officer or resident is told in words. The process gets the bytes, the reader's language, and no setting or key
of this installation. One file of a kind is read at a time in each web process.

Windows has no limits of this kind, and macOS does not hold the one on memory: there the waiting time is the limit.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from flask_babel import get_locale, gettext as _

from hoax_tracker.errors import FileTooLargeError, InvalidInputError, ServiceBusyError

CPU_SECONDS = 10
MEMORY_BYTES = 2**30
WAIT_FOR_OTHERS_S = 10.0
# Where the machine has other work, a second of processor time takes longer. A proxy in front gives up after a minute.
_SECONDS_A_CPU_SECOND = 3
_ERRORS = {kind.__name__: kind for kind in (InvalidInputError, FileTooLargeError)}
# What a Python program needs to start. Everything else, keys above all, stays out.
_PASSED_ON_NAMES = """PATH PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE LD_LIBRARY_PATH LANG LC_ALL TZ TMPDIR TEMP TMP
    SYSTEMROOT"""
_PASSED_ON = frozenset(_PASSED_ON_NAMES.split())
_READ, _REFUSED, _TOO_COSTLY = b"+", b"-", b"!"


class ConfinedReader:
    """A function that reads untrusted bytes, run in a process of its own.

    ``function`` is "module:name" of a function that takes the bytes and then texts, and returns bytes. It may raise
    InvalidInputError, which is raised here. The same error with ``unreadable`` is raised where it fails otherwise, and
    with words about the cost where it needs more than it may.
    """

    def __init__(self, function: str, *, field: str, unreadable: Any, cpu_seconds: int = CPU_SECONDS) -> None:
        self.function = function
        self._field, self._unreadable, self._cpu_seconds = field, unreadable, cpu_seconds
        self._one_at_a_time = BoundedSemaphore(1)

    def read(self, data: bytes, *arguments: str) -> bytes:
        """Return what the function returns. Raises InvalidInputError, ServiceBusyError where others' files wait."""
        with self._turn():
            answer = self._run(data, arguments)
        kind, content = answer[:1], answer[1:]
        if kind == _READ:
            return content
        if kind == _REFUSED:
            reply = json.loads(content)
            raise _ERRORS[reply["kind"]](reply["detail"], user_message=reply["message"], field=reply["field"])
        raise self._too_costly_error() if kind == _TOO_COSTLY else self._unreadable_error()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._one_at_a_time.acquire(timeout=WAIT_FOR_OTHERS_S):
            message = _("Server sedang membaca berkas lain. Tunggu sebentar, lalu kirim lagi. Isian Anda masih ada.")
            raise ServiceBusyError("files are being taken in", retry_after_s=10, user_message=message)
        try:
            yield
        finally:
            self._one_at_a_time.release()

    def _run(self, data: bytes, arguments: Sequence[str]) -> bytes:
        """Return the answer of the process: a byte that tells its kind, and the content; b"" where it crashed."""
        language, limits = str(get_locale() or "id"), (str(self._cpu_seconds), str(MEMORY_BYTES))
        command = [sys.executable, "-m", __name__, self.function, language, *limits, *arguments]
        environment = {name: value for name, value in os.environ.items() if name.upper() in _PASSED_ON}
        try:
            done = subprocess.run(  # noqa: S603 - our own program and arguments; the file comes by the pipe
                command,
                input=data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a parser's message may repeat what stands in the file
                env=environment,
                timeout=_SECONDS_A_CPU_SECOND * self._cpu_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _TOO_COSTLY
        if done.returncode == 0:
            return done.stdout
        return _TOO_COSTLY if -done.returncode in _signals_of_limits() else b""

    def _too_costly_error(self) -> InvalidInputError:
        message = _(
            "Berkas itu terlalu rumit untuk dibaca dengan aman. Simpan ulang dengan isi yang lebih sedikit, atau bagi "
            "menjadi beberapa berkas."
        )
        return InvalidInputError("costs too much to read", user_message=message, field=self._field)

    def _unreadable_error(self) -> InvalidInputError:
        return InvalidInputError("unreadable", user_message=str(self._unreadable), field=self._field)


def too_many_parts_error(field: str, parts: str) -> InvalidInputError:
    """Return the error for a file that consists of too many parts; ``parts`` says how many are read, in words."""
    message = _("Berkas itu terdiri atas terlalu banyak bagian: paling banyak %(parts)s.", parts=parts)
    return InvalidInputError("too many parts", user_message=message, field=field)


def _signals_of_limits() -> set[int]:
    """Return the signals by which a limit, or the system where its memory is full, ends a process."""
    import signal

    return {int(getattr(signal, name)) for name in ("SIGXCPU", "SIGKILL") if hasattr(signal, name)}


def _set_limits(cpu_seconds: int, memory_bytes: int) -> None:
    """Limit this process: processor time, memory, and that it writes no file."""
    if sys.platform == "win32":
        return
    import resource

    wanted = {
        resource.RLIMIT_AS: (memory_bytes, memory_bytes),
        resource.RLIMIT_CPU: (cpu_seconds, cpu_seconds + 1),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
    }
    for kind, values in wanted.items():
        with suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(kind, values)


def _is_memory_used_up(memory_bytes: int) -> bool:
    """Tell whether this process needed most of its memory: libraries report a lack of it under many names.

    Linux says so of this program alone. What ``getrusage`` gives counts that of the one that started it, too.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return False
    peak = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return peak is not None and 1024 * int(peak[1]) > memory_bytes // 2


@contextmanager
def _speaking(language: str) -> Iterator[None]:
    """Let messages be in a language. Indonesian is what they are written in, and needs no catalogue."""
    if language == "id":
        yield
        return
    from flask import Flask
    from flask_babel import Babel

    from hoax_tracker.core.paths import PACKAGE_FOLDER

    app = Flask(__name__)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(PACKAGE_FOLDER / "translations")
    Babel(app, default_locale=language)
    with app.app_context():
        yield


def _answer(function: str, language: str, data: bytes, arguments: Sequence[str], memory_bytes: int) -> bytes:
    """Return the answer of this process."""
    module, _colon, name = function.partition(":")
    with _speaking(language):
        try:
            read: Callable[..., bytes] = getattr(import_module(module), name)
            answer: bytes = _READ + read(data, *arguments)
            return answer
        except InvalidInputError as error:
            kind = next(name for name, kind in reversed(_ERRORS.items()) if isinstance(error, kind))
            reply = {"kind": kind, "detail": str(error), "message": str(error.user_message), "field": error.field}
            return _REFUSED + json.dumps(reply).encode()
        except MemoryError:
            return _TOO_COSTLY
        except Exception:  # a parser of hostile input: whatever it raises, the file is not read
            if _is_memory_used_up(memory_bytes):
                return _TOO_COSTLY
            raise


def _main() -> None:
    function, language, cpu_seconds, memory_bytes, *arguments = sys.argv[1:]
    sys.modules["numpy"] = None  # type: ignore[assignment]  # no reader needs it; openpyxl looks for it and starts late
    _set_limits(int(cpu_seconds), int(memory_bytes))
    answer = _answer(function, language, sys.stdin.buffer.read(), arguments, int(memory_bytes))
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    _main()
