"""Texts for a seeded instance, made from data/labelled and data/pairs: other numbers, other places, other hours.

Nothing here is true of anybody: the texts it starts from are fictional.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from hoax_tracker.core.paths import data_file_path

DIGITS = re.compile(r"\d+")
OPENINGS = ("", "", "", "Info dari grup sebelah. ", "Diteruskan. ", "Bpk/ibu, ", "Mohon dibaca: ", "Benarkah? ")
CLOSINGS = ("", "", " Sebarkan.", " Mohon penjelasan.", " Katanya begitu.", " Terima kasih.")


@dataclass(frozen=True)
class Text:
    """A text to start from; ``topic`` is the value of a Topic."""

    title: str
    text: str
    topic: str


@cache
def load_labelled_texts(misinformation: bool) -> Sequence[Text]:
    """The labelled texts of one kind."""
    found: list[Text] = []
    for path in sorted(data_file_path("labelled").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if (row["label"] == "1") is misinformation]
        found += [Text(row["title"], row["text"], row["topic"]) for row in rows]
    return found


@cache
def load_clarifications() -> Sequence[dict[str, Any]]:
    """The clarifications of data/pairs."""
    lines = data_file_path("pairs", "clarifications.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def load_district_names() -> Sequence[str]:
    """The names of the city's kelurahan."""
    with data_file_path("kupang", "districts.csv").open(encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file) if row["kind"] == "kelurahan"]


def change_numbers(text: str, chance: Random) -> str:
    """The text with other digits in it."""
    return DIGITS.sub(
        lambda found: str(chance.randint(1, 9)) + "".join(chance.choices("0123456789", k=len(found[0]) - 1)), text
    )


def random_place_and_hour(chance: Random) -> str:
    """A place and an hour: nearly every text gets its own."""
    hour, minute = chance.randrange(24), chance.randrange(60)
    return f"RT {chance.randint(1, 60)} {chance.choice(load_district_names())} pukul {hour:02}.{minute:02}"


def vary_text(base: Text, chance: Random) -> Text:
    """A text of its own made from one of the corpus."""
    told = f"{change_numbers(base.text, chance)} ({random_place_and_hour(chance)})"
    words = f"{chance.choice(OPENINGS)}{told}{chance.choice(CLOSINGS)}"
    return Text(change_numbers(base.title, chance), words, base.topic)


def forward_text(base: Text, chance: Random) -> Text:
    """Nearly the same words, as people pass them on."""
    return Text(base.title, f"{chance.choice(OPENINGS)}{base.text} {chance.randint(1, 10**6)}x dibagikan", base.topic)
