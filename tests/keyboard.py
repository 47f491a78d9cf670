"""A user without a mouse: moves with Tab, types, and counts keys and page loads."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories

MOST_TABS = 150
IS_FOCUSED_SCRIPT = "selector => document.activeElement.matches(selector)"


class Typist:
    """A user with a keyboard at a page; ``keys`` counts key presses, ``loads`` page loads."""

    def __init__(self, page: Any) -> None:
        self.page, self.keys, self.loads = page, 0, 0
        page.on("request", self.requested)

    def requested(self, request: Any) -> None:
        """Count requests that load a page; a changed address alone does not."""
        self.loads += request.is_navigation_request()

    def begin_to_count(self) -> None:
        """Reset both counters."""
        self.keys = self.loads = 0

    def press(self, key: str) -> None:
        """Press a key."""
        self.keys += 1
        self.page.keyboard.press(key)

    def go(self, key: str = "Enter") -> None:
        """Press a key that leads to another page, and wait for the page."""
        with self.page.expect_navigation():
            self.press(key)

    def type(self, text: str) -> None:
        """Type a text at the cursor."""
        self.keys += len(text)
        self.page.keyboard.type(text)

    def tab_to(self, selector: str) -> None:
        """Press Tab until the element has the focus."""
        for _ in range(MOST_TABS):
            if self.page.evaluate(IS_FOCUSED_SCRIPT, selector):
                return
            self.press("Tab")
        pytest.fail(f"Tab does not reach {selector} on {self.page.url}")

    def fill(self, selector: str, text: str) -> None:
        """Move to a field, and replace its text."""
        self.tab_to(selector)
        if self.page.evaluate("document.activeElement.value") and not self.page.evaluate(IS_FOCUSED_SCRIPT, "select"):
            self.press("Control+A")
        self.type(text)

    def follow(self, selector: str) -> None:
        """Move to a link or button, press it, and wait for the page."""
        self.tab_to(selector)
        self.go()

    def sign_in(self, address: str, email: str) -> None:
        """Open the desk and sign in."""
        self.page.goto(f"{address}/petugas/")
        self.fill("#surel", email)
        self.fill("#sandi", factories.PASSWORD)
        self.go()

    def reads(self, words: str, within: str = "main") -> None:
        """Wait until the page shows the words."""
        self.page.wait_for_selector(f"{within} >> text={words}")

    def open_claim(self, claim_id: int) -> None:
        """Move to a claim in the list, and open it."""
        self.tab_to(f".queue a[data-id='{claim_id}']")
        self.press("Enter")
        self.page.wait_for_selector(f"article.case[data-id='{claim_id}']:focus")
        self.page.wait_for_load_state("networkidle")


def press_enter(page: Any) -> None:
    """Press what has the focus and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")
