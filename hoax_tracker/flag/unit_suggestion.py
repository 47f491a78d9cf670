"""The suggested unit for a claim: by topic and names in the text, else PPID Utama; never the accused unit.

1. The unit that the model names (classifiers/flagger/topics.py: PPID Utama where unsure), if this city has it.
2. Else the default unit of the topic, else the general default.
3. A text that accuses a unit goes to PPID Utama, or to nobody where PPID Utama is accused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa

from classifiers.text.gazetteer import Mention
from hoax_tracker.claims import response_targets
from hoax_tracker.claims.response_targets import ResponseTargets
from hoax_tracker.models import Claim, Topic, Unit, UnitTopic, db

TERRITORY_KINDS = ("kelurahan", "kecamatan")


@dataclass(frozen=True)
class UnitSuggestion:
    """The unit that answers, and the unit that the text seems to accuse; None for nobody."""

    unit_id: int | None
    accused_unit_id: int | None = None


class UnitRouter:
    """All units, loaded once for each batch, with lookups by code, name and topic, and the response targets."""

    def __init__(self) -> None:
        rows = db.session.scalars(sa.select(Unit).where(Unit.is_active).order_by(Unit.id)).all()
        self.by_code = {unit.code: unit.id for unit in rows}
        self.by_topic: dict[Topic, int] = dict(db.session.execute(sa.select(UnitTopic.topic, UnitTopic.unit_id)).all())
        self.main = next((unit.id for unit in rows if unit.is_root), None)
        offices = [unit for unit in rows if unit.kind not in TERRITORY_KINDS]
        self.names = [(name.casefold(), unit.id) for unit in offices for name in (unit.name, unit.short_name)]

    @cached_property
    def targets(self) -> ResponseTargets:
        """The response targets, loaded when the batch opens its first claim."""
        return response_targets.load_targets()

    def route(self, code: str | None, topic: Topic, accused_id: int | None = None) -> UnitSuggestion:
        """Return the unit for a text on a topic that the model assigns to ``code``, and that may accuse a unit."""
        if accused_id is not None:
            return UnitSuggestion(self.main if self.main != accused_id else None, accused_id)
        return UnitSuggestion(
            self.by_code.get(code or "") or self.by_topic.get(topic) or self.by_topic.get(Topic.OTHER)
        )

    def accused(self, mentions: Sequence[Mention], answering: str | None) -> int | None:
        """Return the accused unit of a text with these names: an office it names, else the one that would answer.

        None where that is PPID Utama only for want of another: the text goes there anyway.
        """
        named = [
            self.office(mention)
            for mention in mentions
            if mention.about_city and mention.kind in ("office", "programme")
        ]
        unit_id = next((office_id for office_id in named if office_id is not None), None) or self.by_code.get(
            answering or ""
        )
        return unit_id if unit_id != self.main or unit_id in named else None

    def office(self, mention: Mention) -> int | None:
        """Return the unit a name stands for; for a building its owner, not the unit inside.

        Where the gazetteer lacks it, the longest unit name inside counts: "Dinas Kesehatan" in "Kantor Dinas Kesehatan
        Kota Kupang".
        """
        if mention.answers in self.by_code:
            return self.by_code[mention.answers or ""]
        inside = [(len(name), key) for name, key in self.names if name in mention.name.casefold()]
        return max(inside)[1] if inside else self.by_code.get(mention.unit or "")

    def turn_away(self, claim: Claim, accused_unit_id: int | None) -> None:
        """Record the unit that a further text accuses on an untouched claim, and take the claim from that unit."""
        if claim.accused_unit_id is None and accused_unit_id is not None:
            claim.accused_unit_id = accused_unit_id
            claim.unit_id = self.main if self.main != accused_unit_id else None
