"""An instance with a mail server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from apiflask import APIFlask

from hoax_tracker.core.config.mail_server import MailServer
from hoax_tracker.core.config.settings import Settings
from tests.mail_server import Postman, run_mail_server


@pytest.fixture
def mail_at(app: APIFlask) -> Callable[..., Settings]:
    """Return a function that points the instance to a mail server and returns its settings."""

    def point(port: int, scheme: str = "smtp+plain", host: str = "127.0.0.1", **more: str) -> Settings:
        server = MailServer(host, port, scheme, "Kupang Kabas Hoaks", "kabas@kota.example", **more)
        settings = replace(app.extensions["settings"], mail=server)
        app.extensions["settings"] = settings
        return settings

    return point


@pytest.fixture
def settings_with_mail(postman: Postman, mail_at: Callable[..., Settings]) -> Iterator[Settings]:
    """Settings whose mail server works."""
    with run_mail_server(postman) as port:
        yield mail_at(port)
