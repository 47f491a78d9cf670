"""A browser without scripts, for tests that hold an application context open themselves."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.models import db


class Browser(FlaskClient):
    """Sends each request as a server would meet it: in a context of its own (who is signed in is kept in ``g``, which
    requests would share otherwise), while the test holds no transaction open. Rows of the test are read anew after."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        db.session.rollback()
        with self.application.app_context():
            return super().open(*args, **kwargs)
