"""The built-in web server: gunicorn with threads, waitress where a process cannot fork."""

from __future__ import annotations

import errno
import logging
import socket
import sys
import threading
from typing import Any

from flask import Flask

from hoax_tracker import inuse
from hoax_tracker.config import Settings
from hoax_tracker.errors import HoaxTrackerError

log = logging.getLogger(__name__)

THREADS = 8


class AddressUnusable(HoaxTrackerError):
    """Nothing can be served at the address: another program has it, it is not this machine's, or not ours to take."""


def require_free_port(host: str, port: int) -> None:
    """Raise AddressUnusable, with what to do, unless the address can be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressUnusable(
                f"cannot listen at {host}:{port}: {error.strerror}", user_message=advice(host, port, error.errno)
            ) from error


def advice(host: str, port: int, number: int | None) -> str:
    """Return what the operator can do about an address that cannot be bound."""
    if number == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return f"Port {port} sedang dipakai program lain. Hentikan program itu, atau pilih port lain: --port {other}"
    if number == errno.EACCES:
        return f"Port {port} hanya untuk administrator mesin ini. Pilih port di atas 1023: --port 8000"
    return f"Alamat {host} bukan milik mesin ini. Periksa --host"


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve the web app until stopped; each worker process makes the app for itself, after the fork."""
    with inuse.together(settings.data_folder):  # the workers hold it too: they inherit what is open
        if sys.platform == "win32":
            import waitress

            from hoax_tracker.app import create_app

            waitress.serve(create_app(settings), host=host, port=port, threads=THREADS)
        else:
            gunicorn_server(settings, host, port, workers).run()


def gunicorn_server(settings: Settings, host: str, port: int, workers: int) -> Any:
    """Return a gunicorn application for our app (models are never loaded before the fork: that hangs)."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            chosen = {
                "bind": address,
                "workers": workers,
                "threads": THREADS,
                "worker_class": "gthread",
                "timeout": 60,
                "graceful_timeout": 20,
                "keepalive": 5,
                "loglevel": "warning",
                "proc_name": "hoax-tracker",
                "control_socket_disable": True,
            }
            for key, value in chosen.items():
                if key in self.cfg.settings:
                    self.cfg.set(key, value)

        def load(self) -> Any:
            from hoax_tracker.app import create_app

            app = create_app(settings)
            threading.Thread(target=warm_up, args=(app,), daemon=True).start()
            return app

    return Server()


def warm_up(app: Flask) -> None:
    """Read the clarifications into the match index, so that the first resident does not wait for it.

    Runs in the worker, after the fork: the vectors must never be loaded before one.
    """
    from hoax_tracker.database import reading
    from hoax_tracker.index import match_index
    from hoax_tracker.models import db

    try:
        with app.app_context(), reading():
            match_index().published("benarkah kabar ini")
            db.session.remove()
    except Exception:
        log.exception("the match index could not be read at start; the first question will do it")
