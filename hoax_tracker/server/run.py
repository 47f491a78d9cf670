"""The built-in web server: gunicorn with threads, waitress where processes cannot fork."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
from typing import Any

from flask import Flask

from hoax_tracker.app import create_app
from hoax_tracker.core import instance_lock
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.tally import end_tallies
from hoax_tracker.errors import HoaxTrackerError
from hoax_tracker.match_index.follower import follow_published_pages
from hoax_tracker.operations import metrics
from hoax_tracker.server.worker_process import SWITCHED_AFTER_S, WorkerProcess

THREADS = 16
"""Of the server where processes cannot fork; gunicorn's are in gunicorn_arbiter.py."""
GRACEFUL_S = 30


class AddressUnusableError(HoaxTrackerError):
    """The address cannot be served: it is in use, not this machine's, or not permitted."""


def require_free_port(host: str, port: int) -> None:
    """Raise AddressUnusableError, with advice, unless the address can be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressUnusableError(
                f"cannot listen at {host}:{port}: {error.strerror}",
                user_message=bind_error_advice(host, port, error.errno),
            ) from error


def bind_error_advice(host: str, port: int, number: int | None) -> str:
    """Return advice for an address that cannot be bound."""
    if number == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return f"Port {port} sedang dipakai program lain. Hentikan program itu, atau pilih port lain: --port {other}"
    if number == errno.EACCES:
        return f"Port {port} hanya untuk administrator mesin ini. Pilih port di atas 1023: --port 8000"
    return f"Alamat {host} bukan milik mesin ini. Periksa --host"


def serve_web_app(
    settings: Settings, host: str, port: int, workers: int, companion: WorkerProcess | None = None
) -> None:
    """Serve the web app until stopped, and look after the worker beside it.

    Each web process creates the app for itself, after the fork.
    """
    with instance_lock.lock_instance_shared(settings.data_folder):  # the workers hold it too: they inherit what is open
        if sys.platform == "win32":
            import waitress

            app = create_app(settings)
            waitress.serve(app, host=host, port=port, threads=THREADS)
            end_counting(app)
        else:
            metrics.share_metrics_folder(settings.data_folder)
            master = os.getpid()
            try:
                _build_gunicorn_server(settings, host, port, workers, companion).run()
            finally:
                if os.getpid() == master:  # each web process ends through here as well
                    metrics.clear_metrics(settings.data_folder)


def end_counting(app: Flask | None) -> None:
    """Write the counts that wait in a web process that ends; it has no app if it ended before it began."""
    if app is not None:
        end_tallies(app)


def _close_worker_pipe(companion: WorkerProcess | None) -> None:
    """Close the inherited end of the worker's pipe, which would keep the worker alive."""
    if companion is not None:
        companion.let_go()


def _build_gunicorn_server(
    settings: Settings, host: str, port: int, workers: int, companion: WorkerProcess | None
) -> Any:
    """Return a gunicorn application for our app. Models are never loaded before the fork: that hangs."""
    from gunicorn.app.base import BaseApplication

    from hoax_tracker.server import gunicorn_arbiter

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            chosen = {
                "bind": address,
                "workers": workers,
                "threads": sum(gunicorn_arbiter.THREADS.values()),
                "worker_class": "hoax_tracker.server.gunicorn_arbiter.PagesFirst",
                "timeout": 60,
                "graceful_timeout": GRACEFUL_S,
                "keepalive": 5,
                "loglevel": "warning",
                "logger_class": gunicorn_arbiter.GunicornLog,
                "proc_name": "hoax-tracker",
                "control_socket_disable": True,
                "worker_exit": lambda _master, process: end_counting(getattr(process, "wsgi", None)),
                "post_fork": lambda _master, _process: _close_worker_pipe(companion),
                "child_exit": lambda _master, process: metrics.forget_process(process.pid),
            }
            for key, value in chosen.items():
                if key in self.cfg.settings:
                    self.cfg.set(key, value)

        def load(self) -> Any:
            sys.setswitchinterval(SWITCHED_AFTER_S)
            app = create_app(settings)
            threading.Thread(target=follow_published_pages, args=(app, threading.Event()), daemon=True).start()
            return app

        def run(self) -> None:
            gunicorn_arbiter.GunicornMaster(self, companion).run()

    return Server()
