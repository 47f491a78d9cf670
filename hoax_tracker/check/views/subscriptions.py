"""The pages on which residents subscribe by e-mail or with a browser, confirm, and unsubscribe.

Looking at a page changes nothing, because programs that check mail open its links: a button posts. The token in the
address is the secret, so these forms need neither cookie nor CSRF token, and a mail program unsubscribes with one post
(RFC 8058).
"""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, abort, g, request, url_for
from flask_babel import gettext as _

from hoax_tracker.check.cache.page_cache import render_private_page
from hoax_tracker.check.clarification_list import list_place_choices
from hoax_tracker.check.subscriptions import service
from hoax_tracker.check.subscriptions.letters import describe_choice
from hoax_tracker.check.subscriptions.service import remove_push_subscription, store_push_subscription
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import csrf, current_settings
from hoax_tracker.errors import InvalidInputError, NotFoundError, RateLimitedError
from hoax_tracker.models import Topic
from hoax_tracker.notifications.mail import is_mail_enabled
from hoax_tracker.notifications.push.targets import PushTarget, is_push_enabled, push_public_key

bp = APIBlueprint("subscriptions", __name__, enable_openapi=False)
bp.add_app_template_global(is_mail_enabled, "sends_mail")
bp.add_app_template_global(is_push_enabled, "sends_push")


@bp.route("/kabari", methods=["GET", "POST"])
def subscribe() -> Response:
    """Show the form, or store what it asks for. The answer is the same for every address."""
    if not (is_mail_enabled() or is_push_enabled()):
        raise NotFoundError("nobody can be told")
    if request.method == "GET":
        return _render_form()
    if not is_mail_enabled():
        raise NotFoundError("no mail server is set")
    _require_own_form()
    address, settings = request.form.get("surel", ""), current_settings()
    try:
        choice = service.parse_choice(request.form.get("tentang", ""))
        service.request_subscription(address, choice, request.remote_addr or "", settings, utc_now())
    except (InvalidInputError, RateLimitedError) as error:
        response = _render_form(error.status, fault=str(error.user_message))
        if isinstance(error, RateLimitedError):
            response.headers["Retry-After"] = error.retry_after_s
        return response
    return render_private_page(
        "check/done.html",
        title=_("Periksa email Anda"),
        heading=_("Periksa email Anda."),
        lines=[
            _(
                "Kami mengirim satu email ke alamat itu. Buka tautannya dan tekan tombolnya dalam 72 jam; sebelum itu "
                "tidak ada yang dikirim."
            ),
            _("Belum ada? Lihat folder spam. Ke satu alamat kami mengirim paling banyak tiga email konfirmasi sehari."),
        ],
        ways_on=[(url_for("check.front"), _("Kembali ke halaman depan"))],
    )


def _require_own_form() -> None:
    """Refuse the form of another site, which would use up its reader's limit."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)


def _render_form(status: int = 200, **facts: Any) -> Response:
    typed = {"address": request.form.get("surel", ""), "choice": request.form.get("tentang", service.ALL_CHOICE)}
    choices = {"topics": list(Topic), "places": list_place_choices()}
    if is_push_enabled():
        facts["push_key"] = push_public_key(current_settings().contact_key)
    return render_private_page("check/subscription_form.html", status, typed=typed, **choices, **facts)


@bp.post("/kabari/ponsel")
def subscribe_browser() -> tuple[str, int]:
    """Store a browser that asked to be told."""
    _require_push()
    settings, fields = current_settings(), request.form
    target = PushTarget(*(fields.get(name, "") for name in ("endpoint", "p256dh", "auth")))
    choice = service.parse_choice(fields.get("tentang", ""))
    store_push_subscription(target, choice, request.remote_addr or "", settings, utc_now())
    return "", 204


@bp.post("/kabari/ponsel/hapus")
def unsubscribe_browser() -> tuple[str, int]:
    """Delete a browser. Nobody else knows its address at the push service."""
    _require_push()
    remove_push_subscription(request.form.get("endpoint", ""), current_settings())
    return "", 204


def _require_push() -> None:
    """Refuse what comes where no browser can be told, or from another site."""
    if not is_push_enabled():
        raise NotFoundError("no browser can be told")
    _require_own_form()


@bp.route("/kabari/<token>/ya", methods=["GET", "POST"])
def confirm(token: str) -> Response:
    """Ask whether to confirm, or confirm."""
    g.private = True
    if request.method == "POST":
        row, is_done = service.confirm_subscription(token, utc_now()), True
    else:
        row, is_done = service.require_confirmable(token, utc_now()), False
    facts: dict[str, Any] = {"choice": describe_choice(row), "is_done": is_done or row.confirmed_at is not None}
    return render_private_page("check/subscription_confirm.html", token=token, **facts)


@bp.route("/kabari/<token>/berhenti", methods=["GET", "POST"])
def end(token: str) -> Response:
    """Ask whether to unsubscribe, or unsubscribe. Who did so before gets the same answer."""
    g.private = True
    is_done = request.method == "POST"
    if is_done:
        service.end_subscription(token)
    return render_private_page("check/subscription_end.html", token=token, is_done=is_done)


csrf.exempt(subscribe)
csrf.exempt(subscribe_browser)
csrf.exempt(unsubscribe_browser)
csrf.exempt(confirm)
csrf.exempt(end)
