"""One application for all tests of a process: each test gets it as new, on a database of its own.

Making an application costs more than most tests: Werkzeug compiles every address, Jinja every template, SQLAlchemy
every statement. What an application remembers between requests lies in ``app.extensions`` and in the middleware around
it: both are put back. A test that changes anything else of its application asks for ``fresh_app``.
"""

from __future__ import annotations

from apiflask import APIFlask
from sqlalchemy import event

from hoax_tracker.app import attach_middleware, create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import db
from tests.browser import Browser


def create_test_app(settings: Settings) -> APIFlask:
    """Return an application with the tests' browser that hashes passwords quickly, as half of the tests sign in."""
    app = create_app(settings)
    app.test_client_class = Browser
    app.extensions["security"].pwd_context.update(argon2__time_cost=1, argon2__memory_cost=8, argon2__parallelism=1)
    return app


class SharedApp:
    """An application, and what it held before the first test used it."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_test_app(settings)
        self._extensions = dict(self.app.extensions)
        self._outline = self._read_outline()

    def renew(self, settings: Settings) -> APIFlask:
        """Return the application as it was made, with these settings (the address of its database must be the same)."""
        self.app.extensions.clear()
        self.app.extensions.update(self._extensions)
        self.app.extensions["settings"] = settings
        attach_middleware(self.app, settings)
        with self.app.app_context():
            # A request of the test before that ended late may have opened the database that lay here then.
            db.engine.dispose()
        return self.app

    def release(self) -> None:
        """Close what the test's database was opened with; the compiled statements of the engine stay.

        Raises AssertionError where the test left more in the application than ``renew`` puts back.
        """
        if tally := self.app.extensions.get("question_tally"):
            tally.drop()
        db.session.remove()
        db.engine.dispose()
        if stirrings := self.app.extensions.get("stirrings"):
            event.remove(db.engine, "engine_disposed", stirrings.close)
        changed, self._outline = self._outline != self._read_outline(), self._read_outline()
        assert not changed, "this test changed the application that all tests share: let it ask for fresh_app"

    def _read_outline(self) -> object:
        """Return what a test may change by registering or configuring: sizes and values that requests leave alone."""
        app = self.app
        functions = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
        handlers = [by_error for by_code in app.error_handler_spec.values() for by_error in by_code.values()]
        return (
            dict(app.config),
            len(app.view_functions),
            [{name: len(registered) for name, registered in kind.items()} for kind in functions],
            sum(map(len, handlers)),
            set(app.jinja_env.globals),
            set(app.jinja_env.filters),
        )
