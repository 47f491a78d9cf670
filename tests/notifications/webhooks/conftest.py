"""An endpoint on a loopback server, and what it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Officer, WebhookEvent
from hoax_tracker.notifications.webhooks import endpoints
from tests.feed_server import FeedServer, Reply, Request

HOOK = "/hook"
ALL_EVENTS = tuple(sorted(event.value for event in WebhookEvent))
AddEndpoint = Callable[..., str]


@pytest.fixture
def add_endpoint(server: FeedServer, settings: Settings, administrator: Officer, now: datetime) -> AddEndpoint:
    """Return a function that adds an endpoint, whose server accepts everything, and returns its secret."""

    def add(path: str = HOOK, events: Sequence[str] = ALL_EVENTS, *replies: Reply) -> str:
        server.answer(path, *(replies or (Reply(b"ok", content_type="text/plain"),)))
        values = {"name": f"Situs {path}", "url": server.url(path), "events": list(events), "is_active": True}
        return endpoints.add_endpoint(values, settings=settings, by=administrator, now=now)

    return add


def verify(request: Request, secret: str) -> Any:
    """Return the message, checked as a receiver checks it. Raises WebhookVerificationError."""
    return Webhook(secret).verify(request.body, request.headers)


def sent_types(server: FeedServer, path: str = HOOK) -> list[str]:
    """What the endpoint was told, in order."""
    return [json.loads(request.body)["type"] for request in server.requests(path)]
