"""One application for all tests of a process; each test gets it without the state of others, on its own database.

Making an application costs more than most tests: Werkzeug compiles routes, Jinja templates, SQLAlchemy statements.
State between requests lies in ``app.extensions`` and in the middleware, and both are restored. A test that changes
anything else uses ``fresh_app``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import wraps
from typing import Any
from weakref import WeakSet

from apiflask import APIFlask
from flask import Flask
from sqlalchemy import event
from werkzeug.routing import Rule

from hoax_tracker.app import attach_middleware, create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.tally import Tally
from hoax_tracker.models import db
from tests.browser import Browser


def compile_addresses_once() -> None:
    """Let all applications of this process share what builds their addresses: it is two thirds of what each costs."""
    compile_builder, compiled = Rule._compile_builder, dict[object, Any]()

    @wraps(compile_builder)
    def look_up_or_compile(rule: Rule, append_unknown: bool = True) -> Any:
        key = str((rule.rule, rule._trace, rule.defaults, append_unknown))
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    Rule._compile_builder = look_up_or_compile  # type: ignore[method-assign]


_tallies: WeakSet[Tally[Any]] = WeakSet()


def note_tallies() -> None:
    """Note every tally of this process, whichever application it counts for."""
    begin = Tally.__init__

    @wraps(begin)
    def begin_noted(tally: Tally[Any], app: Flask) -> None:
        begin(tally, app)
        _tallies.add(tally)

    Tally.__init__ = begin_noted  # type: ignore[method-assign]


def drop_tallies_of(settings: Settings) -> None:
    """Discard what waits to be counted for an instance: a second later it would be counted in the next test's."""
    for tally in list(_tallies):
        if tally._app.extensions["settings"].data_folder == settings.data_folder:
            tally.drop()


def create_test_app(settings: Settings) -> APIFlask:
    """Return an application with the tests' browser and fast password hashing, as half of the tests sign in."""
    app = create_app(settings)
    app.test_client_class = Browser
    app.extensions["security"].pwd_context.update(argon2__time_cost=1, argon2__memory_cost=8, argon2__parallelism=1)
    return app


class SharedApp:
    """An application, and its state before the first test."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_test_app(settings)
        self._extensions = dict(self.app.extensions)
        self._outline = self._read_outline()

    def renew(self, settings: Settings) -> APIFlask:
        """Return the application in its original state with these settings; the database address must be the same."""
        self.app.extensions.clear()
        self.app.extensions.update(self._extensions)
        self.app.extensions["settings"] = settings
        attach_middleware(self.app, settings)
        with self.app.app_context():
            # A request of the test before that ended late may have opened the database that lay here then.
            db.engine.dispose()
        return self.app

    def release(self) -> None:
        """Close the connections of the test's database; the engine keeps its compiled statements.

        Raises AssertionError where the test changed more than ``renew`` restores.
        """
        drop_tallies_of(self.app.extensions["settings"])
        db.session.remove()
        db.engine.dispose()
        if marker := self.app.extensions.get("change_marker"):
            event.remove(db.engine, "engine_disposed", marker.close)
        changed, self._outline = self._outline != self._read_outline(), self._read_outline()
        assert not changed, "this test changed the application that all tests share: let it ask for fresh_app"

    def _read_outline(self) -> object:
        """Return sizes and values that registering or configuring changes and requests do not."""
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


def change_settings(app: Flask, **changes: Any) -> Settings:
    """Change some settings of an application that runs; return all of them."""
    changed: Settings = replace(app.extensions["settings"], **changes)
    app.extensions["settings"] = changed
    return changed
