"""Where hubs ask back and send: an address that nobody guesses, without session or form token."""

from __future__ import annotations

from datetime import timedelta

from apiflask import APIBlueprint
from flask import current_app, request
from werkzeug.wrappers import Response

from hoax_tracker.app import csrf
from hoax_tracker.clock import utc_now
from hoax_tracker.config import Settings
from hoax_tracker.database import writing
from hoax_tracker.ingest import hubs
from hoax_tracker.ingest.feeds import FeedError
from hoax_tracker.limits import spend

bp = APIBlueprint("hub", __name__, url_prefix=hubs.PATH, enable_openapi=False)
A_MINUTE, ALL_A_MINUTE = 120, 600
CHALLENGE_LIMIT = 1000


def settings() -> Settings:
    """Return the settings of the instance."""
    found: Settings = current_app.extensions["settings"]
    return found


def count_use() -> None:
    """Raise TooMany where somebody asks too often."""
    with writing(None):
        spend(
            "hub",
            request.remote_addr or "",
            limit=A_MINUTE,
            window=timedelta(minutes=1),
            secret=settings().secret_key,
            now=utc_now(),
            in_total=ALL_A_MINUTE,
        )


@bp.get("/<token>")
def verify(token: str) -> Response:
    """Answer a hub that asks whether it was meant."""
    count_use()
    mode, topic, lease = (request.args.get(f"hub.{name}", "") for name in ("mode", "topic", "lease_seconds"))
    hubs.confirm(token, mode, topic, lease, utc_now())
    challenge = request.args.get("hub.challenge", "")[:CHALLENGE_LIMIT]
    return current_app.response_class(challenge, mimetype="text/plain")


@bp.post("/<token>")
def deliver(token: str) -> tuple[str, int]:
    """Take what a hub sends. It learns nothing of whether the signature was good, or the feed one."""
    count_use()
    body, signature = request.get_data(cache=False), request.headers.get("X-Hub-Signature", "")
    try:
        hubs.take_in(token, body, signature, request.content_type, settings(), utc_now())
    except FeedError:
        current_app.logger.info("what a hub sent is no feed")
    return "", 202


csrf.exempt(bp)  # hubs have no form; the signature says who sends
