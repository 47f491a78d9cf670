"""The installable web app: its manifest, its share target, and its offline page.

Addresses that programs look for on every site stand here, too: where holes are reported, where a password is changed.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext as _

from hoax_tracker.check.cache.page_cache import cache_view, make_cacheable, render_private_page, render_shared_page
from hoax_tracker.check.clarification_list import list_newest_clarifications
from hoax_tracker.check.views.check import answer_known_picture, answer_picture_text, answer_sent_picture
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import LANGUAGES, csrf, current_settings
from hoax_tracker.core.web.template_filters import static_url

bp = APIBlueprint("install", __name__, enable_openapi=False)

KEPT_OFFLINE = 6
DAY_S = 24 * 60 * 60


@bp.get("/manifest.webmanifest")
def manifest() -> Response:
    """Serve the manifest (W3C Web Application Manifest, Web Share Target)."""
    sizes = (("icon-192.png", "192x192"), ("icon-512.png", "512x512"))
    icons = [{"src": static_url(name), "sizes": size, "type": "image/png"} for name, size in sizes]
    icons += [{"src": static_url(sizes[1][0]), "sizes": sizes[1][1], "type": "image/png", "purpose": "maskable"}]
    described: dict[str, Any] = {
        "name": "Kupang Kabas Hoaks",
        "short_name": "Kabas Hoaks",
        "description": _(
            "Tempel pesan yang Anda terima dan lihat apakah Pemerintah Kota Kupang sudah mengklarifikasinya."
        ),
        "lang": str(get_locale() or "id"),
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f0e3",
        "theme_color": "#1f2659",
        "icons": icons,
        "share_target": {
            "action": url_for("install.shared_in"),
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {
                "title": "judul",
                "text": "teks",
                "url": "tautan",
                "files": [{"name": "gambar", "accept": ["image/*"]}],
            },
        },
    }
    response = make_response(json.dumps(described, ensure_ascii=False))
    response.content_type = "application/manifest+json"
    return make_cacheable(response)


@bp.get("/favicon.ico")
def favicon() -> Response:
    """Serve the icon at the address that browsers try for documents that name none."""
    response = current_app.send_static_file("icon-192.png")
    response.headers["Cache-Control"] = f"public, max-age={DAY_S}"
    return response


@bp.get("/sw.js")
def service_worker() -> Response:
    """Serve the service worker with the digests of the files it caches."""
    files = [static_url("site.css"), static_url("site.js"), static_url("icon.svg")]
    facts = {"offline": url_for("install.offline"), "icon": static_url("icon-192.png")}
    body = render_template("check/sw.js", files=files, **facts)
    response = make_response(body)
    response.content_type = "text/javascript; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/luring")
@cache_view
def offline() -> Response:
    """Show the cached clarifications and that there is no network."""
    return render_shared_page("check/offline.html", newest=list_newest_clarifications(KEPT_OFFLINE))


@bp.post("/cek/bagikan")
def shared_in() -> Response:
    """Put text shared from another app into the box; a picture is answered at once."""
    if shown := answer_sent_picture(answer_picture_text, answer_known_picture):
        return shown
    parts = [request.form.get(name, "").replace("\r\n", "\n").strip() for name in ("judul", "teks", "tautan")]
    text = "\n".join(
        part for number, part in enumerate(parts) if part and not any(part in other for other in parts[:number])
    )
    return render_private_page("check/message_form.html", text=text, hint="was_shared" if text else None, fault=None)


csrf.exempt(shared_in)  # another app sends it, and nothing of anyone's is changed


well_known_bp = APIBlueprint("well_known", __name__, url_prefix="/.well-known", enable_openapi=False)

VALID_FOR = timedelta(days=180)
"""RFC 9116 asks for less than a year: a file that nobody serves any more is not believed for longer."""
OWN_ACCOUNT = "/petugas/akun"


@well_known_bp.get("/security.txt")
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


@well_known_bp.get("/change-password")
def change_password() -> Response:
    """Lead password managers to where an officer changes their password (W3C, change-password-url)."""
    response = current_app.make_response(redirect(OWN_ACCOUNT))
    response.headers["Cache-Control"] = "no-store"
    return response
