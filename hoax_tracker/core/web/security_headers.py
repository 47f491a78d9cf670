"""Security headers of every response with a body: pages, files, errors, the API.

docs/security.md gives the reasons.
"""

from __future__ import annotations

from flask import Flask, g, redirect, request
from werkzeug.wrappers import Response

from hoax_tracker.core.extensions import current_settings

# Nothing is loaded but from this site, nothing inline runs, nobody frames a page.
LOADING_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# And no script of ours makes markup or a script of a text (Trusted Types): parts of pages are parsed by the browser
# (static/page_parts.js). The one policy passes the addresses of our two workers (static/site.js).
CONTENT_SECURITY_POLICY = f"{LOADING_POLICY}; require-trusted-types-for 'script'; trusted-types kabas"
# Swagger UI, which is not ours, writes markup: on its page, which knows no reader, only loading is limited.
FOREIGN_SCRIPT_HEADERS = {"Content-Security-Policy": LOADING_POLICY}
# The pages for other sites to frame (check/views/embedding.py) say so by their own headers.
FRAMEABLE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *"),
    "Cross-Origin-Resource-Policy": "cross-origin",
}
# No subdomains: the name may be one of the city's, and what lies under it is not ours to force. No preload: that list
# cannot be left within months.
HSTS = "max-age=31536000"
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers on old phones, which do not know frame-ancestors
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SECURITY_HEADERS_BYTES = "\n".join([*SECURITY_HEADERS.values(), HSTS]).encode()
PRIVATE_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}

BACK_CACHE_CONTROL = "private, no-cache"
"""For the answer to what somebody typed: the browser's Back shows it, where "no-store" asks to send the form again."""


def register_security_headers(app: Flask) -> None:
    """Add the headers to every response of the app."""
    app.after_request(_add_security_headers)
    app.after_request(_make_redirect_relative)


def _add_security_headers(response: Response) -> Response:
    """Add the security headers.

    Pages with ``g.private`` are never indexed, and stored nowhere but, with ``g.browser_may_keep``, in the one browser.
    """
    if response.status_code == 304:
        return response  # the reader has the page with all of these; its ETag differs where they do
    # Not by ``setdefault``, which looks through all headers, by exception, for each of these.
    present = {name.lower() for name, _ in response.headers}
    if "content-security-policy" in present and _is_frameable(response):
        present.add("x-frame-options")  # it knows no "by all": left out
    for name, value in SECURITY_HEADERS.items():
        if name.lower() not in present:
            response.headers.add(name, value)
    if request.is_secure or current_settings().secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    if g.get("private") or request.path.startswith("/petugas"):
        response.headers.update(PRIVATE_PAGE_HEADERS)
        if g.get("browser_may_keep") and response.status_code == 200:
            response.headers["Cache-Control"] = BACK_CACHE_CONTROL
    return response


def _is_frameable(response: Response) -> bool:
    """Tell whether a response is one of those that other sites may frame."""
    policy = FRAMEABLE_HEADERS["Content-Security-Policy"]
    return bool(response.headers["Content-Security-Policy"] == policy)


def _make_redirect_relative(response: Response) -> Response:
    """Make a redirect to the request's own host relative, as Werkzeug does not for a missing slash.

    A forged Host header, kept by a cache, would otherwise redirect other readers.
    """
    if response.location and response.location.startswith(request.host_url):
        return redirect("/" + response.location.removeprefix(request.host_url).lstrip("/"), response.status_code)
    return response
