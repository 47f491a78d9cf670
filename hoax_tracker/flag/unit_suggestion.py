"""The suggested unit for a claim: by topic and names in the text, else PPID Utama; never an accused unit.

1. The unit that the model names (classifiers/flagger/topics.py: PPID Utama where unsure), if this city has it.
2. Else the default unit of the topic, else the general default.
3. A resident's report counts as accusing every unit that it names (organisation/named_units.py), until somebody
   outside says that it does not; an item accuses those that it names where the model reads an accusation, and always
   those that it says act against somebody. Who accuses nobody by name, or only "petugas", accuses the unit that would
   answer. A place alone accuses nobody.
4. A text that accuses a unit goes to PPID Utama, or to nobody where PPID Utama is accused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa

from classifiers.text.gazetteer import Mention
from hoax_tracker.claims import response_targets
from hoax_tracker.claims.response_targets import ResponseTargets
from hoax_tracker.models import Topic, Unit, UnitTopic, db
from hoax_tracker.organisation.named_units import NamedUnits, UnitNames, load_unit_names

TERRITORY_KINDS = ("kelurahan", "kecamatan")
NOBODY = NamedUnits()


@dataclass(frozen=True)
class UnitSuggestion:
    """The unit that answers (None: nobody), and the units that the text accuses.

    ``is_accusation`` False: they are only named, in a report.
    """

    unit_id: int | None
    accused: NamedUnits = NOBODY
    is_accusation: bool = True


class UnitRouter:
    """All units, loaded once for each batch, with lookups by code, name and topic, and the response targets."""

    def __init__(self) -> None:
        rows = db.session.scalars(sa.select(Unit).where(Unit.is_active).order_by(Unit.id)).all()
        self.by_code = {unit.code: unit.id for unit in rows}
        self.by_topic: dict[Topic, int] = dict(db.session.execute(sa.select(UnitTopic.topic, UnitTopic.unit_id)).all())
        self.main = next((unit.id for unit in rows if unit.is_root), None)
        offices = [unit for unit in rows if unit.kind not in TERRITORY_KINDS]
        self.office_names = [(name.casefold(), unit.id) for unit in offices for name in (unit.name, unit.short_name)]

    @cached_property
    def targets(self) -> ResponseTargets:
        """The response targets, loaded when the batch opens its first claim."""
        return response_targets.load_targets()

    @cached_property
    def names(self) -> UnitNames:
        """The names of all units, loaded when the batch flags its first text."""
        return load_unit_names()

    def route(
        self, code: str | None, topic: Topic, accused: NamedUnits = NOBODY, *, is_accusation: bool = True
    ) -> UnitSuggestion:
        """Return the unit for a text on a topic that the model assigns to ``code``, and that may accuse units."""
        if accused:
            main = self.main if self.main not in accused.unit_ids else None
            return UnitSuggestion(main, accused, is_accusation)
        return UnitSuggestion(self.answering(code, topic))

    def answering(self, code: str | None, topic: Topic) -> int | None:
        """Return the unit that answers a text which accuses nobody."""
        return self.by_code.get(code or "") or self.by_topic.get(topic) or self.by_topic.get(Topic.OTHER)

    def accused(
        self,
        text: str,
        mentions: Sequence[Mention],
        answering: int | None,
        *,
        is_accusation: bool,
        is_report: bool = False,
    ) -> NamedUnits:
        """Return the units that a text accuses, which would be answered by ``answering``.

        PPID Utama is accused only by name, and not for want of another: the text goes there anyway.
        """
        named = self.names.find(text)
        if not is_accusation and not is_report:
            return NamedUnits(named.acting_ids)
        if is_accusation:
            offices = [one for one in mentions if one.about_city and one.kind in ("office", "programme")]
            found = {unit_id for unit_id in map(self.office, offices) if unit_id is not None}
            named |= NamedUnits(frozenset(found))
        if not named and (is_accusation or named.has_staff) and answering not in (None, self.main):
            return NamedUnits(frozenset({answering or 0}))
        return named

    def office(self, mention: Mention) -> int | None:
        """Return the unit a name stands for; for a building its owner, not the unit inside.

        Where the gazetteer lacks it, the longest unit name inside counts: "Dinas Kesehatan" in "Kantor Dinas Kesehatan
        Kota Kupang".
        """
        if mention.answers in self.by_code:
            return self.by_code[mention.answers or ""]
        inside = [(len(name), key) for name, key in self.office_names if name in mention.name.casefold()]
        return max(inside)[1] if inside else self.by_code.get(mention.unit or "")
