"""Scoring: the model's assessment of texts, and what the policy makes of it: flag, unit, priority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from classifiers.flagger.allegation import is_accusation
from classifiers.flagger.artefact import Bundle
from classifiers.flagger.assess import Assessment as Scores, assess_texts
from classifiers.flagger.explain import Reason
from hoax_tracker.claims import priority
from hoax_tracker.flag.unit_suggestion import UnitRouter, UnitSuggestion
from hoax_tracker.models import ModelVersion, Topic
from hoax_tracker.organisation.named_units import NamedUnits


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
        accused = self.route.accused
        return {
            "topic": self.topic.value,
            "flagged": self.flagged,
            "parts": asdict(self.parts),
            "unit_id": self.route.unit_id,
            "accused": {"unit_ids": sorted(accused.unit_ids), "kinds": sorted(accused.kinds)},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ClaimSuggestion:
        """Return a stored suggestion."""
        parts = priority.PriorityParts.from_json(stored["parts"])
        accused = stored["accused"]
        named = NamedUnits(frozenset(accused["unit_ids"]), frozenset(accused["kinds"]))
        route = UnitSuggestion(stored["unit_id"], named)
        return cls(Topic(stored["topic"]), stored["flagged"], parts, route)


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
            "reasons": [_reason_as_json(reason) for reason in self.scores.reasons],
            "assessed_at": now,
        }


def score_and_route_texts(
    bundle: Bundle,
    texts: Sequence[str],
    units: UnitRouter,
    *,
    reported: bool = False,
    by_resident: bool = False,
    local: Sequence[bool] = (),
) -> list[ScoredText]:
    """Return the score and route of each text; ``local``: which come from a source about the city only.

    ``reported``: by a person, a resident or an officer; ``by_resident``: whom they name counts as accused.
    Below the relevance line nothing is flagged, so a feed's text is not analysed further, and below the other line no
    reasons are asked for; for a report they always are, because a person asks for an answer.
    """
    lines = priority.FlagThresholds(bundle.thresholds["relevance"], bundle.thresholds["misinformation"])
    relevance, misinformation = (0.0, 0.0) if reported else (lines.relevance, lines.misinformation)
    scores = assess_texts(bundle, texts, relevance, local, explain_from=misinformation)
    flags = [priority.is_flagged(score.relevance, score.misinformation, lines) for score in scores]
    # What becomes no claim is not asked whom it accuses.
    routes = [
        _route_text(text, score, units, by_resident)
        if flag or reported
        else units.route(score.unit, Topic(score.topic))
        for text, score, flag in zip(texts, scores, flags, strict=True)
    ]
    return [_build_scored_text(score, lines, route, reported) for score, route in zip(scores, routes, strict=True)]


def _build_scored_text(
    score: Scores, lines: priority.FlagThresholds, route: UnitSuggestion, reported: bool
) -> ScoredText:
    """Return one text with its own priority."""
    parts = priority.build_priority_parts(
        score.relevance, score.misinformation, score.topic, asks=score.asks, reported=reported
    )
    flagged = priority.is_flagged(score.relevance, score.misinformation, lines)
    suggestion = ClaimSuggestion(Topic(score.topic), flagged, parts, route)
    return ScoredText(score, score.relevance >= lines.relevance, suggestion)


def _route_text(text: str, score: Scores, units: UnitRouter, by_resident: bool) -> UnitSuggestion:
    """Return the route of a text that becomes a claim, with the units that it accuses."""
    topic, accuses = Topic(score.topic), is_accusation(text, score.allegation)
    answering = units.answering(score.unit, topic)
    accused = units.accused(text, score.mentions, answering, is_accusation=accuses, is_report=by_resident)
    return units.route(score.unit, topic, accused, is_accusation=accuses)


def _reason_as_json(reason: Reason) -> dict[str, Any]:
    """Return a reason as stored: kind, label, weight, and its span in the text, if any."""
    return {
        "kind": reason.kind,
        "label": reason.label,
        "weight": round(float(reason.weight), 4),
        "start": reason.start,
        "end": reason.end,
    }
