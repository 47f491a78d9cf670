"""The measures of the two formats of a card: for previews in chats, and for a phone's status."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CardLayout:
    """The measures of a format, in pixels. Several sizes of one text: the largest that fits."""

    width: int
    height: int
    margin: int
    top: int
    bottom: int
    fact_sizes: tuple[int, ...]
    quote_size: int
    label_size: int
    quote_lines: int
    verdict_size: int
    clip_padding: tuple[int, int]
    clip_gap: int
    note_size: int
    foot_size: int
    address_size: int
    is_tall: bool

    @property
    def inner_width(self) -> int:
        """The width between the margins."""
        return self.width - 2 * self.margin


WIDE = CardLayout(
    width=1200, height=630, margin=72, top=92, bottom=36,
    fact_sizes=(72, 66, 60, 54, 48, 43, 38, 34, 30, 26, 22), quote_size=28, label_size=24, quote_lines=2,
    verdict_size=44, clip_padding=(28, 14), clip_gap=28, note_size=28, foot_size=26, address_size=26, is_tall=False,
)  # fmt: skip
TALL = CardLayout(
    width=1080, height=1920, margin=84, top=240, bottom=350,
    fact_sizes=(96, 88, 80, 72, 64, 57, 50, 44, 39, 34), quote_size=40, label_size=32, quote_lines=4,
    verdict_size=72, clip_padding=(40, 30), clip_gap=56, note_size=40, foot_size=38, address_size=52, is_tall=True,
)  # fmt: skip
FORMATS = {"card": WIDE, "status": TALL}
