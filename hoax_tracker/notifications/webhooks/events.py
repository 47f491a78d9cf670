"""The messages: what they say, and how they are queued with the act that they tell of.

They hold what the city publishes, and numbers. Nothing of a report leaves but the number and the unit of its claim, and
no word of a claim that nobody has examined: both may name anybody.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.core.current import current_settings
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.models import Claim, Clarification, Unit, WebhookDelivery, WebhookEndpoint, WebhookEvent, db
from hoax_tracker.notifications.mail.messages import public_url_for

EventData = dict[str, Any]


def enqueue_clarification_event(event: WebhookEvent, page: Clarification, note: str, now: datetime) -> None:
    """Tell, in the current transaction, that a page was published, corrected or withdrawn; ``note`` is public."""
    _enqueue_messages(event, lambda: [_describe_clarification(event, page, note)], now)


def enqueue_report_event(claim: Claim, now: datetime) -> None:
    """Tell, in the current transaction, that a resident's report came to a claim."""
    _enqueue_messages(WebhookEvent.REPORT_RECEIVED, lambda: [_identify_claim(claim)], now)


def enqueue_flagged_events(claims: Iterable[Claim], now: datetime) -> None:
    """Tell, in the current transaction, of stored claims that the model's flags opened."""
    if opened := list(claims):
        _enqueue_messages(WebhookEvent.CLAIM_FLAGGED, lambda: [_describe_flagged_claim(claim) for claim in opened], now)


def _enqueue_messages(event: WebhookEvent, describe: Callable[[], list[EventData]], now: datetime) -> None:
    """Queue the messages that ``describe`` returns for every endpoint that wants them. The demo tells nobody."""
    settings = current_settings()
    endpoint_ids = [] if settings.demo else _list_listening_endpoints(event)
    if not endpoint_ids:
        return
    rows = []
    for data in describe():
        message = {"message_id": f"msg_{secrets.token_hex(12)}", "body": _render_message(event, data, now)}
        rows += [{"endpoint_id": endpoint_id} | message for endpoint_id in endpoint_ids]
    waiting = {"event": event.value, "posted_at": now, "next_try_at": now, "attempts": 0}
    db.session.execute(sa.insert(WebhookDelivery), [row | waiting for row in rows])
    wake_job(WokenJob.WEBHOOKS)


def _list_listening_endpoints(event: WebhookEvent) -> list[int]:
    """Return the ids of the active endpoints that want an event."""
    query = sa.select(WebhookEndpoint.id, WebhookEndpoint.events).where(WebhookEndpoint.is_active)
    return [row.id for row in db.session.execute(query.order_by(WebhookEndpoint.id)) if event.value in row.events]


def _render_message(event: WebhookEvent, data: EventData, now: datetime) -> str:
    """Return the body, as it is signed and sent."""
    message = {"type": event.value, "timestamp": now.isoformat(timespec="seconds"), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _describe_clarification(event: WebhookEvent, page: Clarification, note: str) -> EventData:
    """Return what the public page says. A withdrawn one has no verdict any more."""
    data: EventData = {
        "number": page.number,
        "url": public_url_for("pages.page", slug=page.slug),
        "title": page.title,
        "topic": page.topic.value,
        "unit": _identify_unit(page.unit_id),
        "published_at": page.published_at.isoformat(timespec="seconds") if page.published_at else None,
        "note": note,
    }
    if event is not WebhookEvent.WITHDRAWN:
        data |= {"verdict": page.verdict.value if page.verdict else None, "summary": page.summary}
    return data


def _describe_flagged_claim(claim: Claim) -> EventData:
    """Return what the desk knows of a new claim, without its words."""
    return _identify_claim(claim) | {
        "topic": claim.topic.value,
        "priority": round(claim.priority, 3),
        "first_seen_at": claim.first_seen_at.isoformat(timespec="seconds"),
    }


def _identify_claim(claim: Claim) -> EventData:
    """Return a claim's number and unit."""
    return {"claim": claim.id, "unit": _identify_unit(claim.unit_id)}


def _identify_unit(unit_id: int | None) -> EventData | None:
    """Return a unit's code and name; None where there is no unit."""
    unit = db.session.get(Unit, unit_id) if unit_id is not None else None
    return {"code": unit.code, "name": unit.name} if unit else None
