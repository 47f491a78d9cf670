"""Addresses that programs look for on every site: where holes are reported, where a password is changed."""

from __future__ import annotations

from datetime import timedelta

from apiflask import APIBlueprint
from flask import Response, current_app, redirect

from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import LANGUAGES, current_settings

bp = APIBlueprint("well_known", __name__, url_prefix="/.well-known", enable_openapi=False)

VALID_FOR = timedelta(days=180)
"""RFC 9116 asks for less than a year: a file that nobody serves any more is not believed for longer."""
OWN_ACCOUNT = "/petugas/akun"


@bp.get("/security.txt")
def security_txt() -> Response:
    """Say where holes are reported (RFC 9116)."""
    settings = current_settings()
    expires = (utc_now() + VALID_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {settings.security_contact or settings.base_url + '/tentang'}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(LANGUAGES)}",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    ]
    response = current_app.response_class("\n".join([*lines, ""]), mimetype="text/plain")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@bp.get("/change-password")
def change_password() -> Response:
    """Lead password managers to where an officer changes their password (W3C, change-password-url)."""
    response = current_app.make_response(redirect(OWN_ACCOUNT))
    response.headers["Cache-Control"] = "no-store"
    return response
