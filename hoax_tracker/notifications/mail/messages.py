"""The content of a letter, and its rendering as plain text and HTML."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import get_locale

from hoax_tracker.core.current import current_settings


@dataclass(frozen=True)
class Letter:
    """One letter in one language, already translated.

    ``quote`` is an officer's text, shown as a quotation; ``action`` a label with its address (see ``public_url_for``);
    ``entries`` are lines with the addresses of their pages; ``why`` says why the reader gets the letter, and at
    ``unsubscribe_url`` a POST ends that (RFC 8058). A resident's text is never quoted, because anybody may enter
    anybody's address.
    """

    subject: str
    paragraphs: tuple[str, ...]
    quote: str = ""
    action: tuple[str, str] | None = None
    closing: tuple[str, ...] = ()
    why: str = ""
    entries: tuple[tuple[str, str], ...] = ()
    unsubscribe_url: str = ""


@dataclass(frozen=True)
class RenderedLetter:
    """A letter ready to send: ``to`` is one address, ``language`` "id" or "en"."""

    to: str
    subject: str
    text: str
    html: str
    language: str
    unsubscribe_url: str = ""

    def as_bytes(self) -> bytes:
        """Return the letter as bytes for encryption."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> RenderedLetter:
        """Read what ``as_bytes`` made."""
        return cls(**json.loads(content))


def render_letter(to: str, letter: Letter) -> RenderedLetter:
    """Return the letter in the current language (``force_locale``)."""
    settings = current_settings()
    language = str(get_locale() or "id")
    facts = {"letter": letter, "settings": settings, "language": language}
    return RenderedLetter(
        to=to,
        subject=" ".join(letter.subject.split()),
        text=_render_mail_template("mail/letter.txt", facts).strip() + "\n",
        html=_render_mail_template("mail/letter.html", facts),
        language=language,
        unsubscribe_url=letter.unsubscribe_url,
    )


def _render_mail_template(template: str, facts: dict[str, Any]) -> str:
    """Return a rendered template without a page frame: there may be no request."""
    return current_app.jinja_env.get_template(template).render(**facts)


def public_url_for(endpoint: str, **values: Any) -> str:
    """Return the public address of a page, also outside a request."""
    base = urlsplit(current_settings().base_url)
    adapter = current_app.url_map.bind(base.netloc, url_scheme=base.scheme)
    return adapter.build(endpoint, values, force_external=True)
