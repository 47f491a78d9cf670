"""Pages of the webhooks: endpoints, their secrets and last messages, *kirim ulang*."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.admin.blueprint import bp
from hoax_tracker.admin.forms import WebhookForm
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from hoax_tracker.notifications.webhooks import endpoints
from hoax_tracker.notifications.webhooks.events import MOST_TRIES

ViewResult = str | Response | tuple[str, int]


@bp.get("/webhook")
def webhook_list() -> str:
    """List the endpoints."""
    labels = {event.value: event.label for event in WebhookEvent}
    return render_template("accounts/webhooks.html", rows=endpoints.list_endpoints(), labels=labels)


@bp.route("/webhook/baru", methods=["GET", "POST"])
def add_webhook() -> ViewResult:
    """Add an endpoint; the response shows its secret once."""
    if request.method == "POST":
        require_fresh_second_factor()
    events = sorted(event.value for event in WebhookEvent)
    form = WebhookForm.over({"name": "", "url": "", "events": events, "is_active": True})
    secrets: list[str] = []
    act: dict[str, Any] = {"settings": current_settings(), "by": current_officer(), "now": utc_now()}
    if form.attempt(lambda: secrets.append(endpoints.add_endpoint(form.values(), **act))):
        return render_template("accounts/webhook_secret.html", secret=secrets[0], name=form.name.data, is_new=True)
    return render_template("accounts/webhook.html", form=form, row=None), form.status


@bp.route("/webhook/<int:webhook_id>", methods=["GET", "POST"])
def change_webhook(webhook_id: int) -> ViewResult:
    """Show an endpoint with its last messages, or change it."""
    if request.method == "POST":
        require_fresh_second_factor()
    row = require_row(WebhookEndpoint, webhook_id)
    form = WebhookForm.over(endpoints.endpoint_values(row))
    act: dict[str, Any] = {"settings": current_settings(), "by": current_officer(), "now": utc_now()}
    saved = form.attempt(
        lambda: endpoints.change_endpoint(webhook_id, form.values(), form.seen.data, **act),
        lambda: endpoints.endpoint_values(require_row(WebhookEndpoint, webhook_id)),
    )
    if saved and form.is_submitted():
        flash(_("Tersimpan."), "done")
        return redirect(url_for("accounts.webhook_list"), 303)
    deliveries = endpoints.list_recent_deliveries(webhook_id)
    labels = {event.value: event.label for event in WebhookEvent}
    shown = {"deliveries": deliveries, "labels": labels, "most_tries": MOST_TRIES, "now": utc_now()}
    return render_template("accounts/webhook.html", form=form, row=row, **shown), form.status


@bp.post("/webhook/<int:webhook_id>/rahasia")
def renew_webhook_secret(webhook_id: int) -> str:
    """Make a new secret; the response shows it once."""
    require_fresh_second_factor()
    row = require_row(WebhookEndpoint, webhook_id)
    name = row.name
    secret = endpoints.renew_secret(webhook_id, settings=current_settings(), by=current_officer(), now=utc_now())
    return render_template("accounts/webhook_secret.html", secret=secret, name=name, is_new=False)


@bp.post("/webhook/<int:webhook_id>/hapus")
def remove_webhook(webhook_id: int) -> Response:
    """Remove an endpoint."""
    require_fresh_second_factor()
    endpoints.remove_endpoint(webhook_id, by=current_officer(), now=utc_now())
    flash(_("Webhook dihapus."), "done")
    return redirect(url_for("accounts.webhook_list"), 303)


@bp.post("/webhook/pesan/<int:delivery_id>/kirim-ulang")
def resend_webhook(delivery_id: int) -> Response:
    """Queue a message once more."""
    webhook_id = require_row(WebhookDelivery, delivery_id).endpoint_id
    try:
        endpoints.resend_delivery(delivery_id, by=current_officer(), now=utc_now())
        flash(_("Pesan dikirim ulang dalam satu menit."), "done")
    except InvalidInputError as error:
        flash(str(error.user_message), "fault")
    return redirect(url_for("accounts.change_webhook", webhook_id=webhook_id) + "#pesan", 303)
