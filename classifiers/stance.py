"""How a message stands towards a claim: it asserts it, asks, denies it, reports that it was clarified, or is a notice."""

from __future__ import annotations

from typing import Literal

Stance = Literal["asserts", "asks", "denies", "reports", "notice"]
