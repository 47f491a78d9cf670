"""The words of a reply as a channel sends them: with the link, and with numbers where there are no buttons."""

from __future__ import annotations

from collections.abc import Sequence

from hoax_tracker.tipline.messages import Choice, Reply

ELLIPSIS = "…"


def write_text(reply: Reply) -> str:
    """Return the reply's text, and below it its link unless the text has it already."""
    if not reply.link or reply.link in reply.text:
        return reply.text
    return f"{reply.text}\n\n{reply.link}"


def number_choices(text: str, choices: Sequence[Choice]) -> str:
    """Return the text with the choices as numbered lines, which can be typed; unchanged where it names them itself."""
    if all(choice.title.rstrip(ELLIPSIS) in text for choice in choices):
        return text
    lines = [f"{number}. {choice.title}" for number, choice in enumerate(choices, 1)]
    return "\n".join([text, "", *lines])


def fit_text(text: str, most: int, tail: str = "") -> str:
    """Return the text with at most that many characters; what is cut off is the end, except for ``tail``."""
    if len(text) <= most:
        return text
    ending = ELLIPSIS + (f"\n\n{tail}" if tail else "")
    return text[: most - len(ending)].rstrip() + ending
