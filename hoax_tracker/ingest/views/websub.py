"""WebSub callbacks: an unguessable address without session or CSRF token, where hubs verify and deliver."""

from __future__ import annotations

from datetime import timedelta

from apiflask import APIBlueprint
from flask import current_app, request
from werkzeug.wrappers import Response

from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.core.extensions import csrf, current_settings
from hoax_tracker.core.rate_limiting import ALL_ADDRESSES, Limit
from hoax_tracker.ingest import websub
from hoax_tracker.ingest.parsers import FeedError
from hoax_tracker.ingest.websub import store_delivery
from hoax_tracker.models import db

bp = APIBlueprint("hub", __name__, url_prefix=websub.CALLBACK_PATH, enable_openapi=False)
A_MINUTE, ALL_A_MINUTE = 120, 600
CHALLENGE_LIMIT = 1000


def _admit_hub_request(token: str) -> None:
    """Raise RateLimitedError beyond the limit, NotFoundError for an unknown callback.

    Requests to unknown callbacks count against their sender alone, so that they cannot use up the hubs' common limit.
    """
    _count_hub_request(request.remote_addr or "", A_MINUTE)
    with read_transaction():
        websub.require_subscription(token)
        db.session.rollback()
    _count_hub_request(ALL_ADDRESSES, ALL_A_MINUTE)


def _count_hub_request(who: str, limit: int) -> None:
    """Count one request. Raises RateLimitedError."""
    with write_transaction(None):
        Limit("hub", limit, timedelta(minutes=1)).use(who, utc_now())


@bp.get("/<token>")
def verify(token: str) -> Response:
    """Answer a hub's verification of intent."""
    _admit_hub_request(token)
    mode, topic, lease = (request.args.get(f"hub.{name}", "") for name in ("mode", "topic", "lease_seconds"))
    websub.confirm_subscription(token, mode, topic, lease, utc_now())
    challenge = request.args.get("hub.challenge", "")[:CHALLENGE_LIMIT]
    return current_app.response_class(challenge, mimetype="text/plain")


@bp.post("/<token>")
def deliver(token: str) -> tuple[str, int]:
    """Accept a delivery. The answer never tells whether signature and feed were valid."""
    _admit_hub_request(token)
    body, header = request.get_data(cache=False), request.headers
    signature, link = header.get("X-Hub-Signature", ""), header.get("Link", "")
    try:
        store_delivery(token, body, signature, request.content_type, link, current_settings(), utc_now())
    except FeedError:
        current_app.logger.info("what a hub sent is no feed, or another one")
    return "", 202


csrf.exempt(bp)  # hubs have no form; the signature says who sends
