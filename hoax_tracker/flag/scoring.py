"""Scoring: the model's assessment of texts, and what the policy makes of it: flag, unit, priority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from classifiers.flagger.allegation import is_accusation
from classifiers.flagger.artefact import Bundle
from classifiers.flagger.assess import Assessment as Scores
from classifiers.flagger.assess import assess_texts
from classifiers.flagger.reasons import Reason
from hoax_tracker.claims import priority
from hoax_tracker.flag.unit_suggestion import UnitRouter, UnitSuggestion
from hoax_tracker.models import ModelVersion, Topic


@dataclass(frozen=True)
class ClaimSuggestion:
    """What the claim gets that a text opens or joins; ``parts``: those of the text's own priority.

    ``flagged``: the text is about the city, and worth an officer's look; ``route``: the suggested unit.
    """

    topic: Topic
    flagged: bool
    parts: priority.PriorityParts
    route: UnitSuggestion

    def as_json(self) -> dict[str, Any]:
        """Return the suggestion as stored until the text is grouped."""
        return {
            "topic": self.topic.value,
            "flagged": self.flagged,
            "parts": asdict(self.parts),
            "route": asdict(self.route),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ClaimSuggestion:
        """Return a stored suggestion."""
        parts = priority.PriorityParts.from_json(stored["parts"])
        return cls(Topic(stored["topic"]), stored["flagged"], parts, UnitSuggestion(**stored["route"]))


@dataclass(frozen=True)
class ScoredText:
    """A scored text; ``about_city``: relevance at or above its line."""

    scores: Scores
    about_city: bool
    suggestion: ClaimSuggestion

    def row(self, version: ModelVersion, now: datetime) -> dict[str, Any]:
        """Return the columns of an Assessment except its subject."""
        return {
            "model_version_id": version.id,
            "relevance": self.scores.relevance,
            "misinformation": self.scores.misinformation,
            "priority": priority.calculate_priority(self.suggestion.parts),
            "topic": self.suggestion.topic,
            "unit_id": self.suggestion.route.unit_id,
            "flagged": self.suggestion.flagged,
            "reasons": [reason_as_json(reason) for reason in self.scores.reasons],
            "assessed_at": now,
        }


def score_and_route_texts(
    bundle: Bundle, texts: Sequence[str], units: UnitRouter, *, reported: bool = False, local: Sequence[bool] = ()
) -> list[ScoredText]:
    """Return the score and route of each text; ``local``: which come from a source about the city only.

    Below the relevance line nothing is flagged, so a feed's text is not analysed further; a report always is, because a
    person asks for an answer.
    """
    lines = priority.FlagThresholds(bundle.thresholds["relevance"], bundle.thresholds["misinformation"])
    scores = assess_texts(bundle, texts, skip_below=0.0 if reported else lines.relevance, local=local)
    flags = [priority.is_flagged(score.relevance, score.misinformation, lines) for score in scores]
    accused = accused_unit_ids(texts, scores, units, [flag or reported for flag in flags])
    return [
        build_scored_text(score, lines, units.route(score.unit, Topic(score.topic), accused_id), reported)
        for score, accused_id in zip(scores, accused, strict=True)
    ]


def build_scored_text(
    score: Scores, lines: priority.FlagThresholds, route: UnitSuggestion, reported: bool
) -> ScoredText:
    """Return one text with its own priority."""
    parts = priority.build_priority_parts(
        score.relevance, score.misinformation, score.topic, asks=score.asks, reported=reported
    )
    flagged = priority.is_flagged(score.relevance, score.misinformation, lines)
    suggestion = ClaimSuggestion(Topic(score.topic), flagged, parts, route)
    return ScoredText(score, score.relevance >= lines.relevance, suggestion)


def accused_unit_ids(
    texts: Sequence[str], scores: Sequence[Scores], units: UnitRouter, asked: Sequence[bool]
) -> list[int | None]:
    """Return the id of the unit that each text accuses, computed only for texts that become claims."""
    return [
        units.accused(score.mentions, score.unit) if wanted and is_accusation(text, score.allegation) else None
        for text, score, wanted in zip(texts, scores, asked, strict=True)
    ]


def reason_as_json(reason: Reason) -> dict[str, Any]:
    """Return a reason as stored: kind, label, weight, and its span in the text, if any."""
    return {
        "kind": reason.kind,
        "label": reason.label,
        "weight": round(float(reason.weight), 4),
        "start": reason.start,
        "end": reason.end,
    }
