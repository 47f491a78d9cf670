"""Structured logging: one line per event on stderr, as JSON for machines or as text for a terminal.

A line holds no personal data: no query, ticket, message text, or address of a person or machine. A request is named by
its route pattern. An exception is logged with its type and where it arose, without its message: libraries put values
there. The messages of our own errors contain only what is meant for the log.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from hoax_tracker.errors import HoaxTrackerError

request_id: ContextVar[str] = ContextVar("request_id", default="")

ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)
# Short, plain, and not a number that could be somebody's.
REQUEST_ID_PATTERN = re.compile(r"(?![0-9-]+\Z)[A-Za-z0-9][A-Za-z0-9_-]{7,63}\Z")
# Of these the message names code, never a value.
CODE_ERRORS = (AttributeError, NameError, ImportError, NotImplementedError)


def new_request_id() -> str:
    """Return a random id that is short enough to read out on the telephone."""
    return secrets.token_hex(6)


def accept_request_id(sent_id: str | None) -> str:
    """Return the proxy's request id where it is short and plain, otherwise a new one."""
    return sent_id if sent_id and REQUEST_ID_PATTERN.match(sent_id) else new_request_id()


@contextmanager
def bind_request_id(identity: str) -> Iterator[None]:
    """Add the request id to every log line of the block."""
    token = request_id.set(identity)
    try:
        yield
    finally:
        request_id.reset(token)


def log_fields(**named: Any) -> dict[str, Any]:
    """Return the ``extra`` argument of a log call that adds these fields to the line."""
    return {"facts": named}


class LogLineFormatter(logging.Formatter):
    """Formats records as lines of "json" or "text"."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON, or as text."""
        fields = _fields_of_record(record)
        return ENCODER.encode(fields) if self.form == "json" else _format_as_text(fields)


def _fields_of_record(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of a log line, in order."""
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage() if isinstance(record.msg, str) else type(record.msg).__name__,
    }
    if identity := request_id.get():
        fields["request_id"] = identity
    fields |= getattr(record, "facts", {})
    if record.exc_info and record.exc_info[1] is not None:
        fields |= {
            "error": describe_exception(record.exc_info[1]),
            "traceback": list(_traceback_steps(record.exc_info[1])),
        }
    return fields


def describe_exception(error: BaseException) -> str:
    """Return the exception's type, with details only where they repeat no value."""
    if isinstance(error, CODE_ERRORS) or (isinstance(error, HoaxTrackerError) and error.status >= 500):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error.strerror or ''}".removesuffix(": ")
    orig = getattr(error, "orig", None)
    code = getattr(orig, "sqlite_errorname", None) or getattr(orig, "sqlstate", None)
    return (
        f"{type(error).__name__} ({type(orig).__name__} {code or ''})".replace(" )", ")")
        if orig
        else type(error).__name__
    )


def _traceback_steps(error: BaseException) -> Iterator[str]:
    """Yield where an exception and its causes arose, the first cause first, without any values."""
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None:
        yield from _traceback_steps(behind)
        yield f"then {describe_exception(error)}"
    else:
        yield describe_exception(error)
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} {frame.name}"


def _format_as_text(fields: dict[str, Any]) -> str:
    named_fields = ("time", "level", "logger", "event", "request_id", "traceback")
    more = " ".join(f"{key}={value}" for key, value in fields.items() if key not in named_fields)
    parts = (fields["time"][11:19], fields["level"].upper(), fields["event"], more, fields.get("request_id", ""))
    return "\n    ".join([" ".join(filter(None, parts)), *fields.get("traceback", ())])


def configure_logging(chosen: str = "", *, quiet: bool = False) -> None:
    """Configure this process's logging: text on a terminal, JSON elsewhere, or the ``chosen`` format.

    ``quiet`` limits it to warnings and errors. Uncaught exceptions, in any thread, are logged in the same format.
    """
    form = chosen or ("text" if sys.stderr.isatty() else "json")
    handler = logging.StreamHandler()
    handler.setFormatter(LogLineFormatter(form))
    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # Nothing that no line says is worked out: a line a request is a good part of what a kept page costs.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # the documented way to leave out which line of code logged
    sys.excepthook = log_uncaught_exception
    threading.excepthook = lambda args: log_uncaught_exception(args.exc_type, args.exc_value, args.exc_traceback)


def log_uncaught_exception(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
    """Log the exception that ends a process or a thread."""
    if error is not None and not issubclass(kind, KeyboardInterrupt | SystemExit):
        logging.getLogger("hoax_tracker").critical("ended by an error", exc_info=(kind, error, where))
